// Ping: ICMP echo requests at an interval, and what became of each. What is said of the options stands in ping-types.ts.

import type { Interface } from "../link/interface.ts";
import type { Stack } from "../stack.ts";
import type { Service } from "../transport/services.ts";
import { ERROR, WRITABLE, type SocketOwner } from "../transport/events.ts";
import { icmpOf, type EchoSocket, type IcmpSockets } from "../transport/ping/sockets.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import { canonicalAddress, unlessAny } from "../address.ts";
import { NETWORK_RETRY_MS } from "../config.ts";
import { DSCP_SHIFT } from "../wire/build.ts";
import { DEFAULT_TTL, HEADER } from "../wire/ipv4.ts";
import { linkOf, report } from "./common.ts";
import { inWords } from "./icmp-words.ts";
import { scopedOf, zoned } from "./zones.ts";
import * as check from "./options.ts";
import type { PingOptions, PingReply, PingResolver, PingStatistics } from "./ping-types.ts";

export type { PingOptions, PingReply, PingResolver, PingStatistics } from "./ping-types.ts";

/** Requests that are remembered: as many intervals may pass before one is given up. A power of two, so that sequence numbers may wrap. */
const WINDOW = 64;
/** RFC 791; packet buffers set a bound of their own. */
const MOST_BYTES = 0xffff - HEADER - icmpv4.HEADER;
const DAY_MS = 86_400_000;

/** There is something to tell that no packet brought. */
const TOLD = WRITABLE;

/** What became of a request. */
const UNUSED = 0;
const WAITING = 1;
const ANSWERED = 2;
const LOST = 3;

/** What `onError` gets. Without `sequence` the whole ping has failed, and is closed. */
export class PingError extends Error {
	/** The request that it is about. */
	declare sequence?: number;
	/** Who sent the ICMP error. */
	declare address?: string;
	/** ICMP type and code. */
	declare type?: number;
	/** ICMP code. */
	declare code?: number;
}

function failure(message: string, more: Partial<PingError> = {}): PingError {
	return Object.assign(new PingError(message), more);
}

export class PingSocket implements SocketOwner, Service {
	/** Undefined once closed. */
	#socket: EchoSocket | undefined;
	#address: string | undefined;
	/** The name as given, for messages. */
	#name: string;
	#group = false;
	#begun = false;
	/** Requests sent; the number of the newest. And of the oldest that has not been given up. */
	#sent = 0;
	#oldest = 1;
	#nextAt = 0;
	readonly #sentAt = new Int32Array(WINDOW);
	readonly #states = new Uint8Array(WINDOW);
	#waiting = 0;
	#received = 0;
	#duplicates = 0;
	#errors = 0;
	#min = 0;
	#max = 0;
	#sum = 0;
	#squares = 0;
	/** Sequence numbers that ran out of time, and requests that could not leave: told after processing. */
	#late: number[] = [];
	#failed: PingError[] = [];
	/** The whole ping has failed. */
	#fatal: PingError | undefined;
	#resolver: { close?(): void } | undefined;
	/** The only interface that it uses. */
	readonly #link: Interface | undefined;
	readonly #stack: Stack;
	readonly #icmp: IcmpSockets;
	readonly #size: number;
	readonly #interval: number;
	readonly #timeout: number;
	readonly #networkTimeout: number;
	/** Until when the first request waits for a way. */
	#waitsUntil = 0;
	readonly #count: number;
	readonly #onReply: PingOptions["onReply"];
	readonly #onTimeout: PingOptions["onTimeout"];
	readonly #onError: PingOptions["onError"];
	readonly #onDone: PingOptions["onDone"];
	declare target?: unknown;

