// ECMA-419's Listener over a TCB that listens. What is said of each method stands in types.ts.

import type { Interface } from "../link/interface.ts";
import { hasFastOpen } from "../packet/kernels/parts.ts";
import type { Stack } from "../stack.ts";
import { ERROR, READABLE, type SocketOwner } from "../transport/events.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import { setFastOpen } from "../transport/tcp/tcp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { unlessAny } from "../address.ts";
import { scopedOf, zoned, zoneOrOption } from "./zones.ts";
import * as check from "./options.ts";
import { anyAddress, closed, foreign, isObject, report } from "./common.ts";
import type { Listener, ListenerOptions, TCP } from "./types.ts";

/** Connections that wait to be read, unless told. */
const BACKLOG = 8;

export class ListenerSocket implements Listener, SocketOwner {
	/** Undefined once closed. */
	#tcb: Tcb | undefined = undefined;
	readonly #stack: Stack;
	readonly #accepted: (tcb: Tcb) => TCP;
	readonly #onReadable: ((connections: number) => void) | undefined;
	readonly #onError: (() => void) | undefined;
	/** The interface that it is restricted to. Not its slot, which another may have later. */
	readonly #bound: Interface | undefined;
	declare target?: unknown;

	/** `accepted` makes the instance for a connection. */
	constructor(stack: Stack, options: ListenerOptions, accepted: (tcb: Tcb) => TCP) {
		check.objectOption(options);
		this.#stack = stack;
		this.#accepted = accepted;
		this.#onReadable = check.callbackOf("onReadable", options.onReadable);
		this.#onError = check.callbackOf("onError", options.onError);
		check.fixedFormat(options.format, "socket/tcp");
		const backlog = options.backlog === undefined ? BACKLOG : check.wholeOf("backlog", options.backlog, 1, 4096);
		const ttl = check.ttlOf("ttl", options.ttl);
		const dscp = check.dscpOf(options.dscp);
		const leastRate = check.leastRateOf(options.leastRate);
		const fastOpen = hasFastOpen() ? check.fastOpenOf(stack.tcp, options.fastOpen, backlog) : 0;
		const local = options.address === undefined ? undefined : scopedOf(stack, "address", options.address);
		const address = unlessAny(local?.address ?? "");
		const family = check.familyOf(local?.address, options.ipv6Only);
		this.#bound = zoneOrOption(stack, options, local);
		const slot = this.#bound?.slot ?? 0;
		let port = check.localPortOf(options);
		// To the transport, port 0 of an interface is every port of it.
		if (port === 0 && slot !== 0) port = stack.flows.ephemeralPort(ipv4.TCP | (slot << 8), address);
		const tcb = stack.tcp.listen(address, port, backlog, slot, family);
		if (ttl !== 0) stack.tcp.setTtl(tcb, ttl);
		if (dscp >= 0) stack.tcp.setDscp(tcb, dscp);
		tcb.owner = this;
		this.#tcb = tcb;
		if (leastRate > 0) stack.tcp.setLeastRate(tcb, leastRate);
		if (hasFastOpen() && fastOpen !== 0) setFastOpen(stack.tcp, tcb, fastOpen);
		if (options.target !== undefined) this.target = options.target;
	}

	read(): TCP | undefined {
		const listener = ListenerSocket.#of(this);
		const tcb = this.#stack.tcp.accept(listener);
		return tcb === undefined ? undefined : this.#accepted(tcb);
	}

	close(): void {
		if (!isObject(this) || !(#tcb in this)) throw foreign("Listener");
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		this.#tcb = undefined;
		this.#stack.tcp.close(tcb);
	}

	/** The TCB of an instance that is open. */
	static #of(instance: ListenerSocket): Tcb {
		if (!isObject(instance) || !(#tcb in instance)) throw foreign("Listener");
		const tcb = instance.#tcb;
		if (tcb === undefined) throw closed();
		return tcb;
	}

	get port(): number {
		return ListenerSocket.#of(this).localPort;
	}

	get address(): string {
		const listener = ListenerSocket.#of(this);
		return zoned(listener.localAddress, this.#bound) || anyAddress(listener.family);
	}

	get interface(): string | undefined {
		ListenerSocket.#of(this);
		return this.#bound?.slot === 0 ? undefined : this.#bound?.name;
	}

	get format(): "socket/tcp" {
		ListenerSocket.#of(this);
		return "socket/tcp";
	}
	set format(value: "socket/tcp") {
		ListenerSocket.#of(this);
		check.fixedFormat(value, "socket/tcp");
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		if (events & READABLE && this.#onReadable !== undefined) {
			const connections = this.#stack.tcp.acceptable(tcb);
			if (connections > 0) this.#onReadable(connections);
		}
		if (events & ERROR && this.#tcb === tcb && this.#onError !== undefined) this.#onError();
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		try {
			this.close();
		} finally {
			report(this.#stack.events, error);
		}
	}
}
