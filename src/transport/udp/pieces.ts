// A datagram that came in fragments and lies in several packets goes into the ring of its socket. Flat TypeScript.

import { endOf, nextPiece, startOf } from "../../packet/pieces.ts";
import { isJoined } from "../../ip/way.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, READABLE } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { NONE } from "../../packet/packets.ts";
import { UDP_NO_GROUPS, UdpBlock, udpAt } from "../../packet/udp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { isMulticast } from "../../wire/scope.ts";
import * as udp from "../../wire/udp.ts";
import { socketFor } from "../flow-find.ts";
import { appendDatagram, deliverDatagram, roomFor } from "./deliver.ts";
import { noSocket } from "./input.ts";

/** Of `length` bytes with a right checksum, the first of which lie in bytes `at` to `end`. */
export function udpPieces(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, length: number, group: boolean): void {
	if (udp.length(view, at) !== length || end - at < udp.HEADER) {
		drop(view, link, DROP.udpMalformed);
		return;
	}
	view.setInt32(REGISTER.ports, udp.ports(view, at), true);
	const index = socketFor(view, link, ipv4.UDP);
	if (index < 0) {
		noSocket(view, link, at, group);
		return;
	}
	const socket = UdpBlock.of(view, udpAt(view, index));
	const payload = at + udp.HEADER;
	if (isMulticast(view, DESTINATION_ADDRESS) && !isJoined(view, DESTINATION_ADDRESS, link.slot))
		drop(view, link, DROP.ipNotLocal);
	else if (group && (socket.bits & UDP_NO_GROUPS) !== 0) drop(view, link, DROP.udpGroup);
	else if (!roomFor(socket, (length - udp.HEADER) | 0)) drop(view, link, DROP.udpQueueFull);
	else {
		const before = socket.next;
		deliverDatagram(view, socket, link.slot, payload, (end - payload) | 0);
		for (let piece = CoreBlock.of(view, CORE).pieces; piece !== NONE; piece = nextPiece(view, piece)) {
			const start = startOf(view, piece);
			appendDatagram(view, socket, before, start, (endOf(view, piece) - start) | 0);
		}
		newsPost(view, socket.news, READABLE);
	}
}
