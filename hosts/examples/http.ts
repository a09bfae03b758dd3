// A small HTTP/1.1 server (RFC 9110, RFC 9112) over the sockets of multihome, for programs on microcontrollers: few connections, a few
// hundred bytes each, bodies streamed in both directions without an allocation per packet.
//
//	const turns = new Turns(Timer, (error) => device.stack.events.onError?.(error));
//	const server = new HttpServer({ io: device.io.Listener, turns, port: 80, onRequest: exchange => exchange.text(200, "text/plain", "hello") });
//	Timer.repeat(() => server.sweep(), 1000);

import { Exchange } from "./http/exchange.ts";
import { Writer } from "./http/text.ts";
import type { Listener, ListenerOptions, TCP, TCPOptions } from "./device.ts";
import type { Turn, Turns } from "./turns.ts";

export { Exchange } from "./http/exchange.ts";
export { Whole } from "./http/bodies.ts";
export { isOwnHost } from "./http/hosts.ts";
export type { BodySink, BodySource, PieceSource } from "./http/bodies.ts";

export interface HttpServerOptions {
	/** The class of the listener: `device.io.Listener`. */
	io: new (options: ListenerOptions) => Listener;
	/**
	 * What takes long (taking a connection, reading the head of a request, handing it over, making a piece of an answer) is done in turns, and the stack runs in between. Without it all
	 * is done at once, and on a small board the data path waits for it.
	 */
	turns?: Turns;
	/** 80 unless told. */
	port?: number;
	/** Bind to one address, or to one interface by name. All, unless told. */
	address?: string;
	interface?: string;
	/** Answers a request whose head has come. An exception is answered 500 and rethrown by the next `sweep`. */
	onRequest(exchange: Exchange): void;
	/** Most connections at a time, 4 unless told. More make room by closing the one that has been idle longest, or the slowest, or get a 503. */
	connections?: number;
	/** Whether a host may be asked for, by name or address; others are answered 421. All, unless told; `isOwnHost` keeps strangers' names out. */
	isHost?(host: string): boolean;
	/**
	 * Bytes a second that a connection must move while others wait for its place, 768 unless told: more than two full segments in the 5 s over which
	 * the stack measures it, less than a modem of 9,600 bit/s moves. The slowest gives way.
	 */
	leastRate?: number;
	/** How many sockets are free for newcomers. When it answers 0, the longest idle connection is closed and answers close theirs. */
	free?(): number;
}

/** Bytes that connections read at once, in one buffer for all: reading never crosses a callback. */
const READ_BYTES = 2048;

const LEAST_RATE = 768;

export class HttpServer implements Turn {
	/** For Exchange. */
	readonly turns: Turns | undefined;
	readonly #listener: Listener;
	readonly #exchanges: Exchange[] = [];
	/** What connections read into; also for what else the program reads. */
	readonly buffer = new Uint8Array(READ_BYTES);
	readonly #onRequest: (exchange: Exchange) => void;
	readonly #limit: number;
	readonly #leastRate: number;
	readonly #free: () => number;
	readonly #isHost: ((host: string) => boolean) | undefined;
	/** For Exchange: heads are written with it. */
	readonly writer = new Writer();
	#failure: unknown = undefined;
	#failed = false;
	#closed = false;
	/** It waits for a turn to take a connection. */
	#accepts = false;
	/** One that was taken, to begin with. */
	#from: TCP | undefined = undefined;

	/** Connections taken, refused, and closed for their silence and for being slow, since the start. */
	readonly counters = { connections: 0, refused: 0, timeouts: 0, slow: 0 };

