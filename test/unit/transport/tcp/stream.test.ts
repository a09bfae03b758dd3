// What TCP does when everything is as predicted: the C functions against their twins (on XS; on Node the twin stands alone, and only what it must keep to is
// looked at), on numbers as connections have them and on nonsense.

import { describe, expect, it } from "vitest";
import * as subject from "#codec";
import { allocate } from "#memory";
import { PAGE_SHIFT } from "../../../../src/config.ts";
import { CORE, CORE_END, CoreBlock } from "../../../../src/packet/core-block.ts";
import { PAGE_BYTES, PAGE_MASK } from "../../../../src/packet/pages.ts";
import { BIT_PREDICTED, TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { TcpBlock } from "../../../../src/packet/tcp-block.ts";
import { REGISTER } from "../../../../src/packet/fields.ts";
import * as twin from "../../../../src/door.ts";
import { IN_UNEXPECTED } from "../../../../src/transport/tcp/stream.ts";
import { envNumber, onXS } from "../../../support/env.ts";
import { Prng } from "../../../support/prng.ts";

const TCB = TcbBlock.offsets;

const SEED = envNumber("SEED", 20261122);
const ROUNDS = envNumber("ROUNDS", onXS ? 500 : 2000);
const ARENA = 10_240;
const BLOCK = CORE_END;
const POOL = 1536;
/** Pages of each ring, their tables, and the pages. */
const SLOTS = 5;
const RECEIVE = 1920;
const SEND = RECEIVE + 4 * SLOTS;
const PAGES = 2048;
const PAYLOAD = PAGES + 2 * SLOTS * PAGE_BYTES;

/** Words of the block that may be nonsense: those of streams, and of their rings. */
const NONSENSE = (
	[
		"sendPages",
		"sendSize",
		"bits",
		"rcvNxt",
		"rcvAdv",
		"rcvQueued",
		"rcvAt",
		"receivePages",
		"receiveSize",
		"windowStep",
		"updateStep",
		"sndUna",
		"sndNxt",
		"sndQueued",
		"sndAt",
		"sndWnd",
		"sndWndMax",
		"cwnd",
		"sndMss",
		"sndSmall",
		"rttSeq",
		"rttAt",
		"receiveRing",
		"receivePromised",
		"rcvRoom",
		"sendRing",
		"sendPromised",
		"sndRoom",
	] as const
).map((name) => TCB[name] >> 2);

type Words = Record<number, number>;

/** Pages that may be promised to a ring with so many bytes from ring byte `first` on. */
function promise(prng: Prng, first: number, queued: number): number {
	return prng.between(Math.max(((first & PAGE_MASK) + queued + PAGE_MASK) >> PAGE_SHIFT, 1), SLOTS);
}

function roomOf(promised: number, first: number, queued: number, size: number): number {
	return Math.min(size, (promised << PAGE_SHIFT) - (first & PAGE_MASK)) - queued;
}

/** Both tables with the pages of what is in the rings, and a pool that has the others. */
function writePool(view: DataView, words: Words, dice: Prng): void {
	const set = (at: number, value: number) => view.setInt32(at, value, true);
	const pages = Array.from({ length: 2 * SLOTS }, (_, i) => PAGES + i * PAGE_BYTES);
	if (dice.chance(0.5)) pages.reverse();
	const ring = (table: number, first: number, queued: number) => {
		for (let i = 0; i < SLOTS; i++) set(table + 4 * i, 0);
		for (let at = first & ~PAGE_MASK; at < first + queued; at += PAGE_BYTES)
			set(table + 4 * ((at >> PAGE_SHIFT) % SLOTS), pages.shift()!);
	};
	const bytes = SLOTS * PAGE_BYTES;
	ring(RECEIVE, (words[TCB.rcvAt]! - words[TCB.rcvQueued]! + bytes) % bytes, words[TCB.rcvQueued]!);
	ring(SEND, words[TCB.sndAt]!, words[TCB.sndQueued]!);
	const { offsets } = TcpBlock;
	for (const [i, page] of pages.entries()) set(page, pages[i + 1] ?? 0);
	set(POOL + offsets.freePage, pages[0] ?? 0);
	set(POOL + offsets.lastPage, pages.at(-1) ?? 0);
	set(POOL + offsets.pagesListed, pages.length);
	set(POOL + offsets.freshPage, PAYLOAD);
	set(POOL + offsets.poolEnd, PAYLOAD);
	const promised = words[TCB.receivePromised]! + words[TCB.sendPromised]!;
	set(POOL + offsets.pageCount, dice.between(promised, 3 * SLOTS));
	set(POOL + offsets.pagesPromised, promised);
	set(POOL + offsets.receiveFloor, dice.between(1, 3));
	set(POOL + offsets.sendFloor, dice.between(1, 3));
	set(CORE + CoreBlock.offsets.tcp, POOL);
	view.setUint8(BLOCK + TCB.state, dice.pick([0, 4]));
}

/** Numbers of a connection under way. */
function connection(prng: Prng): Words {
	const receiveSize = prng.between(2, 2000);
	const sendSize = prng.between(2, 2000);
	const rcvNxt = prng.next();
	const una = prng.next();
	const rcvQueued = prng.below(receiveSize + 1);
	const sndQueued = prng.below(sendSize + 1);
	const flight = prng.below(sndQueued + 1);
	const mss = prng.pick([28, 536, 1000, 1460]);
	const bytes = SLOTS * PAGE_BYTES;
	const rcvAt = prng.below(bytes);
	const first = (rcvAt - rcvQueued + bytes) % bytes;
	const sndAt = prng.below(bytes);
	const receivePromised = promise(prng, first, rcvQueued);
	const sendPromised = promise(prng, sndAt, sndQueued);
	return {
		[TCB.ipHeader]: 20,
		[TCB.optionsLength]: prng.chance(0.9) ? 0 : 12,
		[TCB.noChecksum]: prng.below(2),
		[TCB.sendPages]: SEND,
		[TCB.sendRing]: SLOTS * PAGE_BYTES,
		[TCB.sendPromised]: sendPromised,
		[TCB.sndRoom]: roomOf(sendPromised, sndAt, sndQueued, sendSize),
		[TCB.sendSize]: sendSize,
		[TCB.bits]: prng.chance(0.8) ? prng.below(64) | BIT_PREDICTED : prng.below(64),
		[TCB.rcvNxt]: rcvNxt,
		[TCB.rcvAdv]: (rcvNxt + prng.between(-10, receiveSize - rcvQueued)) | 0,
		[TCB.rcvQueued]: rcvQueued,
		[TCB.rcvAt]: rcvAt,
		[TCB.receivePages]: RECEIVE,
		[TCB.receiveRing]: SLOTS * PAGE_BYTES,
		[TCB.receivePromised]: receivePromised,
		[TCB.rcvRoom]: roomOf(receivePromised, first, rcvQueued, receiveSize),
		[TCB.receiveSize]: receiveSize,
		[TCB.windowStep]: Math.min(receiveSize >> 1, 1460),
		[TCB.updateStep]: Math.min(receiveSize >> 1, 2920),
		[TCB.sndUna]: una,
		[TCB.sndNxt]: (una + flight) | 0,
		[TCB.sndQueued]: sndQueued,
		[TCB.sndAt]: sndAt,
		[TCB.sndWnd]: prng.pick([0, 1, 500, flight, 2000, 65_535]),
		[TCB.sndWndMax]: prng.pick([0, 500, 65_535]),
		[TCB.cwnd]: prng.pick([mss, 2 * mss, 14_600]),
		[TCB.sndMss]: mss,
		[TCB.sndSmall]: (una + prng.between(-5, flight)) | 0,
		[TCB.rttSeq]: (una + prng.below(flight + 1)) | 0,
		[TCB.rttAt]: prng.next(),
	};
}

/** A segment that is expected, or nearly. */
function segment(prng: Prng, words: Words, view: DataView): void {
	const flight = (words[TCB.sndNxt]! - words[TCB.sndUna]!) | 0;
	const room = words[TCB.rcvRoom]!;
	const seq = words[TCB.rcvNxt]! + (prng.chance(0.9) ? 0 : prng.between(-2, 2));
	const ack = words[TCB.sndUna]! + prng.pick([0, 0, flight, flight + 1, -1, prng.below(flight + 1)]);
	const flags = prng.chance(0.9) ? prng.pick([16, 24]) : prng.below(256);
	view.setInt32(REGISTER.seq, seq, true);
	view.setInt32(REGISTER.ack, ack, true);
	view.setInt32(REGISTER.flagsWindow, (flags << 16) | prng.pick([0, 500, 65_535]), true);
	view.setInt32(REGISTER.payloadAt, PAYLOAD + prng.below(40), true);
	view.setInt32(REGISTER.payloadLength, prng.pick([0, room, room + 1, prng.below(1461)]), true);
}

interface Outcome {
	value?: number;
	error?: string;
}

function outcome(run: () => number): Outcome {
	try {
		return { value: run() };
	} catch (error) {
		return { error: (error as Error).name };
	}
}

/** Runs `call` with both codecs on the same memory, as connections have it or, one time in five, with a word of nonsense in the block. */
function compare(
	name: string,
	call: (codec: typeof twin, view: DataView, buffer: Uint8Array, dice: Prng) => number,
): { answered: number; refused: number } {
	const prng = new Prng(SEED);
	const counts = { answered: 0, refused: 0 };
	for (let round = 0; round < ROUNDS; round++) {
		const one = prng.fork();
		const words = connection(one);
		const seed = one.next();
		const nonsense = one.chance(0.2);
		const fill = one.next();
		const results: { outcome: Outcome; words: Int32Array; buffer: Uint8Array }[] = [];
		for (const codec of [subject as unknown as typeof twin, twin]) {
			const arena = allocate(ARENA);
			const view = new DataView(arena);
			const all = new Int32Array(arena);
			const noise = new Prng(fill);
			for (let i = 0; i < all.length; i++) all[i] = noise.next();
			for (const [at, value] of Object.entries(words)) view.setInt32(BLOCK + Number(at), value, true);
			const dice = new Prng(seed);
			writePool(view, words, dice);
			segment(dice, words, view);
			if (nonsense) view.setInt32(BLOCK + 4 * dice.pick(NONSENSE), dice.pick([-1, 0, ARENA, 70_000, -70_000]), true);
			const buffer = new Uint8Array(2100).map(() => noise.next());
			results.push({ outcome: outcome(() => call(codec, view, buffer, dice)), words: all.slice(), buffer });
		}
		const [got, wanted] = results as [(typeof results)[0], (typeof results)[0]];
		const label = `${name}, round ${round}, SEED=${SEED}`;
		expect(got.outcome, label).toEqual(wanted.outcome);
		if (got.outcome.error !== undefined) {
			expect(got.outcome.error, label).toBe("RangeError");
			counts.refused++;
			continue;
		}
		counts.answered++;
		const word = got.words.findIndex((value, i) => value !== wanted.words[i]);
		expect(word, `${label}: word that differs`).toBe(-1);
		const byte = got.buffer.findIndex((value, i) => value !== wanted.buffer[i]);
		expect(byte, `${label}: byte that differs`).toBe(-1);
	}
	expect(counts.answered).toBeGreaterThan(ROUNDS / 2);
	return counts;
}

describe("streams", () => {
	it("streamIn", () => {
		let expected = 0;
		compare("streamIn", (codec, view) => {
			const answer = codec.streamIn(view, BLOCK);
			if (answer !== IN_UNEXPECTED) expected++;
			return answer;
		});
		expect(expected).toBeGreaterThan(ROUNDS / 15);
	});
	it("streamRead", () => {
		const counts = compare("streamRead", (codec, view, buffer, dice) =>
			codec.streamRead(view, BLOCK, buffer, dice.pick([0, 0, 1, 50, -1, 2100]), dice.pick([0, 1, 500, 2000, 65_535, -1])),
		);
		expect(counts.refused).toBeGreaterThan(0);
	});
	it("streamByte", () => {
		const answers = new Set<number>();
		compare("streamByte", (codec, view) => {
			const answer = codec.streamByte(view, BLOCK);
			answers.add(answer >> 8);
			return answer;
		});
		expect([...answers].sort()).toEqual([-1, 0]);
	});
	it("streamRead and streamWrite take bytes only", () => {
		const view = new DataView(allocate(ARENA));
		for (const wrong of [new Uint16Array(2), new Float64Array(1), {}, "text", 5, undefined, null, Math.sin] as never[]) {
			expect(() => subject.streamRead(view, BLOCK, wrong, 0, 1)).toThrow(TypeError);
			expect(() => subject.streamWrite(view, BLOCK, wrong, 0, 1)).toThrow(TypeError);
		}
		const size = 4;
		for (const right of [
			new ArrayBuffer(size),
			new SharedArrayBuffer(size),
			new DataView(new ArrayBuffer(size)),
			new Int8Array(size),
		])
			expect(subject.streamRead(view, BLOCK, right, 0, 1)).toBe(0);
	});
	it("streamWrite", () => {
		const counts = compare("streamWrite", (codec, view, buffer, dice) =>
			codec.streamWrite(view, BLOCK, buffer, dice.pick([0, 0, 1, 50, -1, 2100]), dice.pick([0, 1, 10, 500, 2000, 65_535, -1])),
		);
		expect(counts.refused).toBeGreaterThan(0);
	});
	it("blocks outside of the arena are refused", () => {
		const view = new DataView(allocate(ARENA));
		const buffer = new Uint8Array(10);
		for (const at of [-1, ARENA - 4, 0x7fffffff, -0x80000000]) {
			expect(() => subject.streamIn(view, at)).toThrow(RangeError);
			expect(() => subject.streamRead(view, at, buffer, 0, 1)).toThrow(RangeError);
			expect(() => subject.streamByte(view, at)).toThrow(RangeError);
			expect(() => subject.streamWrite(view, at, buffer, 0, 1)).toThrow(RangeError);
		}
	});
});
