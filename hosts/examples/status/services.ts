// Echo (RFC 862), discard (RFC 863) and character generator (RFC 864), over TCP and UDP. Nothing is allocated per packet.

import type { IO, Listener, TCP, UDP } from "../device.ts";

export const ECHO_PORT = 7;
export const DISCARD_PORT = 9;
export const CHARGEN_PORT = 19;

/** Bytes read at once, in one buffer for all: reading never crosses a callback. The largest datagram fits. */
const BUFFER_BYTES = 2048;
/** Sweeps (seconds) of silence after which a connection is closed, and when sockets are scarce. */
const SILENT_SWEEPS = 600;
const SCARCE_SWEEPS = 10;
/** Datagrams that chargen answers between two sweeps: as it answers more than it gets, it could be used to flood a third party. */
const CHARGEN_DATAGRAMS = 50;

/** RFC 864's pattern: lines of 72 of the 95 printing characters, each beginning one character later, ending in CR LF. */
const LINE = 74;
const PRINTING = 95;
const PATTERN = LINE * PRINTING;
/** RFC 864: up to 512 characters in a datagram. */
const DATAGRAM = 512;

function chargenPattern(): Uint8Array {
	const bytes = new Uint8Array(PATTERN);
	for (let line = 0; line < PRINTING; line++) {
		for (let i = 0; i < LINE - 2; i++) bytes[line * LINE + i] = 32 + ((line + i) % PRINTING);
		bytes[line * LINE + LINE - 2] = 13;
		bytes[line * LINE + LINE - 1] = 10;
	}
	return bytes;
}

/** One connection of a service. Subclasses say what they do when there are bytes to read and room to write. */
abstract class Session {
	protected room = 0;
	protected readonly socket: TCP;
	protected readonly buffer: Uint8Array;
	/** Sweeps since something happened. */
	silence = 0;

	constructor(from: TCP, buffer: Uint8Array, ended: (session: Session) => void) {
		this.buffer = buffer;
		this.socket = new (from.constructor as IO["TCP"])({
			from,
			onReadable: () => {
				this.silence = 0;
				this.move();
			},
			onWritable: (room) => {
				this.silence = 0;
				this.room = room;
				this.move();
			},
			onError: () => {
				this.socket.close();
				ended(this);
			},
		});
	}

	abstract move(): void;

	close(): void {
		this.socket.close();
	}
}

class Echo extends Session {
	override move(): void {
		const buffer = this.buffer;
		while (this.room > 0) {
			const most = this.room < BUFFER_BYTES ? this.room : BUFFER_BYTES;
			const bytes = this.socket.read(buffer, 0, most);
			if (bytes === undefined) return;
			this.room = this.socket.write(buffer, 0, bytes);
		}
	}
}

class Discard extends Session {
	override move(): void {
		while (this.socket.read(this.buffer) !== undefined);
	}
}

class Chargen extends Session {
	#at = 0;
	readonly #pattern: Uint8Array;

	constructor(from: TCP, buffer: Uint8Array, ended: (session: Session) => void, pattern: Uint8Array) {
		super(from, buffer, ended);
		this.#pattern = pattern;
	}

	override move(): void {
		while (this.socket.read(this.buffer) !== undefined);
		while (this.room > 0) {
			const left = PATTERN - this.#at;
			const bytes = this.room < left ? this.room : left;
			this.room = this.socket.write(this.#pattern, this.#at, bytes);
			this.#at = bytes === left ? 0 : this.#at + bytes;
		}
	}
}

export class Services {
	readonly #sessions: Session[] = [];
	readonly #listeners: Listener[] = [];
	readonly #sockets: UDP[] = [];
	readonly #buffer = new Uint8Array(BUFFER_BYTES);
	readonly #free: () => number;
	/** Made for the first who asks: 7 KB. */
	#pattern: Uint8Array | undefined = undefined;
	#answers = 0;

	/** `free` tells how many TCP sockets are left. */
	constructor(io: IO, free: () => number) {
		this.#free = free;
		this.#listen(io, ECHO_PORT, (from, ended) => new Echo(from, this.#buffer, ended));
		this.#listen(io, DISCARD_PORT, (from, ended) => new Discard(from, this.#buffer, ended));
		this.#listen(io, CHARGEN_PORT, (from, ended) => new Chargen(from, this.#buffer, ended, this.#characters()));
		this.#bind(io, ECHO_PORT, (socket, sender, bytes) => this.#reply(socket, sender, this.#buffer, bytes));
		this.#bind(io, DISCARD_PORT, () => {});
		this.#bind(io, CHARGEN_PORT, (socket, sender) => {
			if (this.#answers++ >= CHARGEN_DATAGRAMS) return;
			this.#reply(socket, sender, this.#characters(), Math.floor(Math.random() * (DATAGRAM + 1)));
		});
	}

	/** Call it once a second: closes connections that have been silent for long. */
	sweep(): void {
		this.#answers = 0;
		const patience = this.#free() > 0 ? SILENT_SWEEPS : SCARCE_SWEEPS;
		for (let i = this.#sessions.length - 1; i >= 0; i--) {
			const session = this.#sessions[i]!;
			if (++session.silence <= patience) continue;
			session.close();
			this.#forget(session);
		}
	}

	close(): void {
		for (const listener of this.#listeners) listener.close();
		for (const socket of this.#sockets) socket.close();
		for (const session of this.#sessions) session.close();
		this.#sessions.length = 0;
	}

	#characters(): Uint8Array {
		return (this.#pattern ??= chargenPattern());
	}

	#forget(session: Session): void {
		const at = this.#sessions.indexOf(session);
		if (at >= 0) this.#sessions.splice(at, 1);
	}

	#listen(io: IO, port: number, begin: (from: TCP, ended: (session: Session) => void) => Session): void {
		const sessions = this.#sessions;
		const ended = (session: Session) => this.#forget(session);
		this.#listeners.push(
			new io.Listener({
				port,
				onReadable() {
					for (let from = this.read(); from !== undefined; from = this.read()) sessions.push(begin(from, ended));
				},
			}),
		);
	}

	#bind(
		io: IO,
		port: number,
		answer: (socket: UDP, sender: Uint8Array & { address?: string; port?: number }, bytes: number) => void,
	): void {
		const buffer = this.#buffer as Uint8Array & { address?: string; port?: number };
		this.#sockets.push(
			new io.UDP({
				port,
				onReadable() {
					for (let bytes = this.read(buffer); bytes !== undefined; bytes = this.read(buffer)) answer(this, buffer, bytes);
				},
			}),
		);
	}

	/** Answers a datagram, unless it comes from a service that would answer the answer, and so for ever. */
	#reply(socket: UDP, sender: { address?: string; port?: number }, data: Uint8Array, bytes: number): void {
		const port = sender.port!;
		if (port === ECHO_PORT || port === 13 || port === 17 || port === CHARGEN_PORT || port === 0) return;
		try {
			socket.write(data, sender.address!, port, bytes);
		} catch {
			// The way back is gone, as when an interface was taken away: to the sender, the answer is lost on its way.
		}
	}
}
