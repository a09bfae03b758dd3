// DHCP for IPv6, RFC 8415 §8, §21: messages are built and read, option by option. `at` is an offset, `end` that of the byte behind the last.

import { addressText } from "../../address.ts";
import { parseIpv6 } from "../../address6.ts";
import { namesIn } from "../../wire/names.ts";

export const CLIENT_PORT = 546;
export const SERVER_PORT = 547;
/** All_DHCP_Relay_Agents_and_Servers, §7.1. */
export const SERVERS = "ff02::1:2";

/** Messages, §7.3. */
export const SOLICIT = 1;
export const ADVERTISE = 2;
export const REQUEST = 3;
export const RENEW = 5;
export const REBIND = 6;
export const REPLY = 7;
export const RELEASE = 8;
export const DECLINE = 9;
export const INFORMATION = 11;

/** Options. */
const CLIENT_ID = 1;
const SERVER_ID = 2;
const IA_NA = 3;
const IA_ADDRESS = 5;
const ORO = 6;
const PREFERENCE = 7;
const ELAPSED = 8;
const STATUS = 13;
const DNS = 23;
const DOMAINS = 24;
const IA_PD = 25;
const IA_PREFIX = 26;
const REFRESH = 32;

/** Status codes, §21.13. */
export const NO_BINDING = 3;

/** Of lifetimes, s: for good. RFC 8415 §7.7. */
export const FOREVER = 0xffffffff;
/** At most so many name servers and domains are taken. */
const MOST = 4;

/** An address, or a prefix of `length` bits, that is lent; seconds, 0xffffffff: for good. */
export interface Lent {
	readonly address: string;
	readonly length: number;
	readonly preferred: number;
	readonly valid: number;
}

/** What is said of one identity association. */
export interface Association {
	readonly t1: number;
	readonly t2: number;
	/** 0: success. */
	readonly status: number;
	readonly lent: Lent | undefined;
}

export interface Answer {
	readonly type: number;
	readonly transaction: number;
	readonly server: Uint8Array;
	readonly preference: number;
	readonly status: number;
	readonly dns: readonly string[];
	readonly domains: readonly string[];
	/** Seconds after which other things are to be asked for again, -1 when nothing is said. RFC 8415 §21.23. */
	readonly refresh: number;
	readonly address: Association | undefined;
	readonly prefix: Association | undefined;
}

/** Calls `each` for every option in bytes `at` to `end`. Answers false when one does not fit. */
function walk(view: DataView, at: number, end: number, each: (code: number, from: number, to: number) => void): boolean {
	let option = at;
	while (option < end) {
		if (end - option < 4) return false;
		const to = option + 4 + view.getUint16(option + 2);
		if (to > end) return false;
		each(view.getUint16(option), option + 4, to);
		option = to;
	}
	return true;
}

function same(view: DataView, from: number, to: number, bytes: Uint8Array): boolean {
	return to - from === bytes.length && bytes.every((byte, i) => view.getUint8(from + i) === byte);
}

function association(view: DataView, at: number, end: number, id: number): Association | undefined {
	if (end - at < 12 || view.getInt32(at) !== id) return undefined;
	let status = 0;
	let lent: Lent | undefined;
	const t1 = view.getUint32(at + 4);
	const t2 = view.getUint32(at + 8);
	const whole = walk(view, at + 12, end, (code, from, to) => {
		if (code === STATUS && to - from >= 2) status = view.getUint16(from);
		else if (code === IA_ADDRESS && to - from >= 24) {
			const [preferred, valid] = [view.getUint32(from + 16), view.getUint32(from + 20)];
			if (preferred <= valid) lent ??= { address: addressText(view, from), length: 128, preferred, valid };
		} else if (code === IA_PREFIX && to - from >= 25) {
			const [preferred, valid] = [view.getUint32(from), view.getUint32(from + 4)];
			const length = view.getUint8(from + 8);
			if (preferred <= valid && length <= 64) lent ??= { address: addressText(view, from + 9), length, preferred, valid };
		}
	});
	// RFC 8415 §21.4: T1 beyond T2 cannot be.
	if (!whole || (t1 > t2 && t2 > 0)) return undefined;
	return { t1, t2, status, lent };
}

