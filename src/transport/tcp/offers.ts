// What both ends' SYNs offer beside the MSS: windows that are scaled and timestamps (RFC 7323), SACK (RFC 2018). What both offer counts.

import { CONTROL_RENO, OFFER_SACK, OFFER_SCALE, OFFER_SHIFT, OFFER_STAMPS } from "../../config.ts";
import { compressesHeaders } from "../../link/line.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import { BIT_RENO, BIT_SACK, BIT_SCALE, BIT_STAMPS, type TcbBlock } from "../../packet/tcb-block.ts";
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
	return compressesHeaders(view, InterfaceBlock.of(view, path.out)) ? offers & ~OFFER_STAMPS : offers;
}

/** What our SYN says in answer to one that offers those. */
export function answering(own: number, offers: number): number {
	return own & (offers | OFFER_SHIFT);
}

/** What both ends have offered, in the manner of a SYN of ours. */
export function agreed(view: DataView, tcb: TcbBlock): number {
	let both = OFFER_SHIFT;
	const bits = tcb.bits;
	if ((bits & BIT_SCALE) !== 0) both |= OFFER_SCALE;
	if ((bits & BIT_SACK) !== 0) both |= OFFER_SACK;
	if ((bits & BIT_STAMPS) !== 0) both |= OFFER_STAMPS;
	return ownOffers(view, tcb) & both;
}

/** What the peer's SYN has offered of that. */
export function peerOffers(tcb: TcbBlock): number {
	const scale = (tcb.bits & BIT_SCALE) !== 0 ? OFFER_SCALE | tcb.sndScale : 0;
	return (tcb.bits & BIT_SACK) !== 0 ? scale | OFFER_SACK : scale;
}

/** The peer's SYN, or a cookie that stands for it, offers those, with that timestamp. */
export function agree(view: DataView, tcb: TcbBlock, offers: number, stamp: number): void {
	const own = ownOffers(view, tcb);
	const both = own & offers;
	let bits = tcb.bits & ~(BIT_SCALE | BIT_SACK | BIT_STAMPS | BIT_RENO);
	if ((own & CONTROL_RENO) !== 0) bits |= BIT_RENO;
	tcb.sndScale = 0;
	tcb.rcvScale = 0;
	tcb.optionsLength = 0;
	if ((both & OFFER_SCALE) !== 0) {
		bits |= BIT_SCALE;
		tcb.sndScale = offers & OFFER_SHIFT;
		tcb.rcvScale = own & OFFER_SHIFT;
	}
	if ((both & OFFER_SACK) !== 0) bits |= BIT_SACK;
	if ((both & OFFER_STAMPS) !== 0) {
		bits |= BIT_STAMPS;
		tcb.optionsLength = STAMPS;
		tcb.tsRecent = stamp;
		tcb.tsRecentAt = CoreBlock.of(view, CORE).now;
	}
	tcb.bits = bits;
	// Least openings of the window that are worth telling, unasked and for who has read: RFC 9293 §3.8.6.2.2.
	const half = tcb.receiveSize >> 1;
	const full = mostData(view, tcb);
	tcb.windowStep = Math.min(half, full);
	tcb.updateStep = Math.min(half, (2 * full) | 0);
}
