// decode and what TCP and UDP do as predicted against another codec: see twins.test.ts and pair.ts.

import { describe, expect, it } from "vitest";
import { FlowEntry, FlowTable } from "../../../src/packet/flow-table.ts";
import { FLAG_ETHERNET, InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { UdpBlock } from "../../../src/packet/udp-block.ts";
import * as fields from "../../../src/packet/fields.ts";
import { ip, udp } from "../../support/frames.ts";
import { FrameGenerator } from "../../support/mutate.ts";
import { Prng } from "../../support/prng.ts";
import { macOf } from "../../support/wire.ts";
import {
	addFlow,
	AGAINST,
	ARENA,
	BLOCK,
	ELSEWHERE,
	FREE,
	hostile,
	LOCAL,
	OUTPUT,
	Pair,
	PEER,
	ROUNDS,
	rounds,
	same,
	SEED,
	SEQ,
	UNA,
	writeFlowTable,
	writeInterfaces,
	writeTcb,
	writeUdp,
	type Outcome,
} from "./pair.ts";

const TCB = TcbBlock.offsets;

/** A flow table of 16, two TCB blocks with the rings of the first, two UDP blocks with a ring. */
const TCBS = FREE + FlowTable.bytes + 16 * FlowEntry.bytes;
const UDPS = TCBS + 2 * TcbBlock.bytes;
const TCP_RINGS = UDPS + 2 * UdpBlock.bytes;
const UDP_RING = TCP_RINGS;
const FRAME = OUTPUT + 384;

function generator(prng: Prng): FrameGenerator {
	return new FrameGenerator(prng, {
		macs: [macOf(1), macOf(7), [0x33, 0x33, 0, 0, 0, 1]],
		peerMac: macOf(2),
		locals: [
			LOCAL,
			LOCAL,
			LOCAL,
			ip("10.0.0.255"),
			ip("172.16.255.255"),
			ip("192.168.7.0"),
			ip("100.64.0.9"),
			-1,
			ip("224.0.0.251"),
		],
		peers: [PEER, PEER, ip("10.0.0.3"), ip("8.8.8.8"), ELSEWHERE, ip("10.9.0.255")],
		ports: [7, 80, 5000],
		tuples: [{ peer: PEER, peerPort: 5000, local: LOCAL, localPort: 80, seq: SEQ, ack: UNA + 100 }],
	});
}

/** Everything that `decode` looks at: interfaces, sockets, and where they are. */
function scene(prng: Prng, pair: Pair, flags: number): void {
	writeInterfaces(prng, pair, flags);
	writeFlowTable(prng, pair, FREE, 16);
	for (const [local, remote, ports, meta, value] of [
		[LOCAL, PEER, (5000 << 16) | 80, 6, 0],
		[0, 0, 80, 6, 1],
		[0, 0, 7, 17, 0],
		[LOCAL, 0, 5000, 17 | (2 << 8), 1],
	] as const)
		addFlow(pair, FREE, { local, remote, ports, meta, value });
	for (const [register, value] of [
		[fields.FLOWS_AT, FREE],
		[fields.TCBS_AT, TCBS],
		[fields.UDPS_AT, UDPS],
	] as const)
		pair.setWord(register * 4, value);
	writeTcb(prng, pair, TCBS, TCP_RINGS);
	writeTcb(prng, pair, TCBS + TcbBlock.bytes, TCP_RINGS);
	pair.setWord(TCBS + TcbBlock.bytes + TCB.bits, 0);
	for (const i of [0, 1]) writeUdp(prng, pair, UDPS + i * UdpBlock.bytes, UDP_RING, prng.pick([64, 400, 1200]));
}

/** Decodes a frame of the generator in a new scene. */
function decodeOne(prng: Prng, pair: Pair, flags: number): Outcome {
	scene(prng, pair, flags);
	const frame = generator(prng)
		.next()
		.slice(flags & FLAG_ETHERNET ? 0 : 14, ARENA - FRAME - 32);
	const at = FRAME + prng.below(32);
	pair.put(at, frame);
	return same(pair, "decode", ["view", at, at + frame.length, BLOCK]);
}

describe(`decode against ${AGAINST}`, () => {
	it("on Ethernet", () => {
		const counts = rounds("decode", (prng, pair) => decodeOne(prng, pair, FLAG_ETHERNET | (prng.below(8) << 1)), ROUNDS * 5);
		expect(counts.refused).toBe(0);
	});

	it("of bare IP", () => {
		const counts = rounds("decode", (prng, pair) => decodeOne(prng, pair, prng.below(8) << 1), ROUNDS * 2);
		expect(counts.refused).toBe(0);
	});

	it("finds all that there is", () => {
		const prng = new Prng(SEED);
		const pair = new Pair(prng);
		const kinds = new Set<number>();
		const dropped = new Set<number>();
		const drops = () =>
			Array.from({ length: 49 }, (_, i) => pair.views[0].getInt32(BLOCK + InterfaceBlock.offsets.drops + 4 * i, true));
		for (let i = 0; i < 2500; i++) {
			const before = drops();
			const { value } = decodeOne(prng, pair, FLAG_ETHERNET);
			if (value !== 0) kinds.add((value as number) & 15);
			for (const [reason, count] of drops().entries()) if (count !== before[reason]) dropped.add(reason);
			expect(value === 0, `answer ${String(value)}`).toBe(drops().some((count, reason) => count !== before[reason]));
		}
		expect([...kinds].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
		expect(dropped.size).toBeGreaterThanOrEqual(10);
	});

	it("with offsets outside of the arena", () => {
		const counts = rounds("decode", (prng, pair) => {
			scene(prng, pair, FLAG_ETHERNET);
			const at = ARENA - prng.below(40);
			pair.put(
				at,
				generator(prng)
					.next()
					.slice(0, ARENA - at),
			);
			return same(pair, "decode", ["view", hostile(prng, at), at + prng.between(30, 100), hostile(prng, BLOCK)]);
		});
		expect(counts.refused).toBeGreaterThan(counts.answered);
	});

	it("beyond the IP header: decodeTransport", () => {
		rounds(
			"decodeTransport",
			(prng, pair) => {
				scene(prng, pair, prng.below(8) << 1);
				const packet = generator(prng)
					.next()
					.slice(14, ARENA - FRAME);
				pair.put(FRAME, packet);
				// As decode left it: the end is that of the packet, not of the frame.
				const total = packet.length >= 4 ? (packet[2]! << 8) | packet[3]! : 0;
				return same(pair, "decodeTransport", ["view", FRAME, FRAME + Math.min(packet.length, total), BLOCK, prng.below(2) * 16]);
			},
			ROUNDS * 2,
		);
	});
});

describe(`TCP as predicted against ${AGAINST}`, () => {
	it("streamIn: what is expected and what is not", () => {
		const prng = new Prng(SEED);
		const pair = new Pair(prng);
		const seen = new Set<number>();
		for (let i = 0; i < ROUNDS * 3; i++) {
			writeTcb(prng, pair, BLOCK, FREE);
			const flight = pair.views[0].getInt32(BLOCK + TCB.sndNxt, true) - UNA;
			const registers = [
				[fields.SEQ, prng.chance(0.9) ? SEQ : SEQ + prng.between(-5, 5)],
				[fields.ACK, UNA + (prng.chance(0.9) ? prng.below(flight + 1) : prng.between(-5, flight + 5))],
				[fields.FLAGS_WINDOW, (prng.pick([0x10, 0x10, 0x18, 0x11, 0x02, 0x30]) << 16) | prng.below(65536)],
				[fields.PAYLOAD_AT, FRAME],
				[fields.PAYLOAD_LENGTH, prng.chance(0.3) ? 0 : prng.below(800)],
			] as const;
			for (const [register, value] of registers) pair.setWord(register * 4, value);
			const { value } = same(pair, "streamIn", ["view", BLOCK]);
			seen.add((value as number) & 255);
			pair.words[1].set(pair.words[0]);
		}
		expect(seen.has(4)).toBe(true);
		// Every bit of the answer came up.
		expect([...seen].reduce((all, bits) => all | bits, 0)).toBe(255);
	});

	it("streamByte", () => {
		const answers = new Set<number>();
		const counts = rounds(
			"streamByte",
			(prng, pair) => {
				writeTcb(prng, pair, BLOCK, FREE);
				if (prng.chance(0.3)) pair.setWord(BLOCK + TCB.rcvQueued, 1);
				const result = same(pair, "streamByte", ["view", hostile(prng, BLOCK)]);
				if (result.error === undefined) answers.add((result.value as number) >> 8);
				return result;
			},
			ROUNDS * 2,
		);
		expect(counts.refused).toBeGreaterThan(0);
		expect([...answers].sort()).toEqual([-1, 0]);
	});

	it.each(["streamRead", "streamWrite"])("%s", (name) => {
		const answers = new Set<number>();
		const counts = rounds(
			name,
			(prng, pair) => {
				writeTcb(prng, pair, BLOCK, FREE);
				const result = same(pair, name, [
					"view",
					hostile(prng, BLOCK),
					"buffer",
					hostile(prng, prng.below(500)),
					prng.below(800),
				]);
				if (typeof result.value === "number") answers.add(result.value < 0 ? -1 : result.value >> 16);
				return result;
			},
			ROUNDS * 2,
		);
		expect(counts.refused).toBeGreaterThan(0);
		expect([...answers].sort()).toEqual(name === "streamRead" ? [0, 1, 2] : [-1, 0]);
	});
});

describe(`UDP as predicted against ${AGAINST}`, () => {
	it("udpDeliver, udpForget, udpNext and udpRead: datagrams come out as they went in, until the ring is full", () => {
		const prng = new Prng(SEED);
		const pair = new Pair(prng);
		let full = 0;
		let empty = 0;
		let known = 0;
		for (let i = 0; i < ROUNDS; i++) {
			writeUdp(prng, pair, BLOCK, FREE, prng.pick([64, 400, 1500]));
			for (let step = 0; step < 8; step++) {
				if (prng.chance(0.6)) {
					const length = prng.below(500);
					pair.put(FRAME, udp({ source: PEER, destination: LOCAL, sourcePort: 9, destinationPort: 7 }, prng.bytes(length)));
					pair.setWord(fields.SOURCE * 4, prng.chance(0.9) ? PEER : LOCAL);
					pair.setWord(fields.DESTINATION * 4, LOCAL);
					pair.setWord(fields.PORTS * 4, (prng.below(2) << 16) | 7);
					pair.setWord(fields.PAYLOAD_AT * 4, FRAME + 28);
					if (same(pair, "udpDeliver", ["view", BLOCK, length, prng.between(1, 2)]).value === 0) full++;
				} else {
					if (prng.chance(0.05)) same(pair, "udpAgain", ["view", BLOCK]);
					if (prng.chance(0.05)) same(pair, "udpForget", ["view", BLOCK, prng.between(1, 2)]);
					same(pair, "udpNext", ["view", BLOCK]);
					const { value } = same(pair, "udpRead", ["view", BLOCK, "buffer", prng.below(500), prng.below(600)]);
					if (value === -1) empty++;
					else if ((value as number) < 0x10000) known++;
				}
			}
		}
		expect(full).toBeGreaterThan(10);
		expect(empty).toBeGreaterThan(10);
		expect(known).toBeGreaterThan(10);
	});

	it.each(["udpDeliver", "udpForget", "udpNext", "udpRead"])("%s refuses blocks and buffers that lie outside", (name) => {
		const counts = rounds(name, (prng, pair) => {
			writeUdp(prng, pair, BLOCK, FREE, 400);
			pair.put(FRAME, udp({ source: PEER, destination: LOCAL, sourcePort: 9, destinationPort: 7 }, prng.bytes(100)));
			pair.setWord(fields.PAYLOAD_AT * 4, hostile(prng, FRAME + 28));
			const block = hostile(prng, BLOCK);
			if (name === "udpDeliver") return same(pair, name, ["view", block, hostile(prng, 100), 1]);
			if (name === "udpForget") return same(pair, name, ["view", block, 1]);
			if (name === "udpNext") return same(pair, name, ["view", block]);
			return same(pair, name, ["view", block, "buffer", hostile(prng, 0), 100]);
		});
		expect(counts.refused).toBeGreaterThan(0);
		expect(counts.answered).toBeGreaterThan(0);
	});
});
