// The short way of TCP: what happens to the numbers and rings of a TCB block when everything goes as expected. Van Jacobson's
// header prediction, and its like for sending. Whatever is not expected, and everything that is a decision (states, losses, timers,
// what a window means), is transport/tcp's.

import * as block from "../packet/blocks.ts";
import { ACK as REGISTER_ACK, FIELDS_BYTES, FLAGS_WINDOW, PAYLOAD_AT, PAYLOAD_LENGTH, SEQ } from "../packet/fields.ts";
import type { Offset } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";
import { tcpBuild } from "./build.ts";
import { demandBytes, type Bytes, type BytesIn } from "./kernels/bytes.ts";
import { ringPut, ringRead, ringWrite } from "./kernels/copies.ts";
import { wrap } from "./ring.ts";
import { ACK, PSH } from "./tcp.ts";

/**
 * Answers of `streamIn`, or-ed. Those of the commonest segment, data and nothing else, are below all others. From bit 8 on: bytes
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
/** At least half of the send ring is free. */
export const IN_ROOM = 64;
/** The segment that was being timed is acknowledged. */
export const IN_TIMED = 128;
export const IN_BYTES_SHIFT = 8;

/** Answers of `streamRead`, from bit 16 on: the opened window should be told; everything was read and the peer's FIN has come. */
export const READ_TELL = 0x10000;
export const READ_END = 0x20000;
export const READ_BYTES = 0xffff;

/** Least time between segments that are timed, ms. With a timeout of no less than 200 ms more would tell nothing. */
const RTT_STEP = 10;

/** Flags that are unusual: all but ACK, and PSH, which makes no difference. */
const UNUSUAL = (0xff & ~PSH) << 16;
const PLAIN = ACK << 16;

/**
 * The segment in the registers: next in order, and with an acknowledgment within what is in flight? Then its data is put into the
 * receive ring and what it acknowledges leaves the send ring.
 */
export function streamIn(view: DataView, tcb: Offset): number {
	check(0, FIELDS_BYTES, view.byteLength);
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const at = view.getInt32(PAYLOAD_AT * 4, true);
	const length = view.getInt32(PAYLOAD_LENGTH * 4, true);
	check(at, length, view.byteLength);
	const bits = view.getInt32(tcb + block.TCB_BITS, true);
	const flagsWindow = view.getInt32(FLAGS_WINDOW * 4, true);
	const seq = view.getInt32(SEQ * 4, true);
	if (!(bits & block.BIT_SHORT) || (flagsWindow & UNUSUAL) !== PLAIN || seq !== view.getInt32(tcb + block.TCB_RCV_NXT, true))
		return IN_UNEXPECTED;
	const size = view.getInt32(tcb + block.TCB_RECEIVE_SIZE, true);
	const queued = view.getInt32(tcb + block.TCB_RCV_QUEUED, true);
	if (length > size - queued) return IN_UNEXPECTED;
	const ack = view.getInt32(REGISTER_ACK * 4, true);
	const una = view.getInt32(tcb + block.TCB_SND_UNA, true);
	const acked = (ack - una) | 0;
	if (acked < 0 || acked > ((view.getInt32(tcb + block.TCB_SND_NXT, true) - una) | 0) || (acked === 0 && length === 0))
		return IN_UNEXPECTED;
	let answer = 0;
	if (length > 0) {
		const ringAt = view.getInt32(tcb + block.TCB_RCV_AT, true);
		ringPut(view, view.getInt32(tcb + block.TCB_RECEIVE_RING, true), size, ringAt, at, length);
		view.setInt32(tcb + block.TCB_RCV_AT, wrap((ringAt + length) | 0, size), true);
		view.setInt32(tcb + block.TCB_RCV_QUEUED, queued + length, true);
		view.setInt32(tcb + block.TCB_RCV_NXT, seq + length, true);
		// RFC 5681 §4.2: every second segment is acknowledged.
		const second = bits & block.BIT_ACK_DELAYED;
		answer = second ? IN_DATA | IN_ACK_DUE : IN_DATA;
		view.setInt32(tcb + block.TCB_BITS, bits | (second ? block.BIT_ACK_NOW : block.BIT_ACK_DELAYED), true);
	}
	const window = flagsWindow & 0xffff;
	view.setInt32(tcb + block.TCB_SND_WND, window, true);
	if (window > view.getInt32(tcb + block.TCB_SND_WND_MAX, true)) view.setInt32(tcb + block.TCB_SND_WND_MAX, window, true);
	return answer | acknowledge(view, tcb, ack, acked);
}

