// Interfaces that a board's SDK drives, over their stand-ins on the desktop: frames both ways, by methods and by number; links, queues that are full, opening and closing.

import { afterEach, describe, expect, it } from "vitest";
import { deviceLinkUp, deviceReceive, deviceService, deviceTransmit } from "#codec";
import { allocate } from "#memory";
import { hand, hear, hinder, link, multicast, plug, unplug, type NicKind } from "host/nics";
import { Emac } from "../../drivers/emac/device.ts";
import type { Nic } from "../../drivers/nic/device.ts";
import { Wifi } from "../../drivers/wifi/device.ts";
import { BUSY, SENT } from "../../src/device/device.ts";

const MAC = Uint8Array.of(0x28, 0xcd, 0xc1, 1, 2, 3);
const AT = 64;
const OUT = 2048;
const ARENA = 4096;
/** Frames that wait at most. */
const FRAMES = 8;

class Rig {
	readonly kind: NicKind;
	readonly device: Nic;
	readonly view: DataView;
	readonly bytes: Uint8Array;
	notices = 0;

	constructor(kind: NicKind) {
		this.kind = kind;
		plug(kind, -1, MAC);
		this.device = kind === "wifi" ? new Wifi() : new Emac();
		this.view = new DataView(allocate(ARENA));
		this.bytes = new Uint8Array(this.view.buffer);
		this.device.attach({ view: this.view, notify: () => this.notices++, released() {} });
	}

	arrive(length: number, from = 1): boolean {
		const frame = Uint8Array.from({ length }, (_, i) => i * 7 + from);
		return hand(this.kind, frame, 0, length);
	}

	/** What is received must be what `arrive` made. */
	expectFrame(length: number, from = 1): void {
		for (let i = 0; i < length; i++) if (this.bytes[AT + i] !== ((i * 7 + from) & 255)) throw new Error(`byte ${i} of ${length}`);
		expect(this.bytes[AT + length]).toBe(0xa5);
	}

	close(): void {
		this.device.close();
		unplug(this.kind);
	}
}

