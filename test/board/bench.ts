// A firmware with both chips and a peer on each: what the tests of firmwares measure.

import type { ChipKind, ChipModelClass } from "../../hosts/desktop/chips/chips.ts";
import type { ChipPins } from "../../hosts/desktop/config.ts";
import { BoardChip } from "./chip.ts";
import type { Symbols } from "./elf.ts";
import { skipWaiting, watchConsole, watchFailures } from "./firmware.ts";
import { readBootrom, readFirmware } from "./image.ts";
import { Fault } from "./cpu/cpu.ts";
import { Machine, Reset } from "./machine.ts";
import { cablePeer } from "./peer.ts";
import { Stops } from "./stops.ts";
import type { CableOptions, Peer } from "./peer.ts";

export interface Place {
	name: string;
	kind: ChipKind;
	pins: ChipPins;
	/** The board's address, and the peer's with its prefix length. */
	address: string;
	peer: string;
}

/** As in hosts/pico/targets/pico-both. */
export const PLACES: Place[] = [
	{
		name: "eth0",
		kind: "w5500",
		pins: { bus: 0, clock: 18, out: 19, in: 16, select: 17, interrupt: 21, reset: 20 },
		address: "192.168.77.2",
		peer: "192.168.77.1/24",
	},
	{
		name: "eth1",
		kind: "enc28j60",
		pins: { bus: 1, clock: 10, out: 11, in: 12, select: 13, interrupt: 14, reset: 15 },
		address: "192.168.78.2",
		peer: "192.168.78.1/24",
	},
];

export class Bench {
	readonly machine: Machine;
	readonly chips: BoardChip[];
	readonly peers: Peer[];
	/** What the firmware has printed. */
	printed = "";
	readonly complaints: string[] = [];
	/** How long its data path stands still. With `stops` only. */
	readonly stops: Stops | undefined = undefined;
	#why = () => "";

	constructor(
		Model: ChipModelClass,
		files: { firmware: string; bootrom: string },
		symbols: Symbols | undefined,
		{
			places = PLACES,
			profile = false,
			cable = {} as CableOptions,
			after = undefined as Bench | undefined,
			ram = undefined as number | undefined,
			stops = false,
		} = {},
	) {
		let watched = false;
		const machine = new Machine({
			bootrom: readBootrom(files.bootrom),
			profile,
			console: (text) => {
				if (!watched) this.printed += text;
			},
			complain: (text) => this.complaints.push(text),
			after: after?.machine,
		});
		this.machine = machine;
		if (ram !== undefined)
			for (let i = 0; i < machine.rp2040.sram.length; i++) machine.rp2040.sram[i] = Math.imul(i + ram, 0x9e37_79b1) >>> 24;
		readFirmware(files.firmware, machine.rp2040.flash);
		if (symbols !== undefined) {
			if (stops) this.stops = new Stops(machine, symbols);
			skipWaiting(machine, symbols, () => this.stops?.passes());
			this.#why = watchFailures(machine, symbols);
			watched = watchConsole(machine, symbols, (text) => (this.printed += text));
		}
		this.chips = places.map(({ name, kind, pins }, i) => new BoardChip(machine, Model, { name, kind, pins, seed: i + 1 }));
		this.peers = places.map(({ peer }, i) => cablePeer(machine, this.chips[i]!, i + 1, peer, cable));
	}

	/** Lets the board run until `done` answers true; false when that has not happened after so many seconds of its time. */
	until(done: () => boolean, seconds: number): boolean {
		const end = this.machine.clock.nanos + seconds * 1e9;
		while (!done()) {
			if (this.machine.clock.nanos >= end) return false;
			this.#run(20_000);
		}
		return true;
	}

	run(seconds: number): void {
		this.#run(seconds * 1e9);
	}

	#run(nanos: number): void {
		try {
			this.machine.run(nanos);
		} catch (error) {
			if (error instanceof Reset || error instanceof Fault) error.message += this.#why();
			throw error;
		}
	}
}

/** What a board says of itself, as far as tests ask. */
export interface BoardStatus {
	heap: Record<string, number>;
	memory: Record<string, number>;
	neighbors: { address: string; state: string }[];
	sockets: { protocol: string; state: string; local: string }[];
	interfaces: { name: string; received: { packets: number }; device: { overruns: number } }[];
}

/** The same by HTTP, asked by one of the peers. */
export function statusOf(bench: Bench, which: number): BoardStatus {
	const buffer = new Uint8Array(1460);
	let text = "";
	let over = false;
	const socket = new bench.peers[which]!.io.TCP({
		address: PLACES[which]!.address,
		port: 80,
		onWritable() {
			if (text === "") socket.write(new TextEncoder().encode("GET /status HTTP/1.0\r\n\r\n"));
		},
		onReadable() {
			for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer))
				text += new TextDecoder().decode(buffer.subarray(0, n));
		},
		onError() {
			over = true;
			socket.close();
		},
	});
	bench.until(() => over, 10);
	return JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
}

