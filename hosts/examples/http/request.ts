// Reads one HTTP/1.1 request: RFC 9112 §3 (request line), §5 (fields), §6 (body length), §7.1 (chunks).
// Bytes come in pieces cut anywhere. One line is kept at a time, in a small buffer of fixed size; what is asked for is kept in
// fields. Body bytes are never copied: `body` points at them.

import { asciiOf, hasWord, isBlank, isOfHost, isToken, isWord } from "./text.ts";

/** Longest line that is kept, bytes; a longer request line is answered 414, a longer field that matters 431, others are skipped. */
export const LINE_BYTES = 512;
/** Longest head, bytes. */
export const HEAD_BYTES = 8192;
/** Longest chunk-size line and longest trailer section, bytes. */
const CHUNK_LINE_BYTES = 256;
/** Bytes that chunk lines may have beyond what they are worth, 16 and two for each byte of content, before it is taken for an attack. RFC 9112 §7.1.1. */
const CHUNK_EXCESS_BYTES = 4096;
/** A body may have this many bytes at most. */
export const BODY_BYTES = 2 ** 31;

/** Longest name of a host, characters. RFC 1035 §2.3.4. */
const HOST_BYTES = 255;

/** Lines up to this length are copied byte by byte: chunk-size lines are that short. */
const SHORT = 6;

const REQUEST_LINE = 0;
const FIELDS = 1;
/** The head is complete, and there is no body or it has not begun. */
const READY = 2;
const COUNTED = 3;
const CHUNK_SIZE = 4;
const CHUNK_DATA = 5;
const CHUNK_END = 6;
const TRAILERS = 7;
const DONE = 8;
const FAILED = 9;

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const TAB = 9;
const SLASH = 47;
const SEMICOLON = 59;
const ASTERISK = 42;
const DOT = 46;
const BRACKET = 91;
const BRACKET_END = 93;
const SCHEME = Object.freeze({ text: "http://" });

/** The fields that count here. An object, as each use of a literal would make a text. */
const FIELD = Object.freeze({
	contentLength: "content-length",
	transferEncoding: "transfer-encoding",
	connection: "connection",
	expect: "expect",
	host: "host",
});
const NAME_LENGTHS = Object.freeze(Object.values(FIELD).map(({ length }) => length));

export class Request {
	#state = REQUEST_LINE;
	/** Body bytes still to come, of the whole or of the chunk. */
	#remaining = 0;
	readonly #line = new Uint8Array(LINE_BYTES);
	#length = 0;
	/** Bytes of head, or of chunk-size line or trailers. */
	#count = 0;
	#contentLength = -1;
	#chunked = false;
	#hosts = 0;
	#excess = 0;
	/** Where in the line the first control character is, but tabs, and the first one that is no ASCII; -1 for none. */
	#control = -1;
	#foreign = -1;
	/** The line has ended in CR LF, not in LF alone. */
	#crlf = false;

	/** The name or address that was asked for, in lower case, without port; "" when the client (of HTTP/1.0) did not say. RFC 9112 §3.2, §3.3. */
	host = "";
	method = "";
	/** The path as it was sent, without query: "/bytes/5". */
	path = "";
	/** What follows the question mark, or "". */
	query = "";
	/** Of HTTP/1.x: 0 or 1. */
	minor = 1;
	keepAlive = true;
	/** The client waits for a 100 before it sends the body. */
	expectsContinue = false;
	/** With a state of failure: the status to answer, for instance 400. */
	status = 0;
	/** Body bytes so far. */
	received = 0;
	/** After `body`: where in the bytes given to it body content lies. */
	dataAt = 0;
	dataEnd = 0;

	/** The buffer of the line, LINE_BYTES. Between a request and the next one it is free for what is to be written. */
	get line(): Uint8Array {
		return this.#line;
	}

	reset(): void {
		this.#state = REQUEST_LINE;
		this.#begin();
		this.#remaining = this.#count = this.#hosts = this.#excess = this.received = this.status = 0;
		this.#contentLength = -1;
		this.#chunked = this.expectsContinue = false;
		this.method = this.path = this.query = this.host = "";
		this.minor = 1;
		this.keepAlive = true;
	}

	/** Nothing of a request has come yet. */
	get untouched(): boolean {
		return this.#state === REQUEST_LINE && this.#count === 0;
	}

	get headDone(): boolean {
		return this.#state >= READY && this.#state !== FAILED;
	}

	/** There is a head to be answered, or what is none. */
	get over(): boolean {
		return this.#state === READY || this.#state === FAILED;
	}

