// Answers to segments of which nothing is kept: RST (RFC 9293 §3.10.7.1), and SYN and ACK with a cookie (RFC 4987 §3.6).

import { OFFER } from "../../packet/offers.ts";
import { zoneOf } from "../../wire/scope.ts";
import { output } from "../../ip/output.ts";
import { linkMtu } from "../../ip/path-mtu.ts";
import { route } from "../../ip/way.ts";
import { copyAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import { FLAG_LOOPBACK, InterfaceBlock } from "../../packet/interface-block.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { takeSpare } from "../../packet/packets.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { ipBuild, pseudoOfPacket, TOS_BITS } from "../../wire/build.ts";
import { checksum } from "../../wire/kernels/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as wire from "../../wire/tcp.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { hopsBy } from "./life.ts";
import { answering, MOST_UNSCALED, offersBy, ownOffers } from "./offers.ts";
import { firstWindow } from "./share.ts";
import { cookieStamp, stampOffset } from "./timestamps.ts";

const FLAG_SHIFT = 16;
/** Nobody has a TCB for the segment. */
export const NOBODY = 0;

/** Answers the segment in the registers with RST, in the manner of the TCB that does not want it (its block, or NOBODY). RFC 9293 §3.10.7.1. */
export function refuse(view: DataView, link: InterfaceBlock, by: Offset): void {
	const flags = view.getInt32(REGISTER.flagsWindow, true) >> FLAG_SHIFT;
	if ((flags & RST) !== 0) return;
	if ((flags & ACK) !== 0) {
		answer(view, link, by, view.getInt32(REGISTER.ack, true), 0, RST << FLAG_SHIFT, 0, 0);
		return;
	}
	const occupied =
		(view.getInt32(REGISTER.payloadLength, true) + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)) | 0;
	answer(view, link, by, 0, (view.getInt32(REGISTER.seq, true) + occupied) | 0, (RST | ACK) << FLAG_SHIFT, 0, 0);
}

/** Answers the segment in the registers, whose sender offers those with that timestamp, with our SYN, as a TCB of the listener would. Data that came with it is not acknowledged. */
export function synAck(
	view: DataView,
	link: InterfaceBlock,
	listener: TcbBlock,
	iss: number,
	ack: number,
	offers: number,
	stamp: number,
): void {
	const window = Math.min(firstWindow(view, listener), MOST_UNSCALED);
	answer(view, link, listener.at, iss, ack, ((SYN | ACK) << FLAG_SHIFT) | window, offers, stamp);
}

/** Slot of the interface that the segment in the registers came by, if that has to do with its address; 0 otherwise, as for what we send to ourselves. */
export function arrivalZone(view: DataView, link: InterfaceBlock): number {
	return (link.flags & FLAG_LOOPBACK) !== 0 ? 0 : zoneOf(view, DESTINATION_ADDRESS, link.slot);
}

/** The way to who sent the segment in the registers, for an answer from the address that it was for. False when there is none. */
function wayBack(view: DataView, path: PathBlock, bound: number): boolean {
	copyAddress(view, path.destination, SOURCE_ADDRESS);
	copyAddress(view, path.source, DESTINATION_ADDRESS);
	path.bound = bound;
	return route(view, path, 0, true);
}

function answer(
	view: DataView,
	link: InterfaceBlock,
	by: Offset,
	seq: number,
	ack: number,
	flagsWindow: number,
	offers: number,
	stamp: number,
): void {
	const core = CoreBlock.of(view, CORE);
	if (core.spare < 0) {
		drop(view, link, DROP.noPacketBuffer);
		return;
	}
	const path = PathBlock.of(view, TcpBlock.of(view, tcpAt(view)).stray);
	const syn = (flagsWindow & (SYN << FLAG_SHIFT)) !== 0;
	const zone = arrivalZone(view, link);
	if (!wayBack(view, path, syn && zone === 0 ? PathBlock.of(view, TcbBlock.of(view, by).path).bound : zone)) {
		drop(view, link, DROP.noRoute);
		return;
	}
	const at = core.spareAt;
	const options = syn ? optionsAnswer(view, (at + path.ipHeader + wire.HEADER) & 0x3fffffff, path, by, offers, stamp) : 0;
	const length = wire.HEADER + options;
	// With the time to live and the code point that the TCB's have.
	const hops = by === NOBODY ? 0 : PathBlock.of(view, TcbBlock.of(view, by).path).hops;
	const header = ipBuild(view, at, path, ipv4.TCP, (hops & TOS_BITS) | hopsBy(view, path, hops), length);
	const end = header + length;
	const ports = view.getInt32(REGISTER.ports, true);
	view.setInt32(header, (ports << 16) | (ports >>> 16));
	view.setInt32(header + wire.SEQ, seq);
	view.setInt32(header + wire.ACK_NUMBER, ack);
	view.setInt32(header + wire.DATA_OFFSET, (length << 26) | flagsWindow);
	view.setInt32(header + wire.CHECKSUM, 0);
	const pseudo = pseudoOfPacket(view, at, header - at, ipv4.TCP, length);
	view.setUint16(header + wire.CHECKSUM, ~checksum(view, header, end, pseudo));
	if (output(view, core.spare, at, end, path)) takeSpare(view);
}

/** Writes the options of such an answer, of the listener `by` to a SYN that offers those. What is offered without timestamps could not be remembered. */
function optionsAnswer(view: DataView, at: Offset, path: PathBlock, by: Offset, offers: number, stamp: number): Length {
	const own = offersBy(view, path, ownOffers(view, TcbBlock.of(view, by)));
	const both = (own & offers & OFFER.timestamps.bit) !== 0 ? answering(own, offers) : 0;
	const mss = (linkMtu(path, InterfaceBlock.of(view, path.out)) - path.ipHeader - wire.HEADER) | 0;
	const ports = view.getInt32(REGISTER.ports, true);
	const offset = stampOffset(view, DESTINATION_ADDRESS, SOURCE_ADDRESS, ports);
	const now = cookieStamp((CoreBlock.of(view, CORE).now + offset) | 0, offers);
	return wire.synOptions(view, at, mss, both, now, stamp);
}
