// Writes JSON into a buffer, straight from numbers, texts and addresses in memory: RFC 8259. It allocates nothing, but for addresses of IPv6.

import { addressText } from "../address.ts";
import { isNone, isV4, v4Of } from "../packet/address.ts";
import { jsonPut, numberPut, textPut } from "../wire/text.ts";

/** Longest text that is written in full, bytes as JSON has it; a longer one is cut. The buffer must have room for one and its name. */
const TEXT_BYTES = 400;

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const COLON = 58;
const ZERO = 48;
/** What makes a hexadecimal digit of 10 and more. */
const TEN = 87;

/** Room for the longest, bytes. */
const DOTTED_BYTES = 15;
const MAC_BYTES = 19;

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

	/** Between a bracket or a value and what follows. */
	space(): void {
		this.#byte(SPACE);
	}

	/** The name of a member, whose value follows. */
	key(name: string): void {
		this.text(name);
		this.#byte(COLON);
		this.comma = false;
	}

	/** For JsonPieces: the name of a member as JSON has it, with its colon, all of it ASCII. */
	member(key: string): void {
		if (this.comma) this.#byte(COMMA);
		this.comma = false;
		this.#put(key);
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
		this.#put(value ? WORDS.true : WORDS.false);
	}

	/** null. */
	null(): void {
		this.#next();
		this.#put(WORDS.null);
	}

	/** A text, or null when it is empty or not there. */
	textOrNull(value: string | undefined): void {
		if (value) this.text(value);
		else this.null();
	}

	/** The address at `at` in memory as text. */
	addressAt(view: DataView, at: number): void {
		this.#next();
		this.#byte(QUOTE);
		this.#address(view, at);
		this.#byte(QUOTE);
	}

	/** "192.168.77.2/24", of the address as text. */
	prefix(address: string, length: number): void {
		this.#next();
		this.#byte(QUOTE);
		this.#put(address);
		this.#byte(SLASH);
		this.#digits(length);
		this.#byte(QUOTE);
	}

	/** "192.168.77.2:80", "[2001:db8::2]:80", with "*" for what is none or 0, of the address at `at` in memory. */
	endpoint(view: DataView, at: number, port: number): void {
		this.#next();
		this.#byte(QUOTE);
		if (isNone(view, at)) this.#byte(ASTERISK);
		else if (isV4(view, at)) this.#address(view, at);
		else {
			this.#byte(BRACKET);
			this.#address(view, at);
			this.#byte(BRACKET_END);
		}
		this.#byte(COLON);
		if (port === 0) this.#byte(ASTERISK);
		else this.#digits(port);
		this.#byte(QUOTE);
	}

	/** Six bytes as "02:00:00:12:34:56". */
	mac(view: DataView, from: number): void {
		this.#next();
		let at = this.at;
		const bytes = this.#bytes;
		if (this.#end - at < MAC_BYTES) {
			this.full = true;
			return;
		}
		bytes[at++] = QUOTE;
		for (let i = 0; i < 6; i++) {
			const byte = view.getUint8(from + i);
			const high = byte >> 4;
			const low = byte & 15;
			bytes[at++] = high < 10 ? ZERO + high : TEN + high;
			bytes[at++] = low < 10 ? ZERO + low : TEN + low;
			bytes[at++] = i < 5 ? COLON : QUOTE;
		}
		this.at = at;
	}

	/** An array of texts. */
	texts(list: readonly string[]): void {
		this.open(BRACKET);
		for (let i = 0; i < list.length; i++) this.text(list[i]!);
		this.close(BRACKET_END);
	}

	#next(): void {
		if (this.comma) this.#byte(COMMA);
		this.comma = true;
	}

	#address(view: DataView, at: number): void {
		if (isV4(view, at)) this.#dotted(v4Of(view, at));
		else this.#put(addressText(view, at));
	}

	#dotted(address: number): void {
		let at = this.at;
		if (this.#end - at < DOTTED_BYTES) {
			this.full = true;
			return;
		}
		const bytes = this.#bytes;
		for (let shift = 24; shift >= 0; shift -= 8) {
			let octet = (address >> shift) & 255;
			if (octet > 99) {
				const hundreds = octet > 199 ? 2 : 1;
				bytes[at++] = ZERO + hundreds;
				octet -= 100 * hundreds;
				if (octet < 10) bytes[at++] = ZERO;
			}
			if (octet > 9) {
				const tens = (octet * 205) >> 11; // octet / 10, for what is below 100
				bytes[at++] = ZERO + tens;
				octet -= 10 * tens;
			}
			bytes[at++] = ZERO + octet;
			if (shift > 0) bytes[at++] = DOT;
		}
		this.at = at;
	}

	#digits(value: number): void {
		if (this.full) return;
		if (value >= 0 && value < 10) return this.#byte(ZERO + (value | 0));
		const end = numberPut(this.#bytes, this.at, this.#end, value);
		if (end < 0) this.full = true;
		else this.at = end;
	}

	/** ASCII as it is. */
	#put(text: string): void {
		const end = textPut(this.#bytes, this.at, this.#end, text);
		if (end < 0) this.full = true;
		else this.at = end;
	}

	#byte(code: number): void {
		if (this.at >= this.#end) this.full = true;
		else this.#bytes[this.at++] = code;
	}
}

export const BRACKET = 91;
export const BRACKET_END = 93;
export const BRACE = 123;
export const BRACE_END = 125;
const SLASH = 47;
const ASTERISK = 42;

/** Objects, as each use of a literal would make one. */
const WORDS = Object.freeze({ true: "true", false: "false", null: "null" });
