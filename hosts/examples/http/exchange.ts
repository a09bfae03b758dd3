// One connection of an HttpServer, and the request and answer it is at. It reads a request, answers it, and only then reads the next
// one: requests that wait (pipelining) stay in the socket's receive buffer, where TCP's window holds the client back.
// What is written by itself, heads and pieces, is made in the buffer of the request's line, which is free by then.

import type { TCP, TCPOptions } from "../device.ts";
import type { HttpServer } from "../http.ts";
import { Whole, type BodySink, type BodySource, type PieceSource } from "./bodies.ts";
import { REASONS, TEXT } from "./phrases.ts";
import { LINE_BYTES, Request } from "./request.ts";
import { bytesOf } from "./text.ts";
import type { Turn } from "../turns.ts";

const HEAD = 0;
const BODY = 1;
const ANSWER = 2;
/** Everything is said; what still comes is thrown away until the client closes, as closing on unread data would reset the answer (RFC 9112 §9.6). */
const LINGER = 3;
const CLOSED = 4;

/** Sweeps that each state may stay without progress. */
const IDLE_SWEEPS = 15;
/** For so many a new connection may be silent before it counts as idle: its request is on its way. */
const NEW_SWEEPS = 2;
const HEAD_SWEEPS = 10;
const STALL_SWEEPS = 30;
const LINGER_SWEEPS = 3;
/** So many seconds' worth of what it owes a connection may be behind before it gives way; and what is remembered at most. */
const SLOW_SECONDS = 3;
const DEBT_SECONDS = 10;
/** Longest head without type and fields, bytes. */
const HEAD_BYTES = 220;
/** Bytes thrown away before a lingering connection is closed the hard way. */
const LINGER_BYTES = 65_536;

/** A chunk before and after its content (RFC 9112 §7.1): three digits, as zeros may lead, and CR LF. */
const CHUNK_HEAD = 5;
const CHUNK_TAIL = 2;
/** What is left for content, bytes: a piece at a time. */
export const PIECE_BYTES = LINE_BYTES - CHUNK_HEAD - CHUNK_TAIL;
/** Of a head, bytes that are read in one turn, a line at the most. */
const PART_BYTES = 32;
const CR = 13;
const LF = 10;
const ZERO = 48;

// Functions for all, as three closures for each connection would be 27 slots.
let readable: (this: TCP) => void;
let writable: (this: TCP, room: number) => void;
let ended: (this: TCP) => void;

export class Exchange implements Turn {
	#state = HEAD;
	/** Bytes that the socket takes now. */
	#room = 0;
	#position = 0;
	#length = 0;
	#source: BodySource | undefined = undefined;
	#pieces: PieceSource | undefined = undefined;
	#chunked = false;
	#sink: BodySink | undefined = undefined;
	readonly #socket: TCP;
	readonly #request = new Request();
	readonly #buffer: Uint8Array;
	readonly #server: HttpServer;
	/** A head, or a piece, on its way out. */
	#out: Uint8Array | undefined = undefined;
	#outAt = 0;
	#outEnd = 0;
	/** What has come and is still to be read, from `#pendingAt` to `#pendingEnd`: a head, or the next requests, which came in one piece with the present one. */
	#pending: Uint8Array | undefined = undefined;
	#pendingAt = 0;
	#pendingEnd = 0;
	/** What is read of a head, where there are turns: the rest stays in the socket, and TCP's window holds the client back. */
	readonly #part: Uint8Array | undefined;
	/** Bytes of small pieces that are in the chunk being made. */
	#joined = 0;
	/** It waits for a turn; and it has one, for one thing that takes long. */
	#waits = false;
	#turn = false;
	#lingered = 0;
	#stays = true;
	/** It has had an answer. */
	#served = false;
	/** Whether the request is for a host that the server knows; undefined when it could not be found out. */
	#own: boolean | undefined = undefined;
	/** The client closed its half; it may still read. */
	#halfClosed = false;
	/** In #pump: progress from within a handler is taken up by the loop that called it. */
	#pumping = false;

	/** Bytes read and written since the last sweep, and how many have been missing to what a connection owes. */
	#moved = 0;
	#debt = 0;
	/** Sweeps since the last progress; the server counts it up. */
	silence = 0;
	/** Whether the handler has said what is to happen with the request. */
	answered = false;

	constructor(server: HttpServer, buffer: Uint8Array, io: new (options: TCPOptions) => TCP, from: TCP) {
		this.#server = server;
		this.#buffer = buffer;
		this.#part = server.turns === undefined ? undefined : new Uint8Array(PART_BYTES);
		this.#socket = new io({ from, target: this, onReadable: readable, onWritable: writable, onError: ended });
	}

