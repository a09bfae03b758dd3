// What the user gives: files and options. What is wrong with them is one line.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../hosts/desktop/board.ts";
import { readElf } from "./elf.ts";
import { loadUf2, readBootrom, readFirmware } from "./image.ts";
import { readOptions } from "./options.ts";

const RP2040 = 0xe48b_ff56;
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-board-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: Uint8Array): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

/** One block of a UF2 file. */
function block(address: number, data: number[], { family = RP2040, flags = 0x2000, size = data.length } = {}): Buffer {
	const bytes = Buffer.alloc(512);
	for (const [i, value] of [0x0a32_4655, 0x9e5d_5157, flags, address, size, 0, 1, family].entries())
		bytes.writeUInt32LE(value, 4 * i);
	bytes.set(data, 32);
	bytes.writeUInt32LE(0x0ab1_6f30, 508);
	return bytes;
}

describe("a UF2 file", () => {
	test("puts its blocks into flash, those for other memory and other chips' left out", () => {
		const flash = new Uint8Array(1024);
		const bytes = Buffer.concat([
			block(0x1000_0000, [1, 2, 3]),
			block(0x1000_0100, [4]),
			block(0x10ff_ff00, [9], { family: 0xe48b_ff57 }),
			block(0x1000_0000, [9], { flags: 0x2001 }),
		]);
		expect(loadUf2("x.uf2", bytes, flash)).toBe(4);
		expect([...flash.subarray(0, 4), flash[0x100]]).toEqual([1, 2, 3, 0, 4]);
	});

	test.each<[string, Buffer, string]>([
		["empty", Buffer.alloc(0), "0 bytes are not whole blocks of 512"],
		["cut", block(0x1000_0000, [1]).subarray(0, 500), "500 bytes are not whole blocks of 512"],
		["another format", Buffer.alloc(512), "block 0 is no UF2 block"],
		["for the RP2350", block(0x1000_0000, [1], { family: 0xe48b_ff59 }), "is for another chip (family 0xe48bff59)"],
		["beyond 2 MB", block(0x1020_0000, [1]), "1 bytes at 0x10200000 are not in the Pico's 2 MB of flash"],
		["with too long a block", block(0x1000_0000, [], { size: 477 }), "477 bytes at 0x10000000 are not in"],
		["without anything", block(0x1000_0000, [1], { flags: 0x2001 }), "has nothing for the flash"],
	])("that is %s is refused", (_name, bytes, text) => {
		const act = () => loadUf2("x.uf2", bytes, new Uint8Array(1024));
		expect(act).toThrow(InputError);
		expect(act).toThrow(`--firmware x.uf2: ${text}`);
	});

	test("that is not there is", () => {
		expect(() => readFirmware(join(folder, "none"), new Uint8Array(0))).toThrow("none: no such file");
		expect(() => readFirmware(folder, new Uint8Array(0))).toThrow("is a folder");
	});
});

test("a boot ROM is known by its size and mark", () => {
	const rom = Buffer.alloc(16_384);
	const refused = "expected the 16,384 bytes of the RP2040's boot ROM";
	expect(() => readBootrom(file("zeros.bin", rom))).toThrow(refused);
	rom.write("Mu\u0001", 0x10, "latin1");
	rom.writeUInt32LE(0x1234_5678, 0x20);
	expect(readBootrom(file("rom.bin", rom))[8]).toBe(0x1234_5678);
	expect(() => readBootrom(file("short.bin", rom.subarray(4)))).toThrow(refused);
});

test("an .elf file is known by its beginning", () => {
	expect(() => readElf(file("no.elf", Buffer.from("#!/bin/sh")))).toThrow("expected the firmware's .elf file");
});

describe("options", () => {
	const uf2 = file("a.uf2", Buffer.alloc(1));
	const bin = file("a.bin", Buffer.alloc(1));
	const needed = ["--firmware", uf2, "--bootrom", bin];

	test("have defaults", () => {
		expect(readOptions(needed)).toEqual({
			help: false,
			firmware: uf2,
			bootrom: bin,
			board: "hosts/pico/targets/pico-both/board.json",
			elf: undefined,
			pcap: undefined,
			seconds: Number.POSITIVE_INFINITY,
			packets: Number.POSITIVE_INFINITY,
			seed: 1,
		});
	});

	test.each<[string[], string]>([
		[[], "--firmware FILE.uf2 and --bootrom FILE.bin are needed: `npm run build:pico` makes a firmware"],
		[["--firmware", uf2], "are needed"],
		[["--firmware", "none", "--bootrom", bin], "--firmware none: no such file"],
		[[...needed, "--frob"], "Unknown option '--frob'"],
		[[...needed, "--for", "0"], "--for 0: expected seconds, more than 0"],
		[[...needed, "--for", "1s"], "--for 1s: expected seconds"],
		[[...needed, "--packets", "1.5"], "--packets 1.5: expected a whole number"],
		[[...needed, "--seed", "4294967296"], "--seed 4294967296: expected a whole number from 0 to 4294967295"],
		[[...needed, "--pcap", uf2], "is a file; expected a folder"],
		[[...needed, "--board", "none"], "--board none: no such file"],
	])("%j are refused in one line", (args, text) => {
		expect(() => readOptions(args)).toThrow(InputError);
		expect(() => readOptions(args)).toThrow(text);
		expect(() => readOptions(args)).not.toThrow("\n");
	});
});

describe("npm run board", () => {
	const board = (...args: string[]) =>
		spawnSync(process.execPath, [join(root, "build/board.mjs"), ...args], { encoding: "utf8" });

	test("says what it needs, with status 2", () => {
		const { status, stdout, stderr } = board();
		expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
		// The first run bundles, and says so in lines before.
		expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^--firmware FILE\.uf2 .*npm run build:pico/);
	});

	test("has help", () => {
		const { status, stdout } = board("--help");
		expect(status).toBe(0);
		expect(stdout).toContain("--bootrom FILE");
	});
});
