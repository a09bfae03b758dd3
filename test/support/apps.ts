// Programs for tests: echo servers over TCP and UDP, and clients that check that what they sent comes back.

import { ipText } from "./frames.ts";
import { ERROR, READABLE, type SocketOwner } from "../../src/transport/events.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import type { UdpSocket } from "../../src/transport/udp/udp.ts";
import type { Node } from "./world.ts";

export const ECHO = 7;

/** Byte `at` of what clients send. */
export function patternByte(at: number): number {
	return (at * 31 + (at >> 8)) & 255;
}

/** Sends back whatever comes, and closes when the peer does. RFC 862. */
export class EchoServer implements SocketOwner {
	/** Connections accepted. */
	accepted = 0;
	readonly #node: Node;
	readonly #listener: Tcb;
	readonly #buffer = new Uint8Array(2048);

	/** `patienceMs`: how long its connections bear silence, 0 for as long as others. */
	constructor(node: Node, port = ECHO, backlog = 4, patienceMs = 0) {
		this.#node = node;
		this.#listener = node.stack.tcp.listen("", port, backlog, 0);
		node.stack.tcp.setUserTimeout(this.#listener, patienceMs);
		this.#listener.owner = this;
	}

	onEvents(): void {
		const { tcp } = this.#node.stack;
		for (let tcb = tcp.accept(this.#listener); tcb !== undefined; tcb = tcp.accept(this.#listener)) {
			const one = tcb;
			this.accepted++;
			// A peer whose RST was lost, or whose card was pulled, never says that it is gone.
			tcp.setKeepAlive(one, 30_000, 5000);
			tcp.adopt(one, { onEvents: (events) => this.#serve(one, events) });
		}
	}

	#serve(tcb: Tcb, events: number): void {
		const { tcp } = this.#node.stack;
		for (;;) {
			const count = Math.min(tcp.readable(tcb), tcp.writable(tcb), this.#buffer.length);
			if (count === 0) break;
			tcp.read(tcb, this.#buffer, 0, count);
			tcp.write(tcb, this.#buffer, 0, count);
		}
		if (tcb.error !== "") tcp.abort(tcb);
		else if (events & ERROR && tcp.readable(tcb) === 0) tcp.close(tcb);
	}

	close(): void {
		this.#node.stack.tcp.close(this.#listener);
	}
}

/** A connection that sends `total` bytes to an echo server and checks what comes back. */
export class EchoClient implements SocketOwner {
	readonly tcb: Tcb;
	readonly total: number;
	sent = 0;
	echoed = 0;
	/** What came back wrong, "" as long as nothing did. */
	wrong = "";
	/** The connection is over: see `error`. */
	ended = false;
	error = "";
	closed = false;
	readonly #node: Node;
	readonly #buffer = new Uint8Array(2048);

	constructor(node: Node, address: number | string, total: number, port = ECHO) {
		this.#node = node;
		this.total = total;
		const { tcp } = node.stack;
		this.tcb = tcp.connect(typeof address === "string" ? address : ipText(address), port);
		this.tcb.owner = this;
		tcp.setKeepAlive(this.tcb, 30_000, 5000);
	}

	get done(): boolean {
		return this.echoed === this.total;
	}

	onEvents(events: number): void {
		const { tcp } = this.#node.stack;
		const buffer = this.#buffer;
		for (;;) {
			const got = tcp.read(this.tcb, buffer, 0, buffer.length);
			if (got === 0) break;
			for (let i = 0; i < got; i++)
				if (buffer[i] !== patternByte(this.echoed + i) && this.wrong === "")
					this.wrong = `byte ${this.echoed + i} is ${buffer[i]}`;
			this.echoed += got;
			if (this.echoed > this.total && this.wrong === "") this.wrong = `${this.echoed} bytes came back of ${this.total}`;
		}
		for (;;) {
			const count = Math.min(this.total - this.sent, buffer.length, tcp.writable(this.tcb));
			if (count === 0) break;
			for (let i = 0; i < count; i++) buffer[i] = patternByte(this.sent + i);
			this.sent += tcp.write(this.tcb, buffer, 0, count);
		}
		if (!(events & ERROR)) return;
		this.ended = true;
		this.error = this.tcb.error;
	}

	/** Closes in good order; what comes later is the stack's business. */
	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.#node.stack.tcp.close(this.tcb);
	}

	abort(): void {
		if (this.closed) return;
		this.closed = true;
		this.#node.stack.tcp.abort(this.tcb);
	}
}

/** Sends every datagram back to where it came from. */
export class UdpEchoServer implements SocketOwner {
	served = 0;
	readonly #node: Node;
	readonly #socket: UdpSocket;
	readonly #buffer = new Uint8Array(2048);

	constructor(node: Node, port = ECHO) {
		this.#node = node;
		this.#socket = node.stack.udp.open("", port, 0);
		node.stack.udp.adopt(this.#socket, this);
	}

	onEvents(events: number): void {
		if (!(events & READABLE)) return;
		const { udp } = this.#node.stack;
		const socket = this.#socket;
		for (;;) {
			const length = udp.read(socket, this.#buffer, 0, this.#buffer.length);
			if (length < 0) return;
			this.served++;
			// Nobody can be answered at port 0 or address 0.
			if (socket.fromPort === 0 || socket.fromAddress === "0.0.0.0") continue;
			sendOrLose(this.#node, socket, socket.fromAddress, socket.fromPort, this.#buffer, length);
		}
	}
}

/** Sends a datagram; without a route it is lost, as datagrams may be. */
export function sendOrLose(node: Node, socket: UdpSocket, address: string, port: number, data: Uint8Array, length: number): void {
	try {
		node.stack.udp.send(socket, address, port, data, 0, length);
	} catch (error) {
		if (!(error instanceof Error) || !/route/.test(error.message)) throw error;
	}
}

/** Sends datagrams to an echo server and checks that what comes back is one of them. */
export class UdpEchoClient implements SocketOwner {
	sent = 0;
	echoed = 0;
	wrong = "";
	readonly #node: Node;
	readonly #socket: UdpSocket;
	readonly #address: number;
	readonly #buffer = new Uint8Array(1472);

	constructor(node: Node, address: number) {
		this.#node = node;
		this.#address = address;
		this.#socket = node.stack.udp.open("", 0, 0);
		node.stack.udp.adopt(this.#socket, this);
	}

	/** One datagram of `length` bytes, at least 4, filled from its number. */
	send(length: number): void {
		const buffer = this.#buffer;
		const number = this.sent++;
		for (let i = 0; i < length; i++) buffer[i] = i < 4 ? number >> (8 * i) : patternByte(number + i);
		sendOrLose(this.#node, this.#socket, ipText(this.#address), ECHO, buffer, length);
	}

	onEvents(events: number): void {
		if (!(events & READABLE)) return;
		const { udp } = this.#node.stack;
		const buffer = this.#buffer;
		for (;;) {
			const length = udp.read(this.#socket, buffer, 0, buffer.length);
			if (length < 0) return;
			const number = buffer[0]! | (buffer[1]! << 8) | (buffer[2]! << 16) | (buffer[3]! << 24);
			let right = length >= 4 && number >= 0 && number < this.sent;
			for (let i = 4; i < length && right; i++) right = buffer[i] === patternByte(number + i);
			if (!right && this.wrong === "")
				this.wrong = `datagram of ${length} bytes that says it is number ${number} of ${this.sent}`;
			this.echoed++;
		}
	}

	close(): void {
		this.#node.stack.udp.close(this.#socket);
	}
}
