// Compiled: a datagram to where the last one went.

import { isPressed, send } from "../link/transmit.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { takeSpare } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { UdpBlock } from "../packet/udp-block.ts";
import { udpBuild } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { BytesIn } from "../wire/kernels/bytes.ts";
import * as udp from "../wire/udp.ts";

/**
 * Sends `length` bytes of `data` from `start` on by the way that the socket with that block knows. Answers -1, and nothing is done, when that does not lead to the address or does not
 * carry as much, there is no packet buffer, or the interpreter must hand it on at once; 1 when a device in TypeScript has still to be given the packet; else 0.
 */
export function udpSend(
	view: DataView,
	block: Offset,
	address: number,
	port: number,
	data: BytesIn,
	start: number,
	length: Length,
): number {
	const socket = UdpBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	const core = CoreBlock.of(view, CORE);
	if (path.wayVersion !== core.wayVersion || path.destination !== address || core.spare < 0) return -1;
	if (length > path.mtu - ipv4.HEADER - udp.HEADER) return -1;
	const link = InterfaceBlock.of(view, path.out);
	if (isPressed(view, link)) return -1;
	const at = core.spareAt;
	const ports = (socket.localPort << 16) | port;
	const end = udpBuild(view, at, path.source, address, ports, path.ttl, data, start, length);
	if (send(view, link, core.spare, at, end, path.header)) takeSpare(view);
	return link.native === 0 ? 1 : 0;
}
