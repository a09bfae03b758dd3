// What IP brings for raw sockets: a copy for each that has its protocol, and ICMP errors about what they sent. Flat TypeScript.

import { piecesLength } from "../../ip/fragments.ts";
import { isGroup, isJoined, isLocal } from "../../ip/way.ts";
import { copyFor } from "../../link/taps.ts";
import { isNone, isV4, sameAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Address, Offset, Uint8 } from "../../packet/numbers.ts";
import { NONE } from "../../packet/packets.ts";
import { rawAt, UDP_ERRORS, UDP_FRAMES, UdpBlock, udpHasPlace } from "../../packet/udp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { isMulticast } from "../../wire/scope.ts";
import { pseudoOf, wrongSum } from "../sums.ts";
import { appendPieces, roomFor } from "../udp/deliver.ts";
import { errorNote } from "../udp/errors.ts";

/** Whether any raw socket is open. */
export function rawWants(view: DataView): boolean {
	return CoreBlock.of(view, CORE).rawOpen !== 0;
}

/**
 * Copies what lies in bytes `at` to `end` of the packet in the registers, and in the pieces that follow, for all raw sockets that have its protocol. Answers whether there is one. ICMP with a wrong checksum is nobody's; of
 * pieces it was looked at.
 */
export function rawInput(view: DataView, link: InterfaceBlock, protocol: Uint8, at: Offset, end: Offset): boolean {
	const six = isIpv6(view);
	if (isMulticast(view, DESTINATION_ADDRESS) && !isJoined(view, DESTINATION_ADDRESS, link.slot) && !six) return false;
	const core = CoreBlock.of(view, CORE);
	const pieces = core.pieces;
	const icmp = protocol === (six ? ipv6.ICMP : ipv4.ICMP) && pieces === NONE;
	if (icmp && wrongSum(view, link, at, end, six ? pseudoOf(view, ipv6.ICMP, end - at) : 0)) return false;
	const ip: Offset = view.getInt32(REGISTER.ipAt, true);
	const traffic = six ? (view.getUint16(ip) >> 4) & 255 : view.getUint8(ip + ipv4.TOS);
	const ports = (traffic << 24) | ((view.getInt32(REGISTER.ttlProtocol, true) & 0xffff) << 8) | (six ? 6 : 4);
	const length = piecesLength(view, (end - at) | 0) & 0xffff;
	let some = false;
	for (let i = 0; i < core.rawCount; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		if (!isFor(view, socket, protocol, six)) continue;
		const slot = socket.meta >> 8;
		if (slot !== 0 && slot !== link.slot) continue;
		if (!isNone(view, socket.localAddress) && !sameAddress(view, socket.localAddress, DESTINATION_ADDRESS)) continue;
		some = true;
		const first = socket.next;
		if (pieces !== NONE && !roomFor(socket, length)) {
			drop(view, link, DROP.udpQueueFull);
			continue;
		}
		copyFor(view, link, socket, SOURCE_ADDRESS, DESTINATION_ADDRESS, ports, at, end - at);
		appendPieces(view, socket, first, pieces);
	}
	return some;
}

/** Whether it is a socket for that protocol and family. */
function isFor(view: DataView, socket: UdpBlock, protocol: Uint8, six: boolean): boolean {
	if (!udpHasPlace(socket) || (socket.bits & UDP_FRAMES) !== 0 || (socket.meta & 255) !== protocol) return false;
	const family = socket.localPort;
	if (!isNone(view, socket.localAddress) && isV4(view, socket.localAddress) === six) return false;
	return family === 0 || family === (six ? 6 : 4);
}

/** `from` says what became of a packet of ours, of which bytes `at` to `end` are there, and `mtu` as to `udpIcmpError`; its addresses are in the registers, turned round. Tells all sockets that may have sent it. Answers whether there is one. */
export function rawIcmpError(
	view: DataView,
	link: InterfaceBlock,
	type: Uint8,
	code: Uint8,
	from: Address,
	mtu: number,
	at: Offset,
	end: Offset,
): boolean {
	if (!isLocal(view, DESTINATION_ADDRESS) || isGroup(view, SOURCE_ADDRESS)) return false;
	const six = view.getUint8(at) >> 4 === 6;
	const count = CoreBlock.of(view, CORE).rawCount;
	let some = false;
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		const protocol = socket.meta & 255;
		if ((socket.bits & UDP_ERRORS) === 0 || !isFor(view, socket, protocol, six)) continue;
		if (six ? ipv6.upperHeader(view, at, end, protocol) === 0 : ipv4.protocol(view, at) !== protocol) continue;
		some = true;
		errorNote(view, link, socket, type, code, from, protocol, mtu);
	}
	return some;
}
