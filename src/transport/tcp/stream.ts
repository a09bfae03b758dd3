// What happens to the numbers and rings of a TCB block when a segment comes as predicted (Van Jacobson's header prediction), and when applications read and
// write. Whatever else comes, and everything that is a decision (states, losses, timers, what a window means), is for the files beside this one.

import { PAGE_SHIFT } from "../../config.ts";
import { check } from "../../packet/bounds.ts";
import { FIELDS_BYTES, REGISTER } from "../../packet/fields.ts";
import type { Offset } from "../../packet/numbers.ts";
import { PAGE_MASK } from "../../packet/pages.ts";
import { wrap } from "../../packet/ring.ts";
import { BIT_ACK_DELAYED, BIT_ACK_NOW, BIT_FIN, BIT_PREDICTED, BIT_QUICK, BIT_TIMING, TcbBlock } from "../../packet/tcb-block.ts";
import { demandBytes, type Bytes, type BytesIn } from "../../wire/kernels/bytes.ts";
import { pagedIn, pagedOut } from "../../wire/paged.ts";
import { ACK, PSH } from "../../wire/tcp.ts";
import { MOST_UNSCALED } from "./offers.ts";
import { delivered, taken } from "./share.ts";

/**
 * Answers of `predicted`, or-ed. Those of the commonest segment, data and nothing else, are below all others. From bit 8 on: bytes
 * acknowledged. The acknowledgment of the data is due when the turn ends; else it waits for the tick.
 */
export const IN_ACK_DUE = 1;
/** Data was taken. */
export const IN_DATA = 2;
/** Not expected: nothing was done. */
export const IN_UNEXPECTED = 4;
/** Data of ours is acknowledged. */
export const IN_ACKED = 8;
/** Nothing is in flight any more. */
export const IN_ALL_ACKED = 16;
/** Bytes wait that were never sent. */
export const IN_UNSENT = 32;
/** So much of the send ring is free that the program is told. */
export const IN_ROOM = 64;
/** The segment that was being timed is acknowledged. */
export const IN_TIMED = 128;
export const IN_BYTES_SHIFT = 8;

/** Answers of `streamRead`, from bit 28 on: the opened window should be told; everything was read and the peer's FIN has come. */
export const READ_TELL = 0x10000000;
export const READ_END = 0x20000000;
export const READ_BYTES = 0xfffffff;

/** A window is large that has room for four steps. */
const LARGE_SHIFT = 2;
/** So many bytes are worth telling of, however large the ring. */
const WORTHWHILE = 4096;

/** Flags that are unusual: all but ACK, and PSH, which makes no difference. */
const UNUSUAL = (0xff & ~PSH) << 16;
const PLAIN = ACK << 16;

/**
 * The segment in the registers: next in order, and with an acknowledgment within what is in flight? Then its data is put into the
 * receive ring and what it acknowledges leaves the send ring.
 */
export function predicted(view: DataView, tcb: TcbBlock): number {
	check(0, FIELDS_BYTES, view.byteLength);
	const at = view.getInt32(REGISTER.payloadAt, true);
	const length = view.getInt32(REGISTER.payloadLength, true);
	check(at, length, view.byteLength);
	const bits = tcb.bits;
	const flagsWindow = view.getInt32(REGISTER.flagsWindow, true);
	const seq = view.getInt32(REGISTER.seq, true);
	if ((bits & BIT_PREDICTED) === 0 || (flagsWindow & UNUSUAL) !== PLAIN || seq !== tcb.rcvNxt) return IN_UNEXPECTED;
	const room = tcb.rcvRoom;
	if (length > room) return IN_UNEXPECTED;
	const ack = view.getInt32(REGISTER.ack, true);
	const una = tcb.sndUna;
	const acked = (ack - una) | 0;
	if (acked < 0 || acked > ((tcb.sndNxt - una) | 0) || (acked === 0 && length === 0)) return IN_UNEXPECTED;
	let answer = 0;
	if (length > 0) {
		const ringAt = tcb.rcvAt;
		const ring = tcb.receiveRing;
		pagedIn(view, tcb.receivePages, ring, ringAt, view, at, length);
		tcb.rcvAt = wrap(ringAt + length, ring);
		tcb.rcvQueued = tcb.rcvQueued + length;
		tcb.rcvRoom = room - length;
		tcb.rcvNxt = seq + length;
		// RFC 5681 §4.2: every second segment is acknowledged.
		const second = (bits & (BIT_ACK_DELAYED | BIT_QUICK)) !== 0;
		answer = second ? IN_DATA | IN_ACK_DUE : IN_DATA;
		tcb.bits = bits | (second ? BIT_ACK_NOW : BIT_ACK_DELAYED);
	}
	const window = windowOf(tcb, flagsWindow);
	tcb.sndWnd = window;
	if (window > tcb.sndWndMax) tcb.sndWndMax = window;
	tcb.sndWl1 = seq;
	tcb.sndWl2 = ack;
	return answer | acknowledge(view, tcb, ack, acked);
}

