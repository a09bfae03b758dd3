// ICMP of both families, with neighbour discovery (RFC 4861) and the packets that errors quote.

import * as v4 from "../../../src/wire/icmpv4.ts";
import * as v6 from "../../../src/wire/icmpv6.ts";
import { ICMP as ICMPV6 } from "../../../src/wire/ipv6.ts";
import { data } from "./data.ts";
import { checksum } from "../../../src/wire/kernels/checksum.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";
import { mld } from "./groups.ts";
import { quoted, verdict, type Carrier } from "./ip.ts";

const TYPES4: Readonly<Record<number, string>> = {
	[v4.ECHO_REPLY]: "echo reply",
	[v4.UNREACHABLE]: "destination unreachable",
	[v4.REDIRECT]: "redirect",
	[v4.ECHO_REQUEST]: "echo request",
	[v4.TIME_EXCEEDED]: "time exceeded",
	[v4.PARAMETER_PROBLEM]: "parameter problem",
};

const UNREACHABLE4: Readonly<Record<number, string>> = {
	[v4.NET_UNREACHABLE]: "network unreachable",
	[v4.HOST_UNREACHABLE]: "host unreachable",
	[v4.PROTOCOL_UNREACHABLE]: "protocol unreachable",
	[v4.PORT_UNREACHABLE]: "port unreachable",
	[v4.FRAGMENTATION_NEEDED]: "too big, and not to be fragmented",
	9: "network prohibited",
	10: "host prohibited",
	13: "filtered",
};

const TYPES6: Readonly<Record<number, string>> = {
	[v6.UNREACHABLE]: "destination unreachable",
	[v6.PACKET_TOO_BIG]: "packet too big",
	[v6.TIME_EXCEEDED]: "time exceeded",
	[v6.PARAMETER_PROBLEM]: "parameter problem",
	[v6.ECHO_REQUEST]: "echo request",
	[v6.ECHO_REPLY]: "echo reply",
	[v6.ROUTER_SOLICITATION]: "router solicitation",
	[v6.ROUTER_ADVERTISEMENT]: "router advertisement",
	[v6.NEIGHBOR_SOLICITATION]: "neighbor solicitation",
	[v6.NEIGHBOR_ADVERTISEMENT]: "neighbor advertisement",
	[v6.REDIRECT]: "redirect",
	130: "listener query",
	131: "listener report",
	132: "listener done",
	143: "listener report, version 2",
};

const UNREACHABLE6: Readonly<Record<number, string>> = {
	[v6.NO_ROUTE]: "no route",
	1: "prohibited",
	[v6.BEYOND_SCOPE]: "beyond scope",
	[v6.ADDRESS_UNREACHABLE]: "address unreachable",
	[v6.PORT_UNREACHABLE]: "port unreachable",
	5: "source address fails the policy",
	6: "route rejected",
};

export function icmpv4(cursor: Cursor, { whole }: Carrier): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "icmp", "ICMP");
	dissection.tell("ICMP", "");
	const type = cursor.number(1, "icmp.type", "Type", named(TYPES4));
	const code = cursor.number(1, "icmp.code", "Code", type === v4.UNREACHABLE ? named(UNREACHABLE4) : "");
	cursor.hex(2, "icmp.checksum", "Checksum");
	if (whole && !dissection.quoted) verdict(cursor, "icmp", at + v4.CHECKSUM, checksum(cursor.view, at, cursor.end, 0) === 0xffff);
	layer.length = v4.HEADER;
	const what = (type === v4.UNREACHABLE ? UNREACHABLE4[code] : undefined) ?? TYPES4[type] ?? `type ${type}, code ${code}`;
	layer.title = `ICMP, ${what}`;
	if (type === v4.ECHO_REQUEST || type === v4.ECHO_REPLY) {
		const id = cursor.number(2, "icmp.ident", "Identifier");
		const seq = cursor.number(2, "icmp.seq", "Sequence number");
		dissection.tell("ICMP", `${what} id ${id} seq ${seq} len ${cursor.left}`);
		return data(cursor);
	}
	dissection.tell("ICMP", what);
	if (TYPES4[type] === undefined) return data(cursor);
	if (type === v4.UNREACHABLE && code === v4.FRAGMENTATION_NEEDED) {
		cursor.skip(2);
		dissection.tell("ICMP", `${what}: the next hop's MTU is ${cursor.number(2, "icmp.mtu", "MTU of the next hop")}`);
	} else if (type === v4.REDIRECT) dissection.tell("ICMP", `redirect to ${cursor.ipv4("icmp.redir_gw", "Gateway")}`);
	else cursor.skip(4);
	quoted(cursor);
}

