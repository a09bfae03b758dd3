// The processor: runs translated stretches of code (thumb.ts) on rp2040js's registers, memory and peripherals.
//
// rp2040js's own core decides about interrupts and keeps the stacks and special registers; it executes nothing. What an access to a peripheral sees is
// the time at that very instruction. Interrupts are taken between stretches, at most some tens of cycles late.

import type { Peripheral, RP2040 } from "rp2040js";
import type { BoardClock } from "../clock.ts";
import { SRAM_BYTES } from "./memory.ts";
import { Stretches } from "./stretches.ts";

const FLASH = 0x1000_0000;
const XIP_CONTROL = 0x1400_0000;
const SRAM = 0x2000_0000;
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
	/** The code that has been translated. */
	readonly stretches: Stretches;
	readonly #profiling: boolean;
	readonly #apb: (Peripheral | undefined)[] = Array.from({ length: 32 });
	#dma: Peripheral | undefined;
	#cycleNanos = 8;
	/** Until where, in cycles of the slice, the clock has been advanced. */
	#synced = 0;
	#until = 0;
	#running = 0;

	/** `profile`: keeps count of where the cycles go, which makes it slower. `exact` and `eager` are for tests, see Stretches. */
	constructor(rp2040: RP2040, clock: BoardClock, { exact = false, eager = false, profile = false } = {}) {
		this.#rp2040 = rp2040;
		this.#core = rp2040.core;
		this.#clock = clock;
		this.#profiling = profile;
		this.#R = new Int32Array(rp2040.core.registers.buffer);
		this.stretches = new Stretches(
			rp2040,
			{ R: this.#R, F: this.#F, cpu: this, core: rp2040.core },
			{ exact, eager, follow: !profile },
		);
		rp2040.addClockListener(() => this.#clockChanged());
		this.#clockChanged();
		this.flagsFromCore();
	}

	get cycleNanos(): number {
		return this.#cycleNanos;
	}

	/** Where the stretches that have run begin, with the cycles that they have taken. */
	*profile(): Generator<{ pc: number; cycles: number }> {
		const { starts, spent } = this.stretches;
		for (let id = 1; id < starts.length; id++) yield { pc: starts[id]!, cycles: spent[id]! };
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
		this.stretches.hooks.set(pc, () => {
			callback();
			this.#accessed(0);
		});
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
		const stretches = this.stretches;
		const { rom, flash, ram, runs } = stretches;
		const profiling = this.#profiling;
		let c = 0;
		do {
			const pc = R[15]! & ~1;
			let id = pc >= SRAM ? ram[(pc - SRAM) >>> 1] : pc >= FLASH ? flash[(pc - FLASH) >>> 1] : rom[pc >>> 1];
			if (id === undefined || id === 0) id = stretches.translate(pc);
			this.#running = id;
			const before = c;
			c = runs[id]!(c);
			if (profiling) stretches.spent[id]! += c - before;
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

	/** Before a hook is called. */
	arrive(c: number): void {
		this.#advance(c);
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

	#fault(what: string): never {
		const pc = this.stretches.starts[this.#running]!;
		throw new Fault(`the firmware ${what} (code at ${hex(pc)})`);
	}
}

export function hex(value: number): string {
	return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
