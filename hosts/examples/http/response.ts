// Reads one HTTP/1.1 response: RFC 9112 §4 (status line), §5 (fields), §6.3 (how long the body is), §7.1 (chunks). Bytes come in pieces cut
// anywhere; one line is kept at a time, and body bytes are never copied: `take` says where they lie.

import { hasWord, isBlank, isWord, textOf } from "./text.ts";

/** Longest line that is kept, bytes: a longer status line or chunk size is an error, a longer field is read over. */
const LINE_BYTES = 512;
/** Longest head, and longest trailer section, bytes. */
const HEAD_BYTES = 8192;

const STATUS_LINE = 0;
const FIELDS = 1;
const COUNTED = 2;
const UNTIL_CLOSE = 3;
const CHUNK_SIZE = 4;
const CHUNK_DATA = 5;
const CHUNK_END = 6;
const TRAILERS = 7;
const DONE = 8;

const LF = 10;
const CR = 13;
const COLON = 58;

export class Response {
	#state = STATUS_LINE;
	readonly #line = new Uint8Array(LINE_BYTES);
	/** Bytes of the line so far, also those that did not fit. */
	#length = 0;
	/** Bytes of the head, or of the trailers. */
	#count = 0;
	/** Body bytes still to come, of the whole or of the chunk. */
	#remaining = 0;
	#chunked = false;

	status = 0;
	/** Bytes of the body, -1 when the head does not say. */
	contentLength = -1;
	/** Content-Type and Location, "" when there was none. */
	type = "";
	location = "";
	/** After `take`: where in the bytes given to it body content lies. */
	dataAt = 0;
	dataEnd = 0;

	/** The final head has come. */
	get headDone(): boolean {
		return this.#state >= COUNTED;
	}

	/** All of it has come. */
	get done(): boolean {
		return this.#state === DONE;
	}

	/**
	 * Takes bytes `at` to `end`. Answers where it stopped: after the head, after a run of content (`dataAt` to `dataEnd`, empty when there was none), when
	 * done, or at `end`. Throws Error naming what is wrong with the response.
	 */
	take(bytes: Uint8Array, at: number, end: number): number {
		this.dataAt = this.dataEnd = at;
		const began = this.headDone;
		while (at < end && this.#state !== DONE) {
			if (this.#state === COUNTED || this.#state === CHUNK_DATA || this.#state === UNTIL_CLOSE) {
				if (!began) break;
				return this.#content(at, end);
			}
			at = this.#collect(bytes, at, end);
			if (this.headDone !== began) break;
		}
		this.dataAt = this.dataEnd = at;
		return at;
	}