export function icmpv6(cursor: Cursor, { sum, whole, length }: Carrier): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "icmpv6", "ICMPv6");
	dissection.tell("ICMPv6", "");
	const type = cursor.number(1, "icmpv6.type", "Type", named(TYPES6));
	const code = cursor.number(1, "icmpv6.code", "Code", type === v6.UNREACHABLE ? named(UNREACHABLE6) : "");
	cursor.hex(2, "icmpv6.checksum", "Checksum");
	if (whole && !dissection.quoted)
		verdict(cursor, "icmpv6", at + v6.CHECKSUM, checksum(cursor.view, at, cursor.end, sum + ICMPV6 + length) === 0xffff);
	const what = (type === v6.UNREACHABLE ? UNREACHABLE6[code] : undefined) ?? TYPES6[type] ?? `type ${type}, code ${code}`;
	layer.title = `ICMPv6, ${what}`;
	dissection.tell("ICMPv6", what);
	if (type === v6.ECHO_REQUEST || type === v6.ECHO_REPLY) {
		layer.length = v6.HEADER;
		const id = cursor.hex(2, "icmpv6.echo.identifier", "Identifier");
		const seq = cursor.number(2, "icmpv6.echo.sequence_number", "Sequence number");
		dissection.tell("ICMPv6", `${what} id ${id} seq ${seq} len ${cursor.left}`);
		data(cursor);
	} else if (type <= v6.PARAMETER_PROBLEM && type > 0) {
		layer.length = v6.HEADER;
		if (type === v6.PACKET_TOO_BIG)
			dissection.tell("ICMPv6", `${what}: the next hop's MTU is ${cursor.number(4, "icmpv6.mtu", "MTU")}`);
		else if (type === v6.PARAMETER_PROBLEM) cursor.number(4, "icmpv6.pointer", "Pointer");
		else cursor.skip(4);
		quoted(cursor);
	} else if (v6.isDiscovery(type)) discovery(cursor, type, what);
	else if (v6.isMembership(type)) mld(cursor, type);
	else data(cursor);
}

/** Neighbour discovery, RFC 4861 §4. */
function discovery(cursor: Cursor, type: number, what: string): void {
	const { dissection } = cursor;
	const flags = cursor.at;
	if (type === v6.ROUTER_ADVERTISEMENT) {
		cursor.number(1, "icmpv6.nd.ra.cur_hop_limit", "Hop limit for hosts");
		const bits = cursor.part(1);
		const value = cursor.view.getUint8(bits.at);
		cursor.bits(bits.at, 1, value >> 7, "icmpv6.nd.ra.flag.m", "Managed addresses");
		cursor.bits(bits.at, 1, (value >> 6) & 1, "icmpv6.nd.ra.flag.o", "Other configuration");
		cursor.bits(
			bits.at,
			1,
			(value >> 3) & 3,
			"icmpv6.nd.ra.flag.prf",
			"Preference",
			["medium", "high", "reserved", "low"][(value >> 3) & 3],
		);
		const lifetime = cursor.number(2, "icmpv6.nd.ra.router_lifetime", "Router for", "seconds");
		cursor.number(4, "icmpv6.nd.ra.reachable_time", "Reachable for", "ms");
		cursor.number(4, "icmpv6.nd.ra.retrans_timer", "Asked again after", "ms");
		dissection.tell("ICMPv6", `${what}: router for ${lifetime} s`);
	} else if (type === v6.NEIGHBOR_SOLICITATION) {
		cursor.skip(4);
		dissection.tell("ICMPv6", `${what}: who has ${cursor.ipv6("icmpv6.nd.ns.target_address", "Target")}?`);
	} else if (type === v6.NEIGHBOR_ADVERTISEMENT) {
		cursor.skip(4);
		const value = cursor.view.getUint8(flags);
		cursor.bits(flags, 1, value >> 7, "icmpv6.nd.na.flag.r", "From a router");
		cursor.bits(flags, 1, (value >> 6) & 1, "icmpv6.nd.na.flag.s", "Solicited");
		cursor.bits(flags, 1, (value >> 5) & 1, "icmpv6.nd.na.flag.o", "Override");
		dissection.tell("ICMPv6", `${what}: ${cursor.ipv6("icmpv6.nd.na.target_address", "Target")} is here`);
	} else if (type === v6.REDIRECT) {
		cursor.skip(4);
		const to = cursor.ipv6("icmpv6.nd.rd.target_address", "Better hop");
		dissection.tell("ICMPv6", `${what}: ${cursor.ipv6("icmpv6.rd.na.destination_address", "Destination")} by ${to}`);
	} else cursor.skip(4);
	while (cursor.left > 0) option(cursor);
}

