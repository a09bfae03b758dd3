// How much of a board's RAM a firmware takes: known when it has been built.

import { existsSync, readFileSync } from "node:fs";
import { filesBelow } from "./files.mjs";

/** Bytes for all but the stacks, which lie in 8 KB of their own. RP2040 datasheet §2.6.2, RP2350 datasheet §4.2. */
const RAM = { pico: 256 * 1024, "pico/pico_w": 256 * 1024, "pico/pico_2": 512 * 1024, "pico/pico_2_w": 512 * 1024 };
/** Below that, what a program or the SDK takes of C's memory may not be there. */
const SCARCE = 8192;

/** Which of the numbers after `-c` in the make file is `creation.static`. */
const STATIC = 11;

/** `creation.static` of all manifests together, as mcconfig has understood them; undefined where the machine has no fixed memory. */
function machineBytes(folder) {
	const [makefile] = filesBelow(folder, /^makefile$/);
	const numbers = makefile && /^CREATION *= *-c (\S+)/m.exec(readFileSync(makefile, "utf8"))?.[1].split(",");
	return numbers && Number(numbers[STATIC]) > 0 ? Number(numbers[STATIC]) : undefined;
}

/** Bytes of variables in RAM, from the section headers of an .elf (System V ABI): what is allocated (SHF_ALLOC) or kept over restarts, and lies in RAM, but for the heap itself. */
function variableBytes(path) {
	const file = readFileSync(path);
	const at = file.readUInt32LE(32);
	const size = file.readUInt16LE(46);
	const names = file.readUInt32LE(at + file.readUInt16LE(50) * size + 16);
	let bytes = 0;
	for (let i = 0; i < file.readUInt16LE(48); i++) {
		const section = at + i * size;
		const address = file.readUInt32LE(section + 12);
		const from = names + file.readUInt32LE(section);
		const name = file.toString("latin1", from, file.indexOf(0, from));
		if (name === ".heap") continue;
		const takes = file.readUInt32LE(section + 8) & 2 || name === ".uninitialized_data";
		if (takes && address >= 0x2000_0000 && address < 0x2008_0000) bytes += file.readUInt32LE(section + 20);
	}
	return bytes;
}

const grouped = (bytes) => bytes.toLocaleString("en");

/** Lines that tell it. `arena`: of `Stack.bytesFor`; `out`: mcconfig's folder. */
export function ramLines(name, subplatform, arena, out) {
	const machine = machineBytes(out);
	const lines = [`${name}: packets and sockets take ${grouped(arena)} bytes of RAM (Stack.bytesFor of the board file's limits)`];
	if (machine === undefined) return lines;
	lines.push(`${name}: the JavaScript machine takes ${grouped(machine)} (creation.static); together ${grouped(arena + machine)}`);
	const total = RAM[subplatform];
	const [elf] = filesBelow(out, /^xs_pico\.elf$/);
	if (total === undefined || elf === undefined || !existsSync(elf)) return lines;
	const variables = variableBytes(elf);
	const left = total - arena - machine - variables;
	lines.push(
		`${name}: variables of C ${grouped(variables)}; of ${grouped(total)} bytes ${grouped(left)} are left for C (engine's tables, timers, what a program takes)`,
	);
	if (left < SCARCE)
		lines.push(
			`${name}: less than ${grouped(SCARCE)}: lower limits.sockets, limits.packets in the board file, or creation.static in a manifest (--manifest FILE)`,
		);
	return lines;
}
