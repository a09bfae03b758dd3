// An SNTP client and the servers that a test writes: RFC 4330, RFC 5905.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import type { LeaseKeeper } from "../../../../src/link/lease.ts";
import { Autoconfiguration } from "../../../../src/service/ipv6/autoconfiguration.ts";
import { SntpClient, type NetworkTime, type SntpOptions } from "../../../../src/service/sntp/client.ts";
import { World } from "../../../support/world.ts";

/** 2026-11-30T12:00:00Z at the beginning of the virtual clock. */
const BEGIN = Date.UTC(2026, 10, 30, 12);
const TO_1970 = 2_208_988_800;

interface Answer {
	leap?: number;
	version?: number;
	mode?: number;
	stratum?: number;
	code?: string;
	delay?: number;
	dispersion?: number;
	origin?: Uint8Array;
	/** Added to the server's time, ms; undefined times are none. */
	receive?: number | null;
	transmit?: number | null;
	length?: number;
	port?: number;
}

type Script = (count: number) => Answer | undefined;

interface Told {
	message: number;
	value: number | string;
	time: NetworkTime | undefined;
	at: number;
}

class Scene {
	readonly world = new World(1);
	readonly us = this.world.node("us");
	readonly asked: { at: number; bytes: Uint8Array; to: string; port: number }[] = [];
	readonly told: Told[] = [];
	readonly link;
	readonly cable;
	/** How far our clock is behind, ms. */
	behind = 5000;
	another: string | undefined;

	constructor(readonly scripts: Record<string, Script>) {
		const segment = this.world.segment({ delayMs: 10 });
		this.cable = segment.port({ mac: 1 });
		this.link = this.us.ethernet("eth0", this.cable, "10.0.0.1/24", "2001:db8::1/64");
		const node = this.world.node("servers", { sockets: { udp: 12 } });
		const addresses = Object.keys(scripts).map((each) => (each.includes(":") ? `${each}/64` : `${each}/24`));
		node.ethernet("eth0", segment.port({ mac: 2 }), ...addresses);
		const { UDP } = createIO(node.stack);
		const others = new UDP({ port: 124 });
		for (const [address, script] of Object.entries(scripts)) {
			const { world, asked } = this;
			let count = 0;
			void new UDP({
				port: 123,
				address,
				onReadable() {
					for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
						const bytes = new Uint8Array(datagram);
						asked.push({ at: world.clock.now, bytes, to: address, port: datagram.port });
						const answer = script(count++);
						if (answer !== undefined)
							(answer.port === undefined ? this : others).write(
								message(bytes, answer, BEGIN + world.clock.now),
								datagram.address,
								datagram.port,
							);
					}
				},
			});
		}
		this.world.run(1000);
	}

	client(options: SntpOptions = {}): SntpClient {
		return new SntpClient(
			this.us.stack,
			{ clock: () => BEGIN + this.world.clock.now - this.behind, ...options },
			(message, value, time) => {
				this.told.push({ message, value, time, at: this.world.clock.now });
				const { another } = this;
				this.another = undefined;
				return another;
			},
		);
	}

	get reasons(): (number | string)[] {
		return this.told.map(({ message, value }) => (message === SntpClient.time ? "time" : value));
	}
}

function message(question: Uint8Array, answer: Answer, now: number): Uint8Array<ArrayBuffer> {
	const { leap = 0, version = 4, mode = 4, stratum = 2, code, delay = 0.01, dispersion = 0.01, length = 48 } = answer;
	const view = new DataView(new ArrayBuffer(Math.max(length, 48)));
	view.setUint8(0, (leap << 6) | (version << 3) | mode);
	view.setUint8(1, stratum);
	view.setUint32(4, delay * 65_536);
	view.setUint32(8, dispersion * 65_536);
	for (let i = 0; i < 4; i++) view.setUint8(12 + i, (code ?? "\0\0\0\0").charCodeAt(i));
	const origin = answer.origin ?? question.subarray(40, 48);
	for (let i = 0; i < 8; i++) view.setUint8(24 + i, origin[i]!);
	const put = (at: number, more: number | null | undefined) => {
		if (more === null) return;
		const seconds = (now + (more ?? 0)) / 1000 + TO_1970;
		view.setUint32(at, Math.floor(seconds) % 2 ** 32);
		view.setUint32(at + 4, (seconds % 1) * 2 ** 32);
	};
	put(32, answer.receive);
	put(40, answer.transmit);
	return new Uint8Array(view.buffer).slice(0, length);
}

const good: Script = () => ({});
const silent: Script = () => undefined;

