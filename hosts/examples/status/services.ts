// Echo (RFC 862), discard (RFC 863) and character generator (RFC 864), over TCP and UDP. Nothing is allocated per packet.

import { pipe } from "multihome/pipe";
import type { IO, Listener, TCP, UDP } from "../device.ts";
import type { Turn, Turns } from "../turns.ts";

export const ECHO_PORT = 7;
export const DISCARD_PORT = 9;
export const CHARGEN_PORT = 19;

/** The largest datagram fits. */
const BUFFER_BYTES = 2048;
/**
 * Bytes a second below which a connection gives way when sockets are scarce. More than two full segments in the five seconds over which it is measured, so that who
 * takes a segment now and then, and gets two at a time for it, is slow all the time; and less than a modem of 9,600 bit/s moves.
 */
export const LEAST_RATE = 768;
/** Datagrams that chargen answers between two sweeps: as it answers more than it gets, it could be used to flood a third party. */
const CHARGEN_DATAGRAMS = 50;

/** RFC 864's pattern: lines of 72 of the 95 printing characters, each beginning one character later, ending in CR LF. */
const LINE = 74;
const PRINTING = 95;
const PATTERN = LINE * PRINTING;
/** RFC 864: up to 512 characters in a datagram. */
const DATAGRAM = 512;

/** Made when a firmware is linked: it stays in flash. The second argument of freeze is XS's. */
const CHARACTERS = (Object.freeze as <T>(value: T, deep: boolean) => T)(characters(), true);

function characters(): ArrayBuffer {
	const bytes = new Uint8Array(PATTERN);
	for (let line = 0; line < PRINTING; line++) {
		for (let i = 0; i < LINE - 2; i++) bytes[line * LINE + i] = 32 + ((line + i) % PRINTING);
		bytes[line * LINE + LINE - 2] = 13;
		bytes[line * LINE + LINE - 1] = 10;
	}
	return bytes.buffer;
}

// Functions for all, as three closures for each connection would be 27 slots.
function readable(this: TCP): void {
	(this.target as Session).move();
}

function writable(this: TCP, room: number): void {
	const session = this.target as Session;
	session.room = room;
	session.move();
}

function ended(this: TCP): void {
	(this.target as Session).end();
}

/** One connection of a service. Subclasses say what they do when there are bytes to read and room to write. */
abstract class Session {
	room = 0;
	protected readonly socket: TCP;
	protected readonly services: Services;

	constructor(from: TCP, services: Services) {
		this.services = services;
		services.sessions.push(this);
		this.socket = new (from.constructor as IO["TCP"])({
			from,
			target: this,
			onReadable: readable,
			onWritable: writable,
			onError: ended,
		});
	}

	abstract move(): void;

	close(): void {
		this.socket.close();
	}

	end(): void {
		this.close();
		const { sessions } = this.services;
		sessions.splice(sessions.indexOf(this), 1);
	}
}

class Discard extends Session {
	override move(): void {
		while (this.socket.read(this.services.buffer) !== undefined);
	}
}

class Chargen extends Session {
	#at = 0;

	override move(): void {
		while (this.socket.read(this.services.buffer) !== undefined);
		while (this.room > 0) {
			const left = PATTERN - this.#at;
			const bytes = this.room < left ? this.room : left;
			this.room = this.socket.write(CHARACTERS, this.#at, bytes);
			this.#at = bytes === left ? 0 : this.#at + bytes;
		}
	}
}

/** Connections of a service that wait to be taken: one at a turn, where there are turns. */
class Arrivals implements Turn {
	readonly #turns: Turns | undefined;
	readonly #begin: (from: TCP) => unknown;
	#waits = false;
	/** Undefined before there was one, and once closed. */
	#listener: Listener | undefined = undefined;

	constructor(turns: Turns | undefined, begin: (from: TCP) => unknown) {
		this.#turns = turns;
		this.#begin = begin;
	}

