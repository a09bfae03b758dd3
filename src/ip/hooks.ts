// What looks at every packet, at the three places where IP has it in hand: one function each, called at one place each, and in it what stands there so far. Whoever else wants to
// see packets (translation, filters, queues) adds its call to the function, in the order in which they are to look, and hands on what it says.
//
//	const verdict = filterInput(view, link, at, end);
//	if (verdict !== GO_ON) return verdict;

import { isNone, isV4, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_REVERSE_PATH } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, OURS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FLAG_LOOPBACK, type InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Ipv4, Offset } from "../packet/numbers.ts";
import { packetKept } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { isLinkLocal, isLoopback, isMulticast } from "../wire/scope.ts";
import { ownFind } from "./own.ts";
import { GO_ON, TAKEN } from "./verdicts.ts";
import { lead } from "./way.ts";

/** A hook let a packet that was received go no further: it is counted as dropped, or another takes its place. Answers false. */
export function stopped(view: DataView, link: InterfaceBlock, verdict: number): boolean {
	if (verdict === TAKEN) packetKept(view);
	else drop(view, link, verdict & 0xff);
	return false;
}

/**
 * A packet came in by `link`, for us or for somebody else, and lies in bytes `at` to `end` of `packet`. Its header is valid but for its options, which are looked at next, and in the registers. Whoever gives it another destination
 * says in REGISTER.whose whose that is.
 */
export function inputHook(view: DataView, link: InterfaceBlock, _packet: number, _at: Offset, _end: Offset): number {
	if (isIpv6(view) ? isForged6(view, link) : isForged(view, link, v4Of(view, SOURCE_ADDRESS))) return DROP.ipBadSource;
	// RFC 1122 §3.3.6: nobody alone is addressed by a frame for all. Else every host would answer what one was asked.
	if (view.getInt32(REGISTER.frameGroup, true) !== 0 && view.getInt32(REGISTER.whose, true) === OURS) return DROP.ipLinkBroadcast;
	return GO_ON;
}

/** A packet for somebody else that came in by `link` is about to go on by `path`, whose `out` is 0 when there is no way. The registers have its header; its time to live is as it came. */
export function forwardHook(
	view: DataView,
	link: InterfaceBlock,
	path: PathBlock,
	_packet: number,
	_at: Offset,
	_end: Offset,
): number {
	const core = CoreBlock.of(view, CORE);
	if (view.getInt32(REGISTER.frameGroup, true) !== 0) return DROP.ipNotLocal;
	const six = isIpv6(view);
	if (six ? isMartian6(view) : isMartian(v4Of(view, SOURCE_ADDRESS), v4Of(view, DESTINATION_ADDRESS))) return DROP.ipNotLocal;
	if ((core.rules & RULE_REVERSE_PATH) !== 0 && !comesFrom(view, link)) return DROP.reversePath;
	// RFC 2644: directed broadcasts are not forwarded.
	return path.nextHop === core.everybody ? DROP.ipNotLocal : GO_ON;
}

/** A packet of ours, or one that is forwarded, is about to leave by `link`, along `path`; it lies in bytes `at` to `end` of `packet`. Past this it may wait for its neighbour or its device. */
export function outputHook(
	view: DataView,
	link: InterfaceBlock,
	path: PathBlock,
	_packet: number,
	at: Offset,
	_end: Offset,
): number {
	// RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3: 127.0.0.0/8 and ::1 stay within the host.
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	const inside = six
		? isLoopback(view, at + ipv6.SOURCE) || isLoopback(view, at + ipv6.DESTINATION)
		: ipv4.isLoopback(ipv4.source(view, at)) || ipv4.isLoopback(ipv4.destination(view, at));
	return inside && (link.flags & FLAG_LOOPBACK) === 0 ? DROP.loopbackAddress : GO_ON;
}

/** Whether a station outside cannot have the source address in the registers, which is this one of IPv4: a group, "this network" but for 0.0.0.0 itself, loopback, one of ours, a broadcast address of our subnets. RFC 1122 §3.2.1.3. */
function isForged(view: DataView, link: InterfaceBlock, source: Ipv4): boolean {
	if (source >= (0xe0000000 | 0) && source < 0) return true; // classes D and E, and the broadcast address
	if (source > 0 && source < 0x01000000) return true;
	if ((link.flags & FLAG_LOOPBACK) !== 0) return false;
	if (ipv4.isLoopback(source)) return true;
	if (view.getInt32(REGISTER.knownSource, true) === source) return false;
	if (ownFind(view, SOURCE_ADDRESS, 0) !== 0) return true;
	view.setInt32(REGISTER.knownSource, source, true);
	return false;
}

/** The same of IPv6: a group, ::1, one of ours; and one of IPv4 in either place, which is nobody's on a wire: such packets would pass for IPv4's. RFC 4291 §2.5. */
function isForged6(view: DataView, link: InterfaceBlock): boolean {
	if (isV4(view, SOURCE_ADDRESS) || isV4(view, DESTINATION_ADDRESS) || isMulticast(view, SOURCE_ADDRESS)) return true;
	if (isNone(view, DESTINATION_ADDRESS)) return true;
	if ((link.flags & FLAG_LOOPBACK) !== 0) return false;
	if (isLoopback(view, SOURCE_ADDRESS) || isLoopback(view, DESTINATION_ADDRESS)) return true;
	// Of one link: another one's may be the same.
	return ownFind(view, SOURCE_ADDRESS, isLinkLocal(view, SOURCE_ADDRESS) ? link.slot : 0) !== 0;
}

/** RFC 4291 §2.5.2, §2.5.6: no router lets pass what is from nowhere, or of one link. */
function isMartian6(view: DataView): boolean {
	return isNone(view, SOURCE_ADDRESS) || isLinkLocal(view, SOURCE_ADDRESS) || isLinkLocal(view, DESTINATION_ADDRESS);
}

/** RFC 1812 §5.3.7: no host can have sent or get it by a router; RFC 3927 §2.7: nothing from or to addresses of one link. */
function isMartian(source: Ipv4, destination: Ipv4): boolean {
	if (source >>> 24 === 0 || destination >>> 24 === 0 || destination >>> 28 === 15) return true;
	return ipv4.isLoopback(destination) || ipv4.isLinkLocal(source) || ipv4.isLinkLocal(destination);
}

/** Strict reverse path of the packet in the registers, RFC 3704 §2.2. */
function comesFrom(view: DataView, link: InterfaceBlock): boolean {
	const path = PathBlock.of(view, CoreBlock.of(view, CORE).reverse);
	lead(view, path, SOURCE_ADDRESS);
	return path.out === link.at;
}
