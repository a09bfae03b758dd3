import { describe, expect, it } from "vitest";
import { Sntp, type SntpOptions } from "../../../hosts/examples/sntp.ts";
import time from "../../../hosts/examples/udp-time.ts";
import { stage, type Stage } from "./program.ts";
import { statusOf } from "../../../src/status/status.ts";

/** 2026-01-02T03:04:05.250Z in ms since 1970, and as NTP has it: seconds since 1900, and a quarter of 2^32. */
const NOW = 1_767_323_045_250;
const SECONDS = 1_767_323_045 + 2_208_988_800;

/** How the test's server changes its answer to a question. */
type Change = (answer: DataView, question: DataView) => void;

/** A server that answers at once, or not at all. Gathers when it was asked. */
function server(s: Stage, change: Change = () => {}, port = 123): number[] {
	s.names["ntp"] = "10.0.0.2";
	const asked: number[] = [];
	new s.b.UDP({
		port,
		onReadable() {
			for (let question = this.read(); question !== undefined; question = this.read()) {
				asked.push(s.world.clock.now);
				const answer = new DataView(new ArrayBuffer(48));
				answer.setUint8(0, 0x24);
				answer.setUint8(1, 2);
				const asking = new DataView(question);
				for (let i = 0; i < 8; i++) answer.setUint8(24 + i, asking.getUint8(40 + i));
				for (const at of [32, 40]) {
					answer.setUint32(at, SECONDS);
					answer.setUint32(at + 4, 0x4000_0000);
				}
				change(answer, asking);
				if (answer.getUint8(0) !== 0) this.write(answer, question.address, question.port);
			}
		},
	});
	return asked;
}

function client(s: Stage, options: Partial<SntpOptions> = {}): { told: string[]; sntp: Sntp } {
	const told: string[] = [];
	const sntp = new Sntp(s.device, {
		host: "ntp",
		clock: () => s.world.clock.now,
		onTime: (ms, roundTripMs) => told.push(`${ms} ${roundTripMs}`),
		onError: (reason, ms) => told.push(`${reason}, ${ms}`),
		...options,
	});
	return { told, sntp };
}

