// A datagram that came in fragments and lies in several packets goes into the ring of its socket. Flat TypeScript.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { UdpBlock, udpAt } from "../../packet/udp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as udp from "../../wire/udp.ts";
import { socketFor } from "../flow-find.ts";
import { noSocket } from "./input.ts";
import { DELIVERED, deliverToMany, putDatagram } from "./many.ts";

/** Of `length` bytes with a right checksum, the first of which lie in bytes `at` to `end`. */
export function udpPieces(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, length: number, group: boolean): void {
	if (udp.length(view, at) !== length || end - at < udp.HEADER) {
		drop(view, link, DROP.udpMalformed);
		return;
	}
	view.setInt32(REGISTER.ports, udp.ports(view, at), true);
	const payload = at + udp.HEADER;
	const here: Length = (end - payload) | 0;
	const bytes: Length = (length - udp.HEADER) & 0xffff;
	const rest = CoreBlock.of(view, CORE).pieces;
	if (group) {
		const fate = deliverToMany(view, link.slot, payload, here, bytes, rest);
		if (fate !== DELIVERED) drop(view, link, fate);
		return;
	}
	const index = socketFor(view, link, ipv4.UDP);
	if (index < 0) noSocket(view, link, at);
	else if (!putDatagram(view, UdpBlock.of(view, udpAt(view, index)), link.slot, payload, here, bytes, rest))
		drop(view, link, DROP.udpQueueFull);
}
