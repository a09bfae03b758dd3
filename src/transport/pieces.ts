// A datagram that came in fragments and does not lie in one packet: the first one is in the registers, core.pieces has the others. UDP's goes to its socket piece by piece. Flat TypeScript.

import { icmpError, UNKNOWN_HEADER } from "../ip/icmp.ts";
import { piecesDropped, piecesLength } from "../ip/fragments.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { isIpv6, REGISTER } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset, Uint16, Uint8 } from "../packet/numbers.ts";
import { NONE } from "../packet/packets.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { endOf, nextPiece, startOf } from "../packet/pieces.ts";
import { pseudoOf } from "./sums.ts";
import { udpPieces } from "./udp/pieces.ts";

/** Its first piece lies in bytes `at` to `end`; `group`: it is for all or many. */
export function piecesInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, group: boolean): void {
	const six = isIpv6(view);
	const ip: Offset = view.getInt32(REGISTER.ipAt, true);
	const named: Offset = view.getInt32(REGISTER.namedAt, true);
	const protocol = six ? view.getUint8(named) : ipv4.protocol(view, ip);
	view.setInt32(REGISTER.ttlProtocol, (view.getInt32(REGISTER.ttlProtocol, true) & 0xff00) | protocol, true);
	const icmp = six ? ipv6.ICMP : ipv4.ICMP;
	const length = piecesLength(view, (end - at) | 0);
	if (protocol === ipv4.UDP) {
		if (piecesSum(view, at, end, protocol, length) !== 0xffff) drop(view, link, DROP.udpChecksum);
		else udpPieces(view, link, at, end, length, group);
	} else if (protocol === icmp) drop(view, link, DROP.icmpUnhandled);
	else unknownProtocol(view, link, group || protocol === ipv4.TCP);
	piecesDropped(view);
}

/** Nobody takes the protocol of the packet in the registers: its sender is told, unless `quiet`. */
export function unknownProtocol(view: DataView, link: InterfaceBlock, quiet: boolean): void {
	const named = (view.getInt32(REGISTER.namedAt, true) - view.getInt32(REGISTER.ipAt, true)) | 0;
	if (!quiet) icmpError(view, link, UNKNOWN_HEADER, isIpv6(view) ? named : 0);
	drop(view, link, DROP.unknownProtocol);
}

/** The sum over all pieces, whose lengths but the last one's are even, and the pseudo-header of their protocol. */
function piecesSum(view: DataView, at: Offset, end: Offset, protocol: Uint8, length: number): Uint16 {
	let sum = checksum(view, at, end, protocol === ipv4.ICMP ? 0 : pseudoOf(view, protocol, length & 0xffff));
	for (let piece = CoreBlock.of(view, CORE).pieces; piece !== NONE; piece = nextPiece(view, piece))
		sum = checksum(view, startOf(view, piece), endOf(view, piece), sum);
	return sum;
}
