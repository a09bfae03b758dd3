// ICMP errors about datagrams that were sent wait for the owners of their sockets. RFC 1122 §4.1.3.3. Flat TypeScript.

import { DATAGRAM_ERRORS } from "../../config.ts";
import { isGroup, isLocal } from "../../ip/way.ts";
import { copyAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DatagramError } from "../../packet/datagram-error.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, TROUBLE } from "../../packet/news.ts";
import type { Address, Offset, Uint8 } from "../../packet/numbers.ts";
import { headerPlace, NONE, packetAcquire, packetRelease } from "../../packet/packets.ts";
import { UDP_ERRORS, UdpBlock, udpAt } from "../../packet/udp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { copy } from "../../wire/kernels/copies.ts";
import { socketFor } from "../flow-find.ts";
import { turnedTooBig } from "../turned.ts";

/**
 * `from` says what became of a datagram of ours; where it was too large `mtu` is what a link on its way carries, else 0. The registers have its addresses and ports turned round, as of an answer to it. Answers
 * whether a socket has sent it, or wants to know. Of what went to groups nothing is told: any of their members could say so.
 */
export function udpIcmpError(
	view: DataView,
	link: InterfaceBlock,
	type: Uint8,
	code: Uint8,
	from: Address,
	mtu: number,
): boolean {
	if (!isLocal(view, DESTINATION_ADDRESS)) return false;
	const index = socketFor(view, link, ipv4.UDP);
	if (index < 0) return false;
	const learned = mtu !== 0 && turnedTooBig(view, mtu);
	const socket = UdpBlock.of(view, udpAt(view, index));
	if ((socket.bits & UDP_ERRORS) === 0 || isGroup(view, SOURCE_ADDRESS)) return learned;
	errorNote(view, link, socket, type, code, from, (view.getInt32(REGISTER.ports, true) >> 16) & 0xffff, mtu);
	return true;
}

/** It waits for the socket's owner, or is lost when as many wait as may. SOURCE_ADDRESS has where the datagram was to go. */
export function errorNote(
	view: DataView,
	link: InterfaceBlock,
	socket: UdpBlock,
	type: Uint8,
	code: Uint8,
	from: Address,
	port: number,
	mtu: number,
): void {
	const core = CoreBlock.of(view, CORE);
	if (core.errors === NONE) {
		const acquired = packetAcquire(view);
		core.errors = acquired;
	}
	if (core.errors === NONE || core.errorCount === DATAGRAM_ERRORS) {
		drop(view, link, core.errors === NONE ? DROP.noPacketBuffer : DROP.icmpQueueFull);
		return;
	}
	const error = DatagramError.of(view, errorAt(view, core.errorCount));
	core.errorCount = (core.errorCount + 1) | 0;
	copyAddress(view, error.to, SOURCE_ADDRESS);
	copyAddress(view, error.from, from);
	const index = socket.index;
	error.socket = index & 0xffff;
	error.mtu = mtu & 0xffff;
	error.port = port & 0xffff;
	error.type = type;
	error.code = code;
	newsPost(view, socket.news, TROUBLE);
}

/** The error with that place among those that wait. */
function errorAt(view: DataView, place: number): Offset {
	return (headerPlace(view, CoreBlock.of(view, CORE).errors) + Math.imul(place, DatagramError.bytes)) | 0;
}

/** Takes the oldest error that waits for the socket: where its DatagramError lies, which holds until the next call of anything compiled. 0: there is none. */
export function errorTake(view: DataView, block: Offset): Offset {
	const core = CoreBlock.of(view, CORE);
	const index = UdpBlock.of(view, block).index;
	const taken = errorAt(view, DATAGRAM_ERRORS);
	for (let i = 0; i < core.errorCount; i++) {
		const at = errorAt(view, i);
		if (DatagramError.of(view, at).socket !== index) continue;
		copy(view, taken, at, DatagramError.bytes);
		forget(view, i);
		return taken;
	}
	return 0;
}

/** The socket is somebody else's from now on, or nobody's: nothing waits for it. */
export function errorsForget(view: DataView, socket: UdpBlock): void {
	const core = CoreBlock.of(view, CORE);
	for (let i = (core.errorCount - 1) | 0; i >= 0; i--)
		if (DatagramError.of(view, errorAt(view, i)).socket === socket.index) forget(view, i);
}

/** The one in that place waits no more; without any the packet buffer is free. */
function forget(view: DataView, place: number): void {
	const core = CoreBlock.of(view, CORE);
	core.errorCount = (core.errorCount - 1) | 0;
	for (let next = place; next < core.errorCount; next++)
		copy(view, errorAt(view, next), errorAt(view, (next + 1) | 0), DatagramError.bytes);
	if (core.errorCount !== 0) return;
	packetRelease(view, core.errors);
	core.errors = NONE;
}