	constructor(options: HttpServerOptions) {
		this.turns = options.turns;
		this.#onRequest = options.onRequest;
		this.#limit = options.connections ?? 4;
		this.#isHost = options.isHost;
		this.#leastRate = options.leastRate ?? LEAST_RATE;
		this.#free = options.free ?? (() => 1);
		const listen: ListenerOptions = {
			port: options.port ?? 80,
			backlog: this.#limit,
			leastRate: this.#leastRate,
			onReadable: () => {
				if (this.turns === undefined) for (let from; (from = this.#listener.read()) !== undefined;) this.#begin(from);
				else if (!this.#accepts) this.#acceptNext(this.turns);
			},
		};
		if (options.address !== undefined) listen.address = options.address;
		if (options.interface !== undefined) listen.interface = options.interface;
		this.#listener = new options.io(listen);
	}

	get port(): number {
		return this.#listener.port;
	}

	/** Connections that are open now. */
	get connections(): number {
		return this.#exchanges.length;
	}

	/** Whether the next answer should close its connection, as newcomers would find no socket. */
	get crowded(): boolean {
		return this.#free() <= 0 || this.#exchanges.length >= this.#limit;
	}

	/** Call it once a second: closes what has been silent for too long. */
	sweep(): void {
		for (let i = this.#exchanges.length - 1; i >= 0; i--) {
			const exchange = this.#exchanges[i]!;
			exchange.silence++;
			exchange.pace(this.#leastRate);
			if (exchange.stale) {
				this.counters.timeouts++;
				exchange.expire();
			}
		}
		// The next newcomer shall find a place. What is slow gives way when he comes: while nobody does, it may be the only user's.
		if (this.crowded) this.#idlest()?.close();
		if (this.#failed) {
			const failure = this.#failure;
			this.#failure = undefined;
			this.#failed = false;
			throw failure;
		}
	}

	close(): void {
		this.#closed = true;
		this.#from?.close();
		this.#listener.close();
		while (this.#exchanges.length > 0) this.#exchanges[0]!.close();
	}

	#acceptNext(turns: Turns): void {
		this.#accepts = true;
		turns.add(this);
	}

	/** For Turns: takes a connection, or begins with one. */
	turn(): void {
		this.#accepts = false;
		if (this.#closed) return;
		const from = this.#from;
		this.#from = undefined;
		if (from === undefined) this.#from = this.#listener.read();
		else this.#begin(from);
		if (from !== undefined || this.#from !== undefined) this.#acceptNext(this.turns!);
	}

	/** The next one may be taken all the same. */
	failed(): void {
		this.#acceptNext(this.turns!);
	}

	#begin(from: TCP): void {
		this.counters.connections++;
		if (this.#exchanges.length >= this.#limit) this.#makeRoom();
		const room = this.#exchanges.length < this.#limit;
		const exchange = new Exchange(this, this.buffer, from.constructor as new (options: TCPOptions) => TCP, from);
		this.#exchanges.push(exchange);
		if (!room) {
			this.counters.refused++;
			exchange.refuse();
		} else if (this.#free() <= 0) this.#makeRoom(exchange);
	}

	/** Closes the connection that has been idle longest, unless it is `but`; where none is idle, the one that is most behind. */
	#makeRoom(but?: Exchange): void {
		const idlest = this.#idlest(but);
		if (idlest !== undefined) return idlest.close();
		let slowest: Exchange | undefined;
		for (let i = 0; i < this.#exchanges.length; i++) {
			const exchange = this.#exchanges[i]!;
			if (exchange !== but && exchange.slowness(this.#leastRate) > (slowest?.slowness(this.#leastRate) ?? 0)) slowest = exchange;
		}
		if (slowest === undefined) return;
		this.counters.slow++;
		slowest.close();
	}

	/** The connection that has been idle longest, but `but`. */
	#idlest(but?: Exchange): Exchange | undefined {
		let oldest: Exchange | undefined;
		for (let i = 0; i < this.#exchanges.length; i++) {
			const exchange = this.#exchanges[i]!;
			if (exchange !== but && exchange.idle && exchange.silence > (oldest?.silence ?? -1)) oldest = exchange;
		}
		return oldest;
	}

	/** For Exchange: whether that host may be asked for; undefined when `isHost` threw. */
	isOwn(host: string): boolean | undefined {
		try {
			return this.#isHost === undefined || this.#isHost(host);
		} catch (error) {
			this.#failure = error;
			this.#failed = true;
			return undefined;
		}
	}

	/** For Exchange: its request's head has come, for a host that is `own`. */
	handle(exchange: Exchange, own: boolean | undefined): void {
		try {
			if (own === false) exchange.status(421);
			else if (own) this.#onRequest(exchange);
		} catch (error) {
			this.#failure = error;
			this.#failed = true;
			exchange.broken();
		}
		if (!exchange.answered) exchange.broken();
	}

	/** For Exchange: it is closed. */
	forget(exchange: Exchange): void {
		const at = this.#exchanges.indexOf(exchange);
		const last = this.#exchanges.pop();
		if (last !== undefined && last !== exchange && at >= 0) this.#exchanges[at] = last;
	}
}
