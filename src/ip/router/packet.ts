// What of a packet tells its session: read from its headers into the RouterBlock. Flat TypeScript.

import { copyAddress, setV4 } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import type { Offset, Uint8 } from "../../packet/numbers.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { RouterBlock } from "../../packet/router-block.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";

/** What a packet is to the table of sessions: one that has ports, or is a query of ICMP; an error of ICMP about one; a fragment behind the first; cut off. */
export const PLAIN = 0;
export const ERROR = 1;
export const LATER = 2;
export const SHORT = 3;
/** Nothing tells conversations of the same hosts apart: a protocol without ports, a message of ICMP that is neither query nor error. */
export const OTHER = 4;
/** It was not looked at: it is our own, or waits for its other fragments. */
export const NOT_LOOKED = 5;

/** Queries of ICMP and their answers: RFC 792. */
const TIMESTAMP = 13;
const TIMESTAMP_REPLY = 14;

/** Reads the IP packet in bytes `at` to `end`. Answers PLAIN and its like. */
export function packetRead(view: DataView, router: RouterBlock, at: Offset, end: Offset): number {
	check(at, ipv4.HEADER, view.byteLength);
	if (hasIpv6() && view.getUint8(at) >> 4 === 6) return read6(view, router, at, end);
	setV4(view, router.source, ipv4.source(view, at));
	setV4(view, router.destination, ipv4.destination(view, at));
	router.upperEnd = end;
	if ((view.getUint16(at + ipv4.FRAGMENT) & 0x1fff) !== 0) {
		router.upper = end;
		router.protocol = ipv4.protocol(view, at);
		router.ports = 0;
		return LATER;
	}
	return upperRead(view, router, ipv4.protocol(view, at), (at + ipv4.headerLength(view, at)) | 0, end);
}

function read6(view: DataView, router: RouterBlock, at: Offset, end: Offset): number {
	check(at, ipv6.HEADER, view.byteLength);
	copyAddress(view, router.source, at + ipv6.SOURCE);
	copyAddress(view, router.destination, at + ipv6.DESTINATION);
	router.upperEnd = end;
	let header = ipv6.nextHeader(view, at);
	let place: Offset = at + ipv6.HEADER;
	while (ipv6.hasLength(header) || header === ipv6.FRAGMENT) {
		if (end - place < 8) return SHORT;
		check(place, 8, view.byteLength);
		const later = header === ipv6.FRAGMENT && (view.getUint16(place + 2) & 0xfff8) !== 0;
		const length = header === ipv6.FRAGMENT ? ipv6.FRAGMENT_HEADER : ipv6.extensionLength(view, place);
		if (length > end - place) return SHORT;
		header = view.getUint8(place);
		if (later) {
			router.upper = place;
			router.protocol = header;
			router.ports = 0;
			return LATER;
		}
		place = (place + length) | 0;
	}
	return upperRead(view, router, header, place, end);
}

/** The same of what follows the headers of IP. */
export function upperRead(view: DataView, router: RouterBlock, protocol: Uint8, at: Offset, end: Offset): number {
	router.upper = at;
	router.upperEnd = end;
	router.protocol = protocol;
	router.ports = 0;
	if (protocol === ipv4.TCP || protocol === ipv4.UDP) {
		// Of what an error quotes there is no more than this for sure.
		if (end - at < udp.HEADER) return SHORT;
		check(at, udp.HEADER, view.byteLength);
		router.ports = view.getInt32(at);
		return PLAIN;
	}
	if (protocol !== ipv4.ICMP && (!hasIpv6() || protocol !== ipv6.ICMP)) return OTHER;
	if (end - at < icmpv4.HEADER) return SHORT;
	check(at, icmpv4.HEADER, view.byteLength);
	const type = view.getUint8(at);
	const id = view.getUint16(at + icmpv4.REST);
	if (protocol === ipv4.ICMP) {
		if (type === icmpv4.ECHO_REQUEST || type === TIMESTAMP) router.ports = id << 16;
		else if (type === icmpv4.ECHO_REPLY || type === TIMESTAMP_REPLY) router.ports = id;
		else return type === icmpv4.UNREACHABLE || type === icmpv4.TIME_EXCEEDED || type === icmpv4.PARAMETER_PROBLEM ? ERROR : OTHER;
		return PLAIN;
	}
	if (type === icmpv6.ECHO_REQUEST) router.ports = id << 16;
	else if (type === icmpv6.ECHO_REPLY) router.ports = id;
	else return icmpv6.isError(type) ? ERROR : OTHER;
	return PLAIN;
}

/** Flags of the TCP segment that was read, 0 where it is none, or cut off. */
export function flagsRead(view: DataView, router: RouterBlock): Uint8 {
	if (router.protocol !== ipv4.TCP || router.upperEnd - router.upper < tcp.HEADER) return 0;
	const at = router.upper;
	check(at, tcp.HEADER, view.byteLength);
	return view.getUint8(at + tcp.FLAGS);
}
