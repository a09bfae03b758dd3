// What an address is by itself, whatever tables say: RFC 1122 §3.2.1.3, RFC 4291 §2.4.

import { isNone, isV4, v4Of } from "../packet/address.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Address } from "../packet/numbers.ts";
import * as ipv4 from "./ipv4.ts";

/** 127.0.0.0/8, or ::1. */
export function isLoopback(view: DataView, at: Address): boolean {
	if (!hasIpv6() || isV4(view, at)) return ipv4.isLoopback(v4Of(view, at));
	return (
		view.getInt32(at + 12) === 1 && (view.getInt32(at, true) | view.getInt32(at + 4, true) | view.getInt32(at + 8, true)) === 0
	);
}

/** 224.0.0.0/4, or ff00::/8. */
export function isMulticast(view: DataView, at: Address): boolean {
	return !hasIpv6() || isV4(view, at) ? ipv4.isMulticast(v4Of(view, at)) : view.getUint8(at) === 0xff;
}

/** 255.255.255.255. */
export function isBroadcast(view: DataView, at: Address): boolean {
	return isV4(view, at) && v4Of(view, at) === ipv4.BROADCAST;
}

/** 169.254.0.0/16, or fe80::/10: an address that means something on one link alone. */
export function isLinkLocal(view: DataView, at: Address): boolean {
	return !hasIpv6() || isV4(view, at) ? ipv4.isLinkLocal(v4Of(view, at)) : view.getUint16(at) >> 6 === 0xfe80 >> 6;
}

/** fc00::/7: unique to some networks, RFC 4193. */
export function isUnique(view: DataView, at: Address): boolean {
	return (view.getUint8(at) & 0xfe) === 0xfc;
}

/** Slot of the only interface that an address of IPv6 of one link means something on, `slot`; 0 for all others. RFC 4007 §6. */
export function zoneOf(view: DataView, at: Address, slot: number): number {
	return hasIpv6() && !isV4(view, at) && isLinkLocal(view, at) ? slot : 0;
}

/** None, or "this network", 0.0.0.0/8, which is nowhere to send to: RFC 1122 §3.2.1.3. */
export function isNowhere(view: DataView, at: Address): boolean {
	return isNone(view, at) || (isV4(view, at) && v4Of(view, at) >>> 24 === 0);
}

/** Scopes as multicast addresses have them, RFC 4291 §2.7. */
export const SCOPE_LINK = 2;

/** Whether it is a group of IPv6 within one link, or nearer. */
export function isLinkGroup(view: DataView, at: Address): boolean {
	return view.getUint8(at) === 0xff && (view.getUint8(at + 1) & 15) <= SCOPE_LINK;
}

/** Whether it is the group in which the station with an address is asked for: ff02::1:ff00:0/104 and the address's last 24 bits. RFC 4291 §2.7.1. */
export function isSolicitedNode(view: DataView, group: Address, address: Address): boolean {
	return isSolicited(view, group) && ((view.getInt32(group + 12) ^ view.getInt32(address + 12)) & 0xffffff) === 0;
}

/** Whether it is such a group of some address. */
export function isSolicited(view: DataView, group: Address): boolean {
	return (
		view.getInt32(group) === (0xff020000 | 0) &&
		view.getInt32(group + 4) === 0 &&
		view.getInt32(group + 8) === 1 &&
		view.getUint8(group + 12) === 0xff
	);
}

/** ff02::1 and ff01::1, which every station is in. */
export function isAllNodes(view: DataView, group: Address): boolean {
	const first = view.getInt32(group);
	return (
		(first === (0xff020000 | 0) || first === (0xff010000 | 0)) &&
		view.getInt32(group + 4) === 0 &&
		view.getInt32(group + 8) === 0 &&
		view.getInt32(group + 12) === 1
	);
}
