// Which frames come through: the own address, broadcasts, and by option multicasts or everything; and that this can change while traffic flows.

import { afterEach, describe, expect, it } from "vitest";
import { ABSENT, FILTERED, RESETS, SPI_BYTES } from "host/chips";
import { EVERY_FRAME } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { BROADCAST_MAC } from "../support/frames.ts";
import { closeRigs, WAYS, OWN, PEER, Rig } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261127);

afterEach(closeRigs);

const near = (bit: number) => {
	const address = OWN.slice();
	address[bit >> 3]! ^= 1 << (bit & 7);
	return address;
};

/** By name; whether each is a group's. */
const ADDRESSES: Readonly<Record<string, { to: Uint8Array; for: "own" | "all" | "group" | "other" }>> = {
	"own address": { to: OWN, for: "own" },
	broadcast: { to: BROADCAST_MAC, for: "all" },
	"all hosts, 224.0.0.1": { to: Uint8Array.of(1, 0, 0x5e, 0, 0, 1), for: "group" },
	"mDNS, 224.0.0.251": { to: Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb), for: "group" },
	"IPv6 solicited node": { to: Uint8Array.of(0x33, 0x33, 0xff, 1, 2, 3), for: "group" },
	"almost broadcast": { to: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xfe), for: "group" },
	"the sender": { to: PEER, for: "other" },
	"one bit off in the first byte": { to: near(1), for: "other" },
	"one bit off in the last byte": { to: near(40), for: "other" },
	"nobody's": { to: new Uint8Array(6), for: "other" },
};

type Accept = { multicast?: boolean; promiscuous?: boolean };

describe.each(WAYS)(`%s, SEED=${SEED}`, (_name, kind, way) => {
	/** Sends one frame to every address and looks which come through. */
	function expectFilter(rig: Rig, traffic: Traffic, { multicast = false, promiscuous = false }: Accept, label = ""): void {
		const passing = promiscuous ? ["own", "all", "group", "other"] : multicast ? ["own", "all", "group"] : ["own", "all"];
		for (const [name, { to, for: whom }] of Object.entries(ADDRESSES)) {
			const frame = traffic.raw(traffic.random.between(60, 300), to);
			if (name.startsWith("IPv6")) frame.set([0x86, 0xdd], 12);
			const expected = passing.includes(whom) ? frame.length : 0;
			expect(rig.deliver(frame), `${label} ${name}`).toBe(expected);
			if (expected) expect(rig.received(expected), name).toEqual(frame);
		}
	}

	it.each<[string, Accept]>([
		["its own address and broadcasts, and nothing else", {}],
		["also multicasts, when told to", { multicast: true }],
		["everything, when told to", { promiscuous: true }],
		["everything, when told both", { multicast: true, promiscuous: true }],
	])("accepts %s", (_name, accept) => {
		const rig = new Rig(kind, { ...way, options: accept });
		expectFilter(rig, new Traffic(SEED), accept);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("lets the chip refuse foreign frames, without cost on SPI", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		expect(rig.next()).toBe(0);
		const before = rig.count(SPI_BYTES);
		for (let bit = 0; bit < 48; bit++) {
			rig.arrive(traffic.raw(100, near(bit)));
			expect(rig.receive()).toBe(0);
		}
		expect(rig.count(FILTERED)).toBe(48);
		expect(rig.count(SPI_BYTES)).toBe(before);
	});

	it("changes its filter while traffic flows", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		for (let i = 0; i < 10; i++) {
			const accept: Accept = traffic.random.pick([{}, { multicast: true }, { promiscuous: true }]);
			rig.device.filter(accept);
			expectFilter(rig, traffic, accept, `change ${i}`);
			exchange(rig, traffic, 10);
			rig.steps(traffic.random.below(300));
			expect(rig.device.linkUp).toBe(true);
		}
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("passes nothing on but what the chip had accepted, once the filter is narrower", () => {
		const rig = new Rig(kind, { ...way, options: { promiscuous: true } });
		const traffic = new Traffic(SEED);
		for (let i = 0; i < 3; i++) rig.arrive(traffic.raw(200, PEER));
		rig.device.filter({});
		for (let i = 0; i < 3; i++) rig.arrive(traffic.raw(100, PEER));
		for (let length; (length = rig.next()) !== 0;) expect(length).toBe(200);
		exchange(rig, traffic, 10);
	});

	it("keeps its filter when the chip has to be set up again", () => {
		const rig = new Rig(kind, { ...way, options: { multicast: true } });
		const traffic = new Traffic(SEED);
		rig.fault(RESETS, 1);
		rig.steps(1500);
		expectFilter(rig, traffic, { multicast: true });
		rig.device.filter({ promiscuous: true });
		rig.fault(RESETS, 1);
		rig.steps(1500);
		expectFilter(rig, traffic, { promiscuous: true });
	});

	it("accepts multicasts while the stack wants them, whatever the chip goes through", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		rig.device.multicast(true);
		expectFilter(rig, traffic, { multicast: true });
		exchange(rig, traffic, 10);
		rig.fault(RESETS, 1);
		rig.steps(1500);
		expectFilter(rig, traffic, { multicast: true }, "after a reset");
		rig.device.multicast(false);
		expectFilter(rig, traffic, {}, "no more");
		rig.fault(ABSENT, 1);
		rig.steps(1500);
		rig.device.multicast(true);
		rig.fault(ABSENT, 0);
		rig.steps(3000);
		expectFilter(rig, traffic, { multicast: true }, "wanted while the chip was gone");
	});

	it("accepts everything while the interface is a port of a bridge, and as before then", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		rig.device.multicast(EVERY_FRAME);
		expectFilter(rig, traffic, { promiscuous: true }, "port");
		rig.device.multicast(true);
		expectFilter(rig, traffic, { multicast: true }, "groups");
		rig.device.multicast(EVERY_FRAME);
		rig.device.multicast(false);
		expectFilter(rig, traffic, {}, "alone");
		rig.expectNoComplaint();
	});

	it.each<[string, Accept]>([
		["multicasts", { multicast: true }],
		["everything", { promiscuous: true }],
	])("goes on accepting %s when told to, whatever the stack wants, and is not set up for it", (_name, accept) => {
		const rig = new Rig(kind, { ...way, options: accept });
		const traffic = new Traffic(SEED);
		const before = rig.count(SPI_BYTES);
		rig.device.multicast(true);
		rig.device.multicast(false);
		expect(rig.count(SPI_BYTES)).toBe(before);
		expectFilter(rig, traffic, accept);
	});

	it("takes a filter and the stack's wish together", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		rig.device.multicast(true);
		rig.device.filter({});
		expectFilter(rig, traffic, { multicast: true }, "a narrow filter");
		rig.device.filter({ promiscuous: true });
		expectFilter(rig, traffic, { promiscuous: true }, "a wide one");
		rig.device.filter({ multicast: true });
		rig.device.multicast(false);
		expectFilter(rig, traffic, { multicast: true }, "multicasts by filter");
		rig.device.filter({});
		expectFilter(rig, traffic, {}, "neither");
		rig.expectNoComplaint();
	});

	it("takes a filter for a chip that is not there, for when it is back", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		rig.fault(ABSENT, 1);
		rig.steps(1500);
		rig.device.filter({ multicast: true });
		rig.fault(ABSENT, 0);
		rig.steps(3000);
		expectFilter(rig, traffic, { multicast: true });
	});
});
