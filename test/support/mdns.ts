// Messages of multicast DNS for tests, read and written as plainly as RFC 6762 §18 has them; nothing here comes from src/.

import { name as nameOf, record, type Record } from "./dns.ts";
import { ascii, concat, ip, ipText, read16, read32, u16, u32, type Bytes } from "./frames.ts";
import { ip6, ip6Text } from "./frames6.ts";

export const [A, PTR, TXT, AAAA, SRV, NSEC, ANY] = [1, 12, 16, 28, 33, 47, 255];
const WORDS: { [type: number]: string } = { 1: "A", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV", 47: "NSEC", 255: "ANY" };

export interface Heard {
	id: number;
	flags: number;
	/** "ANY board.local", with " QU" where it had better be answered alone. */
	questions: string[];
	/** "A board.local 10.0.0.1", with "!" before it where it flushes caches, and its TTL behind. */
	answers: string[];
	authorities: string[];
	additionals: string[];
}

function readName(bytes: Uint8Array, start: number): [string, number] {
	const labels: string[] = [];
	let at = start;
	let end = -1;
	for (let jumps = 0; jumps < 100;) {
		const length = bytes[at]!;
		if (length >= 192) {
			if (end < 0) end = at + 2;
			at = ((length & 63) << 8) | bytes[at + 1]!;
			jumps++;
			continue;
		}
		if (length === 0) return [labels.join("."), end < 0 ? at + 1 : end];
		labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
		at += 1 + length;
	}
	throw new Error("a circle");
}

function dataText(bytes: Uint8Array, type: number, at: number, end: number): string {
	if (type === A) return ipText(read32(bytes, at));
	if (type === AAAA) return ip6Text(bytes, at);
	if (type === PTR) return readName(bytes, at)[0];
	if (type === SRV) return `${read16(bytes, at)} ${read16(bytes, at + 2)} ${read16(bytes, at + 4)} ${readName(bytes, at + 6)[0]}`;
	if (type === NSEC) {
		const [name, map] = readName(bytes, at);
		const types: string[] = [];
		for (let i = map + 2; i < end; i++)
			for (let bit = 0; bit < 8; bit++) if (bytes[i]! & (128 >> bit)) types.push(WORDS[8 * (i - map - 2) + bit]!);
		return `${name} ${types.join("+")}`;
	}
	const strings: string[] = [];
	for (let i = at; i < end; i += 1 + bytes[i]!) strings.push(String.fromCharCode(...bytes.subarray(i + 1, i + 1 + bytes[i]!)));
	return JSON.stringify(strings);
}

/** Reads a message, all of which must be right. */
export function readMdns(bytes: Uint8Array): Heard {
	const heard: Heard = {
		id: read16(bytes, 0),
		flags: read16(bytes, 2),
		questions: [],
		answers: [],
		authorities: [],
		additionals: [],
	};
	let at = 12;
	for (let n = read16(bytes, 4); n > 0; n--) {
		const [name, end] = readName(bytes, at);
		heard.questions.push(`${WORDS[read16(bytes, end)]} ${name}${bytes[end + 2]! & 128 ? " QU" : ""}`);
		at = end + 4;
	}
	for (const [i, section] of ([heard.answers, heard.authorities, heard.additionals] as const).entries())
		for (let n = read16(bytes, 6 + 2 * i); n > 0; n--) {
			const [name, head] = readName(bytes, at);
			const type = read16(bytes, head);
			const end = head + 10 + read16(bytes, head + 8);
			const data = dataText(bytes, type, head + 10, end);
			section.push(`${bytes[head + 2]! & 128 ? "!" : ""}${WORDS[type]} ${name} ${data} ${read32(bytes, head + 4)}`);
			at = end;
		}
	if (at !== bytes.length) throw new Error(`${bytes.length} bytes, it ends at ${at}`);
	return heard;
}

export interface Said {
	id?: number;
	flags?: number;
	/** Type, name, class. */
	questions?: readonly (readonly [number, string, number?])[];
	answers?: number[][];
	authorities?: number[][];
}

/** The first label may be given whole, with dots in it, before "|". */
export function labels(text: string): number[] {
	const [first, rest] = text.includes("|") ? (text.split("|") as [string, string]) : [undefined, text];
	const bytes = first === undefined ? [] : [...ascii(first)];
	return [...(first === undefined ? [] : [bytes.length, ...bytes]), ...nameOf(rest)];
}

export function writeMdns({ id = 0, flags = 0, questions = [], answers = [], authorities = [] }: Said): Bytes {
	const asked = questions.map(([type, name, klass = 1]) => [...labels(name), ...u16(type), ...u16(klass)]);
	const counts = [questions.length, answers.length, authorities.length, 0].flatMap(u16);
	return concat(u16(id), u16(flags), counts, ...asked, ...answers, ...authorities);
}

const made = (type: number, owner: string, data: ArrayLike<number>, more: Partial<Record>) =>
	record({ type, owner: labels(owner), data, ttl: 120, ...more });
export const a = (owner: string, address: string, more: Partial<Record> = {}) => made(A, owner, u32(ip(address)), more);
export const aaaa = (owner: string, address: string, more: Partial<Record> = {}) => made(AAAA, owner, ip6(address), more);
export const ptr = (owner: string, to: string, more: Partial<Record> = {}) =>
	made(PTR, owner, labels(to), { ttl: 4500, ...more });
export const srv = (owner: string, port: number, host: string, more: Partial<Record> = {}) =>
	made(SRV, owner, [0, 0, 0, 0, ...u16(port), ...labels(host)], more);
export const txt = (owner: string, strings: string[], more: Partial<Record> = {}) =>
	made(TXT, owner, strings.length === 0 ? [0] : strings.flatMap((each) => [each.length, ...ascii(each)]), {
		ttl: 4500,
		...more,
	});
