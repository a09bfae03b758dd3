// What a forwarder looks at in messages of DNS, which it hands on as they are: RFC 5625 §4, RFC 6891 §6. What comes may be hostile: each function looks at bytes 0 to `end` only, and at DNS_RECORDS records.

import { DNS_MAX_NEGATIVE_TTL_S, DNS_MAX_TTL_S, DNS_RECORDS } from "../../config.ts";
import * as dns from "../../wire/dns.ts";
import { DNS_FORWARD_BYTES } from "./limits.ts";

const AUTHENTIC = 0x0020;
const CHECKING_OFF = 0x0010;
const RECURSION_AVAILABLE = 0x0080;

const TYPE_SIG = 24;
const TYPE_TSIG = 250;
const TYPE_IXFR = 251;
const TYPE_AXFR = 252;
/** From here on types stand for others, or for all: answers to them are another time's. RFC 6895 §3.1. */
const TYPES_OF_QUESTIONS = 128;
/** Of an OPT record: who asks wants signatures, RFC 3225 §3. */
const DNSSEC_OK = 0x8000;
const OPTION_COOKIE = 10;
/** An OPT record without options. */
const OPT_BYTES = 11;
/** What every client takes by UDP: RFC 1035 §2.3.4. */
const LEAST_BYTES = 512;

/** What of a query matters to who hands it on. */
export interface Query {
	/** Bytes of it. */
	readonly end: number;
	/** Where its only question ends; 0: it is no standard query for one name, and nothing is known of it. */
	readonly question: number;
	/** The name, as it was asked for in lower case; "" where there is none, or the root's. */
	readonly name: string;
	readonly type: number;
	/** Whether it may be answered from memory, and its answer remembered. */
	readonly plain: boolean;
	/** What of its flags makes another answer: RD, AD and CD, beside that DO. */
	readonly flags: number;
	/** Where its OPT record begins, 0: it has none. */
	readonly opt: number;
	/** Bytes of an answer that fit whoever asks, by UDP. */
	readonly most: number;
}

/** Whether it is a query at all: others are not answered, not even with an error, as two servers would for ever. */
export function isQuery(view: DataView, end: number): boolean {
	return end >= dns.HEADER && (view.getUint16(dns.FLAGS) & dns.RESPONSE) === 0;
}

/** Reads a query. Undefined: it is broken. */
export function readQuery(view: DataView, end: number): Query | undefined {
	const unknown = { end, question: 0, name: "", type: 0, plain: false, flags: 0, opt: 0, most: LEAST_BYTES };
	if ((view.getUint16(dns.FLAGS) & dns.OPCODE) !== 0 || dns.questions(view, 0) !== 1) return unknown;
	const question = questionEnd(view, end);
	if (question < 0) return undefined;
	const name = dns.readName(view, 0, end, dns.HEADER);
	if (name === undefined) return undefined;
	let plain = dns.answers(view, 0) === 0 && dns.authorities(view, 0) === 0;
	let { flags, most } = unknown;
	let opt = 0;
	let signed = false;
	let place = question;
	const records = dns.answers(view, 0) + dns.authorities(view, 0) + dns.additionals(view, 0);
	for (let i = 0; i < records; i++) {
		const next = i < DNS_RECORDS ? dns.recordEnd(view, end, place) : -1;
		if (next < 0) return undefined;
		const head = dns.nameEnd(view, end, place);
		const type = dns.recordType(view, head);
		// A signature covers all before it: such a message is nobody's to change.
		if (type === TYPE_TSIG || type === TYPE_SIG) signed = true;
		else if (type !== dns.TYPE_OPT || opt !== 0) plain = false;
		else {
			opt = place;
			most = Math.min(Math.max(view.getUint16(head + 2), LEAST_BYTES), DNS_FORWARD_BYTES);
			// Of a version or with flags that nobody knows yet.
			if ((view.getInt32(head + 4) & ~DNSSEC_OK) !== 0 || !onlyCookies(view, dns.recordData(head), next)) plain = false;
			flags |= view.getUint16(head + 6) & DNSSEC_OK;
		}
		place = next;
	}
	const type = view.getUint16(question - 4);
	const ordinary = (type < TYPES_OF_QUESTIONS || type > 255) && view.getUint16(question - 2) === dns.CLASS_IN;
	const wanted = view.getUint16(dns.FLAGS) & (dns.RECURSION_DESIRED | AUTHENTIC | CHECKING_OFF);
	plain &&= !signed && place === end && ordinary && (wanted & dns.RECURSION_DESIRED) !== 0;
	return { end, question, name, type, plain, flags: flags | wanted, opt: signed ? 0 : opt, most };
}

