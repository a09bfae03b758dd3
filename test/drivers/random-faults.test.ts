// All faults on and off at random while random traffic flows both ways. Never an exception, never work without a bound, no frame that was not sent
// (support/ledger.ts says exactly what is promised), and whenever the faults end, everything works again within three seconds.
//
// TRANSACTIONS of SPI under faults at least, for each chip; 1,000,000 is the long run. SEED.

import { afterEach, describe, expect, it } from "vitest";
import * as chips from "host/chips";
import { envNumber } from "../support/env.ts";
import type { Prng } from "../support/prng.ts";
import { Ledger } from "./support/ledger.ts";
import { closeRigs, KINDS, Rig, type RigOptions } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261201);
const TRANSACTIONS = envNumber("TRANSACTIONS", 100_000);

/** In between, the faults end, and everything has to work: after so many transactions, and so many ms. */
const ROUND = 12_500;
/** So often at least the faults change in a round: a driver that waits for its chip uses many transactions for little. */
const TURNS = 40;
const RECOVERY_MS = 3000;
/** No combination of faults stops the driver from using SPI for so long, ms: even a chip that is gone is looked for every second. */
const SILENCE_MS = 1100;

afterEach(closeRigs);

/** By name: the fault and a random argument. */
const FAULTS: readonly (readonly [string, number, (random: Prng) => number])[] = [
	["absent", chips.ABSENT, (random) => random.between(1, 2)],
	["pin", chips.INTERRUPT_STUCK, (random) => random.between(1, 2)],
	["lengths", chips.BAD_LENGTH, (random) => random.between(1, 20)],
	["errors in", chips.BIT_ERRORS_IN, (random) => 10 ** random.between(2, 5)],
	["errors out", chips.BIT_ERRORS_OUT, (random) => 10 ** random.between(2, 5)],
	["stuck", chips.TRANSMIT_STUCK, (random) => random.between(1, 5)],
	["late", chips.LATE_COLLISIONS, (random) => random.between(1, 40)],
	["busy", chips.BUSY, (random) => random.pick([2, 10, 100, 1000])],
];

/** Those with registers; of the W5500 blocks (§2.2.2): common, and of sockets 0 and 1. */
const BANKS = { w5500: [0, 1, 5], enc28j60: [0, 1, 2, 3] } as const;

/** One run: a chip under fire. */
class Siege {
	readonly rig: Rig;
	readonly ledger: Ledger;
	readonly #traffic: Traffic;
	readonly #random: Prng;
	readonly #label: string;
	#events: string[] = [];
	#inward = 0.3;
	#outward = 0.3;
	#last = 0;
	#silent = 0;

	constructor(kind: (typeof KINDS)[number], wiring: RigOptions, seed: number) {
		this.#label = `${kind}, SEED=${seed}`;
		this.rig = new Rig(kind, { seed, ...wiring });
		this.#traffic = new Traffic(seed);
		this.#random = this.#traffic.random.fork();
		this.ledger = new Ledger(this.rig, this.#traffic, this.#label);
	}

	/** Something changes. */
	#turn(): void {
		const random = this.#random;
		const { rig } = this;
		this.#events = [];
		for (const [name, which, argument] of FAULTS) {
			// Of a chip that is not there nothing else can be seen.
			const value = random.chance(which === chips.ABSENT ? 0.05 : 0.2) ? argument(random) : 0;
			rig.fault(which, value);
			if (value) this.#events.push(`${name} ${value}`);
		}
		if (random.chance(0.1)) rig.fault(chips.RESETS, 1);
		if (random.chance(0.1)) this.#overwrite();
		if (random.chance(0.2)) chips.cable(rig.chip, random.chance(0.8));
		if (random.chance(0.1)) rig.device.filter(random.pick([{}, { multicast: true }, { promiscuous: true }]));
		this.#inward = random.pick([0, 0.1, 0.3, 1]);
		this.#outward = random.pick([0, 0.1, 0.3, 1]);
	}

