// IP packets of the stack's own protocols, neighbour discovery, IGMP and MLD, on their way out: each in a packet that was acquired for it. Flat TypeScript.

import { isV4 } from "../packet/address.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { headerPlace, packetRelease } from "../packet/packets.ts";
import * as ethernet from "../wire/ethernet.ts";
import { copy } from "../wire/kernels/copies.ts";
import { send, sendFrame } from "./transmit.ts";

/** Sends the packet, which ends at `end` and is for `destination`, to the station whose hardware address is at `to`; 0: to the stations of the group that `destination` is. */
export function controlOutput(
	view: DataView,
	link: InterfaceBlock,
	packet: number,
	end: Offset,
	to: Offset,
	destination: Address,
): void {
	const at = headerPlace(view, packet);
	let kept = false;
	if ((link.flags & FLAG_ETHERNET) === 0) kept = send(view, link, packet, at, end, 0);
	else {
		const frame = at - ethernet.HEADER;
		if (to !== 0) copy(view, frame, to, 6);
		else ethernet.groupAddress(view, frame, destination);
		copy(view, frame + ethernet.SOURCE_ADDRESS, link.mac, 6);
		view.setUint16(frame + ethernet.TYPE, hasIpv6() && !isV4(view, destination) ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4);
		kept = sendFrame(view, link, packet, frame, end);
	}
	if (!kept) packetRelease(view, packet);
}
