// A frame goes up through the layers: on random and hostile ones, in stacks as they are in use. On XS what is compiled is compared with the TypeScript, in all that it answers and leaves
// behind; on Node the TypeScript with the naive model, in all that the model knows.

import { describe, expect, it } from "vitest";
import * as subject from "#codec";
import { allocate } from "#memory";
import * as twin from "../../../src/door.ts";
import { CORE, CORE_END } from "../../../src/packet/core-block.ts";
import { DROPS, type DropName } from "../../../src/packet/drops.ts";
import * as fields from "../../../src/packet/fields.ts";
import { FLAG_ETHERNET, InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { PAGE_SHIFT } from "../../../src/config.ts";
import { PAGE_BYTES, PAGE_MASK } from "../../../src/packet/pages.ts";
import { BIT_PREDICTED, TcbBlock } from "../../../src/packet/tcb-block.ts";
import { TcpBlock } from "../../../src/packet/tcp-block.ts";
import { UdpBlock } from "../../../src/packet/udp-block.ts";
import { ESTABLISHED } from "../../../src/transport/tcp/tcb.ts";
import { envNumber, onXS } from "../../support/env.ts";
import { ip, ipText } from "../../support/frames.ts";
import { FrameGenerator, type Tuple } from "../../support/mutate.ts";
import { Prng } from "../../support/prng.ts";
import { arrives, GROUP, isIpv6, KINDS, NOBODY, VALUE_SHIFT, WEAK } from "../../support/twins/model-input.ts";
import { macOf } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

const SEED = envNumber("SEED", 20261122);
const ROUNDS = envNumber("ROUNDS", onXS ? 100 : 400);
const AGAINST = onXS ? "its TypeScript twin" : "the naive model";

const IFACE = InterfaceBlock.offsets;
const TCB = TcbBlock.offsets;
const UDP = UdpBlock.offsets;

const LOCAL = ip("10.0.0.1");
const PEER = ip("10.0.0.2");
/** An address that only the second interface has. */
const ELSEWHERE = ip("10.9.0.1");
const OTHERS = ["192.168.7.1/31", "172.16.0.1/16", "100.64.0.9/32"];

/** What a stack in use has in memory: an established connection, its listener and two UDP sockets, on two interfaces, with one to four addresses on the first. */
class Scene {
	readonly bytes: Uint8Array;
	readonly block: number;
	/** Where frames are received. */
	readonly frameAt: number;
	readonly space: number;
	readonly tcb: number;
	readonly udps: number;
	/** TCP's pool, and what is said of it. */
	readonly pool: number;
	readonly shared: number;
	readonly tuple: Tuple;
	/** Ranges of what changes with a segment besides the numbers that the model knows: the core, TCP's blocks, timers. */
	readonly beside: readonly (readonly [number, number])[];

	constructor(seed: number, others: readonly string[]) {
		const world = new World(seed);
		const limits = {
			sockets: { tcp: 3, udp: 2, icmp: 1, services: 0, receiveBuffer: 700, sendBuffer: 700 },
			packets: 12,
			tcp: { sack: false, timestamps: false },
		};
		const target = world.node("target", limits);
		const peer = world.node("peer");
		const segment = world.segment();
		const link = target.ethernet("eth0", segment.port({ mac: macOf(1) }), "10.0.0.1/24", ...others);
		target.ethernet("eth1", world.segment().port({ mac: macOf(3) }), "10.9.0.1/24");
		peer.ethernet("eth0", segment.port({ mac: macOf(2) }), "10.0.0.2/24");
		const { core, tcp, udp } = target.stack;
		tcp.listen("", 80, 4, 0);
		udp.open("", 7, 0);
		udp.open(ipText(LOCAL), 5000, link.slot);
		peer.stack.tcp.connect(ipText(LOCAL), 80);
		world.run(2000);
		const tcb = tcp.inUse().find((one) => one.state === ESTABLISHED)!;
		const { view, layout } = core;
		const at = (field: keyof typeof TCB) => view.getInt32(tcb.block + TCB[field], true);
		this.bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
		this.block = link.block;
		this.frameAt = core.packetAt - link.linkHeader;
		this.space = link.space;
		this.tcb = tcb.block;
		this.udps = layout.udps;
		this.pool = layout.pool;
		this.shared = layout.tcp;
		this.beside = [
			[CORE, CORE_END],
			[layout.tcbs, layout.udps],
			[layout.timers, layout.rings],
		];
		this.tuple = {
			peer: PEER,
			peerPort: at("remotePort"),
			local: LOCAL,
			localPort: 80,
			seq: at("rcvNxt"),
			ack: at("sndNxt"),
		};
	}
}

const scenes = [0, 1, 2, 3].map((count) => new Scene(SEED + count, OTHERS.slice(0, count)));

/** Two memories that begin alike. */
class Two {
	readonly scene: Scene;
	readonly views: readonly [DataView, DataView];

	constructor(prng: Prng, scene: Scene) {
		this.scene = scene;
		const arenas = [0, 1].map(() => allocate(scene.bytes.length));
		for (const arena of arenas) new Uint8Array(arena).set(scene.bytes);
		this.views = [new DataView(arenas[0]!), new DataView(arenas[1]!)];
		this.#vary(prng);
	}

	set(at: number, value: number): void {
		for (const view of this.views) view.setInt32(at, value, true);
	}

	get(at: number): number {
		return this.views[0].getInt32(at, true);
	}

	put(at: number, bytes: ArrayLike<number>): void {
		for (const view of this.views) new Uint8Array(view.buffer).set(bytes, at);
	}

	/** Other states of connection and sockets, as they may come to be. */
	#vary(prng: Prng): void {
		const { tcb, udps, block, tuple } = this.scene;
		const [receive, send] = [this.get(tcb + TCB.receiveSize), this.get(tcb + TCB.sendSize)];
		const [receiveRing, sendRing] = [this.get(tcb + TCB.receiveRing), this.get(tcb + TCB.sendRing)];
		const queued = prng.chance(0.5) ? 0 : prng.below(receive + 1);
		const sndQueued = prng.below(send + 1);
		const rcvAt = prng.below(receiveRing);
		const sndAt = prng.below(sendRing);
		// The stack has pages for all that its sockets may have.
		let page = this.scene.pool;
		const fill = (table: number, ring: number, first: number, bytes: number) => {
			for (let i = 0; i < ring >> PAGE_SHIFT; i++) this.set(table + 4 * i, 0);
			for (let at = first & ~PAGE_MASK; at < first + bytes; at += PAGE_BYTES, page += PAGE_BYTES)
				this.set(table + 4 * ((at % ring) >> PAGE_SHIFT), page);
		};
		fill(this.get(tcb + TCB.receivePages), receiveRing, (rcvAt - queued + receiveRing) % receiveRing, queued);
		fill(this.get(tcb + TCB.sendPages), sendRing, sndAt, sndQueued);
		this.set(this.scene.shared + TcpBlock.offsets.freshPage, page);
		this.set(this.scene.shared + TcpBlock.offsets.pagesListed, 0);
		const flight = prng.chance(0.5) ? sndQueued : prng.below(sndQueued + 1);
		const una = (tuple.ack - 100) | 0;
		const words: Partial<Record<keyof typeof TCB, number>> = {
			bits: (prng.below(64) & ~16) | (prng.chance(0.8) ? BIT_PREDICTED : 0),
			rcvQueued: queued,
			rcvAt,
			rcvRoom: receive - queued,
			rcvAdv: (tuple.seq + prng.below(receive - queued + 1)) | 0,
			sndUna: una,
			sndNxt: (una + flight) | 0,
			sndMax: (una + flight) | 0,
			sndQueued,
			sndAt,
			sndRoom: send - sndQueued,
			sndWnd: prng.pick([0, 1, 100, 1000, 65535]),
			sndWndMax: prng.pick([1000, 65535]),
			rttSeq: (una + prng.between(-10, sndQueued)) | 0,
		};
		for (const [name, value] of Object.entries(words)) this.set(tcb + TCB[name as keyof typeof TCB], value);
		for (const i of [0, 1]) {
			const socket = udps + i * UdpBlock.bytes;
			const size = this.get(socket + UDP.size) >> 2;
			this.set(socket + UDP.next, 4 * prng.below(size));
			this.set(socket + UDP.used, 4 * (prng.chance(0.5) ? prng.below(size) : size - prng.below(60)));
		}
		for (let i = IFACE.rxPackets; i < IFACE.drops; i += 4) this.set(block + i, prng.chance(0.5) ? -1 : prng.next());
	}

	/** Where the memories differ, without what lies in one of these ranges; -1 when they do not. */
	difference(...left: readonly (readonly [number, number])[]): number {
		const [a, b] = this.views.map((view) => new Int32Array(view.buffer)) as [Int32Array, Int32Array];
		for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !left.some(([from, to]) => i * 4 >= from && i * 4 < to)) return i * 4;
		return -1;
	}
}

