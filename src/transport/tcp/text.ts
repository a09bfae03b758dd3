// Data and FIN. RFC 9293 §3.10.7.4, seventh and eighth step.

import { DROP, drop } from "../../packet/drops.ts";
import { REGISTER } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { ERROR, newsPost, READABLE } from "../../packet/news.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { BIT_ACK_DELAYED, BIT_FIN, BIT_QUICK, type TcbBlock } from "../../packet/tcb-block.ts";
import { wrap } from "../../packet/ring.ts";
import { FIN } from "../../wire/tcp.ts";
import { acknowledgeAgain } from "./answers.ts";
import { delayAck, quick, quickUsed } from "./delayed.ts";
import { abort } from "./life.ts";
import { lastAhead, store, storeAhead, takeAhead } from "./reassembly.ts";
import { acknowledgeNow, oweAck } from "./send.ts";
import { CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1, TIME_WAIT } from "./states.ts";
import { finReceived, setState } from "./block.ts";
import { twice } from "./twice.ts";
import { linger, TIME_WAIT_TIME, timeWait } from "./timing.ts";

/** `bytes` of data in the registers, and perhaps a FIN, of an acceptable segment that begins `ahead` bytes after rcvNxt. `room`: free bytes of the receive ring. */
export function textArrives(
	view: DataView,
	tcb: TcbBlock,
	link: InterfaceBlock,
	ahead: number,
	bytes: number,
	room: number,
	flags: number,
): void {
	let fin = (flags & FIN) !== 0;
	let from = view.getInt32(REGISTER.payloadAt, true);
	let start = ahead;
	let length = bytes;
	if (beyondFin(tcb, ahead, bytes)) {
		behindFin(view, tcb, link, fin);
		return;
	}
	if (length > 0) {
		if (start < 0) {
			twice(tcb, (tcb.rcvNxt + start) | 0, tcb.rcvNxt);
			from = (from - start) | 0;
			length = (length + start) | 0;
			start = 0;
			oweAck(view, tcb);
		}
		if (length > ((room - start) | 0)) {
			length = (room - start) | 0;
			fin = false;
		}
		if (tcb.detached !== 0 && length > 0) {
			abort(view, tcb); // RFC 9293 §3.6.1: data that nobody will read
			return;
		}
	} else if (start < 0) return;
	const behind = (tcb.rcvNxt + start + length) | 0;
	const kept = length === 0 || data(view, tcb, link, start, from, Math.max(length, 0));
	if (fin) {
		if (!noteFin(view, tcb, behind) && kept) drop(view, link, DROP.tcpUnacceptable);
		if (length === 0 && start > 0) acknowledgeNow(view, tcb);
	}
	if (tcb.finAhead !== 0 && tcb.finAt === tcb.rcvNxt) finArrives(view, tcb);
}

/** Whether the peer has said that there is nothing where this lies. */
function beyondFin(tcb: TcbBlock, ahead: number, bytes: number): boolean {
	return finReceived(tcb) || (tcb.finAhead !== 0 && bytes > 0 && ((tcb.rcvNxt + ahead - tcb.finAt) | 0) >= 0);
}

/** Data or FIN in the window, from a peer that has said that there is no more. RFC 9293 §3.10.7.4: not looked at; but in TIME-WAIT a FIN is answered. */
function behindFin(view: DataView, tcb: TcbBlock, link: InterfaceBlock, fin: boolean): void {
	drop(view, link, DROP.tcpUnacceptable);
	if (tcb.state !== TIME_WAIT) return;
	acknowledgeAgain(view, tcb);
	if (fin) linger(view, tcb, TIME_WAIT_TIME);
}

/** The seventh step: `bytes` that begin `ahead` bytes after rcvNxt, within the window and before a FIN. False when they are dropped, and counted. */
function data(view: DataView, tcb: TcbBlock, link: InterfaceBlock, ahead: number, from: Offset, bytes: Length): boolean {
	let length = bytes;
	if (tcb.finAhead !== 0) length = Math.min(length, Math.max((tcb.finAt - tcb.rcvNxt - ahead) | 0, 0));
	if (ahead > 0) {
		const stored = storeAhead(view, tcb, ahead, from, length);
		if (!stored) drop(view, link, DROP.tcpReassemblyFull);
		// RFC 5681 §4.2: each one gets its own, at once.
		acknowledgeNow(view, tcb);
		quick(view, tcb);
		return stored;
	}
	store(view, tcb, 0, from, length);
	let taken: number = length;
	if (tcb.ranges > 0) {
		taken = (taken + takeAhead(view, tcb, (tcb.rcvNxt + length) | 0)) | 0;
		oweAck(view, tcb);
	} else if ((tcb.bits & (BIT_ACK_DELAYED | BIT_QUICK)) !== 0) {
		quickUsed(tcb);
		oweAck(view, tcb);
	} else {
		tcb.bits = tcb.bits | BIT_ACK_DELAYED;
		delayAck(view, tcb);
	}
	tcb.rcvAt = wrap((tcb.rcvAt + taken) | 0, tcb.receiveRing);
	tcb.rcvRoom = (tcb.rcvRoom - taken) | 0;
	tcb.rcvQueued = (tcb.rcvQueued + taken) | 0;
	tcb.rcvNxt = (tcb.rcvNxt + taken) | 0;
	newsPost(view, tcb.news, READABLE);
	return true;
}

/** A FIN behind the byte before `at`: its turn comes when everything before it is there. False when it cannot be there. */
function noteFin(view: DataView, tcb: TcbBlock, at: number): boolean {
	if (tcb.finAhead !== 0) return tcb.finAt === at;
	// Bytes beyond the FIN are here already: this peer contradicts itself, and the FIN is not believed.
	if ((tcb.ranges > 0 && ((lastAhead(view, tcb) - at) | 0) > 0) || ((at - tcb.rcvNxt) | 0) < 0) return false;
	tcb.finAhead = 1;
	tcb.finAt = at;
	return true;
}

/** The eighth step. */
function finArrives(view: DataView, tcb: TcbBlock): void {
	tcb.finAhead = 0;
	tcb.bits = tcb.bits | BIT_FIN;
	tcb.rcvNxt = (tcb.rcvNxt + 1) | 0;
	oweAck(view, tcb);
	const state = tcb.state;
	if (state === ESTABLISHED) setState(tcb, CLOSE_WAIT);
	else if (state === FIN_WAIT_1) setState(tcb, CLOSING);
	else timeWait(view, tcb);
	if (tcb.rcvQueued === 0) newsPost(view, tcb.news, ERROR);
}
