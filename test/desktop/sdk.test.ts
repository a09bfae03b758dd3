// What building a firmware looks for before it begins, and what it says of the RAM: on folders that look like the SDKs.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ramLines } from "../../build/ram.mjs";
import { lookForSdk } from "../../build/sdk.mjs";

const GUIDE = "https://guide";

let folder: string;
let variables: Record<string, string>;

function put(name: string, content: string | Uint8Array = "", mode = 0o644): void {
	const path = join(folder, name);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, content);
	chmodSync(path, mode);
}

function git(...args: string[]): void {
	execFileSync("git", ["-C", join(folder, "pico/pico-sdk"), "-c", "user.name=a", "-c", "user.email=a", ...args], {
		stdio: "ignore",
	});
}

/** Everything that a Pico's firmware takes. */
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "multihome-sdk-"));
	put("moddable/xs/includes/xs.h");
	put("moddable/build/devices/pico/manifest.json", `{ "build": { "EXPECTED_PICO_SDK": "2.2.0" } }`);
	for (const tool of ["mcconfig", "xsc", "xsl", "xsid", "mcrez"]) put(`moddable/build/bin/lin/release/${tool}`);
	put("gcc/bin/arm-none-eabi-gcc", "#!/bin/sh\necho /lib/${1#*=}\n", 0o755);
	put("tools/cmake");
	put("pico/pico-sdk/pico_sdk_init.cmake");
	put("pico/pico-sdk/lib/tinyusb/src/tusb.h");
	put("pico/pico-sdk/build/pioasm/pioasm");
	put("pico/pico-sdk/build/_deps/picotool/picotool");
	put("pico/pico-examples/README.md");
	git("init");
	git("commit", "--allow-empty", "-m", "release");
	git("tag", "2.2.0");
	variables = {
		MODDABLE: join(folder, "moddable"),
		PICO_SDK_DIR: join(folder, "pico/pico-sdk"),
		PATH: `${join(folder, "gcc/bin")}:${join(folder, "tools")}`,
	};
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what a Pico's firmware takes", () => {
	test("when all is there the rest of the variables follows, and make takes bash", () => {
		const { environment, problems } = lookForSdk("pico", GUIDE, variables);
		expect(problems).toEqual([]);
		expect(environment).toMatchObject({
			PICO_ROOT: join(folder, "pico"),
			PICO_GCC_ROOT: join(folder, "gcc"),
			MAKEFLAGS: "SHELL=/bin/bash",
			MCCONFIG: join(folder, "moddable/build/bin/lin/release/mcconfig"),
		});
		expect(environment["PATH"]!.startsWith(join(folder, "moddable/build/bin/lin/release"))).toBe(true);
	});

	test("PICO_SDK_PATH, the name of the Pico SDK's own, will do", () => {
		const { PICO_SDK_DIR, ...rest } = variables;
		const { environment, problems } = lookForSdk("pico", GUIDE, { ...rest, PICO_SDK_PATH: PICO_SDK_DIR! });
		expect(problems).toEqual([]);
		expect(environment["PICO_SDK_DIR"]).toBe(PICO_SDK_DIR);
	});

	test.each([
		["moddable/xs", /^MODDABLE .* has no Moddable SDK: .*https:\/\/guide/],
		["moddable/build/bin", /has no mcconfig: build its tools/],
		["moddable/build/bin/lin/release/xsc", /has no xsc: build/],
		["gcc", /^arm-none-eabi-gcc is not on PATH, and PICO_GCC_ROOT is not set: apt-get install/],
		["tools/cmake", /^cmake is not on PATH: apt-get install/],
		["pico/pico-sdk/pico_sdk_init.cmake", /^PICO_SDK_DIR: there is no Pico SDK in .*: set PICO_SDK_DIR/],
		["pico/pico-sdk/lib/tinyusb", /tinyusb is empty: git -C .*pico-sdk submodule update --init lib\/tinyusb$/],
		["pico/pico-examples", /pico-examples is missing: clone .*, or set PICO_ROOT/],
		["pico/pico-sdk/build/pioasm", /pioasm is missing: mkdir -p .*; or set PIOASM$/],
		["pico/pico-sdk/build/_deps", /picotool is missing: run cmake \.\. && make in .*set UF2CONV/],
	])("without %s one line says so, and what to set or to run", (missing, line) => {
		rmSync(join(folder, missing), { recursive: true });
		const { problems } = lookForSdk("pico", GUIDE, variables);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toMatch(line);
		expect(problems[0]).not.toContain("\n");
	});

	test("the version that Moddable does not expect is told, and which one to clone", () => {
		git("commit", "--allow-empty", "-m", "next");
		git("tag", "2.3.0");
		expect(lookForSdk("pico", GUIDE, variables).problems).toEqual([
			expect.stringMatching(/is 2\.3\.0, and this Moddable SDK expects 2\.2\.0: git clone -b 2\.2\.0/),
		]);
	});

	/** What boards take besides: those with a radio, and those with an RP2350. */
	function putMore(): void {
		for (const board of ["pico_w", "pico_2", "pico_2_w"]) put(`moddable/build/devices/pico/targets/${board}/manifest.json`);
		put("pico/pico-sdk/lib/cyw43-driver/src/cyw43.h");
		put("pico/pico-sdk/lib/lwip/src/include/lwip/opt.h");
		put("pico/pico-sdk/build/pico_flash_region.ld");
		put("pico/pico-extras/src/rp2_common/pico_audio_i2s/audio_i2s.c");
	}

	test.each([
		[
			"pico/pico_w",
			"pico/pico-sdk/lib/cyw43-driver",
			/lib\/cyw43-driver is empty: git -C .*pico-sdk submodule update --init lib\/cyw43-driver$/,
		],
		["pico/pico_w", "pico/pico-sdk/lib/lwip", /lib\/lwip is empty: git -C .*pico-sdk submodule update --init lib\/lwip$/],
		["pico/pico_2_w", "pico/pico-sdk/lib/cyw43-driver", /lib\/cyw43-driver is empty: git -C /],
		[
			"pico/pico_2_w",
			"moddable/build/devices/pico/targets/pico_2_w",
			/has no board pico\/pico_2_w, which 8\.2\.3 has: git -C .*moddable fetch --tags && git -C .* checkout 8\.2\.3, and build its tools anew$/,
		],
		[
			"pico/pico_2_w",
			"pico/pico-sdk/build/pico_flash_region.ld",
			/pico_flash_region\.ld is missing: run cmake \.\. in .*pico-sdk\/build$/,
		],
		["pico/pico_2", "pico/pico-sdk/build/pico_flash_region.ld", /pico_flash_region\.ld is missing: run cmake \.\. in /],
		["pico/pico_2", "pico/pico-extras", /pico-extras has no pico-extras: git clone .*; or set PICO_EXTRAS_DIR$/],
	])("a firmware for %s takes %s", (board, missing, line) => {
		putMore();
		expect(lookForSdk("pico", GUIDE, variables, board).problems).toEqual([]);
		rmSync(join(folder, missing), { recursive: true });
		const { problems } = lookForSdk("pico", GUIDE, variables, board);
		expect(problems).toEqual([expect.stringMatching(line)]);
		expect(problems[0]).not.toContain("\n");
		// A board without any of it does not ask.
		expect(lookForSdk("pico", GUIDE, variables).problems).toEqual([]);
	});

	test("a compiler without its libraries is told, and one that PICO_GCC_ROOT does not have", () => {
		put("gcc/bin/arm-none-eabi-gcc", "#!/bin/sh\necho ${1#*=}\n", 0o755);
		expect(lookForSdk("pico", GUIDE, variables).problems).toEqual([
			expect.stringContaining("has no libc.a: apt-get install"),
			expect.stringContaining("has no libstdc++.a: apt-get install"),
		]);
		expect(lookForSdk("pico", GUIDE, { ...variables, PICO_GCC_ROOT: "/nowhere" }).problems).toEqual([
			"PICO_GCC_ROOT /nowhere has no bin/arm-none-eabi-gcc: on Debian set it to /usr",
		]);
	});
});