	/** The server has closed the connection. Answers whether the response is whole. */
	closed(): boolean {
		if (this.#state === UNTIL_CLOSE) this.#state = DONE;
		return this.done;
	}

	#content(at: number, end: number): number {
		this.dataAt = at;
		if (this.#state === UNTIL_CLOSE) return (this.dataEnd = end);
		const take = Math.min(this.#remaining, end - at);
		this.#remaining -= take;
		if (this.#remaining === 0) this.#state = this.#state === COUNTED ? DONE : CHUNK_END;
		return (this.dataEnd = at + take);
	}

	/** Appends bytes to the line, up to and with the next LF, and takes the line when it is complete. */
	#collect(bytes: Uint8Array, at: number, end: number): number {
		while (at < end) {
			const byte = bytes[at++]!;
			if (++this.#count > HEAD_BYTES) throw new Error(`response: its head or trailers are longer than ${HEAD_BYTES} bytes`);
			if (byte !== LF) {
				if (this.#length < LINE_BYTES) this.#line[this.#length] = byte;
				this.#length++;
				continue;
			}
			const crlf = this.#length > 0 && this.#length <= LINE_BYTES && this.#line[this.#length - 1] === CR;
			// §2.2 lets a line of the head end in LF alone, but not those of chunks.
			if (!crlf && this.#state !== STATUS_LINE && this.#state !== FIELDS)
				throw new Error("response: a chunk line does not end in CR LF");
			if (crlf) this.#length--;
			this.#complete(this.#length);
			this.#length = 0;
			break;
		}
		return at;
	}

	#complete(length: number): void {
		switch (this.#state) {
			case STATUS_LINE:
				return this.#statusLine(length);
			case FIELDS:
				if (length === 0) return this.#headComplete();
				if (length <= LINE_BYTES) this.#field(length);
				return;
			case CHUNK_SIZE:
				return this.#chunkSize(length);
			case CHUNK_END:
				if (length > 0) throw new Error("response: a chunk is longer than it says");
				this.#state = CHUNK_SIZE;
				this.#count = 0;
				return;
			case TRAILERS:
				if (length === 0) this.#state = DONE;
		}
	}

	/** RFC 9112 §4. */
	#statusLine(length: number): void {
		const text = textOf(this.#line, 0, Math.min(length, LINE_BYTES));
		if (length > LINE_BYTES || !/^HTTP\/1\.\d [1-9]\d\d( |$)/.test(text))
			throw new Error(`response "${text.slice(0, 40)}": expected HTTP/1.1 and a status`);
		this.status = Number(text.slice(9, 12));
		this.#state = FIELDS;
	}

	/** RFC 9112 §5. */
	#field(length: number): void {
		const line = this.#line;
		const name = line.indexOf(COLON);
		if (name <= 0 || name >= length)
			throw new Error(`response: expected a field, not "${textOf(line, 0, Math.min(length, 40))}"`);
		let at = name + 1;
		let end = length;
		while (at < end && isBlank(line[at]!)) at++;
		while (end > at && isBlank(line[end - 1]!)) end--;
		if (isWord(line, 0, name, "content-length")) {
			const text = textOf(line, at, end);
			const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
			// RFC 9112 §6.3: lengths that differ cannot be recovered from.
			if (value < 0 || (this.contentLength >= 0 && value !== this.contentLength))
				throw new Error(`response: content length "${text}": expected one number`);
			this.contentLength = value;
		} else if (isWord(line, 0, name, "transfer-encoding")) {
			if (!hasWord(line, at, end, "chunked"))
				throw new Error(`response: transfer coding ${textOf(line, at, end)}: expected chunked`);
			this.#chunked = true;
		} else if (isWord(line, 0, name, "content-type")) this.type = textOf(line, at, end);
		else if (isWord(line, 0, name, "location")) this.location = textOf(line, at, end);
	}

	/** RFC 9112 §6.3. */
	#headComplete(): void {
		const { status } = this;
		this.#count = 0;
		if (status < 200) {
			// An interim response: the final one follows.
			if (status === 101) throw new Error("response: the server changes to another protocol");
			this.#chunked = false;
			this.contentLength = -1;
			this.#state = STATUS_LINE;
		} else if (status === 204 || status === 304) this.#state = DONE;
		else if (this.#chunked) {
			this.contentLength = -1; // §6.1: chunks override a length
			this.#state = CHUNK_SIZE;
		} else if (this.contentLength < 0) this.#state = UNTIL_CLOSE;
		else {
			this.#remaining = this.contentLength;
			this.#state = this.#remaining > 0 ? COUNTED : DONE;
		}
	}

	/** RFC 9112 §7.1; extensions are ignored. */
	#chunkSize(length: number): void {
		const text = textOf(this.#line, 0, Math.min(length, LINE_BYTES));
		const digits = /^[0-9A-Fa-f]{1,12}(?=[ \t;]|$)/.exec(text);
		if (digits === null) throw new Error(`response: chunk size "${text.slice(0, 20)}": expected hexadecimal digits`);
		this.#remaining = Number.parseInt(digits[0], 16);
		this.#count = 0;
		this.#state = this.#remaining > 0 ? CHUNK_DATA : TRAILERS;
	}
}
