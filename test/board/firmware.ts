// What is known of Moddable's firmware when its .elf is given: where it waits, and where it prints.

import type { Machine } from "./machine.ts";
import type { Symbols } from "./elf.ts";

/**
 * Skips the time in which the firmware waits. Moddable's loop on the Pico does not sleep: its modMessageService() returns at once, and the loop
 * counts milliseconds with divisions. When no message is queued and no interrupt waits, nothing happens before the next alarm, or before the
 * time that it was told to wait, of which the last millisecond is left to it. `passes` is called whenever its loop comes round and no message is queued, and no interrupt waits.
 */
export function skipWaiting({ cpu, rp2040 }: Machine, symbols: Symbols, passes?: () => void): void {
	const service = symbols.find("modMessageService");
	const queue = symbols.findObject("gMessageQueue");
	if (service === undefined || queue === undefined) return;
	const { core } = rp2040;
	cpu.hook(service, () => {
		if (core.PM || core.IPSR !== 0 || rp2040.readUint32(queue) !== 0) return;
		if ((core.pendingInterrupts & core.enabledInterrupts) !== 0) return;
		const wait = core.registers[1]! | 0;
		if (wait >= 2) cpu.skip((wait - 1) * 1e6);
		passes?.();
	});
}

/** Passes on what the firmware prints on USB, connected or not. Answers whether it could be found. */
export function watchConsole({ cpu, rp2040 }: Machine, symbols: Symbols, print: (text: string) => void): boolean {
	const out = symbols.find("stdio_usb_out_chars");
	if (out === undefined) return false;
	const decoder = new TextDecoder();
	cpu.hook(out, () => {
		const [from, length] = rp2040.core.registers;
		const bytes = new Uint8Array(length!);
		for (let i = 0; i < bytes.length; i++) bytes[i] = rp2040.readUint8(from! + i);
		print(decoder.decode(bytes, { stream: true }));
	});
	return true;
}

/** Why XS ends a machine, by fxAbort's argument: xs/sources/xsAll.h. */
const ENDS = [
	"the debugger",
	"memory is exhausted",
	"the JavaScript stack is exhausted",
	"a fatal check",
	"code that was stripped",
	"an exception that nobody caught",
	"no more names",
	"too much computation",
	"a rejection that nobody handled",
	"the C stack is exhausted",
];
/** By fxThrowMessage's argument. */
const ERRORS = ["Error", "Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];
const LONGEST = 200;

/** Remembers what the engine throws, so that the end of a firmware that prints nothing in release can be explained. */
export function watchFailures({ cpu, rp2040 }: Machine, symbols: Symbols): () => string {
	const { registers } = rp2040.core;
	let thrown = "";
	let end = "";
	const text = (at: number) => {
		let result = "";
		for (let code = rp2040.readUint8(at); code !== 0 && result.length < LONGEST; code = rp2040.readUint8(++at))
			result += String.fromCharCode(code);
		return result;
	};
	const throws = symbols.find("fxThrowMessage");
	if (throws !== undefined)
		cpu.hook(throws, () => {
			// (the, path, line, error, format, …): from the fifth on they are on the stack.
			let argument = registers[13]!;
			const message = text(rp2040.readUint32(argument)).replace(/%l?([sd])/g, (_all, kind) => {
				argument += 4;
				const value = rp2040.readUint32(argument);
				return kind === "s" ? text(value) : String(value | 0);
			});
			thrown = `; last thrown: ${ERRORS[registers[3]!] ?? "Error"}: ${message}`;
		});
	const aborts = symbols.find("fxAbort");
	if (aborts !== undefined)
		cpu.hook(aborts, () => {
			end = `: XS ended by ${ENDS[registers[1]!] ?? `reason ${registers[1]}`}`;
		});
	return () => `${end}${thrown}`;
}
