// The chip models of chip.h for Node: the types of the addon that build/chips.mjs makes of addon.c, and what loads it.

import { createRequire } from "node:module";

/** What a model calls. A callback must not call what changes the chip; what it throws, the method that led to it throws. */
export interface ChipCallbacks {
	/** A frame leaves the chip, without FCS, padded to 60 bytes. The buffer is the callee's. */
	transmit?(frame: Buffer): void;
	/** The interrupt pin changes: asserted is low. */
	interrupt?(asserted: boolean): void;
	/** The driver did what the datasheet forbids: one line, with the section or the erratum. */
	complain?(text: string): void;
}

export interface ChipOptions {
	/** Bits a second that frames leave with. Default 0: they take no time. */
	lineRate?: number;
	/** ENC28J60: EREVID. Default 0: the newest. */
	revision?: number;
	/** ENC28J60: wired for full duplex. Default false. */
	fullDuplex?: boolean;
	seed?: number;
}

export type ChipKind = "w5500" | "enc28j60";

/** Faults, each with an argument that chip.h explains; 0 ends it. */
export type ChipFault =
	| "absent"
	| "interruptStuck"
	| "badLength"
	| "resets"
	| "bitErrorsIn"
	| "bitErrorsOut"
	| "transmitStuck"
	| "lateCollisions"
	| "busy"
	| "overwritten";

export interface ChipCounts {
	/** Exchanged while selected. */
	spiBytes: number;
	/** Times that it was selected. */
	transactions: number;
	/** Frames that came into the buffer. */
	received: number;
	/** Frames that the chip's filters refused. */
	filtered: number;
	/** Frames that found no room. */
	overflowed: number;
	transmitted: number;
	complaints: number;
}

/** One chip, powered, with its cable plugged in, at time 0. Wrong arguments throw TypeError or RangeError with the value. */
export interface ChipModel {
	/** Chip select: true is low. */
	select(selected: boolean): void;
	/** One byte each way. */
	exchange(byte: number): number;
	/** Many bytes each way, of one length; null sends zeros, or drops what comes. */
	exchangeMany(out: Uint8Array | null, into: Uint8Array | null): void;
	/** Reset pin: true is low. */
	reset(active: boolean): void;
	/** The interrupt pin is asserted, low. */
	interrupted(): boolean;
	/** It is now `ns` nanoseconds; what was to happen until then happens. Never goes back. */
	time(ns: number): void;
	/** When something will happen by itself next, ns; Infinity for never. */
	next(): number;
	/** The cable is plugged in, or pulled. */
	link(up: boolean): void;
	/** Whether a frame of so many bytes that the filters accept would find room now. */
	room(length: number): boolean;
	/** A frame has arrived completely, without FCS. */
	receive(frame: Uint8Array): void;
	fault(fault: ChipFault, argument: number): void;
	counts(): ChipCounts;
	/** Ends the chip: every later call throws. Without it the chip ends when nothing refers to it. */
	free(): void;
}

export type ChipModelClass = new (kind: ChipKind, options?: ChipOptions, callbacks?: ChipCallbacks) => ChipModel;

/** Loads the addon `path`, as buildChips() of build/chips.mjs answers it. */
export function loadChips(path: string): ChipModelClass {
	const addon = createRequire(import.meta.url)(path) as { ChipModel: ChipModelClass };
	return addon.ChipModel;
}

/** One transaction: selects the chip, exchanges the bytes and lets it go. Answers what came. */
export function transaction(chip: ChipModel, out: Uint8Array): Uint8Array {
	const into = new Uint8Array(out.length);
	chip.select(true);
	chip.exchangeMany(out, into);
	chip.select(false);
	return into;
}
