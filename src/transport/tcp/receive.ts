// A segment arrives that is not as predicted (stream.ts). RFC 9293 §3.10.7.4, in its order: sequence number, RST, SYN, ACK (acknowledge.ts), data and FIN
// (text.ts). The handshake is in handshake.ts.

import { DROP, drop } from "../../packet/drops.ts";
import { REGISTER } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import type { Offset } from "../../packet/numbers.ts";
import { BIT_ACK_NOW, BIT_ECN, BIT_STAMPS, BIT_UNPROVEN, TcbBlock } from "../../packet/tcb-block.ts";
import { ACK, FIN, RST, stampsAt, SYN } from "../../wire/tcp.ts";
import { acknowledgment } from "./acknowledge.ts";
import { acknowledgeAgain, challenge, resendSyn, unacceptable } from "./answers.ts";
import { ecnArrives } from "./ecn.ts";
import { DONE, listenArrives, reopen, synSentArrives } from "./handshake.ts";
import { end } from "./life.ts";
import { acknowledgeNow } from "./send.ts";
import { CLOSING, ESTABLISHED, LAST_ACK, LISTEN, NO_ERROR, REFUSED, RESET, SYN_RECEIVED, SYN_SENT, TIME_WAIT } from "./states.ts";
import { predict, setState } from "./block.ts";
import { textArrives } from "./text.ts";
import { windowOf } from "./stream.ts";
import { stampAcceptable, stampSeen } from "./timestamps.ts";
import { linger, TIME_WAIT_TIME } from "./timing.ts";
import { twice } from "./twice.ts";

const FLAG_SHIFT = 16;

/** The segment in the registers is for the connection or listener at `at`, and came by the interface with block `by`. */
export function tcpArrives(view: DataView, at: Offset, by: Offset): void {
	const link = InterfaceBlock.of(view, by);
	let of = at;
	if (TcbBlock.of(view, at).state === LISTEN) {
		of = listenArrives(view, TcbBlock.of(view, at), link);
		if (of === DONE) return;
	}
	const tcb = TcbBlock.of(view, of);
	if (tcb.state >= SYN_RECEIVED) synchronized(view, tcb, link);
	else if (tcb.state === SYN_SENT) synSentArrives(view, tcb, link);
	predict(tcb);
}

function synchronized(view: DataView, tcb: TcbBlock, link: InterfaceBlock): void {
	const flagsWindow = view.getInt32(REGISTER.flagsWindow, true);
	let seq = view.getInt32(REGISTER.seq, true);
	let flags = flagsWindow >> FLAG_SHIFT;
	if ((flags & SYN) !== 0 && (flags & RST) === 0) {
		if (tcb.state === TIME_WAIT && reopen(view, tcb, link, flags, seq)) return;
		const asked = tcb.state === SYN_RECEIVED || (hasFastOpen() && (tcb.bits & BIT_UNPROVEN) !== 0);
		if (asked && seq === tcb.irs) {
			if ((flags & ACK) === 0) {
				resendSyn(view, tcb, link);
				return;
			}
			// The other half of a simultaneous open: RFC 9293 §3.5, figure 8. Its SYN is known.
			seq = (seq + 1) | 0;
			flags &= ~SYN;
		} else if (provesOurs(view, tcb, flags)) {
			// The SYN that came first proved nothing, and was none of the peer's: this one knows ours.
			setState(tcb, SYN_SENT);
			synSentArrives(view, tcb, link);
			return;
		}
	}

	const stamped = (tcb.bits & BIT_STAMPS) !== 0 && (flags & RST) === 0;
	const stamps = stamped ? stampsAt(view, view.getInt32(REGISTER.transportAt, true)) : 0;
	if (stamped) {
		if (!stampAcceptable(view, tcb, link, stamps)) return;
		tcb.tsEcho = view.getInt32(stamps + 4);
	}

	// First, the sequence number. Data with RST is a text for people.
	const length = view.getInt32(REGISTER.payloadLength, true);
	const room = tcb.rcvRoom;
	const ahead = (seq - tcb.rcvNxt) | 0;
	const total = (flags & RST) !== 0 ? 0 : (length + ((flags & FIN) !== 0 ? 1 : 0) + ((flags & SYN) !== 0 ? 1 : 0)) | 0;
	if (!acceptable(ahead, length, total, total === 0 ? told(tcb) : room)) {
		if (repeats(tcb, flags, ahead, total)) repeated(view, tcb, link, seq, flagsWindow, total);
		else unacceptable(view, tcb, link, flags);
		return;
	}

	if ((tcb.bits & BIT_ECN) !== 0) ecnArrives(view, tcb, flags, length);

	// Second, RST. RFC 5961 §3.2: only the exact number counts.
	if ((flags & RST) !== 0) {
		if (ahead >= told(tcb) && ahead > 0) drop(view, link, DROP.tcpUnacceptable);
		else if (ahead !== 0) challenge(view, tcb, link);
		else reset(view, tcb);
		return;
	}

	// Fourth, SYN. RFC 5961 §4.2; a connection that was never handed out goes back to LISTEN.
	if ((flags & SYN) !== 0) {
		if (tcb.state === SYN_RECEIVED && tcb.listener !== 0) end(view, tcb, RESET);
		else challenge(view, tcb, link);
		return;
	}

	// Fifth, ACK.
	if ((flags & ACK) === 0) {
		drop(view, link, DROP.tcpUnacceptable);
		return;
	}
	const ack = view.getInt32(REGISTER.ack, true);
	if (!acknowledgment(view, tcb, link, seq, ack, windowIn(tcb, flagsWindow), total)) return;
	// Only now: a forged acknowledgment must not make honest timestamps old ones. RFC 7323 §7.
	if (stamped) stampSeen(view, tcb, seq, view.getInt32(stamps));

	// Sixth, the urgent pointer, is not looked at: urgent data is data. Seventh, data; eighth, FIN.
	if (total !== 0) textArrives(view, tcb, link, ahead, length, room, flags);
}

