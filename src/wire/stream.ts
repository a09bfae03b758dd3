// The short way of TCP: what happens to the numbers and rings of a TCB block when everything goes as expected. Van Jacobson's
// header prediction, and its like for sending. Whatever is not expected, and everything that is a decision (states, losses, timers,
// what a window means), is transport/tcp's, in TypeScript. Twins of the C functions of the same name (native/stream.c).

import * as block from "../packet/blocks.ts";
import { ACK as REGISTER_ACK, FLAGS_WINDOW, PAYLOAD_AT, PAYLOAD_LENGTH, SEQ } from "../packet/fields.ts";
import { check, demandBytes } from "./bounds.ts";
import { tcpBuild } from "./build.ts";
import { ringPut, ringRead, ringWrite, type Bytes } from "./copies.ts";
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

function get(view: DataView, at: number): number {
	return view.getInt32(at, true);
}

function set(view: DataView, at: number, value: number): void {
	view.setInt32(at, value, true);
}

/**
 * The segment in the registers: next in order, and with an acknowledgment within what is in flight? Then its data is put into the
 * receive ring and what it acknowledges leaves the send ring.
 */
export function streamIn(view: DataView, tcb: number): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const at = get(view, PAYLOAD_AT * 4);
	const length = get(view, PAYLOAD_LENGTH * 4);
	check(at, length, view.byteLength);
	const bits = get(view, tcb + block.TCB_BITS);
	const flagsWindow = get(view, FLAGS_WINDOW * 4);
	const seq = get(view, SEQ * 4);
	if (!(bits & block.BIT_SHORT) || (flagsWindow & UNUSUAL) !== PLAIN || seq !== get(view, tcb + block.TCB_RCV_NXT))
		return IN_UNEXPECTED;
	const size = get(view, tcb + block.TCB_RECEIVE_SIZE);
	const queued = get(view, tcb + block.TCB_RCV_QUEUED);
	if (length > size - queued) return IN_UNEXPECTED;
	const ack = get(view, REGISTER_ACK * 4);
	const una = get(view, tcb + block.TCB_SND_UNA);
	const acked = (ack - una) | 0;
	if (acked < 0 || acked > ((get(view, tcb + block.TCB_SND_NXT) - una) | 0) || (acked === 0 && length === 0))
		return IN_UNEXPECTED;
	let answer = 0;
	if (length > 0) {
		const ringAt = get(view, tcb + block.TCB_RCV_AT);
		ringPut(view, get(view, tcb + block.TCB_RECEIVE_RING), size, ringAt, at, length);
		const next = ringAt + length;
		set(view, tcb + block.TCB_RCV_AT, next < size ? next : next - size);
		set(view, tcb + block.TCB_RCV_QUEUED, queued + length);
		set(view, tcb + block.TCB_RCV_NXT, (seq + length) | 0);
		// RFC 5681 §4.2: every second segment is acknowledged.
		const second = bits & block.BIT_ACK_DELAYED;
		answer = second ? IN_DATA | IN_ACK_DUE : IN_DATA;
		set(view, tcb + block.TCB_BITS, bits | (second ? block.BIT_ACK_NOW : block.BIT_ACK_DELAYED));
	}
	const window = flagsWindow & 0xffff;
	set(view, tcb + block.TCB_SND_WND, window);
	if (window > get(view, tcb + block.TCB_SND_WND_MAX)) set(view, tcb + block.TCB_SND_WND_MAX, window);
	return answer | acknowledge(view, tcb, ack, acked);
}

