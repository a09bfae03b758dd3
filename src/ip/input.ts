// An IP packet comes in from a link: its header is checked and read, its addresses are told apart, and it goes to the transport, to somebody else, or nowhere.

import { V4 } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock, RULE_FORWARDING } from "../packet/core-block.ts";
import { DROP, refused } from "../packet/drops.ts";
import {
	DESTINATION_ADDRESS,
	ELSEWHERE,
	EVERYBODYS,
	FIELDS_BYTES,
	OURS,
	REGISTER,
	ROUTED,
	SOURCE_ADDRESS,
} from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, FLAG_CHECKED, FLAG_LOOPBACK, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6, hasRouter } from "../packet/kernels/parts.ts";
import type { Ipv4, Offset, Range, Uint8 } from "../packet/numbers.ts";
import { OWN_GROUP } from "../packet/own-table.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { fragment4 } from "./fragments.ts";
import { transit } from "./forward.ts";
import { inputHook, stopped } from "./hooks.ts";
import { icmpError, WRONG_FIELD } from "./icmp.ts";
import { ownFind } from "./own.ts";
import { extensions, hopByHop } from "./v6/extensions.ts";
import { routed } from "./routed.ts";
import { read6 } from "./v6/input.ts";
import { GO_ON } from "./verdicts.ts";
import { isLocal } from "./way.ts";

/**
 * The packet is in bytes `at` to `end`, padding of the link behind it perhaps, and came by REGISTER.arrival; `six`: it is one of IPv6, by all that the link knows. The registers are filled from
 * its header. Answers whether the transport goes on with it: the destination is ours or everybody's then.
 */
export function ipInput(view: DataView, at: Offset, end: Offset, six: boolean): boolean {
	check(0, FIELDS_BYTES, view.byteLength);
	const link = InterfaceBlock.of(view, view.getInt32(REGISTER.arrival, true));
	if (!(hasIpv6() && six ? read6(view, link, at, end) : read4(view, link, at, end))) return false;
	const ipEnd: Offset = view.getInt32(REGISTER.ipEnd, true);
	const verdict = inputHook(view, link, CoreBlock.of(view, CORE).packet, at, ipEnd);
	if (verdict !== GO_ON) return stopped(view, link, verdict);
	if (hasIpv6() && six) {
		if (!hopByHop(view, link, at, ipEnd)) return false;
	} else {
		const header = ipv4.headerLength(view, at);
		if (header > ipv4.HEADER && !optionsFit(view, link, at, header)) return false;
	}
	// ELSEWHERE, or with ROUTED whatever it is.
	if (view.getInt32(REGISTER.whose, true) >= ELSEWHERE && !transit(view, link, at, ipEnd)) return false;
	if (hasIpv6() && six) return extensions(view, link, at, ipEnd);
	return !ipv4.isFragment(view, at) || (fragment4(view, link, at, ipEnd) && again(view, link));
}

/** A datagram that came in fragments is whole: where there is a filter or translation it is looked at like others, and may be for somebody else. */
function again(view: DataView, link: InterfaceBlock): boolean {
	if (!isLooked(view)) return true;
	view.setInt32(REGISTER.whose, view.getInt32(REGISTER.whose, true) | ROUTED, true);
	return routed(view, link, view.getInt32(REGISTER.ipAt, true), view.getInt32(REGISTER.ipEnd, true));
}

/** Reads the header of an IPv4 packet into the registers. False when it is none. */
function read4(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	if (!ipv4.valid(view, at, end)) return refused(view, link, DROP.ipMalformed);
	check(at, ipv4.HEADER, view.byteLength);
	const header = ipv4.headerLength(view, at);
	const sum = (link.flags & FLAG_CHECKED) !== 0 ? 0xffff : checksum(view, at, at + header, 0);
	if (sum !== 0xffff) return refused(view, link, DROP.ipv4Checksum);
	view.setInt32(SOURCE_ADDRESS + V4, ipv4.source(view, at));
	view.setInt32(DESTINATION_ADDRESS + V4, ipv4.destination(view, at));
	view.setInt32(REGISTER.ipAt, at, true);
	view.setInt32(REGISTER.ipEnd, at + ipv4.totalLength(view, at), true);
	view.setInt32(REGISTER.transportAt, at + header, true);
	view.setInt32(REGISTER.ttlProtocol, view.getUint16(at + ipv4.TTL), true);
	view.setInt32(REGISTER.whose, whose(view, link, ipv4.destination(view, at)), true);
	return true;
}

/** Whose the destination in the registers is, which is that address of IPv4: a value of REGISTER.whose. */
function whose(view: DataView, link: InterfaceBlock, address: Ipv4): Uint8 {
	const known =
		view.getInt32(REGISTER.knownDestination, true) === address && view.getInt32(REGISTER.knownSlot, true) === link.slot;
	if (!known && !look(view, link, address)) return EVERYBODYS;
	if (view.getInt32(REGISTER.knownOurs, true) !== 0) return OURS;
	if ((link.flags & FLAG_LOOPBACK) !== 0 && ipv4.isLoopback(address)) return OURS;
	return (link.flags & FLAG_ANY_ADDRESS) !== 0 && !isLooked(view) ? OURS : ELSEWHERE;
}

/** Whether each packet is looked at: all are taken for others' then, which routed.ts tells apart. */
function isLooked(view: DataView): boolean {
	return hasRouter() && CoreBlock.of(view, CORE).router !== 0;
}

/** Looks up the destination, and notes whether it is ours. Answers false where it is a group's. */
function look(view: DataView, link: InterfaceBlock, address: Ipv4): boolean {
	const own = ownFind(view, DESTINATION_ADDRESS, link.slot);
	const looked = isLooked(view);
	if (!looked && ((own & OWN_GROUP) !== 0 || address === ipv4.BROADCAST || ipv4.isMulticast(address))) return false;
	view.setInt32(REGISTER.knownDestination, address, true);
	view.setInt32(REGISTER.knownSlot, link.slot, true);
	view.setInt32(REGISTER.knownOurs, own === 0 || looked ? 0 : 1, true);
	return true;
}

/** Whether a packet with options goes on. Its sender is told which octet of them is wrong: by hosts for what is theirs, by routers for what they forward. RFC 1122 §3.2.2.5, 1812 §4.3.3.5. */
function optionsFit(view: DataView, link: InterfaceBlock, at: Offset, header: Range<0, 60>): boolean {
	const pointer = ipv4.badOption(view, at, header);
	if (pointer === 0) return true;
	if (pointer === ipv4.SOURCE_ROUTE) return refused(view, link, DROP.ipSourceRoute);
	const group = view.getInt32(REGISTER.frameGroup, true) !== 0 || view.getInt32(REGISTER.whose, true) === EVERYBODYS;
	const ours = (link.flags & FLAG_ANY_ADDRESS) !== 0 || isLocal(view, DESTINATION_ADDRESS);
	if (!group && (ours || (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) !== 0))
		icmpError(view, link, WRONG_FIELD, pointer << 24);
	return refused(view, link, DROP.ipMalformed);
}
