// Thousands of connections in turn, beside four transfers and /status: afterwards the board has what it had before. MULTIHOME_TURNS names the .uf2 of
// `npm run build:pico -- --target pico-both --app test/board/support/turns-program.ts`, its .elf lies beside it; MULTIHOME_BOOTROM names the boot ROM; TURNS how many.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env, envNumber } from "../support/env.ts";
import { Bench, statusOf, type BoardStatus } from "./bench.ts";
import { readElf } from "./elf.ts";
import { ROUND, Turns } from "./turns.ts";

const firmware = env("MULTIHOME_TURNS");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && bootrom !== undefined;
if (!given) console.log("turns test skipped: set MULTIHOME_TURNS and MULTIHOME_BOOTROM (test/board/turns.test.ts)");

const TURNS = envNumber("TURNS", 5 * ROUND);
const TRANSFERS = 4;
/** What happens once has happened, and the heap is as large as it has to be. */
const WARM_UP = 5 * ROUND;
/** TIME-WAIT takes 60 s, SYN and ACK 63 s, a neighbour 30 s and 60 s more. */
const QUIET_SECONDS = 100;
/** So many times at least, and until collections have happened: then there is less than the time before. */
const ASKED = 40;
const COLLECTIONS = 3;
const ASKED_AT_MOST = 1000;
const TELL = 500;

const SOCKETS = { tcp: 16, udp: 2, receiveBuffer: 5840, sendBuffer: 5840 };

test.runIf(given)(
	`${TURNS} connections in turn, beside ${TRANSFERS} transfers and /status: nothing grows`,
	async () => {
		const Model = loadChips(await buildChips({ quiet: true }));
		const symbols = readElf(firmware!.replace(/\.uf2$/, ".elf"));
		const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, symbols, {
			cable: { sockets: SOCKETS, packets: 64 },
		});
		expect(
			bench.until(() => /eth1 192[^]*ready/.test(bench.printed), 5),
			bench.printed,
		).toBe(true);
		bench.run(0.5);
		const { chunkBytesTotal } = statusOf(bench, 0).heap;
		await go(new Turns(bench), WARM_UP);
		const before = await account(bench);
		const turns = new Turns(bench);
		await go(turns, TURNS);
		const after = await account(bench);

		const { took, statuses, transfers, counts, failures } = turns;
		console.log(
			[
				`connections: ${[...counts].map(([name, { done, failed, ms }]) => `${done} ${name}, ${(ms / done).toFixed(0)} ms, ${failed} of them failed`).join("; ")}`,
				`one took ${(took.all / took.counted).toFixed(1)} ms, ${took.most.toFixed(0)} at most; of ${took.again} a second and more`,
				`/status ${statuses.good}, refused ${statuses.refused}, on ${statuses.connections} connections, begun again ${statuses.again}, failed ${statuses.failed}, ${statuses.most.toFixed(0)} ms at most, ${statuses.leastFree} bytes free at least`,
				`transfers ${(transfers.toBoard / 1e6).toFixed(1)} MB in, ${(transfers.fromBoard / 1e6).toFixed(1)} MB out; ended ${transfers.broken.join("; ") || "none"}`,
				`before ${JSON.stringify(before)}`,
				`after  ${JSON.stringify(after)}`,
			].join("\n"),
		);
		expect(failures).toEqual([]);
		expect(transfers.broken).toEqual([]);
		expect(transfers.wrong).toBe(0);
		expect(statuses.good).toBeGreaterThan(TURNS / 100);
		expect(statuses.failed).toBe(0);
		expect({ ...after, live: undefined }).toEqual({ ...before, live: undefined });
		// The engine grows this when two collections in a row leave less than `creation.chunk.incremental`: the manifest has to give all that connections take at most, and more.
		expect(after.chunkBytesTotal).toBe(chunkBytesTotal);
		// A leak of one slot, or of 8 bytes, for each connection would leave more, once there are some hundreds; what is garbage yet differs by some tens.
		expect(after.live.slots).toBeLessThan(before.live.slots + Math.max(100, TURNS / 100));
		expect(after.live.chunkBytes).toBeLessThan(before.live.chunkBytes + Math.max(800, TURNS / 12));
		expect(bench.complaints).toEqual([]);
	},
	86_400_000,
);

/** So many turns with all that goes on beside them, and then the time that it takes until all is forgotten. */
async function go(turns: Turns, count: number): Promise<void> {
	const { machine } = turns.bench;
	const began = { real: Date.now(), nanos: machine.clock.nanos };
	turns.begin(TRANSFERS);
	turns.bench.run(1);
	let told = 0;
	for (let i = 0; i < count; i++) {
		turns.next();
		for (; told < turns.failures.length; told++) console.log(`connection ${i + 1}: ${turns.failures[told]}`);
		// So that what is printed comes out.
		if (i % 20 === 0) await new Promise((next) => setImmediate(next));
		if ((i + 1) % TELL === 0)
			console.log(
				`${i + 1} connections, ${((machine.clock.nanos - began.nanos) / 1e9).toFixed(0)} s, ${((Date.now() - began.real) / 1000).toFixed(0)} s here, ` +
					`failed ${turns.failures.length}, /status ${turns.statuses.good}, ${turns.statuses.leastFree} bytes free at least`,
			);
	}
	turns.end();
	turns.bench.run(QUIET_SECONDS);
}

interface Account {
	memory: BoardStatus["memory"];
	sockets: string[];
	neighbors: string[];
	slotsTotal: number;
	chunkBytesTotal: number;
	freeBytes: number;
	/** At least, of ASKED times: such as it is after a collection. */
	live: { slots: number; chunkBytes: number };
}

/** What the board has, when all is quiet but the connection that asks. */
async function account(bench: Bench): Promise<Account> {
	const first = statusOf(bench, 0);
	const last = statusOf(bench, 0);
	const { slotsTotal, chunkBytesTotal, freeBytes } = last.heap as Record<string, number>;
	const live = { slots: Infinity, chunkBytes: Infinity };
	// The connection that asks has as many pages as its bytes happen to lie in, and is promised as many as it has come to use.
	let poolFree = 0;
	let poolPromised = Infinity;
	const heaps: Record<string, number>[] = [];
	const collected = (what: string) =>
		heaps.filter((heap, i) => i > 0 && heap[what]! < heaps[i - 1]![what]!).length >= COLLECTIONS;
	while (heaps.length < ASKED || (!(collected("slotsUsed") && collected("chunkBytesUsed")) && heaps.length < ASKED_AT_MOST)) {
		const { heap, memory } = statusOf(bench, 0);
		heaps.push(heap);
		poolFree = Math.max(poolFree, memory["poolFree"]!);
		poolPromised = Math.min(poolPromised, memory["poolPromised"]!);
		live.slots = Math.min(live.slots, heap["slotsUsed"]!);
		live.chunkBytes = Math.min(live.chunkBytes, heap["chunkBytesUsed"]!);
	}
	return {
		memory: { ...first.memory, poolFree, poolPromised },
		sockets: first.sockets.map(({ protocol, state, local }) => `${protocol} ${state} ${local}`),
		neighbors: first.neighbors.map(({ address, state }) => `${address} ${state}`),
		slotsTotal: slotsTotal!,
		chunkBytesTotal: chunkBytesTotal!,
		freeBytes: freeBytes!,
		live,
	};
}
