// Runs C of the firmware on Linux over a stand-in for ESP-IDF and Moddable, with gcc's sanitizers: FOLDER/stand-in.h and FOLDER/main.c, which includes the C.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

/** What was written to stderr by compiler and program; "" when all is well. Every header that `files` of drivers include is the stand-in, but for `own`, those beside them. */
export function runOverStandIn(name: string, files: string[], own: string[]): string {
	const here = join(root, "test/cross", name);
	const folder = mkdtempSync(join(tmpdir(), `multihome-${name}-`));
	try {
		const text = files.map((file) => readFileSync(join(root, "drivers", file), "utf8")).join("\n");
		standInFor(text, own, join(here, "stand-in.h"), join(folder, "include"));
		const program = join(folder, name);
		const folders = [...new Set(files.map((file) => dirname(file)))];
		const includes = [`-I${join(folder, "include")}`, ...folders.map((each) => `-I${join(root, "drivers", each)}`)];
		const made = spawnSync("gcc", [...SANITIZED, ...includes, join(here, "main.c"), "-o", program], { encoding: "utf8" });
		if (made.stderr !== "") return made.stderr;
		const ran = spawnSync(program, { encoding: "utf8", timeout: 30_000 });
		return ran.stderr !== "" || ran.status === 0 ? ran.stderr : `ended with ${ran.status ?? ran.signal}`;
	} finally {
		rmSync(folder, { recursive: true });
	}
}
