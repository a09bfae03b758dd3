// Messages of ICMP and IGMP come in: echo requests are answered, replies are for our pings, and errors are about packets of ours. RFC 792, 1122 §3.2.2. What redirects say, and IGMP, whose header is as long and has its checksum at the same place, is for the interpreter: ip/redirects.ts; service/groups, RFC 3376 §4. Flat TypeScript.

import { echo, lostPacket, NO_HOST } from "../ip/icmp.ts";
import { LEAST_LINK_MTU, plateauBelow } from "../ip/path-mtu.ts";
import { isLocal } from "../ip/way.ts";
import { lostTake } from "../link/arp.ts";
import { CORE, CoreBlock, RULE_FORWARDING } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { asked, ipv4Again, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6, hasPings, hasRaw } from "../packet/kernels/parts.ts";
import type { Address, Offset, Uint8 } from "../packet/numbers.ts";
import { NONE, packetKept, packetRelease } from "../packet/packets.ts";
import { endOf, startOf } from "../packet/pieces.ts";
import { tcbAt } from "../packet/tcb-block.ts";
import { icmpEchoReply } from "../wire/build.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { socketFor } from "./flow-find.ts";
import { toInterpreter } from "./igmp.ts";
import { echoError, echoReply } from "./ping/echo.ts";
import { rawIcmpError, rawWants } from "./raw/input.ts";
import { wrongSum } from "./sums.ts";
import { tcpIcmpError } from "./tcp/icmp.ts";
import { turned4, turned6, turnedTooBig } from "./turned.ts";
import { udpIcmpError } from "./udp/errors.ts";

/** It lies in bytes `at` to `end` of the packet in the registers; `group`: it is for all or many, who do not answer echo requests (RFC 1122 §3.2.2.6), or of IGMP. Answers true when the interpreter has to look at it: then its IP header is at REGISTER.payloadAt. */
export function icmpInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, group: boolean): boolean {
	if (end - at < icmpv4.HEADER) return refused(view, link, DROP.icmpMalformed);
	if (wrongSum(view, link, at, end, 0)) return refused(view, link, DROP.icmpChecksum);
	const type = icmpv4.type(view, at);
	if (type === icmpv4.ECHO_REQUEST && !group) {
		const ip: Offset = view.getInt32(REGISTER.ipAt, true);
		icmpEchoReply(view, ip);
		if (echo(view, CoreBlock.of(view, CORE).packet, ip, end, end - ip)) packetKept(view);
		return false;
	}
	if ((view.getInt32(REGISTER.ttlProtocol, true) & 255) === ipv4.IGMP) return toInterpreter(view, link);
	view.setInt32(REGISTER.payloadAt, at, true);
	view.setInt32(REGISTER.payloadLength, end - at, true);
	if (type === icmpv4.REDIRECT && !group && fits(view, at, end)) return toInterpreter(view, link);
	const isError = type === icmpv4.UNREACHABLE || type === icmpv4.TIME_EXCEEDED || type === icmpv4.PARAMETER_PROBLEM;
	if (hasPings() && type === icmpv4.ECHO_REPLY && echoReply(view, link, at, end - at)) return false;
	if (!isError || !errorArrives(view, link, type, at, end)) drop(view, link, DROP.icmpUnhandled);
	return false;
}

/** Whether a redirect is one for hosts, RFC 1122 §3.2.2.2, and quotes a packet of ours: those who forward know better, RFC 1812 §5.2.7.2. */
function fits(view: DataView, at: Offset, end: Offset): boolean {
	const quoted = at + icmpv4.HEADER;
	if (end - quoted < ipv4.HEADER + 8 || view.getUint8(quoted) >> 4 !== 4 || icmpv4.code(view, at) > 3) return false;
	return (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) === 0 && isLocal(view, asked(view, ipv4.source(view, quoted)));
}

/** An error about a packet of ours: told to the connection or the ping that the quoted header names. RFC 1122 §3.2.2, RFC 5927 §4. Answers whether there is one. */
function errorArrives(view: DataView, link: InterfaceBlock, type: Uint8, at: Offset, end: Offset): boolean {
	const quoted = at + icmpv4.HEADER;
	if (end - quoted < ipv4.HEADER + 8 || view.getUint8(quoted) >> 4 !== 4) return false;
	const code = icmpv4.code(view, at);
	const protocol = ipv4.protocol(view, quoted);
	const tooBig = type === icmpv4.UNREACHABLE && code === icmpv4.FRAGMENTATION_NEEDED;
	const said = tooBig ? icmpv4.nextHopMtu(view, at) : 0;
	const mtu = tooBig && protocol !== ipv4.TCP ? claimed4(view, quoted, said) : 0;
	if (tooBig && protocol !== ipv4.TCP && mtu === 0) return false;
	const own = hasPings() && echoError(view, link, type, code, SOURCE_ADDRESS, quoted, end);
	if (!turned4(view, quoted, end)) return own;
	const from = asked(view, ipv4.source(view, view.getInt32(REGISTER.ipAt, true)));
	if (protocol === ipv4.UDP) return udpIcmpError(view, link, type, code, from, mtu);
	if (protocol !== ipv4.TCP) {
		const told = mtu !== 0 && turnedTooBig(view, mtu);
		if (own || !hasRaw() || !rawWants(view)) return own || told;
		return rawIcmpError(view, link, type, code, from, mtu, quoted, end) || told;
	}
	const index = socketFor(view, link, ipv4.TCP);
	if (index < 0) return false;
	tcpIcmpError(view, tcbAt(view, index), type, code, said);
	return true;
}

/** The MTU that a router says when it could not pass on the packet of ours that is quoted; the next smaller plateau where it does not say. 0: that cannot be. RFC 1191 §4, §5. */
function claimed4(view: DataView, quoted: Offset, said: number): number {
	const size = ipv4.totalLength(view, quoted);
	const mtu = said < LEAST_LINK_MTU ? plateauBelow(size) : said;
	return mtu < size ? mtu : 0;
}

/** A datagram of ours, the packet in bytes `at` to `end`, was lost by an interface. */
function datagramLost(view: DataView, link: InterfaceBlock, from: Address, at: Offset, end: Offset): void {
	const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
	if (six ? !turned6(view, at, end, ipv4.UDP) : ipv4.protocol(view, at) !== ipv4.UDP || !turned4(view, at, end)) return;
	udpIcmpError(view, link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, from, 0);
	if (six) ipv4Again(view);
}

/** Those packets that have waited for a neighbour in vain: their senders are told, a ping or a UDP socket of ours or who had us forward them; what else we sent ourselves has timers of its own. */
export function lostPackets(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const link = InterfaceBlock.of(view, core.lostLink);
	for (let packet = lostTake(view); packet !== NONE; packet = lostTake(view)) {
		const at = startOf(view, packet);
		const end = endOf(view, packet);
		// Who says so of our own is the address that it was sent from.
		const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
		const from: Address = six ? at + ipv6.SOURCE : asked(view, ipv4.source(view, at));
		if (!hasPings() || !echoError(view, link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, from, at, end)) {
			datagramLost(view, link, from, at, end);
			lostPacket(view, link, at, end, NO_HOST, 0);
		}
		packetRelease(view, packet);
	}
}