/** Timers of the machine have their turn, and messages with them. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

let rig: Rig | undefined;
afterEach(() => {
	if (rig === undefined) return;
	hinder(rig.kind, false, 0);
	rig.close();
	rig = undefined;
});

describe.each(["wifi", "emac"] as const)("%s", (kind) => {
	it("passes frames of every length both ways, by methods and by number", () => {
		rig = new Rig(kind);
		const { device, view, bytes } = rig;
		expect([...device.mac]).toEqual([...MAC]);
		expect(device.native).toBeGreaterThan(0);
		for (let length = 14; length <= 1514; length += 25) {
			for (const byNumber of [false, true]) {
				bytes.fill(0xa5);
				expect(rig.arrive(length)).toBe(true);
				expect(byNumber ? deviceReceive(view, device.native, AT, 1522) : device.receive(AT, 1522)).toBe(length);
				rig.expectFrame(length);
				expect(device.receive(AT, 1522)).toBe(0);
				for (let i = 0; i < length; i++) bytes[OUT + i] = i * 3 + length;
				expect(byNumber ? deviceTransmit(view, device.native, 0, OUT, OUT + length) : device.transmit(0, OUT, OUT + length)).toBe(
					SENT,
				);
				const sent = new Uint8Array(1514);
				expect(hear(kind, sent, 0)).toBe(length);
				for (let i = 0; i < length; i++) if (sent[i] !== ((i * 3 + length) & 255)) throw new Error(`byte ${i} of ${length}`);
			}
		}
		expect(Object.values(device.counters).every((count) => count === 0)).toBe(true);
	});

	it("gives notice once of all that waits, and of the link", async () => {
		rig = new Rig(kind);
		const { device, view } = rig;
		await turn();
		rig.notices = 0;
		for (let i = 0; i < 5; i++) rig.arrive(100, i);
		expect(rig.notices).toBe(0);
		await turn();
		expect(rig.notices).toBe(1);
		for (let i = 0; i < 5; i++) {
			rig.bytes.fill(0xa5);
			expect(device.receive(AT, 1522)).toBe(100);
			rig.expectFrame(100, i);
		}
		expect(device.linkUp).toBe(true);
		link(kind, false);
		expect([device.linkUp, deviceLinkUp(view, device.native)]).toEqual([false, false]);
		await turn();
		expect(rig.notices).toBe(2);
		expect(deviceService(view, device.native, 1000)).toBe(100);
	});

	it("counts what is lost: more than can wait, wrong lengths, no room", () => {
		rig = new Rig(kind);
		const { device } = rig;
		for (let i = 0; i < FRAMES; i++) expect(rig.arrive(60)).toBe(true);
		expect([rig.arrive(60), rig.arrive(60)]).toEqual([false, false]);
		expect(device.receive(AT, 59)).toBe(-1);
		for (let i = 1; i < FRAMES; i++) expect(device.receive(AT, 60)).toBe(60);
		expect([rig.arrive(13), rig.arrive(1515)]).toEqual([false, false]);
		expect(device.receive(AT, 1522)).toBe(0);
		expect(device.counters).toMatchObject({ overruns: 2, badLengths: 2, tooLong: 1 });
		expect(device.counterNames.map((_, i) => device.count(i))).toEqual(Object.values(device.counters));
	});

	it("is busy when its SDK has no room, and gives notice when it is worth another try", async () => {
		rig = new Rig(kind);
		await turn();
		rig.notices = 0;
		hinder(kind, false, 2);
		expect(rig.device.transmit(0, OUT, OUT + 60)).toBe(BUSY);
		expect(deviceTransmit(rig.view, rig.device.native, 0, OUT, OUT + 60)).toBe(BUSY);
		await turn();
		expect(rig.notices).toBe(1);
		expect(rig.device.transmit(0, OUT, OUT + 60)).toBe(SENT);
		expect(rig.device.counters).toMatchObject({ sendBusy: 2, transmitFailed: 0 });
		expect(() => rig!.device.transmit(0, 0, 1515)).toThrow("frame of 1515 bytes: expected at most 1514");
	});

	it("tells of frames later when the machine took no message", async () => {
		rig = new Rig(kind);
		await turn();
		rig.notices = 0;
		hinder(kind, true, 0);
		rig.arrive(60);
		await turn();
		expect(rig.notices).toBe(0);
		hinder(kind, false, 0);
		rig.arrive(60);
		await turn();
		expect(rig.notices).toBe(1);
	});

	it("opens once at a time, forgets what waited when it is closed, and opens again", async () => {
		rig = new Rig(kind);
		expect(() => (kind === "wifi" ? new Wifi() : new Emac())).toThrow(`${kind}: is open already; a board has one`);
		rig.arrive(60);
		const { device } = rig;
		device.close();
		device.close();
		expect([device.closed, device.linkUp, device.native, device.counterNames.length]).toEqual([true, false, 0, 0]);
		expect(() => device.receive(AT, 1522)).toThrow("the device is closed");
		expect(rig.arrive(60)).toBe(false);
		unplug(kind);
		await turn();
		rig = new Rig(kind);
		expect(rig.device.receive(AT, 1522)).toBe(0);
		expect(rig.arrive(60)).toBe(true);
	});
});

it("has frames for groups when they are wanted", () => {
	rig = new Rig("wifi");
	rig.device.multicast(true);
	expect(multicast("wifi")).toBe(true);
	rig.device.multicast(false);
	expect(multicast("wifi")).toBe(false);
});

it("says what is wrong: no interface, wrong options", () => {
	expect(() => new Wifi()).toThrow("wifi: there is none");
	expect(() => new Emac({ mdc: 40 })).toThrow("mdc 40: expected a whole number from 0 to 39, or -1 for none");
	expect(() => new Emac({ phy: 32 })).toThrow("phy 32: expected a whole number from 0 to 31, or -1 for none");
});
