// ICMP as part of IP, compiled: the echo server, and errors about packets that came in. RFC 792, 1122 §3.2.2, 1812 §4.3.

import { ICMP_ERROR_BURST, ICMP_ERROR_INTERVAL_MS } from "../config.ts";
import { copyAddress, sameAddress, setNone, setV4, v4Of } from "../packet/address.ts";
import { chance32 } from "../packet/chance.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, IP_AT, IP_END, SOURCE_ADDRESS, TRANSPORT_AT, TTL_PROTOCOL } from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { NONE, takeSpare } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { interfaceAt } from "../packet/slots.ts";
import { ipv4Build } from "../wire/build.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copy } from "../wire/kernels/copies.ts";
import { isNowhere } from "../wire/scope.ts";
import { output } from "./output.ts";
import { isGroup, isLocal, route } from "./way.ts";

/** An error quotes as much as fits 576 bytes with its headers. RFC 1812 §4.3.2.3. */
const QUOTE = 576 - ipv4.HEADER - icmpv4.HEADER;

/** Sends the reply in bytes `at` to `end` that was made of an echo request, and notes the way. Answers whether the packet was kept. RFC 1122 §3.2.2.6. */
export function echo(view: DataView, packet: number, at: Offset, end: Offset): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, core.echo);
	// The reply comes from the address that was asked; that decides the way too.
	if (
		!sameAddress(view, path.destination, SOURCE_ADDRESS) ||
		!sameAddress(view, path.source, DESTINATION_ADDRESS) ||
		path.routeVersion !== core.routeVersion
	) {
		copyAddress(view, path.destination, SOURCE_ADDRESS);
		copyAddress(view, path.source, DESTINATION_ADDRESS);
		route(view, path, 0, true);
	}
	if (end - at <= path.mtu) return output(view, packet, at, end, path);
	if (path.out === 0) drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
	else drop(view, InterfaceBlock.of(view, path.out), DROP.tooBig);
	return false;
}

/**
 * Tells the source of the packet in the registers what became of it. `rest`: the second word of the ICMP header (an MTU, a
 * pointer). Says nothing about errors, fragments but the first, groups, or to sources that are not one host; at most one in ICMP_ERROR_INTERVAL_MS.
 */
export function icmpError(view: DataView, link: InterfaceBlock, type: number, code: number, rest: number): void {
	const core = CoreBlock.of(view, CORE);
	const original = view.getInt32(IP_AT * 4, true);
	if (!mayTell(view, original)) return;
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
	// From the address that was asked for when it is ours, RFC 1122 §3.2.2; else from the interface, RFC 1812 §4.3.2.4.
	if ((link.flags & FLAG_ANY_ADDRESS) !== 0 || isLocal(view, DESTINATION_ADDRESS))
		copyAddress(view, path.source, DESTINATION_ADDRESS);
	else setNone(view, path.source);
	if (!route(view, path, 0, true)) {
		drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
		return;
	}
	const quoted: Length = Math.min((view.getInt32(IP_END * 4, true) - original) | 0, QUOTE);
	const at = core.spareAt;
	const icmp = at + ipv4.HEADER;
	const end = icmp + icmpv4.HEADER + quoted;
	ipv4Build(view, at, v4Of(view, path.source), v4Of(view, path.destination), ipv4.ICMP, ipv4.DEFAULT_TTL, end - at);
	view.setInt32(icmp, (type << 24) | (code << 16));
	view.setInt32(icmp + icmpv4.REST, rest);
	copy(view, icmp + icmpv4.HEADER, original, quoted);
	view.setUint16(icmp + icmpv4.CHECKSUM, ~checksum(view, icmp, end, 0));
	if (output(view, packet, at, end, path)) takeSpare(view);
}

/** RFC 1122 §3.2.2: when no error message about the packet in the registers, whose header is at `original`, must be sent. */
function mayTell(view: DataView, original: Offset): boolean {
	if (isNowhere(view, SOURCE_ADDRESS) || isGroup(view, SOURCE_ADDRESS) || isGroup(view, DESTINATION_ADDRESS)) return false;
	if ((view.getUint16(original + ipv4.FRAGMENT) & 0x1fff) !== 0) return false;
	if ((view.getInt32(TTL_PROTOCOL * 4, true) & 255) !== ipv4.ICMP) return true;
	const type = icmpv4.type(view, view.getInt32(TRANSPORT_AT * 4, true));
	return type === icmpv4.ECHO_REQUEST || type === icmpv4.ECHO_REPLY;
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

/** The packet in bytes `at` to `end` did not find its next hop. When it is one that we forwarded its sender is told. RFC 1812 §5.2.7.1. */
export function lostPacket(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): void {
	setV4(view, SOURCE_ADDRESS, ipv4.source(view, at));
	if (isLocal(view, SOURCE_ADDRESS)) return;
	setV4(view, DESTINATION_ADDRESS, ipv4.destination(view, at));
	view.setInt32(IP_AT * 4, at, true);
	view.setInt32(IP_END * 4, end, true);
	view.setInt32(TRANSPORT_AT * 4, at + ipv4.headerLength(view, at), true);
	view.setInt32(TTL_PROTOCOL * 4, view.getUint16(at + ipv4.TTL), true);
	icmpError(view, link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, 0);
}
