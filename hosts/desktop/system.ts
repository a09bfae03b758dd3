// What Moddable programs find without importing it: `trace`, `System`, and Math.irandom and base64 of byte arrays, which newer engines bring
// by themselves.

import { print } from "host/system";
import { resolveWith, type Resolved } from "../resolve.ts";
import Timer from "./timer.ts";

type Running = ReturnType<typeof Timer.set>;

const System = {
	/** Calls back with the name and its address, or without an address; asks `device.network.dns`, the resolver of this device. */
	resolve(name: string, callback: Resolved): void {
		resolveWith(Timer, name, callback);
	},

	setTimeout(callback: () => void, ms?: number): Running {
		return Timer.set(callback, ms);
	},

	clearTimeout(timer: Running | undefined): void {
		Timer.clear(timer);
	},

	setInterval(callback: () => void, ms: number): Running {
		return Timer.repeat(callback, ms);
	},

	clearInterval(timer: Running | undefined): void {
		Timer.clear(timer);
	},
};

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648 §4, with padding. */
function toBase64(this: Uint8Array): string {
	let text = "";
	for (let at = 0; at < this.length; at += 3) {
		const bits = (this[at]! << 16) | ((this[at + 1] ?? 0) << 8) | (this[at + 2] ?? 0);
		for (let digit = 0; digit < 4; digit++) text += at + digit > this.length ? "=" : DIGITS[(bits >> (18 - 6 * digit)) & 63]!;
	}
	return text;
}

/** The bytes of RFC 4648 §4's text; white space is skipped, the padding may be missing. Throws SyntaxError for another character. */
function fromBase64(text: string): Uint8Array {
	const digits = text.replace(/[ \t\n\f\r]/g, "").replace(/={1,2}$/, "");
	const bytes = new Uint8Array((digits.length * 3) >> 2);
	if (digits.length % 4 === 1) throw new SyntaxError(`base64 text of ${digits.length} digits: a last one is missing`);
	let bits = 0;
	for (let i = 0, at = 0; i < digits.length; i++) {
		const value = DIGITS.indexOf(digits[i]!);
		if (value < 0) throw new SyntaxError(`base64 digit ${JSON.stringify(digits[i])}: expected A to Z, a to z, 0 to 9, + or /`);
		bits = (bits << 6) | value;
		if (i % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
	}
	return bytes;
}

/** What was traced after the last end of a line. */
let rest = "";

/** Prints its arguments one after another, without an end of line of its own. */
function trace(...parts: unknown[]): void {
	const lines = (rest + parts.map(String).join("")).split("\n");
	rest = lines.pop()!;
	for (const line of lines) print(line);
}

/** Prints what was traced without an end of line. */
export function endTrace(): void {
	if (rest !== "") print(rest);
	rest = "";
}

const settable = { writable: true, configurable: true };

/** A whole number from `low`, or 0 when there is one argument, to below `high`. */
function irandom(...bounds: number[]): number {
	const [high = 0x7fff_ffff, low = 0] = bounds.reverse();
	return Math.floor(low + Math.random() * (high - low));
}

/** Only what is not there yet. */
function complete(target: object, properties: Record<string, unknown>): void {
	for (const [name, value] of Object.entries(properties))
		if (!(name in target)) Object.defineProperty(target, name, { value, ...settable });
}

// The engine's own `trace` speaks to a debugger alone.
Object.defineProperty(globalThis, "trace", { value: trace, ...settable });
complete(globalThis, { System });
complete(Math, { irandom });
complete(Uint8Array, { fromBase64 });
complete(Uint8Array.prototype, { toBase64 });
