// A datagram that came in fragments and does not lie in one packet: the first one is in the registers, core.pieces has the others. UDP's goes to its socket piece by piece, to raw sockets too, echo requests are answered, and replies are for our pings. Flat TypeScript.

import { piecesDropped, piecesLength } from "../ip/fragments.ts";
import { echo, icmpError, UNKNOWN_HEADER } from "../ip/icmp.ts";
import { piecesSum } from "../ip/pieces-out.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { isIpv6, REGISTER } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { hasPings, hasRaw } from "../packet/kernels/parts.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { packetKept } from "../packet/packets.ts";
import { echoReply } from "./ping/echo.ts";
import { rawInput, rawWants } from "./raw/input.ts";
import { pseudoOf } from "./sums.ts";
import { udpPieces } from "./udp/pieces.ts";

/** Longer than any link's packets. */
const ALL_TOO_LONG = 0x10000;

/** Its first piece lies in bytes `at` to `end`; `group`: it is for all or many. */
export function piecesInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, group: boolean, six: boolean): void {
	const ip: Offset = view.getInt32(REGISTER.ipAt, true);
	const named: Offset = view.getInt32(REGISTER.namedAt, true);
	const protocol = six ? view.getUint8(named) : ipv4.protocol(view, ip);
	view.setInt32(REGISTER.ttlProtocol, (view.getInt32(REGISTER.ttlProtocol, true) & 0xff00) | protocol, true);
	const icmp = six ? ipv6.ICMP : ipv4.ICMP;
	const length = piecesLength(view, (end - at) | 0);
	const right = (protocol !== ipv4.UDP && protocol !== icmp) || isSummed(view, at, end, protocol, length);
	const raw = right && protocol !== ipv4.UDP && protocol !== ipv4.TCP && hasRaw() && rawWants(view);
	const taken = raw && rawInput(view, link, protocol, at, end);
	if (!right) drop(view, link, protocol === ipv4.UDP ? DROP.udpChecksum : DROP.icmpChecksum);
	else if (protocol === ipv4.UDP) udpPieces(view, link, at, end, length, group);
	else if (protocol === icmp) {
		const type = view.getUint8(at);
		if (type === (six ? icmpv6.ECHO_REQUEST : icmpv4.ECHO_REQUEST) && (six || !group)) echoPieces(view, at, end);
		else if (!hasPings() || type !== (six ? icmpv6.ECHO_REPLY : icmpv4.ECHO_REPLY) || !echoReply(view, link, at, length))
			drop(view, link, DROP.icmpUnhandled);
	} else if (!taken) unknownProtocol(view, link, group || protocol === ipv4.TCP);
	piecesDropped(view);
}

/** Nobody takes the protocol of the packet in the registers: its sender is told, unless `quiet`. */
export function unknownProtocol(view: DataView, link: InterfaceBlock, quiet: boolean): void {
	const named = (view.getInt32(REGISTER.namedAt, true) - view.getInt32(REGISTER.ipAt, true)) | 0;
	if (!quiet) icmpError(view, link, UNKNOWN_HEADER, isIpv6(view) ? named : 0);
	drop(view, link, DROP.unknownProtocol);
}

/** Answers the echo request that begins in bytes `at` to `end` of the packet in the registers; what it came in leaves as fragments of the reply. */
function echoPieces(view: DataView, at: Offset, end: Offset): void {
	const six = isIpv6(view);
	view.setUint8(at, six ? icmpv6.ECHO_REPLY : icmpv4.ECHO_REPLY);
	const ip = at - (six ? ipv6.HEADER : ipv4.HEADER);
	if (echo(view, CoreBlock.of(view, CORE).packet, ip, end, ALL_TOO_LONG)) packetKept(view);
}

/** Whether the sum over all pieces and the pseudo-header of their protocol is right. */
function isSummed(view: DataView, at: Offset, end: Offset, protocol: Uint8, length: number): boolean {
	const first = checksum(view, at, end, protocol === ipv4.ICMP ? 0 : pseudoOf(view, protocol, length & 0xffff));
	return piecesSum(view, CoreBlock.of(view, CORE).pieces, first) === 0xffff;
}
