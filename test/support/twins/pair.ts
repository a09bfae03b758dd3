// Two arenas with the same bytes, one for each of two stacks of functions: what they answer and leave behind must be the same.
// On XS the native codec is compared with its TypeScript twin, on Node the twin with the naive model of model.ts.

import { expect } from "vitest";
import * as subject from "#codec";
import { allocate } from "#memory";
import { copyAddress, setNone, setV4, setV4OrNone } from "../../../src/packet/address.ts";
import { FlowEntry, FlowTable } from "../../../src/packet/flow-table.ts";
import { OWN_GROUP, OWN_SLOT_SHIFT, OwnEntry, OwnTable } from "../../../src/packet/own-table.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { PAGE_SHIFT } from "../../../src/config.ts";
import { CORE, CORE_END, CoreBlock } from "../../../src/packet/core-block.ts";
import { PAGE_BYTES, PAGE_MASK } from "../../../src/packet/pages.ts";
import { BIT_PREDICTED, TcbBlock } from "../../../src/packet/tcb-block.ts";
import { TcpBlock } from "../../../src/packet/tcp-block.ts";
import * as fields from "../../../src/packet/fields.ts";
import * as door from "../../../src/door.ts";
import * as twin from "../../../src/wire/codec.ts";
import { ownAdd, ownClear } from "../../../src/ip/own.ts";
import { flowEntry } from "../../../src/transport/flow-find.ts";
import { envNumber, onXS } from "../env.ts";
import { ip } from "../frames.ts";
import { Prng } from "../prng.ts";
import { macOf } from "../wire.ts";
import * as modelSockets from "./model-sockets.ts";
import * as model from "./model.ts";

const IFACE = InterfaceBlock.offsets;
const FLOWS = FlowTable.offsets;
const TCB = TcbBlock.offsets;
const POOL = TcpBlock.offsets;

const { streamIn, streamByte, streamRead, streamWrite, udpAgain, udpDeliver, udpForget, udpRead, udpNext } = modelSockets;
const {
	checksum,
	flowFind,
	ownFind,
	routeEntry,
	routeFind,
	ipv4Build,
	tcpBuild,
	udpBuild,
	icmpEchoReply,
	ttlDecrement,
	countSent,
} = model;
const { halfSipHash, ethernetHeader, copy, copyOut, copyIn } = model;

/** Of framing, header compression and texts there is no second model: framing.test.ts and vj.test.ts compare them with frames that support/ makes, text.test.ts with the language's own. Of devices in C Node has none: device/devices.test.ts. */
const { deviceLinkUp, devicePasses, deviceReceive, deviceService, deviceTransmit, lineReceive } = twin;
const { framingReset, framingSpoil, hdlcDecode, hdlcEncode, slipDecode, slipEncode } = twin;
const { asciiPut, vjCompress, vjDecompress } = twin;

/** Every function of the naive model, by the name of its like behind the door. */
export const naive: Record<string, unknown> = {
	checksum,
	flowEntry: model.flowEntry,
	flowFind,
	ownFind,
	routeEntry,
	routeFind,
	ipv4Build,
	tcpBuild,
	udpBuild,
	icmpEchoReply,
	ttlDecrement,
	countSent,
	halfSipHash,
	halfSipHash4: halfSipHash,
	ethernetHeader,
	copy,
	copyOut,
	copyIn,
	streamIn,
	streamByte,
	streamRead,
	streamWrite,
	udpAgain,
	udpDeliver,
	udpForget,
	udpRead,
	udpNext,
	framingReset,
	framingSpoil,
	hdlcDecode,
	hdlcEncode,
	asciiPut,
	slipDecode,
	slipEncode,
	vjCompress,
	vjDecompress,
	deviceLinkUp,
	devicePasses,
	deviceReceive,
	deviceService,
	deviceTransmit,
	lineReceive,
};

/** Those of them that are not the codec's but of the layers above. */
export const above = [
	"flowEntry",
	"flowFind",
	"ownFind",
	"routeEntry",
	"routeFind",
	"streamByte",
	"streamIn",
	"streamRead",
	"streamWrite",
	"udpAgain",
	"udpDeliver",
	"udpForget",
	"udpNext",
	"udpRead",
];

