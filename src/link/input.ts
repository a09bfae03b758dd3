// A frame comes in: whether it is for this station, what it carries, and by which interface. What is the link's own is dealt with here.

import { check } from "../packet/bounds.ts";
import { add } from "../packet/counters.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FIELDS_BYTES, REGISTER } from "../packet/fields.ts";
import { FLAG_ETHERNET, FLAG_TAPPED, type InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6, hasRaw } from "../packet/kernels/parts.ts";
import type { Offset, Uint16 } from "../packet/numbers.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import { arpReceive } from "./arp.ts";
import { tapFrame } from "./taps.ts";

/** What `linkInput` answers: nothing is left to do. */
export const DONE = 0;
/** What lies at REGISTER.payloadAt is an IPv4 packet, by all that the link knows. */
export const IPV4 = 1;
/** The same of IPv6. */
export const IPV6 = 3;
/** It is for the interpreter to look at: what ARP says of an address of ours. */
export const CONTROL = 2;

/** The frame in bytes `at` to `end` came in by `link`. An interface within it, of a VLAN or a tunnel, would be REGISTER.arrival in its place, and go on here. */
export function linkInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): number {
	check(at, end - at, view.byteLength);
	add(view, link.rxPackets, 1);
	add(view, link.rxBytes, end - at);
	check(0, FIELDS_BYTES, view.byteLength);
	view.setInt32(REGISTER.arrival, link.at, true);
	view.setInt32(REGISTER.frameGroup, 0, true);
	view.setInt32(REGISTER.payloadAt, at, true);
	// A frame of Ethernet that nobody wants to see costs one look.
	const kind = link.flags & (hasRaw() ? FLAG_ETHERNET | FLAG_TAPPED : FLAG_ETHERNET);
	if (kind !== FLAG_ETHERNET) {
		if (hasRaw() && kind > FLAG_ETHERNET) tapFrame(view, link, at, end, 0);
		if ((kind & FLAG_ETHERNET) === 0) return hasIpv6() && at < end && view.getUint8(at) >> 4 === 6 ? IPV6 : IPV4;
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

/** A frame of that EtherType, which is none of IP's, with its payload in bytes `payload` to `end`. */
function linkOwn(view: DataView, link: InterfaceBlock, type: Uint16, payload: Offset, end: Offset): number {
	if (type !== ethernet.TYPE_ARP) return drop(view, link, DROP.unknownEtherType);
	if (!arp.valid(view, payload, end)) return drop(view, link, DROP.arpMalformed);
	return arpReceive(view, link, payload) ? CONTROL : DONE;
}
