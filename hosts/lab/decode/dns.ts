// DNS messages, RFC 1035, and multicast DNS, RFC 6762.

import * as wire from "../../../src/wire/dns.ts";
import { data } from "./data.ts";
import { CutOff, hex, named, printable } from "./dissection.ts";
import type { Cursor } from "./dissection.ts";

const TYPES: Readonly<Record<number, string>> = {
	[wire.TYPE_A]: "A",
	[wire.TYPE_NS]: "NS",
	[wire.TYPE_CNAME]: "CNAME",
	[wire.TYPE_SOA]: "SOA",
	[wire.TYPE_PTR]: "PTR",
	[wire.TYPE_TXT]: "TXT",
	[wire.TYPE_AAAA]: "AAAA",
	[wire.TYPE_SRV]: "SRV",
	[wire.TYPE_OPT]: "OPT",
	[wire.TYPE_NSEC]: "NSEC",
	[wire.TYPE_ANY]: "ANY",
};

const CODES: Readonly<Record<number, string>> = {
	[wire.NO_ERROR]: "",
	[wire.FORMAT_ERROR]: "format error",
	[wire.SERVER_FAILURE]: "server failure",
	[wire.NAME_ERROR]: "no such name",
	4: "not implemented",
	[wire.REFUSED]: "refused",
};

/** In multicast DNS the first bit of the class is none of it: RFC 6762 §18.12, §18.13. */
const CLASS = 0x7fff;

export function dns(cursor: Cursor, protocol: "DNS" | "mDNS"): void {
	const { dissection, at, end } = cursor;
	const layer = dissection.layer(cursor, protocol.toLowerCase(), protocol);
	dissection.tell(protocol, "");
	cursor.hex(2, "dns.id", "Identification");
	const flags = cursor.hex(2, "dns.flags", "Flags");
	const questions = cursor.number(2, "dns.count.queries", "Questions");
	const answers = cursor.number(2, "dns.count.answers", "Answers");
	const authorities = cursor.number(2, "dns.count.auth_rr", "Authorities");
	const additionals = cursor.number(2, "dns.count.add_rr", "Additional");
	const code = CODES[flags & 15] ?? `code ${flags & 15}`;
	const asked: string[] = [];
	for (let i = 0; i < questions; i++) {
		const name = nameAt(cursor, at, end, "dns.qry.name", "Name");
		const type = cursor.number(2, "dns.qry.type", "Type", named(TYPES));
		classAt(cursor, "dns.qry.class");
		asked.push(`${TYPES[type] ?? `type ${type}`} ${name}`);
	}
	const told: string[] = [];
	for (let i = 0; i < answers; i++) told.push(record(cursor, at, end));
	for (let i = 0; i < authorities + additionals; i++) record(cursor, at, end);
	const kind = (flags & wire.RESPONSE) === 0 ? "query" : "answer";
	layer.title = `${protocol} ${kind}`;
	const parts = [...asked, ...told, code, (flags & wire.TRUNCATED) === 0 ? "" : "truncated"].filter((part) => part !== "");
	dissection.tell(protocol, `${kind}: ${parts.join(", ")}`);
	data(cursor);
}

function classAt(cursor: Cursor, field: string): void {
	const place = cursor.at;
	cursor.add(field, "Class", hex(cursor.raw(2) & CLASS, 2), place, 2);
}

/** A record; answers one line about it. */
function record(cursor: Cursor, at: number, end: number): string {
	const name = nameAt(cursor, at, end, "dns.resp.name", "Name");
	const type = cursor.number(2, "dns.resp.type", "Type", named(TYPES));
	const what = `${TYPES[type] ?? `type ${type}`} ${name}`;
	if (type === wire.TYPE_OPT) {
		cursor.skip(6); // RFC 6891 §6.1.2: the class and lifetime are something else there
		cursor.skip(cursor.number(2, "dns.resp.len", "Length"));
		return what;
	}
	classAt(cursor, "dns.resp.class");
	cursor.number(4, "dns.resp.ttl", "For", "seconds");
	const length = cursor.number(2, "dns.resp.len", "Length");
	const body = cursor.part(length);
	if (type === wire.TYPE_A && length === 4) return `${what} ${body.ipv4("dns.a", "Address")}`;
	if (type === wire.TYPE_AAAA && length === 16) return `${what} ${body.ipv6("dns.aaaa", "Address")}`;
	if (type === wire.TYPE_CNAME) return `${what} ${nameAt(body, at, end, "dns.cname", "Alias of")}`;
	if (type === wire.TYPE_NS) return `${what} ${nameAt(body, at, end, "dns.ns", "Name server")}`;
	if (type === wire.TYPE_PTR) return `${what} ${nameAt(body, at, end, "dns.ptr.domain_name", "Points to")}`;
	if (type === wire.TYPE_SRV) {
		body.number(2, "dns.srv.priority", "Priority");
		body.number(2, "dns.srv.weight", "Weight");
		const port = body.number(2, "dns.srv.port", "Port");
		return `${what} ${nameAt(body, at, end, "dns.srv.target", "Target")}:${port}`;
	}
	return what;
}

/** The name at the cursor, which goes on behind it. As it was written, compression undone; what is no character of a host name as Wireshark shows it. */
function nameAt(cursor: Cursor, at: number, end: number, field: string, label: string): string {
	const from = cursor.at;
	const after = wire.nameEnd(cursor.view, end, from);
	const octets = wire.nameOctets(cursor.view, at, end, from);
	if (after < 0 || octets === undefined) throw new CutOff(`no name at byte ${from}`);
	cursor.skip(after - from);
	let text = "";
	for (let i = 0; i < octets.length - 1; i += octets[i]! + 1) {
		if (text !== "") text += ".";
		for (let k = 1; k <= octets[i]!; k++) text += printable(octets[i + k]!);
	}
	cursor.add(field, label, text === "" ? "<Root>" : text, from, after - from);
	return text;
}
