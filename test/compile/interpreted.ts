// Programs as Node runs them: the same text without its types.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transformWithEsbuild } from "vite";
import { MISUSE, OUTSIDE, RETURNED, root, type Case, type Outcome, type Source } from "./native.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

const shared = new Map<string, Promise<string>>();

async function javascript({ path, text }: Source): Promise<string> {
	const { code } = await transformWithEsbuild(text, path, {
		loader: "ts",
		format: "cjs",
		target: "es2022",
		sourcemap: false,
		tsconfigRaw: {},
	});
	return code;
}

/** Modules of the project are the same for all programs. */
function ofProject(path: string): Promise<string> {
	let code = shared.get(path);
	if (code === undefined) {
		code = javascript({ path, text: readFileSync(join(root, path), "utf8") });
		shared.set(path, code);
	}
	return code;
}

/** Functions by name, of the modules in order; later ones may import earlier ones. */
export async function load(sources: Source[]): Promise<Exports> {
	const loaded = new Map<string, Exports>();
	const codes = new Map<string, string>();
	const gather = async (path: string, code: string): Promise<void> => {
		codes.set(path, code);
		for (const [, name] of code.matchAll(/require\("([^"]+)"\)/g)) {
			const other = join(dirname(path), name!);
			if (!codes.has(other) && !sources.some((each) => each.path === other)) await gather(other, await ofProject(other));
		}
	};
	for (const source of sources) await gather(source.path, await javascript(source));
	const demand = (path: string): Exports => {
		const known = loaded.get(path);
		if (known !== undefined) return known;
		const module = { exports: {} as Exports };
		// oxlint-disable-next-line typescript/no-implied-eval -- what runs is the text that the test made
		const body = new Function("module", "require", codes.get(path) ?? "");
		body(module, (name: string) => demand(join(dirname(path), name)));
		loaded.set(path, module.exports);
		return module.exports;
	};
	return demand(sources.at(-1)!.path);
}

function fill(bytes: Uint8Array, seed: number): void {
	for (let i = 0; i < bytes.length; i++) {
		seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
		bytes[i] = seed >>> 24;
	}
}

function hash(bytes: Uint8Array): number {
	let value = 0x811c9dc5 | 0;
	for (let i = 0; i < bytes.length; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
	return value;
}

/** What a call gives. A result that is no int32, boolean or nothing is an error of the program. */
export function run(f: (...args: unknown[]) => unknown, types: string[], { seed, sizes, args }: Case): Outcome {
	const memories = sizes.map((size, i) => {
		const bytes = new Uint8Array(size);
		fill(bytes, seed + i);
		return bytes;
	});
	const views = memories.map(({ buffer }) => new DataView(buffer));
	const given = types.map((type, i) => (type === "memory" ? views[args[i]!] : type === "boolean" ? args[i] === 1 : args[i]));
	let [status, result] = [RETURNED, 0];
	try {
		const value = f(...given);
		result = typeof value === "number" ? value + 0 : value === true ? 1 : 0;
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		status = error.message.startsWith("misuse") ? MISUSE : OUTSIDE;
		// C tells the same text.
		if (status === MISUSE) result = hash(new TextEncoder().encode(error.message));
	}
	return { status, result, hashes: [hash(memories[0]!), hash(memories[1]!)] };
}
