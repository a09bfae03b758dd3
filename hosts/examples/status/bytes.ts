// GET /bytes/N: N bytes, of which byte i is i modulo 251. A prime period, so that a lost, doubled or displaced segment shows.

import type { TCP } from "../device.ts";
import type { BodySource } from "../http.ts";

const PERIOD = 251;
/** Most bytes written at once: a full segment. */
const PIECE = 1460;

/** Long enough for a piece that begins anywhere in the period. Made when a firmware is linked: it stays in flash. The second argument of freeze is XS's. */
const BYTES = (Object.freeze as <T>(value: T, deep: boolean) => T)(
	Uint8Array.from({ length: PERIOD + PIECE }, (_, i) => i % PERIOD).buffer,
	true,
);

export class Pattern implements BodySource {
	write(socket: TCP, position: number, size: number): void {
		while (size > 0) {
			const piece = size < PIECE ? size : PIECE;
			socket.write(BYTES, position % PERIOD, piece);
			position += piece;
			size -= piece;
		}
	}
}
