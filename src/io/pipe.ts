// What one connection receives another one sends: echo (both are the same), proxies (a pipe each way), gateways between interfaces.
// A pipe stands between two TCBs and their TCP instances: it is their owner, and hands the instances what it has no use for itself.

import { PIPE_BYTES } from "../config.ts";
import { ERROR, READABLE, WRITABLE, type SocketOwner } from "../transport/events.ts";
import type { Tcb } from "../transport/tcp/tcb.ts";
import type { Tcp } from "../transport/tcp/tcp.ts";
import { report } from "./common.ts";
import { abortSocket, transportOf, type TCPSocket } from "./tcp.ts";
import type { TCP, TCPError } from "./types.ts";

/** What `pipe` tells; both may be left out. */
export interface PipeOptions {
	/** `from` has ended and all that it sent is written to `to`, whose sending half is shut down. */
	onDone?: (() => void) | undefined;
	/** One of both connections has failed, for this reason: both are closed, the other one by RST, so that its peer does not take what came for all. */
	onError?: ((error: TCPError) => void) | undefined;
}

/** A connection that is part of a pipe, or of two: one that it feeds and one that feeds it. */
class End implements SocketOwner {
	readonly socket: TCPSocket;
	readonly tcp: Tcp;
	readonly tcb: Tcb;
	/** Where what comes goes, and whom that is told. */
	to: End | undefined = undefined;
	options: PipeOptions | undefined = undefined;
	/** Where what is sent comes from. */
	from: End | undefined = undefined;
	/** The peer has ended, and all that it sent was read. */
	over = false;

	constructor(socket: TCPSocket, tcp: Tcp, tcb: Tcb) {
		this.socket = socket;
		this.tcp = tcp;
		this.tcb = tcb;
	}

	/** For SocketEvents. */
	onEvents(events: number, waiting: number): number {
		const { to, from } = this;
		if (events & READABLE && to !== undefined) this.#move(to);
		if (events & WRITABLE && from !== undefined) from.#move(this);
		const rest = events & ((to === undefined ? READABLE : 0) | (from === undefined ? WRITABLE : 0));
		const answer = rest !== 0 && this.tcb.owner === this ? this.socket.onEvents(rest, waiting) : 0;
		if (events >= ERROR && this.tcb.owner === this) this.#ended();
		return answer;
	}

	/** Carries as much as there is and as there is room for. What there is no room for stays with `from`, whose window closes. */
	#move(to: End): void {
		const { tcp, tcb } = this;
		const buffer = tcp.events.scratch!;
		// Asked once: nothing comes or is acknowledged meanwhile, and what is written says what room it leaves.
		let left = tcb.pending;
		let room = left > 0 ? to.tcp.writable(to.tcb) : 0;
		while (left > 0 && room > 0) {
			let bytes = left;
			if (bytes > room) bytes = room;
			if (bytes > PIPE_BYTES) bytes = PIPE_BYTES;
			const got = tcp.read(tcb, buffer, 0, bytes);
			room = to.tcp.writeAll(to.tcb, buffer, 0, got);
			left -= got;
		}
		if (this.over) this.#finish();
		else if (left > 0 && to.tcb.finQueued) this.#fail("closed"); // the program has shut it down: nobody will ever take the rest
	}

	/** The connection has failed, or its peer has ended. */
	#ended(): void {
		const { tcb } = this;
		if (tcb.error !== "") this.#fail(tcb.error as TCPError);
		else if (tcb.pending === 0) {
			this.over = true;
			if (this.to === undefined) this.socket.onEvents(ERROR, 0);
			else this.#finish();
		}
	}

	/** The peer has ended: so does what it was carried to, once that stands. */
	#finish(): void {
		const { to, options } = this;
		if (to === undefined || !(to.tcb.sendable || to.tcb.finQueued)) return;
		to.tcp.shutdown(to.tcb); // the program may have done it
		this.to = this.options = to.from = undefined;
		this.#release();
		if (to !== this) to.#release();
		options?.onDone?.();
	}

	/** No pipe needs this end any more: it is closed when both halves have ended, else it is the program's again. */
	#release(): void {
		const { tcp, tcb, socket } = this;
		if (this.to !== undefined || this.from !== undefined || tcb.owner !== this) return;
		if (this.over && tcb.finQueued) {
			tcb.owner = socket;
			socket.close();
		} else tcp.adopt(tcb, socket);
	}

	/** Ends everything that hangs together. */
	#fail(error: TCPError): void {
		const { to, from, options } = this;
		this.#abort();
		if (options !== undefined) options.onError?.(error);
		if (to !== undefined && to !== this) to.#failWith(error);
		if (from !== undefined && from !== this) from.#failWith(error);
	}

	#failWith(error: TCPError): void {
		if (this.to !== undefined || this.from !== undefined) this.#fail(error);
	}

	#abort(): void {
		this.to = this.from = this.options = undefined;
		if (this.tcb.owner !== this) return;
		this.tcb.owner = this.socket;
		abortSocket(this.socket);
	}

	/** The program has closed the socket, or taken it away: the others have nobody to talk to. */
	onLetGo(): void {
		const { to, from } = this;
		this.to = this.from = this.options = undefined;
		if (to !== undefined && to !== this) to.#letGo();
		if (from !== undefined && from !== this) from.#letGo();
	}

	#letGo(): void {
		if (this.tcb.owner !== this) return;
		this.tcb.owner = this.socket;
		this.socket.close();
		this.onLetGo();
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		try {
			this.#fail("closed");
		} finally {
			report(this.tcp.events, error);
		}
	}
}

/**
 * Sends to `to` what `from` receives, until `from` has ended: then the sending half of `to` is shut down. Only as much is read as can be written, so a
 * slow reader of `to` slows the sender down. A socket whose halves have both ended by pipes is closed. When one connection fails, so does the other;
 * when the program closes one, the other is closed. Both may be the same socket (an echo), `to` may still be connecting, and a pipe the other way
 * makes a proxy. `onReadable` and `onError` of `from` and `onWritable` of `to` are not called any more. Allocates nothing for each segment.
 *
 * Throws SyntaxError for what is no open TCP, Error when `from` or `to` is in such a pipe already.
 *
 * @example
 * ```ts
 * const server = new Listener({
 * 	port: 8000,
 * 	interface: "eth0",
 * 	onReadable() {
 * 		for (let near; (near = server.read()); ) {
 * 			const far = new TCP({ address: "10.0.0.2", port: 80, interface: "ppp0" });
 * 			pipe(near, far);
 * 			pipe(far, near);
 * 		}
 * 	},
 * });
 * ```
 */
export function pipe(from: TCP, to: TCP, options: PipeOptions = {}): void {
	const source = endOf(from);
	const sink = to === from ? source : endOf(to);
	if (source.to !== undefined) throw new Error("from: it has a pipe already; expected one for each direction");
	if (sink.from !== undefined) throw new Error("to: it has a pipe already; expected one for each direction");
	source.tcp.events.scratch ??= new ArrayBuffer(PIPE_BYTES);
	source.to = sink;
	source.options = options;
	sink.from = source;
	// What waits is announced again.
	source.tcp.adopt(source.tcb, source);
	if (sink !== source) sink.tcp.adopt(sink.tcb, sink);
}

function endOf(socket: TCP): End {
	const tcp = transportOf(socket);
	const tcb = (socket as TCPSocket).openTCB!;
	return tcb.owner instanceof End ? tcb.owner : new End(socket as TCPSocket, tcp, tcb);
}
