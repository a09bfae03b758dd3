// Messages of multicast DNS: written with names compressed, and read as far as our own names are in them.

import { DNS_RECORDS } from "../../config.ts";
import * as dns from "../../wire/dns.ts";
import type { Name } from "./names.ts";
import type { Content } from "./records.ts";

/** Sections of a message. */
export const ANSWER = 1;
export const AUTHORITY = 2;
export const ADDITIONAL = 3;

/** Largest offset that a pointer has. */
const FARTHEST = 0x3fff;

export class Writer {
	readonly buffer: Uint8Array;
	readonly #view: DataView;
	/** Where names and their ends stand. */
	readonly #names = new Map<string, number>();
	length = 0;
	/** Bytes that it may come to. */
	most = 0;

	constructor(bytes: number) {
		this.buffer = new Uint8Array(bytes);
		this.#view = new DataView(this.buffer.buffer);
	}

	begin(id: number, answer: boolean, most: number): void {
		this.#names.clear();
		this.most = Math.min(most, this.buffer.length);
		this.length = dns.HEADER;
		dns.writeHeader(this.#view, 0, id, answer);
	}

	get empty(): boolean {
		return this.length === dns.HEADER;
	}

	/** False when there is no room. */
	question(name: Name, type: number, klass: number): boolean {
		const at = this.#name(this.length, name, true);
		if (at < 0 || at + 4 > this.most) return this.#back();
		this.#view.setUint16(at, type);
		this.#view.setUint16(at + 2, klass);
		return this.#done(0, at + 4);
	}

	/** The same. `plain`: names in SRV records are not compressed, for those who know DNS alone (RFC 2782). */
	record(section: number, { name, type, head, target, tail }: Content, klass: number, ttl: number, plain: boolean): boolean {
		const at = this.#name(this.length, name, true);
		let to = at + dns.RECORD_HEAD;
		if (at < 0 || to + head.length > this.most) return this.#back();
		this.buffer.set(head, to);
		to += head.length;
		if (target !== undefined) to = this.#name(to, target, !plain || type === dns.TYPE_PTR);
		if (to < 0 || to + tail.length > this.most) return this.#back();
		this.buffer.set(tail, to);
		to += tail.length;
		dns.writeRecordHead(this.#view, at, type, klass, ttl, to - at - dns.RECORD_HEAD);
		return this.#done(section, to);
	}

	#done(section: number, end: number): true {
		this.length = end;
		dns.countUp(this.#view, 0, section);
		return true;
	}

	/** Nothing was written. */
	#back(): false {
		for (const [text, at] of this.#names) if (at >= this.length) this.#names.delete(text);
		return false;
	}

	/** Answers where it ends, -1 when there is no room. */
	#name(from: number, { octets, text }: Name, compressed: boolean): number {
		let at = from;
		let rest = text;
		for (let i = 0; ;) {
			const length = octets[i]!;
			const known = compressed && length > 0 ? this.#names.get(rest) : undefined;
			if (at + (known === undefined ? 1 + length : 2) > this.most) return -1;
			if (known !== undefined) {
				this.#view.setUint16(at, 0xc000 | known);
				return at + 2;
			}
			for (let j = 0; j <= length; j++) this.buffer[at + j] = octets[i + j]!;
			if (length === 0) return at + 1;
			if (at <= FARTHEST && !this.#names.has(rest)) this.#names.set(rest, at);
			at += 1 + length;
			i += 1 + length;
			rest = rest.slice(rest.indexOf(".") + 1);
		}
	}
}

export interface Question {
	readonly name: Name;
	readonly type: number;
	/** The answer had better come by unicast. RFC 6762 §5.4. */
	readonly unicast: boolean;
}

/** A record with a name of ours. */
export interface Received {
	readonly name: Name;
	readonly type: number;
	/** Seconds. */
	readonly ttl: number;
	/** Names in it without compression. */
	readonly data: Uint8Array;
}

export interface Message {
	readonly query: boolean;
	readonly id: number;
	/** More of what the asker knows follows. */
	readonly truncated: boolean;
	readonly questions: readonly Question[];
	readonly answers: readonly Received[];
	/** Of a query: what the asker is about to have. */
	readonly authorities: readonly Received[];
	readonly additionals: readonly Received[];
}

/** What a message says of `names`; undefined when it is none, or to be ignored (RFC 6762 §18.3, §18.11). Of a message that ends too early, what is before that. */
export function readMessage(view: DataView, end: number, names: readonly Name[]): Message | undefined {
	const query = dns.isQuery(view, 0, end);
	if ((!query && !dns.isAnswer(view, 0, end)) || dns.responseCode(view, 0) !== dns.NO_ERROR) return undefined;
	const questions: Question[] = [];
	const sections: [Received[], Received[], Received[]] = [[], [], []];
	const [answers, authorities, additionals] = sections;
	const message = { query, id: dns.id(view, 0), truncated: dns.truncated(view, 0), questions, answers, authorities, additionals };
	const known = (from: number) => names.find(({ folded }) => dns.nameEquals(view, 0, end, from, folded));
	let from = dns.HEADER;
	let left = DNS_RECORDS;
	for (let n = dns.questions(view, 0); n > 0; n--) {
		const head = dns.nameEnd(view, end, from);
		if (head < 0 || head + 4 > end || --left < 0) return message;
		const name = known(from);
		const klass = view.getUint16(head + 2) & ~dns.UNICAST;
		if (name !== undefined && (klass === dns.CLASS_IN || klass === dns.CLASS_ANY))
			questions.push({ name, type: view.getUint16(head), unicast: (view.getUint16(head + 2) & dns.UNICAST) !== 0 });
		from = head + 4;
	}
	const counts = [dns.answers(view, 0), dns.authorities(view, 0), dns.additionals(view, 0)];
	for (const [i, section] of sections.entries())
		for (let n = counts[i]!; n > 0; n--) {
			const next = dns.recordEnd(view, end, from);
			if (next < 0 || --left < 0) return message;
			const name = known(from);
			const record = name === undefined ? undefined : received(view, end, name, dns.nameEnd(view, end, from), next);
			if (record !== undefined) section.push(record);
			from = next;
		}
	return message;
}

function received(view: DataView, end: number, name: Name, head: number, next: number): Received | undefined {
	if (dns.recordClass(view, head) !== dns.CLASS_IN) return undefined;
	const type = dns.recordType(view, head);
	const from = dns.recordData(head);
	const octets: number[] = [];
	const before = type === dns.TYPE_PTR ? 0 : type === dns.TYPE_SRV ? 6 : next - from;
	if (before > next - from) return undefined;
	for (let i = 0; i < before; i++) octets.push(view.getUint8(from + i));
	if (from + before < next) {
		const target = dns.nameOctets(view, 0, end, from + before);
		if (target === undefined) return undefined;
		for (const octet of target) octets.push(octet);
	}
	return { name, type, ttl: dns.recordTtl(view, head), data: Uint8Array.from(octets) };
}
