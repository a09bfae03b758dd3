// Between bytes and ASCII text. Strings allocate: for what is asked, and for small answers, not for data.

import { numberPut, textPut } from "../../../src/wire/text.ts";

/** XS converts natively, as a method of the class; Node, where the tests run, has no such function. */
const Buffers = ArrayBuffer as unknown as { fromString?: (text: string) => ArrayBuffer };

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): ArrayBuffer {
	if (Buffers.fromString !== undefined) return Buffers.fromString(text);
	const bytes: number[] = [];
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code < 0x80) bytes.push(code);
		else {
			const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
			bytes.push(((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more)));
			for (let i = more - 1; i >= 0; i--) bytes.push(0x80 | ((code >> (6 * i)) & 0x3f));
		}
	}
	return new Uint8Array(bytes).buffer;
}

/** Puts texts and numbers into a buffer, one after the other, and allocates nothing. */
export class Writer {
	#bytes!: Uint8Array;
	#end = 0;
	/** Where the next byte goes; -1 when something did not fit. */
	at = 0;

	begin(bytes: Uint8Array): this {
		this.#bytes = bytes;
		this.#end = bytes.length;
		this.at = 0;
		return this;
	}

	text(text: string): this {
		if (this.at >= 0) this.at = textPut(this.#bytes, this.at, this.#end, text);
		return this;
	}

	number(value: number): this {
		if (this.at >= 0) this.at = numberPut(this.#bytes, this.at, this.#end, value);
		return this;
	}
}

/** The text of bytes `at` to `end`. */
export function textOf(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (let i = at; i < end; i++) text += String.fromCharCode(bytes[i]!);
	return text;
}

const Strings = String as unknown as { fromArrayBuffer?: (bytes: ArrayBuffer) => string };

/** The same of bytes that are known to be ASCII, and not many: on XS at once, where a text of characters makes garbage of each. */
export function asciiOf(bytes: Uint8Array, at: number, end: number): string {
	if (Strings.fromArrayBuffer === undefined) return textOf(bytes, at, end);
	return at < end ? Strings.fromArrayBuffer(bytes.slice(at, end).buffer as ArrayBuffer) : "";
}

/** Whether bytes `at` to `end` are the lower-case `word`, in whatever case. */
export function isWord(bytes: Uint8Array, at: number, end: number, word: string): boolean {
	if (end - at !== word.length) return false;
	for (let i = 0; i < word.length; i++) {
		const code = bytes[at + i]!;
		if ((code >= 65 && code <= 90 ? code | 32 : code) !== word.charCodeAt(i)) return false;
	}
	return true;
}

/** Whether a comma-separated list in bytes `at` to `end` has the lower-case `word` among its members. RFC 9110 §5.6.1. */
export function hasWord(bytes: Uint8Array, at: number, end: number, word: string): boolean {
	while (at < end) {
		let stop = at;
		while (stop < end && bytes[stop] !== COMMA) stop++;
		let last = stop;
		while (at < last && isBlank(bytes[at]!)) at++;
		while (last > at && isBlank(bytes[last - 1]!)) last--;
		if (isWord(bytes, at, last, word)) return true;
		at = stop + 1;
	}
	return false;
}

/** Space or tab. */
export function isBlank(code: number): boolean {
	return code === 32 || code === 9;
}

/** A character of a method or a header name. RFC 9110 §5.6.2. */
export function isToken(code: number): boolean {
	return (KINDS[code]! & TOKEN) !== 0;
}

/** One of RFC 3986's reg-name, as hosts have them. */
export function isOfHost(code: number): boolean {
	return (KINDS[code]! & OF_HOST) !== 0;
}

const COMMA = 44;
const TOKEN = 1;
const OF_HOST = 2;
/** What each byte is. A table, as every character of a head is looked at. */
const KINDS = Object.freeze(
	Array.from({ length: 256 }, (_, code) => {
		const character = String.fromCharCode(code);
		const token = code < 127 && /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character);
		const host = (token && !/[#^`|]/.test(character)) || /[(),;=]/.test(character);
		return (token ? TOKEN : 0) | (host ? OF_HOST : 0);
	}),
);
