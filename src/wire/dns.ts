// DNS messages, RFC 1035 §4. `at` is where the message begins in the view, `end` where it ends: compression pointers count from `at`.
// What comes may be hostile. Every function here looks at bytes from `at` to `end` only, and comes to an end: a name has 255 octets at
// most, a pointer leads backwards only, to before the part of the name that it stands in, and a name has MAX_POINTERS at most.

/** Bytes of the header. */
export const HEADER = 12;
export const FLAGS = 2;
const QUESTIONS = 4;
const ANSWERS = 6;
const AUTHORITIES = 8;
const ADDITIONALS = 10;

/** Largest name on the wire and largest label, octets. RFC 1035 §2.3.4. */
const MAX_NAME = 255;
export const MAX_LABEL = 63;
/** RFC 1035 §4.2. */
export const PORT = 53;
/** Of multicast DNS: its port and groups. RFC 6762 §3. */
export const MDNS_PORT = 5353;
export const MDNS_GROUP = "224.0.0.251";
export const MDNS_GROUP6 = "ff02::fb";
/** Largest question: a name, type and class. */
export const MAX_QUERY = HEADER + MAX_NAME + 4;
/** Bytes of a record between its name and its data. */
export const RECORD_HEAD = 10;

export const TYPE_A = 1;
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_PTR = 12;
export const TYPE_TXT = 16;
export const TYPE_AAAA = 28;
export const TYPE_SRV = 33;
export const TYPE_OPT = 41;
export const TYPE_NSEC = 47;
/** Of questions: all types. */
export const TYPE_ANY = 255;
export const CLASS_IN = 1;
/** Of questions: all classes. */
export const CLASS_ANY = 255;
/** Beside the class, of multicast DNS: the answer had better come to who asks alone (RFC 6762 §5.4); the record is all that there is of its name and type (§10.2). */
export const UNICAST = 0x8000;
export const FLUSH = 0x8000;

/** RFC 1035 §4.1.1. */
export const NO_ERROR = 0;
export const FORMAT_ERROR = 1;
export const SERVER_FAILURE = 2;
export const NAME_ERROR = 3;
export const REFUSED = 5;

/** Bits of FLAGS. */
export const RECURSION_DESIRED = 0x0100;
export const TRUNCATED = 0x0200;
/** Of an answer: by who has the name itself. */
export const AUTHORITATIVE = 0x0400;
export const RESPONSE = 0x8000;
export const OPCODE = 0x7800;

export function id(view: DataView, at: number): number {
	return view.getUint16(at);
}

/** Whether a whole header lies there, and it is that of an answer to a standard query. */
export function isAnswer(view: DataView, at: number, end: number): boolean {
	return end - at >= HEADER && (view.getUint16(at + FLAGS) & (RESPONSE | OPCODE)) === RESPONSE;
}

/** Whether a whole header lies there, and it is that of a standard query. */
export function isQuery(view: DataView, at: number, end: number): boolean {
	return end - at >= HEADER && (view.getUint16(at + FLAGS) & (RESPONSE | OPCODE)) === 0;
}

export function truncated(view: DataView, at: number): boolean {
	return (view.getUint16(at + FLAGS) & TRUNCATED) !== 0;
}

export function responseCode(view: DataView, at: number): number {
	return view.getUint16(at + FLAGS) & 15;
}

export function questions(view: DataView, at: number): number {
	return view.getUint16(at + QUESTIONS);
}

export function answers(view: DataView, at: number): number {
	return view.getUint16(at + ANSWERS);
}

export function authorities(view: DataView, at: number): number {
	return view.getUint16(at + AUTHORITIES);
}

export function additionals(view: DataView, at: number): number {
	return view.getUint16(at + ADDITIONALS);
}

/** Where the name that begins at `from` ends in the message, or -1 when it is none: what it points to is not looked at. */
export function nameEnd(view: DataView, end: number, from: number): number {
	const last = Math.min(end, from + MAX_NAME);
	for (let place = from; place < last;) {
		const length = view.getUint8(place);
		if (length === 0) return place + 1;
		if (length >= 0xc0) return place + 2 <= end ? place + 2 : -1;
		if (length > MAX_LABEL) return -1; // RFC 1035 §4.1.4: 01 and 10 are reserved
		place += 1 + length;
	}
	return -1;
}

/** Pointers of one name, those to pointers too: one before each label of the longest name. It bounds what a name costs, as 2,048 bytes have room for a thousand. */
const MAX_POINTERS = 127;

