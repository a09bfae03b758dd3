// Resource records of ours, and what they are made of. RFC 1035 §3.3, RFC 2782 (SRV), RFC 3596 (AAAA), RFC 4034 §4 (NSEC), RFC 6763 §6 (TXT).

import { familyBits } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import { parseIpv6 } from "../../address6.ts";
import * as check from "../../io/options.ts";
import { folded, TYPE_A, TYPE_AAAA, TYPE_NSEC, TYPE_PTR, TYPE_SRV, TYPE_TXT } from "../../wire/dns.ts";
import { Name, utf8 } from "./names.ts";

/** Seconds that records hold: those with a host's name or address in them, and all others. RFC 6762 §10. */
const HOST_TTL = 120;
const OTHER_TTL = 4500;
/** Longest string of a TXT record. */
const MAX_STRING = 255;
/** All that is said of a service; what one datagram has room for, with the rest of an answer. RFC 6763 §6.2. */
const MAX_TXT = 1000;

/** A record as it is to be. */
export interface Content {
	readonly name: Name;
	readonly type: number;
	/** Nobody else has any of that name and type: RFC 6762 §2. */
	readonly unique: boolean;
	/** Seconds. */
	readonly ttl: number;
	/** Its data is what comes before a name in it, the name, where it has one, and what comes behind. */
	readonly head: Uint8Array;
	readonly target?: Name;
	readonly tail: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** All of a record's data, names without compression. */
export function dataOf({ head, target, tail }: Content): Uint8Array {
	if (target === undefined) return head;
	const data = new Uint8Array(head.length + target.octets.length + tail.length);
	data.set(head);
	data.set(target.octets, head.length);
	data.set(tail, head.length + target.octets.length);
	return data;
}

/** Which record it is, as a text. */
export function keyOf(content: Content): string {
	let key = `${content.name.text} ${content.type} `;
	const data = dataOf(content);
	for (let i = 0; i < data.length; i++) key += String.fromCharCode(data[i]!);
	return key;
}

/** Whether two records of a type say the same; names in them may differ in case. */
export function sameData(type: number, one: Uint8Array, other: Uint8Array): boolean {
	if (one.length !== other.length) return false;
	// Lengths of labels cannot be taken for letters: they are below.
	const names = type === TYPE_PTR ? 0 : type === TYPE_SRV ? 6 : one.length;
	for (let i = 0; i < one.length; i++)
		if (one[i] !== other[i] && (i < names || folded(one[i]!) !== folded(other[i]!))) return false;
	return true;
}

/** Bytes of an address as a record has them. */
export function addressBytes(address: string): Uint8Array {
	if (familyBits(address) === 32) {
		const v4 = parseIpv4(address)!;
		return Uint8Array.of(v4 >>> 24, v4 >> 16, v4 >> 8, v4);
	}
	const bytes = new Uint8Array(16);
	for (const [i, word] of parseIpv6(address)!.entries()) bytes.set([word >>> 24, word >> 16, word >> 8, word], 4 * i);
	return bytes;
}

export function addressRecord(name: Name, address: string): Content {
	const type = familyBits(address) === 32 ? TYPE_A : TYPE_AAAA;
	return { name, type, unique: true, ttl: HOST_TTL, head: addressBytes(address), tail: NOTHING };
}

/** From an address to its host: RFC 1035 §3.5, RFC 3596 §2.5. */
export function reverseRecord(address: string, host: Name): Content {
	const bytes = [...addressBytes(address)].reverse();
	const labels =
		bytes.length === 4
			? [...bytes.map(String), "in-addr"]
			: [...bytes.flatMap((byte) => [(byte & 15).toString(16), (byte >> 4).toString(16)]), "ip6"];
	const name = new Name([...labels, "arpa"]);
	return { name, type: TYPE_PTR, unique: true, ttl: HOST_TTL, head: NOTHING, target: host, tail: NOTHING };
}

export function pointer(name: Name, target: Name): Content {
	return { name, type: TYPE_PTR, unique: false, ttl: OTHER_TTL, head: NOTHING, target, tail: NOTHING };
}

/** Priority and weight 0: there is one host that has it. */
export function serviceRecord(name: Name, port: number, host: Name): Content {
	const head = Uint8Array.of(0, 0, 0, 0, port >> 8, port & 255);
	return { name, type: TYPE_SRV, unique: true, ttl: HOST_TTL, head, target: host, tail: NOTHING };
}

export function textRecord(name: Name, data: Uint8Array): Content {
	return { name, type: TYPE_TXT, unique: true, ttl: OTHER_TTL, head: data, tail: NOTHING };
}

/** Which types there are of a name, and so which there are not: RFC 6762 §6.1, all in the first window. */
export function negative(name: Name, types: readonly number[]): Content {
	const most = Math.max(...types);
	const tail = new Uint8Array(2 + (most >> 3) + 1);
	tail[1] = tail.length - 2;
	for (const type of types) tail[2 + (type >> 3)]! |= 0x80 >> (type & 7);
	return { name, type: TYPE_NSEC, unique: true, ttl: HOST_TTL, head: NOTHING, target: name, tail };
}

/** What a program may say of a service: `{ path: "/", secure: true }` is "path=/" and "secure". */
export type Text = Readonly<Record<string, string | number | boolean>>;

/** RFC 6763 §6. Throws TypeError or RangeError that names the value. */
export function textOf(option: string, value: unknown): Uint8Array {
	if (value === undefined) return Uint8Array.of(0);
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new TypeError(`${option} ${check.show(value)}: expected an object such as { path: "/" }`);
	const octets: number[] = [];
	for (const [key, said] of Object.entries(value as Text)) {
		if (!/^[ -<>-~]+$/.test(key))
			throw new RangeError(`${option}.${key}: expected a name of printable ASCII characters without "="`);
		if (typeof said !== "string" && typeof said !== "number" && typeof said !== "boolean")
			throw new TypeError(`${option}.${key} ${check.show(said)}: expected a string, a number, true or false`);
		if (said === false) continue; // §6.4: it is not there
		const own = utf8(said === true ? key : `${key}=${said}`);
		if (own.length > MAX_STRING)
			throw new RangeError(`${option}.${key}: has ${own.length} bytes with its name; expected at most ${MAX_STRING}`);
		octets.push(own.length, ...own);
	}
	if (octets.length > MAX_TXT)
		throw new RangeError(`${option}: has ${octets.length} bytes; expected at most ${MAX_TXT} altogether`);
	return octets.length === 0 ? Uint8Array.of(0) : Uint8Array.from(octets);
}
