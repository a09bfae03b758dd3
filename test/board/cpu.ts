// The processor: runs translated stretches of code (thumb.ts) on rp2040js's registers, memory and peripherals.
//
// rp2040js's own core decides about interrupts and keeps the stacks and special registers; it executes nothing. What an access to a peripheral sees is
// the time at that very instruction. Interrupts are taken between stretches, at most some tens of cycles late.

import type { Peripheral, RP2040 } from "rp2040js";
import type { BoardClock } from "./clock.ts";
import { FLASH_BYTES, SRAM_BYTES } from "./thumb-memory.ts";
import { translate } from "./thumb.ts";

const FLASH = 0x1000_0000;
const XIP_CONTROL = 0x1400_0000;
const SRAM = 0x2000_0000;
const ROM_BYTES = 16 * 1024;
/** Of the Pico's flash: code beyond is found, but translated each time. */
const FLASH_USED = 2 * 1024 * 1024;
const APB = 0x4000_0000;
const APB_END = 0x4008_0000;
const DMA = 0x5000_0000;
const DMA_END = 0x5000_4000;
const SIO = 0xd000_0000;
/** The lower half of the timer, in microseconds. RP2040 datasheet §4.6.5. */
const TIMERAWL = 0x4005_4028;

/** Cortex-M0+ TRM §3.3: from the interrupt to its handler, and back. */
const ENTRY_CYCLES = 15;
const RETURN_CYCLES = 12;

/** A stretch of code: from the cycles of the slice before it to those after it. */
type Run = (c: number) => number;

/** The firmware did what the processor cannot do, or gave up. */
export class Fault extends Error {}

export class Cpu {
	/** Cycles that the last access took more than one from SRAM. */
	extra = 0;
	/** The running slice ends when so many cycles have passed. */
	limit = 0;
	/** Cycles executed; sleeping does not count. */
	cycles = 0;
	/** What it waits for, when it does. */
	sleeping: "" | "event" | "interrupt" = "";
	readonly #rp2040: RP2040;
	readonly #core: RP2040["core"];
	readonly #clock: BoardClock;
	readonly #R: Int32Array;
	/** N as a sign, Z as a zero, C, V as a sign. */
	readonly #F = new Int32Array(4);
	/** Numbers of the stretches that begin in ROM, flash and RAM, by halfword; 0 for none. */
	readonly #tables: Int32Array[];
	readonly #views: unknown[];
	readonly #P16: Uint16Array;
	readonly #S16: Uint16Array;
	readonly #S32: Int32Array;
	readonly #exact: boolean;
	readonly #profiling: boolean;
	readonly #apb: (Peripheral | undefined)[] = Array.from({ length: 32 });
	#dma: Peripheral | undefined;
	#cycleNanos = 8;
	/** Until where, in cycles of the slice, the clock has been advanced. */
	#synced = 0;
	#until = 0;
	/** Stretches by their number, from 1 on: what to run, where each begins, and the cycles that it has taken. */
	readonly #runs: Run[] = [(c) => c];
	readonly #starts: number[] = [0];
	#spent = new Float64Array(1024);
	readonly #hooks = new Map<number, () => void>();
	#running = 0;

