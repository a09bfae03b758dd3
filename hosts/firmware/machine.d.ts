declare module "multihome/machine" {
	/** Of the JavaScript heap: in use, garbage that is not collected yet among them, and what it has. */
	export function slotsUsed(): number;
	export function slotsTotal(): number;
	export function chunkBytesUsed(): number;
	export function chunkBytesTotal(): number;
	/** Bytes of the machine's memory that neither slots nor chunks have taken; -1 where the machine has no fixed memory. */
	export function freeBytes(): number;
	/** An int32 that wraps. */
	export function microseconds(): number;
	export function collect(): void;
	/** What is thrown when the machine's memory, or its stack, is used up. */
	export function guard(error: Error): void;
	/** To be called first: why the board has started anew, when that was neither power-on nor on purpose. Has the watchdog look after the machine. */
	export function started(): string | undefined;
	/** Eight bytes that tell this board from all others. Throws Error where it has no such thing. */
	export function identity(): ArrayBuffer;
	/** The default export of a module of this firmware; undefined when there is none of that name. */
	export function importNow(name: string): unknown;
}
