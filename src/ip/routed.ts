// A packet that came in where there is a filter or translation, for us or for somebody else: forward.ts hands all of them over. Flat TypeScript.

import { setNone, setV4, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_FORWARDING } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, ELSEWHERE, EVERYBODYS, isIpv6, OURS, REGISTER, ROUTED, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, FLAG_LOOPBACK, InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import { OWN_GROUP } from "../packet/own-table.ts";
import { NONE, packetKept } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { setEnd, setNext, setStart } from "../packet/pieces.ts";
import { RouterBlock } from "../packet/router-block.ts";
import { hopLimitDecrement, ttlDecrement } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { isLinkLocal } from "../wire/scope.ts";
import { piecesDropped } from "./fragments.ts";
import { forwardHook } from "./hooks.ts";
import { BEYOND_SCOPE, icmpError, NO_ROUTE, TOO_BIG, TOO_FAR } from "./icmp.ts";
import { output } from "./output.ts";
import { ownFind } from "./own.ts";
import { cutOutput, piecesCut, piecesOutput } from "./pieces-out.ts";
import { routerArrival } from "./router/arrive.ts";
import { routerForUs, routerForward, routerPass } from "./router/pass.ts";
import { reject } from "./router/reject.ts";
import { DONE, GO_ON, REJECTED } from "./verdicts.ts";
import { isLocal, lead } from "./way.ts";
import { weakHost } from "./weak-host.ts";

/** The packet in the registers, in bytes `at` to `end`, came in by `link`. Answers whether it is for us and goes on. */
export function routed(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const said = view.getInt32(REGISTER.whose, true);
	// input.ts takes it for somebody else's, so that it comes here; v6/input.ts, and who has put fragments together, know.
	const known = (said & ROUTED) !== 0 ? said & ~ROUTED : whose(view, link);
	view.setInt32(REGISTER.whose, known, true);
	const arrival = routerArrival(view, link, at, end);
	if (arrival === DONE) return false;
	if (arrival !== GO_ON) return dropped(view, link, arrival);
	const owner = view.getInt32(REGISTER.whose, true);
	// RFC 1122 §3.3.6, as in hooks.ts.
	const group = view.getInt32(REGISTER.frameGroup, true) !== 0;
	if (owner === OURS && group) return dropped(view, link, DROP.ipLinkBroadcast);
	// It may be another packet now, put together of fragments, with others behind it.
	if (owner === ELSEWHERE && !isForUs(view, link, view.getInt32(REGISTER.ipAt, true), view.getInt32(REGISTER.ipEnd, true)))
		return piecesDropped(view);
	const verdict = routerForUs(view, link);
	return verdict === GO_ON || dropped(view, link, verdict);
}

/** It goes no further, and its sender hears of that, perhaps. Answers false. */
function dropped(view: DataView, link: InterfaceBlock, verdict: number): boolean {
	if (verdict === REJECTED) reject(view, link);
	else drop(view, link, verdict & 0xff);
	return piecesDropped(view);
}

/** Whose the IPv4 destination in the registers is. */
function whose(view: DataView, link: InterfaceBlock): Uint8 {
	const address = v4Of(view, DESTINATION_ADDRESS);
	const own = ownFind(view, DESTINATION_ADDRESS, link.slot);
	if ((own & OWN_GROUP) !== 0 || address === ipv4.BROADCAST || ipv4.isMulticast(address)) return EVERYBODYS;
	const loopback = (link.flags & FLAG_LOOPBACK) !== 0 && ipv4.isLoopback(address);
	return own !== 0 || loopback || (link.flags & FLAG_ANY_ADDRESS) !== 0 ? OURS : ELSEWHERE;
}

/** The destination is not one of `link`: another interface's of ours, as in forward.ts, or somebody else's, to whom the packet goes. Answers whether it is for us. */
function isForUs(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const core = CoreBlock.of(view, CORE);
	if (!isLocal(view, DESTINATION_ADDRESS)) {
		if ((core.rules & RULE_FORWARDING) === 0) return refused(view, link, DROP.ipNotLocal);
		forward(view, link, at, end);
		return false;
	}
	return weakHost(view, link, false);
}

/** Sends on a packet for somebody else, as forward.ts does. It is translated as late as may be, so that what becomes of it before is told of what came. */
function forward(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): void {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, RouterBlock.of(view, core.router).way);
	const six = isIpv6(view);
	lead(view, path, DESTINATION_ADDRESS);
	let verdict = forwardHook(view, link, path, core.packet, at, end);
	if (verdict === DROP.ipNotLocal && six && isLinkLocal(view, SOURCE_ADDRESS)) icmpError(view, link, BEYOND_SCOPE, 0);
	if (verdict === GO_ON) verdict = routerForward(view, link, path);
	if (verdict === REJECTED) {
		reject(view, link);
		return;
	}
	if (verdict === GO_ON) verdict = unreachable(view, link, path, at, end);
	if (verdict === GO_ON) verdict = routerPass(view, link, path, at, end);
	if (verdict === GO_ON) leave(view, path, at, end);
	else drop(view, link, verdict & 0xff);
	RouterBlock.of(view, core.router).passing = 0;
}

/** Tells the sender of a packet that does not get there. Answers the reason to drop it, GO_ON for none. */
function unreachable(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): number {
	if ((view.getInt32(REGISTER.ttlProtocol, true) & 0xffff) >> 8 <= 1) {
		icmpError(view, link, TOO_FAR, 0);
		return DROP.ttlExpired;
	}
	if (path.out === 0) {
		icmpError(view, link, NO_ROUTE, 0);
		return DROP.noRoute;
	}
	if (end - at <= path.mtu || (!isIpv6(view) && !ipv4.dontFragment(view, at))) return GO_ON;
	icmpError(view, link, TOO_BIG, path.mtu);
	return DROP.tooBig;
}

/** The packet leaves, whole or in fragments. */
function leave(view: DataView, path: PathBlock, at: Offset, end: Offset): void {
	const core = CoreBlock.of(view, CORE);
	if (isIpv6(view)) hopLimitDecrement(view, at);
	else ttlDecrement(view, at);
	if (core.pieces !== NONE) piecesForward(view, path, at, end);
	else if (end - at > path.mtu) cutOutput(view, path, at, end);
	else if (output(view, core.packet, at, end, path)) packetKept(view);
}

/** A datagram of IPv4 that came in fragments, of which the first packet is in the registers, goes on in such as its path carries. RFC 4787 REQ-14. */
function piecesForward(view: DataView, path: PathBlock, at: Offset, end: Offset): void {
	const core = CoreBlock.of(view, CORE);
	const first = core.packet;
	const ttl = path.ttl;
	setStart(view, first, at + ipv4.headerLength(view, at));
	setEnd(view, first, end);
	setNext(view, first, core.pieces);
	core.pieces = NONE;
	setV4(view, path.source, ipv4.source(view, at));
	path.ttl = (view.getUint8(at + ipv4.TOS) << 16) | ipv4.ttl(view, at);
	const protocol = ipv4.protocol(view, at);
	if (piecesCut(view, path, first)) piecesOutput(view, path, first, protocol);
	else drop(view, InterfaceBlock.of(view, path.out), DROP.noPacketBuffer);
	setNone(view, path.source);
	path.ttl = ttl;
	packetKept(view);
}