/** `acked` bytes leave the send ring. */
function acknowledge(view: DataView, tcb: number, ack: number, acked: number): number {
	let answer = 0;
	const queued = get(view, tcb + block.TCB_SND_QUEUED) - acked;
	const flight = (get(view, tcb + block.TCB_SND_NXT) - ack) | 0;
	if (acked > 0) {
		const size = get(view, tcb + block.TCB_SEND_SIZE);
		const next = get(view, tcb + block.TCB_SND_AT) + acked;
		set(view, tcb + block.TCB_SND_UNA, ack);
		set(view, tcb + block.TCB_SND_QUEUED, queued);
		set(view, tcb + block.TCB_SND_AT, next < size ? next : next - size);
		answer = IN_ACKED | (acked << IN_BYTES_SHIFT);
		if (flight === 0) answer |= IN_ALL_ACKED;
		if (queued <= size >> 1) answer |= IN_ROOM;
		const bits = get(view, tcb + block.TCB_BITS);
		if (bits & block.BIT_TIMING && ((ack - get(view, tcb + block.TCB_RTT_SEQ)) | 0) > 0) {
			set(view, tcb + block.TCB_BITS, bits & ~block.BIT_TIMING);
			answer |= IN_TIMED;
		}
	}
	return queued > flight ? answer | IN_UNSENT : answer;
}

/** The window to advertise: never less than before, and more by worthwhile steps only. RFC 9293 §3.8.6.2.2. */
function advertise(view: DataView, tcb: number): number {
	const next = get(view, tcb + block.TCB_RCV_NXT);
	const free = get(view, tcb + block.TCB_RECEIVE_SIZE) - get(view, tcb + block.TCB_RCV_QUEUED);
	const open = (get(view, tcb + block.TCB_RCV_ADVERTISED) - next) | 0;
	if (free - open < get(view, tcb + block.TCB_WINDOW_STEP)) return open < 0 ? 0 : open;
	set(view, tcb + block.TCB_RCV_ADVERTISED, (next + free) | 0);
	return free;
}

/**
 * Builds the next segment with data that was never sent at `at`, when the windows and Nagle's algorithm let it go; RFC 9293 §3.7.4,
 * §3.8.6.2.1. Answers the end of the packet, or 0.
 */
export function streamOut(view: DataView, at: number, tcb: number, now: number): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const next = get(view, tcb + block.TCB_SND_NXT);
	const una = get(view, tcb + block.TCB_SND_UNA);
	const flight = (next - una) | 0;
	const unsent = get(view, tcb + block.TCB_SND_QUEUED) - flight;
	if (unsent <= 0) return 0;
	const bits = get(view, tcb + block.TCB_BITS);
	const mss = get(view, tcb + block.TCB_SND_MSS);
	const window = get(view, tcb + block.TCB_SND_WND);
	const cwnd = get(view, tcb + block.TCB_CWND);
	const room = (window < cwnd ? window : cwnd) - flight;
	let length = unsent < mss ? unsent : mss;
	if (length > room) length = room;
	if (length <= 0) return 0;
	if (length < mss) {
		if (length === unsent) {
			// Minshall's variant of Nagle's algorithm: one small segment in flight, no more.
			const small = (get(view, tcb + block.TCB_SND_SMALL) - una) | 0;
			if (!(bits & block.BIT_NO_DELAY) && flight !== 0 && small > 0) return 0;
		} else if (length < get(view, tcb + block.TCB_SND_WND_MAX) >> 1) return 0;
	}
	const size = get(view, tcb + block.TCB_SEND_SIZE);
	let offset = get(view, tcb + block.TCB_SND_AT) + flight;
	if (offset >= size) offset -= size;
	const flags = length === unsent ? ACK | PSH : ACK;
	const ack = get(view, tcb + block.TCB_RCV_NXT);
	const end = tcpBuild(view, at, tcb, next, ack, (flags << 16) | advertise(view, tcb), offset, length);
	set(view, tcb + block.TCB_SND_NXT, (next + length) | 0);
	if (length < mss) set(view, tcb + block.TCB_SND_SMALL, (next + length) | 0);
	let after = bits & ~(block.BIT_ACK_NOW | block.BIT_ACK_DELAYED);
	// One segment is timed at a time (RFC 6298 §3), and one in RTT_STEP.
	if (!(bits & block.BIT_TIMING) && (now - get(view, tcb + block.TCB_RTT_AT)) >>> 0 >= RTT_STEP) {
		set(view, tcb + block.TCB_RTT_SEQ, next);
		set(view, tcb + block.TCB_RTT_AT, now);
		after |= block.BIT_TIMING;
	}
	set(view, tcb + block.TCB_BITS, after);
	return end;
}

