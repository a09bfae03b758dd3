// Neighbour discovery's messages on their way out, RFC 4861 §4.3, §4.4.

import { copyAddress, isNone } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Offset, Uint16, Uint8 } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquireControl } from "../packet/packets.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copy } from "../wire/kernels/copies.ts";
import { controlOutput } from "./control-output.ts";

/**
 * Asks who has `target`, from `source`: all that are in its group, or, where `to` is not 0, the station whose hardware address lies there. From none it is asked whether anybody
 * else has the address, with the nonce, by which our own question is known when it comes back. RFC 4862 §5.4.2, RFC 7527.
 */
export function ndSolicit(
	view: DataView,
	link: InterfaceBlock,
	source: Address,
	target: Address,
	to: Offset,
	nonceHigh: number,
	nonceLow: Uint16,
): void {
	const packet = begin(view, link);
	if (packet === NONE) return;
	const at = headerPlace(view, packet);
	const icmp = at + ipv6.HEADER;
	copyAddress(view, at + ipv6.SOURCE, source);
	if (to !== 0) copyAddress(view, at + ipv6.DESTINATION, target);
	else linkGroup(view, at, 1, 0xff000000 | view.getInt32(target + 12));
	view.setInt32(icmp, icmpv6.NEIGHBOR_SOLICITATION << 24);
	view.setInt32(icmp + icmpv6.REST, 0);
	copyAddress(view, icmp + icmpv6.TARGET, target);
	const option = icmp + icmpv6.NEIGHBOR_OPTIONS;
	let end = option + icmpv6.LINK_OPTION;
	if (!isNone(view, source)) end = linkOption(view, link, option, icmpv6.SOURCE_LINK_ADDRESS);
	else {
		view.setUint16(option, (icmpv6.NONCE << 8) | 1);
		view.setInt32(option + 2, nonceHigh);
		view.setUint16(option + 6, nonceLow);
	}
	finish(view, link, packet, end, to);
}

/** Asks all routers for what they have to say, from `source`. RFC 4861 §4.1. */
export function ndAskRouters(view: DataView, link: InterfaceBlock, source: Address): void {
	const packet = begin(view, link);
	if (packet === NONE) return;
	const at = headerPlace(view, packet);
	const icmp = at + ipv6.HEADER;
	copyAddress(view, at + ipv6.SOURCE, source);
	linkGroup(view, at, 0, 2);
	view.setInt32(icmp, icmpv6.ROUTER_SOLICITATION << 24);
	view.setInt32(icmp + icmpv6.REST, 0);
	let end = icmp + icmpv6.HEADER;
	if (!isNone(view, source)) end = linkOption(view, link, end, icmpv6.SOURCE_LINK_ADDRESS);
	finish(view, link, packet, end, 0);
}

/**
 * Says that `target` is ours, to the station with the address `to` behind the hardware address at `mac`; to none: to all. `flags`: FROM_ROUTER, SOLICITED, OVERRIDE.
 * RFC 4861 §7.2.4, §7.2.6.
 */
export function ndAdvertise(view: DataView, link: InterfaceBlock, target: Address, to: Address, mac: Offset, flags: Uint8): void {
	const packet = begin(view, link);
	if (packet === NONE) return;
	const at = headerPlace(view, packet);
	const icmp = at + ipv6.HEADER;
	const all = isNone(view, to);
	copyAddress(view, at + ipv6.SOURCE, target);
	if (!all) copyAddress(view, at + ipv6.DESTINATION, to);
	else linkGroup(view, at, 0, 1);
	view.setInt32(icmp, icmpv6.NEIGHBOR_ADVERTISEMENT << 24);
	view.setInt32(icmp + icmpv6.REST, flags << 24);
	copyAddress(view, icmp + icmpv6.TARGET, target);
	const option = icmp + icmpv6.NEIGHBOR_OPTIONS;
	finish(view, link, packet, linkOption(view, link, option, icmpv6.TARGET_LINK_ADDRESS), all ? 0 : mac);
}

/** A packet to build in, or NONE, and counted. Not the spare one: that may be the one whose way is being asked for. */
function begin(view: DataView, link: InterfaceBlock): number {
	const packet = packetAcquireControl(view);
	if (packet === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return NONE;
	}
	check(headerPlace(view, packet), ipv6.HEADER + icmpv6.NEIGHBOR_OPTIONS + icmpv6.LINK_OPTION, view.byteLength);
	return packet;
}

/** The option of that type that has our hardware address, where there is one. Answers where it ends. RFC 4861 §4.6.1. */
function linkOption(view: DataView, link: InterfaceBlock, at: Offset, type: Uint8): Offset {
	if ((link.flags & FLAG_ETHERNET) === 0) return at;
	view.setUint16(at, (type << 8) | 1);
	copy(view, at + 2, link.mac, 6);
	return at + icmpv6.LINK_OPTION;
}

/** The IPv6 packet at `at` is for ff02::/16's group with those last two words: of this link. RFC 4291 §2.7. */
function linkGroup(view: DataView, at: Offset, third: number, last: number): void {
	view.setInt32(at + ipv6.DESTINATION, 0xff020000 | 0);
	view.setInt32(at + ipv6.DESTINATION + 4, 0);
	view.setInt32(at + ipv6.DESTINATION + 8, third);
	view.setInt32(at + ipv6.DESTINATION + 12, last);
}

/** Writes what all have in common, and sends to the station whose hardware address is at `to`; 0: to the group that the packet is for. */
function finish(view: DataView, link: InterfaceBlock, packet: number, end: Offset, to: Offset): void {
	const at = headerPlace(view, packet);
	const icmp = at + ipv6.HEADER;
	const length = (end - icmp) & 0xffff;
	view.setInt32(at, ipv6.VERSION);
	view.setInt32(at + ipv6.PAYLOAD_LENGTH, (length << 16) | (ipv6.ICMP << 8) | icmpv6.HOPS);
	view.setUint16(icmp + icmpv6.CHECKSUM, ~checksum(view, at + ipv6.SOURCE, end, ipv6.ICMP + length));
	controlOutput(view, link, packet, end, to, at + ipv6.DESTINATION);
}
