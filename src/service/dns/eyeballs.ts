// TCP to a host by its name: RFC 8305, Happy Eyeballs 2. Each attempt is a TCP of its own; the connection of the first that stands becomes that of the program's.

import { canonicalAddress } from "../../address.ts";
import { CONNECT_ATTEMPTS, CONNECT_DELAY_MS, CONNECT_PATIENCE_MS, DNS_TIMEOUT_MS } from "../../config.ts";
import { useNames, type ByName } from "../../io/by-name.ts";
import { linkOf } from "../../io/common.ts";
import { show } from "../../io/options.ts";
import { abortSocket, handOver, TCPSocket } from "../../io/tcp.ts";
import type { Format, TCPError, TCPOptions } from "../../io/types.ts";
import type { Interface } from "../../link/interface.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Stack } from "../../stack.ts";
import { ERROR, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Both, type Hearer } from "./both.ts";
import { engineOf, knownEngine, type Alarm, type Engine } from "./engine.ts";
import type { Outcome } from "./errors.ts";
import { isOutcome, questionOf } from "./names.ts";
import { bestFirst, usable } from "./order.ts";

interface Attempt {
	readonly socket: TCPSocket;
	readonly begun: number;
}

class Race implements ByName, Hearer, EventSocket {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null;
	format: Format;
	error: TCPError | undefined = undefined;
	readonly #socket: TCPSocket;
	readonly #stack: Stack;
	readonly #engine: Engine;
	readonly #options: TCPOptions;
	readonly #link: Interface | undefined;
	#names: Both | undefined;
	/** Addresses that have not been tried, and whether the one that was tried last is of IPv6. */
	#left: readonly string[];
	#six: boolean | undefined = undefined;
	readonly #attempts: Attempt[] = [];
	#alarm: Alarm | undefined;
	/** What the last attempt came to. */
	#last: TCPError = "unreachable";

	/** `addresses`: those that are known; without any the host is looked up. */
	constructor(stack: Stack, socket: TCPSocket, options: TCPOptions, addresses: readonly string[]) {
		this.#stack = stack;
		this.#engine = engineOf(stack);
		this.owner = this.#socket = socket;
		this.#options = options;
		this.#link = linkOf(stack, options.interface);
		this.#left = addresses;
		this.format = options.format ?? "buffer";
		this.#engine.later(() => this.#begin());
	}

	#begin(): void {
		if (this.owner === null) return;
		if (this.#left.length > 0) return this.#next();
		const manner = { servers: undefined, link: this.#link, timeout: DNS_TIMEOUT_MS, mixedCase: false };
		this.#names = new Both(this.#engine, this.#options.host!, 0, manner, this, true);
	}

	heard({ addresses, code }: Outcome): void {
		if (code !== "") this.#last = "unresolved";
		this.more(addresses);
	}

	/** More addresses, or none of that family. */
	more(addresses: readonly string[]): void {
		this.#left = alternating([...this.#left, ...addresses], this.#six);
		if (this.#alarm === undefined) this.#next();
	}

	/** Tries the next address: after a while, or now as an attempt has failed. */
	#next(): void {
		this.#engine.silence(this.#alarm);
		this.#alarm = undefined;
		while (this.#left.length > 0) {
			const [first] = this.#attempts;
			if (first !== undefined && (this.#attempts.length >= CONNECT_ATTEMPTS || this.#stack.tcp.available === 0)) {
				const ms = (first.begun + CONNECT_PATIENCE_MS - this.#engine.now) | 0;
				if (ms > 0) return this.#wait(ms);
				this.#last = "timeout";
				this.#drop(first.socket);
			}
			const [address, ...rest] = this.#left;
			this.#left = rest;
			if (!this.#try(address!)) continue;
			return this.#wait(CONNECT_DELAY_MS); // also for addresses that are still to come
		}
		if (this.#attempts.length > 0 || this.#names?.pending) return;
		this.error = this.#last;
		this.#stack.events.post(this, ERROR);
	}

	#wait(ms: number): void {
		this.#alarm = this.#engine.alarm(ms, () => this.#next());
	}

	/** Begins an attempt; false when there is no way, or no socket. */
	#try(address: string): boolean {
		this.#six = address.includes(":");
		try {
			const socket: TCPSocket = new TCPSocket(this.#stack, {
				...this.#options,
				address,
				host: undefined,
				format: undefined,
				target: undefined,
				onReadable: undefined,
				onWritable: () => this.#stands(socket),
				onError: () => {
					this.#last = socket.error ?? "unreachable";
					this.#drop(socket);
					this.#next();
				},
			});
			this.#attempts.push({ socket, begun: this.#engine.now });
			return true;
		} catch {
			this.#last = this.#stack.tcp.available === 0 ? "busy" : "unreachable";
			return false;
		}
	}

	#drop(socket: TCPSocket): void {
		const index = this.#attempts.findIndex((attempt) => attempt.socket === socket);
		this.#attempts.splice(index, 1);
		abortSocket(socket);
	}

	/** The first that stands wins. */
	#stands(winner: TCPSocket): void {
		this.#attempts.splice(
			this.#attempts.findIndex(({ socket }) => socket === winner),
			1,
		);
		this.cancel();
		handOver(this.#socket, winner);
	}

	cancel(): void {
		this.owner = null;
		this.#engine.silence(this.#alarm);
		this.#names?.cancel();
		while (this.#attempts.length > 0) this.#drop(this.#attempts[0]!.socket);
	}
}

/** RFC 8305 §4: the families take turns, each in its order; first comes the one that was not the last, else that of the first address. */
function alternating(addresses: readonly string[], lastIsSix: boolean | undefined): string[] {
	if (!hasIpv6()) return [...addresses];
	const of = (six: boolean) => addresses.filter((address) => address.includes(":") === six);
	const six = lastIsSix === undefined ? (addresses[0] ?? "").includes(":") : !lastIsSix;
	const [first, second] = [of(six), of(!six)];
	const list: string[] = [];
	for (let i = 0; i < Math.max(first.length, second.length); i++) list.push(...first.slice(i, i + 1), ...second.slice(i, i + 1));
	return list;
}

/** Moddable's modules look a name up and give the address and the name: when it is ours that told them, its other addresses are tried as well. */
function othersToo(stack: Stack, address: string, { host, interface: link }: TCPOptions): string[] {
	const known = knownEngine(stack)?.cache.addressesOf(host!.toLowerCase()) ?? [];
	if (!known.includes(address)) return [];
	const only = linkOf(stack, link);
	const others = known.filter((other) => other !== address && usable(stack, other, only));
	return others.length === 0 ? [] : alternating([address, ...bestFirst(stack, others, only)], undefined);
}

useNames((stack, socket, options) => {
	const { address, host } = options;
	if (address !== undefined) {
		const addresses = othersToo(stack, canonicalAddress(address) ?? "", options);
		return addresses.length === 0 ? undefined : new Race(stack, socket as TCPSocket, options, addresses);
	}
	const question = questionOf(host!, 0);
	if (isOutcome(question) && question.code === "EBADNAME") throw new RangeError(`host ${show(host)}: ${question.reason}`);
	return new Race(stack, socket as TCPSocket, options, []);
});