/** A SYN and ACK, other than the SYN that came first, acknowledges our own SYN: in a simultaneous open. */
function provesOurs(view: DataView, tcb: TcbBlock, flags: number): boolean {
	if (tcb.state !== SYN_RECEIVED || (flags & ACK) === 0 || tcb.listener !== 0) return false;
	return view.getInt32(REGISTER.ack, true) === tcb.sndMax;
}

/** The window that a segment offers: that of a SYN is not scaled. RFC 7323 §2.2. */
function windowIn(tcb: TcbBlock, flagsWindow: number): number {
	return (flagsWindow & (SYN << FLAG_SHIFT)) !== 0 ? flagsWindow & 0xffff : windowOf(tcb, flagsWindow);
}

/** Bytes from RCV.NXT to the right edge of the window that the peer was told. */
function told(tcb: TcbBlock): number {
	return Math.max((tcb.rcvAdv - tcb.rcvNxt) | 0, 0);
}

/** RFC 9293 §3.4, table 6; what spans the whole window; and bare acknowledgments of a peer that has filled it, so that it all may be lost. */
function acceptable(ahead: number, length: number, total: number, room: number): boolean {
	if (total === 0) return ahead >= 0 && ahead <= room;
	// A window of zero still takes what needs no room.
	if (room === 0) return ahead === 0 && length === 0;
	return ahead < room && ((ahead + total) | 0) > 0;
}

/** Whether a segment that is not acceptable is what a peer sends again: from no further back than a window, or a probe of a window that is closed. */
function repeats(tcb: TcbBlock, flags: number, ahead: number, total: number): boolean {
	return (
		tcb.state >= ESTABLISHED && total > 0 && ahead <= 0 && ahead >= -(tcb.receiveSize + 1) && (flags & (ACK | SYN | RST)) === ACK
	);
}

/** Our acknowledgment was lost, or the window is closed. What the segment acknowledges counts: FINs that crossed would else wait for a timeout. */
function repeated(view: DataView, tcb: TcbBlock, link: InterfaceBlock, seq: number, flagsWindow: number, total: number): void {
	const length = view.getInt32(REGISTER.payloadLength, true);
	// What a closed window did not let in has come not even once.
	const end = (seq + length) | 0;
	if (length > 0 && ((end - tcb.rcvNxt) | 0) <= 0) twice(tcb, seq, end);
	acknowledgeAgain(view, tcb);
	// RFC 9293 §3.10.7.4: the peer's FIN, once more.
	if (tcb.state === TIME_WAIT && (flagsWindow & (FIN << FLAG_SHIFT)) !== 0) linger(view, tcb, TIME_WAIT_TIME);
	// This may be the end of it; the peer must hear of its FIN before.
	if (tcb.state === LAST_ACK && (tcb.bits & BIT_ACK_NOW) !== 0) acknowledgeNow(view, tcb);
	const ack = view.getInt32(REGISTER.ack, true);
	const taken = acknowledgment(view, tcb, link, seq, ack, windowIn(tcb, flagsWindow), total);
	if (taken) drop(view, link, DROP.tcpUnacceptable); // else it was counted, or was the end
}

function reset(view: DataView, tcb: TcbBlock): void {
	const state = tcb.state;
	if (state === SYN_RECEIVED) end(view, tcb, REFUSED);
	else end(view, tcb, state >= CLOSING ? NO_ERROR : RESET);
}