export interface Transfer {
	bytes: number;
	seconds: number;
	mbits: number;
	/** Data segments of 1,460 bytes, or what was left of them. */
	segments: number;
	cyclesPerSegment: number;
	/** Part of the time that the SPI bus was in use. */
	spiBusy: number;
}

/** A way to the board: who is at the far end, and the board's address there. */
export interface Way {
	peer: Peer;
	address: string;
	/** Time that the SPI bus was in use, ns; 0 where there is none. */
	busyNanos(): number;
}

export function wayOf(bench: Bench, which: number): Way {
	const { address } = PLACES[which]!;
	return { peer: bench.peers[which]!, address, busyNanos: () => bench.chips[which]!.spi.busyNanos };
}

/** A connection to the board's port 9, which takes what is sent, or 19, which sends; the window is the stacks'. */
class Flow {
	/** Bytes that have gone, or come. What was written is there but for a window of it. */
	passed = 0;
	failed = false;
	readonly socket;

	constructor({ peer, address }: Way, direction: Direction) {
		const chunk = new Uint8Array(1460);
		const socket = new peer.io.TCP({
			address,
			port: direction === "receive" ? 9 : 19,
			onReadable: () => {
				for (let n = socket.read(chunk); n !== undefined; n = socket.read(chunk)) this.passed += n;
			},
			onWritable: (room) => {
				while (direction === "receive" && room > 0) {
					const before = room;
					room = socket.write(chunk, 0, Math.min(room, chunk.length));
					this.passed += before - room;
				}
			},
			onError: () => {
				this.failed = true;
			},
		});
		this.socket = socket;
	}
}

/** As the board sees it. */
export type Direction = "receive" | "send";

/** Moves at least `bytes` by every one of the ways at once, after `warmUp` bytes by each. What is told is of the time in which all of them were at it. */
export function transfers(bench: Bench, ways: Way[], direction: Direction, bytes: number, warmUp: number): Transfer[] {
	const { machine } = bench;
	const flows = ways.map((way) => new Flow(way, direction));
	const reached = (counts: number[]) => flows.every((flow, i) => flow.passed >= counts[i]!);
	const failed = () => flows.some((flow) => flow.failed);
	if (!bench.until(() => failed() || reached(ways.map(() => warmUp)), 60)) throw new Error(`${direction}: no progress`);
	const from = flows.map(({ passed }) => passed);
	const busy = ways.map((way) => way.busyNanos());
	const { nanos } = machine.clock;
	const { cycles } = machine.cpu;
	const target = from.map((passed) => passed + bytes);
	if (!bench.until(() => failed() || reached(target), 600) || failed()) throw new Error(`${direction}: stopped`);
	const seconds = (machine.clock.nanos - nanos) / 1e9;
	const spent = machine.cpu.cycles - cycles;
	const results = flows.map(({ passed }, i) => {
		const moved = passed - from[i]!;
		const segments = moved / 1460;
		return {
			bytes: moved,
			seconds,
			mbits: (moved * 8) / seconds / 1e6,
			segments,
			cyclesPerSegment: spent / segments,
			spiBusy: (ways[i]!.busyNanos() - busy[i]!) / 1e9 / seconds,
		};
	});
	for (const { socket } of flows) socket.close();
	bench.run(0.05);
	return results;
}

/** The same by one way. */
export function transfer(bench: Bench, way: Way, direction: Direction, bytes: number, warmUp: number): Transfer {
	return transfers(bench, [way], direction, bytes, warmUp)[0]!;
}

/** Has the board's port 7 send back `bytes`; answers how fast they came, Mbit/s. */
export function echoed(bench: Bench, { peer, address }: Way, bytes: number): number {
	const chunk = new Uint8Array(1460);
	let back = 0;
	let failed = false;
	const socket = new peer.io.TCP({
		address,
		port: 7,
		onReadable() {
			for (let n = socket.read(chunk); n !== undefined; n = socket.read(chunk)) back += n;
		},
		onWritable(room) {
			while (room > 0) room = socket.write(chunk, 0, Math.min(room, chunk.length));
		},
		onError() {
			failed = true;
		},
	});
	const begin = bench.machine.clock.nanos;
	if (!bench.until(() => failed || back >= bytes, 600) || failed) throw new Error("echo: stopped");
	const seconds = (bench.machine.clock.nanos - begin) / 1e9;
	socket.close();
	bench.run(0.05);
	return (back * 8) / seconds / 1e6;
}