export const AGAINST = onXS ? "its TypeScript twin" : "the naive model";
export const SEED = envNumber("SEED", 20261122);
export const ROUNDS = envNumber("ROUNDS", 400);

/** Registers and CoreBlock; two interface blocks, or a TCB block; the table of our own addresses; and from FREE on tables, rings and packets. */
export const ARENA = 8960;
export const BLOCK = CORE_END;
export const SECOND_BLOCK = BLOCK + InterfaceBlock.bytes;
const OWN = SECOND_BLOCK + InterfaceBlock.bytes;
const OWN_ENTRIES = 32;
export const FREE = OWN + OwnTable.bytes + OWN_ENTRIES * OwnEntry.bytes;
/** Behind tables, blocks and rings of at most 1,500 bytes. */
export const OUTPUT = 7168;

type Arguments = readonly unknown[];
type Codec = Record<string, (...args: never[]) => unknown>;

/** On Node of what is not the codec's there is one alone; its tests have models. */
const reference = (onXS ? door : { ...door, ...naive }) as unknown as Codec;

/** Two arenas with the same random bytes, and two buffers of an application. */
export class Pair {
	readonly prng: Prng;
	readonly views: readonly [DataView, DataView];
	readonly words: readonly [Int32Array, Int32Array];
	readonly buffers: readonly [Uint8Array, Uint8Array];

	constructor(prng: Prng) {
		this.prng = prng;
		// As the stack has it, or behind an offset, which a native must not forget.
		const skip = prng.chance(0.5) ? 0 : 64;
		const arenas = [0, 1].map(() => (skip === 0 ? allocate(ARENA) : new ArrayBuffer(ARENA + skip + 8)));
		this.views = [new DataView(arenas[0]!, skip, ARENA), new DataView(arenas[1]!, skip, ARENA)];
		this.words = [new Int32Array(arenas[0]!, skip, ARENA / 4), new Int32Array(arenas[1]!, skip, ARENA / 4)];
		this.buffers = [new Uint8Array(new ArrayBuffer(2048), 8, 2000), new Uint8Array(new ArrayBuffer(2048), 8, 2000)];
		for (let i = 0; i < ARENA / 4; i++) this.words[0][i] = this.words[1][i] = prng.next();
		for (const at of [fields.SOURCE_ADDRESS, fields.DESTINATION_ADDRESS, fields.ASKED_ADDRESS]) this.setAddress(at, prng.next());
		this.each((view) => setNone(view, fields.NO_ADDRESS));
		const bytes = prng.bytes(this.buffers[0].length);
		this.buffers[0].set(bytes);
		this.buffers[1].set(bytes);
	}

	/** An IPv4 address, mapped. */
	setAddress(at: number, v4: number): void {
		this.each((view) => setV4(view, at, v4));
	}

	each(action: (view: DataView) => void): void {
		action(this.views[0]);
		action(this.views[1]);
	}

	put(at: number, bytes: ArrayLike<number>): void {
		this.each((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes, at));
	}

	setWord(at: number, value: number): void {
		this.each((view) => view.setInt32(at, value, true));
	}
}

export function writeWords(view: DataView, at: number, values: readonly number[]): void {
	for (const [i, value] of values.entries()) view.setInt32(at + 4 * i, value, true);
}

export interface Outcome {
	value?: unknown;
	error?: string;
}

function outcome(codec: Codec, name: string, args: Arguments): Outcome {
	try {
		return { value: codec[name]!(...(args as never[])) };
	} catch (error) {
		return { error: (error as Error).name };
	}
}

/** Where two memories differ, from the given element on; -1 when they do not. */
function difference(a: Int32Array | Uint8Array, b: Int32Array | Uint8Array, from: number): number {
	const length = a.length;
	for (let i = from; i < length; i++) if (a[i] !== b[i]) return i;
	return -1;
}

