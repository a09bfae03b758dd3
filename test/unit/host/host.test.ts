// `new Stack()`: chance and time are the host's where nobody gives others. Runs on the real clock, on Node and on XS.

import { describe, expect, it } from "vitest";
import { host } from "#host";
import { hostOf, type Globals } from "../../../src/host/host.ts";
import { createIO } from "../../../src/io/io.ts";
import { Core } from "../../../src/packet/core.ts";
import { Stack } from "../../../src/stack.ts";

const ignore = () => {};
const no = () => false;

describe("new Stack() without options", () => {
	it("connects, sends and receives with nobody calling poll", async () => {
		const stack = new Stack();
		const { Listener, TCP } = createIO(stack);
		const received = await new Promise<unknown>((resolve) => {
			new Listener({
				port: 7,
				onReadable() {
					new TCP({
						from: this.read()!,
						onReadable() {
							resolve(this.read());
							this.close();
						},
					});
					this.close();
				},
			});
			const client = new TCP({
				address: "127.0.0.1",
				port: 7,
				onWritable() {
					this.write(Uint8Array.of(104, 105));
				},
				onError: () => client.close(),
			});
		});
		expect([...new Uint8Array(received as ArrayBuffer).subarray(0, 2)]).toEqual([104, 105]);
	});

	it("draws other numbers than another one", () => {
		const draw = ({ core }: Stack) => [1, 2, 3, 4].map(() => core.random32());
		const numbers = [...draw(new Stack()), ...draw(new Stack())];
		expect(numbers.every((number) => number === (number | 0))).toBe(true);
		expect(new Set(numbers).size).toBe(8);
	});

	it("takes what is given instead: chance, and polls by its owner alone", async () => {
		let wakes = 0;
		const stack = new Stack({ random32: () => 4, onWake: () => wakes++ });
		expect(stack.core.random32()).toBe(4);
		const before = wakes;
		stack.poll(0); // whoever asked until now has been served
		stack.core.wake();
		expect(wakes).toBe(before + 1);
		await new Promise<void>((resolve) => {
			const wake = host.drive!(() => {
				resolve();
				return -1;
			}, no);
			wake();
		});
		expect(stack.core.awake).toBe(true); // it still waits to be polled
	});
});

describe("a host without", () => {
	it.each([
		["random bits", { drive: () => ignore }, /random32: this host has no source of random bits; give a function/],
		["timers", { entropy: () => undefined }, /onWake: this host has no timers; give a function/],
	])("%s is told which option to give", (_what, less, message) => {
		expect(() => new Core({}, less)).toThrow(TypeError);
		expect(() => new Core({}, less)).toThrow(message);
		expect(() => new Core({ random32: () => 4, onWake: ignore }, {})).not.toThrow();
	});

	it("such globals has neither", () => {
		expect(hostOf({})).toEqual({});
	});
});

describe("the host's timers", () => {
	/** Globals whose timers run when `advance` is called. */
	function machine() {
		let now = 0x1_0000_0000 + 5.5;
		let timers: { at: number; callback: () => void }[] = [];
		const globals: Globals = {
			performance: { now: () => now },
			setTimeout(callback, ms) {
				const timer = { at: now + ms, callback };
				timers.push(timer);
				return timer;
			},
			clearTimeout(timer) {
				timers = timers.filter((each) => each !== timer);
			},
		};
		return {
			globals,
			waiting: () => timers.length,
			advance(ms: number) {
				now += ms;
				const due = timers.filter((each) => each.at <= now);
				timers = timers.filter((each) => each.at > now);
				for (const each of due) each.callback();
			},
		};
	}

	function driven(answers: number[]) {
		const simulated = machine();
		const polls: number[] = [];
		const wake = hostOf(simulated.globals).drive!((now) => {
			polls.push(now);
			const answer = answers.shift()!;
			if (answer === undefined) throw new Error("a callback threw");
			return answer;
		}, no);
		return { ...simulated, polls, wake };
	}

	it("call when the answer says so, with an int32 of milliseconds", () => {
		const { polls, advance, waiting } = driven([0, 20, -1]);
		advance(0);
		advance(0);
		expect(polls).toEqual([5, 5]);
		advance(19);
		expect(polls.length).toBe(2);
		advance(1);
		expect(polls).toEqual([5, 5, 25]);
		expect(waiting()).toBe(0); // nothing keeps the process
	});

	it("call once however often they are woken, and sooner than was asked for", () => {
		const { polls, advance, wake, waiting } = driven([1000, -1, -1]);
		advance(0);
		advance(10);
		wake();
		wake();
		expect(waiting()).toBe(1);
		advance(0);
		expect(polls).toEqual([5, 15]);
		wake();
		advance(0);
		expect(polls.length).toBe(3);
	});

	it("go on after an exception, which is not theirs", () => {
		const { polls, advance } = driven([]);
		expect(() => advance(0)).toThrow("a callback threw");
		expect(() => advance(0)).toThrow("a callback threw");
		expect(polls.length).toBe(2);
	});
});
