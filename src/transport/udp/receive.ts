// Datagrams that `decode` did not deliver: for a group, for nobody, or there was no room. Flat TypeScript.

import { icmpError } from "../../ip/icmp.ts";
import { isJoined } from "../../ip/way.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, PAYLOAD_AT, PAYLOAD_LENGTH, PORTS } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, READABLE } from "../../packet/news.ts";
import { DATAGRAM, UDP_NO_GROUPS, UdpBlock, udpAt } from "../../packet/udp-block.ts";
import { drop } from "../../wire/answers.ts";
import { deliverDatagram } from "../../wire/deliver.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as kinds from "../../wire/kinds.ts";
import { isMulticast } from "../../wire/scope.ts";
import { hides } from "./open.ts";

/** The registers describe it; `result` is what `decode` answered. RFC 1122 §4.1.3.1. */
export function udpArrives(view: DataView, link: InterfaceBlock, result: number): void {
	const index = result >> kinds.VALUE_SHIFT;
	const group = (result & kinds.GROUP) !== 0;
	if (index !== kinds.NO_SOCKET) {
		receive(view, link, index, group);
		return;
	}
	if (!group && !hides(view, view.getInt32(PORTS * 4, true) & 0xffff))
		icmpError(view, link, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
	drop(view, link, DROP.udpNoSocket);
}

/** Of a datagram that is longer than the ring of a service ever holds the beginning is delivered: it is longer than what services look at, and they see that. */
function receive(view: DataView, link: InterfaceBlock, index: number, group: boolean): void {
	const socket = UdpBlock.of(view, udpAt(view, index));
	const length = view.getInt32(PAYLOAD_LENGTH * 4, true);
	const most = socket.size - DATAGRAM;
	if (isMulticast(view, DESTINATION_ADDRESS) && !isJoined(view, DESTINATION_ADDRESS, link.slot))
		drop(view, link, DROP.ipv4NotLocal);
	else if (group && socket.bits & UDP_NO_GROUPS) drop(view, link, DROP.udpGroup);
	// What is for us alone was tried before. A program's ring takes the longest datagram: it is full.
	else if (!group && (length <= most || index < CoreBlock.of(view, CORE).udpCount)) drop(view, link, DROP.udpQueueFull);
	else if (deliverDatagram(view, socket, link.slot, view.getInt32(PAYLOAD_AT * 4, true), Math.min(length, most)))
		newsPost(view, socket.news, READABLE);
	else drop(view, link, DROP.udpQueueFull);
}