/** Calls a function on both codecs; `view` and `buffer` stand for the pair's. Answers what both said. */
export function same(pair: Pair, name: string, args: Arguments): Outcome {
	const fill = (i: 0 | 1) => args.map((arg) => (arg === "view" ? pair.views[i] : arg === "buffer" ? pair.buffers[i] : arg));
	const got = outcome(subject as unknown as Codec, name, fill(0));
	const wanted = outcome(reference, name, fill(1));
	const label = `${name}(${args.join(", ")}), SEED=${SEED}`;
	expect(got, label).toEqual(wanted);
	if (got.error === undefined) {
		expect(difference(pair.words[0], pair.words[1], 0), `${label}: word that differs`).toBe(-1);
		if (args.includes("buffer")) expect(difference(pair.buffers[0], pair.buffers[1], 0), `${label}: byte that differs`).toBe(-1);
	}
	return got;
}

/** The number, or now and then one that makes no sense there. */
export function hostile(prng: Prng, value: number): number {
	return prng.chance(0.92)
		? value
		: prng.pick([-1, -128, -2147483648, 2147483647, 2147483600, ARENA, ARENA - 1, ARENA + 1, 65536]);
}

/** Runs `round` often, each time with a generator of its own; counts how the calls ended. */
export function rounds(
	name: string,
	round: (prng: Prng, pair: Pair) => Outcome,
	times = ROUNDS,
): { answered: number; refused: number } {
	const prng = new Prng(SEED);
	const counts = { answered: 0, refused: 0 };
	let pair = new Pair(prng);
	for (let i = 0; i < times; i++) {
		const one = prng.fork();
		const { error } = round(one, pair);
		// What was refused may have been half done.
		if (error !== undefined || i % 20 === 0) pair = new Pair(one);
		else pair.words[1].set(pair.words[0]);
		if (error === undefined) counts.answered++;
		else {
			expect(error, `${name}, round ${i}, SEED=${SEED}`).toBe("RangeError");
			counts.refused++;
		}
	}
	return counts;
}

export function expectBoth(counts: { answered: number; refused: number }): void {
	expect(counts.answered).toBeGreaterThan(0);
	expect(counts.refused).toBeGreaterThan(0);
}

export const LOCAL = ip("10.0.0.1");
export const PEER = ip("10.0.0.2");
const ADDRESSES = [
	[LOCAL, ip("255.255.255.0")],
	[ip("192.168.7.1"), ip("255.255.255.254")],
	[ip("172.16.0.1"), ip("255.255.0.0")],
	[ip("100.64.0.9"), -1],
] as const;
/** An address that only the second interface has. */
export const ELSEWHERE = ip("10.9.0.1");

/** Both interface blocks, and the table of their addresses. */
export function writeInterfaces(prng: Prng, pair: Pair, flags: number): void {
	const slot = prng.between(1, 3);
	for (const block of [BLOCK, SECOND_BLOCK]) {
		pair.put(block, macOf(1));
		pair.setWord(block + IFACE.flags, flags);
		for (let i = 12; i < 44; i += 4) pair.setWord(block + i, prng.chance(0.5) ? -1 : prng.next());
		pair.each((view) => view.setUint16(block + IFACE.slot, block === BLOCK ? slot : slot + 1, true));
	}
	pair.setWord(fields.REGISTER.ownAt, OWN);
	pair.setWord(OWN + OwnTable.offsets.mask, OWN_ENTRIES - 1);
	pair.setWord(OWN + OwnTable.offsets.seed, prng.next());
	pair.each((view) => ownClear(view, OWN));
	const own = [...ADDRESSES.slice(0, prng.below(5)), [ELSEWHERE, ip("255.255.255.0")] as const];
	const slots = own.map((_, i) => (i < own.length - 1 ? slot : slot + 1) << OWN_SLOT_SHIFT);
	for (const [i, [address]] of own.entries()) addOwn(pair, OWN, address, slots[i]!);
	for (const [i, [address, mask]] of own.entries()) if (mask < -2) addOwn(pair, OWN, address | ~mask, slots[i]! | OWN_GROUP);
}

