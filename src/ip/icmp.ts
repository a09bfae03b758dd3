// ICMP as part of IP, compiled: the echo server, and errors about packets that came in. RFC 792, 1122 §3.2.2, 1812 §4.3.

import { ICMP_ERROR_BURST, ICMP_ERROR_INTERVAL_MS } from "../config.ts";
import { copyAddress, isNone, sameAddress, setNone, setV4 } from "../packet/address.ts";
import { chance32 } from "../packet/chance.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, ipv4Again, isIpv6, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { NONE, takeSpare } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { setEnd, setNext, setStart } from "../packet/pieces.ts";
import { interfaceAt } from "../packet/slots.ts";
import { icmpChecksum, ipBuild } from "../wire/build.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { copy } from "../wire/kernels/copies.ts";
import { isLinkLocal, isMulticast, isNowhere, zoneOf } from "../wire/scope.ts";
import { output } from "./output.ts";
import { cutOutput, icmpPiecesSum, piecesCut, piecesOutput } from "./pieces-out.ts";
import { isGroup, isLocal, route } from "./way.ts";

/** An error quotes as much as fits 576 bytes with its headers, RFC 1812 §4.3.2.3; of IPv6 what every link carries, RFC 4443 §2.4 (c). */
const QUOTE = 576 - ipv4.HEADER - icmpv4.HEADER;
const QUOTE6 = ipv6.LEAST_MTU - ipv6.HEADER - icmpv6.HEADER;

// What an error says: type and code of ICMPv6 << 16 | those of ICMP.
/** No route leads there. */
export const NO_ROUTE = (icmpv6.UNREACHABLE << 24) | (icmpv6.NO_ROUTE << 16) | (icmpv4.UNREACHABLE << 8) | icmpv4.NET_UNREACHABLE;
/** The neighbour does not answer. */
export const NO_HOST =
	(icmpv6.UNREACHABLE << 24) | (icmpv6.ADDRESS_UNREACHABLE << 16) | (icmpv4.UNREACHABLE << 8) | icmpv4.HOST_UNREACHABLE;
/** Nobody takes datagrams for that port. */
export const NO_PORT =
	(icmpv6.UNREACHABLE << 24) | (icmpv6.PORT_UNREACHABLE << 16) | (icmpv4.UNREACHABLE << 8) | icmpv4.PORT_UNREACHABLE;
/** A source address that means nothing beyond its link. */
export const BEYOND_SCOPE =
	(icmpv6.UNREACHABLE << 24) | (icmpv6.BEYOND_SCOPE << 16) | (icmpv4.UNREACHABLE << 8) | icmpv4.NET_UNREACHABLE;
/** Larger than what the next link carries, which `rest` is. */
export const TOO_BIG = (icmpv6.PACKET_TOO_BIG << 24) | (icmpv4.UNREACHABLE << 8) | icmpv4.FRAGMENTATION_NEEDED;
/** As many routers on its way as it may have. */
export const TOO_FAR = (icmpv6.TIME_EXCEEDED << 24) | (icmpv4.TIME_EXCEEDED << 8);
/** Fragments whose rest did not come in time. */
export const TOO_SLOW = (icmpv6.TIME_EXCEEDED << 24) | (1 << 16) | (icmpv4.TIME_EXCEEDED << 8) | 1;
/** IPv6: a first fragment without all headers. RFC 7112 §5. */
export const INCOMPLETE_HEADERS = (icmpv6.PARAMETER_PROBLEM << 24) | (3 << 16);
/** A field that cannot be; `rest` says which. */
export const WRONG_FIELD = (icmpv6.PARAMETER_PROBLEM << 24) | (icmpv4.PARAMETER_PROBLEM << 8);
/** What follows the IP header is not known; IPv6: `rest` is where that is said. */
export const UNKNOWN_HEADER =
	(icmpv6.PARAMETER_PROBLEM << 24) | (icmpv6.UNKNOWN_HEADER << 16) | (icmpv4.UNREACHABLE << 8) | icmpv4.PROTOCOL_UNREACHABLE;
/** IPv6: an option that wants the sender to be told; `rest` is where it stands. */
export const UNKNOWN_OPTION = (icmpv6.PARAMETER_PROBLEM << 24) | (icmpv6.UNKNOWN_OPTION << 16);

/**
 * Sends the reply in bytes `at` to `end` that was made of an echo request, and notes the way. Answers whether the packet was kept. RFC 1122 §3.2.2.6. Of an ICMPv6 request it makes the
 * reply, with an IP header at `at`, which may be further on than the request's: its extension headers were meant for the way here. RFC 4443 §4.2. `length`: with the pieces that follow.
 */
