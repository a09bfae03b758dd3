// The packets of MQTT 3.1.1 (OASIS, 2014) that a client sends and receives. Bytes come in pieces cut anywhere.

import { bytesOf } from "../http/text.ts";

/** Types of packets, in the upper four bits of the first byte. §2.2.1. */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** Flags of PUBLISH, §3.3.1; QoS is shifted by one. */
export const RETAIN = 1;
export const DUP = 8;

/** A text of up to 65,535 bytes with its length before it, §1.5.3. */
function text(value: string): Uint8Array {
	const bytes = new Uint8Array(bytesOf(value));
	if (bytes.length > 65_535) throw new RangeError(`text of ${bytes.length} bytes: expected at most 65535`);
	const field = new Uint8Array(2 + bytes.length);
	field[0] = bytes.length >> 8;
	field[1] = bytes.length & 0xff;
	field.set(bytes, 2);
	return field;
}

/** Puts type, flags and length before the parts. §2.2. */
function packet(type: number, flags: number, parts: ArrayLike<number>[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const head = [(type << 4) | flags];
	let rest = length;
	do {
		head.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		rest >>= 7;
	} while (rest > 0);
	const bytes = new Uint8Array(head.length + length);
	let at = 0;
	for (const part of [head, ...parts]) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

export interface Login {
	client: string;
	user?: string | undefined;
	password?: string | undefined;
	/** Seconds, 0 to 65,535. */
	keepAlive: number;
}

/** §3.1, with a clean session. */
export function connect({ client, user, password, keepAlive }: Login): Uint8Array {
	const flags = 0x02 | (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
	const parts = [text("MQTT"), [4, flags, keepAlive >> 8, keepAlive & 0xff], text(client)];
	if (user !== undefined) parts.push(text(user));
	if (password !== undefined) parts.push(text(password));
	return packet(CONNECT, 0, parts);
}

/** §3.3. `id` counts with QoS 1 only. */
export function publish(topic: string, payload: Uint8Array, qos: number, retain: boolean, id: number): Uint8Array {
	const parts = qos === 0 ? [text(topic), payload] : [text(topic), [id >> 8, id & 0xff], payload];
	return packet(PUBLISH, (qos << 1) | (retain ? RETAIN : 0), parts);
}

/** §3.4. */
export const puback = (id: number) => packet(PUBACK, 0, [[id >> 8, id & 0xff]]);
/** §3.8. */
export const subscribe = (id: number, filter: string, qos: number) =>
	packet(SUBSCRIBE, 2, [[id >> 8, id & 0xff], text(filter), [qos]]);
/** §3.12. */
export const pingreq = () => packet(PINGREQ, 0, []);
/** §3.14. */
export const disconnect = () => packet(DISCONNECT, 0, []);

/** Cuts the stream into packets, of which one at a time is kept. */
export class Reader {
	readonly #body: Uint8Array;
	#first = -1;
	#length = 0;
	#shift = 0;
	#have = 0;
	#lengthDone = false;
	/** Packets that were too long, and so were read over. */
	skipped = 0;

	/** `bytes`: longest packet that is kept. */
	constructor(bytes: number) {
		this.#body = new Uint8Array(bytes);
	}

	/** Forgets what it has: another connection begins. */
	reset(): void {
		this.#first = -1;
		this.#length = this.#shift = this.#have = 0;
		this.#lengthDone = false;
	}

	/**
	 * Takes bytes `at` to `end` and calls `whole` for every packet that is complete: its first byte, and its body, valid during the call. Stops when that answers false.
	 * Answers false for a length that is none: what `whole` throws is all that it throws.
	 */
	take(bytes: Uint8Array, at: number, end: number, whole: (first: number, body: Uint8Array) => boolean): boolean {
		while (at < end) {
			if (this.#first < 0) this.#first = bytes[at++]!;
			else if (!this.#lengthDone) {
				if (!this.#lengthByte(bytes[at++]!)) return false;
			} else at = this.#copy(bytes, at, end);
			if (!this.#lengthDone || this.#have < this.#length) continue;
			const first = this.#first;
			const length = this.#length;
			this.reset();
			if (length > this.#body.length) this.skipped++;
			else if (!whole(first, this.#body.subarray(0, length))) return true;
		}
		return true;
	}

	/** §2.2.3: seven bits a byte, four bytes at most. */
	#lengthByte(byte: number): boolean {
		this.#length |= (byte & 0x7f) << this.#shift;
		this.#shift += 7;
		this.#lengthDone = byte < 0x80;
		return this.#lengthDone || this.#shift < 28;
	}

	#copy(bytes: Uint8Array, at: number, end: number): number {
		const take = Math.min(end - at, this.#length - this.#have);
		if (this.#length <= this.#body.length) this.#body.set(bytes.subarray(at, at + take), this.#have);
		this.#have += take;
		return at + take;
	}
}
