// One question by TCP: RFC 1035 §4.2.2, RFC 7766. Of a long answer only the beginning is read, then the connection ends.

import { DNS_TCP_BYTES } from "../../config.ts";
import type { Stack } from "../../stack.ts";
import { ERROR, type SocketOwner } from "../../transport/events.ts";
import type { Tcb } from "../../transport/tcp/tcb.ts";
import { HEADER, PORT } from "../../wire/dns.ts";
import type { ResolveErrorCode } from "./errors.ts";

export interface TcpAsker {
	/** An answer, or the first DNS_TCP_BYTES of a longer one. */
	message(view: DataView, length: number, whole: boolean): void;
	failed(code: ResolveErrorCode, reason: string): void;
}

export class TcpAsk implements SocketOwner {
	readonly #stack: Stack;
	readonly #asker: TcpAsker;
	/** Length and query; then length and answer. */
	#bytes: Uint8Array;
	#sent = 0;
	#got = 0;
	/** The first octet of the answer's length. */
	#high = 0;
	/** Of the answer as the server says; -1 before that. */
	#length = -1;
	#tcb: Tcb | undefined;

	/** Connects by the interface with that slot, 0: any. Throws Error when there is no socket or no way. */
	constructor(stack: Stack, asker: TcpAsker, address: string, slot: number, query: Uint8Array, length: number) {
		this.#stack = stack;
		this.#asker = asker;
		this.#bytes = new Uint8Array(2 + length);
		this.#bytes[0] = length >> 8;
		this.#bytes[1] = length;
		this.#bytes.set(query.subarray(0, length), 2);
		this.#tcb = stack.tcp.connect(address, PORT, { interfaceSlot: slot });
		this.#tcb.owner = this;
	}

	close(): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		this.#tcb = undefined;
		this.#stack.tcp.close(tcb);
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		if (this.#sent < this.#bytes.length && this.#length < 0)
			this.#sent += this.#stack.tcp.write(tcb, this.#bytes, this.#sent, this.#bytes.length - this.#sent);
		if (this.#read(tcb)) return;
		if (events & ERROR) this.#ended(tcb.error);
	}

	/** Answers whether it is done. */
	#read(tcb: Tcb): boolean {
		const { tcp } = this.#stack;
		while (tcb.pending > 0) {
			if (this.#length < 0) {
				const byte = tcp.readByte(tcb);
				if (this.#got++ === 0) this.#high = byte;
				else if (!this.#begin((this.#high << 8) | byte)) return true;
				continue;
			}
			this.#got += tcp.read(tcb, this.#bytes, this.#got, this.#bytes.length - this.#got);
			if (this.#got < this.#bytes.length) continue;
			this.close();
			this.#asker.message(new DataView(this.#bytes.buffer), this.#got, this.#got === this.#length);
			return true;
		}
		return false;
	}

	/** The server says how long its answer is. */
	#begin(length: number): boolean {
		if (length < HEADER) {
			this.close();
			this.#asker.failed("EBADRESP", `answers ${length} bytes by TCP`);
			return false;
		}
		this.#length = length;
		this.#got = 0;
		this.#bytes = new Uint8Array(Math.min(length, DNS_TCP_BYTES));
		return true;
	}

	#ended(error: string): void {
		const got = this.#got;
		this.close();
		if (error === "refused") this.#asker.failed("ECONNREFUSED", "does not answer by TCP, and its answer is too long for UDP");
		else if (error === "timeout") this.#asker.failed("ETIMEOUT", "does not answer by TCP");
		else if (error === "unreachable") this.#asker.failed("ENETUNREACH", "cannot be reached by TCP");
		else this.#asker.failed("EBADRESP", `ends the connection after ${got} bytes of its answer`);
	}
}