test("an ESP32's firmware takes ESP-IDF", () => {
	expect(lookForSdk("esp32", GUIDE, variables).problems).toEqual([
		expect.stringMatching(/^IDF_PATH is not set: install ESP-IDF/),
	]);
	put("idf/tools/idf.py");
	const IDF_PATH = join(folder, "idf");
	expect(lookForSdk("esp32", GUIDE, { ...variables, IDF_PATH }).problems).toEqual([
		`idf.py is not on PATH: run . ${IDF_PATH}/export.sh in this shell first`,
	]);
	expect(lookForSdk("esp32", GUIDE, { ...variables, IDF_PATH, PATH: join(IDF_PATH, "tools") }).problems).toEqual([]);
});

describe("what a firmware takes of the RAM", () => {
	test("is told with what is left for C, and what to lower when that is little", () => {
		put("out/makefile", "X = 1\nCREATION = -c 16384,1024,2816,64,384,32,32,53,3,1024,17,112640,main,0\n");
		put("out/bin/xs_pico.elf", elfWith(11_388));
		expect(ramLines("pico-both", "pico", 119_712, join(folder, "out"))).toEqual([
			"pico-both: packets and sockets take 119,712 bytes of RAM (Stack.bytesFor of the board file's limits)",
			"pico-both: the JavaScript machine takes 112,640 (creation.static); together 232,352",
			"pico-both: variables of C 11,388; of 262,144 bytes 18,404 are left for C (engine's tables, timers, what a program takes)",
		]);
		expect(ramLines("x", "pico", 140_000, join(folder, "out"))[3]).toMatch(/^x: less than 8,192: lower limits\.sockets/);
	});

	test("where the machine grows as it needs to, the stack's part is told", () => {
		put("out/makefile", "CREATION = -c 1,2,3,4,5,6,7,8,9,10,11,0,main,0\n");
		expect(ramLines("esp32-both", "esp32", 100_000, join(folder, "out"))).toHaveLength(1);
	});
});

/** An .elf with one section of so many bytes in RAM, one as large that is not loaded, and a heap. */
function elfWith(bytes: number): Uint8Array {
	const names = "\0.bss\0.heap\0";
	const headers = 52;
	const file = Buffer.alloc(headers + 4 * 40 + names.length);
	file.writeUInt32LE(headers, 32);
	file.writeUInt16LE(40, 46);
	file.writeUInt16LE(4, 48);
	file.writeUInt16LE(3, 50);
	for (const [i, [name, flags]] of [
		[1, 2],
		[1, 0],
		[6, 2],
	].entries()) {
		const section = headers + 40 * i;
		file.writeUInt32LE(name!, section);
		file.writeUInt32LE(flags!, section + 8);
		file.writeUInt32LE(0x2000_0000, section + 12);
		file.writeUInt32LE(bytes, section + 20);
	}
	file.writeUInt32LE(headers + 4 * 40, headers + 3 * 40 + 16);
	file.write(names, headers + 4 * 40, "latin1");
	return file;
}