/** Counters of drops of the first interface. */
function drops(view: DataView, block: number): number[] {
	return DROPS.map((_, i) => view.getInt32(block + IFACE.drops + 4 * i, true));
}

interface Outcome {
	readonly value?: number | boolean;
	readonly error?: string;
}

function outcome(run: () => number | boolean): Outcome {
	try {
		return { value: run() };
	} catch (error) {
		return { error: (error as Error).name };
	}
}

function generator(prng: Prng, tuple: Tuple): FrameGenerator {
	return new FrameGenerator(prng, {
		macs: [macOf(1), macOf(7), [0x33, 0x33, 0, 0, 0, 1]],
		peerMac: macOf(2),
		locals: [
			LOCAL,
			LOCAL,
			LOCAL,
			ELSEWHERE,
			ip("10.0.0.255"),
			ip("172.16.255.255"),
			ip("192.168.7.0"),
			ip("100.64.0.9"),
			-1,
			ip("224.0.0.251"),
		],
		peers: [PEER, PEER, ip("10.0.0.3"), ip("8.8.8.8"), ELSEWHERE, ip("10.9.0.255")],
		ports: [7, 80, 5000],
		tuples: [tuple],
	});
}

/** What the model said, and why the frame was dropped, if it was. */
interface Fate {
	readonly said: number;
	readonly reasons: readonly DropName[];
}

