// modules/network/dns: a DNS message's header, questions and records. RFC 1035 §4.1.

import { bytesOf } from "sdk/natives/bytes";

const HEADER = 12;
const A = 1;
const PTR = 12;
const POINTERS = 32;

const viewOf = (parser) => {
	const bytes = bytesOf(parser.buffer);
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

export function xs_dnspacket_get_id() {
	return viewOf(this).getUint16(0);
}

export function xs_dnspacket_get_flags() {
	return viewOf(this).getUint16(2);
}

export function xs_dnspacket_get_questions() {
	return viewOf(this).getUint16(4);
}

export function xs_dnspacket_get_answers() {
	return viewOf(this).getUint16(6);
}

export function xs_dnspacket_get_authorities() {
	return viewOf(this).getUint16(8);
}

export function xs_dnspacket_get_additionals() {
	return viewOf(this).getUint16(10);
}

/** The labels of the name at `at`, and where it ends. */
function nameAt(view, at) {
	const labels = [];
	let end;
	for (let pointers = 0; pointers <= POINTERS;) {
		const length = view.getUint8(at);
		if (length >= 0xc0) {
			end ??= at + 2;
			at = view.getUint16(at) & 0x3fff;
			pointers++;
		} else if (length === 0) return { labels, end: end ?? at + 1 };
		else {
			const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 1, length);
			labels.push(String.fromArrayBuffer(bytes.slice().buffer));
			at += 1 + length;
		}
	}
	throw new Error("DNS name: too many pointers");
}

function questionAt(view, at) {
	const { labels, end } = nameAt(view, at);
	return { record: { qname: labels, qtype: view.getUint16(end), qclass: view.getUint16(end + 2) }, next: end + 4 };
}

function recordAt(view, at) {
	const { record, next: data } = questionAt(view, at);
	record.ttl = view.getUint32(data);
	const length = view.getUint16(data + 4);
	const from = data + 6;
	if (record.qtype === A) record.rdata = [0, 1, 2, 3].map((i) => view.getUint8(from + i)).join(".");
	else if (record.qtype === PTR) record.rdata = nameAt(view, from).labels;
	return { record, next: from + length };
}

export function xs_dnspacket_question(index) {
	const view = viewOf(this);
	if (index >= view.getUint16(4)) return null;
	let found = { next: HEADER };
	for (let i = 0; i <= index; i++) found = questionAt(view, found.next);
	return found.record;
}

export function xs_dnspacket_answer(index) {
	const view = viewOf(this);
	if (index >= view.getUint16(6) + view.getUint16(8) + view.getUint16(10)) return null;
	let found = { next: HEADER };
	for (let i = 0; i < view.getUint16(4); i++) found = questionAt(view, found.next);
	for (let i = 0; i <= index; i++) found = recordAt(view, found.next);
	return found.record;
}
