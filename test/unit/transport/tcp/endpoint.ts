// An application for tests: writes a known pattern, checks what it reads against the peer's, and closes when told.

import type { Stack } from "../../../../src/stack.ts";
import { ERROR, READABLE, WRITABLE, type SocketOwner } from "../../../../src/transport/events.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import type { Prng } from "../../../support/prng.ts";

/** Byte `at` of a stream: long periods, so that a misplaced block shows. */
export function patternAt(stream: number, at: number): number {
	return (at ^ (at >> 8) ^ (at >> 16) ^ (stream * 89)) & 255;
}

export interface EndpointOptions {
	/** Number of the pattern that it writes, and of the one that it expects. */
	sends?: number;
	expects?: number;
	/** Bytes to write in all. */
	length?: number;
	/** Close as soon as everything is written, instead of when the peer's FIN has come. */
	closeFirst?: boolean;
	/** Do not read until told by `resume`. */
	paused?: boolean;
	/** Random sizes of reads and writes. */
	prng?: Prng;
}

export class Endpoint implements SocketOwner {
	readonly stack: Stack;
	readonly options: EndpointOptions;
	tcb: Tcb | undefined = undefined;
	written = 0;
	received = 0;
	/** Position of the first wrong byte, -1 when none was. */
	wrongAt = -1;
	paused: boolean;
	/** The peer's FIN came after everything was read. */
	finished = false;
	closed = false;
	connected = false;
	error = "";
	events: string[] = [];
	#buffer = new Uint8Array(70_000);

	constructor(stack: Stack, options: EndpointOptions = {}) {
		this.stack = stack;
		this.options = options;
		this.paused = options.paused ?? false;
	}

	own(tcb: Tcb): this {
		this.tcb = tcb;
		this.stack.tcp.adopt(tcb, this);
		return this;
	}

	onEvents(events: number): void {
		if (events & READABLE) this.#read();
		if (events & WRITABLE) {
			this.connected = true;
			this.#write();
		}
		if (events & ERROR) this.#ended();
	}

	resume(): void {
		this.paused = false;
		this.#read();
	}

	#piece(most: number): number {
		return this.options.prng ? this.options.prng.between(1, most) : most;
	}

	#read(): void {
		const { stack, tcb } = this;
		while (!this.paused && tcb && !this.closed) {
			const count = stack.tcp.read(tcb, this.#buffer, 0, this.#piece(this.#buffer.length));
			if (count === 0) return;
			const stream = this.options.expects ?? 0;
			for (let i = 0; i < count; i++) {
				if (this.#buffer[i] !== patternAt(stream, this.received + i) && this.wrongAt < 0) this.wrongAt = this.received + i;
			}
			this.received += count;
		}
	}

	#write(): void {
		const { stack, tcb } = this;
		const length = this.options.length ?? 0;
		while (tcb && !this.closed && this.written < length) {
			const room = Math.min(stack.tcp.writable(tcb), length - this.written);
			if (room === 0) return;
			const count = this.#piece(room);
			const stream = this.options.sends ?? 0;
			for (let i = 0; i < count; i++) this.#buffer[i] = patternAt(stream, this.written + i);
			const taken = stack.tcp.write(tcb, this.#buffer, 0, count);
			if (taken !== count) throw new Error(`write took ${taken} of ${count} with room for ${room}`);
			this.written += taken;
		}
		if (tcb && this.written >= length && (this.options.closeFirst || this.finished)) this.#done();
	}

	#ended(): void {
		const tcb = this.tcb;
		if (!tcb || this.closed) return;
		if (tcb.error !== "") {
			this.error = tcb.error;
			this.close();
			return;
		}
		this.finished = true;
		this.#write();
	}

	/** Everything is written: half-closed while the peer may still send, closed when it does not. */
	#done(): void {
		if (this.finished) this.close();
		else this.stack.tcp.shutdown(this.tcb!);
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.stack.tcp.close(this.tcb!);
	}
}

/** Accepts every connection of a listener with a new Endpoint. */
export class Acceptor implements SocketOwner {
	readonly stack: Stack;
	readonly listener: Tcb;
	readonly endpoints: Endpoint[] = [];
	error = "";
	#options: EndpointOptions;

	constructor(stack: Stack, port: number, backlog: number, options: EndpointOptions = {}) {
		this.stack = stack;
		this.#options = options;
		this.listener = stack.tcp.listen("", port, backlog, 0);
		this.listener.owner = this;
	}

	onEvents(events: number): void {
		if (events & ERROR) this.error = this.listener.error;
		if (!(events & READABLE)) return;
		for (let tcb = this.stack.tcp.accept(this.listener); tcb; tcb = this.stack.tcp.accept(this.listener))
			this.endpoints.push(new Endpoint(this.stack, this.#options).own(tcb));
	}
}
