// The codec against another one, on random and hostile input: the same answer or RangeError, and the same memory afterwards.
// On XS the native codec is tested against its TypeScript twin, on Node the twin against the naive model of model.ts.

import { describe, expect, it } from "vitest";
import * as subject from "#codec";
import { allocate } from "#memory";
import * as blocks from "../../../src/packet/blocks.ts";
import * as twin from "../../../src/wire/codec.ts";
import { flowEntry, routeEntry } from "../../../src/wire/tables.ts";
import { envNumber, onXS } from "../../support/env.ts";
import { icmp, ip } from "../../support/frames.ts";
import { FrameGenerator } from "../../support/mutate.ts";
import { Prng } from "../../support/prng.ts";
import { macOf } from "../../support/wire.ts";
import * as model from "./model.ts";

const reference: typeof twin = onXS ? twin : { ...model, NO_CHECKSUM: twin.NO_CHECKSUM };
const SEED = envNumber("SEED", 20261122);
const ROUNDS = envNumber("ROUNDS", 400);

/** Registers, an interface or TCB block, and from FREE on tables, rings and packets. */
const ARENA = 4608;
const REGISTERS = 128;
const BLOCK = 256;
const FREE = 1024;
const TABLE = FREE;
const RING = FREE;
/** Behind a ring of at most 1,500 bytes. */
const OUTPUT = 2560;

type Arguments = readonly unknown[];
type Codec = Record<string, (...args: never[]) => unknown>;