/** Of the name that is being read: where its present part begins, which a pointer must lead to before, so that a chain of them ends; and how many were followed. */
let before = 0;
let pointers = 0;

/** Where the first label of the name at `from` lies; -1 when nowhere. */
function firstLabel(view: DataView, at: number, end: number, from: number): number {
	before = from;
	pointers = 0;
	return from < 0 ? -1 : nextLabel(view, at, end, from);
}

/** Where the label at `place` of that name lies, behind the pointers that stand there; -1 when nowhere. */
function nextLabel(view: DataView, at: number, end: number, place: number): number {
	let label = place;
	while (label < end && view.getUint8(label) >= 0xc0) {
		if (++pointers > MAX_POINTERS || label + 1 >= end) return -1;
		label = at + (view.getUint16(label) & 0x3fff);
		if (label >= before || label < at + HEADER) return -1;
		before = label;
	}
	return label < end ? label : -1;
}

/** The octet of a letter in lower case. RFC 4343 §3. */
export function folded(octet: number): number {
	return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}

/** One octet of a label as text: lower case, and what a host name does not have as \DDD, so that no two names look alike. RFC 4343 §2.1. */
function octetText(octet: number): string {
	const lower = folded(octet);
	const plain = (lower >= 0x61 && lower <= 0x7a) || (lower >= 0x30 && lower <= 0x39) || lower === 0x2d || lower === 0x5f;
	return plain ? String.fromCharCode(lower) : `\\${String(lower).padStart(3, "0")}`;
}

/** The name at `from`, in lower case, labels apart by "."; "" is the root. Undefined when it is none. */
export function readName(view: DataView, at: number, end: number, from: number): string | undefined {
	let text = "";
	let octets = 1; // the root's
	for (let place = firstLabel(view, at, end, from); place >= 0; place = nextLabel(view, at, end, place)) {
		const length = view.getUint8(place);
		if (length === 0) return text;
		const start = place + 1;
		octets += 1 + length;
		place = start + length;
		if (length > MAX_LABEL || octets > MAX_NAME || place > end) return undefined;
		if (text !== "") text += ".";
		for (let i = start; i < place; i++) text += octetText(view.getUint8(i));
	}
	return undefined;
}

/** Whether the name at `from` is `name`, a host name in lower case. Makes no string, and ends at the first difference. */
export function nameIs(view: DataView, at: number, end: number, from: number, name: string): boolean {
	let index = 0;
	for (let place = firstLabel(view, at, end, from); place >= 0; place = nextLabel(view, at, end, place)) {
		const length = view.getUint8(place);
		if (length === 0) return index === name.length + 1 || (index === 0 && name === "");
		const start = place + 1;
		place = start + length;
		if (length > MAX_LABEL || place > end || index + length > name.length) return false;
		for (let i = start; i < place; i++) {
			const octet = folded(view.getUint8(i));
			// A dot within a label is not the one between two.
			if (octet !== name.charCodeAt(index++) || octet === 0x2e) return false;
		}
		// Behind each label comes a dot, or the end.
		if (index < name.length && name.charCodeAt(index) !== 0x2e) return false;
		index++;
	}
	return false;
}

/** Whether the name at `from` is the one of these octets: any name as it stands on the wire, without compression and in lower case. Makes nothing, and ends at the first difference. */
export function nameEquals(view: DataView, at: number, end: number, from: number, octets: Uint8Array): boolean {
	let index = 0;
	for (let place = firstLabel(view, at, end, from); place >= 0; place = nextLabel(view, at, end, place)) {
		const length = view.getUint8(place);
		// A label that is longer than one may be is none of theirs.
		if (length !== octets[index++]) return false;
		if (length === 0) return true;
		const start = place + 1;
		place = start + length;
		if (place > end) return false;
		for (let i = start; i < place; i++) if (folded(view.getUint8(i)) !== octets[index++]) return false;
	}
	return false;
}

/** The octets of the name at `from` as it was written, without compression; undefined when it is none. */
export function nameOctets(view: DataView, at: number, end: number, from: number): number[] | undefined {
	const octets: number[] = [];
	for (let place = firstLabel(view, at, end, from); place >= 0; place = nextLabel(view, at, end, place)) {
		const label = place;
		const length = view.getUint8(label);
		place = label + 1 + length;
		if (length > MAX_LABEL || octets.length + 1 + length > MAX_NAME || place > end) return undefined;
		for (let i = label; i < place; i++) octets.push(view.getUint8(i));
		if (length === 0) return octets;
	}
	return undefined;
}

