// Full load for as long as one likes: wrk over three interfaces at once, a new connection for every request.
// SOAK_SECONDS=600 for ten minutes, as INTEROP_FULL=1 has it.

import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, namespaceWithTaps, pause, report } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/soak.ts", import.meta.url));
const SECONDS = Number(process.env["SOAK_SECONDS"] ?? (process.env["INTEROP_FULL"] === "1" ? 600 : 10));
/** Connections at a time: 8 in all. */
const CLIENTS: readonly (readonly [address: string, connections: number])[] = [
	["192.168.77.2", 3],
	["192.168.78.2", 3],
	["192.168.79.2", 2],
];
/** The board's sockets: those 8, the listener, and as many that are ending. */
const SOCKETS = 20;

interface Census {
	slots: number;
	chunkBytes: number;
	states: string[];
	memory: { tcp: number; tcpFree: number; packets: number; packetsFree: number };
	connections: number;
	refused: number;
	timeouts: number;
}

interface Load {
	requests: number;
	errors: string;
}

describeWith(["wrk"], "full load", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		await namespace.tap("tap2", "192.168.79.1/24");
		const file = twoTaps();
		file.limits!.sockets!.tcp = SOCKETS;
		file.interfaces.push({ name: "eth2", driver: "frames", wire: "tap:tap2", addresses: ["192.168.79.2/24"], metric: 30 });
		board = await Board.start(namespace, file, { app, capture: false });
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
	});

	async function census(): Promise<Census> {
		const { stdout, stderr } = await namespace.exec("curl", ["-sS", "--max-time", "10", "http://192.168.77.2/census"]);
		if (stdout === "") throw new Error(`/census: ${stderr.trim()}; the board said: ${board.output}`);
		return JSON.parse(stdout) as Census;
	}

	/** wrk from the command line: `connections` at a time, each closed after its answer. */
	async function load(address: string, connections: number, seconds: number): Promise<Load> {
		const args = [
			"-t1",
			`-c${connections}`,
			`-d${seconds}s`,
			"--timeout",
			"10s",
			"-H",
			"Connection: close",
			`http://${address}/`,
		];
		const { stdout, stderr } = await namespace.exec("wrk", args, { timeoutMs: (seconds + 30) * 1000 });
		const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? Number.NaN);
		if (Number.isNaN(requests)) throw new Error(`wrk: ${stdout} ${stderr}`);
		const errors = [...stdout.matchAll(/^ *(Socket errors|Non-2xx).*$/gm)].map(([line]) => line.trim());
		return { requests, errors: errors.join("; ") };
	}

	const loadAll = (seconds: number) => Promise.all(CLIENTS.map(([address, connections]) => load(address, connections, seconds)));

	it(
		`serves 8 connections at once over three interfaces, and is afterwards what it was before`,
		async () => {
			await loadAll(2); // what is made once has been made
			await pause(1000);
			await census();
			const before = await census();
			const loads = await loadAll(SECONDS);
			await pause(1000);
			const after = await census();
			const requests = loads.reduce((sum, each) => sum + each.requests, 0);
			report(
				`${requests} requests in ${SECONDS} s on ${after.connections - before.connections} connections ` +
					`(${loads.map((each) => each.requests).join(", ")}), ${after.refused - before.refused} refused, ` +
					`slots ${before.slots} → ${after.slots}, chunk bytes ${before.chunkBytes} → ${after.chunkBytes}, sockets ${after.states.join(" ")}`,
			);
			expect(loads.map((each) => each.errors)).toEqual(["", "", ""]);
			expect(requests).toBeGreaterThan(100 * SECONDS);
			expect(after.connections - before.connections).toBeGreaterThanOrEqual(requests);
			expect(after.refused).toBe(0);
			expect(after.timeouts).toBe(0);
			// Nothing but the listener, the connection that asks, and ends that linger.
			expect(after.states.filter((state) => !["listen", "timeWait"].includes(state))).toEqual(["established"]);
			expect(after.memory.packetsFree).toBe(before.memory.packetsFree);
			// What a leak of one slot for a hundred connections would leave is more.
			expect(after.slots).toBeLessThan(before.slots + 100);
			expect(after.chunkBytes).toBeLessThan(before.chunkBytes + 8000);
			expect(await board.stop()).toBe(0);
		},
		(SECONDS + 120) * 1000,
	);
});
