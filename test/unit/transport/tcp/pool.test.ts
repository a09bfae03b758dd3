// One pool of bytes for all connections: it always adds up, no promise is broken, and who holds much keeps nobody from his floor.
import { describe, expect, it, test } from "vitest";
import type { StackOptions } from "../../../../src/config.ts";
import { DROPS } from "../../../../src/packet/drops.ts";
import { InterfaceBlock } from "../../../../src/packet/interface-block.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { ESTABLISHED, type Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { envNumber } from "../../../support/env.ts";
import { SYN, TCP_ACK, ipText } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import { checkPool } from "../../../support/pool.ts";
import { Prng } from "../../../support/prng.ts";
import { blockOf } from "../../../support/tcb.ts";
import type { Node, World } from "../../../support/world.ts";
import { Acceptor, Endpoint } from "./endpoint.ts";
import { pair, SERVER, transfer } from "./pair.ts";

const SEED = envNumber("SEED", 20261129);
const ROUNDS = envNumber("ROUNDS", 30);
const FULL = 1460;
/** As on a Pico: eight sockets, of which any can have four full segments each way. */
const SMALL: StackOptions = {
	sockets: { tcp: 8, receiveBuffer: 4 * FULL, sendBuffer: 4 * FULL, buffers: 37_888 },
	tcp: { timestamps: false, quickAcks: false },
};
/** As much as the floors of eight sockets take. */
const LEAST: StackOptions = { ...SMALL, sockets: { ...SMALL.sockets, buffers: 24_576 } };

/** Sequence numbers up to which somebody was promised room: they never go back. */
class Edges {
	readonly #seen = new Map<string | Tcb, number>();
	readonly #label: string;

	constructor(label: string) {
		this.#label = label;
	}

	/** A frame goes out: the window that it tells. */
	window(frame: Uint8Array): void {
		const { tcp, ipv4 } = parseFrame(frame);
		if (tcp === undefined || !(tcp.flags & TCP_ACK)) return;
		const key = `${ipv4!.source}:${tcp.sourcePort} ${tcp.destinationPort}`;
		if (tcp.flags & SYN) this.#seen.delete(key);
		this.#moves(key, tcp.ack + tcp.window);
	}

	/** The room that a program was told. */
	room(tcb: Tcb): void {
		if (tcb.state !== ESTABLISHED) {
			this.#seen.delete(tcb);
			return;
		}
		this.#moves(tcb, blockOf(tcb).sndUna + tcb.sndUsed + tcb.sndRoom);
	}

	#moves(of: string | Tcb, edge: number): void {
		const before = this.#seen.get(of) ?? edge;
		if (((edge - before) | 0) < 0) throw new Error(`${this.#label}: a promise was taken back: ${before} to ${edge}`);
		this.#seen.set(of, edge | 0);
	}
}

/** Drops of a node by reason. */
function dropsOf({ stack }: Node, name: (typeof DROPS)[number]): number {
	const at = stack.interfaces.find("eth0")!.block + InterfaceBlock.offsets.drops + 4 * DROPS.indexOf(name);
	return stack.core.view.getInt32(at, true);
}

/** Steps of `ms`, after each of which both stacks are looked at. */
function watch(world: World, nodes: readonly Node[], edges: Edges, until: () => boolean, ms: number, steps: number): boolean {
	for (let i = 0; i < steps; i++) {
		world.run(ms);
		for (const { stack } of nodes) {
			checkPool(stack);
			for (const tcb of stack.tcp.tcbs) edges.room(tcb);
		}
		if (until()) return true;
	}
	return false;
}