	/** Somebody waits. */
	come(listener: Listener): void {
		this.#listener = listener;
		if (this.#turns === undefined) while (this.#take(listener));
		else this.#next(this.#turns);
	}

	#next(turns: Turns): void {
		if (!this.#waits) turns.add(this);
		this.#waits = true;
	}

	turn(): void {
		this.#waits = false;
		if (this.#listener !== undefined && this.#take(this.#listener)) this.#next(this.#turns!);
	}

	/** The next one is taken all the same. */
	failed(): void {
		this.#next(this.#turns!);
	}

	close(): void {
		this.#listener = undefined;
	}

	#take(listener: Listener): boolean {
		const from = listener.read();
		if (from === undefined) return false;
		this.#begin(from);
		return true;
	}
}

export class Services {
	/** For Session. */
	readonly sessions: Session[] = [];
	readonly buffer: Uint8Array;
	readonly #turns: Turns | undefined;
	readonly #listeners: Listener[] = [];
	readonly #arrivals: Arrivals[] = [];
	readonly #sockets: UDP[] = [];
	#answers = 0;

	/**
	 * `buffer` is what bytes are read into, one for all: reading never crosses a callback. What does not fit of a datagram is lost. With `turns` the stack runs between two connections
	 * that are taken.
	 */
	constructor(io: IO, buffer: Uint8Array = new Uint8Array(BUFFER_BYTES), turns?: Turns) {
		this.buffer = buffer;
		this.#turns = turns;
		this.#listen(io, ECHO_PORT, (from) => pipe(from, from));
		this.#listen(io, DISCARD_PORT, (from) => new Discard(from, this));
		this.#listen(io, CHARGEN_PORT, (from) => new Chargen(from, this));
		this.#bind(io, ECHO_PORT, (socket, sender, bytes) => this.#reply(socket, sender, buffer, bytes));
		this.#bind(io, DISCARD_PORT, () => {});
		this.#bind(io, CHARGEN_PORT, (socket, sender) => {
			if (this.#answers++ >= CHARGEN_DATAGRAMS) return;
			this.#reply(socket, sender, CHARACTERS, Math.floor(Math.random() * (DATAGRAM + 1)));
		});
	}

	/** Call it once a second: chargen answers datagrams again. */
	sweep(): void {
		this.#answers = 0;
	}

	/** Ends the services; an echo that is under way goes on until its client ends it. */
	close(): void {
		for (const arrivals of this.#arrivals) arrivals.close();
		for (const listener of this.#listeners) listener.close();
		for (const socket of this.#sockets) socket.close();
		for (const session of this.sessions) session.close();
		this.sessions.length = 0;
	}

	#listen(io: IO, port: number, begin: (from: TCP) => unknown): void {
		const arrivals = new Arrivals(this.#turns, begin);
		this.#arrivals.push(arrivals);
		this.#listeners.push(
			new io.Listener({
				port,
				leastRate: LEAST_RATE,
				onReadable() {
					arrivals.come(this);
				},
			}),
		);
	}

	#bind(
		io: IO,
		port: number,
		answer: (socket: UDP, sender: Uint8Array & { address?: string; port?: number }, bytes: number) => void,
	): void {
		const buffer = this.buffer as Uint8Array & { address?: string; port?: number };
		this.#sockets.push(
			new io.UDP({
				port,
				broadcast: false, // or one datagram has every board of the network answer whom a stranger names: CVE-1999-0514
				onReadable() {
					for (let bytes = this.read(buffer); bytes !== undefined; bytes = this.read(buffer)) answer(this, buffer, bytes);
				},
			}),
		);
	}

	/** Answers a datagram, unless it comes from a service that would answer the answer, and so for ever. */
	#reply(socket: UDP, sender: { address?: string; port?: number }, data: Uint8Array | ArrayBuffer, bytes: number): void {
		const port = sender.port!;
		if (port === ECHO_PORT || port === 13 || port === 17 || port === CHARGEN_PORT || port === 0) return;
		try {
			socket.write(data, sender.address!, port, bytes);
		} catch {
			// The way back is gone, as when an interface was taken away: to the sender, the answer is lost on its way.
		}
	}
}
