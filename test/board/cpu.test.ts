// The processor: translated code does what rp2040js's interpreter does, and what the architecture says where that is wrong.

import { RP2040 } from "rp2040js";
import { describe, expect, test } from "vitest";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";
import { BoardClock } from "./clock.ts";
import { Cpu, Fault } from "./cpu/cpu.ts";
import { CODE, DATA, rig } from "./support/rig.ts";

const BRANCH_TO_ITSELF = 0xe7fe;
const WORDS = 64;

/** The same memory and registers in rp2040js alone, and with our processor. */
class Pair {
	readonly theirs = new RP2040();
	readonly ours: RP2040;
	readonly cpu: Cpu;
	readonly #prng: Prng;

	constructor(prng: Prng, exact: boolean, eager: boolean) {
		const clock = new BoardClock();
		this.ours = new RP2040(clock);
		this.cpu = new Cpu(this.ours, clock, { exact, eager });
		this.#prng = prng;
	}

	/** Numbers that are likely to carry and overflow. */
	value(): number {
		const prng = this.#prng;
		return [prng.below(40), 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, prng.below(256), prng.next() >>> 0][prng.below(6)]!;
	}

	/** Runs a program on both, to its end, from the same random state. `registers` overwrites some. */
	run(code: number[], registers: Record<number, number> = {}): string[] {
		const random = Array.from({ length: 13 }, () => this.value());
		const flags = this.#prng.below(16);
		for (const rp2040 of [this.theirs, this.ours]) {
			const { core } = rp2040;
			for (const [i, op] of [...code, BRANCH_TO_ITSELF].entries()) rp2040.writeUint16(CODE + 2 * i, op);
			for (let i = -WORDS; i < WORDS; i++) rp2040.writeUint32(DATA + 4 * i, Math.imul(i, 0x1234_5671) >>> 0);
			for (const [i, value] of random.entries()) core.registers[i] = value;
			for (const [i, value] of Object.entries(registers)) core.registers[Number(i)] = value;
			core.registers[13] = DATA;
			core.registers[14] = 5;
			core.registers[15] = CODE;
			core.N = (flags & 1) !== 0;
			core.Z = flags === 2;
			core.C = (flags & 4) !== 0;
			core.V = (flags & 8) !== 0;
		}
		this.cpu.flagsFromCore();
		const end = CODE + 2 * code.length;
		for (let i = 0; this.theirs.core.PC !== end && i < 1000; i++) this.theirs.core.executeInstruction();
		for (let i = 0; this.ours.core.PC !== end && i < 1000; i++) this.cpu.step();
		this.cpu.flagsToCore();
		return this.#differences();
	}

	#differences(): string[] {
		const found: string[] = [];
		const [theirs, ours] = [this.theirs.core, this.ours.core];
		for (let i = 0; i < 16; i++)
			if (theirs.registers[i] !== ours.registers[i])
				found.push(`r${i} ${ours.registers[i]!.toString(16)}, expected ${theirs.registers[i]!.toString(16)}`);
		for (const flag of ["N", "Z", "C", "V"] as const)
			if (theirs[flag] !== ours[flag]) found.push(`${flag} ${ours[flag]}, expected ${theirs[flag]}`);
		for (let i = -WORDS; i < WORDS; i++)
			if (this.theirs.readUint32(DATA + 4 * i) !== this.ours.readUint32(DATA + 4 * i)) found.push(`word ${i}`);
		return found;
	}
}

/** Shifts by a register, ADC and SBC: rp2040js has some of their flags wrong. Below they are tried by hand. */
const NOT_TRUSTED = [2, 3, 4, 5, 6, 7];

/** A random instruction that stays in the program, with `left` more behind it. */
function instruction(prng: Prng, left: number): number {
	const kind = prng.below(100);
	if (kind < 18) return prng.below(0x1800); // shifts by a constant
	if (kind < 28) return 0x1800 | prng.below(0x800); // add, subtract: register or 3 bits
	if (kind < 40) return 0x2000 | prng.below(0x2000); // move, compare, add, subtract 8 bits
	if (kind < 60) {
		const op = prng.below(16);
		return NOT_TRUSTED.includes(op) ? 0x4000 : 0x4000 | (op << 6) | prng.below(64);
	}
	if (kind < 66) {
		const d = prng.below(13);
		return [0x4400, 0x4500, 0x4600][prng.below(3)]! | ((d & 8) << 4) | (d & 7) | (prng.below(13) << 3);
	}
	if (kind < 72) return [0xb200, 0xb240, 0xb280, 0xb2c0, 0xba00, 0xba40, 0xbac0][prng.below(7)]! | prng.below(64);
	if (kind < 80 && left > 1) return 0xd000 | (prng.below(14) << 8) | prng.below(left - 1); // branches ahead
	if (kind < 83) return 0xb000 | (prng.below(2) << 7) | prng.below(4); // stack pointer
	if (kind < 87) return 0x9000 | (prng.below(16) << 8) | prng.below(8); // load, store from there
	if (kind < 90) return 0xa000 | prng.below(0x1000);
	if (kind < 94) return 0xb400 | (prng.below(255) + 1); // push
	if (kind < 96) return 0xbc00 | (1 << prng.below(8)); // pop
	return 0xbf00;
}

