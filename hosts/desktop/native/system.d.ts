// The process and the machine under it.

/** The command line's arguments after the entry module. */
export const args: string[];
/** A line on standard output, which is written out before the host waits and when it ends. */
export function print(line: string): void;
/** A line on standard error. */
export function warn(line: string): void;
/** Ends the process; files are completed first. */
export function exit(status: number): never;

/** Monotonic milliseconds as an int32 that wraps: compare with `(a - b) | 0`. */
export function now(): number;
/** Monotonic microseconds as a number that does not wrap, for measuring. */
export function monotonicMicroseconds(): number;
/** Seconds since 1970; reads the clock for wallNanoseconds() too. */
export function wallSeconds(): number;
/** The nanoseconds, 0 to 999,999,999, that belong to the last wallSeconds(). */
export function wallNanoseconds(): number;

/** A whole text file. Throws Error naming the path and the reason. */
export function readFile(path: string): string;
/** Physical memory of this computer, bytes. */
export function memoryBytes(): number;
/**
 * Calls back with 2 for SIGINT and 15 for SIGTERM, once per signal. Without a callback, and for a signal that comes while one
 * is still waiting to be handled, the process ends with 130 or 143.
 */
export function onSignal(callback: (signal: number) => void): void;
/** The default export of a module that programs may import by that name; undefined when there is none. Throws what the module throws. */
export function importNow(name: string): unknown;
