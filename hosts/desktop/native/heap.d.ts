// What the JavaScript heap holds. No function here allocates, collect() included.

/** Slots allocated since the machine was made; collections do not lower it. */
export function slotsAllocated(): number;
/** Bytes of chunks (strings, array elements, ArrayBuffers) allocated since the machine was made, headers included. */
export function chunkBytesAllocated(): number;
/** Slots in use, garbage that is not collected yet among them. */
export function slotsUsed(): number;
export function chunkBytesUsed(): number;
/** Slots the heap has now; a growing heap may have more later. */
export function slotsTotal(): number;
export function chunkBytesTotal(): number;
/** How often garbage was collected. */
export function collections(): number;
/** Collects garbage now. */
export function collect(): void;
/**
 * Collects garbage, and from now on at most `bytes` more may be held than now, or the process ends with status 71 and says so; 0 for no limit. Counted as on a
 * board, 16 bytes a slot.
 */
export function limit(bytes: number): void;
/** Bytes held since `limit` was called, garbage that is not collected yet among them. */
export function held(): number;