/** One frame of the generator goes up in both memories. */
function one(prng: Prng, flags: number): Fate {
	const scene = prng.pick(scenes);
	const two = new Two(prng, scene);
	two.set(scene.block + IFACE.flags, flags);
	const ethernet = (flags & FLAG_ETHERNET) !== 0;
	const frame = generator(prng, scene.tuple)
		.next()
		.slice(ethernet ? 0 : 14, scene.space);
	const at = scene.frameAt + (ethernet ? 0 : 14);
	// On XS both sides know what to make of it: there all frames are compared.
	if (!onXS && isIpv6(frame, ethernet)) return { said: 0, reasons: [] };
	two.put(at, frame);
	const [mine, other] = two.views;
	const before = drops(mine, scene.block);
	const label = `flags ${flags}, SEED=${SEED}, frame ${frame.join()}`;
	const got = outcome(() => subject.frameArrives(mine, at, at + frame.length, scene.block));
	const end = at + frame.length;
	const wanted = outcome(() => (onXS ? twin.frameArrives : arrives)(other, at, end, scene.block));
	expect(got.error, label).toBe(undefined);
	expect(wanted.error, label).toBe(undefined);
	const after = drops(mine, scene.block);
	const reasons = DROPS.filter((_, i) => after[i] !== before[i]);
	if (onXS) {
		expect(got, label).toEqual(wanted);
		expect(two.difference(), `${label}: byte that differs`).toBe(-1);
		return { said: 0, reasons };
	}
	const said = wanted.value as number;
	compare(two, said, reasons, label);
	return { said, reasons };
}

const IGMP = 2;
const GRE = 47;

/** Reasons that concern an answer on its way out, not the frame that caused it. */
const OUTBOUND: readonly DropName[] = ["icmpRateLimited", "noRoute", "neighborQueueFull", "noPacketBuffer", "tooBig"];

