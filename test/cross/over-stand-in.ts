// Runs C of the firmware on Linux over a stand-in for ESP-IDF and Moddable, with gcc's sanitizers: FOLDER/stand-in.h and FOLDER/main.c, which includes the C.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { root } from "./toolchains.ts";

/** For gcc. */
export const SANITIZED = [
	"-std=gnu11",
	"-g",
	"-Wall",
	"-Wextra",
	"-Werror",
	"-fsanitize=address,undefined",
	"-fno-sanitize-recover=undefined",
];

/** Every header that the text of C includes becomes `standIn`, in a folder of headers, but for those of `own`. */
export function standInFor(text: string, own: string[], standIn: string, folder: string): void {
	for (const [, header] of text.matchAll(/^#include "(.*?)"/gm)) {
		if (own.includes(header!)) continue;
		const path = join(folder, header!);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `#include "${standIn}"\n`);
	}
}

/** For gcc, so that `unrun` can tell. */
export const COUNTED = "--coverage";

/** The lines of these files of the project that the programs in `folder`, made with SANITIZED and COUNTED, have not run: "file:line". */
export function unrun(folder: string, files: string[]): string[] {
	const counts = readdirSync(folder).filter((name) => name.endsWith(".gcda"));
	const { stdout, stderr } = spawnSync("gcov", ["--json-format", "--stdout", ...counts], { cwd: folder, encoding: "utf8" });
	if (stdout === "") return [`gcov: ${stderr}`];
	const paths = new Map(files.map((file) => [join(root, file), file]));
	const lines: string[] = [];
	const seen = new Set<string>();
	for (const told of stdout.trim().split("\n"))
		for (const { file, lines: all } of (
			JSON.parse(told) as { files: { file: string; lines: { line_number: number; count: number }[] }[] }
		).files) {
			const name = paths.get(resolve(folder, file));
			if (name === undefined) continue;
			seen.add(name);
			for (const { line_number, count } of all) if (count === 0) lines.push(`${name}:${line_number}`);
		}
	return [...lines, ...files.filter((file) => !seen.has(file))].map((line) => `not run: ${line}`);
}

/**
 * Makes `program` of `args`, with gcc's sanitizers, and runs it. Answers "" when nothing was wrong and every line of `whole` was run, so each call of an SDK, and what follows where it fails; else what was
 * said, or which lines were not.
 */
export function runWhole(program: string, args: string[], whole: string[]): string {
	const made = spawnSync("gcc", [...SANITIZED, COUNTED, ...args, "-o", program], { encoding: "utf8" });
	if (made.stderr !== "") return made.stderr;
	const ran = spawnSync(program, { encoding: "utf8", timeout: 100_000 });
	if (ran.stderr !== "" || ran.status !== 0) return `${ran.stderr}ended with ${ran.status ?? ran.signal}`;
	return unrun(dirname(program), whole).join("\n");
}

/**
 * The same of FOLDER/main.c over FOLDER/stand-in.h, which every header is that `files` of drivers include, but for `own`, those beside them. `parts`: those of `files` of which another test runs the rest.
 */
export function runOverStandIn(name: string, files: string[], own: string[], parts: string[] = []): string {
	const here = join(root, "test/cross", name);
	const folder = mkdtempSync(join(tmpdir(), `multihome-${name}-`));
	try {
		const text = files.map((file) => readFileSync(join(root, "drivers", file), "utf8")).join("\n");
		standInFor(text, own, join(here, "stand-in.h"), join(folder, "include"));
		const folders = [...new Set(files.map((file) => dirname(file)))];
		const includes = [`-I${join(folder, "include")}`, ...folders.map((each) => `-I${join(root, "drivers", each)}`)];
		const whole = files.filter((file) => file.endsWith(".c") && !parts.includes(file)).map((file) => `drivers/${file}`);
		return runWhole(join(folder, name), [...includes, join(here, "main.c")], whole);
	} finally {
		rmSync(folder, { recursive: true });
	}
}
