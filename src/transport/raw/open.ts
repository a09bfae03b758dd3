// Raw sockets are opened and closed, and end with their interface or address. Flat TypeScript.

import { inZone } from "../flow-find.ts";
import { copyAddress, sameAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { ERROR, newsPost } from "../../packet/news.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import { PathBlock, pathClear } from "../../packet/path-block.ts";
import { rawAt, UDP_FRAMES, UDP_GONE, UDP_OPEN, UdpBlock, udpHasPlace } from "../../packet/udp-block.ts";
import { udpForget } from "../udp/deliver.ts";
import { nobodyHas, nothingCame } from "../udp/open.ts";

/** A socket for a protocol, of one family (0: both), bound to an address (none: any) and an interface slot (0: any); or, with `frames`, for all frames of that interface. Answers its block, 0 when none is free. */
export function rawOpen(
	view: DataView,
	address: Address,
	protocol: number,
	family: number,
	slot: number,
	frames: boolean,
): Offset {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.rawCount; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		if (socket.bits !== 0) continue;
		nothingCame(view, socket);
		copyAddress(view, socket.localAddress, address);
		socket.localPort = family;
		socket.meta = (protocol & 255) | (slot << 8);
		socket.bits = frames ? UDP_OPEN | UDP_FRAMES : UDP_OPEN;
		pathClear(PathBlock.of(view, socket.path));
		if (!frames) core.rawOpen = (core.rawOpen + 1) | 0;
		return socket.at;
	}
	return 0;
}

/** Nobody has the socket any more. */
export function rawClose(view: DataView, block: Offset): void {
	const socket = UdpBlock.of(view, block);
	if (socket.bits === 0) return;
	const frames = (socket.bits & UDP_FRAMES) !== 0;
	nobodyHas(view, socket);
	const core = CoreBlock.of(view, CORE);
	if (!frames) core.rawOpen = (core.rawOpen - 1) | 0;
}

/** An interface is gone: sockets bound to its slot end, and what came by it did not come by the next one that has the slot. */
export function rawInterfaceGone(view: DataView, slot: number): void {
	const count = CoreBlock.of(view, CORE).rawCount;
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		if (udpHasPlace(socket) && socket.meta >> 8 === slot) end(view, socket);
		udpForget(view, socket.at, slot);
	}
}

/** An address is gone: sockets bound to it end. */
export function rawAddressGone(view: DataView, address: Address, zone: number): void {
	const count = CoreBlock.of(view, CORE).rawCount;
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		if (udpHasPlace(socket) && sameAddress(view, socket.localAddress, address) && inZone(socket.meta, zone)) end(view, socket);
	}
}

function end(view: DataView, socket: UdpBlock): void {
	socket.bits = socket.bits | UDP_GONE;
	newsPost(view, socket.news, ERROR);
}