	static {
		readable = function (this: TCP) {
			(this.target as Exchange).#pump();
		};
		writable = function (this: TCP, room: number) {
			const exchange = this.target as Exchange;
			exchange.#room = room;
			exchange.#pump();
		};
		ended = function (this: TCP) {
			(this.target as Exchange).#ended();
		};
	}

	get method(): string {
		return this.#request.method;
	}

	/** "/bytes/5": as sent, without query. */
	get path(): string {
		return this.#request.path;
	}

	/** The name or address that was asked for, in lower case, without port; "" when the client did not say. */
	get host(): string {
		return this.#request.host;
	}

	/** What follows the question mark, or "". */
	get query(): string {
		return this.#request.query;
	}

	/** Bytes of body, or -1 when they come in chunks. */
	get contentLength(): number {
		return this.#request.contentLength;
	}

	get remoteAddress(): string | undefined {
		return this.#socket.remoteAddress;
	}

	/** Whether closing it costs nobody an answer: no request is under way. The first one of a new connection may be, for a while. */
	get idle(): boolean {
		if (this.#state === LINGER) return true;
		return this.#state === HEAD && !this.#waits && this.#request.untouched && (this.#served || this.silence >= NEW_SWEEPS);
	}

	/** A second has passed, in which `rate` bytes were owed. */
	pace(rate: number): void {
		const debt = this.#debt + rate - this.#moved;
		this.#moved = 0;
		this.#debt = debt < 0 ? 0 : debt > DEBT_SECONDS * rate ? DEBT_SECONDS * rate : debt;
	}

	/** Bytes that it is behind, when those are SLOW_SECONDS at least of what it owes, else 0. What was ahead does not count: then it would buy a long silence. */
	slowness(rate: number): number {
		return this.#debt >= SLOW_SECONDS * rate ? this.#debt : 0;
	}

	/** Whether it has been silent for too long. */
	get stale(): boolean {
		if (this.#state === LINGER) return this.silence > LINGER_SWEEPS;
		if (this.#state !== HEAD) return this.silence > STALL_SWEEPS;
		return this.silence > (this.#request.untouched ? IDLE_SWEEPS : HEAD_SWEEPS);
	}

	/** Answers with a small body that is made at once. `fields` are further header lines, each ending in CR LF. */
	text(status: number, type: string, body: string, fields = ""): void {
		const bytes = bytesOf(body);
		this.stream(status, type, bytes.byteLength, new Whole(bytes), fields);
	}

	/** Answers with `length` bytes that `source` writes piece by piece. */
	stream(status: number, type: string, length: number, source: BodySource, fields = ""): void {
		this.#answer(status, type, length, fields);
		this.#length = this.#request.method === "HEAD" ? 0 : length;
		this.#source = source;
		this.#pump();
	}

	/** Answers with a body that is made piece by piece as there is room: in chunks, or until the connection closes for a client of HTTP/1.0. */
	pieces(status: number, type: string, source: PieceSource, fields = ""): void {
		this.#answer(status, type, -1, fields);
		this.#length = 0;
		this.#pieces = source;
		this.#joined = 0;
		if (this.#request.method === "HEAD") this.#endPieces();
		this.#pump();
	}

	/** Writes the head, to be sent. `length` of the body; negative: nobody knows. */
	#answer(status: number, type: string, length: number, fields: string): void {
		if (this.#state !== HEAD && this.#state !== BODY) throw new Error("answer: expected one for each request");
		const request = this.#request;
		// Answered before the body has come: it is not waited for, so what follows on this connection cannot be told from it.
		const unread = !request.done && (request.failed || !request.headDone || request.contentLength !== 0);
		this.#chunked = length < 0 && request.minor > 0;
		this.#stays = request.keepAlive && !unread && !this.#server.crowded && (length >= 0 || this.#chunked);
		// As long as it can be: what comes of the program is the only part without a bound.
		const most = HEAD_BYTES + type.length + fields.length;
		const out = (this.#out = most <= LINE_BYTES ? request.line : new Uint8Array(most));
		const head = this.#server.writer.begin(out);
		head
			.text(TEXT.version)
			.number(status)
			.text(TEXT.space)
			.text(REASONS[status] ?? TEXT.unnamed);
		head.text(TEXT.type).text(type);
		if (length >= 0) head.text(TEXT.length).number(length);
		else if (this.#chunked) head.text(TEXT.chunked);
		head.text(TEXT.always).text(fields);
		if (!this.#stays) head.text(TEXT.close);
		else if (request.minor === 0) head.text(TEXT.keepAlive);
		this.#outEnd = head.text(TEXT.end).at;
		this.#outAt = this.#position = 0;
		this.#sink = undefined;
		this.#state = ANSWER;
		this.answered = true;
		this.silence = 0;
	}

	/** Answers with a status and its name. */
	status(status: number, fields = ""): void {
		this.text(status, "text/plain", `${status} ${REASONS[status] ?? ""}\n`, fields);
	}

	/** Takes the request's body, and leaves the answer to `sink.end`. */
	receive(sink: BodySink): void {
		if (this.#state !== HEAD) throw new Error("receive: expected before the answer");
		this.answered = true;
		this.#sink = sink;
		this.#state = BODY;
		this.#request.beginBody();
		if (this.#request.done) sink.end(this);
		else if (this.#request.expectsContinue) {
			this.#out = new Uint8Array(bytesOf("HTTP/1.1 100 Continue\r\n\r\n"));
			this.#outAt = 0;
			this.#outEnd = this.#out.length;
		}
	}

	/** For HttpServer: no room for this connection. */
	refuse(): void {
		this.#request.fail(503);
		this.#pump();
	}

	/** For Turns. */
	turn(): void {
		this.#waits = false;
		if (this.#state === CLOSED) return;
		this.#turn = true;
		this.#pump();
		this.#turn = false;
	}

	failed(): void {
		this.#pumping = this.#turn = false;
		this.close();
	}

	/** Whether what takes long may be done now. If not, it gets a turn, and is done then. */
	#granted(): boolean {
		const { turns } = this.#server;
		if (turns === undefined) return true;
		if (this.#turn) {
			this.#turn = false;
			return true;
		}
		if (!this.#waits) turns.add(this);
		this.#waits = true;
		return false;
	}

	/** For HttpServer: the handler threw, or forgot to answer. */
	broken(): void {
		if (this.#state === CLOSED) return;
		if (this.#state === ANSWER || this.#state === LINGER) return this.close();
		this.#request.keepAlive = false;
		this.status(500);
	}

	/** For HttpServer: `stale`. */
	expire(): void {
		if (this.#state !== HEAD || this.#request.untouched) return this.close();
		this.#request.fail(408);
		this.status(408);
	}

	close(): void {
		if (this.#state === CLOSED) return;
		this.#state = CLOSED;
		this.#source = this.#sink = this.#out = this.#pending = undefined;
		this.#endPieces();
		this.#socket.close();
		this.#server.forget(this);
	}

	#ended(): void {
		// The client may close its half and wait for the answer. Other implementations than ours do not tell why: then it is over.
		this.#halfClosed = this.#socket.error === "closed";
		if (this.#halfClosed && (this.#state === ANSWER || this.#waits)) this.#pump();
		else this.close();
	}

	/** Writes and reads until there is nothing left to do without the network. */
	#pump(): void {
		if (this.#pumping) return;
		this.#pumping = true;
		while (this.#state !== CLOSED && this.#write() && this.#read());
		this.#pumping = false;
	}

	/** Answers whether all that is to be written was. */
	#write(): boolean {
		do {
			const out = this.#out;
			if (out !== undefined) {
				const left = this.#outEnd - this.#outAt;
				const size = left < this.#room ? left : this.#room;
				if (size <= 0) return false;
				this.#room = this.#socket.write(out, this.#outAt, size);
				this.#outAt += size;
				this.#moved += size;
				if (this.#state === ANSWER) this.silence = 0;
				if (size < left) return false;
				this.#out = undefined;
			}
			if (this.#state !== ANSWER) return true;
			// No piece before there is room: what it tells should be new when it is sent.
			if (this.#pieces !== undefined && (this.#room <= 0 || !this.#granted())) return false;
		} while (this.#pieces !== undefined && this.#piece());
		const left = this.#length - this.#position;
		if (left > 0) {
			const size = left < this.#room ? left : this.#room;
			if (size <= 0) return false;
			this.#source!.write(this.#socket, this.#position, size);
			this.#room -= size;
			this.#moved += size;
			this.#position += size;
			this.silence = 0;
			if (size < left) return false;
		}
		return this.#finish();
	}

	/** Makes the next piece, or what comes after the last. Answers false when there is nothing to write for it. */
	#piece(): boolean {
		const line = this.#request.line;
		const pieces = this.#pieces!;
		const at = CHUNK_HEAD + this.#joined;
		const end = pieces.put(line, at, CHUNK_HEAD + PIECE_BYTES);
		const size = end - CHUNK_HEAD;
		if (pieces.joins === true && end > at) {
			this.#joined = size;
			return true;
		}
		this.#joined = 0;
		if (size === 0) this.#endPieces();
		if (size === 0 && !this.#chunked) return false;
		this.#out = line;
		this.#outAt = CHUNK_HEAD;
		this.#outEnd = end;
		if (!this.#chunked) return true;
		this.#outAt = 0;
		line[0] = ZERO + (size >> 8);
		line[1] = digit(size >> 4);
		line[2] = digit(size);
		line[3] = line[end] = CR;
		line[4] = line[end + 1] = LF;
		this.#outEnd = end + CHUNK_TAIL;
		return true;
	}

	#endPieces(): void {
		const pieces = this.#pieces;
		this.#pieces = undefined;
		pieces?.close?.();
	}

	/** The answer is written. Answers whether to go on reading. */
	#finish(): boolean {
		this.#source = undefined;
		this.#served = true;
		this.silence = 0;
		if (this.#stays) {
			this.#request.reset();
			this.#state = HEAD;
			return true;
		}
		if (this.#halfClosed) {
			this.close();
			return false;
		}
		this.#pending = undefined;
		this.#lingered = 0;
		this.#state = LINGER;
		this.#socket.shutdown();
		return true;
	}

	/** Takes what has come. Answers false when there was nothing, or when it waits for a turn. */
	#read(): boolean {
		let bytes = this.#pending;
		let at = 0;
		let end: number;
		let granted = false;
		if (bytes !== undefined) {
			at = this.#pendingAt;
			end = this.#pendingEnd;
			this.#pending = undefined;
		} else if (this.#state === HEAD && this.#request.over) {
			if (!this.#granted()) return false;
			this.#handle();
			return true;
		} else {
			bytes = this.#buffer;
			if (this.#state === HEAD && this.#part !== undefined) {
				if (!this.#granted()) return false;
				granted = true;
				bytes = this.#part;
			}
			end = this.#socket.read(bytes) ?? 0;
			this.#moved += end;
			if (end === 0) {
				if (this.#halfClosed) this.close();
				return false;
			}
		}
		// Half a head that trickles in is no progress: its time counts from its first byte.
		if (this.#state !== HEAD || this.#request.untouched) this.silence = 0;
		while (at < end) {
			if (this.#state === BODY) at = this.#body(bytes, at, end);
			else if (this.#state === HEAD) {
				if (!granted && !this.#granted()) {
					this.#keep(bytes, at, end);
					return false;
				}
				granted = false;
				if (this.#request.over) this.#handle();
				else at = this.#head(bytes, at, end);
			} else if (this.#state === ANSWER) {
				this.#keep(bytes, at, end);
				at = end;
			} else {
				this.#lingered += end - at;
				if (this.#lingered > LINGER_BYTES) this.close();
				at = end;
			}
		}
		return true;
	}

	/** Keeps bytes `at` to `end` for later. */
	#keep(bytes: Uint8Array, at: number, end: number): void {
		const shared = bytes === this.#buffer;
		this.#pending = shared ? bytes.slice(at, end) : bytes;
		this.#pendingAt = shared ? 0 : at;
		this.#pendingEnd = shared ? end - at : end;
	}

	#head(bytes: Uint8Array, at: number, end: number): number {
		const request = this.#request;
		const part = at + PART_BYTES;
		at = request.head(bytes, at, part < end ? part : end);
		// The beginning of the next line is short work, too.
		if (bytes === this.#part && bytes.indexOf(LF, at) < 0) at = request.head(bytes, at, end);
		// The last line is short work.
		if (request.headDone) this.#own = this.#server.isOwn(request.host);
		return at;
	}

	/** The head has come, or it is none. */
	#handle(): void {
		const request = this.#request;
		if (request.failed) return this.status(request.status, request.status === 503 ? "Retry-After: 1\r\n" : "");
		this.answered = false;
		this.#server.handle(this, this.#own);
	}

	#body(bytes: Uint8Array, at: number, end: number): number {
		const request = this.#request;
		at = request.body(bytes, at, end);
		if (request.dataEnd > request.dataAt) this.#sink!.data(bytes, request.dataAt, request.dataEnd);
		if (request.failed) this.status(request.status);
		else if (request.done) this.#sink!.end(this);
		return at;
	}
}

/** The hexadecimal digit of the lowest four bits. */
function digit(value: number): number {
	value &= 15;
	return value < 10 ? ZERO + value : 87 + value;
}