/** Where the first question ends, -1 when it is none: its name has nothing to point to. */
function questionEnd(view: DataView, end: number): number {
	const name = dns.nameEnd(view, end, dns.HEADER);
	if (name < 0 || name + 4 > end || view.getUint8(name - 1) !== 0) return -1;
	return name + 4;
}

/** Whether an OPT record has no options but cookies, which are between neighbours and make no other answer: RFC 7873 §4. */
function onlyCookies(view: DataView, from: number, end: number): boolean {
	let at = from;
	while (at + 4 <= end) {
		if (view.getUint16(at) !== OPTION_COOKIE) return false;
		at += 4 + view.getUint16(at + 2);
	}
	return at === end;
}

/** The query says that no longer answers fit than come here whole. RFC 6891 §6.2.3: what is longer is truncated, and asked for by TCP. */
export function limitSize(view: DataView, { opt }: Query): void {
	if (opt !== 0) view.setUint16(opt + 3, Math.min(view.getUint16(opt + 3), DNS_FORWARD_BYTES));
}

/** Whether bytes 0 to `end` answer that query, which was sent with this id. Letters may differ in case: whoever asked looks at that. RFC 5452 §9.1. */
export function answers(view: DataView, end: number, query: DataView, { question }: Query, id: number): boolean {
	if (end < dns.HEADER || (view.getUint16(dns.FLAGS) & dns.RESPONSE) === 0 || dns.id(view, 0) !== id) return false;
	if (((view.getUint16(dns.FLAGS) ^ query.getUint16(dns.FLAGS)) & dns.OPCODE) !== 0) return false;
	if (question === 0) return true;
	if (dns.questions(view, 0) === 0) return dns.responseCode(view, 0) !== 0 && dns.responseCode(view, 0) !== dns.NAME_ERROR;
	return end >= question && dns.sameQuestion(view, 0, end, query, 0, question, false);
}

/** Whether an answer says that there is nothing. */
export function isDenial(view: DataView): boolean {
	const code = dns.responseCode(view, 0);
	return code === dns.NAME_ERROR || (code === dns.NO_ERROR && dns.answers(view, 0) === 0 && !dns.truncated(view, 0));
}

/** An answer that may be remembered: for how many seconds, and where it ends, without its OPT record. */
export interface Keepable {
	readonly seconds: number;
	readonly end: number;
}

/** Whether an answer to such a query may be remembered: RFC 1035 §7.4, RFC 2308 §5, RFC 6891 §6.2.1. Undefined: it may not. */
export function keepable(view: DataView, end: number, { question, type: wanted }: Query): Keepable | undefined {
	const code = dns.responseCode(view, 0);
	const counts = [dns.answers(view, 0), dns.authorities(view, 0), dns.additionals(view, 0)] as const;
	if (dns.truncated(view, 0) || (code !== dns.NO_ERROR && code !== dns.NAME_ERROR)) return undefined;
	if (dns.questions(view, 0) !== 1 || counts[0] + counts[1] + counts[2] > DNS_RECORDS) return undefined;
	let seconds = DNS_MAX_TTL_S;
	let found = false;
	let denied = false;
	let last = end;
	let place = question;
	for (let section = 0; section < 3; section++)
		for (let i = counts[section]!; i > 0; i--) {
			const next = dns.recordEnd(view, end, place);
			// What the OPT record says is of this answer alone; behind it nothing else is looked for.
			if (next < 0 || last < end) return undefined;
			const head = dns.nameEnd(view, end, place);
			const type = dns.recordType(view, head);
			if (type === TYPE_TSIG || type === TYPE_SIG) return undefined;
			if (type === dns.TYPE_OPT) {
				if (section !== 2 || view.getUint8(head + 4) !== 0) return undefined;
				last = place;
			} else seconds = Math.min(seconds, dns.recordTtl(view, head));
			if (section === 0 && type === wanted) found = true;
			if (section === 1 && type === dns.TYPE_SOA && next - dns.recordData(head) >= 22) {
				denied = true;
				const minimum = view.getInt32(next - 4);
				if (!found) seconds = Math.min(seconds, minimum < 0 ? 0 : minimum);
			}
			place = next;
		}
	if (place !== end) return undefined;
	if (!found) seconds = denied ? Math.min(seconds, DNS_MAX_NEGATIVE_TTL_S) : 0;
	return seconds > 0 ? { seconds, end: last } : undefined;
}

