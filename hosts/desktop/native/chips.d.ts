// Simulated Ethernet chips on the board's SPI controllers. The models, and what each fault and count means: ../chips/chip.h.

/**
 * Plugs a chip in, with its wire: a descriptor that carries frames, from then on the chip's, or -1. Pins are GPIO numbers, -1 for none; `lineRate` in
 * bits a second, 0 for no line time; `seed` an int32. Answers its number. Throws Error when the place is taken.
 */
export function plug(
	kind: string,
	bus: number,
	select: number,
	interrupt: number,
	reset: number,
	fd: number,
	lineRate: number,
	seed: number,
): number;
/** Takes a chip out and closes its wire. Throws Error while a driver has it. */
export function unplug(chip: number): void;
/** Injects a fault; 0 ends it. */
export function fault(chip: number, which: number, argument: number): void;
/** Plugs its cable in or pulls it. */
export function cable(chip: number, up: boolean): void;
/** Before its driver is opened: its SPI transfers take their time while the processor does other things, as by DMA. */
export function overlap(chip: number): void;
/** A frame arrives at the chip from nowhere: bytes `at` to `end`. Answers whether it had room. */
export function arrive(chip: number, view: ArrayBufferView | ArrayBuffer, at: number, end: number): boolean;
/** Of a chip without a wire: the oldest frame that it sent, to the view from `at`. Answers its length, 0 when there is none. The last 32 are kept. */
export function hear(chip: number, view: ArrayBufferView | ArrayBuffer, at: number): number;
/** From the first call on, chips' time is what transfers and waits take, and what is added here, ns. For tests. */
export function passTime(ns: number): void;
/** The longest wait of a driver since it was last asked, ns, in which it moved no byte. For tests. */
export function longestWait(): number;
export function count(chip: number, which: number): number;
/** What a model complained about last; undefined when nothing. */
export function lastComplaint(): string | undefined;

/** Faults. */
export const ABSENT: 0;
export const INTERRUPT_STUCK: 1;
export const BAD_LENGTH: 2;
export const RESETS: 3;
export const BIT_ERRORS_IN: 4;
export const BIT_ERRORS_OUT: 5;
export const TRANSMIT_STUCK: 6;
export const LATE_COLLISIONS: 7;
export const BUSY: 8;
export const OVERWRITTEN: 9;

/** Counts. */
export const SPI_BYTES: 0;
export const TRANSACTIONS: 1;
export const RECEIVED: 2;
export const FILTERED: 3;
export const OVERFLOWED: 4;
export const TRANSMITTED: 5;
export const COMPLAINTS: 6;
export const UNSENT: 7;