	constructor(stack: Stack, options: PingOptions) {
		check.objectOption(options);
		const { address, host, dns, target } = options;
		this.#stack = stack;
		this.#onReply = check.callbackOf("onReply", options.onReply);
		this.#onTimeout = check.callbackOf("onTimeout", options.onTimeout);
		this.#onError = check.callbackOf("onError", options.onError);
		this.#onDone = check.callbackOf("onDone", options.onDone);
		this.#size = check.wholeOf("size", options.size ?? 56, 0, MOST_BYTES);
		this.#interval = check.wholeOf("interval", options.interval ?? 1000, 1, DAY_MS);
		this.#timeout = check.wholeOf("timeout", options.timeout ?? Math.min(5000, this.#interval * (WINDOW - 1)), 1, DAY_MS);
		if (this.#timeout > this.#interval * (WINDOW - 1))
			throw new RangeError(`timeout ${this.#timeout}: expected at most ${WINDOW - 1} intervals of ${this.#interval} ms`);
		this.#networkTimeout = check.networkTimeoutOf(options.networkTimeout);
		this.#count = options.count === undefined ? Infinity : check.wholeOf("count", options.count, 1, 0x7fffffff);
		const ttl = check.wholeOf("ttl", options.ttl ?? DEFAULT_TTL, 1, 255);
		const dscp = check.wholeOf("dscp", options.dscp ?? 0, 0, 63);
		if (address === undefined && host === undefined) throw new TypeError("options: expected an address or a host");
		let link = linkOf(stack, options.interface);
		if (address !== undefined) ({ address: this.#address, link } = scopedOf(stack, "address", address, link));
		else if (typeof host === "string" && host.includes("%"))
			({ address: this.#address, link } = scopedOf(stack, "host", host, link));
		const { localAddress } = options;
		let source = "";
		if (localAddress !== undefined) ({ address: source, link } = scopedOf(stack, "localAddress", localAddress, link));
		source = unlessAny(source);
		this.#link = link;
		this.#name = address ?? host!;
		if (this.#address === undefined) this.#literal(host, dns !== undefined);
		if (source !== "" && !stack.ip.isLocal(source))
			throw new RangeError(`localAddress ${check.show(localAddress)}: expected an address of this stack`);
		const icmp = icmpOf(stack);
		const socket = icmp.open(link?.slot ?? 0);
		this.#icmp = icmp;
		socket.localAddress = source;
		icmp.setHops(socket, ttl | (dscp << DSCP_SHIFT));
		socket.owner = this;
		this.#socket = socket;
		if (target !== undefined) this.target = target;
		try {
			if (this.#address === undefined) this.#resolve(dns!);
		} catch (error) {
			this.close();
			throw error;
		}
		this.#post(); // begun when the time is known: in the next poll
	}

	/** A host that is a literal needs no resolver. */
	#literal(host: unknown, resolver: boolean): void {
		if (typeof host !== "string") throw new TypeError(`host ${check.show(host)}: expected a name or an IP address as a string`);
		this.#address = canonicalAddress(host);
		if (this.#address === undefined && !resolver)
			throw new RangeError(`host "${host}": expected an IP address, or dns: { io: Resolver } to look the name up`);
	}

	#resolve(dns: PingResolver): void {
		if (typeof dns.io !== "function") throw new TypeError(`dns.io ${check.show(dns.io)}: expected the class of a resolver`);
		const resolver = new dns.io(dns as never);
		this.#resolver = resolver;
		const host = this.#name;
		resolver.resolve({
			host,
			onResolved: (_host, address) => {
				if (this.#resolver === undefined) return;
				this.#address = canonicalAddress(address);
				if (this.#address === undefined) this.#fail(`${host}: has no IP address, only ${address}`);
				this.#resolved();
			},
			onError: (_host, error) => {
				if (this.#resolver === undefined) return;
				this.#fail(`${host}: ${(error as Error | undefined)?.message ?? "the name cannot be resolved"}`);
				this.#resolved();
			},
		});
	}

	#resolved(): void {
		this.#resolver?.close?.();
		this.#resolver = undefined;
		this.#post();
	}

	#fail(message: string): void {
		this.#fatal ??= failure(message);
	}

	/** Has onEvents called after processing. */
	#post(): void {
		if (this.#socket !== undefined) this.#stack.events.post(this.#socket, TOLD);
	}

	/** Address of the target, undefined until its name is resolved. */
	get address(): string | undefined {
		return this.#address === undefined ? undefined : zoned(this.#address, this.#link);
	}

	/** What happened so far; also after close. */
	get statistics(): PingStatistics {
		const received = this.#received;
		const settled = this.#sent - this.#waiting;
		const avg = received === 0 ? 0 : this.#sum / received;
		const variance = received === 0 ? 0 : this.#squares / received - avg * avg;
		return {
			sent: this.#sent,
			received,
			duplicates: this.#duplicates,
			errors: this.#errors,
			lost: settled === 0 ? 0 : (100 * (settled - received)) / settled,
			min: this.#min,
			avg,
			max: this.#max,
			mdev: variance > 0 ? Math.sqrt(variance) : 0,
		};
	}

	/** Ends it without a further word. May be repeated. */
	close(): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		this.#socket = undefined;
		this.#stack.services.delete(this);
		this.#icmp.close(socket);
		const resolver = this.#resolver;
		this.#resolver = undefined;
		resolver?.close?.();
	}

	/** For the stack: something is due. Runs within processing, so what there is to tell waits. */
	timers(now: number): void {
		if (this.#sent === 0 && this.#waits(now)) {
			this.#nextAt = (now + NETWORK_RETRY_MS) | 0;
			this.#stack.core.deadline(this.#nextAt);
			return;
		}
		for (; this.#oldest <= this.#sent; this.#oldest++) {
			const index = this.#oldest & (WINDOW - 1);
			if (((now - this.#sentAt[index]!) | 0) < this.#timeout) break;
			if (this.#states[index] !== WAITING) continue;
			this.#settle(index, LOST);
			this.#late.push(this.#oldest & 0xffff);
		}
		if (this.#sent < this.#count && ((now - this.#nextAt) | 0) >= 0) this.#send(now);
		if (this.#late.length > 0 || this.#failed.length > 0 || this.#fatal !== undefined || this.#finished) this.#post();
		const core = this.#stack.core;
		if (this.#sent < this.#count) core.deadline(this.#nextAt);
		if (this.#oldest <= this.#sent) core.deadline((this.#sentAt[this.#oldest & (WINDOW - 1)]! + this.#timeout) | 0);
	}

	/** There is no way yet, and one may come. */
	#waits(now: number): boolean {
		const icmp = this.#icmp;
		const socket = this.#socket!;
		if (socket.gone || ((now - this.#waitsUntil) | 0) >= 0 || icmp.hasWay(socket)) return false;
		return icmp.mayCome(socket);
	}

	#send(now: number): void {
		const sequence = ++this.#sent & 0xffff;
		const index = sequence & (WINDOW - 1);
		this.#sentAt[index] = now;
		this.#states[index] = WAITING;
		this.#waiting++;
		// At the interval's pace; after a pause not all that was missed at once.
		this.#nextAt = (this.#nextAt + this.#interval) | 0;
		if (((now - this.#nextAt) | 0) >= 0) this.#nextAt = (now + this.#interval) | 0;
		try {
			if (this.#icmp.send(this.#socket!, sequence, this.#size)) return;
			this.#settle(index, LOST);
			this.#errors++;
			this.#failed.push(failure(`${this.#name}: no route, or no packet buffer is free`, { sequence }));
		} catch (error) {
			// Larger than there are packet buffers for.
			this.#settle(index, LOST);
			this.#fail(`${this.#name}: ${(error as Error).message}`);
		}
	}

	/** The request there is waited for no more. */
	#settle(index: number, state: number): void {
		if (this.#states[index] === WAITING) this.#waiting--;
		this.#states[index] = state;
	}

	get #finished(): boolean {
		return this.#sent >= this.#count && this.#waiting === 0;
	}

	/** For SocketEvents. Callbacks may close us at any time. */
	onEvents(events: number): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		if (events & ERROR) this.#fail(`${this.#name}: its interface is gone`);
		if (!this.#begun && this.#address !== undefined && this.#fatal === undefined) this.#begin();
		while (this.#socket === socket && socket.take()) {
			if (socket.type === icmpv4.ECHO_REPLY) this.#reply(socket);
			else this.#error(socket);
		}
		for (const sequence of this.#late.splice(0)) if (this.#socket === socket) this.#onTimeout?.(sequence);
		for (const error of this.#failed.splice(0)) if (this.#socket === socket) this.#onError?.(error);
		if (this.#socket !== socket) return;
		if (this.#fatal !== undefined) {
			this.close();
			this.#onError?.(this.#fatal);
		} else if (this.#finished) {
			this.close();
			this.#onDone?.(this.statistics);
		}
	}

	#begin(): void {
		this.#begun = true;
		this.#socket!.remoteAddress = this.#address!;
		this.#group = this.#stack.ip.isGroup(this.#address!);
		this.#nextAt = this.#stack.core.now;
		this.#waitsUntil = (this.#nextAt + this.#networkTimeout) | 0;
		this.#stack.services.add(this);
		this.timers(this.#nextAt);
	}

	/** Index of the request with this sequence number, or -1 when it is none of the last ones. */
	#indexOf(sequence: number): number {
		const index = sequence & (WINDOW - 1);
		return ((this.#sent - sequence) & 0xffff) < WINDOW && this.#states[index] !== UNUSED ? index : -1;
	}

	/** Who sent what was taken last. */
	#shown(socket: EchoSocket): string {
		return zoned(socket.fromAddress, this.#link ?? this.#stack.interfaces.linkAt(socket.out));
	}

	#reply(socket: EchoSocket): void {
		const index = this.#indexOf(socket.sequence);
		if (index < 0 || (socket.fromAddress !== this.#address && !this.#group)) return;
		const ms = (socket.at - this.#sentAt[index]!) | 0;
		const duplicate = this.#states[index] === ANSWERED;
		if (duplicate) this.#duplicates++;
		else {
			this.#settle(index, ANSWERED);
			this.#received++;
			this.#sum += ms;
			this.#squares += ms * ms;
			if (this.#received === 1 || ms < this.#min) this.#min = ms;
			if (ms > this.#max) this.#max = ms;
		}
		if (this.#onReply === undefined) return;
		const { sequence, bytes, ttl } = socket;
		const reply: PingReply = { sequence, bytes, ttl, ms, address: this.#shown(socket), duplicate };
		this.#onReply(reply);
	}

	/** An ICMP error about a request that waits. Others say nothing new, or are made up. */
	#error(socket: EchoSocket): void {
		const { sequence, type, code } = socket;
		const index = this.#indexOf(sequence);
		if (index < 0 || this.#states[index] !== WAITING) return;
		this.#settle(index, LOST);
		this.#errors++;
		const address = this.#shown(socket);
		this.#onError?.(failure(`${this.#name}: ${inWords(type, code)}, says ${address}`, { sequence, address, type, code }));
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		this.close();
		report(this.#stack.events, error);
	}
}
