// Timestamps and protection against wrapped sequence numbers (PAWS). RFC 7323 §3 to §5.

import { OFFER_SHIFT } from "../../config.ts";
import { OFFER } from "../../packet/offers.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import { BIT_STAMPS, type TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { halfSipHash } from "../../wire/hash.ts";
import { plainStamps, STAMP_VALUE, stampsAt } from "../../wire/tcp.ts";
import { acknowledgeAgain } from "./answers.ts";
import { addressWord } from "./isn.ts";

/** The peer's timestamp is too old to say anything: 24 days, ms. RFC 7323 §5.5. */
const OUTDATED = 2_073_600_000;

/** In the timestamp of our SYN and ACK, beside the shift of the peer's windows: it offered SACK, and no scaled windows. What a cookie in the sequence number has no room for, as Linux does it. */
const COOKIE_SACK = 16;
const COOKIE_UNSCALED = 32;
const COOKIE_BITS = 63;

/**
 * What is added to the time in our timestamps: each connection counts from elsewhere, so that nobody reads from it for how long we have been running, RFC 7323 §5.4. The same addresses and ports
 * (remote << 16 | local) go on where they were.
 */
export function stampOffset(view: DataView, local: Address, remote: Address, ports: number): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	return halfSipHash(tcp.key1, tcp.key0, addressWord(view, local), addressWord(view, remote), ports);
}

/** Our timestamp, ms. */
export function stampNow(view: DataView, tcb: TcbBlock): number {
	return (CoreBlock.of(view, CORE).now + tcb.tsOffset) | 0;
}

/** The timestamp of our SYN and ACK at that time, to a SYN that offers those: the ACK brings them back. Never later than the time. */
export function cookieStamp(stamp: number, offers: number): number {
	const scale = (offers & OFFER.windowScale.bit) !== 0 ? offers & OFFER_SHIFT : COOKIE_UNSCALED;
	const low = scale | ((offers & OFFER.sack.bit) !== 0 ? COOKIE_SACK : 0);
	const coded = (stamp & ~COOKIE_BITS) | low;
	return ((stamp - coded) | 0) < 0 ? (coded - COOKIE_BITS - 1) | 0 : coded;
}

/** What the peer's SYN offered, by the echo of such a timestamp in the segment at `at`; without one it is forgotten. */
export function cookieOffers(view: DataView, at: Offset): number {
	const stamps = stampsAt(view, at);
	if (stamps === 0) return 0;
	const echo = view.getInt32(stamps + 4);
	let offers = OFFER.timestamps.bit;
	if ((echo & COOKIE_SACK) !== 0) offers |= OFFER.sack.bit;
	return (echo & COOKIE_UNSCALED) !== 0 ? offers : offers | OFFER.windowScale.bit | (echo & OFFER_SHIFT);
}

/** The timestamp of the segment at `at`, 0 when it has none. */
export function stampOf(view: DataView, at: Offset): number {
	const stamps = stampsAt(view, at);
	return stamps === 0 ? 0 : view.getInt32(stamps);
}

/** Whether the segment's only option is a timestamp that is not older than the last: as predicted. */
export function stampExpected(view: DataView, tcb: TcbBlock, at: Offset): boolean {
	return plainStamps(view, at) && ((view.getInt32(at + STAMP_VALUE) - tcb.tsRecent) | 0) >= 0;
}

/** Whether the segment in the registers, a SYN, has a later timestamp than all of that connection. RFC 6191 §2. */
export function stampLater(view: DataView, tcb: TcbBlock): boolean {
	if ((tcb.bits & BIT_STAMPS) === 0) return false;
	const stamps = stampsAt(view, view.getInt32(REGISTER.transportAt, true));
	return stamps !== 0 && ((view.getInt32(stamps) - tcb.tsRecent) | 0) > 0;
}

/** An acceptable segment that begins at `seq` has that timestamp, which is echoed from now on unless the segment is ahead of what was acknowledged. RFC 7323 §4.3. */
export function stampSeen(view: DataView, tcb: TcbBlock, seq: number, stamp: number): void {
	if (((seq - tcb.lastAck) | 0) > 0 || ((stamp - tcb.tsRecent) | 0) < 0) return;
	tcb.tsRecent = stamp;
	tcb.tsRecentAt = CoreBlock.of(view, CORE).now;
}

/** Whether a segment, no RST, with its timestamps there (0: it has none) may be looked at: they are not older than the last. Else it is counted, and answered. RFC 7323 §3.2, §5.3, R1. */
export function stampAcceptable(view: DataView, tcb: TcbBlock, link: InterfaceBlock, stamps: Offset): boolean {
	if (stamps !== 0) {
		if (((view.getInt32(stamps) - tcb.tsRecent) | 0) >= 0) return true;
		const age = (CoreBlock.of(view, CORE).now - tcb.tsRecentAt) | 0;
		if (age < 0 || age > OUTDATED) {
			tcb.tsRecent = view.getInt32(stamps);
			return true;
		}
		acknowledgeAgain(view, tcb);
	}
	drop(view, link, DROP.tcpUnacceptable);
	return false;
}
