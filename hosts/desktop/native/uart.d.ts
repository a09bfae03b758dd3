// The lines of a simulated board's UARTs. A line is plugged in before a driver opens its port. Bytes take ten bits' time at the driver's baud rate.

/**
 * Wires the UART `port`. Kind `pty`: a new pty; `place` is the path of a symbolic link to it, or "". `stream`: the UNIX stream socket at `place`, bare bytes. `loose`: nothing,
 * or what `join`, `arrive` and `hear` make of it. Probabilities are of each byte, both ways; `seed`, an int32, fixes their fate. Answers the line's number. Throws Error
 * naming the path and the remedy.
 */
export function plug(
	port: number,
	kind: "pty" | "stream" | "loose",
	place: string,
	byteLoss: number,
	byteFlip: number,
	seed: number,
): number;
/** Takes the line away, with its link. Throws Error while a driver has the UART. */
export function unplug(line: number): void;
/** A null-modem cable between two loose ends. */
export function join(a: number, b: number): void;
/** The slave of a pty; "" of others. */
export function path(line: number): string;
/** Bytes `at` to `end` come along the line, after those on their way. Answers how many there was room for. */
export function arrive(line: number, view: ArrayBufferView | ArrayBuffer, at: number, end: number): number;
/** Of a loose end: what left the UART, at most `max` bytes, to the view from `at`. Answers how many. */
export function hear(line: number, view: ArrayBufferView | ArrayBuffer, at: number, max: number): number;
/** So many breaks and bytes without a stop bit come along. */
export function disturb(line: number, breaks: number, framingErrors: number): void;
/** Of a loose end: whether somebody is there. */
export function hangUp(line: number, there: boolean): void;
/** Appends what comes and goes from now on to that file of host/file, as packets of pcapng, until the line is taken away. Before faults on the way out, after them on the way in. */
export function record(line: number, fd: number): void;
/** Moves what has passed by now and calls the drivers, as the loop does by itself. For tests. */
export function run(): void;
export function count(line: number, which: number): number;

/** Bytes that reached the UART, that left it, and of both those that were lost and damaged on the way. */
export const RECEIVED: 0;
export const SENT: 1;
export const LOST: 2;
export const FLIPPED: 3;
