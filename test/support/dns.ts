// DNS messages for tests, written as plainly as RFC 1035 §4 has them; nothing here comes from src/.

import { ascii, concat, ip, read16, u16, u32 } from "./frames.ts";

export const A = 1;
export const NS = 2;
export const CNAME = 5;
export const SOA = 6;
export const TXT = 16;
export const AAAA = 28;

export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const REFUSED = 5;

/** A name without compression. */
export function name(text: string): number[] {
	const bytes: number[] = [];
	for (const label of text === "" ? [] : text.split(".")) bytes.push(label.length, ...ascii(label));
	return [...bytes, 0];
}

/** A compression pointer. */
export function pointer(to: number): number[] {
	return [0xc0 | (to >> 8), to & 255];
}

/** The question's name: where it stands in every message. */
export const QUESTION = pointer(12);

export interface Record {
	/** A text, or bytes as they are. The question's name when missing. */
	owner?: string | number[];
	type: number;
	class?: number;
	ttl?: number;
	data: ArrayLike<number>;
	/** The right one when missing. */
	length?: number;
}

export function record(fields: Record): number[] {
	const { owner = QUESTION, type, ttl = 60, data } = fields;
	return [
		...(typeof owner === "string" ? name(owner) : owner),
		...u16(type),
		...u16(fields.class ?? 1),
		...u32(ttl),
		...u16(fields.length ?? data.length),
		...Array.from(data),
	];
}

export function a(address: string, more: Partial<Record> = {}): number[] {
	return record({ type: A, data: u32(ip(address)), ...more });
}

export function aaaa(words: number[], more: Partial<Record> = {}): number[] {
	return record({ type: AAAA, data: words.flatMap(u16), ...more });
}

export function cname(owner: string, target: string | number[], more: Partial<Record> = {}): number[] {
	return record({ owner, type: CNAME, data: typeof target === "string" ? name(target) : target, ...more });
}

export function soa(zone: string, minimum: number, more: Partial<Record> = {}): number[] {
	const data = concat(name("ns"), name("root"), u32(1), u32(2), u32(3), u32(4), u32(minimum));
	return record({ owner: zone, type: SOA, data, ...more });
}

/** As one. Without `flat`, which takes all of it onto XS's stack. */
function joined(parts: number[][]): Uint8Array {
	const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		result.set(part, at);
		at += part.length;
	}
	return result;
}

export interface Message {
	id: number;
	/** QR and RD when missing. */
	flags?: number;
	truncated?: boolean;
	code?: number;
	/** The bytes of the question section. */
	question?: ArrayLike<number>;
	answers?: number[][];
	authorities?: number[][];
	/** The right ones when missing: questions, answers, authorities, additional records. */
	counts?: number[];
	/** Bytes at the end. */
	rest?: ArrayLike<number>;
}

export function message(fields: Message): Uint8Array<ArrayBuffer> {
	const { id, question = [], answers = [], authorities = [], rest = [] } = fields;
	const flags = (fields.flags ?? 0x8180) | (fields.truncated ? 0x0200 : 0) | (fields.code ?? 0);
	const counts = fields.counts ?? [question.length > 0 ? 1 : 0, answers.length, authorities.length, 0];
	return concat(u16(id), u16(flags), counts.flatMap(u16), question, joined(answers), joined(authorities), rest);
}

export interface Query {
	id: number;
	flags: number;
	name: string;
	type: number;
	/** Bytes of the question section. */
	question: Uint8Array;
}

/** Reads a query as our stack sends it. Throws Error for anything else. */
export function readQuery(bytes: Uint8Array): Query {
	const counts = [4, 6, 8, 10].map((at) => read16(bytes, at));
	if (counts.join() !== "1,0,0,0") throw new Error(`counts ${counts.join()}`);
	const labels: string[] = [];
	let at = 12;
	for (let length = bytes[at]!; length !== 0; length = bytes[at]!) {
		if (length > 63) throw new Error(`label of ${length}`);
		labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
		at += 1 + length;
	}
	if (at + 5 !== bytes.length) throw new Error(`${bytes.length} bytes, the question ends at ${at + 5}`);
	if (read16(bytes, at + 3) !== 1) throw new Error(`class ${read16(bytes, at + 3)}`);
	const question = bytes.slice(12, at + 5);
	return { id: read16(bytes, 0), flags: read16(bytes, 2), name: labels.join("."), type: read16(bytes, at + 1), question };
}
