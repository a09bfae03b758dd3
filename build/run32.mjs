// How 32-bit programs are run here: by the kernel, or where that does not (Exec format error), by Debian's qemu-i386.
//   MULTIHOME_RUN32=qemu-i386     always by that program
//   MULTIHOME_RUN32=none          as on a machine that has no way

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EMULATOR = "qemu-i386";

/** What to say where there is no way. */
export const NO_RUNNER =
	"this kernel runs no 32-bit programs: install the Debian package qemu-user, whose qemu-i386 is used in its place";

/** The smallest program for i386: ends with status 0. */
function smallestProgram() {
	const base = 0x0804_8000;
	const code = [0x31, 0xdb, 0x8d, 0x43, 0x01, 0xcd, 0x80]; // xor ebx, ebx; lea eax, [ebx + 1]; int 0x80: exit(0)
	const program = Buffer.alloc(84 + code.length);
	program.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
	program.writeUInt16LE(2, 16); // an executable
	program.writeUInt16LE(3, 18); // i386
	program.writeUInt32LE(1, 20);
	program.writeUInt32LE(base + 84, 24); // where it begins
	program.writeUInt32LE(52, 28); // the program header
	program.writeUInt16LE(52, 40);
	program.writeUInt16LE(32, 42);
	program.writeUInt16LE(1, 44);
	for (const [i, value] of [1, 0, base, base, program.length, program.length, 5, 4096].entries())
		program.writeUInt32LE(value, 52 + 4 * i);
	program.set(code, 84);
	return program;
}

/** Whether the kernel runs 32-bit programs, by trying it. */
function kernelRuns32() {
	const folder = mkdtempSync(join(tmpdir(), "multihome-32-"));
	try {
		const path = join(folder, "program");
		writeFileSync(path, smallestProgram());
		chmodSync(path, 0o755);
		return spawnSync(path, { stdio: "ignore" }).status === 0;
	} catch {
		return false;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

let answer;

/** The program that 32-bit programs are run by: "" for the kernel, else a path; undefined where there is none. */
export function runner32() {
	answer ??= { by: find() };
	return answer.by;
}

function find() {
	const forced = process.env.MULTIHOME_RUN32 ?? "";
	if (forced === "none") return undefined;
	if (forced === "" && kernelRuns32()) return "";
	const name = forced || EMULATOR;
	const folders = name.includes("/") ? [""] : (process.env.PATH ?? "").split(":").filter((folder) => folder !== "");
	return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A way to start the 32-bit program `binary` like any other: itself, or a script beside it that has it emulated. Throws Error with what to install. */
export function startable32(binary) {
	const by = runner32();
	if (by === undefined) throw new Error(NO_RUNNER);
	if (by === "") return binary;
	const script = `${binary}-emulated`;
	const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
	// Whole at once: others may be starting it.
	const made = `${script}.${process.pid}`;
	writeFileSync(made, `#!/bin/sh\nexec ${quoted(by)} ${quoted(binary)} "$@"\n`, { mode: 0o755 });
	renameSync(made, script);
	return script;
}