const seed = envNumber("SEED", Date.now() % 1_000_000);

describe.each([
	[true, false],
	[false, false],
	[true, true],
	[false, true],
])("random programs, flags exact at every exit: %s, in long stretches: %s", (exact, eager) => {
	test("do the same as on rp2040js's interpreter", () => {
		console.log(`seed ${seed}`);
		const prng = new Prng(seed);
		const pair = new Pair(prng, exact, eager);
		for (let round = 0; round < 400; round++) {
			const length = 1 + prng.below(24);
			const code = Array.from({ length }, (_, i) => instruction(prng, length - i));
			const differences = pair.run(code).filter((text) => exact || !/^[NZCV] /.test(text));
			expect({ code: code.map((op) => op.toString(16)), differences }).toEqual({ code: expect.anything(), differences: [] });
		}
	});

	test("loads and stores of every width do", () => {
		const prng = new Prng(seed);
		const pair = new Pair(prng, exact, eager);
		for (let round = 0; round < 250; round++) {
			// r6 points into the data, r7 is an offset; both stay.
			const code = Array.from({ length: 1 + prng.below(8) }, () => {
				const d = prng.below(6);
				const base = (6 << 3) | d;
				const at = prng.below(16) << 6;
				return [
					0x5000 | (prng.below(8) << 9) | (7 << 6) | base,
					0x6000 | at | base,
					0x6800 | at | base,
					0x7000 | at | base,
					0x7800 | at | base,
					0x8000 | at | base,
					0x8800 | at | base,
				][prng.below(7)]!;
			});
			const differences = pair.run(code, { 6: DATA + 4 * (prng.below(32) - 16), 7: 4 * prng.below(8) });
			expect({ code: code.map((op) => op.toString(16)), differences }).toEqual({ code: expect.anything(), differences: [] });
		}
	});

	test("lists of registers do", () => {
		const prng = new Prng(seed);
		const pair = new Pair(prng, exact, eager);
		for (let round = 0; round < 150; round++) {
			const list = prng.below(127) + 1;
			// Without r7 in the list, from r7: STMIA, LDMIA.
			const code = [0xcf00 | list, 0xc700 | list, 0xcf00 | (prng.below(127) + 1)];
			expect(pair.run(code, { 7: DATA - 64 })).toEqual([]);
		}
	});
});

describe("what rp2040js has wrong", () => {
	/** ARMv6-M ARM §A6.7: instruction, r0, r1, carry in; result, and N, Z, C, V after it. */
	const cases: [string, number, number, number, boolean, number, string][] = [
		["LSLS by 0 leaves C", 0x4088, 5, 0x100, true, 5, "C"],
		["LSLS by 32", 0x4088, 1, 32, false, 0, "ZC"],
		["LSLS by 33", 0x4088, 1, 33, true, 0, "Z"],
		["LSRS by 0 leaves C", 0x40c8, 0x8000_0000, 0, false, 0x8000_0000, "N"],
		["LSRS by 32", 0x40c8, 0x8000_0000, 32, false, 0, "ZC"],
		["LSRS by 33", 0x40c8, 0x8000_0000, 33, true, 0, "Z"],
		["ASRS by 0 leaves C", 0x4108, 0x8000_0000, 0, false, 0x8000_0000, "N"],
		["ASRS by 40", 0x4108, 0x8000_0000, 40, false, 0xffff_ffff, "NC"],
		["RORS by 0 leaves C", 0x41c8, 0x8000_0000, 0, false, 0x8000_0000, "N"],
		["RORS by 32", 0x41c8, 0x8000_0001, 32, false, 0x8000_0001, "NC"],
		["RORS by 4", 0x41c8, 0x0000_0018, 4, false, 0x8000_0001, "NC"],
		["ADCS to the largest", 0x4148, 0x7fff_fffe, 0, true, 0x7fff_ffff, ""],
		["ADCS overflows by the carry", 0x4148, 0x7fff_ffff, 0, true, 0x8000_0000, "NV"],
		["ADCS of -1 and carry", 0x4148, 0x7fff_ffff, 0xffff_ffff, true, 0x7fff_ffff, "C"],
		["SBCS without borrow", 0x4188, 5, 5, true, 0, "ZC"],
		["SBCS with borrow", 0x4188, 5, 5, false, 0xffff_ffff, "N"],
		["SBCS overflows by the borrow", 0x4188, 0x8000_0000, 0, false, 0x7fff_ffff, "CV"],
	];

	test.each(cases)("%s", (_name, op, r0, r1, carry, expected, flags) => {
		const { machine, load, register } = rig();
		const { core } = machine.rp2040;
		load(op, BRANCH_TO_ITSELF);
		core.registers[0] = r0;
		core.registers[1] = r1;
		core.C = carry;
		core.N = core.Z = core.V = false;
		machine.cpu.flagsFromCore();
		machine.run(100);
		machine.cpu.flagsToCore();
		const set = (["N", "Z", "C", "V"] as const).filter((flag) => core[flag]).join("");
		expect([register(0), set]).toEqual([expected >>> 0, flags]);
	});
});

