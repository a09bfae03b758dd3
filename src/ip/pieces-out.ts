// A datagram that is longer than its path carries leaves in fragments, RFC 791 §3.2, RFC 8200 §4.5. Its bytes lie in a row of packets, and headers go before them there. Flat TypeScript.

import { LEAST_PATH_MTU } from "../config.ts";
import { v4Of } from "../packet/address.ts";
import { chance32 } from "../packet/chance.ts";
import { check } from "../packet/bounds.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { NONE, packetRelease } from "../packet/packets.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { ipv4Build, ipv6Build, NO_CHECKSUM } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { endOf, nextPiece, startOf } from "../packet/pieces.ts";
import { output } from "./output.ts";

/** Bytes before a piece that its headers may take. */
export const PIECE_HEADERS = ipv6.HEADER + ipv6.FRAGMENT_HEADER;

/** Bytes that a fragment has room for along a path. Of IPv4 they are not shorter than TCP's segments, as routers may cut them further. */
export function pieceRoom(view: DataView, path: PathBlock): Length {
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) return (path.mtu - PIECE_HEADERS) & 0x7ff8;
	const most = path.out === 0 ? path.mtu : InterfaceBlock.of(view, path.out).mtu;
	return (Math.min(most, Math.max(path.mtu, LEAST_PATH_MTU)) - ipv4.HEADER) & 0x7ff8;
}

/** Sends a datagram of that protocol, whose pieces lie in `first` and the packets that follow, each with bytes for headers before it, and all but the last of eight times a number. The packets are somebody else's then. */
export function piecesOutput(view: DataView, path: PathBlock, first: number, protocol: number): void {
	// Nobody can guess it: RFC 7739. Of IPv4 only fragments have one: RFC 6864 §4.1.
	const id = chance32(view);
	let place = 0;
	let packet = first;
	while (packet !== NONE) {
		const next = nextPiece(view, packet);
		const start = startOf(view, packet);
		const end = endOf(view, packet);
		const length: Length = (end - start) & 0xffff;
		let at: Offset = (start - ipv4.HEADER) | 0;
		if (hasIpv6() && path.ipHeader === ipv6.HEADER) {
			at = (start - PIECE_HEADERS) | 0;
			ipv6Build(view, at, path.source, path.destination, ipv6.FRAGMENT, path.ttl, path.label, ipv6.FRAGMENT_HEADER + length);
			view.setInt32(at + ipv6.HEADER, (protocol << 24) | place | (next === NONE ? 0 : 1));
			view.setInt32(at + ipv6.HEADER + 4, id);
		} else {
			const total = ipv4.HEADER + length;
			ipv4Build(view, at, v4Of(view, path.source), v4Of(view, path.destination), protocol, path.ttl | NO_CHECKSUM, total);
			check(at, ipv4.HEADER, view.byteLength);
			view.setInt32(at + ipv4.IDENTIFICATION, (id << 16) | (next === NONE ? 0 : ipv4.MORE_FRAGMENTS) | (place >> 3));
			view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + ipv4.HEADER, 0));
		}
		place = (place + length) | 0;
		if (!output(view, packet, at, end, path)) packetRelease(view, packet);
		packet = next;
	}
}
