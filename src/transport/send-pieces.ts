// What a socket sends and is longer than its path carries leaves in fragments. Flat TypeScript.

import { icmpPiecesSum, PIECE_HEADERS, pieceRoom, piecesOutput, piecesSum } from "../ip/pieces-out.ts";
import { follows } from "../link/calls.ts";
import { ADDRESS, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Length, Uint8 } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquire } from "../packet/packets.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { endOf, nextPiece, piecesRelease, setEnd, setNext, setStart, startOf } from "../packet/pieces.ts";
import { pseudoHeader } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { BytesIn } from "../wire/kernels/bytes.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copyIn } from "../wire/kernels/copies.ts";
import * as udp from "../wire/udp.ts";
import { DROPPED, TOO_LONG } from "./answers.ts";
import { loopDatagram } from "./udp/loop.ts";

/** The longest datagram. RFC 768, RFC 791. */
const LONGEST = 0xffff - ipv4.HEADER;

/** Bytes behind the IP header that may leave along a path in fragments: as many as packets may wait in. */
export function piecesMost(view: DataView, path: PathBlock): number {
	return Math.min(LONGEST, Math.imul(CoreBlock.of(view, CORE).fragmentsMost, pieceRoom(view, path)));
}

/**
 * Sends `length` bytes of `data` from `start` on behind UDP's header with these ports, as many as may be; of another protocol as they are, but that ICMP's checksum is filled in. `loops`: a datagram of UDP goes to sockets of this board, too. Answers
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
	const ahead: Length = protocol === ipv4.UDP ? udp.HEADER : 0;
	if (length > ((piecesMost(view, path) - ahead) | 0)) return TOO_LONG;
	const total: Length = (ahead + length) & 0xffff;
	const room = pieceRoom(view, path);
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	// A buffer has room for a whole packet, and not for more.
	const headers: Length = six ? PIECE_HEADERS : ipv4.HEADER;
	let first = NONE;
	let last = NONE;
	let place = 0;
	while (place < total) {
		const packet = packetAcquire(view);
		if (packet === NONE) {
			piecesRelease(view, first);
			drop(view, link, DROP.noPacketBuffer);
			return DROPPED;
		}
		const at = headerPlace(view, packet) + headers;
		const bytes: Length = Math.min(room, (total - place) | 0) & 0xffff;
		const header: Length = place === 0 ? ahead : 0;
		if (place === 0) first = packet;
		else setNext(view, last, packet);
		copyIn(view, at + header, data, (start + place + header - ahead) | 0, bytes - header);
		setStart(view, packet, at);
		setEnd(view, packet, at + bytes);
		setNext(view, packet, NONE);
		last = packet;
		place = (place + bytes) | 0;
	}
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
	piecesOutput(view, path, first, protocol);
	return follows(view, link);
}
