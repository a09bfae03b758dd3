// `npm run build:esp32` where mcconfig fails, says that it has not, or leaves more than the firmware: with a script in its place, in folders that look like the SDKs.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { subplatformOf } from "../../build/firmware.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sdk = mkdtempSync(join(tmpdir(), "multihome-firmware-"));
const TARGET = "esp32-w5500";
const made = join(sdk, "made");
const out = join(made, "out");
const BIN = `bin/esp32/release/${TARGET}`;
const IMAGE = join(out, BIN, "xs_esp32.bin");
const PROBE = join(out, "tmp/esp32/release", TARGET, "CMakeFiles/CMakeDetermineCompilerABI_C.bin");

function put(path: string, text = ""): void {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
	chmodSync(path, 0o755);
}

beforeAll(() => {
	put(join(sdk, "moddable/xs/includes/xs.h"));
	put(join(sdk, "moddable/build/bin/lin/release/xsc"), '#!/bin/sh\necho > "$3/module.xsb"\n');
	for (const tool of ["xsl", "xsid", "mcrez"]) put(join(sdk, "moddable/build/bin/lin/release", tool));
	put(join(sdk, "idf/tools/idf.py"));
});
afterAll(() => rmSync(sdk, { recursive: true }));

/** Builds with that shell script as mcconfig. */
function build(script: string): { status: number | null; out: string; err: string } {
	put(join(sdk, "moddable/build/bin/lin/release/mcconfig"), `#!/bin/sh\n${script}\n`);
	const env = {
		...process.env,
		MODDABLE: join(sdk, "moddable"),
		IDF_PATH: join(sdk, "idf"),
		PATH: `${join(sdk, "idf/tools")}:${process.env["PATH"]}`,
	};
	const ran = spawnSync(process.execPath, ["build/firmware.mjs", "build", "esp32", "--target", TARGET, "--out", made], {
		cwd: root,
		env,
		encoding: "utf8",
	});
	return { status: ran.status, out: ran.stdout, err: ran.stderr.replace(/^(bundling|building|  ).*\n/gm, "") };
}

const SAID = `what mcconfig said is in ${relative(root, made)}/build.log\n`;

test("an image of an earlier build is not taken for that of one that failed without saying so", () => {
	put(IMAGE, "old");
	put(join(out, "tmp/esp32/release", TARGET, "xsProj-esp32/build/xs_esp32.bin"), "old");
	// As Moddable's make file: what idf.py has left is copied, and that there is nothing is ignored.
	const {
		status,
		out: said,
		err,
	} = build(
		`mkdir -p ${out}/${BIN}; cp ${out}/tmp/esp32/release/${TARGET}/xsProj-esp32/build/xs_esp32.bin ${IMAGE} 2>/dev/null; exit 0`,
	);
	expect(err).toBe(`${TARGET}: there is no xs_esp32.bin, though mcconfig has ended with status 0; ${SAID}`);
	expect([status, existsSync(IMAGE), said.includes(".bin")]).toEqual([1, false, false]);
});

test("what is told to be flashed is what mcconfig has put together, not the tests that CMake has compiled", () => {
	put(PROBE);
	const {
		status,
		out: said,
		err,
	} = build(
		`mkdir -p ${out}/${BIN}; for name in xs_esp32 bootloader partition-table; do echo new > ${out}/${BIN}/$name.bin; done`,
	);
	expect([status, err]).toEqual([0, ""]);
	expect(said.split("\n").filter((line) => line.endsWith(".bin"))).toEqual(
		["bootloader", "partition-table", "xs_esp32"].map((name) => `${relative(root, out)}/${BIN}/${name}.bin`),
	);
});

test("mcconfig that fails, or cannot be run, is one line that names the log", () => {
	expect(build("echo no; exit 3")).toMatchObject({ status: 1, err: `${TARGET}: mcconfig's build ended with status 3; ${SAID}` });
	expect(build("kill -9 $$")).toMatchObject({
		status: 1,
		err: expect.stringMatching(/^esp32-w5500: mcconfig's build ended .*; what mcconfig said/),
	});
});

test("every target's name tells which board it is for mcconfig, and one that does not is refused", () => {
	for (const family of ["pico", "esp32"])
		for (const name of readdirSync(join(root, "hosts", family, "targets")))
			expect(subplatformOf(name).split("/")[0]).toBe(family);
	expect(() => subplatformOf("esp8266-w5500")).toThrow(
		/^--target esp8266-w5500: nobody has said which board that is for mcconfig/,
	);
});