/** For what the packet is refused, where the model says no more than which protocol it is for. */
const REFUSALS: Partial<Record<keyof typeof KINDS, readonly DropName[]>> = {
	badOption: ["ipMalformed"],
};

/** What the model knows of a kind of frame must be so. */
function compare(two: Two, said: number, reasons: readonly DropName[], label: string): void {
	const { scene } = two;
	const inbound = reasons.filter((name) => !OUTBOUND.includes(name));
	const kind = said & 15;
	const name = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((each) => KINDS[each] === kind);
	const group = (said & GROUP) !== 0;
	const registers = (...words: readonly number[]) =>
		words.filter((word) => two.get(word * 4) !== two.views[1].getInt32(word * 4, true));
	const differs = `${label}: byte that differs`;
	const received = [IFACE.rxPackets, IFACE.rxPackets + 4, IFACE.rxBytes, IFACE.rxBytes + 4].map(
		(field) => (scene.block + field) / 4,
	);
	expect(registers(...received), label).toEqual([]);
	if (said === 0) {
		expect(inbound.length, label).toBe(1);
		expect(two.difference(), differs).toBe(-1);
		return;
	}
	if (name === "fragment") {
		// It waits for the others, or is none that can be.
		expect(["", "ipFragment"], label).toContain(inbound.join());
		return;
	}
	if (name === "datagram") {
		expect(inbound, label).toEqual([]);
		expect(two.difference(), differs).toBe(-1);
		return;
	}
	if (name === "segment") {
		expect(inbound, label).toEqual([]);
		const { tcb } = scene;
		const known = (
			[
				"bits",
				"rcvNxt",
				"rcvQueued",
				"rcvAt",
				"rcvRoom",
				"sndUna",
				"sndQueued",
				"sndAt",
				"sndRoom",
				"sndWnd",
				"sndWndMax",
				"sndWl1",
				"sndWl2",
			] as const
		).map((field) => (tcb + TCB[field]) / 4);
		expect(registers(...known), label).toEqual([]);
		// What follows for timers and windows has tests of its own.
		expect(two.difference(...scene.beside), differs).toBe(-1);
		return;
	}
	// The registers, but for those that answers change.
	const addresses = [4, 5, 6, 7].flatMap((word) => [
		fields.SOURCE_ADDRESS / 4 + (word & 3),
		fields.DESTINATION_ADDRESS / 4 + (word & 3),
	]);
	const header = [
		fields.REGISTER.arrival >> 2,
		fields.REGISTER.frameGroup >> 2,
		fields.REGISTER.whose >> 2,
		fields.REGISTER.ipAt >> 2,
		fields.REGISTER.ipEnd >> 2,
		fields.REGISTER.transportAt >> 2,
		fields.REGISTER.ttlProtocol >> 2,
	];
	const payload = [fields.REGISTER.ports >> 2, fields.REGISTER.payloadAt >> 2, fields.REGISTER.payloadLength >> 2];
	if (name === "arp") {
		expect(
			registers(fields.REGISTER.arrival >> 2, fields.REGISTER.frameGroup >> 2, fields.REGISTER.payloadAt >> 2),
			label,
		).toEqual([]);
		return;
	}
	expect(registers(...header), label).toEqual([]);
	if (name !== "icmp") expect(registers(...addresses), label).toEqual([]);
	const index = said >> VALUE_SHIFT;
	switch (name) {
		case "echo": {
			expect(inbound, label).toEqual([]);
			const [from, to] = [two.get(fields.REGISTER.ipAt), two.get(fields.REGISTER.ipEnd)];
			const bytes = (view: DataView) => new Uint8Array(view.buffer, from, to - from).join();
			expect(bytes(two.views[0]), label).toBe(bytes(two.views[1]));
			return;
		}
		case "tcp":
		case "stray":
			expect(
				registers(...payload, fields.REGISTER.seq >> 2, fields.REGISTER.ack >> 2, fields.REGISTER.flagsWindow >> 2),
				label,
			).toEqual([]);
			if (group) expect(inbound, label).toEqual(["tcpUnacceptable"]);
			else if (index === NOBODY) expect(inbound, label).toEqual(["tcpNoSocket"]);
			else expect(inbound.length, label).toBeLessThanOrEqual(1);
			return;
		case "udp":
			expect(registers(...payload), label).toEqual([]);
			if (index === NOBODY) expect(inbound, label).toEqual(["udpNoSocket"]);
			else if (!group) expect(inbound, label).toEqual(["udpQueueFull"]);
			else expect([[], ["ipNotLocal"], ["udpQueueFull"]], label).toContainEqual(inbound);
			return;
		case "icmp":
			expect(registers(fields.REGISTER.payloadAt >> 2, fields.REGISTER.payloadLength >> 2), label).toEqual([]);
			expect([[], ["icmpUnhandled"]], label).toContainEqual(inbound);
			return;
		case "other":
			// IGMP of an Ethernet interface is for the interpreter: RFC 3376 §4.
			if ((two.get(fields.REGISTER.ttlProtocol) & 255) === IGMP && (two.get(scene.block + IFACE.flags) & FLAG_ETHERNET) !== 0)
				expect([[], ["icmpMalformed"], ["icmpChecksum"]], label).toContainEqual(inbound);
			// A header of GRE that cannot be is no packet of a tunnel that there is not: test/unit/link/tunnel.test.ts.
			else if ((two.get(fields.REGISTER.ttlProtocol) & 255) === GRE)
				expect([["unknownProtocol"], ["tunnelMalformed"]], label).toContainEqual(inbound);
			else expect(inbound, label).toEqual(["unknownProtocol"]);
			return;
		default:
			expect(inbound, label).toEqual(REFUSALS[name!]);
	}
}