describe.each([false, true])("calls, followed: %s", (eager) => {
	test("return to where they came from, also nested", () => {
		const { load, cycles, register } = rig({ eager });
		load(
			0xf000, // bl +4: outer
			0xf802,
			0x3001, // adds r0, #1
			BRANCH_TO_ITSELF,
			0xb500, // outer: push {lr}
			0xf000, // bl +2: inner
			0xf801,
			0xbd00, // pop {pc}
			0x3064, // inner: adds r0, #100
			0x4770, // bx lr
		);
		cycles(100);
		expect(register(0)).toBe(101);
	});

	test("return elsewhere when the stack says so", () => {
		const { load, cycles, register, machine } = rig({ eager });
		load(
			0xf000, // bl outer
			0xf802,
			0x3001, // adds r0, #1: not run
			BRANCH_TO_ITSELF,
			0xb500, // outer: push {lr}
			0x9100, // str r1, [sp]
			0xbd00, // pop {pc}
			0x3064, // r1 points here: adds r0, #100
			BRANCH_TO_ITSELF,
		);
		machine.rp2040.core.registers[1] = (CODE + 14) | 1;
		cycles(100);
		expect(register(0)).toBe(100);
	});
});

describe("time", () => {
	/** TRM §3.3: cycles of code that runs into a branch to itself, whose own are taken off. */
	test.each<[string, number[], number]>([
		["moves", [0x2001, 0x2002, 0x2003], 3],
		["a multiplication", [0x4348], 1],
		["a load from RAM", [0x680a], 2],
		["a store", [0x600a], 2],
		["a load from SIO, in one cycle", [0x6822], 1],
		["push and pop of three", [0xb407, 0xbc07], 8],
		["a branch that is taken, over one", [0xe000, 0x2001], 2],
		["a call and a return", [0xf000, 0xf801, 0xe001, 0x4770, 0xbf00], 3 + 2 + 2],
	])("%s", (_name, code, expected) => {
		const { machine, load } = rig();
		const { core } = machine.rp2040;
		const loop = [0x3f01, 0xd1fd - code.length]; // subs r7, #1; bne to the beginning
		load(...code, ...loop, BRANCH_TO_ITSELF);
		core.registers[1] = DATA;
		core.registers[4] = 0xd000_0000;
		core.registers[7] = 1000;
		while ((core.registers[15]! & ~1) !== CODE + 2 * (code.length + 2)) machine.run(8);
		// Each round has the subtraction and the branch; the last branch is not taken.
		const rounds = machine.cpu.cycles / 1000;
		expect(rounds).toBeGreaterThan(expected + 3 - 0.5);
		expect(rounds).toBeLessThan(expected + 3 + 0.5);
	});

	test("a peripheral sees the time of the instruction that reads it", () => {
		const { machine, load, register, cycles } = rig();
		// ldr r0, [r4]; nops; ldr r1, [r4]
		load(
			0x6820,
			...Array.from({ length: 60 }, () => 0xbf00),
			...Array.from({ length: 60 }, () => 0x46c0),
			0x6821,
			BRANCH_TO_ITSELF,
		);
		machine.rp2040.core.registers[4] = 0x4005_4028;
		cycles(300);
		// 124 cycles are 0.99 µs.
		expect(register(1) - register(0)).toBeGreaterThanOrEqual(0);
		expect(register(1) - register(0)).toBeLessThanOrEqual(1);
		expect(machine.clock.nanos).toBeGreaterThanOrEqual(2400);
	});
});

