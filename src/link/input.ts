// A frame comes in: whether it is for this station, what it carries, and by which interface. What is the link's own is dealt with here.

import { check } from "../packet/bounds.ts";
import { add } from "../packet/counters.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FIELDS_BYTES, REGISTER } from "../packet/fields.ts";
import { FLAG_CHECKED, FLAG_ETHERNET, FLAG_PORT, FLAG_TAPPED, InterfaceBlock } from "../packet/interface-block.ts";
import { hasBridge, hasIpv6, hasRaw, hasVlan } from "../packet/kernels/parts.ts";
import type { Offset, Uint16 } from "../packet/numbers.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as vlan from "../wire/vlan.ts";
import { arpReceive } from "./arp.ts";
import { bridgeArrival } from "./bridge-in.ts";
import { tapFrame } from "./taps.ts";
import { vlanArrival } from "./vlans.ts";

/** What `linkInput` answers: nothing is left to do. */
export const DONE = 0;
/** What lies at REGISTER.payloadAt is an IPv4 packet, by all that the link knows. */
export const IPV4 = 1;
/** The same of IPv6. */
export const IPV6 = 3;
/** It is for the interpreter to look at: what ARP says of an address of ours. */
export const CONTROL = 2;
/** As IPV4, of a device that checks checksums, but of those of a frame with a tag: FLAG_CHECKED is off until it has gone up. */
export const IPV4_UNCHECKED = 4;

/** The frame in bytes `at` to `end` came in by `link`, or by a VLAN within it, which is REGISTER.arrival then. A tunnel's interface would set REGISTER.arrival in the same way, and go on here. */
export function linkInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): number {
	check(at, end - at, view.byteLength);
	add(view, link.rxPackets, 1);
	add(view, link.rxBytes, end - at);
	check(0, FIELDS_BYTES, view.byteLength);
	view.setInt32(REGISTER.arrival, link.at, true);
	view.setInt32(REGISTER.frameGroup, 0, true);
	view.setInt32(REGISTER.payloadAt, at, true);
	// A frame of Ethernet that nobody wants to see costs one look.
	const kind = link.flags & (FLAG_ETHERNET | (hasRaw() ? FLAG_TAPPED : 0) | (hasBridge() ? FLAG_PORT : 0));
	if (kind !== FLAG_ETHERNET) {
		if (hasRaw() && (kind & FLAG_TAPPED) !== 0) tapFrame(view, link, at, end, 0);
		if ((kind & FLAG_ETHERNET) === 0) return hasIpv6() && at < end && view.getUint8(at) >> 4 === 6 ? IPV6 : IPV4;
		if (hasBridge() && (kind & FLAG_PORT) !== 0) {
			const bridge = bridgeArrival(view, link, at, end);
			return bridge === 0 ? DONE : linkInput(view, InterfaceBlock.of(view, bridge), at, end);
		}
	}
	if (end - at < ethernet.HEADER) return drop(view, link, DROP.truncated);
	check(at, ethernet.HEADER, view.byteLength);
	if (ethernet.isGroup(view, at)) view.setInt32(REGISTER.frameGroup, 1, true);
	else if (!ethernet.sameAddress(view, at, link.mac)) return drop(view, link, DROP.notForUs);
	const payload = at + ethernet.HEADER;
	view.setInt32(REGISTER.payloadAt, payload, true);
	const type = ethernet.type(view, at);
	if (type === ethernet.TYPE_IPV4) return IPV4;
	if (hasIpv6() && type === ethernet.TYPE_IPV6) return IPV6;
	return linkOwn(view, link, type, payload, end);
}

/** Whether or not the device says that it checks checksums, it has not looked behind the tag. A VLAN says nothing. */
function unchecked(link: InterfaceBlock): number {
	if ((link.flags & FLAG_CHECKED) === 0) return IPV4;
	link.flags = link.flags & ~FLAG_CHECKED;
	return IPV4_UNCHECKED;
}

/** A packet of IPV4_UNCHECKED has gone up. */
export function checkedAgain(view: DataView): void {
	const link = InterfaceBlock.of(view, view.getInt32(REGISTER.arrival, true));
	link.flags = link.flags | FLAG_CHECKED;
}

/** A frame of that EtherType, which is none of IP's, with its payload in bytes `payload` to `end`: the link's own, or one with a tag. */
function linkOwn(view: DataView, link: InterfaceBlock, type: Uint16, payload: Offset, end: Offset): number {
	let found: Offset = link.at;
	let kind = type;
	let at = payload;
	if (hasVlan() && type === vlan.TYPE_VLAN) {
		found = vlanArrival(view, link, payload, end);
		if (found === 0) return DONE;
		kind = vlan.type(view, payload);
		if (kind === ethernet.TYPE_IPV4) return unchecked(InterfaceBlock.of(view, found));
		if (hasIpv6() && kind === ethernet.TYPE_IPV6) return IPV6;
		at = payload + vlan.HEADER;
	}
	const own = InterfaceBlock.of(view, found);
	if (kind !== ethernet.TYPE_ARP) return drop(view, own, DROP.unknownEtherType);
	if (!arp.valid(view, at, end)) return drop(view, own, DROP.arpMalformed);
	return arpReceive(view, own, at) ? CONTROL : DONE;
}
