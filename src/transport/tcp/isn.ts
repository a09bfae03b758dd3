// Initial sequence numbers. RFC 6528 §3: ISN = M + F(addresses, ports, key), M a clock that ticks every 4 µs, F a keyed hash.
//
// Those of connections that others open are SYN cookies as well (RFC 4987 §3.6): they can be recognised in the acknowledgment of our SYN
// and ACK when nothing was kept of the SYN. Such a number is F plus, from above,
//    8 bits: M, in steps of 65.5 s and of 2^24, which is about RFC 6528's clock,
//   12 bits: a hash that depends on the peer's ISN, plus the class of its MSS,
//   12 bits: a hash that does not, so that a peer's later segment tells that its first one was lost,
// both hashes of F and the step. Three steps and eight classes are valid at a time: one guess in 2^27 hits. (One in 2^21 of somebody who
// had the peer's address and port before, and so knows F roughly.) Window scale and SACK, once we have them, go into our timestamp as on
// Linux: they need no bits here.

import { halfSipHash } from "#codec";
import { DEFAULT_MSS } from "../../wire/tcp.ts";

/** The step of the cookies' clock: 2^16 ms. */
const STEP_SHIFT = 16;
const STEPS = 0xffff;
const STEP_BITS = 24;
const PEER_SHIFT = 12;
const TWELVE_BITS = 0xfff;
/** A cookie is valid for this long at least, for twice that at most, ms. */
export const COOKIE_LIFETIME = 1 << STEP_SHIFT;

/** What is remembered of the peer's MSS: the largest of these that is no larger. They are those that most peers have, and the least that there can be. */
export const MSS_CLASSES: readonly number[] = Object.freeze([28, 216, 536, 1200, 1360, 1440, 1452, 1460]);

const LARGEST_CLASS = MSS_CLASSES.length - 1;
const LARGEST = MSS_CLASSES[LARGEST_CLASS]!;

/** `recognize`: no cookie; one of this connection, but not of this sequence number of the peer. */
export const FOREIGN = -1;
export const LATER = -2;

export class Isn {
	#k0: number;
	#k1: number;
	/** For cookies, so that they tell nothing of the others. */
	#k2: number;
	#k3: number;

	constructor(random32: () => number) {
		this.#k0 = random32() | 0;
		this.#k1 = random32() | 0;
		this.#k2 = random32() | 0;
		this.#k3 = random32() | 0;
	}

	/** The first sequence number of a connection that begins at `now` ms. `ports`: remote << 16 | local. */
	next(now: number, local: number, remote: number, ports: number): number {
		return (Math.imul(now, 250) + halfSipHash(this.#k0, this.#k1, local, remote, ports)) | 0;
	}

	/** The same for a connection that a peer opens with the sequence number `irs` and that MSS (0: none was said). */
	cookie(now: number, local: number, remote: number, ports: number, irs: number, mss: number): number {
		const k2 = this.#k2;
		const k3 = this.#k3;
		const flow = halfSipHash(k2, k3, local, remote, ports);
		const step = now >>> STEP_SHIFT;
		const its = (halfSipHash(k2, k3, flow, step, irs) + (mss >= LARGEST ? LARGEST_CLASS : classOf(mss))) & TWELVE_BITS;
		// k2 stands for a word that no peer can say.
		const low = halfSipHash(k2, k3, flow, step, k2) & TWELVE_BITS;
		return (flow + (step << STEP_BITS) + (its << PEER_SHIFT) + low) | 0;
	}

	/** The class of the MSS in the cookie `iss`, or FOREIGN or LATER. One step ahead of `now` is valid too, for connections that follow upon another. */
	recognize(now: number, local: number, remote: number, ports: number, irs: number, iss: number): number {
		const k2 = this.#k2;
		const k3 = this.#k3;
		const flow = halfSipHash(k2, k3, local, remote, ports);
		const value = (iss - flow) | 0;
		const present = now >>> STEP_SHIFT;
		const age = (present - (value >>> STEP_BITS)) & 0xff;
		if (age > 1 && age !== 0xff) return FOREIGN;
		const step = (age > 1 ? present + 1 : present - age) & STEPS;
		if (((value ^ halfSipHash(k2, k3, flow, step, k2)) & TWELVE_BITS) !== 0) return FOREIGN;
		const found = ((value >> PEER_SHIFT) - halfSipHash(k2, k3, flow, step, irs)) & TWELVE_BITS;
		return found < MSS_CLASSES.length ? found : LATER;
	}
}

function classOf(mss: number): number {
	if (mss === 0) mss = DEFAULT_MSS;
	let index = LARGEST_CLASS;
	while (index > 0 && MSS_CLASSES[index]! > mss) index--;
	return index;
}
