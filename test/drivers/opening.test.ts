// What a driver says when it cannot begin: no chip, another one, wrong options, a chip that is taken; and what it says once it is closed.

import { afterEach, describe, expect, it } from "vitest";
import { deviceReceive, deviceTransmit } from "#codec";
import { ABSENT, arrive, BIT_ERRORS_OUT, BUSY, fault, RESETS, unplug } from "host/chips";
import { Port } from "multihome/ethernet/port";
import type { EthernetChipOptions } from "../../drivers/ethernet/device.ts";
import { envNumber } from "../support/env.ts";
import { closeRigs, KINDS, type Kind, openChip, optionsOf, OWN, plugChip, Rig, SELECT } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261125);

let chip = -1;

afterEach(() => {
	closeRigs();
	if (chip >= 0) unplug(chip);
	chip = -1;
});

/** What the constructor throws. */
function refusal(kind: Kind, options: object): string {
	try {
		openChip(kind, options as EthernetChipOptions).close();
	} catch (error) {
		return String(error);
	}
	return "";
}

describe.each(KINDS)("%s", (kind) => {
	const register = kind === "w5500" ? "version register" : "EREVID";

	it.each([
		["MISO stays low", 1, "0x00"],
		["MISO stays high", 2, "0xff"],
	])("refuses a chip that is silent, %s, and says what was read", (_name, level, read) => {
		chip = plugChip(kind);
		fault(chip, ABSENT, level);
		const text = refusal(kind, optionsOf());
		expect(text).toMatch(new RegExp(`^Error: ${kind} on spi0, cs ${SELECT}: .*${register} reads ${read}, expected 0x0`));
		expect(text).toMatch(/check .*(wiring|power)/);
		// It gave everything back: the chip can be opened when it is there.
		fault(chip, ABSENT, 0);
		expect(refusal(kind, optionsOf())).toBe("");
	});

	it.each([
		["all pins", {}],
		["neither pin", { reset: false, interrupt: false }],
	])(
		"looks for a chip that is silent when somebody is to be told, tells it once, and goes on when it has come: %s",
		(_name, wiring) => {
			const traffic = new Traffic(SEED);
			const used = plugChip(kind, wiring);
			fault(used, ABSENT, 1);
			const told: string[] = [];
			const options = { onAbsent: (problem: string) => told.push(problem) };
			const rig = new Rig(kind, { ...wiring, chip: used, options, comesAfter: 3000 });
			expect(told.length).toBe(1);
			expect(told[0]).toMatch(new RegExp(`^${kind} on spi0, cs ${SELECT}: .*${register} reads 0x00, expected 0x0`));
			exchange(rig, traffic, 20);
			expect(rig.device.present).toBe(true);
			rig.expectNoComplaint();
			rig.device.close();
			expect([rig.device.present, rig.device.closed]).toEqual([false, true]);
		},
	);

	it("throws for wrong options and wrong pins though somebody is to be told of an absent chip", () => {
		chip = plugChip(kind);
		const told: string[] = [];
		const options = { ...optionsOf(), onAbsent: (problem: string) => told.push(problem) };
		expect(refusal(kind, { ...options, hz: 1000 })).toMatch(/^RangeError: hz 1000/);
		expect(refusal(kind, { ...options, select: SELECT + 1 })).toMatch(/there is no chip/);
		expect(refusal(kind, options)).toBe("");
		expect(told).toEqual([]);
	});

	it.each([
		["a reset pin", {}],
		["no reset pin", { reset: false }],
		["neither pin", { reset: false, interrupt: false }],
	])("opens with %s a chip that somebody else has used and left in any state", (_name, wiring) => {
		const traffic = new Traffic(SEED);
		const states: [string, (chip: number) => void, (chip: number) => void][] = [
			["closed", () => {}, () => {}],
			["after a brown-out", (chip) => fault(chip, RESETS, 1), () => {}],
			["still running", (chip) => fault(chip, ABSENT, 1), (chip) => fault(chip, ABSENT, 0)], // as when the processor alone was reset
			["slow", (chip) => fault(chip, BUSY, 2), () => {}],
		];
		for (const [state, before, after] of states) {
			const used = plugChip(kind, wiring);
			const first = openChip(kind, optionsOf(wiring));
			for (let i = 0; i < 5; i++) arrive(used, traffic.raw(200), 0, 200); // nobody's
			before(used);
			first.close();
			after(used);
			const rig = new Rig(kind, { ...wiring, chip: used });
			exchange(rig, traffic, 20, state);
			rig.expectNoComplaint(state);
			rig.close();
		}
	});

	it("says when there is no chip in that place", () => {
		chip = plugChip(kind);
		for (const place of [{ select: SELECT + 1 }, { bus: 1 }])
			expect(refusal(kind, { ...optionsOf(), ...place })).toMatch(/^Error: .* on spi[01], cs 1[78]: there is no chip/);
	});

	it("refuses a second driver of the same chip, and the first goes on", () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		exchange(rig, traffic, 5);
		expect(refusal(kind, optionsOf())).toMatch(/^Error: .*another driver has this chip/);
		exchange(rig, traffic, 5);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	const wrong: [object, RegExp][] = [
		[{ select: undefined }, /^TypeError: select: expected/],
		[{ select: -1 }, /^RangeError: select -1: expected a whole number from 0 to 255/],
		[{ select: 256 }, /^RangeError: select 256: /],
		[{ select: "17" }, /^RangeError: select 17: /],
		[{ bus: -1 }, /^RangeError: bus -1: /],
		[{ clock: 1.5 }, /^RangeError: clock 1.5: /],
		[{ out: NaN }, /^RangeError: out NaN: /],
		[{ in: null }, /^RangeError: in null: /],
		[{ interrupt: 1000 }, /^RangeError: interrupt 1000: /],
		[{ reset: Infinity }, /^RangeError: reset Infinity: /],
		[{ pollMs: 0 }, /^RangeError: pollMs 0: expected a whole number from 1 to 1000/],
		[{ pollMs: 1001 }, /^RangeError: pollMs 1001: /],
		[{ hz: 0 }, /^RangeError: hz 0: /],
		[{ hz: -8e6 }, /^RangeError: hz -8000000: /],
		[{ hz: 1000 }, new RegExp(`^RangeError: hz 1000: ${kind} expects \\d+ to \\d+`)],
		[{ hz: 99_000_000 }, new RegExp(`^RangeError: hz 99000000: ${kind} expects \\d+ to \\d+`)],
		[{ hz: 1e12 }, /^RangeError: hz 1000000000000: /],
		[{ mac: undefined }, /^RangeError: mac undefined: expected six bytes of a unicast address/],
		[{ mac: [2, 0, 0, 0, 0, 1] }, /^RangeError: mac 2,0,0,0,0,1: /],
		[{ mac: new Uint8Array(5) }, /^RangeError: mac 0,0,0,0,0: /],
		[{ mac: new Uint8Array(7) }, /^RangeError: mac 0,0,0,0,0,0,0: /],
		[{ mac: Uint8Array.of(1, 0, 0x5e, 0, 0, 1) }, /^RangeError: mac 1,0,94,0,0,1: /],
	];
	it("refuses wrong options, naming the option and its value", () => {
		chip = plugChip(kind);
		for (const [options, text] of wrong) expect(refusal(kind, { ...optionsOf(), ...options })).toMatch(text);
		expect(refusal(kind, optionsOf())).toBe("");
	});

	it("keeps an address of its own: what the application does with the array afterwards does not matter", () => {
		const mac = Uint8Array.from(OWN);
		const rig = new Rig(kind, { options: { mac } });
		mac.fill(0);
		exchange(rig, new Traffic(SEED), 5);
		rig.device.filter({ multicast: true });
		exchange(rig, new Traffic(SEED), 5);
		expect([...rig.device.mac]).toEqual([...OWN]);
	});

	it("throws from every method once it is closed, but close", () => {
		const rig = new Rig(kind);
		const { device } = rig;
		exchange(rig, new Traffic(SEED), 5);
		device.close();
		expect(device.linkUp).toBe(false);
		expect(device.counters).toEqual({});
		for (const call of [
			() => device.receive(0, 100),
			() => device.transmit(0, 0, 100),
			() => device.service(5000),
			() => device.count(0),
			() => device.filter({ promiscuous: true }),
			() => device.multicast(true),
			() => device.bind(rig.view, -1),
		])
			expect(call).toThrow("the device is closed");
		device.close();
		device.close();
		rig.close();
	});

	it("throws for foreign receivers and disturbs nothing", () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(Port.prototype);
		expect(Object.keys(methods).length).toBe(12);
		const forged = Object.create(rig.device) as object;
		for (const [name, { get, value }] of Object.entries(methods as PropertyDescriptorMap)) {
			const method = (get ?? value) as (...args: unknown[]) => unknown;
			for (const receiver of [
				{},
				forged,
				undefined,
				null,
				7,
				"port",
				[],
				rig.view,
				rig.view.buffer,
				() => {},
				Port.prototype,
				Port,
			])
				expect(() => method.call(receiver, 0, 100, 0, 0, 0), `${name} of ${String(receiver)}`).toThrow();
		}
		exchange(rig, traffic, 10);
		expect(rig.counted).toEqual({});
	});

	it("throws for wrong arguments and disturbs nothing", () => {
		const rig = new Rig(kind);
		const { device, view } = rig;
		const wrong: (() => unknown)[] = [
			() => device.count(-1),
			() => device.count(12),
			() => device.bind(undefined as never, -1),
			() => device.bind({} as never, -1),
			() => device.configure(new Uint8Array(5), 0),
			() => device.configure(undefined as never, 0),
			() => device.receive(0, -1),
			() => device.receive(8192, 1),
			() => device.transmit(0, 100, 99),
			() => device.transmit(0, 8000, 9000),
			() => device.transmit(0, 100, 1615),
			() => deviceReceive(view, device.native, 0, -1),
			() => deviceReceive(view, device.native, 8192, 1),
			() => deviceTransmit(view, device.native, 0, 100, 99),
			() => deviceTransmit(view, device.native, 0, 8000, 9000),
		];
		for (const [i, call] of wrong.entries()) expect(call, `call ${i}`).toThrow();
		exchange(rig, new Traffic(SEED), 10);
		expect(rig.counted).toEqual({});
	});

	it("keeps its chip from being taken out", () => {
		const rig = new Rig(kind);
		expect(() => unplug(rig.chip)).toThrow("a driver has the chip");
		exchange(rig, new Traffic(SEED), 5);
		rig.device.close();
		unplug(rig.chip);
		expect(() => unplug(rig.chip)).toThrow(RangeError);
		chip = plugChip(kind); // for the rig, which takes it out
		chip = -1;
	});

	it("can be closed and opened as often as one likes", () => {
		const traffic = new Traffic(SEED);
		for (let i = 0; i < 30; i++) {
			const rig = new Rig(kind, { reset: i % 2 === 0 });
			exchange(rig, traffic, 3);
			rig.arrive(traffic.raw(100)); // what it has not taken is nobody's
			rig.send(traffic.raw(100));
			rig.expectNoComplaint();
			rig.close();
		}
	});
});

describe("Port", () => {
	it("does nothing before a driver opened it", () => {
		const port = new Port();
		expect(() => port.receive(0, 100)).toThrow("the device is closed");
		expect(() => port.service(0)).toThrow("the device is closed");
		port.shut();
	});

	it("keeps no chip after a constructor that threw", () => {
		chip = plugChip("w5500");
		const device = openChip("w5500", optionsOf());
		expect(refusal("enc28j60", optionsOf())).toMatch(/another driver/);
		device.close();
		fault(chip, BIT_ERRORS_OUT, 0x7fffffff); // what the wrong driver does is no surprise: the model says nothing of it
		expect(refusal("enc28j60", optionsOf())).toMatch(/^Error: enc28j60 on spi0, cs 17: .*reads 0x/);
		fault(chip, BIT_ERRORS_OUT, 0);
		expect(refusal("w5500", optionsOf())).toBe("");
	});
});
