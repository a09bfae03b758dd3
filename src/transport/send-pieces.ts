// What a socket sends and is longer than its path carries leaves in fragments. Flat TypeScript.

import { icmpPiecesSum, pieceRoom, piecesOutput, piecesSum, piecesTake } from "../ip/pieces-out.ts";
import { follows } from "../link/calls.ts";
import { ADDRESS, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6, hasRaw } from "../packet/kernels/parts.ts";
import type { Length, Offset, Uint8 } from "../packet/numbers.ts";
import { NONE } from "../packet/packets.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { endOf, nextPiece, startOf } from "../packet/pieces.ts";
import { ipBuild } from "../wire/build.ts";
import { pseudoHeader } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { BytesIn } from "../wire/kernels/bytes.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copyIn } from "../wire/kernels/copies.ts";
import * as udp from "../wire/udp.ts";
import { DROPPED, TOO_LONG } from "./answers.ts";
import { rawLoop } from "./raw/loop.ts";
import { loopDatagram } from "./udp/loop.ts";

/** The longest datagram. RFC 768, RFC 791. */
const LONGEST = 0xffff - ipv4.HEADER;

/** Bytes behind the IP header that may leave along a path in fragments: as many as packets may wait in. */
export function piecesMost(view: DataView, path: PathBlock): number {
	return Math.min(LONGEST, Math.imul(CoreBlock.of(view, CORE).fragmentsMost, pieceRoom(view, path)));
}

/**
 * Sends `length` bytes of `data` from `start` on behind UDP's header with these ports, as many as may be; of another protocol as they are, but that ICMP's checksum is filled in. `loops`: it goes to sockets of this board, too. Answers
 * as answers.ts says.
 */
export function sendPieces(
	view: DataView,
	path: PathBlock,
	protocol: Uint8,
	ports: number,
	data: BytesIn,
	start: number,
	length: Length,
	loops: boolean,
): number {
	const link = InterfaceBlock.of(view, path.out);
	const header: Length = protocol === ipv4.UDP ? udp.HEADER : 0;
	if (length > ((piecesMost(view, path) - header) | 0)) return TOO_LONG;
	const total: Length = (header + length) & 0xffff;
	const first = piecesTake(view, path, total);
	if (first === NONE) return DROPPED;
	let ahead = header;
	let place = start;
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece)) {
		const at = startOf(view, piece) + ahead;
		const bytes: Length = (endOf(view, piece) - at) & 0xffff;
		copyIn(view, at, data, place, bytes);
		place = (place + bytes) | 0;
		ahead = 0;
	}
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	const at = startOf(view, first);
	if (protocol === ipv4.UDP) {
		const payload = at + udp.HEADER;
		if (loops) loopDatagram(view, path, ports, payload, (endOf(view, first) - payload) & 0xffff, length, nextPiece(view, first));
		view.setInt32(at, ports);
		view.setInt32(at + udp.LENGTH, total << 16);
		const pseudo = six
			? checksum(view, path.source, path.destination + ADDRESS, ipv4.UDP + total)
			: pseudoHeader(v4Of(view, path.source), v4Of(view, path.destination), ipv4.UDP, total);
		const inverted = (piecesSum(view, first, pseudo) ^ 0xffff) & 0xffff;
		view.setUint16(at + udp.CHECKSUM, inverted === 0 ? 0xffff : inverted);
	} else if (protocol === (six ? ipv6.ICMP : ipv4.ICMP)) icmpPiecesSum(view, path, first);
	if (hasRaw() && loops && protocol !== ipv4.UDP) {
		const core = CoreBlock.of(view, CORE);
		// For raw sockets alone: what leaves has headers of its own.
		const ip: Offset = (at - path.ipHeader) | 0;
		const payload = ipBuild(view, ip, path, protocol, path.ttl, total);
		core.pieces = nextPiece(view, first);
		rawLoop(view, path, protocol, ip, payload, endOf(view, first));
		core.pieces = NONE;
	}
	piecesOutput(view, path, first, protocol);
	return follows(view, link);
}
