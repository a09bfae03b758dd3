// Packets that are kept: what they hold, and which one follows in a queue or in a datagram of several pieces. Flat TypeScript.

import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { NONE, packetRelease } from "./packets.ts";

/** Where what a packet holds begins, and ends. */
export function startOf(view: DataView, packet: number): Offset {
	return view.getInt32((CoreBlock.of(view, CORE).starts + Math.imul(packet, 4)) | 0, true);
}

export function endOf(view: DataView, packet: number): Offset {
	return view.getInt32((CoreBlock.of(view, CORE).ends + Math.imul(packet, 4)) | 0, true);
}

export function setStart(view: DataView, packet: number, start: Offset): void {
	view.setInt32((CoreBlock.of(view, CORE).starts + Math.imul(packet, 4)) | 0, start, true);
}

export function setEnd(view: DataView, packet: number, end: Offset): void {
	view.setInt32((CoreBlock.of(view, CORE).ends + Math.imul(packet, 4)) | 0, end, true);
}

/** The packet behind that one in a queue, or the piece of a datagram; NONE for none. */
export function nextPiece(view: DataView, packet: number): number {
	return view.getInt32((CoreBlock.of(view, CORE).nexts + Math.imul(packet, 4)) | 0, true);
}

export function setNext(view: DataView, packet: number, next: number): void {
	view.setInt32((CoreBlock.of(view, CORE).nexts + Math.imul(packet, 4)) | 0, next, true);
}

/** Bytes that the pieces hold from that packet on. */
export function piecesBytes(view: DataView, first: number): number {
	let bytes = 0;
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece))
		bytes = (bytes + endOf(view, piece) - startOf(view, piece)) | 0;
	return bytes;
}

/** Nobody has the pieces any more that lie in that packet and those behind it. */
export function piecesRelease(view: DataView, first: number): void {
	let piece = first;
	while (piece !== NONE) {
		const next = nextPiece(view, piece);
		packetRelease(view, piece);
		piece = next;
	}
}
