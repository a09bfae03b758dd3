// What ip/input.ts reads of an IPv6 packet's header, and whose its destination is. RFC 8200, RFC 4291.

import { copyAddress } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, refused } from "../../packet/drops.ts";
import {
	DESTINATION_ADDRESS,
	ELSEWHERE,
	EVERYBODYS,
	FIELDS_BYTES,
	OURS,
	REGISTER,
	ROUTED,
	SOURCE_ADDRESS,
} from "../../packet/fields.ts";
import { FLAG_ANY_ADDRESS, FLAG_LOOPBACK, type InterfaceBlock, OwnAddress } from "../../packet/interface-block.ts";
import { hasRouter } from "../../packet/kernels/parts.ts";
import type { Offset, Uint8 } from "../../packet/numbers.ts";
import { ownAt } from "../../link/addresses.ts";
import { OWN_GROUP } from "../../packet/own-table.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { isAllNodes, isLoopback, isMulticast, isSolicited, isSolicitedNode, SCOPE_LINK } from "../../wire/scope.ts";
import { ownFind } from "../own.ts";
import { isJoined } from "../way.ts";

/** REGISTER.whose is none of it: a group that we are not in. */
const NOBODYS = 3;

/** Reads the header of an IPv6 packet into the registers. False when it is none, or for a group that we are not in. */
export function read6(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	check(0, FIELDS_BYTES, view.byteLength);
	if (!ipv6.valid(view, at, end)) return refused(view, link, DROP.ipMalformed);
	check(at, ipv6.HEADER, view.byteLength);
	copyAddress(view, SOURCE_ADDRESS, at + ipv6.SOURCE);
	copyAddress(view, DESTINATION_ADDRESS, at + ipv6.DESTINATION);
	view.setInt32(REGISTER.ipAt, at, true);
	view.setInt32(REGISTER.ipEnd, at + ipv6.HEADER + ipv6.payloadLength(view, at), true);
	view.setInt32(REGISTER.transportAt, at + ipv6.HEADER, true);
	view.setInt32(REGISTER.namedAt, at + ipv6.NEXT_HEADER, true);
	view.setInt32(REGISTER.ttlProtocol, (ipv6.hopLimit(view, at) << 8) | ipv6.nextHeader(view, at), true);
	const owner = whose(view, link);
	const looked = hasRouter() && CoreBlock.of(view, CORE).router !== 0 ? ROUTED : 0;
	view.setInt32(REGISTER.whose, owner | looked, true);
	return owner !== NOBODYS || refused(view, link, DROP.ipNotLocal);
}

/** Whose the destination in the registers is: a value of REGISTER.whose, or NOBODYS. */
function whose(view: DataView, link: InterfaceBlock): Uint8 {
	if (isMulticast(view, DESTINATION_ADDRESS)) return isMember(view, link) ? EVERYBODYS : NOBODYS;
	const own = ownFind(view, DESTINATION_ADDRESS, link.slot);
	if (own !== 0 && (own & OWN_GROUP) === 0) return OURS;
	if ((link.flags & FLAG_LOOPBACK) !== 0 && isLoopback(view, DESTINATION_ADDRESS)) return OURS;
	return (link.flags & FLAG_ANY_ADDRESS) !== 0 ? OURS : ELSEWHERE;
}

/** Whether we are in the group in the registers on that interface. RFC 4291 §2.8; scopes below the link's do not come from outside. */
function isMember(view: DataView, link: InterfaceBlock): boolean {
	const scope = view.getUint8(DESTINATION_ADDRESS + 1) & 15;
	if (scope < SCOPE_LINK && (link.flags & FLAG_LOOPBACK) === 0) return false;
	if (isAllNodes(view, DESTINATION_ADDRESS)) return true;
	if (isSolicited(view, DESTINATION_ADDRESS)) {
		for (let i = 0; i < link.addressCount; i++)
			if (isSolicitedNode(view, DESTINATION_ADDRESS, OwnAddress.of(view, ownAt(link, i)).address)) return true;
	}
	return isJoined(view, DESTINATION_ADDRESS, link.slot);
}
