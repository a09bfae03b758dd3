// A segment comes in. What its connection expects is taken at once, stream.ts; all others are for receive.ts, or nobody's.

import { check } from "../../packet/bounds.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { FIELDS_BYTES, REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, READABLE, WRITABLE } from "../../packet/news.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { letOthers } from "../../packet/slots.ts";
import { BIT_ECN, BIT_LATE, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as tcp from "../../wire/tcp.ts";
import { socketFor } from "../flow-find.ts";
import { pseudoOf, wrongSum } from "../sums.ts";
import { acknowledged } from "./congestion.ts";
import { delayAck, quickUsed } from "./delayed.ts";
import { isMarked } from "./ecn.ts";
import { flightAcked } from "./flight.ts";
import { tcpMark } from "./pending.ts";
import { tcpArrives } from "./receive.ts";
import { sampleRtt } from "./rtt.ts";
import { arm } from "./send.ts";
import { NOBODY, refuse } from "./stray.ts";
import {
	IN_ACK_DUE,
	IN_ACKED,
	IN_ALL_ACKED,
	IN_BYTES_SHIFT,
	IN_DATA,
	IN_ROOM,
	IN_TIMED,
	IN_UNEXPECTED,
	IN_UNSENT,
	predicted,
} from "./stream.ts";
import { stampExpected, stampSeen } from "./timestamps.ts";
import { RETRANSMIT } from "./work.ts";

/** It lies in bytes `at` to `end` of the packet in the registers; `group`: it is for all or many. */
export function tcpInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, group: boolean): void {
	if (!tcp.valid(view, at, end)) {
		drop(view, link, DROP.tcpMalformed);
		return;
	}
	if (wrongSum(view, link, at, end, pseudoOf(view, ipv4.TCP, end - at))) {
		drop(view, link, DROP.tcpChecksum);
		return;
	}
	check(at, tcp.HEADER, view.byteLength);
	check(0, FIELDS_BYTES, view.byteLength);
	const data = at + tcp.headerLength(view, at);
	view.setInt32(REGISTER.ports, tcp.ports(view, at), true);
	view.setInt32(REGISTER.seq, tcp.seq(view, at), true);
	view.setInt32(REGISTER.ack, tcp.ack(view, at), true);
	view.setInt32(REGISTER.flagsWindow, tcp.flagsAndWindow(view, at), true);
	view.setInt32(REGISTER.payloadAt, data, true);
	view.setInt32(REGISTER.payloadLength, end - data, true);
	if (group) {
		drop(view, link, DROP.tcpUnacceptable); // RFC 9293 §3.9.2.3
		return;
	}
	const index = socketFor(view, link, ipv4.TCP);
	if (index < 0) {
		refuse(view, link, NOBODY);
		drop(view, link, DROP.tcpNoSocket);
	} else segmentInput(view, link, TcbBlock.of(view, tcbAt(view, index)), at, data - at - tcp.HEADER);
}

/** The segment in the registers, whose header at `at` has so many bytes of options, is for that connection or listener. */
function segmentInput(view: DataView, link: InterfaceBlock, tcb: TcbBlock, at: Offset, options: Length): void {
	const fits = options === tcb.optionsLength && (options === 0 || stampExpected(view, tcb, at));
	const plain = fits && ((tcb.bits & BIT_ECN) === 0 || !isMarked(view));
	const what = plain ? predicted(view, tcb) : IN_UNEXPECTED;
	if ((what & IN_UNEXPECTED) !== 0) {
		tcpArrives(view, tcb.at, link.at);
		return;
	}
	if (options !== 0) stampSeen(view, tcb, view.getInt32(REGISTER.seq, true), view.getInt32(at + tcp.STAMP_VALUE));
	if ((what & IN_DATA) !== 0) {
		if ((what & IN_ACK_DUE) !== 0) {
			quickUsed(tcb);
			tcpMark(view, tcb.at);
		} else delayAck(view, tcb);
		newsPost(view, tcb.news, READABLE);
	}
	if ((what & IN_ACKED) !== 0) dataAcknowledged(view, tcb, what);
	else if ((what & IN_UNSENT) !== 0) tcpMark(view, tcb.at);
	// An acknowledgment is due: it should not wait for frames that the peer may hold back for it.
	if (CoreBlock.of(view, CORE).pending !== 0) letOthers(view);
}

/** `what` it found, as `predicted` says. */
function dataAcknowledged(view: DataView, tcb: TcbBlock, what: number): void {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	if (tcb.runCount !== 0) flightAcked(view, tcb, tcb.sndUna, tcb.sndUna, now);
	if ((what & IN_TIMED) !== 0) sampleRtt(tcb, (now - tcb.rttAt) | 0);
	if (tcb.cwnd >> 1 < tcb.sendSize) acknowledged(tcb, (what >>> IN_BYTES_SHIFT) | 0, (tcb.sndNxt - tcb.sndUna) | 0, now);
	// RFC 6298 §5.2 and 5.3.
	if ((what & IN_ALL_ACKED) !== 0) tcb.work = tcb.work & ~RETRANSMIT;
	else {
		const at = (now + tcb.wait) | 0;
		tcb.bits = tcb.bits & ~BIT_LATE;
		tcb.retransmitAt = at;
		if ((what & IN_TIMED) !== 0) arm(view, tcb, at); // the timeout may be shorter than it was
	}
	if ((what & IN_UNSENT) !== 0) tcpMark(view, tcb.at);
	if ((what & IN_ROOM) !== 0) newsPost(view, tcb.news, WRITABLE);
}
