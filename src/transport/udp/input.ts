// A datagram comes in: into the ring of its socket, if it has one that takes it. Flat TypeScript.

import { icmpError, NO_PORT } from "../../ip/icmp.ts";
import { check } from "../../packet/bounds.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { isIpv6, REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, READABLE } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { NONE } from "../../packet/packets.ts";
import { UdpBlock, udpAt } from "../../packet/udp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as udp from "../../wire/udp.ts";
import { socketFor } from "../flow-find.ts";
import { pseudoOf, wrongSum } from "../sums.ts";
import { deliverDatagram } from "./deliver.ts";
import { DELIVERED, deliverToMany, putDatagram } from "./many.ts";
import { hides } from "./open.ts";

/** It lies in bytes `at` to `end` of the packet in the registers; `group`: it is for all or many. */
export function udpInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, group: boolean): void {
	if (!udp.valid(view, at, end)) {
		drop(view, link, DROP.udpMalformed);
		return;
	}
	check(at, udp.HEADER, view.byteLength);
	const bytes = udp.length(view, at);
	// RFC 768: 0 says that there is none, which IPv6 does not allow: RFC 8200 §8.1.
	const summed = udp.checksum(view, at) !== 0;
	if (summed ? wrongSum(view, link, at, at + bytes, pseudoOf(view, ipv4.UDP, bytes)) : isIpv6(view)) {
		drop(view, link, DROP.udpChecksum);
		return;
	}
	const payload = at + udp.HEADER;
	const length = bytes - udp.HEADER;
	view.setInt32(REGISTER.ports, udp.ports(view, at), true);
	view.setInt32(REGISTER.payloadAt, payload, true);
	view.setInt32(REGISTER.payloadLength, length, true);
	if (group) {
		const fate = deliverToMany(view, link.slot, payload, length, length, NONE);
		if (fate !== DELIVERED) drop(view, link, fate);
		return;
	}
	const index = socketFor(view, link, ipv4.UDP);
	if (index < 0) {
		noSocket(view, link, at);
		return;
	}
	const socket = UdpBlock.of(view, udpAt(view, index));
	if (deliverDatagram(view, socket, link.slot, payload, length)) newsPost(view, socket.news, READABLE);
	else if (!putDatagram(view, socket, link.slot, payload, length, length, NONE)) drop(view, link, DROP.udpQueueFull);
}

/** Nobody wants the datagram at `at`, which is for us alone: who sent it is told, unless nobody is to know. RFC 1122 §4.1.3.1. */
export function noSocket(view: DataView, link: InterfaceBlock, at: Offset): void {
	if (!hides(view, udp.ports(view, at) & 0xffff)) icmpError(view, link, NO_PORT, 0);
	drop(view, link, DROP.udpNoSocket);
}
