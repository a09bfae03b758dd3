// IPv4, IPv6 with its extension headers, and what they carry.

import { checksum } from "../../../src/wire/kernels/checksum.ts";
import { PROTOCOL as GRE } from "../../../src/wire/gre.ts";
import * as v4 from "../../../src/wire/ipv4.ts";
import * as v6 from "../../../src/wire/ipv6.ts";
import type { Cursor, Dissection } from "./dissection.ts";
import { hex, named } from "./dissection.ts";
import { data } from "./data.ts";
import { gre } from "./gre.ts";
import { icmpv4, icmpv6 } from "./icmp.ts";
import { igmp } from "./groups.ts";
import { tcp } from "./tcp.ts";
import { udp } from "./udp.ts";

/** What an upper layer needs of the header above it. */
export interface Carrier {
	/** Sum of the pseudo-header but for protocol and length. */
	readonly sum: number;
	/** The whole payload is there: its checksum can be verified. */
	readonly whole: boolean;
	/** Bytes of the payload as the header says, of which the end may be missing where an error message quotes it. */
	readonly length: number;
	readonly family: 4 | 6;
}

export type Upper = (cursor: Cursor, carrier: Carrier) => void;

const PROTOCOLS: Readonly<Record<number, [string, Upper]>> = {
	[v4.ICMP]: ["ICMP", icmpv4],
	[v4.IGMP]: ["IGMP", igmp],
	[v4.IPV4_IN_IP]: ["IPv4", ipv4],
	[v4.TCP]: ["TCP", tcp],
	[v4.UDP]: ["UDP", udp],
	[v4.IPV6_IN_IP]: ["IPv6", ipv6],
	[GRE]: ["GRE", gre],
	[v6.ICMP]: ["ICMPv6", icmpv6],
	[v6.HOP_BY_HOP]: ["hop-by-hop options", none],
	[v6.ROUTING]: ["routing", none],
	[v6.FRAGMENT]: ["fragment", none],
	[v6.NO_NEXT_HEADER]: ["nothing", none],
	[v6.DESTINATION_OPTIONS]: ["destination options", none],
};

const protocolName = (protocol: number): string => PROTOCOLS[protocol]?.[0] ?? "";

function none(): void {}

/** Whether a checksum is right. Wireshark's numbers: 0 wrong, 1 right, 3 there is none. */
export function verdict(cursor: Cursor, name: string, at: number, status: boolean | "absent"): void {
	const [value, note] = status === "absent" ? ["3", "absent"] : status ? ["1", "right"] : ["0", "wrong"];
	cursor.add(`${name}.checksum.status`, "Checksum is", value, at, 2, note);
}

/** A packet of which only the version says what it is. */
export function ip(cursor: Cursor): void {
	const version = cursor.left > 0 ? cursor.view.getUint8(cursor.at) >> 4 : 0;
	if (version === 4) ipv4(cursor);
	else if (version === 6) ipv6(cursor);
	else data(cursor);
}

export function ipv4(cursor: Cursor): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "ip", "IPv4");
	dissection.tell("IPv4", "");
	const first = cursor.raw(1);
	cursor.bits(at, 1, first >> 4, "ip.version", "Version");
	const header = cursor.bits(at, 1, (first & 15) << 2, "ip.hdr_len", "Header length");
	cursor.hex(1, "ip.dsfield", "Differentiated services");
	const total = cursor.number(2, "ip.len", "Total length");
	cursor.hex(2, "ip.id", "Identification");
	const fragment = cursor.raw(2);
	cursor.bits(at + v4.FRAGMENT, 1, (fragment >> 14) & 1, "ip.flags.df", "Don't fragment");
	const more = cursor.bits(at + v4.FRAGMENT, 1, (fragment >> 13) & 1, "ip.flags.mf", "More fragments");
	const offset = cursor.bits(
		at + v4.FRAGMENT,
		2,
		fragment & 0x1fff,
		"ip.frag_offset",
		"Fragment's place",
		`byte ${(fragment & 0x1fff) << 3}`,
	);
	cursor.number(1, "ip.ttl", "Time to live");
	const protocol = cursor.number(1, "ip.proto", "Protocol", protocolName);
	cursor.hex(2, "ip.checksum", "Header checksum");
	const source = cursor.ipv4("ip.src", "Source");
	const destination = cursor.ipv4("ip.dst", "Destination");
	addressed(dissection, source, destination);
	layer.title = `IPv4, ${source} → ${destination}`;
	layer.length = Math.max(header, v4.HEADER);
	if (header < v4.HEADER || header > total) return dissection.tell("IPv4", `header of ${header} bytes in a packet of ${total}`);
	const options = cursor.part(header - v4.HEADER);
	verdict(options, "ip", at + v4.CHECKSUM, checksum(cursor.view, at, options.end, 0) === 0xffff);
	while (options.left > 0) option(options);
	const length = total - header;
	const payload = cursor.part(quotable(cursor, length));
	const carrier = {
		sum: checksum(cursor.view, at + v4.SOURCE, at + v4.HEADER, 0),
		whole: whole(payload, length),
		length,
		family: 4,
	} as const;
	if (offset !== 0 || more !== 0) return fragmentOf(payload, carrier, protocol, offset << 3);
	upper(payload, carrier, protocol);
}

