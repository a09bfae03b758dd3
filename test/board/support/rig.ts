// A machine for tests: little programs in RAM, and registers poked from outside.

import { Machine } from "../machine.ts";

export const CODE = 0x2000_1000;
export const DATA = 0x2002_0000;
const STACK = 0x2003_0000;

export interface Rig {
	machine: Machine;
	complaints: string[];
	/** Puts halfwords into RAM and lets the processor begin there. */
	load(...code: number[]): void;
	/** Lets so many cycles of 125 MHz pass. */
	cycles(count: number): void;
	read(address: number): number;
	write(address: number, value: number): void;
	register(index: number): number;
}

/** `eager` as for Machine. */
export function rig({ eager = false } = {}): Rig {
	const complaints: string[] = [];
	const machine = new Machine({
		bootrom: new Uint32Array(4096),
		eager,
		console: () => {},
		complain: (text) => complaints.push(text),
	});
	const { rp2040 } = machine;
	const { core } = rp2040;
	core.registers[13] = STACK;
	const load = (...code: number[]) => {
		for (const [i, op] of code.entries()) rp2040.writeUint16(CODE + 2 * i, op);
		core.registers[15] = CODE;
	};
	// Without a program it stays where it is.
	load(0xe7fe);
	return {
		machine,
		complaints,
		load,
		cycles: (count) => machine.run(count * 8),
		read: (address) => rp2040.readUint32(address),
		write: (address, value) => rp2040.writeUint32(address, value),
		register: (index) => core.registers[index]!,
	};
}
