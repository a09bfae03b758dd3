// What a DNS forwarder may be told, checked.

import { linkOf } from "../../io/common.ts";
import { objectOption, show, wholeOf } from "../../io/options.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { DNS_FORWARD_CACHE_BYTES, DNS_FORWARD_CACHE_MOST, DNS_FORWARD_CONNECTIONS, DNS_FORWARD_QUESTIONS } from "./limits.ts";

/** What a DNS forwarder may be told. */
export interface DnsForwarderOptions {
	/** Whose stations are served, by name or instance: those of no other interface get an answer. */
	interfaces: readonly (string | Interface)[];
	/** Bytes for answers that are remembered, 0 (none are) to 1048576; 8192 unless told. */
	cacheBytes?: number;
	/** Questions that are asked at the same time, each with a UDP socket of `sockets.udp`, 1 to 64; 6 unless told. Four times as many wait for their turn. */
	questions?: number;
	/** Connections that are served at the same time, each with one of `sockets.tcp` and another one to a server, 0 (TCP is not served) to 16; 2 unless told. */
	connections?: number;
}

export interface Settings {
	readonly links: readonly Interface[];
	readonly cacheBytes: number;
	readonly questions: number;
	readonly connections: number;
}

/** Throws TypeError or RangeError naming the option, its value and what was expected. */
export function settingsOf(stack: Stack, options: DnsForwarderOptions): Settings {
	const { interfaces, cacheBytes, questions, connections } = objectOption(options);
	if (!Array.isArray(interfaces)) throw new TypeError(`interfaces ${show(interfaces)}: expected an array of names`);
	if (interfaces.length === 0) throw new RangeError("interfaces: expected one at least, whose stations are served");
	const links = interfaces.map((each: unknown) => {
		const link = each === undefined ? undefined : linkOf(stack, each);
		if (link === undefined) throw new RangeError(`interfaces ${show(each)}: expected the name of an interface of the stack`);
		return link;
	});
	if (new Set(links).size < links.length)
		throw new RangeError(`interfaces ${show(links.map(({ name }) => name).join())}: expected each once`);
	return {
		links,
		cacheBytes: wholeOf("cacheBytes", cacheBytes ?? DNS_FORWARD_CACHE_BYTES, 0, DNS_FORWARD_CACHE_MOST),
		questions: wholeOf("questions", questions ?? DNS_FORWARD_QUESTIONS, 1, 64),
		connections: wholeOf("connections", connections ?? DNS_FORWARD_CONNECTIONS, 0, 16),
	};
}