/** A zone or part of it comes in many messages by one connection: RFC 5936, RFC 1995. Forwarders are no way to it. */
export function isTransfer({ type }: Query): boolean {
	return type === TYPE_IXFR || type === TYPE_AXFR;
}

/** Takes the seconds that an answer was remembered off the TTLs of its records, which are well formed. */
export function age(view: DataView, end: number, question: number, seconds: number): void {
	for (let place = question; place < end; place = dns.recordEnd(view, end, place)) {
		const ttl = dns.nameEnd(view, end, place) + 4;
		view.setInt32(ttl, Math.max(view.getInt32(ttl) - seconds, 0));
	}
}

/** Makes what was remembered, in bytes 0 to `end`, the answer to a query: its id, its name letter by letter, an OPT record where it has one. Answers where it ends. */
export function adapt(view: DataView, end: number, asked: DataView, query: Query): number {
	view.setUint16(0, dns.id(asked, 0));
	view.setUint16(dns.FLAGS, view.getUint16(dns.FLAGS) & ~dns.AUTHORITATIVE);
	for (let i = dns.HEADER; i < query.question; i++) view.setUint8(i, asked.getUint8(i));
	return addOpt(view, end, query);
}

/** Writes an answer of our own without records. Answers where it ends. */
export function writeAnswer(view: DataView, asked: DataView, query: Query | undefined, code: number, flags = 0): number {
	const end = query === undefined || query.question === 0 ? dns.HEADER : query.question;
	const theirs = asked.getUint16(dns.FLAGS) & (dns.OPCODE | dns.RECURSION_DESIRED | CHECKING_OFF);
	view.setUint16(0, dns.id(asked, 0));
	view.setUint16(dns.FLAGS, dns.RESPONSE | theirs | RECURSION_AVAILABLE | flags | code);
	view.setInt32(4, end === dns.HEADER ? 0 : 0x10000);
	view.setInt32(8, 0);
	for (let i = dns.HEADER; i < end; i++) view.setUint8(i, asked.getUint8(i));
	return query === undefined ? end : addOpt(view, end, query);
}

/** The answer is too long for UDP: RFC 2181 §9. */
export function writeTruncated(view: DataView, asked: DataView, query: Query): number {
	return writeAnswer(view, asked, query, dns.NO_ERROR, dns.TRUNCATED);
}

function addOpt(view: DataView, end: number, { opt, flags }: Query): number {
	if (opt === 0) return end;
	view.setUint8(end, 0);
	dns.writeRecordHead(view, end + 1, dns.TYPE_OPT, DNS_FORWARD_BYTES, flags & DNSSEC_OK, 0);
	dns.countUp(view, 0, 3);
	return end + OPT_BYTES;
}

/** Of the names that nobody is asked for what is said of them: RFC 6761 §6.3, §6.4, RFC 6762 §22.1, RFC 7686 §2. Answers the end of an answer, 0: it is no such name. */
export function writeSpecial(view: DataView, asked: DataView, query: Query): number {
	const { name, type, question } = query;
	if (question === 0) return 0;
	const last = name.slice(name.lastIndexOf(".") + 1);
	if (last === "invalid" || last === "local" || last === "onion") return writeAnswer(view, asked, query, dns.NAME_ERROR);
	if (last !== "localhost") return 0;
	const end = writeAnswer(view, asked, { ...query, opt: 0 }, dns.NO_ERROR);
	if (type !== dns.TYPE_A && type !== dns.TYPE_AAAA) return addOpt(view, end, query);
	view.setUint16(end, 0xc000 | dns.HEADER);
	const length = type === dns.TYPE_A ? 4 : 16;
	const data = dns.writeRecordHead(view, end + 2, type, dns.CLASS_IN, 600, length);
	for (let i = 0; i < length; i++) view.setUint8(data + i, i === length - 1 ? 1 : i === 0 && length === 4 ? 127 : 0);
	dns.countUp(view, 0, 1);
	return addOpt(view, data + length, query);
}
