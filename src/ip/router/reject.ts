// A packet that a rule rejects: its sender hears of that at once, by a reset of TCP, or an error of ICMP. Flat TypeScript.

import { copyAddress, setNone } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Offset } from "../../packet/numbers.ts";
import { NONE, takeSpare } from "../../packet/packets.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { RouterBlock } from "../../packet/router-block.ts";
import { ipBuild, pseudoOfPacket } from "../../wire/build.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { checksum } from "../../wire/kernels/checksum.ts";
import * as tcp from "../../wire/tcp.ts";
import { icmpError } from "../icmp.ts";
import { output } from "../output.ts";
import { route } from "../way.ts";

/** Communication is administratively prohibited: RFC 1812 §5.2.7.1, RFC 4443 §3.1. */
const PROHIBITED = (icmpv6.UNREACHABLE << 24) | (1 << 16) | (icmpv4.UNREACHABLE << 8) | 13;

/** The packet in the registers, which came in by `link`, is dropped, and its sender told. */
export function reject(view: DataView, link: InterfaceBlock): void {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	drop(view, link, DROP.filtered);
	router.passing = 1;
	if (router.protocol === ipv4.TCP) reset(view, router);
	else icmpError(view, link, PROHIBITED, 0);
	router.passing = 0;
}

/** A reset from whom the segment is for. RFC 9293 §3.10.7.1. */
function reset(view: DataView, router: RouterBlock): void {
	const core = CoreBlock.of(view, CORE);
	const from: Offset = router.upper;
	const packet = core.spare;
	if (packet === NONE || !tcp.valid(view, from, router.upperEnd)) return;
	check(from, tcp.HEADER, view.byteLength);
	const flags = view.getUint8(from + tcp.FLAGS);
	if ((flags & tcp.RST) !== 0) return;
	const path = PathBlock.of(view, core.error);
	const link: Offset = view.getInt32(REGISTER.arrival, true);
	copyAddress(view, path.destination, SOURCE_ADDRESS);
	setNone(view, path.source);
	path.bound = 0;
	if (!route(view, path, 0, false) || link === 0) return;
	copyAddress(view, path.source, DESTINATION_ADDRESS);
	const at = core.spareAt;
	const six = isIpv6(view);
	const header = six ? ipv6.HEADER : ipv4.HEADER;
	const segment = ipBuild(view, at, path, ipv4.TCP, six ? path.ttl & 255 : ipv4.DEFAULT_TTL, tcp.HEADER);
	const length = router.upperEnd - from - tcp.headerLength(view, from);
	const acked = (flags & tcp.ACK) !== 0;
	const counted = ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0);
	check(segment, tcp.HEADER, view.byteLength);
	view.setInt32(segment, (tcp.ports(view, from) << 16) | (tcp.ports(view, from) >>> 16));
	view.setInt32(segment + tcp.SEQ, acked ? tcp.ack(view, from) : 0);
	view.setInt32(segment + tcp.ACK_NUMBER, acked ? 0 : (tcp.seq(view, from) + length + counted) | 0);
	view.setUint16(segment + tcp.DATA_OFFSET, (tcp.HEADER << 10) | (acked ? tcp.RST : tcp.RST | tcp.ACK));
	view.setUint16(segment + tcp.WINDOW, 0);
	view.setInt32(segment + tcp.CHECKSUM, 0);
	const end = segment + tcp.HEADER;
	view.setUint16(segment + tcp.CHECKSUM, ~checksum(view, segment, end, pseudoOfPacket(view, at, header, ipv4.TCP, tcp.HEADER)));
	if (output(view, packet, at, end, path)) takeSpare(view);
}
