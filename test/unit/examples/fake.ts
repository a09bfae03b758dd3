// A connection without a network: what the HTTP server sees of a socket, played by the test.

import type { Bytes, Listener, ListenerOptions, TCP, TCPError, TCPOptions } from "../../../hosts/examples/device.ts";

/** The module "timer", as far as Turns need it: what is due runs when callbacks of sockets have returned, as between two polls. */
export class FakeTimer {
	#callback = () => {};
	#due = false;
	/** How often it has run. */
	runs = 0;

	set(callback: () => void): void {
		this.#callback = callback;
	}

	schedule(): void {
		this.#due = true;
	}

	/** Answers whether one was due. */
	run(): boolean {
		if (!this.#due) return false;
		this.#due = false;
		this.runs++;
		this.#callback();
		return true;
	}
}

export class FakeTCP implements TCP {
	tcpInfo(): undefined {}

	/** Runs what is due, for all. */
	static timer: FakeTimer | undefined = undefined;

	/** Bytes that have come and were not read. */
	incoming: number[] = [];
	/** Everything written. */
	outgoing: number[] = [];
	room: number;
	closed = false;
	ended = false;
	error: TCPError | undefined = undefined;
	format = "buffer" as const;
	remoteAddress = "192.168.77.1";
	remotePort = 50_000;
	localAddress = "192.168.77.2";
	localPort = 80;
	interface = undefined;
	target: unknown;
	/** Where the bytes are: they move along with `from`. */
	#peer: FakeTCP;
	#options: TCPOptions;

	constructor(options: TCPOptions & { room?: number }) {
		this.#options = options;
		this.target = options.target;
		this.room = options.room ?? 5840;
		this.#peer = (options.from as FakeTCP | undefined) ?? this;
		if (options.from) this.#peer.owner = this;
	}

	owner: FakeTCP | undefined = undefined;

	read(bytes?: number): ArrayBuffer | number | undefined;
	read(buffer: Bytes, offset?: number, length?: number): number | undefined;
	read(option?: number | Bytes, offset = 0, length?: number): number | undefined {
		this.#check();
		const incoming = this.#peer.incoming;
		if (incoming.length === 0) return undefined;
		const bytes = option as Uint8Array;
		const count = Math.min(length ?? bytes.length - offset, incoming.length);
		bytes.set(incoming.splice(0, count), offset);
		return count;
	}

	write(data: Bytes | number, from: number | object = 0, length?: number): number {
		this.#check();
		const offset = typeof from === "number" ? from : 0;
		const peer = this.#peer;
		const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array);
		const part = bytes.subarray(offset, offset + (length ?? bytes.length - offset));
		if (peer.ended) throw new Error("write: not connected");
		if (part.length > peer.room) throw new RangeError(`write of ${part.length} bytes: expected at most ${peer.room}`);
		for (const byte of part) peer.outgoing.push(byte);
		peer.room -= part.length;
		return peer.room;
	}

	shutdown(): void {
		this.#check();
		this.#peer.ended = true;
	}

	close(): void {
		this.#peer.closed = true;
	}

	#check(): void {
		if (this.#peer.closed) throw new SyntaxError("socket: it is closed");
	}

	// What the network does.

	/** Bytes come. */
	deliver(bytes: ArrayLike<number>): void {
		for (let i = 0; i < bytes.length; i++) this.incoming.push(bytes[i]!);
		this.turn();
	}

	/** Calls back as a stack would at the end of a turn. */
	turn(): void {
		const owner = this.owner!;
		const { onReadable, onWritable } = owner.#options;
		if (!this.closed && this.incoming.length > 0) onReadable?.call(owner, this.incoming.length);
		if (!this.closed && !this.ended && this.room > 0) onWritable?.call(owner, this.room);
		while (FakeTCP.timer?.run());
	}

	/** The peer acknowledges everything: there is room again. */
	drain(room: number): void {
		this.room = room;
		this.turn();
	}

	/** The peer's FIN, or a reset. */
	fail(error: TCPError): void {
		const owner = this.owner!;
		owner.error = error;
		if (!this.closed) owner.#options.onError?.call(owner);
		while (FakeTCP.timer?.run());
	}

	/** What was written so far, as text, and forgotten. */
	take(): string {
		const outgoing = this.outgoing;
		this.outgoing = [];
		let text = "";
		for (const byte of outgoing) text += String.fromCharCode(byte);
		return text;
	}
}

export class FakeListener implements Listener {
	static last: FakeListener;
	readonly port: number;
	readonly address = "0.0.0.0";
	readonly interface = undefined;
	format = "socket/tcp" as const;
	closed = false;
	#waiting: FakeTCP[] = [];
	#options: ListenerOptions;

	constructor(options: ListenerOptions) {
		this.#options = options;
		this.port = Number(options.port);
		FakeListener.last = this;
	}

	read(): TCP | undefined {
		return this.#waiting.shift();
	}

	close(): void {
		this.closed = true;
	}

	/** A client connects; `hears`: and the socket's callbacks are called. */
	connect(room = 5840, hears = true): FakeTCP {
		const socket = new FakeTCP({ room } as TCPOptions);
		this.#waiting.push(socket);
		this.#options.onReadable?.call(this, this.#waiting.length);
		while (FakeTCP.timer?.run());
		if (hears && !socket.closed) socket.turn();
		return socket;
	}
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}
