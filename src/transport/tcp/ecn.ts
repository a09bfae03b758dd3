// Explicit congestion notification, in both roles. RFC 3168 §6.1. Who gets it by a cookie does without.

import { ANSWER_ECN, ASK_ECN } from "../../config.ts";
import { isIpv6, REGISTER } from "../../packet/fields.ts";
import { BIT_CWR, BIT_ECE, BIT_ECN, type TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { ACK, CWR, ECE, SYN } from "../../wire/tcp.ts";
import { slowDown } from "./congestion.ts";
import { SYN_SENT } from "./states.ts";

/** The lowest two bits of the octet behind the version: congestion was met; the sender can hear of that. */
const CE = 3;
const ECT = 2;
/** Of IPv6 that octet lies across two. */
const SHIFT6 = 4;
const SETUP = ECE | CWR;
const FLAG_SHIFT = 16;
/** SYNs that ask for it; some networks let none of them pass. */
const ASKS = 2;

/** Whether the packet in the registers met congestion on its way. */
export function isMarked(view: DataView): boolean {
	const octet = view.getUint8((view.getInt32(REGISTER.ipAt, true) + 1) & 0x3fffffff);
	return ((isIpv6(view) ? octet >> SHIFT6 : octet) & CE) === CE;
}

/** The flags that our SYN has besides. */
export function ecnFlags(view: DataView, tcb: TcbBlock): number {
	if (tcb.state !== SYN_SENT) return (tcb.bits & BIT_ECN) !== 0 ? ECE : 0;
	const asks = (TcpBlock.of(view, tcpAt(view)).offers & ASK_ECN) !== 0 && tcb.backoff < ASKS;
	return asks ? SETUP : 0;
}

/** The peer's SYN has those flags. RFC 3168 §6.1.1. */
export function ecnAgree(view: DataView, tcb: TcbBlock, flags: number): void {
	const own = TcpBlock.of(view, tcpAt(view)).offers;
	const said = flags & SETUP;
	const agreed = (flags & ACK) !== 0 ? (own & ASK_ECN) !== 0 && said === ECE : (own & ANSWER_ECN) !== 0 && said === SETUP;
	tcb.bits = agreed ? tcb.bits | BIT_ECN : tcb.bits & ~(BIT_ECN | BIT_ECE | BIT_CWR);
	tcb.ecnEnd = tcb.iss;
}

/** An acceptable segment of `length` bytes and those flags came: marks are echoed until the peer says that it is slower; echoes make us slower, once a round trip. RFC 3168 §6.1.2, §6.1.3. */
export function ecnArrives(view: DataView, tcb: TcbBlock, flags: number, length: number): void {
	if ((flags & SYN) !== 0) return;
	if ((flags & CWR) !== 0 && length !== 0) tcb.bits = tcb.bits & ~BIT_ECE;
	if (length !== 0 && isMarked(view)) tcb.bits = tcb.bits | BIT_ECE;
	if ((flags & (ECE | ACK)) !== (ECE | ACK) || tcb.recovering !== 0 || tcb.timedOut !== 0) return;
	if (((view.getInt32(REGISTER.ack, true) - tcb.ecnEnd) | 0) <= 0) return;
	slowDown(tcb);
	tcb.ecnEnd = tcb.sndMax;
}

/** Whether the segment in the registers echoes a mark: then the window does not grow. RFC 3168 §6.1.2. */
export function echoed(view: DataView, tcb: TcbBlock): boolean {
	return (tcb.bits & BIT_ECN) !== 0 && (view.getInt32(REGISTER.flagsWindow, true) & (ECE << FLAG_SHIFT)) !== 0;
}

/** The flags of what is sent next, beside those that it has. */
export function echo(tcb: TcbBlock): number {
	return (tcb.bits & BIT_ECE) !== 0 ? ECE : 0;
}

/** New data may be marked, from now on or no longer; what goes again and what has no data may not. RFC 3168 §6.1.4, §6.1.5. */
export function mayBeMarked(view: DataView, tcb: TcbBlock, may: boolean): void {
	const at = (tcb.template + 1) & 0x3fffffff;
	const bits = tcb.ipHeader === ipv4.HEADER ? CE : CE << SHIFT6;
	const clear = view.getUint8(at) & ~bits;
	view.setUint8(at, may ? clear | (tcb.ipHeader === ipv4.HEADER ? ECT : ECT << SHIFT6) : clear);
}