/** An option of IPv4's header. */
function option(cursor: Cursor): void {
	const kind = cursor.number(
		1,
		"ip.opt.type",
		"Option",
		named({
			[v4.END_OF_OPTIONS]: "end",
			[v4.NO_OPERATION]: "none",
			[v4.RECORD_ROUTE]: "record route",
			[v4.LOOSE_SOURCE_ROUTE]: "loose source route",
			[v4.STRICT_SOURCE_ROUTE]: "strict source route",
			148: "router alert",
		}),
	);
	if (kind === v4.END_OF_OPTIONS) cursor.at = cursor.end;
	if (kind === v4.END_OF_OPTIONS || kind === v4.NO_OPERATION) return;
	const length = cursor.number(1, "ip.opt.len", "Its length");
	cursor.skip(length - 2);
}

export function ipv6(cursor: Cursor): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "ipv6", "IPv6");
	layer.length = v6.HEADER;
	dissection.tell("IPv6", "");
	const first = cursor.raw(4);
	cursor.bits(at, 1, first >>> 28, "ipv6.version", "Version");
	cursor.add("ipv6.tclass", "Traffic class", hex((first >>> 20) & 255, 1), at, 2);
	cursor.add("ipv6.flow", "Flow label", hex(first & 0xfffff, 3).replace("0x0", "0x"), at + 1, 3);
	const length = cursor.number(2, "ipv6.plen", "Payload length");
	const next = cursor.number(1, "ipv6.nxt", "Next header", protocolName);
	cursor.number(1, "ipv6.hlim", "Hop limit");
	const source = cursor.ipv6("ipv6.src", "Source");
	const destination = cursor.ipv6("ipv6.dst", "Destination");
	addressed(dissection, source, destination);
	layer.title = `IPv6, ${source} → ${destination}`;
	const payload = cursor.part(quotable(cursor, length));
	extensions(
		payload,
		{ sum: checksum(cursor.view, at + v6.SOURCE, at + v6.HEADER, 0), whole: whole(payload, length), length, family: 6 },
		next,
	);
}

/** Of a packet that an error message quotes the end may be missing. */
function quotable(cursor: Cursor, length: number): number {
	return cursor.dissection.quoted ? Math.min(length, cursor.left) : length;
}

function whole(payload: Cursor, length: number): boolean {
	return payload.left === length;
}

/** Extension headers, RFC 8200 §4, and what is behind them. */
function extensions(cursor: Cursor, carrier: Carrier, first: number): void {
	let next = first;
	while (v6.hasLength(next) || next === v6.FRAGMENT) {
		const { at } = cursor;
		if (next === v6.FRAGMENT) {
			const layer = cursor.dissection.layer(cursor, "ipv6.fraghdr", "IPv6 fragment");
			layer.length = v6.FRAGMENT_HEADER;
			next = cursor.number(1, "ipv6.fraghdr.nxt", "Next header", protocolName);
			cursor.skip(1);
			const place = cursor.raw(2);
			const offset = cursor.bits(at + 2, 2, place >> 3, "ipv6.fraghdr.offset", "Place", `byte ${place & 0xfff8}`);
			const more = cursor.bits(at + 2, 2, place & 1, "ipv6.fraghdr.more", "More fragments");
			cursor.hex(4, "ipv6.fraghdr.ident", "Identification");
			const within = { ...carrier, length: carrier.length - (cursor.at - at) };
			if (offset !== 0 || more !== 0) return fragmentOf(cursor, within, next, offset << 3);
			carrier = within;
			continue;
		}
		const name = next === v6.HOP_BY_HOP ? "hopopts" : next === v6.ROUTING ? "routing" : "dstopts";
		const layer = cursor.dissection.layer(cursor, `ipv6.${name}`, `IPv6 ${protocolName(next)}`);
		next = cursor.number(1, `ipv6.${name}.nxt`, "Next header", protocolName);
		const units = cursor.number(1, `ipv6.${name}.len`, "Length", (value) => `${(value + 1) << 3} bytes`);
		layer.length = (units + 1) << 3;
		cursor.skip(layer.length - 2);
		carrier = { ...carrier, length: carrier.length - layer.length };
	}
	upper(cursor, carrier, next);
}

function upper(cursor: Cursor, carrier: Carrier, protocol: number): void {
	const known = PROTOCOLS[protocol];
	if (known !== undefined) return known[1](cursor, carrier);
	cursor.dissection.tell(`protocol ${protocol}`, `${cursor.left} bytes`);
	data(cursor);
}

/** A fragment: only the first has the header of what it is a part of. */
function fragmentOf(cursor: Cursor, carrier: Carrier, protocol: number, at: number): void {
	const { dissection } = cursor;
	const quotes = dissection.quoted;
	const last = at + carrier.length - 1;
	dissection.tell(
		`IPv${carrier.family}`,
		`fragment of ${protocolName(protocol) || `protocol ${protocol}`}, bytes ${at} to ${last}`,
	);
	if (at !== 0) return data(cursor);
	// It is cut off as what an error quotes is.
	dissection.quoted = true;
	upper(cursor, { ...carrier, whole: false }, protocol);
	dissection.quoted = quotes;
}

function addressed(dissection: Dissection, source: string, destination: string): void {
	if (dissection.quoted) return;
	dissection.source = source;
	dissection.destination = destination;
}

/** The packet that an error message quotes: its fields are shown, and it does not name the message. */
export function quoted(cursor: Cursor): void {
	const { dissection } = cursor;
	const before = dissection.quoted;
	dissection.quoted = true;
	try {
		ip(cursor);
	} finally {
		dissection.quoted = before;
	}
}