describe(`a frame that arrives, against ${AGAINST}`, () => {
	it("on Ethernet", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < ROUNDS * 5; i++) {
			const dice = prng.fork();
			one(dice, FLAG_ETHERNET | (dice.below(8) << 1));
		}
	});

	it("of bare IP", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < ROUNDS * 2; i++) {
			const dice = prng.fork();
			one(dice, dice.below(8) << 1);
		}
	});

	it("finds all that there is", () => {
		const prng = new Prng(SEED);
		const kinds = new Set<number>();
		const dropped = new Set<DropName>();
		let weak = 0;
		for (let i = 0; i < (onXS ? 800 : 2500); i++) {
			const { said, reasons } = one(prng, FLAG_ETHERNET);
			if (said & WEAK) weak++;
			if (said !== 0) kinds.add(said & 15);
			for (const reason of reasons) dropped.add(reason);
		}
		if (!onXS) {
			expect([...kinds].sort((a, b) => a - b)).toEqual(Object.values(KINDS).sort((a, b) => a - b));
			expect(weak).toBeGreaterThan(10);
		}
		expect(dropped.size).toBeGreaterThanOrEqual(10);
	});

	it("with offsets outside of the arena", () => {
		const prng = new Prng(SEED);
		let [refused, answered] = [0, 0];
		for (let i = 0; i < ROUNDS; i++) {
			const dice = prng.fork();
			const scene = dice.pick(scenes);
			const two = new Two(dice, scene);
			const size = scene.bytes.length;
			const hostile = (value: number) =>
				dice.chance(0.8) ? value : dice.pick([-1, -128, -2147483648, 2147483647, 2147483600, size, size - 1, size + 1]);
			const at = size - dice.below(40);
			two.put(
				at,
				generator(dice, scene.tuple)
					.next()
					.slice(0, size - at),
			);
			const [from, end, block] = [hostile(at), at + dice.between(30, 100), hostile(scene.block)];
			const got = outcome(() => subject.frameArrives(two.views[0], from, end, block));
			const wanted = outcome(() => (onXS ? twin.frameArrives : arrives)(two.views[1], from, end, block));
			expect(got.error, `at ${from} to ${end}, block ${block}, SEED=${SEED}`).toBe(wanted.error);
			if (got.error === undefined) answered++;
			else {
				expect(got.error).toBe("RangeError");
				refused++;
			}
		}
		expect(refused).toBeGreaterThan(answered);
	});
});