describe("the time", () => {
	it.each(["10.0.0.2", "2001:db8::2"])(
		"is asked of %s: once, by a port that nobody guesses, and half of the way is taken off",
		(host) => {
			const scene = new Scene({ [host]: good });
			scene.client({ host });
			scene.world.run(5000);
			expect(scene.told).toHaveLength(1);
			const { message, value, time } = scene.told[0]!;
			expect(message).toBe(SntpClient.time);
			expect(Math.abs(time!.offset - 5000)).toBeLessThanOrEqual(time!.roundTrip / 2 + 0.01);
			expect([time!.server, time!.stratum, time!.leap]).toEqual([host, 2, 0]);
			expect(time!.date.getTime()).toBe(Math.floor((value as number) * 1000));
			expect(Math.abs((value as number) * 1000 - (BEGIN + scene.told[0]!.at))).toBeLessThan(20);
			const [{ bytes, port }] = scene.asked as [(typeof scene.asked)[0]];
			expect([bytes.length, bytes[0]]).toEqual([48, 0x23]);
			expect(bytes.subarray(1, 40).every((byte) => byte === 0)).toBe(true);
			expect(port).toBeGreaterThanOrEqual(32_768);
			scene.world.run(100_000);
			expect(scene.asked).toHaveLength(1); // once
			expect(scene.us.stack.udp.used(1)).toBe(0);
		},
	);

	it("after 2036 is of the next era: RFC 4330 §3", () => {
		const late = Date.UTC(2040, 0, 1) - BEGIN;
		const scene = new Scene({ "10.0.0.2": () => ({ receive: late, transmit: late }) });
		scene.client({ host: "10.0.0.2" });
		scene.world.run(5000);
		expect(scene.told[0]!.time!.date.getUTCFullYear()).toBe(2040);
	});

	it("is asked for again after the interval, and a leap second is told", () => {
		const scene = new Scene({ "10.0.0.2": () => ({ leap: 2 }) });
		const client = scene.client({ host: "10.0.0.2", interval: 64_000 });
		scene.world.run(64_000 * 5.5);
		expect(scene.asked.length).toBeGreaterThanOrEqual(5);
		expect(scene.asked.length).toBeLessThanOrEqual(6);
		expect(scene.told[0]!.time!.leap).toBe(-1);
		client.close();
		client.close();
		expect(() => client.ask()).toThrow(SyntaxError);
		const { length } = scene.asked;
		scene.world.run(200_000);
		expect(scene.asked).toHaveLength(length);
	});

	it("comes of those that DHCP has named, by the interface that it named them on", () => {
		const scene = new Scene({ "10.0.0.2": silent, "10.0.0.3": good });
		scene.client();
		scene.world.run(11_000); // a network may be coming up
		expect(scene.reasons).toEqual(["nobody has said which time servers there are"]);
		scene.link.ip.lease = { view: { ntp: ["10.0.0.2", "10.0.0.3"] } } as unknown as LeaseKeeper;
		scene.world.run(30_000);
		expect(scene.asked.map(({ to }) => to)).toEqual(["10.0.0.2", "10.0.0.3"]);
		expect(scene.told.at(-1)!.time!.server).toBe("10.0.0.3");
	});
});

describe("a network", () => {
	it("that comes up within ten seconds is waited for, and nobody hears of it", () => {
		const scene = new Scene({ "10.0.0.2": good });
		scene.cable.setLink(false);
		scene.world.run(100);
		scene.client({ host: "10.0.0.2" });
		scene.world.run(8000);
		scene.cable.setLink(true);
		scene.world.run(1000);
		expect(scene.reasons).toEqual(["time"]);
	});

	it("is waited for though the client is there before the first poll, when nobody knows the time yet", () => {
		const world = new World(1, 123_456_789);
		const segment = world.segment();
		const us = world.node("us");
		us.ethernet("eth0", segment.port({ mac: 1 }));
		const server = world.node("server");
		server.ethernet("eth0", segment.port({ mac: 2 }), "2001:db8::2/64");
		let asked = 0;
		new (createIO(server.stack).UDP)({ port: 123, onReadable: () => void (asked ||= world.clock.now) });
		const told: (number | string)[] = [];
		const autoconfiguration = new Autoconfiguration(us.stack, "eth0", { addresses: ["2001:db8::1/64"] });
		new SntpClient(us.stack, { host: "2001:db8::2", clock: () => BEGIN + world.clock.now }, (_, value) => void told.push(value));
		world.run(4000);
		expect([asked > 0, asked - 123_456_789 < 3000, told]).toEqual([true, true, []]);
		autoconfiguration.close();
	});

	it("that comes up later is used at once", () => {
		const scene = new Scene({ "10.0.1.2": good });
		scene.client({ host: "10.0.1.2" });
		scene.world.run(31_000);
		expect(scene.reasons.length).toBeGreaterThan(0);
		expect(scene.asked).toEqual([]);
		const { now } = scene.world.clock;
		scene.link.addAddress("10.0.1.1/24");
		scene.world.run(1000);
		expect(scene.reasons.at(-1)).toBe("time");
		expect(scene.asked[0]!.at - now).toBeLessThan(500);
	});
});

