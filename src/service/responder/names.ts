// Names as multicast DNS has them: any octets in their labels, written as they were given and compared without regard to case. RFC 6762 §16.

import * as check from "../../io/options.ts";
import { folded, MAX_LABEL } from "../../wire/dns.ts";

/** The octets of a text in UTF-8. XS and Node have no function for it in common. */
export function utf8(text: string): number[] {
	const octets: number[] = [];
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code < 0x80) octets.push(code);
		else if (code < 0x800) octets.push(0xc0 | (code >> 6), 0x80 | (code & 63));
		else if (code < 0x10000) octets.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
		else octets.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
	}
	return octets;
}

/** A text of so many octets in UTF-8 at most, which does not end within a character. */
export function cut(text: string, most: number): string {
	let shorter = text;
	while (utf8(shorter).length > most) shorter = [...shorter].slice(0, -1).join("");
	return shorter;
}

export class Name {
	/** As on the wire, without compression; and the same in lower case. */
	readonly octets: Uint8Array;
	readonly folded: Uint8Array;
	/** What names are told apart by, and their ends: each label in hexadecimal digits, with a dot behind it. */
	readonly text: string;

	constructor(labels: readonly string[]) {
		const octets: number[] = [];
		let text = "";
		for (const label of labels) {
			const own = utf8(label);
			octets.push(own.length, ...own);
			for (const octet of own) text += (256 + folded(octet)).toString(16).slice(1);
			text += ".";
		}
		octets.push(0);
		this.octets = Uint8Array.from(octets);
		this.folded = this.octets.map(folded);
		this.text = text;
	}
}

/** A label of an option. Throws TypeError or RangeError. */
export function labelOf(option: string, value: unknown, what: string): string {
	if (typeof value !== "string") throw new TypeError(`${option} ${check.show(value)}: expected ${what} as a string`);
	const { length } = utf8(value);
	if (length < 1 || length > MAX_LABEL)
		throw new RangeError(`${option} ${check.show(value)}: has ${length} bytes; expected ${what} of 1 to ${MAX_LABEL}`);
	return value;
}

/** A host's name without ".local": RFC 952, RFC 1123 §2.1. */
export function hostLabelOf(option: string, value: unknown): string {
	const label = labelOf(option, value, `a name such as "board"`);
	for (let i = 0; i < label.length; i++) {
		const code = folded(label.charCodeAt(i));
		const plain = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
		if (!plain && (code !== 0x2d || i === 0 || i === label.length - 1))
			throw new RangeError(
				`${option} ${check.show(value)}: expected letters, digits, and "-" between them; ".local" comes by itself`,
			);
	}
	return label;
}

/** "_http._tcp" as its two labels. RFC 6763 §7, RFC 6335 §5.1. */
export function serviceTypeOf(option: string, value: unknown): [string, string] {
	const text = labelOf(option, value, `a type such as "_http._tcp"`);
	const [service = "", protocol = "", ...more] = text.split(".");
	const good = /^_[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/i.test(service);
	if (!good || (protocol !== "_tcp" && protocol !== "_udp") || more.length > 0)
		throw new RangeError(
			`${option} ${check.show(value)}: expected "_" and 1 to 15 letters, digits or "-", and then "._tcp" or "._udp", as in "_http._tcp"`,
		);
	return [service, protocol];
}