/** Two arenas with the same random bytes, and two buffers of an application. */
class Pair {
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
		const bytes = prng.bytes(this.buffers[0].length);
		this.buffers[0].set(bytes);
		this.buffers[1].set(bytes);
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

function writeWords(view: DataView, at: number, values: readonly number[]): void {
	for (const [i, value] of values.entries()) view.setInt32(at + 4 * i, value, true);
}

interface Outcome {
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
function same(pair: Pair, name: string, args: Arguments, ignoreRegistersOfDrops = false): Outcome {
	const fill = (i: 0 | 1) => args.map((arg) => (arg === "view" ? pair.views[i] : arg === "buffer" ? pair.buffers[i] : arg));
	const got = outcome(subject as unknown as Codec, name, fill(0));
	const wanted = outcome(reference as unknown as Codec, name, fill(1));
	const label = `${name}(${args.join(", ")}), SEED=${SEED}`;
	expect(got, label).toEqual(wanted);
	if (got.error === undefined) {
		const dropped = ignoreRegistersOfDrops && (got.value as number) < 0;
		expect(difference(pair.words[0], pair.words[1], dropped ? REGISTERS / 4 : 0), `${label}: word that differs`).toBe(-1);
		if (args.includes("buffer")) expect(difference(pair.buffers[0], pair.buffers[1], 0), `${label}: byte that differs`).toBe(-1);
	}
	return got;
}

/** The number, or now and then one that makes no sense there. */
function hostile(prng: Prng, value: number): number {
	return prng.chance(0.92)
		? value
		: prng.pick([-1, -128, -2147483648, 2147483647, 2147483600, ARENA, ARENA - 1, ARENA + 1, 65536]);
}

/** Runs `round` often, each time with a generator of its own; counts how the calls ended. */
function rounds(name: string, round: (prng: Prng, pair: Pair) => Outcome, times = ROUNDS): { answered: number; refused: number } {
	const prng = new Prng(SEED);
	const counts = { answered: 0, refused: 0 };
	let pair = new Pair(prng);
	for (let i = 0; i < times; i++) {
		const one = prng.fork();
		const { error } = round(one, pair);
		// What was refused may have been half done, and registers of drops are not compared.
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

function expectBoth(counts: { answered: number; refused: number }): void {
	expect(counts.answered).toBeGreaterThan(0);
	expect(counts.refused).toBeGreaterThan(0);
}

const LOCAL = ip("10.0.0.1");
const PEER = ip("10.0.0.2");
const ADDRESSES = [
	[LOCAL, ip("255.255.255.0")],
	[ip("192.168.7.1"), ip("255.255.255.254")],
	[ip("172.16.0.1"), ip("255.255.0.0")],
	[ip("100.64.0.9"), -1],
] as const;

function writeInterface(prng: Prng, pair: Pair, flags: number): void {
	pair.put(BLOCK, macOf(1));
	pair.setWord(BLOCK + blocks.BLOCK_FLAGS, flags);
	for (let i = 12; i < 60; i += 4) pair.setWord(BLOCK + i, prng.chance(0.5) ? -1 : prng.next());
	const count = prng.below(5);
	pair.setWord(BLOCK + blocks.BLOCK_ADDRESS_COUNT, count);
	for (let i = 0; i < count; i++) {
		pair.setWord(BLOCK + blocks.BLOCK_ADDRESSES + 8 * i, ADDRESSES[i]![0]);
		pair.setWord(BLOCK + blocks.BLOCK_ADDRESSES + 8 * i + 4, ADDRESSES[i]![1]);
	}
}

function generator(prng: Prng): FrameGenerator {
	return new FrameGenerator(prng, {
		macs: [macOf(1), macOf(7), [0x33, 0x33, 0, 0, 0, 1]],
		peerMac: macOf(2),
		locals: [LOCAL, LOCAL, ip("10.0.0.255"), ip("172.16.255.255"), ip("192.168.7.0"), ip("100.64.0.9"), -1, ip("224.0.0.251")],
		peers: [PEER, ip("10.0.0.3"), ip("8.8.8.8")],
		ports: [7, 80, 5000],
		tuples: [{ peer: PEER, peerPort: 5000, local: LOCAL, localPort: 80, seq: 1000, ack: 2000 }],
	});
}

describe(`the codec against ${onXS ? "its TypeScript twin" : "the naive model"}`, () => {
	it("checksum", () => {
		expectBoth(
			rounds("checksum", (prng, pair) => {
				const at = prng.below(ARENA);
				const end = at + prng.below(Math.min(1600, ARENA - at) + 1);
				return same(pair, "checksum", [
					"view",
					hostile(prng, at),
					hostile(prng, end),
					prng.chance(0.5) ? 0 : prng.below(0x60000),
				]);
			}),
		);
	});

	it("checksum of all ones, all zeros and an odd byte", () => {
		for (const value of [0, 255, 1]) {
			for (const length of [0, 1, 2, 3, 1459, 1460, 3499, 3500]) {
				const pair = new Pair(new Prng(1));
				pair.put(FREE, new Uint8Array(length).fill(value));
				for (const initial of [0, 0xffff, 0x5fff5]) same(pair, "checksum", ["view", FREE, FREE + length, initial]);
			}
		}
	});

	it("decode, on Ethernet", () => {
		const { answered } = rounds(
			"decode",
			(prng, pair) => {
				writeInterface(prng, pair, blocks.FLAG_ETHERNET | (prng.below(8) << 1));
				const frame = generator(prng).next();
				const at = FREE + prng.below(64);
				pair.put(at, frame);
				return same(pair, "decode", ["view", at, at + frame.length, BLOCK], !onXS);
			},
			ROUNDS * 5,
		);
		expect(answered).toBe(ROUNDS * 5);
	});

	it("decode, of bare IP", () => {
		rounds(
			"decode",
			(prng, pair) => {
				writeInterface(prng, pair, prng.below(8) << 1);
				const packet = generator(prng).next().slice(14);
				const at = FREE + prng.below(64);
				pair.put(at, packet);
				return same(pair, "decode", ["view", at, at + packet.length, BLOCK], !onXS);
			},
			ROUNDS * 2,
		);
	});

	it("decode finds all that there is", () => {
		const prng = new Prng(SEED);
		const seen = new Set<number>();
		const pair = new Pair(prng);
		for (let i = 0; i < 1500; i++) {
			writeInterface(prng, pair, blocks.FLAG_ETHERNET);
			const frame = generator(prng).next();
			pair.put(FREE, frame);
			const { value } = same(pair, "decode", ["view", FREE, FREE + frame.length, BLOCK], !onXS);
			pair.words[1].set(pair.words[0]);
			seen.add((value as number) < 0 ? (value as number) : (value as number) & 15);
		}
		// Seven kinds and at least ten reasons to drop.
		expect([...seen].filter((value) => value > 0).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect([...seen].filter((value) => value < 0).length).toBeGreaterThanOrEqual(10);
	});

	it("decode with offsets outside of the arena", () => {
		const counts = rounds("decode", (prng, pair) => {
			writeInterface(prng, pair, blocks.FLAG_ETHERNET);
			const at = ARENA - prng.below(40);
			pair.put(
				at,
				generator(prng)
					.next()
					.slice(0, ARENA - at),
			);
			return same(pair, "decode", ["view", at, at + prng.between(30, 100), BLOCK], !onXS);
		});
		expect(counts.refused).toBeGreaterThan(0);
	});

	it("decodeTransport", () => {
		rounds(
			"decodeTransport",
			(prng, pair) => {
				const packet = generator(prng).next().slice(14);
				const at = FREE + prng.below(64);
				pair.put(at, packet);
				// As decode left it: the end is that of the packet, not of the frame.
				const total = packet.length >= 4 ? (packet[2]! << 8) | packet[3]! : 0;
				const end = at + Math.min(packet.length, total);
				return same(pair, "decodeTransport", ["view", at, end, prng.below(2), prng.below(2) * 16], !onXS);
			},
			ROUNDS * 2,
		);
	});

	it("flowFind", () => {
		const prng = new Prng(SEED);
		let found = 0;
		const pair = new Pair(prng);
		for (let i = 0; i < ROUNDS; i++) {
			const mask = prng.pick([1, 7, 15, 63]);
			pair.put(TABLE, new Uint8Array(16 + 64 * 20));
			pair.setWord(TABLE + blocks.FLOW_MASK, mask);
			pair.setWord(TABLE + blocks.FLOW_SEED, prng.next());
			const key = () => ({
				local: prng.pick([0, LOCAL, ip("192.168.7.1")]),
				remote: prng.pick([0, PEER]),
				ports: prng.pick([0, 80, 53, (5000 << 16) | 80, (65535 << 16) | 65535]),
				meta: prng.pick([6, 17]) | (prng.below(3) << 8),
			});
			for (let n = prng.below((mask + 1) >> 1) + 1; n > 0; n--) {
				const { local, remote, ports, meta } = key();
				pair.each((view) => {
					const entry = flowEntry(view, TABLE, local, remote, ports, meta);
					writeWords(view, entry, [local, remote, ports, meta, n]);
				});
			}
			for (let n = 0; n < 5; n++) {
				const { local, remote, ports, meta } = key();
				pair.each((view) => writeWords(view, 0, [remote, local, ports]));
				if (same(pair, "flowFind", ["view", TABLE, meta]).value !== -1) found++;
			}
		}
		expect(found).toBeGreaterThan(ROUNDS / 4);
		expect(found).toBeLessThan(ROUNDS * 5);
	});

	it("routeFind", () => {
		const prng = new Prng(SEED);
		let found = 0;
		const pair = new Pair(prng);
		for (let i = 0; i < ROUNDS; i++) {
			pair.put(TABLE, new Uint8Array(16 + 64 * 12));
			pair.setWord(TABLE + blocks.ROUTE_MASK, 63);
			pair.setWord(TABLE + blocks.ROUTE_SEED, prng.next());
			const near = () => (prng.chance(0.5) ? LOCAL : -1) ^ (prng.chance(0.5) ? 1 << prng.below(32) : 0);
			let lengths = 0;
			for (let n = 0; n < prng.between(1, 15); n++) {
				const length = prng.chance(0.1) ? 0 : prng.between(1, 32);
				const prefix = length === 0 ? 0 : near() & (length === 32 ? -1 : -1 << (32 - length));
				if (length === 32) pair.setWord(TABLE + blocks.ROUTE_HOST_LENGTH, 1);
				else lengths |= 1 << length;
				for (const slot of [0, prng.between(1, 3)]) {
					const key = (slot << 8) | (length + 1);
					pair.each((view) => {
						const entry = routeEntry(view, TABLE, prefix, key);
						writeWords(view, entry, [prefix, key, n]);
					});
				}
			}
			pair.setWord(TABLE + blocks.ROUTE_LENGTHS, lengths);
			for (let n = 0; n < 5; n++) if (same(pair, "routeFind", ["view", TABLE, near(), prng.below(4)]).value !== -1) found++;
		}
		expect(found).toBeGreaterThan(ROUNDS / 4);
	});

	it("ipv4Build", () => {
		expectBoth(
			rounds("ipv4Build", (prng, pair) => {
				const at = hostile(prng, prng.below(ARENA - 20));
				const ttl = prng.below(256) | (prng.chance(0.2) ? subject.NO_CHECKSUM : 0);
				return same(pair, "ipv4Build", ["view", at, prng.next(), prng.next(), prng.below(256), ttl, prng.below(65536)]);
			}),
		);
	});

	it("tcpBuild", () => {
		expectBoth(
			rounds("tcpBuild", (prng, pair) => {
				const size = prng.between(2, 1500);
				pair.setWord(BLOCK, 0x00000045);
				pair.setWord(BLOCK + blocks.TCB_OPTIONS_LENGTH, prng.chance(0.5) ? 0 : 4 * prng.below(11));
				pair.setWord(BLOCK + blocks.TCB_SEND_RING, hostile(prng, RING + prng.below(30)));
				pair.setWord(BLOCK + blocks.TCB_SEND_SIZE, size);
				pair.setWord(BLOCK + blocks.TCB_IP_HEADER, 20);
				pair.setWord(BLOCK + blocks.TCB_NO_CHECKSUM, prng.chance(0.2) ? 1 : 0);
				const length = hostile(prng, prng.below(Math.min(1461, size + 1)));
				const at = hostile(prng, OUTPUT + prng.below(64));
				const flagsWindow = prng.next() & 0xffffff;
				return same(pair, "tcpBuild", [
					"view",
					at,
					BLOCK,
					prng.next(),
					prng.next(),
					flagsWindow,
					hostile(prng, prng.below(size)),
					length,
				]);
			}),
		);
	});

	it("udpBuild", () => {
		expectBoth(
			rounds("udpBuild", (prng, pair) => {
				const start = prng.below(500);
				const ttl = 64 | (prng.chance(0.2) ? subject.NO_CHECKSUM : 0);
				const length = hostile(prng, prng.below(1473));
				const args = [
					"view",
					hostile(prng, FREE + prng.below(64)),
					prng.next(),
					prng.next(),
					prng.next(),
					ttl,
					"buffer",
					hostile(prng, start),
					length,
				];
				return same(pair, "udpBuild", args);
			}),
		);
	});

	it("udpBuild never sends a checksum of zero", () => {
		const pair = new Pair(new Prng(1));
		let zero = 0;
		// One of 65,536 payloads of two bytes has the sum 0xffff; its checksum is sent as 0xffff.
		for (let value = 0; value < 65536; value++) {
			pair.buffers[0][0] = value >> 8;
			pair.buffers[0][1] = value;
			subject.udpBuild(pair.views[0], FREE, LOCAL, PEER, (5000 << 16) | 7, 64, pair.buffers[0], 0, 2);
			const sum = pair.views[0].getUint16(FREE + 26);
			if (sum === 0) expect.fail(`checksum 0 for payload ${value}`);
			if (sum === 0xffff) zero++;
		}
		expect(zero).toBe(1);
	});

	it("icmpEchoReply", () => {
		rounds("icmpEchoReply", (prng, pair) => {
			const at = FREE + prng.below(64);
			const options = prng.chance(0.3) ? prng.bytes(4 * prng.below(11)) : [];
			pair.put(at, icmp({ source: PEER, destination: LOCAL, type: 8, rest: prng.next(), options }, prng.bytes(prng.below(1400))));
			const result = same(pair, "icmpEchoReply", ["view", at, LOCAL]);
			return result;
		});
	});

	it("ttlDecrement", () => {
		rounds("ttlDecrement", (prng, pair) => {
			const at = FREE + prng.below(64);
			pair.put(
				at,
				icmp({ source: prng.next(), destination: prng.next(), type: 8, ttl: prng.between(1, 255), id: prng.below(65536) }),
			);
			return same(pair, "ttlDecrement", ["view", at]);
		});
	});

	it("countSent, with counters that carry", () => {
		rounds("countSent", (prng, pair) => {
			writeInterface(prng, pair, 1);
			const at = prng.below(FREE);
			return same(pair, "countSent", ["view", at, at + prng.below(1500), hostile(prng, BLOCK)]);
		});
	});

	it("ethernetHeader", () => {
		expectBoth(
			rounds("ethernetHeader", (prng, pair) => {
				writeInterface(prng, pair, 1);
				const at = hostile(prng, FREE + prng.below(64));
				return same(pair, "ethernetHeader", ["view", at, hostile(prng, prng.below(FREE)), BLOCK, at + prng.below(1500)]);
			}),
		);
	});

	it("copy, also of overlapping ranges", () => {
		expectBoth(
			rounds("copy", (prng, pair) => {
				const from = prng.below(ARENA - 1500);
				const to = prng.chance(0.5) ? from + prng.between(-20, 20) : prng.below(ARENA - 1500);
				return same(pair, "copy", ["view", hostile(prng, to), hostile(prng, from), hostile(prng, prng.below(1500))]);
			}),
		);
	});

	it.each(["copyOut", "copyIn"])("%s", (name) => {
		expectBoth(
			rounds(name, (prng, pair) => {
				const start = prng.below(600);
				return same(pair, name, [
					"view",
					hostile(prng, prng.below(ARENA - 1400)),
					"buffer",
					hostile(prng, start),
					hostile(prng, prng.below(1400)),
				]);
			}),
		);
	});

	it("ringPut", () => {
		expectBoth(
			rounds("ringPut", (prng, pair) => {
				const size = prng.between(1, 1500);
				const length = hostile(prng, prng.below(Math.min(size, 1460) + 1));
				const args = [
					"view",
					hostile(prng, FREE),
					hostile(prng, size),
					hostile(prng, prng.below(size)),
					hostile(prng, OUTPUT + prng.below(99)),
					length,
				];
				return same(pair, "ringPut", args);
			}),
		);
	});

	it.each(["ringWrite", "ringRead"])("%s", (name) => {
		expectBoth(
			rounds(name, (prng, pair) => {
				const size = prng.between(1, 1500);
				const length = hostile(prng, prng.below(Math.min(size, 1460) + 1));
				const args = [
					"view",
					hostile(prng, FREE),
					hostile(prng, size),
					hostile(prng, prng.below(size)),
					"buffer",
					hostile(prng, prng.below(500)),
					length,
				];
				return same(pair, name, args);
			}),
		);
	});

	it("tests every function of the codec", () => {
		const functions = Object.keys(twin).filter((name) => typeof (twin as Record<string, unknown>)[name] === "function");
		expect(functions.filter((name) => typeof (subject as Record<string, unknown>)[name] !== "function")).toEqual([]);
		expect(functions.sort()).toEqual(Object.keys(model).sort());
	});
});
