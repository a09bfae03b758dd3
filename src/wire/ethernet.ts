// Ethernet II. Stateless accessors: `at` is the arena offset of the frame.

import { isV4 } from "../packet/address.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Address, Offset, Uint16 } from "../packet/numbers.ts";

export const HEADER = 14;
export const SOURCE_ADDRESS = 6;
export const TYPE = 12;

export const TYPE_IPV4 = 0x0800;
export const TYPE_ARP = 0x0806;
export const TYPE_IPV6 = 0x86dd;

/** Whether the destination is a group: broadcast or multicast. IEEE 802.3 §3.2.3. */
export function isGroup(view: DataView, at: Offset): boolean {
	return (view.getUint8(at) & 1) !== 0;
}

/** EtherType, or an 802.3 length below 0x0600. */
export function type(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + TYPE);
}

/** Whether the six bytes at `a` and `b` are the same address. */
export function sameAddress(view: DataView, a: Offset, b: Offset): boolean {
	return view.getInt32(a) === view.getInt32(b) && view.getUint16(a + 4) === view.getUint16(b + 4);
}

/** Whether one station can have the six bytes at `at` as its address: no group, and not all 0. */
export function isUnicast(view: DataView, at: Offset): boolean {
	const high = view.getInt32(at);
	return (high & 0x01000000) === 0 && (high !== 0 || view.getUint16(at + 4) !== 0);
}

/** Writes the address of a group to `at`: of IPv4 01-00-5e and the low 23 bits, RFC 1112 §6.4; of IPv6 33-33 and the low 32, RFC 2464 §7. */
export function groupAddress(view: DataView, at: Offset, group: Address): void {
	const upper = view.getUint16(group + 12);
	view.setInt32(at, hasIpv6() && !isV4(view, group) ? 0x33330000 | upper : 0x01005e00 | (upper & 0x7f));
	view.setUint16(at + 4, view.getUint16(group + 14));
}

/** Six bytes as "02:00:00:12:34:56". For people: allocates. */
export function formatMac(mac: Uint8Array): string {
	let text = "";
	for (let i = 0; i < 6; i++) text += (i === 0 ? "" : ":") + mac[i]!.toString(16).padStart(2, "0");
	return text;
}
