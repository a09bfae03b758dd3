// Answers to segments of which nothing is kept: RST (RFC 9293 §3.10.7.1), and SYN and ACK with a cookie (RFC 4987 §3.6).

import { checksum } from "#codec";
import type { Interface } from "../../link/interface.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { DROP } from "../../packet/drops.ts";
import * as fields from "../../packet/fields.ts";
import { NONE } from "../../packet/pool.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as wire from "../../wire/tcp.ts";
import { ACK, FIN, OPTION_MSS, RST, SYN } from "../../wire/tcp.ts";
import type { Tcp } from "./tcp.ts";
import type { Tcb } from "./tcb.ts";

/** Where this lies in a connection's block. */
const { template: TEMPLATE } = TcbBlock.offsets;

const FLAG_SHIFT = 16;
const MSS_BYTES = 4;

/** Answers the segment in the registers with RST, in the manner of the TCB that does not want it, if there is one. RFC 9293 §3.10.7.1. */
export function refuse(tcp: Tcp, iface: Interface, by: Tcb | undefined): void {
	const registers = tcp.core.fields;
	const flags = registers[fields.FLAGS_WINDOW]! >> FLAG_SHIFT;
	if (flags & RST) return;
	if (flags & ACK) return answer(tcp, iface, by, registers[fields.ACK]!, 0, RST << FLAG_SHIFT);
	const occupied = registers[fields.PAYLOAD_LENGTH]! + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
	answer(tcp, iface, by, 0, (registers[fields.SEQ]! + occupied) | 0, (RST | ACK) << FLAG_SHIFT);
}

/** Answers the segment in the registers with our SYN, as a TCB of the listener would. Data that came with it is not acknowledged. */
export function synAck(tcp: Tcp, iface: Interface, listener: Tcb, iss: number, ack: number): void {
	answer(tcp, iface, listener, iss, ack, ((SYN | ACK) << FLAG_SHIFT) | tcp.receiveSize);
}

function answer(tcp: Tcp, iface: Interface, by: Tcb | undefined, seq: number, ack: number, flagsWindow: number): void {
	const core = tcp.core;
	const view = core.view;
	const registers = core.fields;
	const packet = core.spare;
	if (packet === NONE) return core.count(iface.block, DROP.noPacketBuffer);
	const path = tcp.strayPath;
	const local = registers[fields.DESTINATION]!;
	const remote = registers[fields.SOURCE]!;
	const syn = (flagsWindow & (SYN << FLAG_SHIFT)) !== 0;
	path.destination = remote;
	path.source = local;
	path.bound = syn ? by!.path.bound : 0;
	if (!tcp.ip.route(path)) return core.count(iface.block, DROP.noRoute);
	const at = core.spareAt;
	const header = at + ipv4.HEADER;
	const length = syn ? wire.HEADER + MSS_BYTES : wire.HEADER;
	const end = header + length;
	const template = by === undefined ? -1 : by.block + TEMPLATE;
	view.setInt32(at, (by === undefined ? 0x45000000 : view.getInt32(template)) | (end - at));
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(
		at + ipv4.TTL,
		by === undefined ? (ipv4.DEFAULT_TTL << 24) | (ipv4.TCP << 16) : view.getInt32(template + ipv4.TTL),
	);
	view.setInt32(at + ipv4.SOURCE, local);
	view.setInt32(at + ipv4.DESTINATION, remote);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, header, 0));
	const ports = registers[fields.PORTS]!;
	view.setInt32(header, (ports << 16) | (ports >>> 16));
	view.setInt32(header + wire.SEQ, seq);
	view.setInt32(header + wire.ACK_NUMBER, ack);
	view.setInt32(header + wire.DATA_OFFSET, (length << 26) | flagsWindow);
	view.setInt32(header + wire.CHECKSUM, 0);
	if (syn)
		view.setInt32(header + wire.HEADER, (OPTION_MSS << 24) | (MSS_BYTES << 16) | (tcp.ip.mtu(path) - ipv4.HEADER - wire.HEADER));
	// The pseudo-header's addresses lie before the header; protocol and length are the initial sum. RFC 9293 §3.1.
	view.setUint16(header + wire.CHECKSUM, ~checksum(view, at + ipv4.SOURCE, end, ipv4.TCP + length));
	if (tcp.ip.output(packet, at, end, path)) core.takeSpare();
}