	/** Any register gets any value. */
	#overwrite(): void {
		const random = this.#random;
		const { rig } = this;
		const bank = random.pick(BANKS[rig.kind]);
		const address = random.below(rig.kind === "w5500" ? 0x3a : 0x20);
		const value = random.below(256);
		rig.fault(chips.OVERWRITTEN, (bank << 24) | (address << 8) | value);
		this.#events.push(`0x${address.toString(16)} of bank ${bank} overwritten with 0x${value.toString(16)}`);
	}

	#live(ms: number): void {
		const random = this.#random;
		const { rig, ledger } = this;
		while (ms-- > 0) {
			for (let i = 0; i < 3; i++) if (random.chance(this.#inward)) ledger.arrives();
			for (let i = 0; i < 3; i++) if (random.chance(this.#outward) && !ledger.sends()) break;
			rig.step();
			ledger.receive();
			ledger.listen();
			const transactions = rig.count(chips.TRANSACTIONS);
			this.#silent = transactions === this.#last ? this.#silent + 1 : 0;
			this.#last = transactions;
			if (this.#silent > SILENCE_MS) expect.fail(`${this.#label}: nothing happens any more: ${this.#events.join(", ")}`);
		}
	}

	/** Faults for so many transactions at least, then none. */
	round(transactions: number): void {
		const { rig } = this;
		const end = rig.count(chips.TRANSACTIONS) + transactions;
		try {
			for (let turns = 0; turns < TURNS || rig.count(chips.TRANSACTIONS) < end; turns++) {
				this.#turn();
				this.#live(this.#random.between(1, this.#random.pick([5, 20, 60, 400])));
			}
		} catch (error) {
			const text = error instanceof Error ? error.message : String(error);
			throw new Error(`${this.#label}, transaction ${rig.count(chips.TRANSACTIONS)}, with ${this.#events.join(", ")}: ${text}`, {
				cause: error,
			});
		}
		for (const [, which] of FAULTS) rig.fault(which, 0);
		chips.cable(rig.chip, true);
		rig.device.filter({});
		this.#inward = this.#outward = 0.03;
		this.#live(RECOVERY_MS);
		expect(rig.device.linkUp, `${this.#label}: link`).toBe(true);
		this.ledger.settle();
		exchange(rig, this.#traffic, 100, this.#label, undefined, this.ledger.note);
	}
}

describe.each(KINDS)(`%s under random faults, SEED=${SEED}`, (kind) => {
	it.each<[string, RigOptions]>([
		["with every pin, at the speed of the line", { lineRate: 10_000_000 }],
		["without interrupt and reset pin, at once", { interrupt: false, reset: false }],
		["with every pin, where transfers overlap", { lineRate: 10_000_000, overlaps: true }],
	])(`works ${TRANSACTIONS / 3} SPI transactions long, and after each round, %s`, (_name, wiring) => {
		const siege = new Siege(kind, wiring, SEED);
		const { rig, ledger } = siege;
		for (let left = TRANSACTIONS / 3; left > 0; left -= ROUND) siege.round(Math.min(left, ROUND));
		console.log(
			`  ${kind} ${_name}: ${rig.count(chips.TRANSACTIONS)} transactions, ${ledger.received} received, ${ledger.sent} sent, ` +
				`${ledger.refused} and ${ledger.garbled} refused, ${ledger.altered} altered, at most ${rig.busiest} transactions a call, ${JSON.stringify(rig.counted)}`,
		);
		// It was no monotony.
		expect(ledger.received).toBeGreaterThan(TRANSACTIONS / 200);
		expect(ledger.sent).toBeGreaterThan(TRANSACTIONS / 200);
		expect(ledger.altered).toBeLessThanOrEqual(ledger.alterable);
		expect(rig.hurries).toBe(0);
		rig.expectNoComplaint(`SEED=${SEED}`);
	});
});