	get failed(): boolean {
		return this.#state === FAILED;
	}

	/** The whole request has come. */
	get done(): boolean {
		return this.#state === DONE;
	}

	/** The body's length in bytes, or -1 when it comes in chunks. */
	get contentLength(): number {
		return this.#chunked ? -1 : Math.max(0, this.#contentLength);
	}

	/** Takes bytes of the head. Answers where it stopped: after a line, at a failure, or at `end`. Call it until it is `over` or there is nothing left. */
	head(bytes: Uint8Array, at: number, end: number): number {
		if (at >= end || this.#state >= READY) return at;
		const next = this.#collect(bytes, at, end, HEAD_BYTES, 431);
		if (next === at || bytes[next - 1] !== LF || this.#state === FAILED) return next;
		if (this.#state === REQUEST_LINE) this.#requestLine();
		else this.#field();
		this.#begin();
		return next;
	}

	/**
	 * Takes bytes of the body. Answers where it stopped: after a run of content (`dataAt` to `dataEnd`, empty when there was none), after
	 * the body, at a failure, or at `end`. Call it until it is done or there is nothing left.
	 */
	body(bytes: Uint8Array, at: number, end: number): number {
		this.dataAt = this.dataEnd = at;
		if (this.#state === CHUNK_DATA || this.#state === COUNTED) {
			const take = Math.min(this.#remaining, end - at);
			this.received += take;
			this.#remaining -= take;
			this.dataEnd = at + take;
			if (this.#remaining === 0) this.#state = this.#state === COUNTED ? DONE : CHUNK_END;
			return at + take;
		}
		while (at < end && this.#state >= CHUNK_SIZE && this.#state !== CHUNK_DATA && this.#state < DONE) {
			const next = this.#collect(bytes, at, end, CHUNK_LINE_BYTES, 400);
			const complete = next > at && bytes[next - 1] === LF;
			at = next;
			if (!complete || this.#state >= DONE) continue;
			// §2.2 lets a line of the head end in LF alone; the framing of chunks it does not, as proxies that see another line there were smuggled past.
			if (!this.#crlf) this.fail(400);
			else if (this.#state === CHUNK_SIZE) this.#chunkSize();
			else if (this.#state === TRAILERS) this.#trailer();
			else if (this.#length > 0) this.fail(400);
			else this.#state = CHUNK_SIZE;
			if (this.#state !== TRAILERS) this.#count = 0;
			this.#begin();
		}
		this.dataAt = this.dataEnd = at;
		return at;
	}

	/** The body may come. `done` at once when there is none. */
	beginBody(): void {
		if (this.#state !== READY) return;
		this.#count = 0;
		this.#remaining = this.contentLength;
		if (this.#chunked) this.#state = CHUNK_SIZE;
		else this.#state = this.#remaining > 0 ? COUNTED : DONE;
	}

	/** Gives the request up: `status` is the answer. */
	fail(status: number): void {
		this.#state = FAILED;
		this.status = status;
		this.keepAlive = false;
	}

	/** Another line begins. */
	#begin(): void {
		this.#length = 0;
		this.#control = this.#foreign = -1;
	}

	/** Appends bytes up to and with the next LF to the line, without its CR LF. What does not fit the line is counted, not kept. */
	#collect(bytes: Uint8Array, at: number, end: number, limit: number, status: number): number {
		// A loop: XS's indexOf takes as long for a byte, and does not end where we do.
		let stop = at;
		let cr = -1;
		for (; stop < end; stop++) {
			const code = bytes[stop]!;
			if (code >= SPACE && code < 127) continue;
			if (code === LF) break;
			if (code > 127) {
				if (this.#foreign < 0) this.#foreign = this.#length + stop - at;
			} else if (code !== TAB) {
				if (this.#control < 0) this.#control = this.#length + stop - at;
				if (code === CR && cr < 0) cr = stop;
			}
		}
		const size = stop - at;
		this.#count += size + (stop < end ? 1 : 0);
		if (this.#count > limit) {
			this.fail(status);
			return stop;
		}
		// A CR within a line that is too long to be kept.
		if (size > LINE_BYTES - this.#length && cr >= 0 && cr < stop - 1) {
			this.fail(400);
			return stop;
		}
		const keep = Math.min(size, LINE_BYTES - this.#length);
		const line = this.#line;
		// A view costs four slots: not for chunk-size lines, of which a long body has many.
		if (keep > SHORT) line.set(bytes.subarray(at, at + keep), this.#length);
		else for (let i = 0; i < keep; i++) line[this.#length + i] = bytes[at + i]!;
		this.#length += size;
		if (stop === end) return end;
		this.#crlf = this.#length > 0 && this.#length <= LINE_BYTES && line[this.#length - 1] === CR;
		if (this.#crlf) this.#length--;
		return stop + 1;
	}

	/** RFC 9112 §3. */
	#requestLine(): void {
		const line = this.#line;
		const length = this.#length;
		// §2.2: a robust server ignores empty lines before the request line.
		if (length === 0) return;
		if (length > LINE_BYTES) return this.fail(414);
		this.#state = FIELDS;
		if ((this.#control >= 0 && this.#control < length) || this.#foreign >= 0) return this.fail(400);
		let at = 0;
		while (at <= 20 && at < length && isToken(line[at]!)) at++;
		if (at === 0 || at > 20 || line[at] !== SPACE) return this.fail(400);
		const text = asciiOf(line, 0, length);
		const target = at + 1;
		const end = length - 9;
		// One space before the target and one behind it, and no tab.
		if (end <= target || text.indexOf(" ", target) !== end || text.indexOf("\t") >= 0) return this.fail(400);
		if (!text.startsWith("HTTP/", end + 1) || line[end + 7] !== DOT || !isDigit(line[end + 6]!) || !isDigit(line[end + 8]!))
			return this.fail(400);
		if (line[end + 6] !== 49) return this.fail(505);
		this.method = text.slice(0, at);
		this.minor = line[end + 8] === 48 ? 0 : 1;
		this.keepAlive = this.minor > 0;
		this.#target(text.slice(target, end), target);
	}

	/** §3.2: origin form, absolute form, and the asterisk, which no path of ours equals. It stands in the line from `at` on. */
	#target(text: string, at: number): void {
		const line = this.#line;
		const first = line[at];
		let root = false;
		if (first !== SLASH && (first !== ASTERISK || text.length > 1)) {
			const scheme = SCHEME.text.length;
			if (text.slice(0, scheme).toLowerCase() !== SCHEME.text) return this.fail(400);
			const slash = text.indexOf("/", scheme);
			const question = text.indexOf("?", scheme);
			let authority = text.length;
			if (slash >= 0) authority = slash;
			if (question >= 0 && question < authority) authority = question;
			// §3.2.2: it counts, and the field Host does not.
			this.host = hostOf(line, at + scheme, at + authority);
			if (this.host === "") return this.fail(400);
			root = authority !== slash;
			text = text.slice(authority);
		}
		const question = text.indexOf("?");
		const path = question < 0 ? text : text.slice(0, question);
		this.path = root ? `/${path}` : path;
		this.query = question < 0 ? "" : text.slice(question + 1);
	}

	/** RFC 9112 §5. */
	#field(): void {
		const line = this.#line;
		const length = Math.min(this.#length, LINE_BYTES);
		if (length === 0) return this.#headComplete();
		let at = 0;
		while (at < length && isToken(line[at]!)) at++;
		// No name (a folded line, §5.2), or space before the colon (§5.1): both have been used to smuggle requests.
		if (at === 0 || line[at] !== COLON) return this.fail(this.#length > LINE_BYTES ? 431 : 400);
		const name = at++;
		let end = length;
		if (this.#control >= 0 && this.#control < length) return this.fail(400);
		while (at < end && isBlank(line[at]!)) at++;
		while (end > at && isBlank(line[end - 1]!)) end--;
		const matters = this.#known(line, name, at, end);
		if (matters && this.#length > LINE_BYTES) this.fail(431);
	}

	/** Whether the field with the name in bytes 0 to `name` and the value from `at` to `end` is one that counts here. */
	#known(line: Uint8Array, name: number, at: number, end: number): boolean {
		// Of the others only the length is looked at.
		if (NAME_LENGTHS.indexOf(name) < 0) return false;
		const field = asciiOf(line, 0, name).toLowerCase();
		if (field === FIELD.contentLength) {
			const value = decimal(line, at, end);
			// §6.3: differing or malformed lengths cannot be recovered from.
			if (value < 0 || (this.#contentLength >= 0 && value !== this.#contentLength)) this.fail(400);
			else if (value > BODY_BYTES) this.fail(413);
			this.#contentLength = value;
		} else if (field === FIELD.transferEncoding) {
			if (this.#chunked) this.fail(400);
			else if (!isWord(line, at, end, "chunked")) this.fail(501);
			this.#chunked = true;
		} else if (field === FIELD.connection) {
			if (hasWord(line, at, end, "close")) this.keepAlive = false;
			else if (this.minor === 0 && hasWord(line, at, end, "keep-alive")) this.keepAlive = true;
		} else if (field === FIELD.expect) {
			if (!isWord(line, at, end, "100-continue")) this.fail(417);
			// RFC 9110 §10.1.1: ignored from HTTP/1.0.
			else this.expectsContinue = this.minor > 0;
		} else if (field === FIELD.host) {
			this.#hosts++;
			const host = this.#length <= LINE_BYTES && this.#foreign < 0 ? hostOf(line, at, end) : "";
			if (host === "") this.fail(this.#length > LINE_BYTES ? 431 : 400);
			else if (this.host === "") this.host = host;
		} else return false;
		return true;
	}

	#headComplete(): void {
		if (this.#hosts > 1 || (this.#hosts === 0 && this.minor > 0)) return this.fail(400);
		// §6.1 and §6.3: a length beside chunks, or chunks in HTTP/1.0, is how requests are smuggled past proxies.
		if (this.#chunked && (this.#contentLength >= 0 || this.minor === 0)) return this.fail(400);
		if (this.#contentLength <= 0 && !this.#chunked) this.expectsContinue = false;
		this.#state = READY;
	}

	/** §7.1. */
	#chunkSize(): void {
		const line = this.#line;
		const length = Math.min(this.#length, LINE_BYTES);
		let at = 0;
		let size = 0;
		for (; at < length; at++) {
			const digit = hexadecimal(line[at]!);
			if (digit < 0) break;
			size = size * 16 + digit;
			if (size > BODY_BYTES) return this.fail(413);
		}
		const digits = at;
		while (at < length && isBlank(line[at]!)) at++;
		// Chunk extensions are ignored. What stands before one may be blank, but there must be one then.
		if (digits === 0 || (at < length ? line[at] !== SEMICOLON : at > digits)) return this.fail(400);
		if (this.#control >= 0 && this.#control < length) return this.fail(400);
		this.#excess = Math.max(0, this.#excess + length - 16 - 2 * size);
		if (this.#excess > CHUNK_EXCESS_BYTES) return this.fail(400);
		if (this.received + size > BODY_BYTES) return this.fail(413);
		this.#remaining = size;
		this.#state = size > 0 ? CHUNK_DATA : TRAILERS;
	}

	/** Trailer fields are read over, but must be fields. */
	#trailer(): void {
		const length = Math.min(this.#length, LINE_BYTES);
		if (length === 0) {
			this.#state = DONE;
			return;
		}
		const line = this.#line;
		let at = 0;
		while (at < length && isToken(line[at]!)) at++;
		if (at === 0 || line[at] !== COLON || (this.#control >= 0 && this.#control < length)) this.fail(400);
	}
}

/**
 * The host of "host" or "host:port" in bytes `at` to `end`, which are ASCII, in lower case, or "" when it is none: RFC 3986 §3.2.2, RFC 9110 §4.2.4 (no user). An IPv6
 * address keeps its brackets.
 */
function hostOf(bytes: Uint8Array, at: number, end: number): string {
	let stop = at;
	if (bytes[at] === BRACKET) {
		do if (++stop >= end) return "";
		while (isDigit(bytes[stop]!) || hexadecimal(bytes[stop]!) >= 0 || bytes[stop] === COLON || bytes[stop] === DOT);
		if (bytes[stop++] !== BRACKET_END) return "";
	} else for (const most = at + HOST_BYTES; stop < end && stop < most && isOfHost(bytes[stop]!); stop++);
	if (stop < end && bytes[stop] !== COLON) return "";
	const port = stop + 1 < end ? decimal(bytes, stop + 1, end) : 0;
	return port < 0 || port > 65_535 ? "" : asciiOf(bytes, at, stop).toLowerCase();
}

function isDigit(code: number): boolean {
	return code >= 48 && code <= 57;
}

/** The number in decimal digits of bytes `at` to `end`, or -1. More than 15 digits are no length. */
function decimal(bytes: Uint8Array, at: number, end: number): number {
	if (at === end || end - at > 15) return -1;
	let value = 0;
	for (; at < end; at++) {
		if (!isDigit(bytes[at]!)) return -1;
		value = value * 10 + bytes[at]! - 48;
	}
	return value;
}

function hexadecimal(code: number): number {
	if (isDigit(code)) return code - 48;
	code |= 32;
	return code >= 97 && code <= 102 ? code - 87 : -1;
}
