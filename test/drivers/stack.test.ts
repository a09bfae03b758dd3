// A whole stack above a driver and its chip: with abilities that let it skip every checksum (RECEIVE_CHECKED, TRANSMIT_CHECKSUM) nothing wrong
// gets in, nothing wrong goes out, and a connection survives what the chip does.

import { afterEach, describe, expect, it } from "vitest";
import * as chips from "host/chips";
import type { EthernetChip } from "../../drivers/ethernet/device.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import { RECEIVE_CHECKED, TRANSMIT_CHECKSUM } from "../../src/device/device.ts";
import { createIO } from "../../src/io/io.ts";
import { Stack } from "../../src/stack.ts";
import { ECHO, EchoClient, EchoServer, UdpEchoServer } from "../support/apps.ts";
import { envNumber } from "../support/env.ts";
import {
	arp,
	ARP_REQUEST,
	BROADCAST_MAC,
	type Bytes,
	ethernet,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	icmp,
	SYN,
	tcp,
	udp,
	ipText,
} from "../support/frames.ts";
import { Prng } from "../support/prng.ts";
import type { Node } from "../support/world.ts";
import { closeRigs, type Kind, KINDS, openChip, optionsOf, OWN, PEER, plugChip } from "./support/rig.ts";
import { ETHERNET, headerChecksum, transportChecksum, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261202);

const ADDRESSES = { source: "10.0.0.1", destination: "10.0.0.2" };
const PORTS = { ...ADDRESSES, sourcePort: 5000, destinationPort: 7 };
/** A group, and where RFC 1112 §6.4 sends it. */
const GROUP = "239.1.1.1";
const GROUP_MAC = Uint8Array.of(1, 0, 0x5e, 1, 1, 1);
const ARRIVING = new Uint8Array(2048);

/** A board: chip, driver and stack, and the other end of its cable. */
class Board {
	readonly chip: number;
	readonly stack: Stack;
	now = 1000;
	#due = 0;
	readonly #hearing = new Uint8Array(2048);

	constructor(kind: Kind, address = 0x0a000002, mac = OWN, bus = 0) {
		const random = new Prng(SEED ^ address);
		this.chip = plugChip(kind, { lineRate: 10_000_000, bus });
		boards.push(this);
		const device = openChip(kind, { ...optionsOf(), bus, mac });
		expect(device.abilities).toBe(RECEIVE_CHECKED | TRANSMIT_CHECKSUM);
		this.stack = new Stack({
			random32: () => random.next(),
			onWake: () => {
				this.#due = this.now;
			},
		});
		this.stack.interfaces.add(new EthernetInterface("eth0", device)).ip.insertAddress(ipText(address), 24);
	}

	/** As the programs of test/support/apps.ts know it. */
	get node(): Node {
		return this as unknown as Node;
	}

	close(): void {
		this.stack.interfaces.remove(this.stack.interfaces.find("eth0")!);
		chips.unplug(this.chip);
	}