describe("interrupts", () => {
	const VECTORS = 0x2000_2000;
	const HANDLER = CODE + 0x100;
	const TIMER = 0x4005_4000;

	/** Timer 0's alarm in so many microseconds; its handler counts in r7 (restored as pushed registers are) by memory. */
	function withAlarm(micros: number, ...code: number[]) {
		const made = rig();
		const { rp2040 } = made.machine;
		made.load(...code);
		rp2040.core.VTOR = VECTORS;
		rp2040.writeUint32(VECTORS + 4 * 16, HANDLER | 1);
		// ldr r0, =DATA; ldr r1, [r0]; adds r1, #1; str r1, [r0]; ldr r0, =TIMER+0x34; movs r1, #1; str r1, [r0]; bx lr
		const handler = [0x4803, 0x6801, 0x3101, 0x6001, 0x4802, 0x2101, 0x6001, 0x4770];
		for (const [i, op] of handler.entries()) rp2040.writeUint16(HANDLER + 2 * i, op);
		rp2040.writeUint32(HANDLER + 16, DATA);
		rp2040.writeUint32(HANDLER + 20, TIMER + 0x34);
		rp2040.writeUint32(DATA, 0);
		rp2040.ppb.writeUint32(0x100, 1);
		rp2040.writeUint32(TIMER + 0x38, 1);
		rp2040.writeUint32(TIMER + 0x10, micros);
		return made;
	}

	test("run their handler and come back with all registers", () => {
		const { machine, read, register } = withAlarm(10, BRANCH_TO_ITSELF);
		machine.rp2040.core.registers[0] = 77;
		machine.run(9_000);
		expect(read(DATA)).toBe(0);
		machine.run(2_000);
		expect(read(DATA)).toBe(1);
		expect(register(0)).toBe(77);
		expect(register(15)).toBe(CODE);
	});

	test("end WFI, during which no cycle is spent", () => {
		const { machine, read, register } = withAlarm(1000, 0xbf30, 0x2501, BRANCH_TO_ITSELF);
		machine.run(999_000);
		expect(machine.cpu.cycles).toBeLessThan(10);
		expect(register(5)).toBe(0);
		machine.run(3_000);
		expect(read(DATA)).toBe(1);
		expect(register(5)).toBe(1);
	});

	test("are held back by CPSID, end WFI all the same, and come with CPSIE", () => {
		const { machine, read, register } = withAlarm(10, 0xb672, 0xbf30, 0x2501, BRANCH_TO_ITSELF);
		machine.run(20_000);
		expect(register(5)).toBe(1);
		expect(read(DATA)).toBe(0);
		machine.rp2040.writeUint16(CODE + 6, 0xb662);
		machine.rp2040.writeUint16(CODE + 8, BRANCH_TO_ITSELF);
		machine.run(1_000);
		expect(read(DATA)).toBe(1);
	});

	test("set an event that ends WFE at once, the next waits", () => {
		const { machine, register } = withAlarm(10, 0xbf20, 0x2501, 0xbf20, 0x2502, BRANCH_TO_ITSELF);
		machine.rp2040.core.eventRegistered = true;
		machine.run(5_000);
		expect(register(5)).toBe(1);
		machine.run(8_000);
		expect(register(5)).toBe(2);
	});
});

describe("code", () => {
	test("in RAM may be replaced", () => {
		const { load, cycles, register } = rig();
		load(0x2001, BRANCH_TO_ITSELF);
		cycles(20);
		load(0x2002, BRANCH_TO_ITSELF);
		cycles(20);
		expect(register(0)).toBe(2);
	});

	test.each<[string, number[], number, string]>([
		["reads a word at an odd address", [0x6808], DATA + 2, "reads 32 bits at the odd address 0x20020002"],
		["writes a halfword at an odd address", [0x8008], DATA + 1, "writes 16 bits at the odd address 0x20020001"],
		["reads where nothing is", [0x6808], 0x3000_0000, "uses the address 0x30000000, where nothing is"],
		["writes to flash", [0x6008], 0x1000_0000, "writes to 0x10000000, which is flash"],
		["goes to what is no code", [0x4708], 0x2000_0000, "branches to 0x20000000, which is no Thumb code"],
		["panics", [0xbe00], 0, "stops at a breakpoint"],
		["runs into data", [0xde00], 0, "which is no instruction"],
	])("that %s ends the run", (_name, code, r1, text) => {
		const { machine, load } = rig();
		load(...code, BRANCH_TO_ITSELF);
		machine.rp2040.core.registers[1] = r1;
		expect(() => machine.run(1000)).toThrow(Fault);
		load(...code, BRANCH_TO_ITSELF);
		expect(() => machine.run(1000)).toThrow(text);
	});
});
