// Writes JSON into a buffer, straight from numbers and texts: RFC 8259. It allocates nothing.

import { jsonPut, numberPut } from "../wire/text.ts";

/** Longest text that is written in full, bytes as JSON has it; a longer one is cut. The buffer must have room for one and its name. */
const TEXT_BYTES = 400;

const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const COLON = 58;

/** What a description's members write their values with. Each method writes one value, and the comma before it. */
export class JsonWriter {
	#bytes!: Uint8Array;
	#end = 0;
	/** Where the next byte goes. */
	at = 0;
	/** Whether the next value has one before it. */
	comma = false;
	/** Something did not fit: what was written since is void. */
	full = false;

	/** From now on writes to bytes `at` to `end`. */
	begin(bytes: Uint8Array, at: number, end: number): void {
		this.#bytes = bytes;
		this.at = at;
		this.#end = end;
		this.full = false;
	}

	/** A bracket that opens: "{" or "[" by its code. */
	open(bracket: number): void {
		this.#next();
		this.#byte(bracket);
		this.comma = false;
	}

	close(bracket: number): void {
		this.#byte(bracket);
		this.comma = true;
	}

	/** The name of a member, whose value follows. */
	key(name: string): void {
		this.text(name);
		this.#byte(COLON);
		this.comma = false;
	}

	/** A text; of more than 400 bytes the beginning. */
	text(value: string): void {
		this.#next();
		const at = this.at;
		const most = at + TEXT_BYTES;
		const limit = most < this.#end ? most : this.#end;
		if (this.full || limit - at < 2) {
			this.full = true;
			return;
		}
		const end = jsonPut(this.#bytes, at, limit, value);
		if (end >= 0) this.at = end;
		else if (limit === most) this.at = ~end;
		else this.full = true;
	}

	/** A whole number. */
	number(value: number): void {
		this.#next();
		this.#digits(value);
	}

	/** true or false. */
	flag(value: boolean): void {
		this.#next();
		this.#word(value ? TRUE : FALSE);
	}

	/** null. */
	null(): void {
		this.#next();
		this.#word(NULL);
	}

	/** A text, or null when it is empty or not there. */
	textOrNull(value: string | undefined): void {
		if (value) this.text(value);
		else this.null();
	}

	/** An IPv4 address as text, or null for 0. */
	address(address: number): void {
		if (address === 0) return this.null();
		this.#next();
		this.#byte(QUOTE);
		this.#dotted(address);
		this.#byte(QUOTE);
	}

	/** "192.168.77.2/24". */
	prefix(address: number, length: number): void {
		this.#next();
		this.#byte(QUOTE);
		this.#dotted(address);
		this.#byte(SLASH);
		this.#digits(length);
		this.#byte(QUOTE);
	}

	/** "192.168.77.2:80", with "*" for what is 0. */
	endpoint(address: number, port: number): void {
		this.#next();
		this.#byte(QUOTE);
		if (address === 0) this.#byte(ASTERISK);
		else this.#dotted(address);
		this.#byte(COLON);
		if (port === 0) this.#byte(ASTERISK);
		else this.#digits(port);
		this.#byte(QUOTE);
	}

	/** Six bytes as "02:00:00:12:34:56". */
	mac(view: DataView, at: number): void {
		this.#next();
		this.#byte(QUOTE);
		for (let i = 0; i < 6; i++) {
			if (i > 0) this.#byte(COLON);
			const byte = view.getUint8(at + i);
			this.#byte(hexadecimal(byte >> 4));
			this.#byte(hexadecimal(byte & 15));
		}
		this.#byte(QUOTE);
	}

	/** IPv4 addresses as an array of texts. */
	addresses(list: readonly number[]): void {
		this.open(BRACKET);
		for (let i = 0; i < list.length; i++) this.address(list[i]!);
		this.close(BRACKET_END);
	}

	#next(): void {
		if (this.comma) this.#byte(COMMA);
		this.comma = true;
	}

	#dotted(address: number): void {
		for (let shift = 24; shift >= 0; shift -= 8) {
			if (shift < 24) this.#byte(DOT);
			this.#digits((address >> shift) & 255);
		}
	}

	#digits(value: number): void {
		if (this.full) return;
		const end = numberPut(this.#bytes, this.at, this.#end, value);
		if (end < 0) this.full = true;
		else this.at = end;
	}

	#word(codes: readonly number[]): void {
		for (let i = 0; i < codes.length; i++) this.#byte(codes[i]!);
	}

	#byte(code: number): void {
		if (this.at >= this.#end) this.full = true;
		else this.#bytes[this.at++] = code;
	}
}

function hexadecimal(digit: number): number {
	return digit < 10 ? 48 + digit : 87 + digit;
}

export const BRACKET = 91;
export const BRACKET_END = 93;
export const BRACE = 123;
export const BRACE_END = 125;
const SLASH = 47;
const ASTERISK = 42;

const TRUE = Object.freeze([116, 114, 117, 101]);
const FALSE = Object.freeze([102, 97, 108, 115, 101]);
const NULL = Object.freeze([110, 117, 108, 108]);
