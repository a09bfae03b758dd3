// Where randomness comes from (src/host/native): the key that each board's file makes of its hardware's bits, over stand-ins for the SDKs that make these good or bad, and
// SipHash beside OpenSSL's.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SANITIZED, standInFor } from "./over-stand-in.ts";
import { root } from "./toolchains.ts";

const here = join(root, "test/cross/entropy");
const native = join(root, "src/host/native");
const folder = mkdtempSync(join(tmpdir(), "multihome-entropy-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles `main` for one file of entropy, whose SDK's headers all are the stand-in. Answers the program. */
function make(name: string, file: string, ...defines: string[]): string {
	standInFor(readFileSync(join(native, file), "utf8"), ["entropy.h"], join(here, "stand-in.h"), join(folder, "include"));
	const program = join(folder, name);
	const includes = [`-I${join(folder, "include")}`, `-I${native}`, `-DSOURCE="${join(native, file)}"`];
	const made = spawnSync("gcc", [...SANITIZED, ...defines, ...includes, join(here, "main.c"), "-o", program], {
		encoding: "utf8",
	});
	expect(made.stderr).toBe("");
	return program;
}

interface Answer {
	problem: string;
	key: string;
	samples: number;
	closest: number;
	us: number;
	enables: number;
	filledEnabled: number;
	leftOn: number;
}

function run(program: string, ...args: string[]): Answer {
	const ran = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
	expect(ran.stderr).toBe("");
	return JSON.parse(ran.stdout) as Answer;
}

const NO_KEY = "0".repeat(32);

const rp2040 = make("rp2040", "entropy-pico.c");
const rp2350 = make("rp2350", "entropy-pico.c", "-DPICO_RP2350=1");
const esp32 = make("esp32", "entropy-esp32.c");

describe.each([
	["RP2040", rp2040],
	["RP2350", rp2350],
	["ESP32", esp32],
])("%s", (_name, program) => {
	test("makes another key of other bits, and each key of all of them", () => {
		const keys = Array.from({ length: 20 }, (_, i) => run(program, "good", String(i + 1)));
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

const openssl = spawnSync("openssl", ["version"]).status === 0;
if (!openssl) console.log("skipped: SipHash beside OpenSSL's: install Debian's openssl");

test.skipIf(!openssl)("SipHash is OpenSSL's, for every length up to 40 bytes", () => {
	const source = join(folder, "siphash.c");
	const program = join(folder, "siphash");
	writeFileSync(
		source,
		`#include <stdio.h>
#include "siphash.h"
int main(void)
{
	uint8_t key[SIPHASH_KEY], bytes[40];
	for (int i = 0; i < SIPHASH_KEY; i++) key[i] = (uint8_t)(0xf1 * (i + 3));
	for (int i = 0; i < 40; i++) bytes[i] = (uint8_t)(0xc5 * (i + 1));
	for (size_t count = 0; count <= 40; count++) {
		uint64_t value = sipHash(key, bytes, count);
		for (int i = 0; i < 8; i++) printf("%02X", (unsigned)(value >> 8 * i & 255));
		printf("\\n");
	}
}
`,
	);
	expect(spawnSync("gcc", [...SANITIZED, `-I${native}`, source, "-o", program], { encoding: "utf8" }).stderr).toBe("");
	const ours = spawnSync(program, { encoding: "utf8" }).stdout.trim().split("\n");
	const key = Buffer.from(Array.from({ length: 16 }, (_, i) => 0xf1 * (i + 3))).toString("hex");
	const theirs = ours.map((_, count) => {
		const input = Buffer.from(Array.from({ length: count }, (_, i) => 0xc5 * (i + 1)));
		const made = spawnSync("openssl", ["mac", "-macopt", `hexkey:${key}`, "-macopt", "size:8", "SIPHASH"], { input });
		return String(made.stdout).trim();
	});
	expect(ours).toHaveLength(41);
	expect(ours).toEqual(theirs);
});

test("the Ethernet addresses of a board are unicast, locally administered, and differ between boards and interfaces", () => {
	const source = join(folder, "address.c");
	const program = join(folder, "address");
	writeFileSync(
		source,
		`#include <stdio.h>
#include "hardware-address.h"
int main(void)
{
	for (uint32_t board = 0; board < 500; board++)
		for (uint8_t number = 1; number <= 4; number++) {
			const uint8_t identity[IDENTITY_BYTES] = { 0xe6, 0x61, 0x38, (uint8_t)(board >> 8), 0, 0, 0, (uint8_t)board };
			uint8_t address[6];
			hardwareAddress(address, identity, number);
			for (int i = 0; i < 6; i++) printf("%02x", address[i]);
			printf("\\n");
		}
}
`,
	);
	const includes = [`-I${native}`, `-I${join(root, "hosts/firmware")}`];
	expect(spawnSync("gcc", [...SANITIZED, ...includes, source, "-o", program], { encoding: "utf8" }).stderr).toBe("");
	const addresses = spawnSync(program, { encoding: "utf8" }).stdout.trim().split("\n");
	expect(addresses).toHaveLength(2000);
	expect(new Set(addresses).size).toBe(2000);
	expect(addresses.every((address) => (Number.parseInt(address.slice(0, 2), 16) & 3) === 2)).toBe(true);
	// Of 2,000 addresses 46 bits each are drawn: every one of them is 0 in about half.
	for (let digit = 2; digit < 12; digit++) expect(new Set(addresses.map((address) => address[digit])).size).toBe(16);
});
