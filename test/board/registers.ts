// What our peripherals have in common: registers of 32 bits at an offset, and their aliases that set, clear and flip bits.

import type { Peripheral } from "rp2040js";

/** RP2040 datasheet §2.1.2: which alias a write came by. */
const XOR = 1;
const SET = 2;
const CLEAR = 3;

export abstract class Registers implements Peripheral {
	abstract readUint32(offset: number): number;
	/** `raw`: the value as the processor wrote it, for registers whose bits are cleared by writing ones. */
	abstract write(offset: number, value: number, raw: number): void;

	writeUint32(offset: number, value: number): void {
		this.write(offset, value, value);
	}

	writeUint32Atomic(offset: number, value: number, alias: number): void {
		if (alias === XOR) this.write(offset, this.readUint32(offset) ^ value, value);
		else if (alias === SET) this.write(offset, this.readUint32(offset) | value, value);
		else if (alias === CLEAR) this.write(offset, this.readUint32(offset) & ~value, value);
		else this.write(offset, value, value);
	}
}