	/** `profile`: keeps count of where the cycles go, which makes it slower. `exact`: for tests, see translate(). */
	constructor(rp2040: RP2040, clock: BoardClock, { exact = false, profile = false } = {}) {
		this.#rp2040 = rp2040;
		this.#core = rp2040.core;
		this.#clock = clock;
		this.#exact = exact;
		this.#profiling = profile;
		const { sram, flash } = rp2040;
		this.#R = new Int32Array(rp2040.core.registers.buffer);
		this.#P16 = new Uint16Array(flash.buffer);
		this.#S16 = new Uint16Array(sram.buffer);
		this.#S32 = new Int32Array(sram.buffer);
		const arrays = [sram, this.#S16, this.#S32, flash, this.#P16, new Int32Array(flash.buffer)];
		this.#views = [this.#R, this.#F, ...arrays, this, rp2040.core];
		this.#tables = [new Int32Array(ROM_BYTES / 2), new Int32Array(FLASH_USED / 2), new Int32Array(SRAM_BYTES / 2)];
		rp2040.addClockListener(() => this.#clockChanged());
		this.#clockChanged();
		this.flagsFromCore();
	}

	get cycleNanos(): number {
		return this.#cycleNanos;
	}

	/** Where the stretches that have run begin, with the cycles that they have taken. */
	*profile(): Generator<{ pc: number; cycles: number }> {
		for (let id = 1; id < this.#runs.length; id++) yield { pc: this.#starts[id]!, cycles: this.#spent[id]! };
	}

	/** Runs until the time `nanos`, or a little longer. */
	run(nanos: number): void {
		const clock = this.#clock;
		this.#until = nanos;
		while (clock.nanos < nanos) {
			if (this.#core.interruptsUpdated) this.#takeInterrupt();
			if (this.sleeping !== "") {
				if (this.#mayWake()) this.sleeping = "";
				else clock.advanceTo(Math.min(clock.next, nanos));
				continue;
			}
			this.#synced = 0;
			this.#newLimit();
			const c = this.#slice();
			this.cycles += c;
			this.#advance(c);
		}
	}

	/** Calls back whenever the code at `pc` is about to run, which must be where a function begins. Before any code has run. */
	hook(pc: number, callback: () => void): void {
		this.#hooks.set(pc, callback);
	}

	/** From a hook: lets time pass until something happens, at most so long. */
	skip(nanos: number): void {
		const clock = this.#clock;
		clock.advanceTo(Math.max(clock.nanos, Math.min(clock.next, clock.nanos + nanos, this.#until)));
	}

	/** Runs one stretch: for tests. */
	step(): void {
		this.#synced = 0;
		this.limit = 1;
		const c = this.#slice();
		this.cycles += c;
		this.#advance(c);
	}

	#slice(): number {
		const R = this.#R;
		const [rom, flash, ram] = this.#tables as [Int32Array, Int32Array, Int32Array];
		const runs = this.#runs;
		const profiling = this.#profiling;
		let spent = this.#spent;
		let c = 0;
		do {
			const pc = R[15]! & ~1;
			let id = pc >= SRAM ? ram[(pc - SRAM) >>> 1] : pc >= FLASH ? flash[(pc - FLASH) >>> 1] : rom[pc >>> 1];
			if (id === undefined || id === 0) {
				id = this.#translate(pc);
				spent = this.#spent;
			}
			this.#running = id;
			const before = c;
			c = runs[id]!(c);
			if (profiling) spent[id]! += c - before;
		} while (c < this.limit);
		return c;
	}

	/** The flags, which rp2040js keeps as booleans. */
	flagsFromCore(): void {
		const F = this.#F;
		const core = this.#core;
		F[0] = core.N ? -1 : 0;
		F[1] = core.Z ? 0 : 1;
		F[2] = core.C ? 1 : 0;
		F[3] = core.V ? -1 : 0;
	}

	flagsToCore(): void {
		const F = this.#F;
		const core = this.#core;
		core.N = F[0]! < 0;
		core.Z = F[1] === 0;
		core.C = F[2] !== 0;
		core.V = F[3]! < 0;
	}

	// What translated code calls. `c`: cycles of the slice until now.

	load32(address: number, c: number): number {
		address >>>= 0;
		// Read again and again while something is waited for. What is read changes nothing.
		if (address === TIMERAWL) {
			this.extra = 2;
			return Math.floor((this.#clock.nanos + (c - this.#synced) * this.#cycleNanos) / 1000) | 0;
		}
		if (address & 3) this.#fault(`reads 32 bits at the odd address ${hex(address)}`);
		this.#access(address, c, 2);
		const peripheral = this.#peripheral(address);
		const value = peripheral === undefined ? this.#rp2040.readUint32(address) : peripheral.readUint32(address & 0x3fff);
		return this.#accessed(value | 0);
	}

	load16(address: number, c: number): number {
		address >>>= 0;
		if (address & 1) this.#fault(`reads 16 bits at the odd address ${hex(address)}`);
		this.#access(address, c, 2);
		return this.#accessed(this.#rp2040.readUint16(address));
	}

	load8(address: number, c: number): number {
		address >>>= 0;
		this.#access(address, c, 2);
		return this.#accessed(this.#rp2040.readUint8(address));
	}

	store32(address: number, value: number, c: number): void {
		address >>>= 0;
		if (address & 3) this.#fault(`writes 32 bits at the odd address ${hex(address)}`);
		if (!this.#written(address, c)) return;
		const peripheral = this.#peripheral(address);
		if (peripheral === undefined) this.#rp2040.writeUint32(address, value >>> 0);
		else peripheral.writeUint32Atomic(address & 0xfff, value >>> 0, (address & 0x3000) >> 12);
		this.#accessed(0);
	}

	store16(address: number, value: number, c: number): void {
		address >>>= 0;
		if (address & 1) this.#fault(`writes 16 bits at the odd address ${hex(address)}`);
		if (this.#written(address, c)) this.#rp2040.writeUint16(address, value & 0xffff);
		this.#accessed(0);
	}

	store8(address: number, value: number, c: number): void {
		address >>>= 0;
		if (this.#written(address, c)) this.#rp2040.writeUint8(address, value & 0xff);
		this.#accessed(0);
	}

	/** BX, BLX and POP to an address without the Thumb bit, or that ends a handler. */
	branchExchange(target: number): void {
		if (target >>> 28 !== 15 || this.#core.IPSR === 0) this.#fault(`branches to ${hex(target)}, which is no Thumb code`);
		this.flagsToCore();
		this.#core.BXWritePC(target >>> 0);
		this.flagsFromCore();
		this.cycles += RETURN_CYCLES;
		// The clock goes on by so much more when it is looked at next.
		this.#synced -= RETURN_CYCLES;
		this.limit = 0;
	}

	maskInterrupts(masked: boolean): void {
		this.#core.PM = masked;
		if (masked) return;
		this.#core.interruptsUpdated = true;
		this.limit = 0;
	}

	waitForEvent(): void {
		if (this.#core.eventRegistered) this.#core.eventRegistered = false;
		else this.#sleep("event");
	}

	waitForInterrupt(): void {
		this.#sleep("interrupt");
	}

	sendEvent(): void {
		this.#core.eventRegistered = true;
	}

	supervisorCall(): void {
		this.#core.pendingSVCall = true;
		this.#core.interruptsUpdated = true;
		this.limit = 0;
	}

	readSpecial(which: number): number {
		this.flagsToCore();
		return this.#core.readSpecialRegister(which) | 0;
	}

	writeSpecial(which: number, value: number): void {
		this.flagsToCore();
		this.#core.writeSpecialRegister(which, value >>> 0);
		this.flagsFromCore();
		this.limit = 0;
	}

	breakpoint(code: number): never {
		return this.#fault(`stops at a breakpoint (bkpt ${code}), as after a panic`);
	}

	undefinedInstruction(op: number): never {
		return this.#fault(`runs into ${hex(op)}, which is no instruction of this processor`);
	}

	noCode(): never {
		return this.#fault("runs where there is no code");
	}

	#sleep(until: "event" | "interrupt"): void {
		this.sleeping = until;
		this.limit = 0;
	}

	/** ARMv6-M §B1.5.19: an interrupt that is enabled and pending ends the sleep, also when PRIMASK holds it back. */
	#mayWake(): boolean {
		const core = this.#core;
		if (this.sleeping === "event" && core.eventRegistered) {
			core.eventRegistered = false;
			return true;
		}
		return (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick || core.pendingPendSV;
	}

	#takeInterrupt(): void {
		const core = this.#core;
		this.flagsToCore();
		if (!core.checkForInterrupts()) return;
		this.sleeping = "";
		this.flagsFromCore();
		this.cycles += ENTRY_CYCLES;
		this.#clock.advanceTo(this.#clock.nanos + ENTRY_CYCLES * this.#cycleNanos);
	}

	/** Answers whether the write is to be done: the ROM takes none, and says nothing. TinyUSB writes there. */
	/** The peripherals on the APB, and the DMA: rp2040js takes long to find them. */
	#peripheral(address: number): Peripheral | undefined {
		if (address >= APB && address < APB_END) return (this.#apb[(address - APB) >>> 14] ??= this.#rp2040.findPeripheral(address));
		if (address >= DMA && address < DMA_END) return (this.#dma ??= this.#rp2040.findPeripheral(address));
		return undefined;
	}

	#written(address: number, c: number): boolean {
		if (address >= FLASH && address < XIP_CONTROL) this.#fault(`writes to ${hex(address)}, which is flash`);
		this.#access(address, c, 3);
		return address >= FLASH;
	}

	/** The time of the access; and what it takes: the APB 3 or 4 cycles, SIO none. Memory in place has been dealt with. */
	#access(address: number, c: number, apb: number): void {
		if (address >= SRAM + SRAM_BYTES && address < APB) this.#fault(`uses the address ${hex(address)}, where nothing is`);
		this.#advance(c);
		this.extra = address >= SIO ? -1 : address >= APB && address < 0x5000_0000 ? apb : 0;
	}

	/** An access may have set alarms and interrupts. */
	#accessed(value: number): number {
		if (this.#core.interruptsUpdated) this.limit = 0;
		else this.#newLimit();
		return value;
	}

	#advance(c: number): void {
		const clock = this.#clock;
		const passed = c - this.#synced;
		if (passed <= 0) return;
		this.#synced = c;
		const nanos = clock.nanos + passed * this.#cycleNanos;
		if (nanos < clock.next) clock.nanos = nanos;
		else clock.advanceTo(nanos);
	}

	#newLimit(): void {
		const clock = this.#clock;
		const until = Math.min(clock.next, this.#until);
		// In one slice at most 2^30 cycles: an integer for the engine.
		const cycles = Math.min(0x4000_0000 - this.#synced, Math.ceil((until - clock.nanos) / this.#cycleNanos));
		this.limit = (this.#synced + Math.max(1, cycles)) | 0;
	}

	#clockChanged(): void {
		this.#cycleNanos = 1e9 / this.#rp2040.clkSys;
		this.limit = 0;
	}

	#halfword(address: number): number | undefined {
		if (address < ROM_BYTES) return (this.#rp2040.bootrom[address >>> 2]! >>> ((address & 2) * 8)) & 0xffff;
		if (address >= SRAM) return this.#S16[(address - SRAM) >>> 1];
		const offset = address - FLASH;
		return offset >= 0 && offset < FLASH_BYTES ? this.#P16[offset >>> 1] : undefined;
	}

	/** Makes a stretch, and answers its number. */
	#translate(pc: number): number {
		pc >>>= 0;
		const enters = (target: number) => !this.#profiling && !this.#hooks.has(target);
		const { source, addresses } = translate(pc, (address) => this.#halfword(address), { exact: this.#exact, enters });
		const id = this.#runs.length;
		const check = pc >= SRAM ? this.#check(id, addresses) : "";
		const text = `return function(c){${check}${source}}`;
		// oxlint-disable-next-line no-new-func, no-implied-eval -- this is a compiler
		const make = new Function("R", "F", "S8", "S16", "S32", "P8", "P16", "P32", "cpu", "core", text) as (
			...views: unknown[]
		) => Run;
		const run = make(...this.#views);
		const hook = this.#hooks.get(pc);
		this.#runs.push(hook === undefined ? run : this.#hooked(run, hook));
		this.#starts.push(pc);
		if (id === this.#spent.length) {
			const more = new Float64Array(2 * id);
			more.set(this.#spent);
			this.#spent = more;
		}
		const [table, at] = this.#entry(pc);
		if (at < table.length) table[at] = id;
		return id;
	}

	#entry(pc: number): [Int32Array, number] {
		const [rom, flash, ram] = this.#tables as [Int32Array, Int32Array, Int32Array];
		return pc >= SRAM ? [ram, (pc - SRAM) >>> 1] : pc >= FLASH ? [flash, (pc - FLASH) >>> 1] : [rom, pc >>> 1];
	}

	#hooked(run: Run, hook: () => void): Run {
		return (c) => {
			this.#advance(c);
			hook();
			this.#accessed(0);
			return run(c);
		};
	}

	/** RAM may change: code that goes back to be translated anew when it is not any more what it was made of. */
	#check(id: number, addresses: number[]): string {
		const words = new Set<number>();
		for (const address of addresses) {
			words.add((address - SRAM) >>> 2);
			// The second half of a long instruction.
			words.add((address + 2 - SRAM) >>> 2);
		}
		const tests = [...words].map((word) => `S32[${word}]!==${this.#S32[word]}`).join("||");
		return `if(${tests})return cpu.forget(${id},c);`;
	}

	/** For what #check made. */
	forget(id: number, c: number): number {
		const [table, at] = this.#entry(this.#starts[id]!);
		table[at] = 0;
		return c;
	}

	#fault(what: string): never {
		const pc = this.#starts[this.#running]!;
		throw new Fault(`the firmware ${what} (code at ${hex(pc)})`);
	}
}

export function hex(value: number): string {
	return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