describe("a server", () => {
	it("that does not answer is asked less and less often, and given up after five times by who asks once", () => {
		const scene = new Scene({ "10.0.0.2": silent });
		scene.client({ host: "10.0.0.2" });
		scene.world.run(600_000);
		expect(scene.reasons).toEqual(Array(5).fill("10.0.0.2 does not answer"));
		expect(scene.told.map((each) => each.message)).toEqual([2, 2, 2, 2, -1]);
		const gaps = scene.asked.slice(1).map(({ at }, i) => (at - scene.asked[i]!.at - 3000) / 15_000);
		for (const [i, gap] of gaps.entries()) {
			expect(gap).toBeGreaterThanOrEqual(2 ** i);
			expect(gap).toBeLessThan(2 ** i * 1.07);
		}
		expect(scene.us.stack.services.list.some((each) => each instanceof SntpClient)).toBe(false);
	});

	it("that does not answer has the next one asked after three seconds; the callback may name another", () => {
		const scene = new Scene({ "10.0.0.2": silent, "10.0.0.3": () => ({ stratum: 0, code: "DENY" }), "10.0.0.4": good });
		scene.another = "10.0.0.4";
		scene.client({ host: "10.0.0.3" });
		scene.world.run(1000);
		expect(scene.reasons).toEqual(["10.0.0.3 says DENY", "time"]);
		scene.client({ servers: ["10.0.0.2", "10.0.0.4"] });
		scene.world.run(3500);
		expect(scene.told.at(-1)!.time!.server).toBe("10.0.0.4");
	});

	it.each(["DENY", "RSTR"])("that says %s is never asked again: RFC 4330 §8", (code) => {
		const scene = new Scene({ "10.0.0.2": () => ({ stratum: 0, code }), "10.0.0.3": silent });
		scene.client({ servers: ["10.0.0.2", "10.0.0.3"], interval: 64_000 });
		scene.world.run(1_000_000);
		expect(scene.asked.filter(({ to }) => to === "10.0.0.2")).toHaveLength(1);
		expect(scene.asked.length).toBeGreaterThan(4);
	});

	it("that says RATE is asked half as often from then on", () => {
		const scene = new Scene({ "10.0.0.2": (count) => (count === 1 ? { stratum: 0, code: "RATE" } : {}) });
		scene.client({ host: "10.0.0.2", interval: 64_000 });
		scene.world.run(600_000);
		expect(scene.reasons.slice(0, 3)).toEqual(["time", "10.0.0.2 says RATE", "time"]);
		const gaps = scene.asked.slice(1).map(({ at }, i) => at - scene.asked[i]!.at);
		expect(gaps[0]).toBeLessThan(70_000);
		for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThanOrEqual(128_000);
	});

	it.each<[string, Answer, string]>([
		["does not know the time", { leap: 3 }, "10.0.0.2 does not know the time"],
		["is of stratum 16", { stratum: 16 }, "10.0.0.2 does not know the time"],
		["is too far from a clock", { dispersion: 16 }, "10.0.0.2 does not know the time"],
		["says no time", { transmit: null }, "10.0.0.2 does not know the time"],
		["answers before it was asked", { receive: 500 }, "10.0.0.2 says what cannot be"],
		["takes longer than the answer did", { receive: -60_000 }, "10.0.0.2 says what cannot be"],
		["answers another question", { origin: new Uint8Array(8) }, "10.0.0.2 does not answer"],
		["answers as a client", { mode: 3 }, "10.0.0.2 does not answer"],
		["broadcasts", { mode: 5 }, "10.0.0.2 does not answer"],
		["has version 1", { version: 1 }, "10.0.0.2 does not answer"],
		["answers too little", { length: 47 }, "10.0.0.2 does not answer"],
		["answers from another port", { port: 124 }, "10.0.0.2 does not answer"],
		["says something else", { stratum: 0, code: "X\u0007ST" }, "10.0.0.2 says X?ST"],
	])("that %s is not believed", (_, answer, reason) => {
		const scene = new Scene({ "10.0.0.2": () => answer });
		scene.client({ host: "10.0.0.2" });
		scene.world.run(4000);
		expect(scene.reasons).toEqual([reason]);
	});
});

describe("what is wrong", () => {
	it.each<[object, string]>([
		[{ host: 7 }, "server 7: expected a name or an address as a string"],
		[{ servers: "10.0.0.2" }, 'servers "10.0.0.2": expected an array'],
		[{ host: "a", servers: ["b"] }, "host and servers: expected one of both"],
		[{ interval: 1000 }, "interval 1000: expected"],
		[{ port: 0 }, "port 0: expected"],
		[{ interface: "eth7" }, 'interface "eth7": expected'],
		[{ clock: 1 }, "clock 1: expected a function"],
	])("%j", (options, text) => {
		const { us } = new Scene({});
		expect(() => new SntpClient(us.stack, options, () => {})).toThrow(text);
	});
});