	/** A ms is over; the stack is polled when it is due. */
	tick(): void {
		this.now++;
		if (this.now - this.#due >= 0) this.poll();
	}

	run(ms: number): void {
		for (; ms > 0; ms--) {
			chips.passTime(1_000_000);
			this.tick();
		}
	}

	poll(): void {
		let wanted = 0;
		for (let i = 0; wanted === 0 && i < 1000; i++) wanted = this.stack.poll(this.now);
		expect(wanted, "a stack that never rests").not.toBe(0);
		this.#due = wanted < 0 ? Infinity : this.now + wanted;
	}

	/** The station sends a frame, and the stack is told of it. */
	say(frame: Uint8Array): void {
		ARRIVING.set(frame);
		chips.arrive(this.chip, ARRIVING, 0, Math.max(60, frame.length));
		ARRIVING.fill(0);
		chips.passTime(20_000);
		this.poll();
	}

	/** The IPv4 packets that the board said within 10 ms. */
	hear(): Bytes[] {
		const frames: Bytes[] = [];
		for (let i = 0; i < 10; i++) {
			this.run(1);
			for (let length; (length = chips.hear(this.chip, this.#hearing, 0)) > 0;) frames.push(this.#hearing.slice(0, length));
		}
		return frames.filter((frame) => frame[13] === (ETHERTYPE_IPV4 & 255));
	}

	/** Hands what the board said on to another one. */
	pass(other: Board): void {
		let count = 0;
		for (let length; (length = chips.hear(this.chip, this.#hearing, 0)) > 0; count++)
			chips.arrive(other.chip, this.#hearing, 0, length);
		if (count > 0) other.poll(); // as the interrupt would have it
	}
}

const boards: Board[] = [];

afterEach(() => {
	for (const board of boards.splice(0)) board.close();
	closeRigs();
});

describe.each(KINDS)("%s", (kind) => {
	const requests: [string, Bytes][] = [
		["UDP", udp(PORTS, [1, 2, 3, 4, 5])],
		["UDP to no port", udp({ ...PORTS, destinationPort: 9 }, [1, 2, 3, 4, 5])],
		["TCP", tcp({ ...PORTS, flags: SYN, seq: 7 })],
		["ICMP", icmp({ ...ADDRESSES, type: 8 }, [1, 2, 3, 4, 5])],
	];
	it.each(requests)("answers %s with right checksums, and not at all when one bit is wrong, whichever", (_name, packet) => {
		const board = new Board(kind);
		new UdpEchoServer(board.node);
		board.run(1500);
		const frame = ethernet(OWN, PEER, ETHERTYPE_IPV4, packet);
		const question = ethernet(
			BROADCAST_MAC,
			PEER,
			ETHERTYPE_ARP,
			arp({ operation: ARP_REQUEST, senderMac: PEER, sender: "10.0.0.1", target: "10.0.0.2" }),
		);
		const expectAnswer = () => {
			board.run(1000); // answers of this kind are limited
			board.say(question); // who the answer goes to
			board.say(frame);
			const [answer] = board.hear();
			expect(answer).toBeDefined();
			const view = viewOf(answer!);
			expect(view.getUint16(ETHERNET + 10)).toBe(headerChecksum(view, ETHERNET));
			const start = ETHERNET + 20;
			const field = { 1: 2, 6: 16, 17: 6 }[view.getUint8(ETHERNET + 9)]!;
			expect(view.getUint16(start + field)).toBe(transportChecksum(view, ETHERNET));
		};
		expectAnswer();
		for (let bit = ETHERNET * 8; bit < frame.length * 8; bit++) {
			const wrong = frame.slice();
			wrong[bit >> 3]! ^= 128 >> (bit & 7);
			board.run(50);
			board.say(wrong);
			expect(board.hear().length, `bit ${bit & 7} of byte ${bit >> 3}`).toBe(0);
		}
		expectAnswer();
	});

	it("is looked after in C, and the interpreter hears of it when the link has changed", () => {
		const board = new Board(kind);
		board.run(1500);
		const link = board.stack.interfaces.find("eth0")!;
		const device = link.device as EthernetChip;
		let polls = 0;
		device.poll = (now) => {
			polls++;
			return device.service(now);
		};
		const before = chips.count(board.chip, chips.TRANSACTIONS);
		board.run(5000);
		expect(chips.count(board.chip, chips.TRANSACTIONS)).toBeGreaterThan(before);
		expect(polls).toBe(0);
		for (const up of [false, true]) {
			chips.cable(board.chip, up);
			board.run(2000);
			expect(link.up).toBe(up);
		}
		expect(polls).toBeGreaterThan(0);
	});

	it.each([
		["on all interfaces", undefined],
		["on its interface", "eth0"],
	])("hears a group from when a program joins it %s until it leaves", (_name, link) => {
		const board = new Board(kind);
		board.run(1500);
		const socket = new (createIO(board.stack).UDP)({ port: 5000 });
		const packet = udp({ source: "10.0.0.1", destination: GROUP, sourcePort: 9, destinationPort: 5000 }, [1, 2, 3]);
		const expectHeard = (heard: boolean, label: string) => {
			board.say(ethernet(GROUP_MAC, PEER, ETHERTYPE_IPV4, packet));
			board.run(10);
			expect(socket.read()?.byteLength, label).toBe(heard ? 3 : undefined);
		};
		expectHeard(false, "before");
		socket.add(GROUP, link);
		expectHeard(true, "joined");
		chips.fault(board.chip, chips.RESETS, 1);
		board.run(3000);
		expectHeard(true, "after a reset of the chip");
		const refused = chips.count(board.chip, chips.FILTERED);
		socket.remove(GROUP, link);
		expectHeard(false, "left");
		expect(chips.count(board.chip, chips.FILTERED)).toBe(refused + 1);
	});

	it("hears the groups that were joined before the chip was opened", () => {
		const board = new Board(kind);
		board.stack.interfaces.remove(board.stack.interfaces.find("eth0")!);
		const socket = new (createIO(board.stack).UDP)({ port: 5000, multicast: GROUP });
		board.stack.interfaces.add(new EthernetInterface("eth0", openChip(kind, optionsOf()))).ip.insertAddress("10.0.0.2", 24);
		board.run(1500);
		const packet = udp({ source: "10.0.0.1", destination: GROUP, sourcePort: 9, destinationPort: 5000 }, [1, 2, 3]);
		board.say(ethernet(GROUP_MAC, PEER, ETHERTYPE_IPV4, packet));
		board.run(10);
		expect(socket.read()?.byteLength).toBe(3);
	});
});

/** What TCP has to make good. Not bit errors: those that cancel in a sum of 16 bits are TCP's too (support/ledger.ts). */
const NUISANCES: readonly (readonly [number, number])[] = [
	[chips.RESETS, 1],
	[chips.BAD_LENGTH, 3],
	[chips.TRANSMIT_STUCK, 1],
	[chips.LATE_COLLISIONS, 5],
	[chips.INTERRUPT_STUCK, 1],
	[chips.INTERRUPT_STUCK, 2],
	[chips.BUSY, 50],
	[chips.ABSENT, 1],
];
/** The connections bear silence for as long as the test does, ms. */
const PATIENCE_MS = 600_000;
/** One lasts so long, ms, and then as long there is none. */
const NUISANCE_MS = 50;

describe("a board with a W5500 and one with an ENC28J60 on one cable", () => {
	it.each([
		["no faults", false, 200_000],
		[`faults at random, SEED=${SEED}`, true, 3_000_000],
	])("echo over TCP what they are sent, with %s", (_name, faults, bytes) => {
		const random = new Prng(SEED);
		const one = new Board("w5500", 0x0a000001, PEER, 0);
		const other = new Board("enc28j60", 0x0a000002, OWN, 1);
		// Whether one segment gets through is a matter of luck while a chip is away for a second at a time: nine in a row were lost in a hundred.
		for (const { node } of [one, other]) new EchoServer(node, ECHO, 4, PATIENCE_MS);
		const step = () => {
			chips.passTime(1_000_000);
			one.tick();
			other.tick();
			one.pass(other);
			other.pass(one);
		};
		for (let i = 0; i < 1500; i++) step();
		const clients = [new EchoClient(one.node, 0x0a000002, bytes), new EchoClient(other.node, 0x0a000001, bytes)];
		for (const [i, { stack }] of [one, other].entries()) stack.tcp.setUserTimeout(clients[i]!.tcb, PATIENCE_MS);
		let trouble = 0;
		for (let ms = 0; clients.some((client) => !client.done); ms++) {
			if (ms > PATIENCE_MS) expect.fail(`${clients[0]!.echoed} and ${clients[1]!.echoed} bytes after ${ms} ms, SEED=${SEED}`);
			if (faults && ms % NUISANCE_MS === 0) {
				const [which, argument] = random.pick(NUISANCES);
				const { chip } = random.pick([one, other]);
				for (let i = 0; i < NUISANCE_MS; i++) {
					if (i === 0) chips.fault(chip, which, argument);
					step();
				}
				chips.fault(chip, which, 0);
				trouble++;
			}
			step();
			for (const client of clients) expect(`${client.wrong}${client.error}`, `after ${ms} ms, SEED=${SEED}`).toBe("");
		}
		if (faults) expect(trouble).toBeGreaterThan(20);
		else for (const { chip } of [one, other]) expect(chips.count(chip, chips.COMPLAINTS), chips.lastComplaint()).toBe(0);
	});
});
