// Two stacks on one segment, everything from one seed: whatever the network does, every byte arrives, and everything ends.
import { describe, expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import { World, type Node } from "../../../support/world.ts";
import { hex } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import type { Faults } from "../../../support/wire.ts";
import type { StackOptions } from "../../../../src/config.ts";
import { CLOSED, TIME_WAIT } from "../../../../src/transport/tcp/tcb.ts";
import { Acceptor, Endpoint, type EndpointOptions } from "./endpoint.ts";

const SERVER = (10 << 24) | 2;

interface Setup {
	seed: number;
	faults?: Faults;
	client?: StackOptions;
	server?: StackOptions;
}

function pair({ seed, faults, client, server }: Setup) {
	const world = new World(seed);
	const segment = world.segment(faults);
	const a = world.node("a", client);
	const b = world.node("b", server);
	a.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
	b.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
	const clean = (frame: Uint8Array) => {
		const parsed = parseFrame(frame);
		if (parsed.error !== "") throw new Error(`seed ${seed}: sent a bad frame: ${parsed.error} ${hex(frame)}`);
	};
	segment.tap = clean;
	return { world, segment, a, b };
}

/** TCBs that are not free and not in TIME-WAIT. */
function busy(node: Node): string[] {
	return node.stack.tcp
		.inUse()
		.filter((tcb) => tcb.state !== TIME_WAIT && tcb.state !== CLOSED && tcb.stateName !== "listen")
		.map((tcb) => tcb.stateName);
}

function transfer(setup: Setup, clientOptions: EndpointOptions, serverOptions: EndpointOptions, within = 3_600_000) {
	const { world, segment, a, b } = pair(setup);
	const acceptor = new Acceptor(b.stack, 80, 4, { sends: 2, expects: 1, ...serverOptions });
	const client = new Endpoint(a.stack, { sends: 1, expects: 2, ...clientOptions });
	client.own(a.stack.tcp.connect(SERVER, 80));
	const start = world.clock.now;
	const ended = () => client.closed && acceptor.endpoints.length === 1 && acceptor.endpoints[0]!.closed;
	const inTime = world.until(ended, within);
	const took = world.clock.now - start;
	const server = acceptor.endpoints[0];
	const seen = { seed: setup.seed, inTime, received: client.received, error: client.error, wrongAt: client.wrongAt };
	expect(seen).toEqual({ seed: setup.seed, inTime: true, received: serverOptions.length ?? 0, error: "", wrongAt: -1 });
	const other = { seed: setup.seed, received: server!.received, error: server!.error, wrongAt: server!.wrongAt };
	expect(other).toEqual({ seed: setup.seed, received: clientOptions.length ?? 0, error: "", wrongAt: -1 });
	world.run(300_000);
	expect({ seed: setup.seed, a: busy(a), b: busy(b) }).toEqual({ seed: setup.seed, a: [], b: [] });
	world.run(120_000);
	expect(a.stack.tcp.available).toBe(a.stack.tcp.tcbs.length);
	expect(b.stack.tcp.available).toBe(b.stack.tcp.tcbs.length - 1);
	return { took, segment };
}

describe("a clean network", () => {
	test("one way", () => {
		const { took, segment } = transfer({ seed: 1 }, { length: 1_000_000, closeFirst: true }, {});
		expect(took).toBeLessThan(1000);
		// One acknowledgment for two segments.
		expect(segment.counts.frames).toBeLessThan((1_000_000 / 1460) * 1.6);
	});
	test("both ways at once", () => {
		transfer({ seed: 2 }, { length: 300_000 }, { length: 300_000, closeFirst: true });
	});
	test("a delay of 20 ms each way is no loss", () => {
		const { segment } = transfer({ seed: 3, faults: { delayMs: 20 } }, { length: 300_000, closeFirst: true }, {});
		expect(segment.counts.frames).toBeLessThan((300_000 / 1460) * 1.7);
	});
	for (const [first, second] of [
		[true, false],
		[false, true],
		[true, true],
	]) {
		test(`closing order ${first ? "client " : ""}${second ? "server" : ""}`, () => {
			transfer({ seed: 4 }, { length: 5000, closeFirst: first }, { length: 7000, closeFirst: second });
			transfer({ seed: 5, faults: { delayMs: 30 } }, { length: 100, closeFirst: first }, { closeFirst: second });
		});
	}
});

const hostile: Faults = { loss: 0.02, reorder: 0.02, duplicate: 0.01, corrupt: 0.001, delayMs: 2, jitterMs: 1 };

describe("a network that loses, reorders, repeats and damages", () => {
	for (let seed = 100; seed < 130; seed++) {
		test(`seed ${seed}`, () => {
			const prng = new Prng(seed);
			const closing = prng.below(3);
			transfer(
				{ seed, faults: hostile },
				{ length: prng.below(200_000), closeFirst: closing !== 0, prng: prng.fork() },
				{ length: prng.below(200_000), closeFirst: closing !== 1, prng: prng.fork() },
			);
		});
	}
	for (let seed = 200; seed < 220; seed++) {
		test(`bad network, seed ${seed}`, () => {
			const prng = new Prng(seed);
			const faults = { loss: 0.1, reorder: 0.2, duplicate: 0.1, corrupt: 0.02, delayMs: 5, jitterMs: 30 };
			const closing = prng.below(3);
			transfer(
				{ seed, faults },
				{ length: prng.below(60_000), closeFirst: closing !== 0, prng: prng.fork() },
				{ length: prng.below(60_000), closeFirst: closing !== 1, prng: prng.fork() },
			);
		});
	}
});

describe("buffers of any size", () => {
	for (let seed = 300; seed < 340; seed++) {
		test(`seed ${seed}`, () => {
			const prng = new Prng(seed);
			const size = () => (prng.chance(0.4) ? prng.between(2, 50) : prng.between(50, 9000));
			const client = { sockets: { receiveBuffer: size(), sendBuffer: size() } };
			const server = { sockets: { receiveBuffer: size(), sendBuffer: size() } };
			const faults = prng.chance(0.5) ? {} : hostile;
			const least = Math.min(...Object.values(client.sockets), ...Object.values(server.sockets));
			const length = prng.below(Math.min(50_000, least * 100));
			transfer(
				{ seed, client, server, faults },
				{ length, closeFirst: true, prng: prng.fork() },
				{ length: prng.below(length + 1), closeFirst: prng.chance(0.5), prng: prng.fork() },
			);
		});
	}
});
