// One question by UDP, from a port that is used for nothing else: RFC 5452 §9.2.

import { HEADER } from "../../wire/dns.ts";
import type { Stack } from "../../stack.ts";
import { ERROR, type SocketOwner } from "../../transport/events.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";

/** Who asked. */
export interface Asker {
	/** The first `bytes` of a datagram of `length` bytes are in the buffer. */
	datagram(ask: Ask, bytes: number, length: number, address: number, port: number): void;
	/** The interface is gone. */
	gone(ask: Ask): void;
}

export class Ask implements SocketOwner {
	readonly #stack: Stack;
	readonly #asker: Asker;
	readonly #buffer: Uint8Array;
	#socket: UdpSocket | undefined;

	/** By the interface with that slot, 0: any. Throws Error when there is no socket. */
	constructor(stack: Stack, asker: Asker, slot: number, buffer: Uint8Array) {
		this.#stack = stack;
		this.#asker = asker;
		this.#buffer = buffer;
		this.#socket = stack.udp.openService(0, slot);
		this.#socket.owner = this;
	}

	/** Throws Error when there is no way. */
	send(address: number, port: number, query: Uint8Array, length: number): void {
		this.#stack.udp.send(this.#socket!, address, port, query, 0, length);
	}

	close(): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		this.#socket = undefined;
		this.#stack.udp.close(socket);
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		const { udp } = this.#stack;
		for (let socket = this.#socket; socket !== undefined; socket = this.#socket) {
			const length = udp.next(socket);
			if (length < 0) break;
			const bytes = udp.read(socket, this.#buffer, 0, this.#buffer.length);
			if (bytes >= HEADER) this.#asker.datagram(this, bytes, length, socket.fromAddress, socket.fromPort);
		}
		if (events & ERROR && this.#socket !== undefined) this.#asker.gone(this);
	}
}
