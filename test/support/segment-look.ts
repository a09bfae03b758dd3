// What an onlooker at a wire learns of TCP connections of IPv4 from their segments, knowing which of them the wire loses. As struct half of
// test/interop/support/impaired-wire.c.

/** Beyond a round trip: so long a silence before a retransmission was a timeout's. */
const STALL_EXTRA_MS = 150;

/** What one end of a connection has sent. */
export interface Half {
	/** Segments with data, and their bytes. */
	segments: number;
	bytes: number;
	/** Segments whose bytes had all been sent before; those of them whose bytes had all been in a frame that was not lost. */
	again: number;
	needless: number;
	/** Bytes of the stream that the other end has acknowledged. */
	acked: number;
	/** Bytes of which the acknowledgment was not lost, and when the last such acknowledgment was sent, ms. */
	heard: number;
	heardAt: number;
	/** When it gave the connection up, by RST; after that it hears nothing. 0: it has not. */
	resetAt: number;
	/** The most bytes that were sent and not acknowledged, and the largest window told. */
	flight: number;
	window: number;
	/** Silences with data in flight that a retransmission ended, and how long they were together, ms. */
	stalls: number;
	stalledMs: number;
}

interface Tracked extends Half {
	iss: number;
	known: boolean;
	top: number;
	scale: number;
	last: number;
	carried: Uint8Array;
}

function tracked(): Tracked {
	const counts = {
		segments: 0,
		bytes: 0,
		again: 0,
		needless: 0,
		acked: 0,
		heard: 0,
		heardAt: 0,
		resetAt: 0,
		flight: 0,
		window: 0,
		stalls: 0,
		stalledMs: 0,
	};
	return { ...counts, iss: 0, known: false, top: 0, scale: 0, last: 0, carried: new Uint8Array(1 << 16) };
}

const get16 = (frame: Uint8Array, at: number) => (frame[at]! << 8) | frame[at + 1]!;
const get32 = (frame: Uint8Array, at: number) => (get16(frame, at) << 16) | get16(frame, at + 2);

/** Whether a frame of Ethernet carries TCP over IPv4. */
export function isTcp(frame: Uint8Array): boolean {
	return frame.length >= 54 && get16(frame, 12) === 0x0800 && frame[23] === 6;
}

export class Look {
	readonly #roundTripMs: number;
	/** By the ports of the first end and of the second. */
	readonly #flows = new Map<string, readonly [Tracked, Tracked]>();

	constructor(roundTripMs: number) {
		this.#roundTripMs = roundTripMs;
	}

	/** Of each connection what its ends have sent, the one on the first way first. */
	get flows(): readonly (readonly [Half, Half])[] {
		return [...this.#flows.values()];
	}

	/** A frame with TCP on a way, 0 or 1; `carried`: it is not lost. */
	frame(way: 0 | 1, frame: Uint8Array, now: number, carried: boolean): void {
		const tcp = 14 + (frame[14]! & 15) * 4;
		const header = (frame[tcp + 12]! >> 4) * 4;
		const length = get16(frame, 16) - (frame[14]! & 15) * 4 - header;
		const [half, other] = this.#halves(way, get16(frame, tcp), get16(frame, tcp + 2));
		const flags = frame[tcp + 13]!;
		const syn = (flags & 2) !== 0;
		if (syn) {
			half.known = true;
			half.iss = get32(frame, tcp + 4);
			half.scale = scaleOf(frame, tcp + 20, tcp + header);
		}
		if (!half.known) return;
		if (flags & 16 && other.known) {
			// The FIN has a number, too.
			const acked = Math.min((get32(frame, tcp + 8) - other.iss - 1) >>> 0, other.top);
			if (acked > other.acked) other.acked = acked;
			if (carried && other.resetAt === 0 && acked > other.heard) {
				other.heard = acked;
				other.heardAt = now;
			}
		}
		if (flags & 4 && half.resetAt === 0) half.resetAt = now;
		half.window = Math.max(half.window, get16(frame, tcp + 14) << (syn ? 0 : half.scale));
		if (length > 0 && !syn) this.#data(half, (get32(frame, tcp + 4) - half.iss - 1) >>> 0, length, now, carried);
	}

	#halves(way: 0 | 1, from: number, to: number): readonly [Tracked, Tracked] {
		const key = way === 0 ? `${from} ${to}` : `${to} ${from}`;
		let flow = this.#flows.get(key);
		if (flow === undefined) this.#flows.set(key, (flow = [tracked(), tracked()]));
		return way === 0 ? flow : [flow[1], flow[0]];
	}

	#data(half: Tracked, start: number, length: number, now: number, carried: boolean): void {
		const end = start + length;
		while (end > half.carried.length) {
			const longer = new Uint8Array(2 * half.carried.length);
			longer.set(half.carried);
			half.carried = longer;
		}
		half.segments++;
		half.bytes += length;
		if (end <= half.top) {
			half.again++;
			if (!half.carried.subarray(start, end).includes(0)) half.needless++;
			const silence = now - half.last;
			if (silence > this.#roundTripMs + STALL_EXTRA_MS) {
				half.stalls++;
				half.stalledMs += silence;
			}
		} else half.top = end;
		half.last = now;
		half.flight = Math.max(half.flight, half.top - half.acked);
		if (carried) half.carried.fill(1, start, end);
	}
}

/** The scale that a SYN's options ask for; 0 without. */
function scaleOf(frame: Uint8Array, from: number, end: number): number {
	for (let at = from; at < end && frame[at] !== 0;) {
		if (frame[at] === 1) {
			at++;
			continue;
		}
		if (frame[at] === 3) return frame[at + 2]!;
		if (frame[at + 1]! < 2) break;
		at += frame[at + 1]!;
	}
	return 0;
}
