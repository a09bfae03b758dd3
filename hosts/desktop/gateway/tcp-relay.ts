// One connection of the board's stack joined to one of this machine: bytes, flow control, half-close and reset, both ways.

import type { Socket } from "node:net";
import { ERROR, READABLE, WRITABLE } from "../../../src/transport/events.ts";
import type { SocketOwner } from "../../../src/transport/events.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";
import type { Tcp } from "../../../src/transport/tcp/tcp.ts";

export class TcpRelay implements SocketOwner {
	readonly #tcp: Tcp;
	/** Undefined when its connection is over. */
	#tcb: Tcb | undefined;
	readonly #socket: Socket;
	readonly #ended: (relay: TcpRelay) => void;
	/** What came from this machine and did not fit yet. */
	#rest: Buffer | undefined;
	/** The socket has enough to write. */
	#full = false;
	/** This machine has said all, and the stack has been told so. */
	#socketDone = false;
	#finSent = false;
	#socketClosed = false;
	/** The board has said all. */
	#boardDone = false;

	/** `tcb` is connected, or is connecting; `ended` is called once both are closed. */
	constructor(tcp: Tcp, tcb: Tcb, socket: Socket, connected: boolean, ended: (relay: TcpRelay) => void) {
		this.#tcp = tcp;
		this.#tcb = tcb;
		this.#socket = socket;
		this.#ended = ended;
		socket.setNoDelay(true);
		// Whoever listens for data starts it: not before there is somewhere to put it.
		socket.pause();
		socket.on("data", (chunk) => {
			this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
			this.#toBoard();
		});
		socket.on("drain", () => {
			this.#full = false;
			this.#toSocket();
		});
		socket.on("end", () => {
			this.#socketDone = true;
			this.#toBoard();
		});
		socket.on("error", () => this.#abort());
		socket.on("close", () => this.#closed());
		if (connected) tcp.adopt(tcb, this);
		else tcb.owner = this;
	}

	onEvents(events: number): void {
		if (events & READABLE) this.#toSocket();
		if (events & WRITABLE) this.#toBoard();
		if (events & ERROR) this.#boardEnded();
	}

	onFailure(): void {
		this.close();
	}

	/** Resets both. */
	close(): void {
		this.#abort();
		this.#socket.resetAndDestroy();
	}

	#toSocket(): void {
		while (!this.#full && this.#tcb !== undefined) {
			const length = this.#tcp.readable(this.#tcb);
			if (length === 0) return;
			const bytes = Buffer.allocUnsafe(length);
			const count = this.#tcp.read(this.#tcb, bytes, 0, length);
			if (count <= 0) return;
			if (!this.#socket.writable) continue; // the machine's side is gone: its reset is on the way
			this.#full = !this.#socket.write(count === length ? bytes : bytes.subarray(0, count));
		}
	}

	#toBoard(): void {
		const tcb = this.#tcb;
		if (tcb === undefined || this.#finSent) return;
		const rest = this.#rest;
		if (rest !== undefined) {
			const taken = this.#tcp.write(tcb, rest, 0, Math.min(rest.length, this.#tcp.writable(tcb)));
			this.#rest = taken === rest.length ? undefined : rest.subarray(taken);
		}
		if (this.#rest !== undefined) this.#socket.pause();
		else if (this.#socketDone) {
			this.#finSent = true;
			this.#tcp.shutdown(tcb);
			this.#finish();
		} else this.#socket.resume();
	}

	#boardEnded(): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		if (tcb.error !== "") {
			this.close();
			return;
		}
		this.#boardDone = true;
		this.#socket.end();
		this.#finish();
	}

	/** Lets go of the board's connection when both have said all; the stack finishes it by itself. */
	#finish(): void {
		const tcb = this.#tcb;
		if (tcb === undefined || !this.#boardDone || !this.#finSent) return;
		this.#tcb = undefined;
		this.#tcp.close(tcb);
		if (this.#socketClosed) this.#ended(this);
	}

	#abort(): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		this.#tcb = undefined;
		this.#tcp.abort(tcb);
		if (this.#socketClosed) this.#ended(this);
	}

	/** The socket is over. Where it ended in good order, what it said may still be on its way to the board. */
	#closed(): void {
		this.#socketClosed = true;
		if (this.#tcb === undefined) this.#ended(this);
		else if (!this.#socketDone) this.#abort();
	}
}