/** The same for the connection with that block. */
export function streamIn(view: DataView, block: Offset): number {
	return predicted(view, TcbBlock.of(view, block));
}

/** `acked` bytes leave the send ring. */
function acknowledge(view: DataView, tcb: TcbBlock, ack: number, acked: number): number {
	let answer = 0;
	const queued = (tcb.sndQueued - acked) | 0;
	const flight = (tcb.sndNxt - ack) | 0;
	if (acked > 0) {
		tcb.sndUna = ack;
		delivered(view, tcb, acked, queued);
		answer = IN_ACKED | (acked << IN_BYTES_SHIFT);
		if (flight === 0) answer |= IN_ALL_ACKED;
		if (hasRoom(tcb, queued)) answer |= IN_ROOM;
		const bits = tcb.bits;
		if ((bits & BIT_TIMING) !== 0 && ((ack - tcb.rttSeq) | 0) > 0) {
			tcb.bits = bits & ~BIT_TIMING;
			answer |= IN_TIMED;
		}
	}
	return queued > flight ? answer | IN_UNSENT : answer;
}

/**
 * Whether the program is told that it may write, with `queued` bytes in the send ring: when half of it is free, so that it writes worthwhile pieces; of a large ring a sixteenth, 4 KB at the least,
 * as of what is told late less is in flight than the peer would take.
 */
export function hasRoom(tcb: TcbBlock, queued: number): boolean {
	const room = tcb.sndRoom;
	return queued <= room || room >= Math.max(tcb.sendSize >> 4, WORTHWHILE);
}

/** Half of what the receive ring may hold: an opening of the window by that is worth telling, however small it is. RFC 9293 §3.8.6.2.2. */
function half(tcb: TcbBlock): number {
	return ((tcb.rcvRoom + tcb.rcvQueued) | 0) >> 1;
}

/** Whether it is worth telling that the window has opened: by `step`, or by half of what may be; and where that is less than two segments, for a full one, for which the peer may wait. */
function worth(tcb: TcbBlock, room: number, step: number): boolean {
	const open = (tcb.rcvAdv - tcb.rcvNxt) | 0;
	const most = half(tcb);
	if (((room - open) | 0) >= Math.min(step, most)) return true;
	return most < tcb.windowStep && open < tcb.windowStep && room >= tcb.windowStep;
}

/** What the header says of so many bytes. A peer that knows no scaled windows is told no more than fits. */
function inHeader(tcb: TcbBlock, window: number): number {
	return Math.min(window >> tcb.rcvScale, MOST_UNSCALED);
}

/** The window that a segment without SYN offers, bytes. RFC 7323 §2.3. */
export function windowOf(tcb: TcbBlock, flagsWindow: number): number {
	return (flagsWindow & 0xffff) << tcb.sndScale;
}

/** The window in our SYN, which is not scaled; from then on the peer was told of it. */
export function synWindow(tcb: TcbBlock): number {
	const window = Math.min(tcb.rcvRoom, MOST_UNSCALED);
	tcb.rcvAdv = tcb.rcvNxt + window;
	return window;
}

