// ARP packets on their way out, compiled.

import type { InterfaceBlock } from "../packet/interface-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import type { Ipv4, Offset, Uint16 } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquireControl, packetRelease } from "../packet/packets.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import { isLinkLocal } from "../wire/ipv4.ts";
import { copy } from "../wire/kernels/copies.ts";
import { sendFrame } from "./transmit.ts";

/** Asks for an address, from `sender`, the station whose hardware address begins with the four bytes `high` and ends with the two `low`. From 0.0.0.0 it is a probe, RFC 5227 §2.1.1. */
export function arpRequest(view: DataView, link: InterfaceBlock, high: number, low: Uint16, sender: Ipv4, target: Ipv4): void {
	// Not the spare packet: that may be the one whose way is being asked for.
	const packet = packetAcquireControl(view);
	if (packet === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return;
	}
	const at = headerPlace(view, packet);
	view.setInt32(at - ethernet.HEADER, high);
	view.setUint16(at - ethernet.HEADER + 4, low);
	view.setInt32(at + arp.TARGET_MAC, 0);
	view.setUint16(at + arp.TARGET_MAC + 4, 0);
	finish(view, link, packet, at, arp.REQUEST, sender, target);
}

/** Answers the request at `asked`. */
export function arpReply(view: DataView, link: InterfaceBlock, asked: Offset): void {
	const packet = packetAcquireControl(view);
	if (packet === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return;
	}
	const at = headerPlace(view, packet);
	copy(view, at - ethernet.HEADER, asked + arp.SENDER_MAC, 6);
	copy(view, at + arp.TARGET_MAC, asked + arp.SENDER_MAC, 6);
	finish(view, link, packet, at, arp.REPLY, arp.targetIp(view, asked), arp.senderIp(view, asked));
}

/** Writes what all have in common, and sends. */
function finish(
	view: DataView,
	link: InterfaceBlock,
	packet: number,
	at: Offset,
	operation: number,
	sender: Ipv4,
	target: Ipv4,
): void {
	const frame = at - ethernet.HEADER;
	copy(view, frame + ethernet.SOURCE_ADDRESS, link.mac, 6);
	view.setUint16(frame + ethernet.TYPE, ethernet.TYPE_ARP);
	arp.write(view, at, operation, sender, target);
	copy(view, at + arp.SENDER_MAC, link.mac, 6);
	if (isLinkLocal(sender)) {
		// RFC 3927 §2.5: all hear of those, so that two stations with one address do.
		view.setInt32(frame, -1);
		view.setUint16(frame + 4, 0xffff);
	}
	if (!sendFrame(view, link, packet, frame, at + arp.LENGTH)) packetRelease(view, packet);
}
