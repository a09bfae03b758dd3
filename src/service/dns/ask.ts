// One question by UDP, from a port that is used for nothing else: RFC 5452 §9.2.

import { HEADER } from "../../wire/dns.ts";
import type { Stack } from "../../stack.ts";
import { ERROR, READABLE, type SocketOwner } from "../../transport/events.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Engine } from "./engine.ts";

/** Who asked. */
export interface Asker {
	/** The first `bytes` of a datagram of `length` bytes are in the buffer. */
	datagram(ask: Ask, bytes: number, length: number, address: string, port: number): void;
	/** The interface is gone. */
	gone(ask: Ask): void;
}

export class Ask implements SocketOwner {
	readonly #engine: Engine;
	readonly #stack: Stack;
	readonly #asker: Asker;
	#socket: UdpSocket | undefined;

	/** By the interface with that slot, 0: any. Throws Error when there is no socket. */
	constructor(engine: Engine, asker: Asker, slot: number) {
		const { stack } = engine;
		this.#engine = engine;
		this.#stack = stack;
		this.#asker = asker;
		this.#socket = stack.udp.openService(0, slot);
		this.#socket.owner = this;
	}

	/** Throws Error when there is no way. */
	send(address: string, port: number, query: Uint8Array, length: number): void {
		this.#stack.udp.send(this.#socket!, address, port, query, 0, length);
	}

	close(): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		this.#socket = undefined;
		this.#stack.udp.close(socket);
	}

	/** For SocketEvents. One that may be the answer a turn: frames pass meanwhile. */
	onEvents(events: number): void {
		const engine = this.#engine;
		const { udp, events: news } = this.#stack;
		const { buffer } = engine;
		let socket = this.#socket;
		for (; socket !== undefined; socket = this.#socket) {
			if (engine.held) return news.post(socket, events | READABLE);
			const length = udp.next(socket);
			if (length < 0) break;
			const bytes = udp.read(socket, buffer, 0, buffer.length);
			if (bytes >= HEADER) this.#asker.datagram(this, bytes, length, socket.fromAddress, socket.fromPort);
		}
		if ((events & ERROR) !== 0 && socket !== undefined) this.#asker.gone(this);
	}
}