describe("a pool that connections share", () => {
	for (let seed = SEED; seed < SEED + ROUNDS; seed++)
		test(`adds up at every step, keeps what it promised, and is full again afterwards, seed ${seed}`, () => {
			const prng = new Prng(seed);
			const faults = { loss: prng.pick([0, 0.01, 0.05]), reorder: prng.pick([0, 0.05]), jitterMs: prng.pick([0, 3]), delayMs: 2 };
			const { world, segment, a, b } = pair({ seed, faults, client: SMALL, server: prng.pick([SMALL, LEAST]) });
			const edges = new Edges(`seed ${seed}`);
			segment.tap = (frame) => edges.window(frame);
			const acceptor = new Acceptor(b.stack, 80, 7, { sends: 2, expects: 1, length: 60_000, prng: prng.fork() });
			const clients = Array.from({ length: 7 }, () => {
				const endpoint = new Endpoint(a.stack, {
					sends: 1,
					expects: 2,
					length: prng.below(60_000),
					closeFirst: true,
					prng: prng.fork(),
				});
				return endpoint.own(a.stack.tcp.connect(ipText(SERVER), 80));
			});
			const everybody = () => [...clients, ...acceptor.endpoints];
			const done = () => acceptor.endpoints.length === 7 && everybody().every((one) => one.closed);
			// Some stop reading for a while.
			const moods = () => {
				for (const one of everybody())
					if (!one.closed && prng.chance(0.02)) {
						if (one.paused) one.resume();
						else one.paused = true;
					}
				return done();
			};
			watch(world, [a, b], edges, moods, 7, 1500);
			for (const one of everybody()) if (!one.closed) one.resume();
			expect(watch(world, [a, b], edges, done, 50, 20_000)).toBe(true);
			for (const one of everybody()) expect([one.wrongAt, one.error], `seed ${seed}`).toEqual([-1, ""]);
			// What lies within a window that was told finds its place.
			for (const node of [a, b]) expect(dropsOf(node, "noPacketBuffer")).toBe(0);
			world.run(300_000);
			expect([checkPool(a.stack), checkPool(b.stack)]).toEqual([0, 0]);
			const { memory } = statusOf(a.stack);
			expect(memory.poolFree).toBe(memory.pool);
		});

	it("gives a busy connection four full segments, each way", () => {
		for (const way of [0, 1]) {
			const { world, a, b } = pair({ seed: SEED, faults: { delayMs: 5 }, client: SMALL, server: SMALL });
			const lengths = [way === 0 ? 400_000 : 0, way === 0 ? 0 : 400_000] as const;
			const acceptor = new Acceptor(b.stack, 80, 4, { sends: 2, expects: 1, length: lengths[1] });
			const client = new Endpoint(a.stack, { sends: 1, expects: 2, length: lengths[0] });
			client.own(a.stack.tcp.connect(ipText(SERVER), 80));
			let [window, queued] = [0, 0];
			world.until(() => {
				const server = acceptor.endpoints[0];
				if (server === undefined) return false;
				const [from, to] = way === 0 ? [client.tcb!, server.tcb!] : [server.tcb!, client.tcb!];
				window = Math.max(window, (blockOf(to).rcvAdv - blockOf(to).rcvNxt) | 0);
				queued = Math.max(queued, from.sndUsed);
				return server.received + client.received === 400_000;
			}, 600_000);
			expect([window, queued]).toEqual([4 * FULL, 4 * FULL]);
		}
	});

	it("moves as fast with one socket busy of eight as with one socket of the whole pool", () => {
		const one: StackOptions = { sockets: { tcp: 2, receiveBuffer: 4 * FULL, sendBuffer: 4 * FULL } };
		const took = [one, SMALL].map(
			(options) =>
				transfer(
					{ seed: SEED, faults: { delayMs: 5 }, client: options, server: options },
					{ length: 4_000_000, closeFirst: true },
					{},
				).took,
		);
		expect(took[1]! / took[0]!).toBeLessThan(1.05);
	});

	it("keeps the floor of the last socket from seven that hold all they can", () => {
		const { world, a, b } = pair({
			seed: SEED,
			faults: { delayMs: 1 },
			client: { sockets: { tcp: 9 }, tcp: { quickAcks: false } },
			server: SMALL,
		});
		// Four whose program reads nothing, three whose peer takes nothing.
		const acceptor = new Acceptor(b.stack, 80, 7, { sends: 2, expects: 1, length: 50_000, paused: true });
		const stuck = Array.from({ length: 6 }, (_, i) => {
			const endpoint = new Endpoint(a.stack, { sends: 1, expects: 2, length: 50_000, paused: i >= 3 });
			return endpoint.own(a.stack.tcp.connect(ipText(SERVER), 80));
		});
		world.run(20_000);
		for (const one of acceptor.endpoints.slice(0, 3)) one.resume();
		world.run(20_000);
		expect(acceptor.endpoints.length).toBe(6);
		expect(checkPool(b.stack)).toBeGreaterThan(24);
		const promised = statusOf(b.stack).memory.poolPromised;
		// One of eight listens: the last that is left loads a page, both ways, while nothing else moves.
		const last = new Endpoint(a.stack, { sends: 1, expects: 2, length: 20_000 });
		last.own(a.stack.tcp.connect(ipText(SERVER), 80));
		world.run(1000);
		acceptor.endpoints[6]!.resume();
		expect(world.until(() => last.received === 50_000 && acceptor.endpoints[6]!.received === 20_000, 120_000)).toBe(true);
		expect(checkPool(b.stack)).toBeGreaterThan(24);
		expect(statusOf(b.stack).memory.poolPromised).toBeGreaterThanOrEqual(promised - 1024);
		for (const one of stuck) expect(one.closed).toBe(false);
	});

	it("has room for those that are handed out late, and takes back what resets leave", () => {
		const { world, a, b } = pair({ seed: SEED, client: SMALL, server: SMALL });
		new Acceptor(b.stack, 80, 7, { sends: 2, expects: 1, paused: true });
		const clients = Array.from({ length: 7 }, () =>
			new Endpoint(a.stack, { sends: 1, length: 30_000 }).own(a.stack.tcp.connect(ipText(SERVER), 80)),
		);
		world.run(5000);
		expect(checkPool(b.stack)).toBeGreaterThan(20);
		for (const one of clients) a.stack.tcp.abort(one.tcb!);
		world.run(1000);
		expect(checkPool(a.stack)).toBe(0);
		expect(checkPool(b.stack)).toBe(0);
	});
});