/** Enters an IPv4 address into a table of our own. */
export function addOwn(pair: Pair, table: number, address: number, value: number): void {
	pair.each((view) => ownAdd(view, table, fields.asked(view, address), value));
}

export interface Flow {
	readonly local: number;
	readonly remote: number;
	readonly ports: number;
	readonly meta: number;
	readonly value: number;
}

/** An empty flow table of `capacity` entries at `table`. */
export function writeFlowTable(prng: Prng, pair: Pair, table: number, capacity: number): void {
	pair.put(table, new Uint8Array(FlowTable.bytes + capacity * FlowEntry.bytes));
	pair.setWord(table + FLOWS.mask, capacity - 1);
	pair.setWord(table + FLOWS.seed, prng.next());
	pair.setWord(table + FLOWS.kinds, -1);
}

/** Both addresses, 0 for none, where a packet's stand. */
export function writeEnds(pair: Pair, local: number, remote: number): void {
	pair.each((view) => {
		setV4OrNone(view, fields.DESTINATION_ADDRESS, local);
		setV4OrNone(view, fields.SOURCE_ADDRESS, remote);
	});
}

/** Addresses of IPv4, 0 for none. */
export function addFlow(pair: Pair, table: number, { local, remote, ports, meta, value }: Flow): void {
	writeEnds(pair, local, remote);
	pair.each((view) => {
		const entry = flowEntry(view, table, fields.DESTINATION_ADDRESS, fields.SOURCE_ADDRESS, ports, meta);
		copyAddress(view, entry, fields.DESTINATION_ADDRESS);
		copyAddress(view, entry + 16, fields.SOURCE_ADDRESS);
		writeWords(view, entry + 32, [ports, meta, value]);
	});
	pair.each((view) => setV4(view, fields.DESTINATION_ADDRESS, 0));
	pair.each((view) => setV4(view, fields.SOURCE_ADDRESS, 0));
}

/** Numbers of a connection, near what a segment of the same generator would carry. */
export const SEQ = 1000;
export const UNA = 2000;

/** Pages of each of the two rings that `writeTcb` makes. */
const SLOTS = 3;

/** A ring of SLOTS pages with bytes from ring byte `first` on: its table at `table`, with the first of these pages. */
function writeRing(pair: Pair, table: number, first: number, queued: number, pages: number[]): void {
	for (let i = 0; i < SLOTS; i++) pair.setWord(table + 4 * i, 0);
	for (let at = first & ~PAGE_MASK; at < first + queued; at += PAGE_BYTES)
		pair.setWord(table + 4 * ((at >> PAGE_SHIFT) % SLOTS), pages.shift()!);
}

/** TCP's pool at `at`, with these pages, of which so many are promised. */
function writePool(prng: Prng, pair: Pair, at: number, all: number, pages: readonly number[], promised: number): void {
	const words: Partial<Record<keyof typeof POOL, number>> = {
		freePage: pages[0] ?? 0,
		lastPage: pages.at(-1) ?? 0,
		pagesListed: pages.length,
		freshPage: all,
		poolEnd: all,
		pageCount: prng.between(promised, 2 * promised),
		pagesPromised: promised,
		receiveFloor: prng.between(1, 2),
		sendFloor: prng.between(1, 2),
	};
	for (const [name, value] of Object.entries(words)) pair.setWord(at + POOL[name as keyof typeof POOL], value);
	for (const [i, page] of pages.entries()) pair.setWord(page, pages[i + 1] ?? 0);
	pair.setWord(CORE + CoreBlock.offsets.tcp, at);
}

