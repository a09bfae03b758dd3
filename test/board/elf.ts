// The functions of a firmware, from its .elf: where they are and what they are called. System V ABI, ELF32 little-endian.

import { readFileSync } from "node:fs";
import { InputError } from "../../hosts/desktop/board.ts";

const SYMBOL_TABLE = 2;
const OBJECT = 1;
const FUNCTION = 2;
const NO_TYPE = 0;

export interface Symbol {
	name: string;
	address: number;
	/** 0: unknown, until the next one. */
	size: number;
}

export class Symbols {
	/** By address. */
	readonly #list: Symbol[];
	readonly #byName = new Map<string, Symbol>();

	readonly #objects: ReadonlyMap<string, number>;

	/** `objects`: variables by their names. */
	constructor(list: Symbol[], objects: ReadonlyMap<string, number>) {
		this.#objects = objects;
		this.#list = [...list].sort((a, b) => a.address - b.address || b.size - a.size);
		for (const symbol of this.#list) if (!this.#byName.has(symbol.name)) this.#byName.set(symbol.name, symbol);
	}

	/** Where a function begins, or undefined. */
	find(name: string): number | undefined {
		return this.#byName.get(name)?.address;
	}

	/** Where a variable is, or undefined. */
	findObject(name: string): number | undefined {
		return this.#objects.get(name);
	}

	/** The function that an address is in. */
	at(address: number): Symbol | undefined {
		let low = 0;
		let high = this.#list.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#list[middle]!.address <= address) low = middle + 1;
			else high = middle;
		}
		const symbol = this.#list[low - 1];
		if (symbol === undefined || (symbol.size > 0 && address >= symbol.address + symbol.size)) return undefined;
		return symbol;
	}
}

/** Throws InputError. */
export function readElf(path: string): Symbols {
	let file;
	try {
		file = readFileSync(path);
	} catch (error) {
		throw new InputError(`--elf ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
	}
	if (file.length < 52 || file.readUInt32BE(0) !== 0x7f45_4c46 || file[4] !== 1 || file[5] !== 1)
		throw new InputError(`--elf ${path}: expected the firmware's .elf file`);
	const at = file.readUInt32LE(32);
	const entry = file.readUInt16LE(46);
	const count = file.readUInt16LE(48);
	const list: Symbol[] = [];
	const objects = new Map<string, number>();
	for (let i = 0; i < count; i++) {
		const section = at + i * entry;
		if (file.readUInt32LE(section + 4) !== SYMBOL_TABLE) continue;
		const from = file.readUInt32LE(section + 16);
		const bytes = file.readUInt32LE(section + 20);
		const names = file.readUInt32LE(at + file.readUInt32LE(section + 24) * entry + 16);
		for (let symbol = from; symbol < from + bytes; symbol += 16) {
			const type = file[symbol + 12]! & 15;
			const name = file.toString("latin1", names + file.readUInt32LE(symbol), file.indexOf(0, names + file.readUInt32LE(symbol)));
			if (type === OBJECT) objects.set(name, file.readUInt32LE(symbol + 4));
			// Assembler functions often have no type; "$t" and the like are marks.
			if (type !== FUNCTION && (type !== NO_TYPE || name === "" || name.startsWith("$"))) continue;
			if (file.readUInt16LE(symbol + 14) === 0) continue;
			list.push({ name, address: (file.readUInt32LE(symbol + 4) & ~1) >>> 0, size: file.readUInt32LE(symbol + 8) });
		}
	}
	return new Symbols(list, objects);
}