export function echo(view: DataView, packet: number, at: Offset, end: Offset, length: number): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, core.echo);
	const six = isIpv6(view);
	const group = six && isMulticast(view, DESTINATION_ADDRESS);
	const zone = six ? zoneOf(view, SOURCE_ADDRESS, InterfaceBlock.of(view, view.getInt32(REGISTER.arrival, true)).slot) : 0;
	// The reply comes from the address that was asked; that decides the way too.
	if (
		!sameAddress(view, path.destination, SOURCE_ADDRESS) ||
		!sameAddress(view, path.source, DESTINATION_ADDRESS) ||
		path.routeVersion !== core.routeVersion ||
		path.bound !== zone
	) {
		copyAddress(view, path.destination, SOURCE_ADDRESS);
		if (group) setNone(view, path.source);
		else copyAddress(view, path.source, DESTINATION_ADDRESS);
		path.bound = zone;
		route(view, path, 0, true);
	}
	if (six && path.out !== 0) reply6(view, path, at, end);
	return length <= path.mtu ? output(view, packet, at, end, path) : echoLarge(view, path, packet, at, end);
}

/** The same of one that is larger than its path carries: in fragments. Answers whether the packet was kept. */
function echoLarge(view: DataView, path: PathBlock, packet: number, at: Offset, end: Offset): boolean {
	if (path.out === 0) {
		drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
		return false;
	}
	const core = CoreBlock.of(view, CORE);
	const six = isIpv6(view);
	if (!six && core.pieces === NONE) {
		view.setInt32(at + ipv4.IDENTIFICATION, chance32(view) & (0xffff0000 | 0));
		cutOutput(view, path, at, end);
		return false;
	}
	setStart(view, packet, at + (six ? ipv6.HEADER : ipv4.HEADER));
	setEnd(view, packet, end);
	setNext(view, packet, core.pieces);
	core.pieces = NONE;
	if (piecesCut(view, path, packet)) {
		icmpPiecesSum(view, path, packet);
		piecesOutput(view, path, packet, six ? ipv6.ICMP : ipv4.ICMP);
	} else drop(view, InterfaceBlock.of(view, path.out), DROP.noPacketBuffer);
	return true;
}

/** Makes the reply of the ICMPv6 echo request in bytes `at` + IP header to `end`. */
function reply6(view: DataView, path: PathBlock, at: Offset, end: Offset): void {
	const icmp = ipBuild(view, at, path, ipv6.ICMP, path.ttl, end - at - ipv6.HEADER);
	view.setUint8(icmp, icmpv6.ECHO_REPLY);
	view.setUint16(icmp + icmpv6.CHECKSUM, 0);
	icmpChecksum(view, at, icmp, end);
}

/**
 * Tells the source of the packet in the registers what became of it: `what` is one of the constants above, `rest` the second word of the ICMP header (an MTU, a
 * pointer). Says nothing about errors, fragments but the first, groups, or to sources that are not one host; at most one in ICMP_ERROR_INTERVAL_MS.
 */
export function icmpError(view: DataView, link: InterfaceBlock, what: number, rest: number): void {
	const core = CoreBlock.of(view, CORE);
	const original = view.getInt32(REGISTER.ipAt, true);
	if (!(isIpv6(view) ? mayTell6(view, what) : mayTell(view, original))) return;
	if (!token(view)) {
		drop(view, link, DROP.icmpRateLimited);
		return;
	}
	const packet = core.spare;
	if (packet === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return;
	}
	const path = PathBlock.of(view, core.error);
	copyAddress(view, path.destination, SOURCE_ADDRESS);
	path.bound = isLinkLocal(view, SOURCE_ADDRESS) ? link.slot : 0;
	// From the address that was asked for when it is ours, RFC 1122 §3.2.2; else from the interface, RFC 1812 §4.3.2.4.
	const asked = !isMulticast(view, DESTINATION_ADDRESS);
	if (asked && ((link.flags & FLAG_ANY_ADDRESS) !== 0 || isLocal(view, DESTINATION_ADDRESS)))
		copyAddress(view, path.source, DESTINATION_ADDRESS);
	else setNone(view, path.source);
	if (!route(view, path, 0, true)) {
		drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
		return;
	}
	const six = isIpv6(view);
	const quoted: Length = Math.min((view.getInt32(REGISTER.ipEnd, true) - original) | 0, six ? QUOTE6 : QUOTE);
	const at = core.spareAt;
	const protocol = six ? ipv6.ICMP : ipv4.ICMP;
	const icmp = ipBuild(view, at, path, protocol, six ? path.ttl & 255 : ipv4.DEFAULT_TTL, icmpv4.HEADER + quoted);
	const end = icmp + icmpv4.HEADER + quoted;
	view.setInt32(icmp, six ? what & (0xffff0000 | 0) : what << 16);
	view.setInt32(icmp + icmpv4.REST, rest);
	copy(view, icmp + icmpv4.HEADER, original, quoted);
	icmpChecksum(view, at, icmp, end);
	if (output(view, packet, at, end, path)) takeSpare(view);
}

