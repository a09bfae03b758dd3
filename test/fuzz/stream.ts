// A fast source of hostile frames: a stock of valid and broken ones (support/mutate.ts), each used many times with new damage.
// Checksums are set right again for half of them, so that the damage gets past the first check.

import { checksum } from "#codec";
import { read16 } from "../support/frames.ts";
import { FrameGenerator, type Target, type Tuple } from "../support/mutate.ts";
import type { Prng } from "../support/prng.ts";

const STOCK = 2000;
const LONGEST = 1600;

export class FrameStream {
	readonly #prng: Prng;
	readonly #target: Target;
	#stock: Uint8Array[] = [];
	/** The frame being made. */
	readonly #bytes = new Uint8Array(LONGEST);
	readonly #view = new DataView(this.#bytes.buffer);

	constructor(prng: Prng, target: Target) {
		this.#prng = prng;
		this.#target = target;
	}

	/** Makes a new stock, aimed at the connections as they are now. */
	refresh(size = STOCK): void {
		const generator = new FrameGenerator(this.#prng.fork(), this.#target);
		this.#stock = [];
		for (let i = 0; i < size; i++) this.#stock.push(generator.next());
	}

	/** The next frame, in memory of its own. */
	next(): Uint8Array {
		const prng = this.#prng;
		const from = prng.pick(this.#stock);
		let length = Math.min(from.length, LONGEST);
		const bytes = this.#bytes;
		bytes.set(length === from.length ? from : from.subarray(0, length));
		const tuple = this.#aim(length);
		if (prng.chance(0.5)) {
			for (let i = prng.between(1, 3); i > 0; i--) this.#damage(Math.min(length, 80));
			if (prng.chance(0.1)) length = prng.below(length + 1);
			else if (prng.chance(0.05)) length = Math.min(LONGEST, length + prng.below(100));
			if (prng.chance(0.5)) this.#mend(length);
		} else if (tuple) this.#mend(length);
		return bytes.slice(0, length);
	}

	#damage(limit: number): void {
		if (limit === 0) return;
		const prng = this.#prng;
		const bytes = this.#bytes;
		const at = prng.below(limit);
		const kind = prng.below(4);
		if (kind === 0) bytes[at] = bytes[at]! ^ (1 << prng.below(8));
		else if (kind === 1) bytes[at] = prng.next();
		else if (kind === 2) bytes[at] = prng.pick([0, 1, 0x7f, 0x80, 0xff]);
		else bytes[at] = bytes[at]! + (prng.chance(0.5) ? 1 : -1);
	}

	/** Gives a segment of a live connection sequence numbers near those of the moment. */
	#aim(length: number): Tuple | undefined {
		const bytes = this.#bytes;
		if (length < 54 || bytes[23] !== 6 || bytes[14] !== 0x45 || this.#target.tuples.length === 0) return undefined;
		const ports = read16(bytes, 34) * 65536 + read16(bytes, 36);
		for (const tuple of this.#target.tuples) {
			if (tuple.peerPort * 65536 + tuple.localPort !== ports) continue;
			const prng = this.#prng;
			const view = this.#view;
			view.setInt32(38, tuple.seq + (prng.chance(0.5) ? 0 : prng.between(-70_000, 70_000)));
			view.setInt32(42, tuple.ack + (prng.chance(0.6) ? 0 : prng.between(-5000, 5000)));
			return tuple;
		}
		return undefined;
	}

	/** Sets the checksums right, if the lengths allow. */
	#mend(length: number): void {
		const bytes = this.#bytes;
		if (read16(bytes, 12) === 0x86dd) this.#mend6(length);
		if (length < 34 || read16(bytes, 12) !== 0x0800) return;
		const view = this.#view;
		const header = (bytes[14]! & 15) * 4;
		const end = 14 + read16(bytes, 16);
		if (header < 20 || end > length || 14 + header > end) return;
		view.setUint16(24, 0);
		view.setUint16(24, ~checksum(view, 14, 14 + header, 0));
		const at = 14 + header;
		const protocol = bytes[23]!;
		const place = protocol === 6 ? 16 : protocol === 17 ? 6 : protocol === 1 ? 2 : -1;
		if (place < 0 || at + place + 2 > end) return;
		view.setUint16(at + place, 0);
		const pseudo = protocol === 1 ? 0 : checksum(view, 26, 34, protocol + end - at);
		view.setUint16(at + place, ~checksum(view, at, end, pseudo));
	}

	/** The same for what stands right behind an IPv6 header. */
	#mend6(length: number): void {
		const bytes = this.#bytes;
		const view = this.#view;
		const end = 54 + read16(bytes, 18);
		const protocol = bytes[20]!;
		const place = protocol === 6 ? 16 : protocol === 17 ? 6 : protocol === 58 ? 2 : -1;
		if (place < 0 || end > length || 54 + place + 2 > end) return;
		view.setUint16(54 + place, 0);
		view.setUint16(54 + place, ~checksum(view, 54, end, checksum(view, 22, 54, protocol + end - 54)));
	}
}
