// GET /bytes/N: N bytes, of which byte i is i modulo 251. A prime period, so that a lost, doubled or displaced segment shows.

import type { TCP } from "../device.ts";
import type { BodySource } from "../http.ts";

const PERIOD = 251;
/** Most bytes written at once: a full segment. */
const PIECE = 1460;

export class Pattern implements BodySource {
	/** Long enough for a piece that begins anywhere in the period. */
	readonly #bytes = new Uint8Array(PERIOD + PIECE);

	constructor() {
		for (let i = 0; i < this.#bytes.length; i++) this.#bytes[i] = i % PERIOD;
	}

	write(socket: TCP, position: number, size: number): void {
		while (size > 0) {
			const piece = size < PIECE ? size : PIECE;
			socket.write(this.#bytes, position % PERIOD, piece);
			position += piece;
			size -= piece;
		}
	}
}
