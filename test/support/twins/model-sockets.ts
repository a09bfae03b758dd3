// What TCP and UDP do as predicted, once more, byte by byte and in the words of the comments in src/transport/tcp/stream.ts and udp/deliver.ts: see model.ts.

import { CORE, CoreBlock } from "../../../src/packet/core-block.ts";
import { REGISTER } from "../../../src/packet/fields.ts";
import { PathBlock } from "../../../src/packet/path-block.ts";
import { BIT_ACK_DELAYED, BIT_ACK_NOW, BIT_FIN, BIT_PREDICTED, BIT_TIMING, TcbBlock } from "../../../src/packet/tcb-block.ts";
import { TcpBlock } from "../../../src/packet/tcp-block.ts";
import { UDP_TOLD, UdpBlock } from "../../../src/packet/udp-block.ts";
import { read32 } from "../frames.ts";
import { put, setWord, take, word, type Application } from "./model.ts";

/** Where the fields of a TCB block lie, of a UDP socket, and of TCP's pool. */
const TCB = TcbBlock.offsets;
const UDP = UdpBlock.offsets;
const POOL = TcpBlock.offsets;

type Field = keyof typeof TCB;

/** A TCB block as an object whose fields are those of the block. */
function tcbAt(view: DataView, block: number): Record<Field, number> {
	take(view, block, TcbBlock.bytes);
	return new Proxy({} as Record<Field, number>, {
		get: (_target, name) => word(view, block + TCB[name as Field]),
		set: (_target, name, value: number) => {
			setWord(view, block + TCB[name as Field], value | 0);
			return true;
		},
	});
}

/** Ring bytes, from ring byte `at` on. */
function fromRing(view: DataView, ring: number, size: number, at: number, length: number): number[] {
	ringCheck(view, ring, size, at, length);
	const bytes = [];
	for (let i = 0; i < length; i++) bytes.push(take(view, ring + ((at + i) % size), 1)[0]!);
	return bytes;
}

function toRing(view: DataView, ring: number, size: number, at: number, bytes: readonly number[]): void {
	ringCheck(view, ring, size, at, bytes.length);
	for (const [i, byte] of bytes.entries()) put(view, ring + ((at + i) % size), [byte]);
}

function ringCheck(view: DataView, ring: number, size: number, at: number, length: number): void {
	take(view, ring, size);
	if (at < 0 || at >= size || length < 0 || length > size) throw new RangeError(`${length} bytes at ${at} of a ring of ${size}`);
}

/** Bytes of a page of TCP's pool. */
const PAGE = 512;

/** The pool as an object. */
function poolOf(view: DataView): Record<keyof typeof POOL, number> {
	const at = word(view, CORE + CoreBlock.offsets.tcp);
	return new Proxy({} as Record<keyof typeof POOL, number>, {
		get: (_target, name) => word(view, at + POOL[name as keyof typeof POOL]),
		set: (_target, name, value: number) => {
			setWord(view, at + POOL[name as keyof typeof POOL], value | 0);
			return true;
		},
	});
}

/** Where byte `at` of a ring lies; it gets a page where there is none. */
function place(view: DataView, pages: number, ring: number, at: number): number {
	const within = at % ring;
	const entry = pages + 4 * Math.floor(within / PAGE);
	if (word(view, entry) === 0) {
		const pool = poolOf(view);
		if (pool.pagesListed > 64 || pool.freshPage >= pool.poolEnd) {
			if (pool.pagesListed <= 0) throw new RangeError("no page");
			setWord(view, entry, pool.freePage);
			pool.freePage = word(view, pool.freePage);
			pool.pagesListed--;
		} else {
			setWord(view, entry, pool.freshPage);
			pool.freshPage += PAGE;
		}
	}
	return word(view, entry) + (within % PAGE);
}

function fromPages(view: DataView, pages: number, ring: number, at: number, length: number): number[] {
	return Array.from({ length }, (_, i) => take(view, place(view, pages, ring, at + i), 1)[0]!);
}

function toPages(view: DataView, pages: number, ring: number, at: number, bytes: readonly number[]): void {
	for (const [i, byte] of bytes.entries()) put(view, place(view, pages, ring, at + i), [byte]);
}

