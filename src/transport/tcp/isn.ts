// Initial sequence numbers. RFC 6528 §3: ISN = M + F(addresses, ports, key), M a clock that ticks every 4 µs, F a keyed hash.
//
// Those of connections that others open are SYN cookies as well (RFC 4987 §3.6): they can be recognised in the acknowledgment of our SYN
// and ACK when nothing was kept of the SYN. Such a number is F plus, from above,
//    8 bits: M, in steps of 65.5 s and of 2^24, which is about RFC 6528's clock,
//   12 bits: a hash that depends on the peer's ISN, plus the class of its MSS,
//   12 bits: a hash that does not, so that a peer's later segment tells that its first one was lost,
// both hashes of F and the step. Three steps and eight classes are valid at a time: one guess in 2^27 hits. (One in 2^21 of somebody who
// had the peer's address and port before, and so knows F roughly.) Window scale and SACK are in our timestamp, as on
// Linux (timestamps.ts): they need no bits here.

import { isNone, isV4, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { Address, Uint16 } from "../../packet/numbers.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { halfSipHash, halfSipHash4 } from "../../wire/hash.ts";
import { DEFAULT_MSS } from "../../wire/tcp.ts";

/** The step of the cookies' clock: 2^16 ms. */
const STEP_SHIFT = 16;
const STEPS = 0xffff;
const STEP_BITS = 24;
const PEER_SHIFT = 12;
const TWELVE_BITS = 0xfff;
/** A cookie is valid for this long at least, for twice that at most, ms. */
export const COOKIE_LIFETIME = 1 << STEP_SHIFT;

/** `recognize`: no cookie; one of this connection, but not of this sequence number of the peer. */
export const FOREIGN = -1;
export const LATER = -2;

/** What is remembered of the peer's MSS is a class, the largest whose MSS is no larger. They are those that most peers have, and the least that there can be. */
const CLASSES = 8;

/** The MSS of a class, 0 to 7. */
export function mssOf(found: number): Uint16 {
	if (found === 0) return 28;
	if (found === 1) return 216;
	if (found === 2) return 536;
	if (found === 3) return 1200;
	if (found === 4) return 1360;
	if (found === 5) return 1440;
	if (found === 6) return 1452;
	return 1460;
}

function classOf(mss: number): number {
	const said = mss === 0 ? DEFAULT_MSS : mss;
	let found = CLASSES - 1;
	while (found > 0 && mssOf(found) > said) found--;
	return found;
}

/** A word that stands for an address, in hashes and in what is remembered of peers: IPv4's own, of others a hash in which nobody can look for two that are alike. */
export function addressWord(view: DataView, at: Address): number {
	if (isV4(view, at) || isNone(view, at)) return v4Of(view, at);
	const tcp = TcpBlock.of(view, tcpAt(view));
	return halfSipHash4(
		tcp.key0,
		tcp.key1,
		view.getInt32(at),
		view.getInt32(at + 4),
		view.getInt32(at + 8),
		view.getInt32(at + 12),
	);
}

/** The first sequence number of a connection of ours that begins now. `ports`: remote << 16 | local. */
export function nextIsn(view: DataView, local: Address, remote: Address, ports: number): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const now = CoreBlock.of(view, CORE).now;
	const hash = halfSipHash(tcp.key0, tcp.key1, addressWord(view, local), addressWord(view, remote), ports);
	return (Math.imul(now, 250) + hash) | 0;
}

/** The same for a connection that a peer opens at `now` ms with the sequence number `irs` and that MSS (0: none was said). */
export function cookie(
	view: DataView,
	now: number,
	local: Address,
	remote: Address,
	ports: number,
	irs: number,
	mss: number,
): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const k0 = tcp.cookie0;
	const k1 = tcp.cookie1;
	const flow = halfSipHash(k0, k1, addressWord(view, local), addressWord(view, remote), ports);
	const step = (now >>> STEP_SHIFT) | 0;
	const its = (halfSipHash(k0, k1, flow, step, irs) + classOf(mss)) & TWELVE_BITS;
	// In the place of the peer's sequence number stands a word of the key, which no peer knows: so this hash is never the one above.
	const low = halfSipHash(k0, k1, flow, step, k0) & TWELVE_BITS;
	return (flow + (step << STEP_BITS) + (its << PEER_SHIFT) + low) | 0;
}

/** The class of the MSS in the cookie `iss`, or FOREIGN or LATER. One step ahead of `now` is valid too, for connections that follow upon another. */
export function recognize(
	view: DataView,
	now: number,
	local: Address,
	remote: Address,
	ports: number,
	irs: number,
	iss: number,
): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const k0 = tcp.cookie0;
	const k1 = tcp.cookie1;
	const flow = halfSipHash(k0, k1, addressWord(view, local), addressWord(view, remote), ports);
	const value = (iss - flow) | 0;
	const present = (now >>> STEP_SHIFT) | 0;
	const age = (present - (value >>> STEP_BITS)) & 0xff;
	if (age > 1 && age !== 0xff) return FOREIGN;
	const step = (age > 1 ? present + 1 : present - age) & STEPS;
	if (((value ^ halfSipHash(k0, k1, flow, step, k0)) & TWELVE_BITS) !== 0) return FOREIGN;
	const found = ((value >> PEER_SHIFT) - halfSipHash(k0, k1, flow, step, irs)) & TWELVE_BITS;
	return found < CLASSES ? found : LATER;
}
