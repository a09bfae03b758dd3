// Whose code took the cycles: functions of the firmware by who wrote them.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Cpu } from "./cpu/cpu.ts";
import type { Symbols } from "./elf.ts";

export const GROUPS = [
	"TypeScript (XS's interpreter)",
	"XS's runtime",
	"codec in C",
	"drivers in C",
	"SPI in C, with waiting",
	"SDK, Moddable, libc",
] as const;
export type Group = (typeof GROUPS)[number];

/** Where our C is. */
const FOLDERS: [string, Group][] = [
	["src", "codec in C"],
	["build/out/flat", "codec in C"],
	["hosts/firmware", "codec in C"],
	["hosts/pico", "codec in C"],
	["drivers", "drivers in C"],
	["drivers/bus", "SPI in C, with waiting"],
];

/** Functions that are defined in files of C below `folder`, by how they look: a line that ends in `)` before one that is `{`. */
function functionsIn(folder: string): string[] {
	const names: string[] = [];
	// What a build makes is there when one was made.
	if (!existsSync(folder)) return names;
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile() || !/\.[ch]$/.test(entry.name)) continue;
		const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
		for (const [, name] of text.matchAll(/^[a-z][\w *]*?\b(\w+)\([^;{]*\)\n\{/gim)) names.push(name!);
	}
	return names;
}

export class Code {
	readonly #symbols: Symbols;
	readonly #ours = new Map<string, Group>();

	/** `root`: folder of the project. */
	constructor(symbols: Symbols, root: string) {
		this.#symbols = symbols;
		for (const [folder, group] of FOLDERS) for (const name of functionsIn(join(root, folder))) this.#ours.set(name, group);
	}

	groupOf(name: string): Group {
		// The compiler appends ".part.0", ".constprop.0" and the like.
		const plain = name.replace(/\..*/, "");
		if (plain === "fxRunID") return GROUPS[0];
		return this.#ours.get(plain) ?? (/^(_?fx|gx|xs|dtoa|c_)/.test(plain) ? GROUPS[1] : GROUPS[5]);
	}

	/** Cycles by group, and by function, that the processor has spent. */
	spent(cpu: Cpu): { groups: Map<Group, number>; functions: Map<string, number> } {
		const groups = new Map<Group, number>(GROUPS.map((group) => [group, 0]));
		const functions = new Map<string, number>();
		for (const { pc, cycles } of cpu.profile()) {
			const name = this.#symbols.at(pc)?.name ?? (pc < 0x1000_0000 ? "boot ROM" : "?");
			functions.set(name, (functions.get(name) ?? 0) + cycles);
			const group = this.groupOf(name);
			groups.set(group, groups.get(group)! + cycles);
		}
		return { groups, functions };
	}
}
