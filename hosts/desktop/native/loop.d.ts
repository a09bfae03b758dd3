// The event loop. It ends the process with status 0 when no timer is armed and no watch wants anything.

/** A timer, not armed yet. */
export function createTimer(callback: (id: number) => void): number;
/** Calls the timer's callback once, in `ms` milliseconds; instead of when it was armed for, if it was. Allocates nothing. */
export function armTimer(id: number, ms: number): void;
export function disarmTimer(id: number): void;
export function destroyTimer(id: number): void;

/** A timer that calls a stack's poll with ms of a steady clock, int32: at once, then after as many ms as it answered; after -1 not before it is woken. */
export function drive(poll: (now: number) => number): number;
/** Has such a timer call soon. */
export function wake(id: number): void;

/** Bits of a watch callback's `events`. */
export const READABLE = 1;
export const WRITABLE = 2;
/** The other end hung up, or the descriptor failed. Comes again until the watch wants nothing or is taken away. */
export const CLOSED = 4;

/**
 * Calls back while `fd` can be read. Frames that the host has already buffered count as readable. `arrived` is called in place of `callback` when that is all, and the
 * other end of what carries frames is there.
 */
export function watch(fd: number, callback: (fd: number, events: number) => void, arrived?: () => void): void;
/** What the watch waits for from now on. */
export function setWatch(fd: number, wantRead: boolean, wantWrite: boolean): void;
export function unwatch(fd: number): void;

/** Calls back once, after the current callback and its promise jobs. What a deferred callback defers runs in the next turn. */
export function defer(callback: () => void): void;
