// Whatever the network does, every byte arrives, and everything ends.
import { describe, expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import type { Faults } from "../../../support/wire.ts";
import { transfer } from "./pair.ts";

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
