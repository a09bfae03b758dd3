// A datagram that is longer than its path carries leaves in fragments. Flat TypeScript.

import { endOf, nextPiece, piecesRelease, setEnd, setNext, setStart } from "../../packet/pieces.ts";
import { PIECE_HEADERS, pieceRoom, piecesOutput } from "../../ip/pieces-out.ts";
import { ADDRESS, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Length } from "../../packet/numbers.ts";
import { headerPlace, NONE, packetAcquire } from "../../packet/packets.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import { pseudoHeader } from "../../wire/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import type { BytesIn } from "../../wire/kernels/bytes.ts";
import { checksum } from "../../wire/kernels/checksum.ts";
import { copyIn } from "../../wire/kernels/copies.ts";
import * as udp from "../../wire/udp.ts";
import { loopDatagram } from "./loop.ts";

/** The longest datagram. RFC 768, RFC 791. */
const LONGEST = 0xffff - ipv4.HEADER;

/** Bytes of payload that may leave along a path in fragments: as many as packets may wait in. */
export function piecesMost(view: DataView, path: PathBlock): number {
	return (Math.min(LONGEST, Math.imul(CoreBlock.of(view, CORE).fragmentsMost, pieceRoom(view, path))) - udp.HEADER) | 0;
}

/** Sends `length` bytes of `data` from `start` on, as many as may be; `loops`: to sockets of this board, too. False when there are not packets enough. */
export function sendPieces(
	view: DataView,
	path: PathBlock,
	ports: number,
	data: BytesIn,
	start: number,
	length: Length,
	loops: boolean,
): boolean {
	const total: Length = (udp.HEADER + length) & 0xffff;
	const room = pieceRoom(view, path);
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	const headers: Length = six ? PIECE_HEADERS : ipv4.HEADER;
	let sum = six
		? checksum(view, path.source, path.destination + ADDRESS, ipv4.UDP + total)
		: pseudoHeader(v4Of(view, path.source), v4Of(view, path.destination), ipv4.UDP, total);
	let first = NONE;
	let last = NONE;
	let place = 0;
	while (place < total) {
		const packet = packetAcquire(view);
		if (packet === NONE) {
			piecesRelease(view, first);
			return false;
		}
		const at = headerPlace(view, packet) + headers;
		const bytes: Length = Math.min(room, (total - place) | 0) & 0xffff;
		const header = place === 0 ? udp.HEADER : 0;
		if (place === 0) {
			view.setInt32(at, ports);
			view.setInt32(at + udp.LENGTH, total << 16);
			first = packet;
		} else setNext(view, last, packet);
		copyIn(view, at + header, data, (start + place + header - udp.HEADER) | 0, bytes - header);
		sum = checksum(view, at, at + bytes, sum);
		setStart(view, packet, at);
		setEnd(view, packet, at + bytes);
		setNext(view, packet, NONE);
		last = packet;
		place = (place + bytes) | 0;
	}
	const header = headerPlace(view, first) + headers;
	if (loops) {
		const payload = header + udp.HEADER;
		loopDatagram(view, path, ports, payload, (endOf(view, first) - payload) & 0xffff, length, nextPiece(view, first));
		view.setInt32(header, ports);
		view.setInt32(header + udp.LENGTH, total << 16);
	}
	const inverted = (sum ^ 0xffff) & 0xffff;
	view.setUint16(header + udp.CHECKSUM, inverted === 0 ? 0xffff : inverted);
	piecesOutput(view, path, first, ipv4.UDP);
	return true;
}
