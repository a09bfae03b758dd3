// The compilers of Debian for the processors of boards, and what our C needs around it.

import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { headerFolders, makeFlat } from "../../build/flat.mjs";
import { nativeModules } from "../../build/host-manifest.mjs";
import { idsOf } from "../../build/host-table.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const xs = join(root, "node_modules/@agoric/xsnap/moddable/xs");

/** A compiler and what makes it compile for one processor. */
export interface Toolchain {
	name: string;
	compiler: string;
	flags: string[];
	/** Debian's packages that have it. */
	packages: string;
}

// Assembly and linking for the ESP32's Xtensa cores need Espressif's own tools: Debian's check the C.
const XTENSA = ["-mabi=windowed", "-mlongcalls", "-fsyntax-only"];
const RISCV = ["-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32"];
/** C6 and H2 have atomic instructions, too. */
const RISCV_ATOMIC = ["-march=rv32imac", "-misa-spec=2.2", "-mabi=ilp32"];

export const CORTEX_M0: Toolchain = {
	name: "Cortex-M0+ (RP2040)",
	compiler: "arm-none-eabi-gcc",
	flags: ["-mthumb", "-mcpu=cortex-m0plus", "-c"],
	packages: "gcc-arm-none-eabi libnewlib-arm-none-eabi",
};
export const CORTEX_M33: Toolchain = { ...CORTEX_M0, name: "Cortex-M33 (RP2350)", flags: ["-mthumb", "-mcpu=cortex-m33", "-c"] };
export const ESP32C3: Toolchain = {
	name: "RISC-V (ESP32-C3)",
	compiler: "riscv64-unknown-elf-gcc",
	flags: [...RISCV, "-c"],
	packages: "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
};
const ESP32C6: Toolchain = { ...ESP32C3, name: "RISC-V (ESP32-C6, ESP32-H2)", flags: [...RISCV_ATOMIC, "-c"] };
export const ESP32: Toolchain = {
	name: "Xtensa (ESP32, ESP32-S2, ESP32-S3)",
	compiler: "xtensa-lx106-elf-gcc",
	flags: XTENSA,
	packages: "gcc-xtensa-lx106 picolibc-riscv64-unknown-elf",
};
export const TOOLCHAINS = [CORTEX_M0, CORTEX_M33, ESP32C3, ESP32];

const PICOLIBC = "/usr/lib/picolibc/riscv64-unknown-elf/include";
const NEWLIB = "/usr/include/newlib";
const WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Werror=implicit-function-declaration", "-O2", "-std=gnu11"];

/** What is missing for a toolchain, in one line; undefined when nothing is. `newlib`: the C library that ESP-IDF's headers build upon. */
export function missing({ compiler, packages }: Toolchain, newlib = false): string | undefined {
	const found = (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(join(folder, compiler)));
	if (!found || (!compiler.startsWith("arm") && !existsSync(PICOLIBC))) return `${compiler}: install Debian's ${packages}`;
	return newlib && !existsSync(NEWLIB) ? `${NEWLIB}: install Debian's libnewlib-dev` : undefined;
}

makeFlat();

/** Natives of the firmware that need no SDK, from the manifests that mcconfig reads. */
export const portableFiles = [
	...new Set(
		["hosts/engine", "drivers/w5500", "drivers/enc28j60", "drivers/uart", "drivers/nic"].flatMap((folder) =>
			nativeModules(join(root, folder, "manifest.json")).map((module) => module.c),
		),
	),
	join(root, "drivers/wifi/wifi-open.c"),
	join(root, "hosts/firmware/machine.c"),
	join(root, "hosts/firmware/last-end.c"),
	// It asks ESP-IDF for a few functions: stand-in/.
	join(root, "hosts/esp32/entropy.c"),
].map((path) => path.slice(root.length));

const generated = "build/out/cross";

/** Stands for the `mc.xs.h` that xsl makes: the identifiers that our natives name. Only compiled, never run. */
function makeIds(): void {
	const names = idsOf(portableFiles.map((file) => join(root, file))).map((name) => `\txsID_${name},\n`);
	mkdirSync(join(root, generated), { recursive: true });
	// Whole at every moment: files of tests that run at the same time each do this, and compilers read it.
	const path = join(root, generated, "mc.xs.h");
	const made = `${path}.${randomUUID()}`;
	writeFileSync(made, `enum {\n\txsID_none,\n${names.join("")}};\n`);
	renameSync(made, path);
}

makeIds();

/** The compiler's messages about a file; "" when there are none. */
function compile(toolchain: Toolchain, flags: string[], file: string, object = "/dev/null"): Promise<string> {
	const args = [...toolchain.flags, ...WARNINGS, ...flags, file, "-o", object];
	return new Promise((done) => {
		execFile(toolchain.compiler, args, { cwd: root, env: { ...process.env, LC_ALL: "C" } }, (error, _, messages) =>
			done(error === null ? "" : messages || error.message),
		);
	});
}

