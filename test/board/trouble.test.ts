// What a board bears while all its sockets are busy: cables that are pulled, peers that vanish or never read. MULTIHOME_FIRMWARE, MULTIHOME_ELF and MULTIHOME_BOOTROM as for
// firmware.test.ts.

import { beforeAll, describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import type { TCP } from "../../src/io/types.ts";
import { env } from "../support/env.ts";
import { ascii } from "../support/frames.ts";
import { Answer } from "./answer.ts";
import { Bench, PLACES, statusOf, type BoardStatus } from "./bench.ts";
import { readElf } from "./elf.ts";
import { placesOf, type Place } from "./load.ts";
import { KINDS, Talk, type Kind } from "./talk.ts";

const firmware = env("MULTIHOME_FIRMWARE");
const elf = env("MULTIHOME_ELF");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && elf !== undefined && bootrom !== undefined;
if (!given)
	console.log(
		"tests of trouble skipped: set MULTIHOME_FIRMWARE, MULTIHOME_ELF and MULTIHOME_BOOTROM (test/board/trouble.test.ts)",
	);

const SOCKETS = { tcp: 16, udp: 2, receiveBuffer: 5840, sendBuffer: 5840 };
/** The services listen by four of the eight sockets: one connection for each of the others. */
const BUSY = [KINDS.echo, KINDS.chargen, KINDS.echo, KINDS.discard] as const;
const PULLED_SECONDS = 3;
/** A segment goes again 1, 2, 4 s after it was lost, as the way has no shorter round trips yet. */
const BACK_SECONDS = 8;
/** Who is too slow is known after 5 s, and makes room for a newcomer; his SYN comes again 1, 3, 7 s after the first. */
const SERVED_SECONDS = 16;
/** Who was refused asks again, ms. */
const AGAIN_MS = 500;
/** TIME-WAIT takes 60 s, SYN and ACK 63 s, a neighbour 30 s and 60 s more. */
const QUIET_SECONDS = 100;

/** By so many slots the heap grows: `creation.heap.incremental` of hosts/pico/manifest.json. */
const HEAP_STEP = 256;

/** Numbers of cables, from 1, whose peers nobody hears. */
const silent = new Set<number>();

async function start(): Promise<Bench> {
	silent.clear();
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, readElf(elf!), {
		cable: { sockets: SOCKETS, packets: 64, silent: (index) => silent.has(index) },
	});
	expect(
		bench.until(() => /ready/.test(bench.printed), 5),
		bench.printed,
	).toBe(true);
	bench.run(0.5);
	return bench;
}

/** What a board has when all is quiet but the connection that asks, whose pages of the pool are as many as its bytes happen to lie in. */
function rest(bench: Bench) {
	const { memory, sockets, heap }: BoardStatus = statusOf(bench, 1);
	const { poolFree: _free, poolPromised: _promised, ...fixed } = memory;
	const { slotsTotal, chunkBytesTotal } = heap as Record<string, number>;
	return {
		memory: fixed,
		sockets: sockets.map(({ protocol, state, local }) => `${protocol} ${state} ${local}`),
		chunkBytesTotal: chunkBytesTotal!,
		slotsTotal: slotsTotal!,
	};
}

/** Has `place` ask for /status until it is answered by 200; how long that took, s. */
function served(bench: Bench, { peer, board }: Place): number {
	const from = bench.machine.clock.nanos;
	let done = false;
	let told = "nothing";
	const ask = () => {
		const answer = new Answer(false);
		const buffer = new Uint8Array(1460);
		let said = false;
		const socket: TCP = new peer.io.TCP({
			address: board,
			port: 80,
			onWritable: () => {
				if (!said) socket.write(ascii("GET /status HTTP/1.0\r\n\r\n"));
				said = true;
			},
			onReadable: () => {
				for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer)) answer.add(buffer.subarray(0, n));
			},
			onError: () => {
				done = answer.complete && answer.good;
				told = `${socket.error} ${answer.firstLine}`;
				socket.close();
				if (!done) again.schedule(AGAIN_MS * 1e6);
			},
		});
	};
	const again = bench.machine.clock.createAlarm(ask);
	ask();
	expect(
		bench.until(() => done, SERVED_SECONDS),
		`no /status within ${SERVED_SECONDS} s, the last try ended by ${told}`,
	).toBe(true);
	return (bench.machine.clock.nanos - from) / 1e9;
}

describe.runIf(given)("with all sockets busy both ways", () => {
	let bench: Bench;
	let places: Place[];
	let before: ReturnType<typeof rest>;

	beforeAll(async () => {
		bench = await start();
		places = placesOf(PLACES, bench.peers);
		before = rest(bench);
	});

	test("cables that are pulled and put back: connections by the other one go on meanwhile, and in the end all do, and no byte is wrong", () => {
		const talks = BUSY.map((kind, i) => ({ cable: i >> 1, talk: new Talk(places[i >> 1]!, kind) }));
		const passed = () => talks.map(({ talk }) => talk.passed);
		const moves = (cables: readonly number[]) => {
			const from = passed();
			return () => talks.every(({ cable, talk }, i) => !cables.includes(cable) || talk.passed > from[i]! + 20_000);
		};
		expect(bench.until(moves([0, 1]), BACK_SECONDS), `${passed()}`).toBe(true);
		for (const pulled of [[0], [1], [0, 1]]) {
			for (const which of pulled) bench.chips[which]!.model.link(false);
			const others = moves([0, 1].filter((which) => !pulled.includes(which)));
			bench.run(PULLED_SECONDS);
			expect(others(), `while ${pulled} pulled: ${passed()}`).toBe(true);
			for (const which of pulled) bench.chips[which]!.model.link(true);
			const from = bench.machine.clock.nanos;
			expect(bench.until(moves([0, 1]), BACK_SECONDS), `after ${pulled} was pulled: ${passed()}`).toBe(true);
			console.log(`cables ${pulled} back: all move after ${((bench.machine.clock.nanos - from) / 1e9).toFixed(2)} s`);
		}
		expect(talks.map(({ talk }) => talk.wrong + (talk.error ?? ""))).toEqual(talks.map(() => "0"));
		for (const { talk } of talks) talk.close();
		bench.run(1);
	});

	test.each([
		["vanish in the middle", [KINDS.echo, KINDS.chargen, KINDS.bytes, KINDS.discard], true],
		["never read, or never say what they want", [KINDS.echoUnread, KINDS.chargenUnread, KINDS.bytesUnread, KINDS.half], false],
	] as const)(
		"peers that %s with every socket: others are served within their patience, again and again",
		(_what, kinds, vanish) => {
			const talks = (kinds as readonly Kind[]).map((kind) => new Talk(places[0]!, kind));
			bench.run(1);
			if (vanish) silent.add(1);
			const took = Array.from({ length: 4 }, () => {
				const seconds = served(bench, places[1]!);
				bench.run(1);
				return seconds;
			});
			console.log(`/status after ${took.map((each) => each.toFixed(2)).join(", ")} s`);
			silent.clear();
			for (const talk of talks) talk.close();
			bench.run(1);
		},
	);

	test("and when all of that is over the board has what it had before", () => {
		bench.run(QUIET_SECONDS);
		const { slotsTotal, ...after } = rest(bench);
		expect({ ...after, slotsTotal: before.slotsTotal }).toEqual(before);
		// The engine keeps what it has taken at the worst moment.
		expect(slotsTotal).toBeLessThanOrEqual(before.slotsTotal + HEAP_STEP);
		expect(bench.complaints).toEqual([]);
	});
});
