// What a packet is taken apart into: layers of fields, each with the bytes that it stands in; and the cursor that takes them from the bytes in their order.
// Fields have the names that Wireshark gives them, and values as `tshark -T fields` prints them: who knows a filter there knows it here, and a test can ask tshark whether it is true.

import { formatIpv4 } from "../../../src/address4.ts";
import { formatIpv6 } from "../../../src/address6.ts";

export interface Field {
	/** Wireshark's name, "ip.src". */
	readonly name: string;
	/** For people: "Source". */
	readonly label: string;
	readonly value: string;
	/** What the value means, where a number does not say so itself: "SYN, ACK"; "". */
	readonly note: string;
	/** First byte in the frame, and how many. */
	readonly at: number;
	readonly length: number;
}

export interface Layer {
	/** Wireshark's name of the protocol, "ip". */
	readonly name: string;
	/** For people, with what matters most: "IPv4, 192.168.77.1 → 192.168.77.2". */
	title: string;
	readonly at: number;
	length: number;
	readonly fields: Field[];
}

/** A frame taken apart. */
export interface Packet {
	readonly layers: readonly Layer[];
	/** Of the innermost header that has addresses. */
	readonly source: string;
	readonly destination: string;
	/** The innermost protocol that is known, as a list shows it: "TCP". */
	readonly protocol: string;
	/** One line. */
	readonly info: string;
}

/** The bytes end before what their protocol says, or cannot be what they say. */
export class CutOff extends Error {}

/** A frame of tags within tags would have thousands. */
const MOST_LAYERS = 100;

/** A packet that is being taken apart. */
export class Dissection implements Packet {
	readonly layers: Layer[] = [];
	readonly view: DataView;
	source = "";
	destination = "";
	protocol = "";
	info = "";
	/** Within what has no say in the list and may be cut off: the packet that an error message quotes, a first fragment. */
	quoted = false;

	constructor(view: DataView) {
		this.view = view;
	}

	/** Begins a layer at the cursor's place, which the cursor's fields belong to from now on. */
	layer(cursor: Cursor, name: string, title: string): Layer {
		if (this.layers.length === MOST_LAYERS) throw new CutOff(`more than ${MOST_LAYERS} layers`);
		const layer = { name, title, at: cursor.at, length: cursor.end - cursor.at, fields: [] };
		this.layers.push(layer);
		return layer;
	}

	/** What the list says of the packet. The packet that an error quotes has no say. */
	tell(protocol: string, info: string): void {
		if (this.quoted) return;
		this.protocol = protocol;
		this.info = info;
	}
}

/** A number as hexadecimal digits of that many bytes: "0x0800". */
export function hex(value: number, bytes: number): string {
	return `0x${(value >>> 0).toString(16).padStart(2 * bytes, "0")}`;
}

/** Reads fields in their order, up to an end that it never passes. */
export class Cursor {
	readonly dissection: Dissection;
	readonly view: DataView;
	at: number;
	end: number;

	constructor(dissection: Dissection, at: number, end: number) {
		this.dissection = dissection;
		this.view = dissection.view;
		this.at = at;
		this.end = end;
	}

	get left(): number {
		return this.end - this.at;
	}

	/** The next `length` bytes, as a cursor of their own; this one goes on behind them. */
	part(length: number): Cursor {
		const from = this.#take(length);
		return new Cursor(this.dissection, from, from + length);
	}

	skip(length: number): void {
		this.#take(length);
	}

	/** The next number, which is no field itself: its bits are. */
	raw(bytes: 1 | 2 | 4): number {
		return this.#read(this.#take(bytes), bytes);
	}

	/** A number of 1, 2 or 4 bytes, in decimal. `note` says what it means. */
	number(bytes: 1 | 2 | 4, name: string, label: string, note: Note = ""): number {
		const at = this.#take(bytes);
		const value = this.#read(at, bytes);
		this.add(name, label, String(value), at, bytes, typeof note === "string" ? note : note(value));
		return value;
	}

	/** The same in hexadecimal digits. */
	hex(bytes: 1 | 2 | 4, name: string, label: string, note: Note = ""): number {
		const at = this.#take(bytes);
		const value = this.#read(at, bytes);
		this.add(name, label, hex(value, bytes), at, bytes, typeof note === "string" ? note : note(value));
		return value;
	}

	/** Some bits of a number that stands at `at`: shown, not passed. */
	bits(at: number, bytes: number, value: number, name: string, label: string, note = ""): number {
		this.add(name, label, String(value), at, bytes, note);
		return value;
	}

	mac(name: string, label: string): string {
		return this.#text(6, name, label, (at) => this.#digits(at, 6, ":"));
	}

	ipv4(name: string, label: string): string {
		return this.#text(4, name, label, (at) => formatIpv4(this.view.getInt32(at)));
	}

	ipv6(name: string, label: string): string {
		return this.#text(16, name, label, (at) => ipv6At(this.view, at));
	}

	/** Bytes as hexadecimal digits. */
	bytes(length: number, name: string, label: string): string {
		return this.#text(length, name, label, (at) => this.#digits(at, length, ""));
	}

	/** Bytes as text of ASCII. */
	ascii(length: number, name: string, label: string): string {
		return this.#text(length, name, label, (at) => {
			let text = "";
			for (let i = 0; i < length; i++) text += printable(this.view.getUint8(at + i));
			return text;
		});
	}

	/** A field of the present layer. */
	add(name: string, label: string, value: string, at: number, length: number, note = ""): void {
		const { layers } = this.dissection;
		layers[layers.length - 1]!.fields.push({ name, label, value, note, at, length });
	}

	#text(length: number, name: string, label: string, read: (at: number) => string): string {
		const at = this.#take(length);
		const text = read(at);
		this.add(name, label, text, at, length);
		return text;
	}

	#digits(at: number, length: number, between: string): string {
		const all: string[] = [];
		for (let i = 0; i < length; i++)
			all.push(
				this.view
					.getUint8(at + i)
					.toString(16)
					.padStart(2, "0"),
			);
		return all.join(between);
	}

	#read(at: number, bytes: 1 | 2 | 4): number {
		return bytes === 1 ? this.view.getUint8(at) : bytes === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
	}

	#take(length: number): number {
		if (length < 0 || length > this.end - this.at) throw new CutOff(`${this.end - this.at} bytes are left, ${length} expected`);
		const at = this.at;
		this.at += length;
		return at;
	}
}

type Note = string | ((value: number) => string);

export function ipv6At(view: DataView, at: number): string {
	return formatIpv6([view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)]);
}

/** A character of ASCII that can be seen, or a dot. */
export function printable(code: number): string {
	return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ".";
}

/** Names of numbers; a number without one is said as it is. */
export function named(names: Readonly<Record<number, string>>): (value: number) => string {
	return (value) => names[value] ?? "";
}