const system = (folders: string[]): string[] => folders.flatMap((folder) => ["-isystem", folder]);
const ours = (file: string): string[] =>
	[
		"test/cross/include",
		generated,
		...headerFolders,
		"build/out/flat",
		"hosts/firmware",
		"drivers/bus",
		"drivers/ethernet",
		"drivers/nic",
		dirname(file),
	].map((folder) => `-I${folder}`);

/** The XS headers of the desktop host, over as little of a platform as they take. */
export const ENGINE = [
	"-DINCLUDE_XSPLATFORM=1",
	'-DXSPLATFORM="platform.h"',
	`-I${join(root, "test/cross/include")}`,
	`-I${join(root, generated)}`,
	...system(["includes", "platforms", "sources"].map((part) => join(xs, part))),
];

/** With those headers and the compiler's own C library. */
export function compilePortable(toolchain: Toolchain, file: string): Promise<string> {
	const library = toolchain.compiler.startsWith("arm") ? [] : ["-idirafter", PICOLIBC];
	return compile(toolchain, ["-Itest/cross/stand-in", ...ours(file), ...ENGINE, ...library], file);
}

function engineOf(moddable: string, platform: string): string[] {
	return ["xs/includes", "xs/sources", `xs/platforms/${platform}`, "xs/platforms/mc", "modules/base/timer"].map((part) =>
		join(moddable, part),
	);
}

/** With the headers of the pico-sdk and of Moddable. */
export function compileForPico(
	chip: "rp2040" | "rp2350",
	sdk: string,
	moddable: string,
	folders: string[],
	file: string,
	flags: string[] = [],
): Promise<string> {
	const toolchain = chip === "rp2040" ? CORTEX_M0 : CORTEX_M33;
	const defines = ["-DPICO_BUILD=1", "-DPICO_32BIT=1", chip === "rp2040" ? "-DPICO_RP2040=1" : "-DPICO_RP2350=1", ...flags];
	const headers = system([...engineOf(moddable, "pico"), ...folders.map((folder) => join(sdk, folder))]);
	return compile(toolchain, [...defines, "-Itest/cross/pico", ...ours(file), ...headers], file);
}

/** The folders of ESP-IDF that Moddable's own make file names: what is not in them is not found in a real build either. */
export function idfFolders(moddable: string, chip: string, architecture: string): string[] {
	const text = readFileSync(join(moddable, "tools/mcconfig/make.esp32.mk"), "utf8");
	const lists = text.slice(text.indexOf("DRIVER_DIRS ="), text.indexOf("XS_OBJ ="));
	const found = [...lists.matchAll(/\$\(IDF_PATH\)(\/components[^\s\\]*)/g)].map((match) => match[1]!);
	const names = found.map((path) => path.replaceAll("$(ESP32_SUBCLASS)", chip).replaceAll("$(ESP_ARCH)", architecture));
	return [...new Set(names.filter((path) => !path.includes("$")))];
}

/** With the headers of ESP-IDF and of Moddable, as Moddable compiles natives for ESP32 (make.esp32.mk). */
export function compileForEsp32(
	chip: string,
	number: number,
	idf: string,
	moddable: string,
	file: string,
	flags: string[] = [],
	object?: string,
): Promise<string> {
	const riscv = /^esp32[ch]/.test(chip);
	const toolchain = !riscv ? ESP32 : chip === "esp32c3" ? ESP32C3 : ESP32C6;
	const architecture = riscv ? "riscv" : "xtensa";
	const target = [`-DESP32=${number}`, `-DCONFIG_IDF_TARGET_${chip.toUpperCase()}=1`, `-DCONFIG_IDF_TARGET="${chip}"`];
	// Moddable's own, BOOTLOADER_BUILD among them.
	const defines = [
		"-D__ets__",
		"-U__STRICT_ANSI__",
		"-DESP_PLATFORM",
		"-DBOOTLOADER_BUILD=1",
		`-DCONFIG_IDF_TARGET_ARCH_${architecture.toUpperCase()}=1`,
	];
	const folders = idfFolders(moddable, chip, architecture).map((folder) => idf + folder);
	const headers = system(["test/cross/esp-idf", ...engineOf(moddable, "esp"), ...folders.filter((folder) => existsSync(folder))]);
	const all = [...target, ...defines, "-std=gnu17", ...flags, ...ours(file), ...headers, "-idirafter", NEWLIB];
	return compile(toolchain, all, file, object);
}

/** What the code in internal memory (IRAM_ATTR) of an object for the ESP32-C3 calls and touches, but for its own branches. */
export function namedInIram(object: string): string[] {
	const text = execFileSync("riscv64-unknown-elf-objdump", ["-r", object], { encoding: "utf8" });
	const names = text
		.split("RELOCATION RECORDS FOR ")
		.filter((records) => records.startsWith("[.iram1"))
		.flatMap((records) => [...records.matchAll(/^\S+\s+R_RISCV_(\w+)\s+([^\s+]+)/gm)])
		.filter(([, type]) => !/^(RVC_)?(BRANCH|JUMP)$|^JAL$|^RELAX$/.test(type!))
		.map((match) => match[2]!);
	return [...new Set(names)].sort();
}