/**
 * The window to advertise, as the header has it: never less than before, and more by worthwhile steps only, RFC 9293 §3.8.6.2.2, unless it is large: then an acknowledgment that goes anyway tells
 * all. What the header cannot say counts as not told.
 */
export function advertise(tcb: TcbBlock): number {
	const next = tcb.rcvNxt;
	const free = tcb.rcvRoom;
	const open = (tcb.rcvAdv - next) | 0;
	if (free < tcb.windowStep << LARGE_SHIFT && !worth(tcb, free, tcb.windowStep)) return open < 0 ? 0 : inHeader(tcb, open);
	if (open > free) return inHeader(tcb, open);
	const said = inHeader(tcb, free);
	tcb.rcvAdv = next + (said << tcb.rcvScale);
	return said;
}

/**
 * Takes up to `length` bytes out of the receive ring into `buffer` from its byte `start` on. Answers how many, and READ_… Throws TypeError
 * for what is no buffer of bytes.
 */
export function streamRead(view: DataView, block: Offset, buffer: Bytes, start: number, length: number): number {
	demandBytes(buffer);
	const tcb = TcbBlock.of(view, block);
	const queued = tcb.rcvQueued;
	if (length > queued) length = queued;
	if (length <= 0) return 0;
	const from = firstByte(tcb);
	pagedOut(view, tcb.receivePages, tcb.receiveRing, from, buffer, start, length);
	const left = queued - length;
	tcb.rcvQueued = left;
	taken(view, tcb, from, length, left);
	const bits = tcb.bits;
	if ((bits & BIT_FIN) !== 0) return left === 0 ? length | READ_END : length;
	if ((bits & BIT_ACK_NOW) !== 0) return length;
	return worth(tcb, tcb.rcvRoom, tcb.updateStep) ? length | READ_TELL : length;
}

/** Where the next byte to be read lies in the receive ring. */
function firstByte(tcb: TcbBlock): Offset {
	const from = tcb.rcvAt - tcb.rcvQueued;
	return from < 0 ? from + tcb.receiveRing : from;
}

/** Takes one byte out of the receive ring and answers it. -1, nothing taken, when there is none, or when READ_… would have to be answered. */
export function streamByte(view: DataView, block: Offset): number {
	const tcb = TcbBlock.of(view, block);
	const queued = tcb.rcvQueued;
	if (queued <= 0) return -1;
	const bits = tcb.bits;
	if ((bits & BIT_FIN) !== 0) {
		if (queued === 1) return -1;
	} else if ((bits & BIT_ACK_NOW) === 0) {
		if (worth(tcb, (tcb.rcvRoom + 1) | 0, tcb.updateStep)) return -1;
	}
	const from = firstByte(tcb);
	const place = from & PAGE_MASK;
	if (place === PAGE_MASK) return -1; // the page is done with, which may open the window by more
	const page = view.getInt32((tcb.receivePages + ((from >> PAGE_SHIFT) << 2)) | 0, true);
	const byte = view.getUint8((page + place) | 0);
	tcb.rcvQueued = queued - 1;
	taken(view, tcb, from, 1, queued - 1);
	return byte;
}

/** Puts `length` bytes of `buffer` from its byte `start` on into the send ring. Answers the room left, or -1 when they do not fit. Throws as streamRead. */
export function streamWrite(view: DataView, block: Offset, buffer: BytesIn, start: number, length: number): number {
	demandBytes(buffer);
	const tcb = TcbBlock.of(view, block);
	const left = (tcb.sndRoom - length) | 0;
	if (left < 0) return -1;
	const ring = tcb.sendRing;
	const queued = tcb.sndQueued;
	const to = wrap((tcb.sndAt + queued) | 0, ring);
	if (length !== 0) pagedIn(view, tcb.sendPages, ring, to, buffer, start, length);
	tcb.sndQueued = queued + length;
	tcb.sndRoom = left;
	return left;
}
