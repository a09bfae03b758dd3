// What both ends' SYNs offer beside the MSS: windows that are scaled and timestamps (RFC 7323), SACK (RFC 2018). What both offer counts.

import { CONTROL_PATIENT, CONTROL_RENO, OFFER_ALL, OFFER_SHIFT } from "../../config.ts";
import { OFFER } from "../../packet/offers.ts";
import { compressesHeaders } from "../../link/line.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import { AGREED_SHIFT, BIT_PATIENT, BIT_RENO, type TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { STAMPS } from "../../wire/tcp.ts";
import { mostData } from "./size.ts";

/** The largest window that a header can say, bytes. */
export const MOST_UNSCALED = 0xffff;

/** How far a window of so many bytes is shifted, to fit the header. */
function scaleFor(bytes: number): number {
	let scale = 0;
	while (bytes >> scale > MOST_UNSCALED) scale = (scale + 1) | 0;
	return scale;
}

/** What our SYN of a connection, or for one of that listener, offers of its own accord. */
export function ownOffers(view: DataView, tcb: TcbBlock): number {
	return TcpBlock.of(view, tcpAt(view)).offers | scaleFor(tcb.receiveSize);
}

/**
 * Those of the offers that a SYN by that path makes, or takes up. No timestamps where headers are compressed: a header with them is another one in every segment and goes as it is (RFC 1144 §3.2.2), 52 bytes
 * in place of 3. What the two SYNs have agreed on holds, whichever way the connection takes later.
 */
export function offersBy(view: DataView, path: PathBlock, offers: number): number {
	if (path.out === 0 || path.ipHeader !== ipv4.HEADER) return offers;
	return compressesHeaders(view, InterfaceBlock.of(view, path.out)) ? offers & ~OFFER.timestamps.bit : offers;
}

/** What our SYN says in answer to one that offers those. */
export function answering(own: number, offers: number): number {
	return own & (offers | OFFER_SHIFT);
}

/** What both ends have offered, as bits of a SYN. */
function offeredByBoth(tcb: TcbBlock): number {
	return (tcb.bits >> AGREED_SHIFT) & OFFER_ALL;
}

/** The same in the manner of a SYN of ours. */
export function agreed(view: DataView, tcb: TcbBlock): number {
	return ownOffers(view, tcb) & (offeredByBoth(tcb) | OFFER_SHIFT);
}

/** The same in the manner of the peer's SYN. */
export function peerOffers(tcb: TcbBlock): number {
	return offeredByBoth(tcb) | tcb.sndScale;
}

/** The peer's SYN, or a cookie that stands for it, offers those, with that timestamp. */
export function agree(view: DataView, tcb: TcbBlock, offers: number, stamp: number): void {
	const own = ownOffers(view, tcb);
	const both = own & offers & OFFER_ALL;
	const before = tcb.bits & ~((OFFER_ALL << AGREED_SHIFT) | BIT_RENO | BIT_PATIENT);
	const control = ((own & CONTROL_RENO) !== 0 ? BIT_RENO : 0) | ((own & CONTROL_PATIENT) !== 0 ? BIT_PATIENT : 0);
	tcb.bits = before | (both << AGREED_SHIFT) | control;
	tcb.sndScale = (both & OFFER.windowScale.bit) !== 0 ? offers & OFFER_SHIFT : 0;
	tcb.rcvScale = (both & OFFER.windowScale.bit) !== 0 ? own & OFFER_SHIFT : 0;
	tcb.optionsLength = 0;
	if ((both & OFFER.timestamps.bit) !== 0) {
		tcb.optionsLength = STAMPS;
		tcb.tsRecent = stamp;
		tcb.tsRecentAt = CoreBlock.of(view, CORE).now;
	}
	// Least openings of the window that are worth telling, unasked and for who has read: RFC 9293 §3.8.6.2.2.
	const half = tcb.receiveSize >> 1;
	const full = mostData(view, tcb);
	tcb.windowStep = Math.min(half, full);
	tcb.updateStep = Math.min(half, (2 * full) | 0);
}
