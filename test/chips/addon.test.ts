// The chip models as Node sees them: both answer on SPI, and misuse throws with the value.

import { afterEach, describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips, transaction } from "../../hosts/desktop/chips/chips.ts";
import type { ChipCallbacks, ChipKind, ChipModel, ChipOptions } from "../../hosts/desktop/chips/chips.ts";

const ChipModel = loadChips(await buildChips({ quiet: true }));
const KINDS = ["w5500", "enc28j60"] as const;

/** W5500 §2.2: address, control byte (common registers, read, variable length), data. VERSIONR is 0x0039. */
const W5500_VERSION = [0x00, 0x39, 0x00, 0];
/** ENC28J60 §4.2: RCR EREVID (0x12) after BFS ECON1 (0x1f) with BSEL 3 has selected bank 3. */
const ENC28J60_BANK3 = [0x9f, 0x03];
const ENC28J60_REVISION = [0x12, 0];

const made: ChipModel[] = [];
afterEach(() => {
	for (const chip of made.splice(0)) chip.free();
});

function create(kind: ChipKind, options: ChipOptions = {}, callbacks: ChipCallbacks = {}): ChipModel {
	const chip = new ChipModel(kind, options, callbacks);
	made.push(chip);
	// Both have started 10 ms after power came.
	chip.time(10_000_000);
	return chip;
}

test("the W5500 reads its version, 4", () => {
	expect(transaction(create("w5500"), Uint8Array.from(W5500_VERSION))[3]).toBe(0x04);
});

test.each([
	[0, 0x06],
	[0x05, 0x05],
])("the ENC28J60 made with revision %i reads EREVID %i", (revision, expected) => {
	const chip = create("enc28j60", { revision });
	transaction(chip, Uint8Array.from(ENC28J60_BANK3));
	expect(transaction(chip, Uint8Array.from(ENC28J60_REVISION))[1]).toBe(expected);
});

describe.each(KINDS)("%s", (kind) => {
	test("a chip that is not selected leaves MISO high, and counts nothing", () => {
		const chip = create(kind);
		expect(chip.exchange(0x12)).toBe(0xff);
		expect(chip.counts().spiBytes).toBe(0);
	});

	test("bytes one by one and many at once are the same to the chip", () => {
		const out = Uint8Array.from(kind === "w5500" ? W5500_VERSION : ENC28J60_REVISION);
		const chip = create(kind);
		if (kind === "enc28j60") transaction(chip, Uint8Array.from(ENC28J60_BANK3));
		const many = transaction(chip, out);
		chip.select(true);
		const single = Array.from(out, (byte) => chip.exchange(byte));
		chip.select(false);
		expect(single).toEqual([...many]);
		expect(chip.counts().transactions).toBe(kind === "w5500" ? 2 : 3);
	});

	test("a pin that is stuck low is told, and ends", () => {
		const told: boolean[] = [];
		const chip = create(kind, {}, { interrupt: (asserted) => told.push(asserted) });
		chip.fault("interruptStuck", 2);
		expect(chip.interrupted()).toBe(true);
		chip.fault("interruptStuck", 0);
		expect(told).toEqual([true, false]);
	});

	test("what a callback throws reaches the caller", () => {
		const chip = create(
			kind,
			{},
			{
				interrupt: () => {
					throw new Error("told");
				},
			},
		);
		expect(() => chip.fault("interruptStuck", 2)).toThrow("told");
	});

	test("a callback cannot change the chip that calls it", () => {
		const chip: ChipModel = create(kind, {}, { interrupt: () => chip.exchange(0) });
		expect(() => chip.fault("interruptStuck", 2)).toThrow("the chip is at work");
		expect(chip.interrupted()).toBe(true);
	});

	test("a freed chip throws, whatever is asked", () => {
		const chip = new ChipModel(kind);
		chip.free();
		expect(() => chip.exchange(0)).toThrow("the chip has been freed");
		expect(() => chip.next()).toThrow("the chip has been freed");
		expect(() => chip.free()).toThrow("the chip has been freed");
	});
});

describe("misuse throws", () => {
	const chip = new ChipModel("w5500");
	const cases: [string, () => unknown, new (text: string) => Error, string][] = [
		["kind", () => new ChipModel("w5100" as ChipKind), RangeError, 'kind w5100: expected "w5500" or "enc28j60"'],
		["kind", () => new ChipModel(7 as never), TypeError, "kind 7: expected a string"],
		["options", () => new ChipModel("w5500", 7 as never), TypeError, "options 7: expected an object"],
		[
			"lineRate",
			() => new ChipModel("w5500", { lineRate: -1 }),
			RangeError,
			"lineRate -1: expected an integer from 0 to 4294967295",
		],
		["fullDuplex", () => new ChipModel("enc28j60", { fullDuplex: 1 as never }), TypeError, "fullDuplex 1: expected a boolean"],
		["callbacks", () => new ChipModel("w5500", {}, 7 as never), TypeError, "callbacks 7: expected an object"],
		["byte", () => chip.exchange(256), RangeError, "byte 256: expected an integer from 0 to 255"],
		["byte", () => chip.exchange("1" as never), TypeError, "byte 1: expected a number"],
		["byte", () => chip.exchange(Number.NaN), RangeError, "byte NaN: expected an integer"],
		["a symbol", () => chip.exchange(Symbol("s") as never), TypeError, "Symbol"],
		["selected", () => chip.select(1 as never), TypeError, "selected 1: expected a boolean"],
		["out", () => chip.exchangeMany([1] as never, null), TypeError, "out 1: expected a Uint8Array"],
		[
			"lengths",
			() => chip.exchangeMany(new Uint8Array(2), new Uint8Array(3)),
			RangeError,
			"out and in: expected the same length",
		],
		["ns", () => chip.time(1.5), RangeError, "ns 1.5: expected an integer"],
		["frame", () => chip.receive(new Uint8Array(1519)), RangeError, "frame: expected at most 1518 bytes"],
		["fault", () => chip.fault("smoke" as never, 1), RangeError, "fault smoke: expected one of ChipFault"],
		["argument", () => chip.fault("busy", -1), RangeError, "argument -1: expected an integer"],
		["this", () => chip.next.call({} as never), TypeError, "Illegal invocation"],
	];
	test.each(cases)("%s", (_name, act, kind, message) => {
		expect(act).toThrow(kind);
		expect(act).toThrow(message);
	});
});