/** Where the record at `from` ends, -1 when it is none. */
export function recordEnd(view: DataView, end: number, from: number): number {
	const head = nameEnd(view, end, from);
	if (head < 0 || head + RECORD_HEAD > end) return -1;
	const next = head + RECORD_HEAD + view.getUint16(head + 8);
	return next <= end ? next : -1;
}

// Of a record, `head` is where its name ends: nameEnd. They are to be asked after recordEnd.

export function recordType(view: DataView, head: number): number {
	return view.getUint16(head);
}

/** Its class, without the bit that multicast DNS puts there. RFC 6762 §10.2. */
export function recordClass(view: DataView, head: number): number {
	return view.getUint16(head + 2) & 0x7fff;
}

/** Seconds that it holds. Those with the highest bit are none: RFC 2181 §8. */
export function recordTtl(view: DataView, head: number): number {
	const ttl = view.getInt32(head + 4);
	return ttl < 0 ? 0 : ttl;
}

export function recordData(head: number): number {
	return head + RECORD_HEAD;
}

/** Writes the header of a message with nothing in it yet: a query, or the answer of who has the names. */
export function writeHeader(view: DataView, at: number, id: number, answer: boolean): void {
	view.setUint16(at, id);
	view.setUint16(at + FLAGS, answer ? RESPONSE | AUTHORITATIVE : 0);
	view.setInt32(at + QUESTIONS, 0);
	view.setInt32(at + AUTHORITIES, 0);
}

/** One more in a section of a message, 0 to 3: questions, answers, authorities, additional records. */
export function countUp(view: DataView, at: number, section: number): void {
	const place = at + QUESTIONS + 2 * section;
	view.setUint16(place, view.getUint16(place) + 1);
}

/** Writes what of a record stands between its name and its data. Answers where the data begins. */
export function writeRecordHead(view: DataView, head: number, type: number, klass: number, ttl: number, length: number): number {
	view.setUint16(head, type);
	view.setUint16(head + 2, klass);
	view.setInt32(head + 4, ttl);
	view.setUint16(head + 8, length);
	return head + RECORD_HEAD;
}

/** Writes a query for one name, with recursion desired. Answers where it ends. `name` is a host name: letters, digits, "-", "_", dots. */
export function writeQuery(view: DataView, at: number, id: number, name: string, type: number): number {
	view.setUint16(at, id);
	view.setUint16(at + FLAGS, RECURSION_DESIRED);
	view.setInt32(at + QUESTIONS, 0x10000);
	view.setInt32(at + AUTHORITIES, 0);
	let length = at + HEADER; // where the length of the present label goes
	let place = length + 1;
	for (let i = 0; i < name.length; i++) {
		const code = name.charCodeAt(i);
		if (code === 0x2e) {
			view.setUint8(length, place - length - 1);
			length = place;
		} else view.setUint8(place, code);
		place++;
	}
	view.setUint8(length, place - length - 1);
	view.setUint8(place, 0);
	view.setUint16(place + 1, type);
	view.setUint16(place + 3, CLASS_IN);
	return place + 5;
}

/** Gives each letter of a query's name the case of its bit of `random`, which is asked for 32 at a time. draft-vixie-dnsext-dns0x20. */
export function mixCase(view: DataView, at: number, end: number, random32: () => number): void {
	let bits = 0;
	let left = 0;
	for (let i = at + HEADER; i < end - 4; i++) {
		const octet = view.getUint8(i);
		if (octet < 0x61 || octet > 0x7a) continue; // lengths are below
		if (left === 0) {
			bits = random32();
			left = 32;
		}
		if (bits & 1) view.setUint8(i, octet - 0x20);
		bits >>= 1;
		left--;
	}
}

/**
 * Whether the answer at `at` repeats the one question of the query in bytes `queryAt` to `queryEnd` of `query`; letters may differ in case
 * unless `exact`.
 */
export function sameQuestion(
	view: DataView,
	at: number,
	end: number,
	query: DataView,
	queryAt: number,
	queryEnd: number,
	exact: boolean,
): boolean {
	if (questions(view, at) !== 1 || end - at < queryEnd - queryAt) return false;
	// A name that is the first in its message has nothing to point to. Lengths and types cannot be taken for letters: they are below.
	for (let i = HEADER; i < queryEnd - queryAt; i++) {
		let octet = view.getUint8(at + i);
		let asked = query.getUint8(queryAt + i);
		if (!exact) {
			if (octet >= 0x41 && octet <= 0x5a) octet += 0x20;
			if (asked >= 0x41 && asked <= 0x5a) asked += 0x20;
		}
		if (octet !== asked) return false;
	}
	return true;
}