/** A TCB block whose pool and rings, of 300 to 700 bytes, lie at `ring`, and whose numbers make sense. */
export function writeTcb(prng: Prng, pair: Pair, block: number, ring: number): void {
	const receive = prng.between(300, 700);
	const send = prng.between(300, 700);
	const sndQueued = prng.below(send + 1);
	const flight = prng.chance(0.5) ? sndQueued : prng.below(sndQueued + 1);
	const rcvQueued = prng.chance(0.5) ? 0 : prng.below(receive + 1);
	const bytes = SLOTS * PAGE_BYTES;
	const rcvAt = prng.below(bytes);
	const rcvFirst = (rcvAt - rcvQueued + bytes) % bytes;
	const sndAt = prng.below(bytes);
	const tables = ring + TcpBlock.bytes;
	const first = tables + 8 * SLOTS;
	const pages = Array.from({ length: 2 * SLOTS }, (_, i) => first + i * PAGE_BYTES);
	if (prng.chance(0.5)) pages.reverse();
	writeRing(pair, tables, rcvFirst, rcvQueued, pages);
	writeRing(pair, tables + 4 * SLOTS, sndAt, sndQueued, pages);
	const room = (size: number, at: number, queued: number) => {
		const least = ((at & PAGE_MASK) + queued + PAGE_MASK) >> PAGE_SHIFT;
		const promised = prng.between(Math.max(least, 1), SLOTS);
		return [promised, Math.min(size, (promised << PAGE_SHIFT) - (at & PAGE_MASK)) - queued] as const;
	};
	const [receivePromised, rcvRoom] = room(receive, rcvFirst, rcvQueued);
	const [sendPromised, sndRoom] = room(send, sndAt, sndQueued);
	writePool(prng, pair, ring, first + 2 * bytes, pages, receivePromised + sendPromised);
	const state = prng.pick([0, 4]);
	pair.each((view) => view.setUint8(block + TCB.state, state));
	const words: Record<number, number> = {
		[TCB.optionsLength]: prng.chance(0.8) ? 0 : 4 * prng.below(11),
		[TCB.sendPages]: tables + 4 * SLOTS,
		[TCB.sendSize]: send,
		[TCB.sndMost]: send,
		[TCB.sndScale]: prng.pick([0, 0, 3]),
		[TCB.ipHeader]: 20,
		[TCB.noChecksum]: prng.chance(0.2) ? 1 : 0,
		[TCB.bits]: prng.below(64) | (prng.chance(0.8) ? BIT_PREDICTED : 0),
		[TCB.rcvNxt]: SEQ,
		[TCB.rcvAdv]: SEQ + prng.between(-10, receive),
		[TCB.rcvQueued]: rcvQueued,
		[TCB.rcvAt]: rcvAt,
		[TCB.receivePages]: tables,
		[TCB.receiveRing]: bytes,
		[TCB.receivePromised]: receivePromised,
		[TCB.rcvRoom]: rcvRoom,
		[TCB.sendRing]: bytes,
		[TCB.sendPromised]: sendPromised,
		[TCB.sndRoom]: sndRoom,
		[TCB.receiveSize]: receive,
		[TCB.windowStep]: prng.pick([1, receive >> 1, 1460]),
		[TCB.updateStep]: prng.pick([1, receive >> 1, 2920]),
		[TCB.sndUna]: UNA,
		[TCB.sndNxt]: UNA + flight,
		[TCB.sndQueued]: sndQueued,
		[TCB.sndAt]: sndAt,
		[TCB.sndWnd]: prng.pick([0, 1, 100, 1000, 65535]),
		[TCB.sndWndMax]: prng.pick([0, 1, 100, 1000, 65535]),
		[TCB.cwnd]: prng.pick([1, 100, 536, 14600]),
		[TCB.sndMss]: prng.pick([28, 100, 536, 1460]),
		[TCB.sndSmall]: UNA + prng.between(-10, sndQueued),
		[TCB.rttSeq]: UNA + prng.between(-10, sndQueued),
		[TCB.rttAt]: prng.below(3),
	};
	pair.put(block, [0x45, 0, 0, 0]);
	for (const [at, value] of Object.entries(words)) pair.setWord(block + Number(at), value);
}

/** A UDP socket block with a ring of `size` bytes at `ring`, empty. */
export function writeUdp(prng: Prng, pair: Pair, block: number, ring: number, size: number): void {
	const words = [ring, size, 4 * prng.below(size / 4), 0, 0];
	pair.each((view) => {
		for (const [i, value] of words.entries()) view.setInt32(block + 4 * i, value, true);
	});
}
