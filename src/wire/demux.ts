// From a valid IPv4 packet for us to its socket. What goes as expected is delivered on the way: deliver.ts, stream.ts; echo requests are answered.

import { DROP } from "../packet/drops.ts";
import {
	ACK,
	ECHO_DESTINATION,
	ECHO_SOURCE,
	FIELDS_BYTES,
	FLAGS_WINDOW,
	FLOWS_AT,
	PORTS,
	SEQ,
	TCBS_AT,
	UDPS_AT,
	WHAT,
} from "../packet/fields.ts";
import { FLAG_CHECKED, type InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset, Range, Uint8 } from "../packet/numbers.ts";
import { answer, drop } from "./answers.ts";
import { TcbBlock } from "../packet/tcb-block.ts";
import { UdpBlock } from "../packet/udp-block.ts";
import { check } from "../packet/bounds.ts";
import { icmpEchoReply } from "./build.ts";
import { pseudoHeader } from "./checksum.ts";
import { deliverDatagram } from "./deliver.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import { checksum } from "./kernels/checksum.ts";
import * as kinds from "./kinds.ts";
import { IN_ACK_DUE, IN_DATA, IN_UNEXPECTED, streamIn } from "./stream.ts";
import { flowFind, tableFits } from "./tables.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** The packet is in bytes `ip` to `end` and came in by `iface`; `group`: GROUP or 0. */
export function transport(view: DataView, ip: Offset, end: Offset, iface: InterfaceBlock, group: Uint8): number {
	check(ip, ipv4.HEADER, view.byteLength);
	const at = ip + ipv4.headerLength(view, ip);
	if (ipv4.isFragment(view, ip)) return answer(view, kinds.FRAGMENT, group, at, end - at, 0);
	switch (ipv4.protocol(view, ip)) {
		case ipv4.TCP:
			return segment(view, ip, at, end, iface, group);
		case ipv4.UDP:
			return datagram(view, ip, at, end, iface, group);
		case ipv4.ICMP:
			return message(view, ip, at, end, iface, group);
		default:
			return answer(view, kinds.OTHER, group, at, end - at, 0);
	}
}

function segment(view: DataView, ip: Offset, at: Offset, end: Offset, iface: InterfaceBlock, group: Uint8): number {
	if (!tcp.valid(view, at, end)) return drop(view, iface, DROP.tcpMalformed);
	const pseudo = pseudoHeader(ipv4.source(view, ip), ipv4.destination(view, ip), ipv4.TCP, end - at);
	if (wrongSum(view, iface, at, end, pseudo)) return drop(view, iface, DROP.tcpChecksum);
	check(at, tcp.HEADER, view.byteLength);
	check(0, FIELDS_BYTES, view.byteLength);
	view.setInt32(PORTS * 4, tcp.ports(view, at), true);
	view.setInt32(SEQ * 4, tcp.seq(view, at), true);
	view.setInt32(ACK * 4, tcp.ack(view, at), true);
	view.setInt32(FLAGS_WINDOW * 4, tcp.flagsAndWindow(view, at), true);
	const data = at + tcp.headerLength(view, at);
	const index = socketFor(view, iface, ipv4.TCP);
	if (index === kinds.NO_SOCKET) return answer(view, kinds.STRAY, group, data, end - data, index);
	const unexpected = answer(view, kinds.TCP, group, data, end - data, index);
	const tcb = group === 0 ? blockAt(view, TCBS_AT, index, TcbBlock.bytes) : 0;
	const what = tcb === 0 ? IN_UNEXPECTED : streamIn(view, tcb);
	if (what & IN_UNEXPECTED) return unexpected;
	const taken = kinds.SEGMENT | (index << kinds.VALUE_SHIFT);
	if (what === (IN_DATA | IN_ACK_DUE)) return taken | kinds.SEGMENT_ACK_DUE;
	if (what === IN_DATA) return taken;
	view.setInt32(WHAT * 4, what, true);
	return taken | kinds.SEGMENT_MORE;
}

function datagram(view: DataView, ip: Offset, at: Offset, end: Offset, iface: InterfaceBlock, group: Uint8): number {
	if (!udp.valid(view, at, end)) return drop(view, iface, DROP.udpMalformed);
	check(at, udp.HEADER, view.byteLength);
	const bytes = udp.length(view, at);
	const pseudo = pseudoHeader(ipv4.source(view, ip), ipv4.destination(view, ip), ipv4.UDP, bytes);
	if (udp.checksum(view, at) !== 0 && wrongSum(view, iface, at, at + bytes, pseudo)) return drop(view, iface, DROP.udpChecksum);
	view.setInt32(PORTS * 4, udp.ports(view, at), true);
	const data = at + udp.HEADER;
	const length = bytes - udp.HEADER;
	const index = socketFor(view, iface, ipv4.UDP);
	const socket = group === 0 && index !== kinds.NO_SOCKET ? blockAt(view, UDPS_AT, index, UdpBlock.bytes) : 0;
	if (socket !== 0 && deliverDatagram(view, UdpBlock.of(view, socket), iface.slot, data, length))
		return kinds.DATAGRAM | (index << kinds.VALUE_SHIFT);
	return answer(view, kinds.UDP, group, data, length, index);
}

function message(view: DataView, ip: Offset, at: Offset, end: Offset, iface: InterfaceBlock, group: Uint8): number {
	if (end - at < icmpv4.HEADER) return drop(view, iface, DROP.icmpMalformed);
	if (wrongSum(view, iface, at, end, 0)) return drop(view, iface, DROP.icmpChecksum);
	view.setInt32(PORTS * 4, icmpv4.identifierAndSequence(view, at), true);
	if (icmpv4.type(view, at) !== icmpv4.ECHO_REQUEST || group !== 0)
		return answer(view, kinds.ICMP, group, at, end - at, end - ip);
	const source = ipv4.source(view, ip);
	const destination = ipv4.destination(view, ip);
	const again = view.getInt32(ECHO_SOURCE * 4, true) === source && view.getInt32(ECHO_DESTINATION * 4, true) === destination;
	view.setInt32(ECHO_SOURCE * 4, source, true);
	view.setInt32(ECHO_DESTINATION * 4, destination, true);
	icmpEchoReply(view, ip);
	return answer(view, kinds.ECHO, again ? kinds.ECHO_AGAIN : 0, at, end - at, end - ip);
}

/** Whether the checksum over bytes `at` to `end` and a pseudo-header's sum is wrong. Not looked at where the device has. */
function wrongSum(view: DataView, iface: InterfaceBlock, at: Offset, end: Offset, pseudo: number): boolean {
	return (iface.flags & FLAG_CHECKED) === 0 && checksum(view, at, end, pseudo) !== 0xffff;
}

/** Index of the socket that the registers' packet is for, or NO_SOCKET. */
function socketFor(view: DataView, iface: InterfaceBlock, protocol: Uint8): Range<0, 0x7fff> {
	const table = view.getInt32(FLOWS_AT * 4, true);
	if (!tableFits(view, table)) return kinds.NO_SOCKET;
	const value = flowFind(view, table, protocol | (iface.slot << 8));
	return value < 0 ? kinds.NO_SOCKET : value & kinds.NO_SOCKET;
}

/** Arena offset of the block with that index, its area's start being in that register; 0 when it would lie outside. */
function blockAt(view: DataView, register: Uint8, index: Range<0, 0x7fff>, size: Length): Offset {
	const first = view.getUint32(register * 4, true);
	const at = first + index * size;
	return first !== 0 && at + size <= view.byteLength ? at | 0 : 0;
}