/** `acked` bytes leave the send ring. */
function acknowledge(view: DataView, tcb: Offset, ack: number, acked: number): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	let answer = 0;
	const queued = (view.getInt32(tcb + block.TCB_SND_QUEUED, true) - acked) | 0;
	const flight = (view.getInt32(tcb + block.TCB_SND_NXT, true) - ack) | 0;
	if (acked > 0) {
		const size = view.getInt32(tcb + block.TCB_SEND_SIZE, true);
		const next = (view.getInt32(tcb + block.TCB_SND_AT, true) + acked) | 0;
		view.setInt32(tcb + block.TCB_SND_UNA, ack, true);
		view.setInt32(tcb + block.TCB_SND_QUEUED, queued, true);
		view.setInt32(tcb + block.TCB_SND_AT, wrap(next, size), true);
		answer = IN_ACKED | (acked << IN_BYTES_SHIFT);
		if (flight === 0) answer |= IN_ALL_ACKED;
		if (queued <= size >> 1) answer |= IN_ROOM;
		const bits = view.getInt32(tcb + block.TCB_BITS, true);
		if (bits & block.BIT_TIMING && ((ack - view.getInt32(tcb + block.TCB_RTT_SEQ, true)) | 0) > 0) {
			view.setInt32(tcb + block.TCB_BITS, bits & ~block.BIT_TIMING, true);
			answer |= IN_TIMED;
		}
	}
	return queued > flight ? answer | IN_UNSENT : answer;
}

/** The window to advertise: never less than before, and more by worthwhile steps only. RFC 9293 §3.8.6.2.2. */
function advertise(view: DataView, tcb: Offset): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const next = view.getInt32(tcb + block.TCB_RCV_NXT, true);
	const free = (view.getInt32(tcb + block.TCB_RECEIVE_SIZE, true) - view.getInt32(tcb + block.TCB_RCV_QUEUED, true)) | 0;
	const open = (view.getInt32(tcb + block.TCB_RCV_ADVERTISED, true) - next) | 0;
	if (free - open < view.getInt32(tcb + block.TCB_WINDOW_STEP, true)) return open < 0 ? 0 : open;
	view.setInt32(tcb + block.TCB_RCV_ADVERTISED, next + free, true);
	return free;
}

/**
 * Builds the next segment with data that was never sent at `at`, when the windows and Nagle's algorithm let it go; RFC 9293 §3.7.4,
 * §3.8.6.2.1. Answers the end of the packet, or 0.
 */
export function streamOut(view: DataView, at: Offset, tcb: Offset, now: number): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const next = view.getInt32(tcb + block.TCB_SND_NXT, true);
	const una = view.getInt32(tcb + block.TCB_SND_UNA, true);
	const flight = (next - una) | 0;
	const unsent = (view.getInt32(tcb + block.TCB_SND_QUEUED, true) - flight) | 0;
	if (unsent <= 0) return 0;
	const bits = view.getInt32(tcb + block.TCB_BITS, true);
	const mss = view.getInt32(tcb + block.TCB_SND_MSS, true);
	const window = view.getInt32(tcb + block.TCB_SND_WND, true);
	const cwnd = view.getInt32(tcb + block.TCB_CWND, true);
	const room = (Math.min(window, cwnd) - flight) | 0;
	const length = Math.min(Math.min(unsent, mss), room);
	if (length <= 0) return 0;
	if (length < mss) {
		if (length === unsent) {
			// Minshall's variant of Nagle's algorithm: one small segment in flight, no more.
			const small = (view.getInt32(tcb + block.TCB_SND_SMALL, true) - una) | 0;
			if (!(bits & block.BIT_NO_DELAY) && flight !== 0 && small > 0) return 0;
		} else if (length < view.getInt32(tcb + block.TCB_SND_WND_MAX, true) >> 1) return 0;
	}
	const size = view.getInt32(tcb + block.TCB_SEND_SIZE, true);
	const offset = wrap((view.getInt32(tcb + block.TCB_SND_AT, true) + flight) | 0, size);
	const flags = length === unsent ? ACK | PSH : ACK;
	const ack = view.getInt32(tcb + block.TCB_RCV_NXT, true);
	const advertised = advertise(view, tcb);
	const end = tcpBuild(view, at, tcb, next, ack, (flags << 16) | advertised, offset, length);
	view.setInt32(tcb + block.TCB_SND_NXT, next + length, true);
	if (length < mss) view.setInt32(tcb + block.TCB_SND_SMALL, next + length, true);
	let after = bits & ~(block.BIT_ACK_NOW | block.BIT_ACK_DELAYED);
	// One segment is timed at a time (RFC 6298 §3), and one in RTT_STEP.
	if (!(bits & block.BIT_TIMING) && (now - view.getInt32(tcb + block.TCB_RTT_AT, true)) >>> 0 >= RTT_STEP) {
		view.setInt32(tcb + block.TCB_RTT_SEQ, next, true);
		view.setInt32(tcb + block.TCB_RTT_AT, now, true);
		after |= block.BIT_TIMING;
	}
	view.setInt32(tcb + block.TCB_BITS, after, true);
	return end;
}

