// Where randomness comes from: the bits that each board's file (hosts/*/entropy.c) makes of its hardware's, over stand-ins for the SDKs that make these good or bad, and the key that becomes
// of them (src/packet/seed.ts).

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hardwareAddress } from "../../hosts/firmware/hardware-address.ts";
import { KEY } from "../../src/packet/chance.ts";
import { CHANCE, CHANCE_END, ChanceBlock } from "../../src/packet/chance-block.ts";
import { seed } from "../../src/packet/seed.ts";
import { COUNTED, SANITIZED, standInFor, unrun } from "./over-stand-in.ts";
import { root } from "./toolchains.ts";

const here = join(root, "test/cross/entropy");
const folder = mkdtempSync(join(tmpdir(), "multihome-entropy-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles `main` for one board's file, whose headers all are the stand-in. Answers the program. */
function make(name: string, board: string, ...defines: string[]): string {
	const file = join(root, "hosts", board, "entropy.c");
	standInFor(readFileSync(file, "utf8"), [], join(here, "stand-in.h"), join(folder, "include"));
	const program = join(folder, name);
	const includes = [`-I${join(folder, "include")}`, `-DSOURCE="${file}"`];
	const made = spawnSync("gcc", [...SANITIZED, COUNTED, ...defines, ...includes, join(here, "main.c"), "-o", program], {
		encoding: "utf8",
	});
	expect(made.stderr).toBe("");
	return program;
}

interface Ran {
	answers: { problem: string; bytes: string }[];
	samples: number;
	closest: number;
	us: number;
	enables: number;
	filledEnabled: number;
	leftOn: number;
}

function ran(program: string, bits: string, times: number, number: number): Ran {
	const { stdout, stderr } = spawnSync(program, [bits, String(times), String(number)], { encoding: "utf8", timeout: 30_000 });
	expect(stderr).toBe("");
	return JSON.parse(stdout) as Ran;
}

/** What becomes of such bits: the key, or what is wrong; and what the board's file did. */
function run(program: string, bits: string, number = 1): Ran & { problem: string; key: string } {
	const view = new DataView(new ArrayBuffer(4096));
	let times = 0;
	let problem = "";
	try {
		seed(view, 2048, (bytes) => {
			const answer = ran(program, bits, ++times, number).answers.at(-1)!;
			bytes.set(Buffer.from(answer.bytes, "hex"));
			return answer.problem || undefined;
		});
	} catch (error) {
		problem = (error as Error).message.replace(/^random bits: /, "");
	}
	expect(new Uint8Array(view.buffer, CHANCE_END).every((byte) => byte === 0)).toBe(true);
	const key = Buffer.from(view.buffer, CHANCE + ChanceBlock.offsets.key, KEY).toString("hex");
	return { ...ran(program, bits, times, number), problem, key };
}

const NO_KEY = "0".repeat(64);

const rp2040 = make("rp2040", "pico");
const rp2350 = make("rp2350", "pico", "-DPICO_RP2350=1");
const esp32 = make("esp32", "esp32");

describe.each([
	["RP2040", rp2040],
	["RP2350", rp2350],
	["ESP32", esp32],
])("%s", (_name, program) => {
	test("makes another key of other bits, and each key of all of them", () => {
		const keys = Array.from({ length: 20 }, (_, i) => run(program, "good", i + 1));
		expect(keys.every(({ problem }) => problem === "")).toBe(true);
		expect(new Set(keys.map(({ key }) => key)).size).toBe(20);
		expect(keys.every(({ samples }) => samples >= 2048)).toBe(true);
	});

	test.each(["zeros", "ones"])("tells that its source is stuck: %s", (bits) => {
		expect(run(program, bits)).toMatchObject({
			problem: expect.stringMatching(/^the source of randomness is stuck: switch/),
			key: NO_KEY,
		});
	});

	test("tells that nearly all bits are the same", () => {
		expect(run(program, "rare")).toMatchObject({ problem: expect.stringMatching(/stuck|nearly always the same/), key: NO_KEY });
	});

	test("takes bits that are not even", () => {
		expect(run(program, "biased").problem).toBe("");
	});
});

test.each([
	["RP2040", rp2040],
	["RP2350", rp2350],
])("%s asks again a source that begins late", (_name, program) => {
	const { problem, samples } = run(program, "late");
	expect(problem).toBe("");
	expect(samples).toBeGreaterThanOrEqual(2 * 2048);
});

test("RP2040 leaves 10 µs between two bits, and tells of an oscillator that is off", () => {
	expect(run(rp2040, "good").closest).toBeGreaterThanOrEqual(10);
	expect(run(rp2040, "off")).toMatchObject({
		problem: expect.stringMatching(/^the ring oscillator is off/),
		samples: 0,
		key: NO_KEY,
	});
});

test.each(["failing", "never"])("RP2350 ends when the generator fails its own tests, or says nothing: %s", (bits) => {
	const { problem, us, leftOn } = run(rp2350, bits);
	expect(problem).toMatch(/^the random number generator fails its own tests/);
	expect(us).toBeLessThan(500_000);
	expect(leftOn).toBe(0);
});

test("ESP32 has the noise source on while it reads, unless a radio runs", () => {
	expect(run(esp32, "good")).toMatchObject({ problem: "", enables: 1, filledEnabled: 1, leftOn: 0 });
	expect(run(esp32, "no radio")).toMatchObject({ problem: "", enables: 1, filledEnabled: 1, leftOn: 0 });
	expect(run(esp32, "radio")).toMatchObject({ problem: "", enables: 0, filledEnabled: 0 });
});

test("all of that has run every line of both files", () => {
	expect(unrun(folder, ["hosts/pico/entropy.c", "hosts/esp32/entropy.c"])).toEqual([]);
});

test("the Ethernet addresses of a board are unicast, locally administered, and differ between boards and interfaces", () => {
	const addresses = Array.from({ length: 500 }, (_, board) => {
		const identity = Uint8Array.of(0xe6, 0x61, 0x38, board >> 8, 0, 0, 0, board).buffer;
		return [1, 2, 3, 4].map((number) => Buffer.from(hardwareAddress(identity, number)).toString("hex"));
	}).flat();
	expect(addresses).toHaveLength(2000);
	expect(new Set(addresses).size).toBe(2000);
	expect(addresses.every((address) => (Number.parseInt(address.slice(0, 2), 16) & 3) === 2)).toBe(true);
	// Of 2,000 addresses 46 bits each are drawn: every one of them is 0 in about half.
	for (let digit = 2; digit < 12; digit++) expect(new Set(addresses.map((address) => address[digit])).size).toBe(16);
});