/** RFC 1122 §3.2.2: when no error message about the packet in the registers, whose header is at `original`, must be sent. */
function mayTell(view: DataView, original: Offset): boolean {
	if (isNowhere(view, SOURCE_ADDRESS) || isGroup(view, SOURCE_ADDRESS) || isGroup(view, DESTINATION_ADDRESS)) return false;
	if ((view.getUint16(original + ipv4.FRAGMENT) & 0x1fff) !== 0) return false;
	if ((view.getInt32(REGISTER.ttlProtocol, true) & 255) !== ipv4.ICMP) return true;
	const type = icmpv4.type(view, view.getInt32(REGISTER.transportAt, true));
	return type === icmpv4.ECHO_REQUEST || type === icmpv4.ECHO_REPLY;
}

/** The same of IPv6, RFC 4443 §2.4 (e): what is too big for a link, and some options, are told of groups' packets too. */
function mayTell6(view: DataView, what: number): boolean {
	if (isNone(view, SOURCE_ADDRESS) || isMulticast(view, SOURCE_ADDRESS)) return false;
	const group = isMulticast(view, DESTINATION_ADDRESS) || view.getInt32(REGISTER.frameGroup, true) !== 0;
	if (group && what !== TOO_BIG && what !== UNKNOWN_OPTION) return false;
	// What the packet carries stands behind its extension headers, looked at already or not.
	const original: Offset = view.getInt32(REGISTER.ipAt, true);
	const end: Offset = view.getInt32(REGISTER.ipEnd, true);
	const at = ipv6.upperHeader(view, original, end, ipv6.ICMP);
	if (at === 0 || at >= end) return true;
	const type = icmpv6.type(view, at);
	return !icmpv6.isError(type) && type !== icmpv6.REDIRECT;
}

/** Whether another error may be sent: there is a token, of which some are taken. */
function token(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	let tokens = core.errorTokens;
	let ago = (core.now - core.errorsFilledAt) | 0;
	if (ago < 0) ago = ICMP_ERROR_BURST * ICMP_ERROR_INTERVAL_MS; // the clock has wrapped since
	if (ago >= ICMP_ERROR_INTERVAL_MS) core.errorsFilledAt = core.now;
	while (ago >= ICMP_ERROR_INTERVAL_MS && tokens < ICMP_ERROR_BURST) {
		ago = (ago - ICMP_ERROR_INTERVAL_MS) | 0;
		tokens = (tokens + 1) | 0;
	}
	core.errorTokens = tokens;
	if (tokens === 0) return false;
	// None, one or two, one on average: who counts the errors that are left does not learn how many others were sent. CVE-2020-25705.
	const taken = ((chance32(view) >>> 16) * 3) >>> 16;
	core.errorTokens = (tokens - Math.min(tokens, taken)) | 0;
	return true;
}

/**
 * The packet in bytes `at` to `end` came to nothing, as `what` and `rest` say (icmpError): its next hop was not found, its fragments did not come, or a tunnel carries less. Its sender is told unless it is
 * ourselves; what is too big also then. RFC 1812 §5.2.7.1, RFC 4443 §3.1.
 */
export function lostPacket(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, what: number, rest: number): void {
	view.setInt32(REGISTER.ipAt, at, true);
	view.setInt32(REGISTER.ipEnd, end, true);
	// What came last, to many perhaps, was another packet: none waits that came in a frame for all.
	view.setInt32(REGISTER.frameGroup, 0, true);
	if (hasIpv6() && view.getUint8(at) >> 4 === 6) {
		copyAddress(view, SOURCE_ADDRESS, at + ipv6.SOURCE);
		copyAddress(view, DESTINATION_ADDRESS, at + ipv6.DESTINATION);
		view.setInt32(REGISTER.namedAt, at + ipv6.NEXT_HEADER, true);
		view.setInt32(REGISTER.transportAt, at + ipv6.HEADER, true);
		view.setInt32(REGISTER.ttlProtocol, (ipv6.hopLimit(view, at) << 8) | ipv6.nextHeader(view, at), true);
		if (what === TOO_BIG || !isLocal(view, SOURCE_ADDRESS)) icmpError(view, link, what, rest);
		ipv4Again(view);
		return;
	}
	setV4(view, SOURCE_ADDRESS, ipv4.source(view, at));
	if (what !== TOO_BIG && isLocal(view, SOURCE_ADDRESS)) return;
	setV4(view, DESTINATION_ADDRESS, ipv4.destination(view, at));
	view.setInt32(REGISTER.transportAt, at + ipv4.headerLength(view, at), true);
	view.setInt32(REGISTER.ttlProtocol, view.getUint16(at + ipv4.TTL), true);
	icmpError(view, link, what, rest);
}
