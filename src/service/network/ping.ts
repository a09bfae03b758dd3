// Ping for programs: names are looked up by our resolver unless another one is given. ../../io/ping.ts is what it does.

import { currentStack } from "../../io/current.ts";
import { PingSocket, type PingOptions } from "../../io/ping.ts";
import { Resolver } from "../dns/resolver.ts";

/**
 * Ping over the current stack.
 *
 * @example
 * ```ts
 * new Ping({
 * 	host: "example.com",
 * 	count: 3,
 * 	onReply: ({ sequence, ms }) => trace(`${sequence}: ${ms} ms\n`),
 * 	onError: (error) => trace(`${error.message}\n`),
 * });
 * ```
 */
export class Ping extends PingSocket {
	constructor(options: PingOptions) {
		super(currentStack(), withResolver(options));
	}
}

/** Questions go by the interface that the requests go by. */
function withResolver(options: PingOptions): PingOptions {
	if (typeof options !== "object" || options === null || options.dns !== undefined) return options;
	const { interface: link } = options;
	return { ...options, dns: { io: Resolver, ...(link !== undefined && { interface: link }) } };
}