/** The message of a server for the client with that DUID and that identity in bytes 0 to `end`, undefined when it is none. §16.3, §16.10. */
export function answerIn(view: DataView, end: number, duid: Uint8Array, id: number): Answer | undefined {
	if (end < 4) return undefined;
	const type = view.getUint8(0);
	if (type !== ADVERTISE && type !== REPLY) return undefined;
	let ours = false;
	let server: Uint8Array | undefined;
	let preference = 0;
	let status = 0;
	let refresh = -1;
	let address: Association | undefined;
	let prefix: Association | undefined;
	const dns: string[] = [];
	let domains: string[] = [];
	const whole = walk(view, 4, end, (code, from, to) => {
		const length = to - from;
		if (code === CLIENT_ID) ours = same(view, from, to, duid);
		else if (code === SERVER_ID && length >= 3 && length <= 130)
			server = Uint8Array.from({ length }, (_, i) => view.getUint8(from + i));
		else if (code === PREFERENCE && length === 1) preference = view.getUint8(from);
		else if (code === STATUS && length >= 2) status = view.getUint16(from);
		else if (code === REFRESH && length === 4) refresh = view.getUint32(from);
		else if (code === IA_NA) address ??= association(view, from, to, id);
		else if (code === IA_PD) prefix ??= association(view, from, to, id);
		else if (code === DOMAINS) domains = namesIn(view, from, to, MOST);
		else if (code === DNS)
			for (let i = from; i + 16 <= to && dns.length < MOST; i += 16) {
				const text = addressText(view, i);
				if (text.includes(":")) dns.push(text);
			}
	});
	if (!whole || !ours || server === undefined) return undefined;
	const transaction = view.getUint32(0) & 0xffffff;
	return { type, transaction, server, preference, status, dns, domains, refresh, address, prefix };
}

/** What a client says. */
export interface Question {
	readonly type: number;
	readonly transaction: number;
	readonly duid: Uint8Array;
	/** Absent: any server. */
	readonly server?: Uint8Array | undefined;
	/** Since the first message of the exchange. */
	readonly elapsedMs: number;
	/** Of both identity associations. */
	readonly id: number;
	/** Whether there is to be an association, and what it has so far. */
	readonly address?: { readonly lent?: Lent | undefined } | undefined;
	readonly prefix?: { readonly lent?: Lent | undefined } | undefined;
}

/** Writes it to the beginning of `view`, which has room for 512 bytes. Answers its length. */
export function questionPut(view: DataView, question: Question): number {
	const { type, transaction, duid, server, elapsedMs, id, address, prefix } = question;
	view.setUint32(0, (type << 24) | transaction);
	let at = 4;
	const option = (code: number, length: number) => {
		view.setUint16(at, code);
		view.setUint16(at + 2, length);
		at += 4 + length;
		return at - length;
	};
	const bytes = (code: number, from: Uint8Array) => {
		const to = option(code, from.length);
		for (let i = 0; i < from.length; i++) view.setUint8(to + i, from[i]!);
	};
	bytes(CLIENT_ID, duid);
	if (server !== undefined) bytes(SERVER_ID, server);
	view.setUint16(option(ELAPSED, 2), Math.min(0xffff, Math.floor(elapsedMs / 10)));
	if (type !== RELEASE && type !== DECLINE) {
		const asked = type === INFORMATION ? [DNS, DOMAINS, REFRESH] : [DNS, DOMAINS];
		const to = option(ORO, 2 * asked.length);
		for (let i = 0; i < asked.length; i++) view.setUint16(to + 2 * i, asked[i]!);
	}
	/** What is lent lies at the end of an association, with its lifetimes 0: §18.2. */
	const associated = (code: number, inner: number, { lent }: { readonly lent?: Lent | undefined }) => {
		const length = inner === IA_ADDRESS ? 24 : 25;
		const to = option(code, lent === undefined ? 12 : 16 + length);
		view.setInt32(to, id);
		view.setInt32(to + 4, 0);
		view.setInt32(to + 8, 0);
		if (lent === undefined) return;
		const from = to + 16;
		view.setUint16(to + 12, inner);
		view.setUint16(to + 14, length);
		for (let i = 0; i < length; i++) view.setUint8(from + i, 0);
		if (inner === IA_PREFIX) view.setUint8(from + 8, lent.length);
		const words = parseIpv6(lent.address)!;
		for (let i = 0; i < 4; i++) view.setInt32(from + (inner === IA_PREFIX ? 9 : 0) + 4 * i, words[i]!);
	};
	if (address !== undefined) associated(IA_NA, IA_ADDRESS, address);
	if (prefix !== undefined) associated(IA_PD, IA_PREFIX, prefix);
	return at;
}