/** Bytes `at` to `at + length` are done with: pages that end there go back. Answers how many are promised from now on, of `promised`. */
function passed(
	view: DataView,
	pages: number,
	ring: number,
	at: number,
	length: number,
	promised: number,
	floor: number,
	most: number,
	empty = false,
): number {
	const pool = poolOf(view);
	let count = 0;
	for (let i = 0; i < length; i++) if ((at + i) % PAGE === PAGE - 1) count++;
	if (count === 0 && (!empty || promised === ring / PAGE)) return promised;
	const others = pool.pagesPromised - promised;
	const left = pool.pageCount - others - floor;
	const fair = floor + left - Math.floor(left / 4);
	const next = Math.max(promised - count, floor, Math.min(empty ? ring / PAGE : promised + count, most, fair));
	pool.pagesPromised = others + next;
	// All that lies outside of what is promised now, unless that is the whole ring.
	const slots = ring / PAGE;
	const first = Math.floor(at / PAGE);
	const from = promised === slots ? count + next - slots : 0;
	const end = next === slots ? from : count;
	for (let i = from; i < end; i++) release(view, pool, pages + 4 * ((first + i) % slots));
	return next;
}

function release(view: DataView, pool: Record<keyof typeof POOL, number>, entry: number): void {
	const page = word(view, entry);
	setWord(view, entry, 0);
	if (page === 0) return;
	if (pool.pagesListed === 0) pool.freePage = page;
	else setWord(view, pool.lastPage, page);
	pool.lastPage = page;
	pool.pagesListed++;
}

export function streamIn(view: DataView, block: number): number {
	const tcb = tcbAt(view, block);
	const data = take(view, word(view, REGISTER.payloadAt), word(view, REGISTER.payloadLength));
	const flags = (word(view, REGISTER.flagsWindow) >> 16) & 255;
	const window = (word(view, REGISTER.flagsWindow) & 0xffff) << tcb.sndScale;
	const seq = word(view, REGISTER.seq);
	const acked = (word(view, REGISTER.ack) - tcb.sndUna) | 0;
	const expected =
		tcb.bits & BIT_PREDICTED &&
		(flags | 8) === 0x18 &&
		flags & 16 &&
		seq === tcb.rcvNxt &&
		data.length <= tcb.rcvRoom &&
		acked >= 0 &&
		acked <= ((tcb.sndNxt - tcb.sndUna) | 0) &&
		(acked > 0 || data.length > 0);
	if (!expected) return 4;
	let what = 0;
	if (data.length > 0) {
		toPages(view, tcb.receivePages, tcb.receiveRing, tcb.rcvAt, data);
		tcb.rcvAt = (tcb.rcvAt + data.length) % tcb.receiveRing;
		tcb.rcvQueued += data.length;
		tcb.rcvRoom -= data.length;
		tcb.rcvNxt = seq + data.length;
		what = tcb.bits & BIT_ACK_DELAYED ? 3 : 2;
		tcb.bits |= what === 3 ? BIT_ACK_NOW : BIT_ACK_DELAYED;
	}
	tcb.sndWnd = window;
	tcb.sndWndMax = Math.max(window, tcb.sndWndMax);
	tcb.sndWl1 = seq;
	tcb.sndWl2 = word(view, REGISTER.ack);
	const ack = word(view, REGISTER.ack);
	const flight = (tcb.sndNxt - ack) | 0;
	if (acked > 0) {
		tcb.sndUna = ack;
		tcb.sndQueued -= acked;
		const { sendPages, sendRing, sndAt } = tcb;
		const floor = poolOf(view).sendFloor;
		const most = take(view, block + TCB.finQueued, 1)[0] === 0 ? sendRing / PAGE : 0;
		tcb.sendPromised = passed(view, sendPages, sendRing, sndAt, acked, tcb.sendPromised, floor, most, tcb.sndQueued === 0);
		tcb.sndAt = (sndAt + acked) % sendRing;
		let room = Math.min(tcb.sendSize, tcb.sendPromised * PAGE - (tcb.sndAt % PAGE));
		const mss = tcb.sndMss;
		if (room === tcb.sendSize) room = tcb.sndMost;
		else if (mss <= room && mss >= 512) room -= room % mss;
		tcb.sndRoom = Math.max(tcb.sndRoom, room - tcb.sndQueued);
		what |= 8 | (acked << 8);
		if (flight === 0) what |= 16;
		if (tcb.sndQueued <= tcb.sndRoom || tcb.sndRoom >= Math.max(tcb.sendSize / 16, 4096)) what |= 64;
		if (tcb.bits & BIT_TIMING && ((ack - tcb.rttSeq) | 0) > 0) {
			tcb.bits &= ~BIT_TIMING;
			what |= 128;
		}
	}
	return tcb.sndQueued > flight ? what | 32 : what;
}

