// Programs as C: compiled by build/compile and gcc, many at a time, and run with the arguments of many cases.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFlat, type Compiled, type FlatEntry } from "../../build/compile/compile.mjs";
import { runner32, startable32 } from "../../build/run32.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A module as text; its path is from the project's root, and need not be there. */
export interface Source {
	path: string;
	text: string;
}

/** One call: memories are made from `seed`, of these sizes; an argument for a memory says which. */
export interface Case {
	entry: number;
	seed: number;
	sizes: [number, number];
	args: number[];
}

/** What came of it. */
export interface Outcome {
	status: number;
	result: number;
	hashes: [number, number];
}

export const RETURNED = 0;
export const OUTSIDE = 1;
export const MISUSE = 2;
/** Bytes beside the memory were written. */
export const SPOILT = 3;
const ARGUMENTS = 10;

/**
 * What gcc is told. Quick ones find what is wrong in any case, optimised ones what only gcc's trust in C's rules brings out: as hosts and firmwares are built. Never -O1, at which gcc 12.2
 * answers -1 for `(l > x || l == x) ? (x > 0 ? x : 0) : l` with l = -1 and any x (its pass phiopt; neither at -O0, -O2 nor -Os).
 */
export const BUILDS = {
	quick: ["-O0"],
	optimised: ["-O2"],
	bits32: ["-m32", "-O2"],
	small32: ["-m32", "-Os"],
	sanitized: ["-O0", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
};
export type Build = keyof typeof BUILDS;

/** The compiler's answer for modules of which `door` are the ones whose exports are wanted. */
export function compile(sources: Source[], door: string[]): Compiled {
	const texts = new Map(sources.map(({ path, text }) => [path, text]));
	const read = (path: string) => texts.get(relative(root, path)) ?? readFileSync(path, "utf8");
	return compileFlat({ root, door, read });
}

function start(command: string, args: string[]): Promise<{ status: number; told: string }> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 600_000 });
		let told = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (told += part.toString()));
		child.on("error", reject);
		child.on("close", (status, signal) => resolve({ status: status ?? 128, told: signal === null ? told : `${told}${signal}` }));
	});
}

function caller(entries: FlatEntry[]): string {
	const cases = entries.map(({ c, parameters, result }, i) => {
		const given = parameters.map(({ type }, k) => (type === "memory" ? `memories[record[${4 + k}]]` : `record[${4 + k}]`));
		const call = `${c}(${given.join(", ")})`;
		return `\tcase ${i}:\n\t\t${result === "void" ? `${call};\n\t\treturn 0;` : `return ${call};`}\n`;
	});
	return `static int32_t call(const int32_t *record, const FlatMemory *const *memories)\n{\n\t(void)memories;\n\tswitch (record[0]) {\n${cases.join("")}\t}\n\treturn 0;\n}\n`;
}

/** Whether this machine builds and runs 32-bit programs. */
export function runs32(): boolean {
	return existsSync("/usr/include/x86_64-linux-gnu/gnu/stubs-32.h") && runner32() !== undefined;
}

/** C that is ready to run. */
export class Native {
	readonly #folder: string;
	readonly #binary: string;

	private constructor(folder: string, binary: string) {
		this.#folder = folder;
		this.#binary = binary;
	}

	/** Builds what the compiler made. Throws Error with what gcc says. */
	static async build({ files, functions }: Compiled, build: Build, extra: string[] = []): Promise<Native> {
		const out = join(root, "build/out/test/compile");
		mkdirSync(out, { recursive: true });
		const folder = mkdtempSync(join(out, "batch-"));
		for (const [name, text] of files) writeFileSync(join(folder, name), text);
		const sources = [...files.keys()].filter((name) => name.endsWith(".c"));
		const text = [...sources.map((name) => `#include "${name}"`), `#include "harness.h"`, caller(functions)].join("\n");
		writeFileSync(join(folder, "batch.c"), text);
		const includes = ["test/compile", "build/compile/runtime"].map((each) => `-I${join(root, each)}`);
		const binary = join(folder, "batch");
		const { status, told } = await start("gcc", [
			"-std=gnu11",
			"-DFLAT_LEAST=8", // small memories: what lies outside is met often
			"-w",
			...BUILDS[build],
			...extra,
			...includes,
			join(folder, "batch.c"),
			"-o",
			binary,
		]);
		if (status !== 0) throw new Error(`gcc, in ${folder}:\n${told.slice(0, 4000)}`);
		return new Native(folder, BUILDS[build].includes("-m32") ? startable32(binary) : binary);
	}

	/** Runs all cases; where the program broke off, `told` says why, and outcomes end before the case that did it. */
	async run(cases: Case[]): Promise<{ outcomes: Outcome[]; told: string }> {
		const records = new Int32Array(cases.length * (4 + ARGUMENTS));
		for (const [i, { entry, seed, sizes, args }] of cases.entries())
			records.set([entry, seed, ...sizes, ...args], i * (4 + ARGUMENTS));
		const [input, output] = [join(this.#folder, "records"), join(this.#folder, "results")];
		writeFileSync(input, new Uint8Array(records.buffer));
		rmSync(output, { force: true });
		const { status, told } = await start(this.#binary, [input, output]);
		const bytes = existsSync(output) ? readFileSync(output) : Buffer.alloc(0);
		const outcomes: Outcome[] = [];
		for (let at = 0; at + 16 <= bytes.length; at += 16)
			outcomes.push({
				status: bytes.readInt32LE(at),
				result: bytes.readInt32LE(at + 4),
				hashes: [bytes.readInt32LE(at + 8), bytes.readInt32LE(at + 12)],
			});
		return { outcomes, told: status === 0 ? "" : `status ${status} ${told.slice(0, 3000)}` };
	}

	close(): void {
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
