// One question by UDP, from server to server until one answers, for all who asked the same: RFC 1035 §7.2, RFC 5452.

import { DNS_NEAR_MISSES, DNS_TRIES, DNS_TRY_MS } from "../../config.ts";
import { ERROR, type SocketOwner } from "../../transport/events.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import * as dns from "../../wire/dns.ts";
import type { Server } from "../dns/servers.ts";
import { isRefusal, isSame, type Asking } from "./asking.ts";
import { DNS_FORWARD_ASKERS } from "./limits.ts";
import { answers, limitSize, type Query } from "./message.ts";

/** Where an answer goes. */
export interface Asker {
	readonly socket: UdpSocket;
	readonly address: string;
	readonly port: number;
	/** What of ours was asked. */
	readonly to: string;
	readonly id: number;
}

/** What a question needs of the forwarder. */
export interface Owner extends Asking {
	/** What is received, in the turn in which it is looked at. */
	readonly buffer: Uint8Array;
	readonly view: DataView;
	/** An answer of `length` bytes, of which the buffer holds the first: when it does not hold all it is asked for by TCP. 0: nobody has one. */
	answered(question: Question, length: number): void;
}

export class Question implements SocketOwner {
	readonly query: Query;
	/** As it came, but for its id, which is another one for each server. */
	readonly bytes: Uint8Array;
	readonly view: DataView;
	readonly askers: Asker[] = [];
	/** When something is due, as core.now. */
	due = 0;
	#owner: Owner;
	#tried: { server: Server; tries: number }[] = [];
	#current: Server | undefined;
	#socket: UdpSocket | undefined;
	/** A server that does not know either is believed only when all others say no more: what it said. */
	#refusal: Uint8Array | undefined;
	/** Whether the answer is to be remembered: not what is only for want of a better one. */
	lasting = true;
	/** Datagrams of the right server that answer something else. */
	#misses = 0;

	constructor(owner: Owner, query: Query, bytes: Uint8Array) {
		this.#owner = owner;
		this.query = query;
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer);
		limitSize(this.view, query);
	}

	/** Whether somebody has asked the same, letter by letter and option by option; the askers have room for one more. */
	takes(bytes: Uint8Array, length: number): boolean {
		if (length !== this.bytes.length || this.askers.length >= DNS_FORWARD_ASKERS) return false;
		const { opt } = this.query;
		for (let i = 2; i < length; i++)
			if (bytes[i] !== this.bytes[i] && (opt === 0 || (i !== opt + 3 && i !== opt + 4))) return false;
		return true;
	}

	/** Adds one who asked, unless that one only asks again. */
	add(asker: Asker): void {
		const again = (other: Asker) =>
			other.id === asker.id && other.port === asker.port && other.address === asker.address && other.socket === asker.socket;
		if (!this.askers.some(again)) this.askers.push(asker);
	}

	/** Asks the next server: the one that was asked least often, the best of those. */
	next(): void {
		this.close();
		const { stack } = this.#owner;
		for (;;) {
			const next = this.#choose();
			if (next === undefined) return this.#none();
			const { address, link } = next.server;
			try {
				const slot = (link ?? stack.ip.wayTo(address).out)?.slot ?? 0;
				const socket = (this.#socket = stack.udp.open("", 0, slot));
				socket.owner = this;
				this.view.setUint16(0, stack.core.random32() & 0xffff);
				stack.udp.send(socket, address, dns.PORT, this.bytes, 0, this.bytes.length);
				this.#current = next.server;
				return this.#wait(DNS_TRY_MS << next.tries++);
			} catch {
				// No socket, no way to it: the next one may have one.
				next.tries = DNS_TRIES;
				this.close();
			}
		}
	}

	/** Interfaces or servers have changed: it goes on with what there is. */
	waysChanged(): void {
		const current = this.#current;
		if (current !== undefined && !this.#owner.serversFor(this.query.name).some((each) => isSame(each, current))) this.next();
	}

	/** Time is up for the server that was asked. */
	late(): void {
		if (this.#current !== undefined) this.#owner.judged(this.#current, false);
		this.next();
	}

	close(): void {
		const socket = this.#socket;
		this.#socket = this.#current = undefined;
		if (socket !== undefined) this.#owner.stack.udp.close(socket);
	}

	#choose(): { server: Server; tries: number } | undefined {
		let best: { server: Server; tries: number } | undefined;
		for (const server of this.#owner.serversFor(this.query.name)) {
			let tried = this.#tried.find((each) => isSame(each.server, server));
			if (tried === undefined) this.#tried.push((tried = { server, tries: 0 }));
			if (tried.tries < DNS_TRIES && (best === undefined || tried.tries < best.tries)) best = tried;
		}
		return best;
	}

	#none(): void {
		const { buffer } = this.#owner;
		if (this.#refusal !== undefined) buffer.set(this.#refusal);
		this.lasting = false;
		this.#owner.answered(this, this.#refusal?.length ?? 0);
	}

	#wait(ms: number): void {
		this.due = (this.#owner.stack.core.now + ms) | 0;
		this.#owner.deadline(this.due);
	}

	/** For SocketEvents. What is not from the server, or no answer to this, is as if it had not come: the right one may follow. */
	onEvents(events: number): void {
		const { stack, buffer, view } = this.#owner;
		const { udp } = stack;
		let socket = this.#socket;
		for (; socket !== undefined; socket = this.#socket) {
			const length = udp.next(socket);
			if (length < 0) break;
			const bytes = udp.read(socket, buffer, 0, buffer.length);
			const current = this.#current;
			if (current === undefined || socket.fromPort !== dns.PORT || socket.fromAddress !== current.address) continue;
			if (answers(view, bytes, this.view, this.query, dns.id(this.view, 0))) this.#heard(current, length, bytes);
			else if (++this.#misses >= DNS_NEAR_MISSES) {
				// Somebody guesses: RFC 5452 §9.3. Whoever asked does it again by TCP.
				this.close();
				return this.#owner.answered(this, buffer.length + 1);
			}
		}
		if ((events & ERROR) !== 0 && socket !== undefined) this.next();
	}

	#heard(server: Server, length: number, bytes: number): void {
		const { view, buffer } = this.#owner;
		this.#owner.judged(server, true);
		if (!isRefusal(this.#owner, view, this.query, server)) {
			this.close();
			return this.#owner.answered(this, length);
		}
		this.#refusal ??= buffer.slice(0, bytes);
		for (const each of this.#tried) if (isSame(each.server, server)) each.tries = DNS_TRIES;
		this.next();
	}
}