/** Builds the acknowledgment that is owed now, if one is, at `at`. Answers the end of the packet, or 0. */
export function streamAck(view: DataView, at: number, tcb: number): number {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const bits = get(view, tcb + block.TCB_BITS);
	if (!(bits & block.BIT_ACK_NOW)) return 0;
	set(view, tcb + block.TCB_BITS, bits & ~(block.BIT_ACK_NOW | block.BIT_ACK_DELAYED));
	const seq = get(view, tcb + block.TCB_SND_NXT);
	const ack = get(view, tcb + block.TCB_RCV_NXT);
	return tcpBuild(view, at, tcb, seq, ack, PLAIN | advertise(view, tcb), 0, 0);
}

/**
 * Takes up to `length` bytes out of the receive ring into `buffer` from its byte `start` on. Answers how many, and READ_… Throws TypeError
 * for what is no buffer of bytes.
 */
export function streamRead(view: DataView, tcb: number, buffer: Bytes, start: number, length: number): number {
	demandBytes(buffer);
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const queued = get(view, tcb + block.TCB_RCV_QUEUED);
	if (length > queued) length = queued;
	if (length <= 0) return 0;
	const size = get(view, tcb + block.TCB_RECEIVE_SIZE);
	let from = get(view, tcb + block.TCB_RCV_AT) - queued;
	if (from < 0) from += size;
	ringRead(view, get(view, tcb + block.TCB_RECEIVE_RING), size, from, buffer, start, length);
	const left = queued - length;
	set(view, tcb + block.TCB_RCV_QUEUED, left);
	const bits = get(view, tcb + block.TCB_BITS);
	if (bits & block.BIT_FIN) return left === 0 ? length | READ_END : length;
	if (bits & block.BIT_ACK_NOW) return length;
	const open = (get(view, tcb + block.TCB_RCV_ADVERTISED) - get(view, tcb + block.TCB_RCV_NXT)) | 0;
	return size - left - open < get(view, tcb + block.TCB_UPDATE_STEP) ? length : length | READ_TELL;
}

/** Takes one byte out of the receive ring and answers it. Undefined, nothing taken, when there is none, or when READ_… would have to be answered. */
export function streamByte(view: DataView, tcb: number): number | undefined {
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const queued = get(view, tcb + block.TCB_RCV_QUEUED);
	if (queued <= 0) return undefined;
	const bits = get(view, tcb + block.TCB_BITS);
	const size = get(view, tcb + block.TCB_RECEIVE_SIZE);
	if (bits & block.BIT_FIN) {
		if (queued === 1) return undefined;
	} else if (!(bits & block.BIT_ACK_NOW)) {
		const open = (get(view, tcb + block.TCB_RCV_ADVERTISED) - get(view, tcb + block.TCB_RCV_NXT)) | 0;
		if (size - queued + 1 - open >= get(view, tcb + block.TCB_UPDATE_STEP)) return undefined;
	}
	const byte = new Uint8Array(1);
	let from = get(view, tcb + block.TCB_RCV_AT) - queued;
	if (from < 0) from += size;
	ringRead(view, get(view, tcb + block.TCB_RECEIVE_RING), size, from, byte, 0, 1);
	set(view, tcb + block.TCB_RCV_QUEUED, queued - 1);
	return byte[0]!;
}

/** Puts `length` bytes of `buffer` from its byte `start` on into the send ring. Answers the room left, or -1 when they do not fit. Throws as streamRead. */
export function streamWrite(view: DataView, tcb: number, buffer: Bytes, start: number, length: number): number {
	demandBytes(buffer);
	check(tcb, block.TCB_BLOCK, view.byteLength);
	const size = get(view, tcb + block.TCB_SEND_SIZE);
	const queued = get(view, tcb + block.TCB_SND_QUEUED);
	const left = size - queued - length;
	if (left < 0) return -1;
	let to = get(view, tcb + block.TCB_SND_AT) + queued;
	if (to >= size) to -= size;
	if (length !== 0) ringWrite(view, get(view, tcb + block.TCB_SEND_RING), size, to, buffer, start, length);
	set(view, tcb + block.TCB_SND_QUEUED, queued + length);
	return left;
}