const REDIRECTED = 4;
const OPTIONS = named({
	[v6.SOURCE_LINK_ADDRESS]: "source link-layer address",
	[v6.TARGET_LINK_ADDRESS]: "target link-layer address",
	[v6.PREFIX_INFORMATION]: "prefix",
	[REDIRECTED]: "redirected packet",
	[v6.MTU]: "MTU",
	[v6.NONCE]: "nonce",
	[v6.ROUTE_INFORMATION]: "route",
	[v6.NAME_SERVERS]: "name servers",
	[v6.DOMAINS]: "search list",
});

function option(cursor: Cursor): void {
	const type = cursor.number(1, "icmpv6.opt.type", "Option", OPTIONS);
	const length = cursor.number(1, "icmpv6.opt.length", "Its length", (units) => `${units << 3} bytes`) << 3;
	// A length of 0 has no end: RFC 4861 §4.6.
	const body = cursor.part(length === 0 ? -1 : length - 2);
	if ((type === v6.SOURCE_LINK_ADDRESS || type === v6.TARGET_LINK_ADDRESS) && length === v6.LINK_OPTION)
		body.mac("icmpv6.opt.linkaddr", "Link-layer address");
	else if (type === v6.PREFIX_INFORMATION && length === 32) {
		body.number(1, "icmpv6.opt.prefix.length", "Prefix length");
		const flags = body.part(1);
		const value = body.view.getUint8(flags.at);
		body.bits(flags.at, 1, value >> 7, "icmpv6.opt.prefix.flag.l", "On link");
		body.bits(flags.at, 1, (value >> 6) & 1, "icmpv6.opt.prefix.flag.a", "For addresses");
		body.number(4, "icmpv6.opt.prefix.valid_lifetime", "Valid for", "seconds");
		body.number(4, "icmpv6.opt.prefix.preferred_lifetime", "Preferred for", "seconds");
		body.skip(4);
		body.ipv6("icmpv6.opt.prefix", "Prefix");
	} else if (type === v6.ROUTE_INFORMATION && length === 24) {
		body.number(1, "icmpv6.opt.prefix.length", "Prefix length");
		body.skip(1);
		body.number(4, "icmpv6.opt.route_lifetime", "A way for", "seconds");
		body.ipv6("icmpv6.opt.prefix", "Prefix");
	} else if (type === REDIRECTED && length > 8) {
		body.skip(6);
		quoted(body);
	} else if (type === v6.MTU && length === 8) {
		body.skip(2);
		body.number(4, "icmpv6.opt.mtu", "MTU");
	} else if (type === v6.NAME_SERVERS) {
		body.skip(2);
		body.number(4, "icmpv6.opt.rdnss.lifetime", "For", "seconds");
		while (body.left >= 16) body.ipv6("icmpv6.opt.rdnss", "Name server");
	}
}
