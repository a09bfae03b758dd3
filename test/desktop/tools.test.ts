// The project's own command lines: what they say of wrong options, of what a machine lacks, and before `npm ci`.

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(
	args: string[],
	{ cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{
	status: number;
	out: string;
	err: string;
}> {
	return new Promise((done) => {
		const options = { cwd, env: { ...process.env, ...env }, timeout: 100_000 };
		execFile(process.execPath, args, options, (error, out, err) => {
			done({ status: error === null ? 0 : Number(error.code), out, err: err.replace(/^(bundling|building|  ).*\n/gm, "") });
		});
	});
}

describe("every command line refuses what is given twice, and what it does not know, in one line with status 2", () => {
	it.each([
		[["build/simulate.mjs", "--seed", "1", "--seed", "1"], "--seed: given twice"],
		[["build/simulate.mjs", "--pcap", folder, "--pcap=x"], "--pcap: given twice"],
		[["build/simulate.mjs", "--for", "1", "--for", "2"], "--for: given twice"],
		[["build/simulate.mjs", "--32", "--32"], "--32: given twice"],
		[["build/board.mjs", "--seed", "1", "--seed", "1"], "--seed: given twice (--help lists the options)"],
		[["build/firmware.mjs", "build", "pico", "--bundle", "--bundle"], "--bundle: given twice (--help lists the options)"],
		[["test/run.mjs", "--only", "lint", "--only", "lint"], "--only: given twice; expected one list, such as --only unit,rfc"],
		[["test/run.mjs", "--all", "--all"], "--all: given twice"],
		[["test/run.mjs", "--every"], "--every: expected --all, --only or --help"],
		[["test/xs/run.mjs", "--32", "--32"], "--32: given twice"],
		[["test/xs/run.mjs", "--23"], "--23: expected --32, --sanitize, --interpreted, --only TEXT, NAME=VALUE, files or folders"],
		[["test/bench/bench.mjs", "--json", "--json"], "bench: --json: given twice (--help lists the options)"],
		[["test/bench/bench.mjs", "--gate", "--write"], "bench: --gate and --write: expected one of them"],
		[["test/bench/bench.mjs", "--write", "--quick"], "bench: --quick: goes with --gate, and not with --only"],
		[["test/fuzz/run.mjs", "--seed", "1", "--seed", "2"], "--seed: given twice"],
		[["test/fuzz/serial.mjs", "--inputs", "1", "--inputs", "2"], "--inputs: given twice"],
	])("%j", async (args, message) => {
		expect(await run(args)).toEqual({ status: 2, out: "", err: `${message}\n` });
	});
});

describe("the tests", () => {
	it("say before `npm ci` what to run first, as the simulation does", async () => {
		const bare = join(folder, "bare");
		for (const name of ["build", "test"]) {
			mkdirSync(join(bare, name), { recursive: true });
			cpSync(join(root, name), join(bare, name), { recursive: true, filter: (path) => !/\/build\/out(\/|$)/.test(path) });
		}
		cpSync(join(root, "package.json"), join(bare, "package.json"));
		for (const script of ["test/run.mjs", "build/simulate.mjs", "build/board.mjs"])
			expect(await run([script], { cwd: bare })).toEqual({
				status: 1,
				out: "",
				err: "the tools are missing: run `npm ci` first\n",
			});

		// What imports the tools at its head is preceded by the look for them.
		const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
		for (const name of ["bundle", "build", "prepack", "bench", "fuzz", "test:xs"]) {
			const script = /^node (--import \.\/build\/installed\.mjs \S+)$/.exec(scripts[name]!)![1]!;
			expect(await run(script.split(" "), { cwd: bare }), name).toMatchObject({
				status: 1,
				out: "",
				err: "the tools are missing: run `npm ci` first\n",
			});
		}
	});

	it("tell at the end what the machine lacks, for what, and the one command that installs it", async () => {
		const bin = join(folder, "bin");
		mkdirSync(bin);
		symlinkSync(process.execPath, join(bin, "node"));
		const { status, out } = await run(["test/run.mjs", "--only", "fuzz-c,cross"], { env: { PATH: bin } });
		expect(status).toBe(0);
		expect(out).toContain("fuzz-c: SKIPPED, missing gcc\n");
		expect(out).toMatch(/Not on this machine:\n {2}gcc +for fuzz-c\n {2}arm-none-eabi-gcc +for cross\n/);
		expect(out).toMatch(/^To have all of it on Debian: apt-get install gcc libc6-dev gcc-arm-none-eabi .*gcc-xtensa-lx106$/m);
		expect(out).toMatch(/\n0 passed, 0 failed, 2 skipped\n$/);
	});

	it("say which layers are for every commit and which for the night", async () => {
		const { out } = await run(["test/run.mjs", "--help"]);
		expect(out).toMatch(
			/Run by every `npm test`[^]* xs32 [^]* interop [^]*Nightly[^]* xs [^]* drivers-sanitize [^]* interop-chips /,
		);
	});
});

const MULTILIB = existsSync("/usr/include/x86_64-linux-gnu/gnu/stubs-32.h");
const EMULATOR = (process.env["PATH"] ?? "").split(":").find((path) => existsSync(join(path, "qemu-i386")));

describe("a 32-bit engine", () => {
	it.skipIf(!MULTILIB)(
		"is refused in one line where neither the kernel nor an emulator runs it",
		async () => {
			const { status, err } = await run(["build/host.mjs", "--32"], { env: { MULTIHOME_RUN32: "none" } });
			expect(status).toBe(1);
			expect(err).toBe(
				"this kernel runs no 32-bit programs: install the Debian package qemu-user, whose qemu-i386 is used in its place\n",
			);
		},
		300_000,
	);

	it.skipIf(!MULTILIB || EMULATOR === undefined)(
		"runs boards in the emulator where the kernel does not run it",
		async () => {
			const app = join(folder, "app.js");
			writeFileSync(
				app,
				'import { exit, print } from "host/system";\nprint(`ran ${device.stack.interfaces.list.length}`);\nexit(0);\n',
			);
			const board = "hosts/desktop/boards/segment-a.json";
			const args = ["build/simulate.mjs", "--32", "--board", board, "--app", app, "--for", "80"];
			const { status, out } = await run(args, { env: { MULTIHOME_RUN32: "qemu-i386" } });
			expect(status).toBe(0);
			expect(out).toContain("ran 3");
		},
		300_000,
	);
});