export function streamRead(view: DataView, block: number, buffer: Application, start: number, length: number): number {
	const tcb = tcbAt(view, block);
	const count = Math.min(length, tcb.rcvQueued);
	if (count <= 0) return 0;
	const { receivePages, receiveRing } = tcb;
	const first = (tcb.rcvAt - tcb.rcvQueued + receiveRing) % receiveRing;
	put(buffer, start, fromPages(view, receivePages, receiveRing, first, count));
	tcb.rcvQueued -= count;
	const most = take(view, block + TCB.state, 1)[0]! < 4 || tcb.bits & BIT_FIN ? 0 : receiveRing / PAGE;
	const floor = poolOf(view).receiveFloor;
	tcb.receivePromised = passed(view, receivePages, receiveRing, first, count, tcb.receivePromised, floor, most);
	tcb.rcvRoom = Math.min(tcb.receiveSize, tcb.receivePromised * PAGE - ((first + count) % PAGE)) - tcb.rcvQueued;
	if (tcb.bits & BIT_FIN) return tcb.rcvQueued === 0 ? count | 0x20000000 : count;
	if (tcb.bits & BIT_ACK_NOW) return count;
	return worth(tcb, tcb.rcvRoom, tcb.rcvRoom + tcb.rcvQueued) ? count | 0x10000000 : count;
}

/** Whether a window of `room` is to be told: it opens by a step, by half of all that may be, or, where that is less than two segments, for the first full one. */
function worth(tcb: Record<Field, number>, room: number, all: number): boolean {
	const told = (tcb.rcvAdv - tcb.rcvNxt) | 0;
	const full = tcb.windowStep;
	return room - told >= Math.min(tcb.updateStep, all >> 1) || (all >> 1 < full && told < full && room >= full);
}

export function streamByte(view: DataView, block: number): number {
	const tcb = tcbAt(view, block);
	const { rcvQueued, rcvRoom, bits } = tcb;
	if (rcvQueued <= 0) return -1;
	if (bits & BIT_FIN) {
		if (rcvQueued === 1) return -1;
	} else if (!(bits & BIT_ACK_NOW)) {
		if (worth(tcb, rcvRoom + 1, rcvRoom + rcvQueued)) return -1;
	}
	if ((tcb.rcvAt - rcvQueued + tcb.receiveRing) % PAGE === PAGE - 1) return -1;
	const byte = new Uint8Array(1);
	streamRead(view, block, byte, 0, 1);
	return byte[0]!;
}

export function streamWrite(view: DataView, block: number, buffer: Application, start: number, length: number): number {
	const tcb = tcbAt(view, block);
	const left = tcb.sndRoom - length;
	if (left < 0) return -1;
	if (length !== 0)
		toPages(view, tcb.sendPages, tcb.sendRing, (tcb.sndAt + tcb.sndQueued) % tcb.sendRing, take(buffer, start, length));
	tcb.sndQueued += length;
	tcb.sndRoom = left;
	return left;
}

/** A UDP socket block. */
function udpAt(view: DataView, block: number): { ring: number; size: number; at: number; used: number; count: number } {
	take(view, block, UdpBlock.bytes);
	const [ring, size, at, used, count] = [UDP.ring, UDP.size, UDP.next, UDP.used, UDP.count].map((field) =>
		word(view, block + field),
	) as [number, number, number, number, number];
	return { ring, size, at, used, count };
}

const big = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const padding = (length: number) => (4 - (length % 4)) % 4;

