// Where the bodies of requests go, and those of answers come from.

import type { TCP } from "../device.ts";
import type { Exchange } from "./exchange.ts";

/** Where the bytes of an answer come from. */
export interface BodySource {
	/** Writes exactly `size` bytes of the body, from byte `position` on, to the socket, which has room for them. */
	write(socket: TCP, position: number, size: number): void;
}

/** A body whose length nobody knows before. It is made in pieces, one at a time: nothing else happens while `put` runs, so some 2 ms of it are enough. */
export interface PieceSource {
	/** Puts what comes next into bytes `at` to `end`, of which there are PIECE_BYTES, and answers where it ends: `at` when all is said. */
	put(bytes: Uint8Array, at: number, end: number): number;
	/** Pieces are small, and as many as fit are sent together: `put` is called with less room, too, and answers `at` when what comes next does not fit. */
	readonly joins?: boolean;
	/** The answer is written, or nobody wants it any more. */
	close?(): void;
}

/** Where the bytes of a request go. */
export interface BodySink {
	/** Content came: bytes `at` to `end` of `bytes`, valid during the call. */
	data(bytes: Uint8Array, at: number, end: number): void;
	/** All of it has come: answers the exchange. */
	end(exchange: Exchange): void;
}

/** A body that lies in memory, or in flash. */
export class Whole implements BodySource {
	readonly #bytes: ArrayBuffer;

	constructor(bytes: ArrayBuffer) {
		this.#bytes = bytes;
	}

	write(socket: TCP, position: number, size: number): void {
		socket.write(this.#bytes, position, size);
	}
}
