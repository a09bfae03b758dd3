// What raw sockets send: IP's header is ours, what is behind it the program's; or a whole frame. Flat TypeScript.

import { output } from "../../ip/output.ts";
import { isJoined, route } from "../../ip/way.ts";
import { follows } from "../../link/calls.ts";
import { send, sendFrame } from "../../link/transmit.ts";
import { copyAddress, isNone } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { FLAG_ETHERNET, InterfaceBlock } from "../../packet/interface-block.ts";
import type { Address, Length, Offset } from "../../packet/numbers.ts";
import { NONE, takeSpare } from "../../packet/packets.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { interfaceAt } from "../../packet/slots.ts";
import { UdpBlock, udpHasPlace } from "../../packet/udp-block.ts";
import { icmpChecksum, ipBuild } from "../../wire/build.ts";
import * as ethernet from "../../wire/ethernet.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import type { BytesIn } from "../../wire/kernels/bytes.ts";
import { copyIn } from "../../wire/kernels/copies.ts";
import { isMulticast } from "../../wire/scope.ts";
import { DROPPED, GONE, NO_WAY, TOO_LONG } from "../answers.ts";
import { sendPieces } from "../send-pieces.ts";
import { rawLoop } from "./loop.ts";

/**
 * Sends `length` bytes of `data` as what an IP packet carries, from that source address (none: the socket's, else chosen), by the interface in `slot` (0: the socket's, else as the routes say), with that
 * time to live and TOS_BITS. ICMP's checksum is filled in. Answers as `udpSend`.
 */
export function rawSend(
	view: DataView,
	block: Offset,
	to: Address,
	data: BytesIn,
	length: Length,
	source: Address,
	slot: number,
	hops: number,
): number {
	const core = CoreBlock.of(view, CORE);
	const socket = UdpBlock.of(view, block);
	if (!udpHasPlace(socket)) return GONE;
	const path = PathBlock.of(view, socket.path);
	copyAddress(view, path.destination, to);
	copyAddress(view, path.source, isNone(view, source) ? socket.localAddress : source);
	path.bound = slot === 0 ? socket.meta >> 8 : slot;
	path.hops = hops;
	if (!route(view, path, 0, true)) return NO_WAY;
	const link = InterfaceBlock.of(view, path.out);
	const protocol = socket.meta & 255;
	const loops = isMulticast(view, path.destination) && isJoined(view, path.destination, link.slot);
	if (length > ((path.mtu - path.ipHeader) | 0)) return sendPieces(view, path, protocol, 0, data, 0, length, loops);
	if (core.spare === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return DROPPED;
	}
	const at = core.spareAt;
	const payload = ipBuild(view, at, path, protocol, path.ttl, length);
	const end = payload + length;
	copyIn(view, payload, data, 0, length);
	if (protocol === (path.ipHeader === ipv6.HEADER ? ipv6.ICMP : ipv4.ICMP) && length >= icmpv4.HEADER) {
		view.setUint16(payload + icmpv4.CHECKSUM, 0);
		icmpChecksum(view, at, payload, end);
	}
	if (loops) rawLoop(view, path, protocol, at, payload, end);
	if (output(view, core.spare, at, end, path)) takeSpare(view);
	return follows(view, link);
}

/** Sends a whole frame of the socket's interface: with its link header, where there is one, else an IP packet. Answers likewise; NO_WAY: the interface is down. */
export function frameSend(view: DataView, block: Offset, data: BytesIn, length: Length): number {
	const core = CoreBlock.of(view, CORE);
	const socket = UdpBlock.of(view, block);
	if (!udpHasPlace(socket)) return GONE;
	const link = InterfaceBlock.of(view, interfaceAt(view, socket.meta >> 8));
	const path = PathBlock.of(view, socket.path);
	path.out = link.at;
	path.mtu = link.mtu;
	if (link.up === 0) return NO_WAY;
	const isEthernet = (link.flags & FLAG_ETHERNET) !== 0;
	const header = isEthernet ? ethernet.HEADER : 0;
	if (length > ((link.mtu + header) | 0)) return TOO_LONG;
	if (core.spare === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return DROPPED;
	}
	const at: Offset = (core.spareAt - header) | 0;
	const end = at + length;
	copyIn(view, at, data, 0, length);
	const kept = isEthernet ? sendFrame(view, link, core.spare, at, end) : send(view, link, core.spare, at, end, 0);
	if (kept) takeSpare(view);
	return follows(view, link);
}