/** Builds the acknowledgment that is owed now, if one is, at `at`. Answers the end of the packet, or 0. */
export function streamAck(view: DataView, at: Offset, tcb: Offset): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const bits = view.getInt32(tcb + block.TCB_BITS, true);
	if (!(bits & block.BIT_ACK_NOW)) return 0;
	view.setInt32(tcb + block.TCB_BITS, bits & ~(block.BIT_ACK_NOW | block.BIT_ACK_DELAYED), true);
	const seq = view.getInt32(tcb + block.TCB_SND_NXT, true);
	const ack = view.getInt32(tcb + block.TCB_RCV_NXT, true);
	const window = advertise(view, tcb);
	return tcpBuild(view, at, tcb, seq, ack, PLAIN | window, 0, 0);
}

/**
 * Takes up to `length` bytes out of the receive ring into `buffer` from its byte `start` on. Answers how many, and READ_… Throws TypeError
 * for what is no buffer of bytes.
 */
export function streamRead(view: DataView, tcb: Offset, buffer: Bytes, start: number, length: number): number {
	demandBytes(buffer);
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const queued = view.getInt32(tcb + block.TCB_RCV_QUEUED, true);
	if (length > queued) length = queued;
	if (length <= 0) return 0;
	const size = view.getInt32(tcb + block.TCB_RECEIVE_SIZE, true);
	const from = firstByte(view, tcb, size, queued);
	ringRead(view, view.getInt32(tcb + block.TCB_RECEIVE_RING, true), size, from, buffer, start, length);
	const left = queued - length;
	view.setInt32(tcb + block.TCB_RCV_QUEUED, left, true);
	const bits = view.getInt32(tcb + block.TCB_BITS, true);
	if (bits & block.BIT_FIN) return left === 0 ? length | READ_END : length;
	if (bits & block.BIT_ACK_NOW) return length;
	const open = (view.getInt32(tcb + block.TCB_RCV_ADVERTISED, true) - view.getInt32(tcb + block.TCB_RCV_NXT, true)) | 0;
	return size - left - open < view.getInt32(tcb + block.TCB_UPDATE_STEP, true) ? length : length | READ_TELL;
}

/** Where the next byte to be read lies in the receive ring. */
function firstByte(view: DataView, tcb: Offset, size: number, queued: number): number {
	const from = (view.getInt32(tcb + block.TCB_RCV_AT, true) - queued) | 0;
	return from < 0 ? (from + size) | 0 : from;
}

/** Takes one byte out of the receive ring and answers it. -1, nothing taken, when there is none, or when READ_… would have to be answered. */
export function streamByte(view: DataView, tcb: Offset): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const queued = view.getInt32(tcb + block.TCB_RCV_QUEUED, true);
	if (queued <= 0) return -1;
	const bits = view.getInt32(tcb + block.TCB_BITS, true);
	const size = view.getInt32(tcb + block.TCB_RECEIVE_SIZE, true);
	if (bits & block.BIT_FIN) {
		if (queued === 1) return -1;
	} else if (!(bits & block.BIT_ACK_NOW)) {
		const open = (view.getInt32(tcb + block.TCB_RCV_ADVERTISED, true) - view.getInt32(tcb + block.TCB_RCV_NXT, true)) | 0;
		if (size - queued + 1 - open >= view.getInt32(tcb + block.TCB_UPDATE_STEP, true)) return -1;
	}
	const from = firstByte(view, tcb, size, queued);
	const ring = view.getInt32(tcb + block.TCB_RECEIVE_RING, true);
	check(ring, size, view.byteLength);
	check(from, 1, size);
	const byte = view.getUint8(ring + from);
	view.setInt32(tcb + block.TCB_RCV_QUEUED, queued - 1, true);
	return byte;
}

/** Puts `length` bytes of `buffer` from its byte `start` on into the send ring. Answers the room left, or -1 when they do not fit. Throws as streamRead. */
export function streamWrite(view: DataView, tcb: Offset, buffer: BytesIn, start: number, length: number): number {
	demandBytes(buffer);
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const size = view.getInt32(tcb + block.TCB_SEND_SIZE, true);
	const queued = view.getInt32(tcb + block.TCB_SND_QUEUED, true);
	const left = size - queued - length;
	if (left < 0) return -1;
	const to = wrap((view.getInt32(tcb + block.TCB_SND_AT, true) + queued) | 0, size);
	if (length !== 0) ringWrite(view, view.getInt32(tcb + block.TCB_SEND_RING, true), size, to, buffer, start, length);
	view.setInt32(tcb + block.TCB_SND_QUEUED, queued + length, true);
	return left | 0;
}