describe("an SNTP client", () => {
	it("asks by RFC 5905's client mode, and tells the time at the moment of the answer", () => {
		const s = stage();
		let question: Uint8Array | undefined;
		server(s, (answer, asking) => {
			question = new Uint8Array(asking.buffer.slice(0));
			// It took 3 s from reception to answer: no part of the way.
			answer.setUint32(32, SECONDS - 3);
		});
		// 40 ms there and back, less the 3 s.
		let now = 0;
		const { told } = client(s, { clock: () => (now += 3040) });
		s.world.run(5000);
		expect(told).toEqual([`${NOW + 20} 40`]);
		expect(question!.length).toBe(48);
		expect([...question!.subarray(0, 40)]).toEqual([0x23, ...new Uint8Array(39)]);
	});

	it("understands the years after 2036, when the seconds begin anew", () => {
		const s = stage();
		server(s, (answer) => {
			for (const at of [32, 40]) answer.setUint32(at, 100);
		});
		const { told } = client(s);
		s.world.run(5000);
		const ms = Number(told[0]!.split(" ")[0]);
		expect(Math.abs(ms - Date.UTC(2036, 1, 7, 6, 28, 16 + 100, 250))).toBeLessThan(5);
	});

	it("asks again after the interval, each time with another cookie and the name looked up", () => {
		const s = stage();
		const cookies = new Set<string>();
		const asked = server(s, (_answer, asking) => cookies.add(`${asking.getUint32(40)}.${asking.getUint32(44)}`));
		const { told } = client(s, { interval: 20_000 });
		s.world.run(70_000);
		expect(told.length).toBe(4);
		expect(cookies.size).toBe(4);
		for (let i = 1; i < asked.length; i++) expect(asked[i]! - asked[i - 1]!).toBeGreaterThanOrEqual(20_000);
		delete s.names["ntp"];
		s.world.run(20_000);
		expect(told[4]).toBe("ntp: no such name, 15000");
	});

	it("asks less and less often as long as nobody answers", () => {
		const s = stage();
		const { told } = client(s, { host: "10.0.0.2" });
		s.world.run(20_000_000);
		expect(told.slice(0, 4)).toEqual(["no answer, 15000", "no answer, 30000", "no answer, 60000", "no answer, 120000"]);
		expect(told[told.length - 1]).toBe("no answer, 3600000");
		server(s);
		s.world.run(3_700_000);
		expect(told[told.length - 1]).toMatch(/^\d+ \d+$/);
	});

	it.each<[string, Change]>([
		["to another question", (answer) => answer.setUint8(31, answer.getUint8(31) ^ 1)],
		["that is a question itself", (answer) => answer.setUint8(0, 0x23)],
		["of a broadcast", (answer) => answer.setUint8(0, 0x25)],
	])("does not believe an answer %s", (_name, change) => {
		const s = stage();
		server(s, change);
		const { told } = client(s);
		s.world.run(5000);
		expect(told).toEqual(["no answer, 15000"]);
	});

	it("does not believe others than the one that it asked, nor what is too short", () => {
		const s = stage();
		const other = new s.b.UDP({});
		const short = new s.b.UDP({
			port: 123,
			onReadable() {
				const question = this.read()!;
				const answer = new Uint8Array(48);
				answer[0] = 0x24;
				answer[1] = 2;
				answer.set(new Uint8Array(question, 40, 8), 24);
				answer.fill(1, 32);
				other.write(answer, question.address, question.port);
				this.write(answer.slice(0, 47), question.address, question.port);
			},
		});
		const { told } = client(s, { host: "10.0.0.2" });
		s.world.run(5000);
		expect(told).toEqual(["no answer, 15000"]);
		expect(short.port).toBe(123);
	});

	it.each<[string, Change]>([
		["is not synchronised", (answer) => answer.setUint8(0, 0xe4)],
		["is at stratum 16", (answer) => answer.setUint8(1, 16)],
		[
			"sends no time",
			(answer) => {
				answer.setUint32(40, 0);
				answer.setUint32(44, 0);
			},
		],
	])("takes no time from a server that %s", (_name, change) => {
		const s = stage();
		server(s, change);
		const { told } = client(s);
		s.world.run(5000);
		expect(told).toEqual(["the server does not know the time, 15000"]);
	});

	it("obeys the kiss of death: less often for RATE, never again for DENY", () => {
		for (const [code, line, questions] of [
			["RATE", "the server says RATE, 3600000", 1],
			["DENY", "the server says DENY, -1", 1],
		] as const) {
			const s = stage();
			const asked = server(s, (answer) => {
				answer.setUint8(1, 0);
				for (let i = 0; i < 4; i++) answer.setUint8(12 + i, code.charCodeAt(i));
			});
			const { told } = client(s);
			s.world.run(60_000);
			expect(told[0]).toBe(line);
			expect(asked.length).toBe(questions);
			expect(statusOf(s.one.stack).sockets).toEqual([]);
		}
	});

	it("is quiet once closed, and refuses to ask too often", () => {
		for (const ms of [0, 10, 21, 1000]) {
			const s = stage();
			server(s, (answer) => answer.setUint8(0, 0));
			const { told, sntp } = client(s);
			s.world.run(ms);
			sntp.close();
			s.world.run(100_000);
			expect(told).toEqual([]);
			expect(statusOf(s.one.stack).sockets).toEqual([]);
		}
		expect(() => client(stage(), { interval: 14_999 })).toThrow("interval 14999: expected at least 15000 ms");
	});

	it("as a program prints the time", () => {
		const s = stage();
		server(s);
		time(s.device, { host: "ntp", clock: () => s.world.clock.now });
		s.world.run(5000);
		expect(s.lines).toHaveLength(1);
		expect(s.lines[0]).toMatch(/^2026-01-02T03:04:05\.2[5-9]\dZ ± \d+ ms$/);
	});
});
