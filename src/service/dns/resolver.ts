// The class that programs use: `Resolver` of the current stack, `createResolver(stack)` for another's. What is said of each method stands
// in types.ts. Nothing is made before there is an instance: the module may be preloaded.

import { DNS_TIMEOUT_MS } from "../../config.ts";
import { isHost } from "../../address.ts";
import { NO_IPV6 } from "../../address6.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { closed, report, slotOf } from "../../io/common.ts";
import { currentStack } from "../../io/current.ts";
import * as check from "../../io/options.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Both, type Hearer } from "./both.ts";
import "./eyeballs.ts"; // so that TCP takes names where there is a resolver
import { engineOf, type Engine } from "./engine.ts";
import { ResolveError, type Outcome } from "./errors.ts";
import { scopedOf } from "../../io/zones.ts";
import type { Scope } from "./servers.ts";
import type { ResolveCallback, ResolveCallbacks, ResolveOptions, Resolver as ResolverType, ResolverOptions } from "./types.ts";

const LEAST_TIMEOUT_MS = 100;
const MOST_TIMEOUT_MS = 60_000;

class Request implements Hearer {
	readonly resolver: NameResolver;
	readonly host: string;
	readonly callback: ResolveCallback | undefined;
	readonly callbacks: ResolveCallbacks;
	outcome: Outcome | undefined = undefined;

	constructor(resolver: NameResolver, host: string, callback: ResolveCallback | undefined, callbacks: ResolveCallbacks) {
		this.resolver = resolver;
		this.host = host;
		this.callback = callback;
		this.callbacks = callbacks;
	}

	heard(outcome: Outcome): void {
		this.outcome = outcome;
		this.resolver.ready(this);
	}
}

/** A resolver of any stack. */
export class NameResolver implements ResolverType, EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly #stack: Stack;
	readonly #engine: Engine;
	readonly #scope: Scope;
	readonly #timeout: number;
	readonly #mixedCase: boolean;
	/** Whose outcome is there, and whose callbacks are to be called. */
	#ready: Request[] = [];
	#open = true;
	declare target?: unknown;

	constructor(stack: Stack, options: ResolverOptions = {}) {
		check.objectOption(options);
		const { servers, socket, timeout, mixedCase, target } = options;
		const slot = slotOf(stack, options.interface ?? (socket as ResolverOptions["socket"] | null)?.interface);
		this.#scope = { servers: serversOf(stack, servers), link: slot === 0 ? undefined : stack.interfaces.at(slot) };
		this.#timeout = timeout === undefined ? DNS_TIMEOUT_MS : check.wholeOf("timeout", timeout, LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS);
		this.#mixedCase = mixedCase === undefined ? false : check.flagOf("mixedCase", mixedCase);
		this.#stack = stack;
		this.#engine = engineOf(stack);
		if (target !== undefined) this.target = target;
	}

	resolve(options: ResolveOptions, callback: ResolveCallback): void;
	resolve(options: ResolveOptions & ResolveCallbacks): void;
	resolve(options: ResolveOptions & ResolveCallbacks, callback?: ResolveCallback): void {
		if (!this.#open) throw closed();
		const { host, family, onResolved, onError } = check.objectOption(options);
		if (typeof host !== "string") throw new TypeError(`host ${check.show(host)}: expected a host name or an address as a string`);
		if (family !== undefined && family !== 4 && family !== 6)
			throw new RangeError(`family ${check.show(family)}: expected 4 or 6`);
		if (!hasIpv6() && family === 6) throw new RangeError(`family 6: ${NO_IPV6}`);
		check.callbackOf("callback", callback);
		check.callbackOf("onResolved", onResolved);
		check.callbackOf("onError", onError);
		if (callback === undefined && onResolved === undefined && onError === undefined)
			throw new TypeError("resolve: expected a callback, or onResolved or onError among the options");
		const request = new Request(this, host, callback, { onResolved, onError });
		new Both(this.#engine, host, family ?? 0, { ...this.#scope, timeout: this.#timeout, mixedCase: this.#mixedCase }, request);
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.owner = null;
		this.#ready.length = 0;
		this.#engine.forget(this);
	}

	/** For its requests. */
	ready(request: Request): void {
		if (!this.#open) return;
		this.#ready.push(request);
		this.#stack.events.post(this, READABLE);
	}

	/** For SocketEvents. A callback may close it. */
	onEvents(): void {
		// One a turn: frames pass meanwhile.
		const request = this.#ready.shift();
		if (this.#ready.length > 0) this.#stack.events.post(this, READABLE);
		if (request !== undefined) this.#call(request);
	}

	#call({ host, callback, callbacks, outcome }: Request): void {
		const { addresses, code, reason } = outcome!;
		const address = addresses[0];
		if (code === "") {
			if (callback !== undefined) callback.call(this, null, address, host);
			else callbacks.onResolved?.call(this, host, address!);
			return;
		}
		const error = new ResolveError(code, host, reason);
		if (callback !== undefined) callback.call(this, error, undefined, host);
		else callbacks.onError?.call(this, host, error);
	}

	/** For SocketEvents: a callback threw. The others are called nevertheless, in the next turns. */
	onFailure(error: unknown): void {
		report(this.#stack.events, error);
	}
}

/** Name servers as programs give them; none is as if they said nothing. */
function serversOf(stack: Stack, servers: readonly string[] | undefined): string[] | undefined {
	if (servers === undefined) return undefined;
	if (!Array.isArray(servers)) throw new TypeError(`servers ${check.show(servers)}: expected an array of IP addresses`);
	if (servers.length === 0) return undefined;
	return servers.map((text: unknown) => serverOf(stack, "servers", text));
}

/** One of them: canonical, with its zone if it has one. */
function serverOf(stack: Stack, name: string, text: unknown): string {
	const { address, link } = scopedOf(stack, name, text);
	if (!isHost(address)) throw new RangeError(`${name} ${check.show(text)}: expected the address of a host`);
	return link === undefined ? address : `${address}%${link.name}`;
}

/**
 * Names to addresses, by the current stack.
 *
 * @example
 * ```ts
 * new Resolver().resolve({ host: "example.com" }, (error, address) => {
 * 	trace(`${error ? error.message : address}\n`);
 * });
 * ```
 */
export class Resolver extends NameResolver {
	constructor(options: ResolverOptions = {}) {
		super(currentStack(), options);
	}
}

/** Makes the class of one stack. */
export function createResolver(stack: Stack): new (options?: ResolverOptions) => ResolverType {
	return class Resolver extends NameResolver {
		constructor(options: ResolverOptions = {}) {
			super(stack, options);
		}
	};
}

/** Sets the name servers of the whole stack, which are asked before those of its interfaces. Throws TypeError or RangeError for what is no address. */
export function useNameServers(stack: Stack, servers: readonly string[]): void {
	engineOf(stack).servers = servers.map((text) => serverOf(stack, "name server", text));
}