/** The datagram in the registers, `length` bytes at `payload`. What the ring says of it is put before it. Answers whether it fits. */
export function deliver(view: DataView, block: number, slot: number, payload: number, length: number): boolean {
	const { ring, size, at, used, count } = udpAt(view, block);
	const whole = 40 + length + padding(length);
	if (whole > size - used) return false;
	const said = [
		...take(view, REGISTER.source, 16),
		...take(view, REGISTER.destination, 16),
		...big(word(view, REGISTER.ports)),
		...big(length | (slot << 16)),
	];
	put(view, payload - 40, said);
	toRing(view, ring, size, at, take(view, payload - 40, 40 + length));
	setWord(view, block + UDP.next, (at + whole) % size);
	setWord(view, block + UDP.used, used + whole);
	setWord(view, block + UDP.count, count + 1);
	return true;
}

export function udpDeliver(view: DataView, block: number, length: number, slot: number): number {
	udpAt(view, block);
	const payload = word(view, REGISTER.payloadAt);
	take(view, payload, length);
	return deliver(view, block, slot, payload, length) ? 1 : 0;
}

export function udpRead(view: DataView, block: number, buffer: Application, start: number, length: number): number {
	const { ring, size, at, used, count } = udpAt(view, block);
	if (used < 40) return -1;
	const first = (at - used + size) % size;
	const header = fromRing(view, ring, size, first, 40);
	const last = read32(header, 36);
	const bytes = last & 0xffff;
	const [ports, slot] = [read32(header, 32), (last >> 16) & 0xffff];
	const addresses = header.slice(0, 32);
	const bits = word(view, block + UDP.bits);
	const known =
		(bits & UDP_TOLD) !== 0 &&
		take(view, block + UDP.lastSource, 32).every((byte, i) => byte === addresses[i]) &&
		word(view, block + UDP.lastPorts) === ports &&
		word(view, block + UDP.lastSlot) === slot;
	put(buffer, start, fromRing(view, ring, size, (first + 40) % size, Math.min(length, bytes)));
	setWord(view, block + UDP.used, used - 40 - bytes - padding(bytes));
	setWord(view, block + UDP.count, count - 1);
	if (!known) {
		put(view, block + UDP.lastSource, addresses);
		setWord(view, block + UDP.lastPorts, ports);
		setWord(view, block + UDP.lastSlot, slot);
		setWord(view, block + UDP.bits, bits | UDP_TOLD);
		// The way back, when it is from another address of ours: to be looked up anew.
		const bound = take(view, block + UDP.localAddress, 16).some((byte) => byte !== 0);
		const back = take(view, block + UDP.path + PathBlock.offsets.destination, 16).every((byte, i) => byte === addresses[i]);
		if (!bound && back)
			for (const at of [PathBlock.offsets.wayVersion, PathBlock.offsets.routeVersion]) setWord(view, block + UDP.path + at, -1);
	}
	return known ? bytes : bytes + 65536;
}

export function udpAgain(view: DataView, block: number): void {
	udpAt(view, block);
	setWord(view, block + UDP.bits, word(view, block + UDP.bits) & ~UDP_TOLD);
}

export function udpNext(view: DataView, block: number): number {
	const { ring, size, at, used } = udpAt(view, block);
	if (used < 40) return -1;
	return read32(fromRing(view, ring, size, (at - used + size + 36) % size, 4), 0) & 0xffff;
}

export function udpForget(view: DataView, block: number, slot: number): void {
	const { ring, size, at, used } = udpAt(view, block);
	if (word(view, block + UDP.lastSlot) === slot) {
		setWord(view, block + UDP.lastSlot, 0xffff);
		setWord(view, block + UDP.bits, word(view, block + UDP.bits) & ~UDP_TOLD);
	}
	for (let left = used; left >= 40;) {
		const place = (at - left + size + 36) % size;
		const last = read32(fromRing(view, ring, size, place, 4), 0);
		const bytes = last & 0xffff;
		if (last >>> 16 === slot) toRing(view, ring, size, place, big(bytes | -0x10000));
		left -= 40 + bytes + padding(bytes);
	}
}
