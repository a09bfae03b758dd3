// ICMPv6 messages come in, RFC 4443: echo requests are answered, neighbour discovery goes to the link, errors to the socket whose packet they quote. Flat TypeScript.

import { echo } from "../ip/icmp.ts";
import { ndInput } from "../link/nd.ts";
import { copyAddress, isV4 } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { hasPings, hasRaw } from "../packet/kernels/parts.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import { packetKept } from "../packet/packets.ts";
import { tcbAt } from "../packet/tcb-block.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { socketFor } from "./flow-find.ts";
import { toInterpreter } from "./igmp.ts";
import { echoError, echoReply } from "./ping/echo.ts";
import { rawIcmpError, rawWants } from "./raw/input.ts";
import { pseudoOf, wrongSum } from "./sums.ts";
import { tcpIcmpError } from "./tcp/icmp.ts";
import { turned6, turnedTooBig } from "./turned.ts";
import { udpIcmpError } from "./udp/errors.ts";

/** It lies in bytes `at` to `end` of the packet in the registers. Answers true when the interpreter has to look at it: link/nd.ts, service/groups. */
export function icmp6Input(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	if (end - at < icmpv6.HEADER) return refused(view, link, DROP.icmpMalformed);
	check(at, icmpv6.HEADER, view.byteLength);
	if (wrongSum(view, link, at, end, pseudoOf(view, ipv6.ICMP, end - at))) return refused(view, link, DROP.icmpChecksum);
	const type = icmpv6.type(view, at);
	if (icmpv6.isDiscovery(type)) return ndInput(view, link, at, end);
	if (type === icmpv6.ECHO_REQUEST) {
		const ip = at - ipv6.HEADER;
		if (echo(view, CoreBlock.of(view, CORE).packet, ip, end, end - ip)) packetKept(view);
		return false;
	}
	if (hasPings() && type === icmpv6.ECHO_REPLY && echoReply(view, link, at, end - at)) return false;
	if (icmpv6.isMembership(type) && isAlert(view)) return toInterpreter(view, link);
	if (!icmpv6.isError(type) || !errorArrives(view, link, type, at, end)) drop(view, link, DROP.icmpUnhandled);
	return false;
}

/** Whether the packet has options that all on its way look at: MLD's have. RFC 3810 §5. */
function isAlert(view: DataView): boolean {
	return ipv6.nextHeader(view, view.getInt32(REGISTER.ipAt, true)) === ipv6.HOP_BY_HOP;
}

/** An error about a packet of ours: told to the connection that the quoted headers name. Answers whether there is one. RFC 5927 §4. */
function errorArrives(view: DataView, link: InterfaceBlock, type: Uint8, at: Offset, end: Offset): boolean {
	const quoted = at + icmpv6.HEADER;
	if (end - quoted < ipv6.HEADER + 8 || view.getUint8(quoted) >> 4 !== 6) return false;
	check(quoted, ipv6.HEADER + 8, view.byteLength);
	// Addresses of IPv4 are not in packets of ours.
	if (isV4(view, quoted + ipv6.SOURCE) || isV4(view, quoted + ipv6.DESTINATION)) return false;
	const told = codeOf(view, type, at);
	const kind = type === icmpv6.TIME_EXCEEDED ? icmpv4.TIME_EXCEEDED : icmpv4.UNREACHABLE;
	const said = type === icmpv6.PACKET_TOO_BIG ? view.getInt32(at + icmpv6.REST) : 0;
	// RFC 8201 §4: what is less than every link carries, or not less than what was sent, is no news.
	const size = ipv6.HEADER + ipv6.payloadLength(view, quoted);
	if (type === icmpv6.PACKET_TOO_BIG && (said < ipv6.LEAST_MTU || said >= size)) return false;
	const mtu = said & 0xffff;
	const own = hasPings() && echoError(view, link, kind, told & 255, SOURCE_ADDRESS, quoted, end);
	const from = (view.getInt32(REGISTER.ipAt, true) + ipv6.SOURCE) | 0;
	if (turned6(view, quoted, end, ipv4.UDP)) return udpIcmpError(view, link, kind, told & 255, from, mtu);
	if (!turned6(view, quoted, end, ipv4.TCP)) {
		copyAddress(view, SOURCE_ADDRESS, quoted + ipv6.DESTINATION);
		copyAddress(view, DESTINATION_ADDRESS, quoted + ipv6.SOURCE);
		const ours = mtu !== 0 && turnedTooBig(view, mtu);
		if (own || !hasRaw() || !rawWants(view)) return own || ours;
		return rawIcmpError(view, link, kind, told & 255, from, mtu, quoted, end) || ours;
	}
	const index = socketFor(view, link, ipv4.TCP);
	if (index < 0) return false;
	tcpIcmpError(view, tcbAt(view, index), kind, told, mtu);
	return true;
}

/** What an error says as ICMP's codes do, which transports know: of UNREACHABLE, or of TIME_EXCEEDED. RFC 4443 §3. */
function codeOf(view: DataView, type: Uint8, at: Offset): number {
	const code = icmpv6.code(view, at);
	if (type === icmpv6.TIME_EXCEEDED) return code;
	if (type === icmpv6.PACKET_TOO_BIG) return icmpv4.FRAGMENTATION_NEEDED;
	if (type === icmpv6.UNREACHABLE && code === icmpv6.PORT_UNREACHABLE) return icmpv4.PORT_UNREACHABLE;
	if (type === icmpv6.PARAMETER_PROBLEM && code === icmpv6.UNKNOWN_HEADER) return icmpv4.PROTOCOL_UNREACHABLE;
	return icmpv4.HOST_UNREACHABLE;
}
