// Calls of scripts that read and write. Answers: as sockets.ts says.

import type { Stack } from "../../src/stack.ts";
import * as states from "../../src/transport/tcp/tcb.ts";
import { number, words, type Descriptor } from "./descriptors.ts";
import { patternByte } from "./flow.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import { takeError } from "./options.ts";
import type { Call, Expression } from "./script.ts";
import type { Outcome } from "./sockets.ts";

/** Flags that change nothing of what a peer sees. */
const PLAIN_FLAGS = ["MSG_FASTOPEN", "MSG_PEEK", "MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_TRUNC", "MSG_WAITALL"];

/** What a call moves: bytes in words, or undefined; how many; its flags. */
interface Transfer {
	readonly text: string | undefined;
	readonly count: number;
	readonly flags: readonly string[];
}

/** The sum of `[{..., 100}, {"abc", 3}]`. */
function vector(list: Expression | undefined): { text: string | undefined; count: number } {
	if (list?.kind !== "list") throw new ScriptError("expected [{…, length}, …]");
	let count = 0;
	let text: string | undefined = "";
	for (const item of list.items) {
		if (item.kind !== "struct") throw new ScriptError("expected {…, length}");
		const [data, length] = [item.fields.get("0"), number(item.fields.get("1"))];
		count += length;
		text = data?.kind === "string" && text !== undefined ? text + data.value : length === 0 ? text : undefined;
	}
	return { text, count };
}

function transferOf(call: Call): Transfer {
	const [, second, third, fourth] = call.items;
	if (call.name === "readv" || call.name === "writev") return { ...vector(second), flags: [] };
	if (call.name === "sendmsg" || call.name === "recvmsg") {
		if (second?.kind !== "struct") throw new ScriptError(`${call.name}: expected {msg_name(…)=…, msg_iov(…)=…}`);
		if (second.fields.has("msg_control")) throw new Unsupported("msg_control", "msg_control");
		return { ...vector(second.fields.get("msg_iov")), flags: words(third) };
	}
	const text = second?.kind === "string" ? second.value : undefined;
	return { text, count: number(third), flags: call.name === "read" || call.name === "write" ? [] : words(fourth) };
}

function checkFlags(flags: readonly string[]): void {
	for (const flag of flags) if (!PLAIN_FLAGS.includes(flag)) throw new Unsupported(flag, flag);
}

export function receive(descriptor: Descriptor, call: Call, stack: Stack): Outcome {
	const { text, count, flags } = transferOf(call);
	checkFlags(flags);
	const peek = flags.includes("MSG_PEEK");
	const buffer = new Uint8Array(Math.max(count, 1));
	if (descriptor.udp) {
		const got = stack.udp.read(descriptor.udp, buffer, 0, count);
		if (got < 0) return undefined;
		checkBytes(text, buffer, got, 0);
		return got;
	}
	const tcb = descriptor.tcb;
	if (descriptor.deferred !== 0) return undefined;
	if (!tcb || descriptor.listening) return "ENOTCONN";
	// There is no peeking at bytes, but at their number.
	if (peek && tcb.pending > 0) return Math.min(tcb.pending, count);
	const got = peek ? 0 : stack.tcp.read(tcb, buffer, 0, count);
	if (got > 0) {
		checkBytes(text, buffer, got, descriptor.read);
		descriptor.read += got;
		return got;
	}
	if (tcb.error !== "" && !descriptor.errorTold) return takeError(descriptor);
	return tcb.finReceived || tcb.error !== "" || descriptor.deaf ? 0 : undefined;
}

function checkBytes(expected: string | undefined, buffer: Uint8Array, length: number, place: number): void {
	for (let i = 0; i < length; i++) {
		const byte = expected === undefined ? patternByte(place + i) : expected.charCodeAt(i);
		if (buffer[i] !== byte && !Number.isNaN(byte))
			throw new ScriptError(`read: byte ${place + i} is ${buffer[i]}, expected ${byte}`);
	}
}

/** Linux's number of MSG_FASTOPEN. */
const MSG_FASTOPEN = 0x20000000;

/** Whether a write is to connect with Fast Open. */
export function asksFastOpen(call: Call): boolean {
	const flags = call.items[call.name === "sendmsg" ? 2 : 3];
	return words(flags).includes("MSG_FASTOPEN") || (flags?.kind === "int" && (flags.value & MSG_FASTOPEN) !== 0);
}

/** `to`: the port that a datagram goes to, 0 for none. `early`: as much is taken though the connection does not stand yet. */
export function send(
	descriptor: Descriptor,
	call: Call,
	stack: Stack,
	remote: string,
	to: number,
	blocks: boolean,
	early = 0,
): Outcome {
	const transfer = transferOf(call);
	const { text, count, flags } = transfer;
	checkFlags(flags);
	if (!descriptor.stream) return sendDatagram(descriptor, transfer, stack, remote, to);
	const tcb = descriptor.tcb;
	if (!tcb || descriptor.listening) return descriptor.shut || call.errno === "EPIPE" ? "EPIPE" : "ENOTCONN";
	if (tcb.error !== "" && !descriptor.errorTold) return takeError(descriptor);
	if (tcb.error !== "" || descriptor.shut || tcb.state === states.CLOSED) return "EPIPE";
	if (tcb.state < states.ESTABLISHED && early === 0) return undefined;
	const left = Math.min(count - descriptor.progress, early || Infinity);
	const buffer = new Uint8Array(left);
	for (let i = 0; i < left; i++) {
		const place = descriptor.written + i;
		if (text !== undefined) descriptor.flow?.spelled.set(place, text.charCodeAt(descriptor.progress + i));
		buffer[i] = descriptor.flow?.written(place) ?? patternByte(place);
	}
	const taken = stack.tcp.write(tcb, buffer, 0, left);
	descriptor.written += taken;
	descriptor.progress += taken;
	if (descriptor.progress < count && (blocks || descriptor.progress === 0)) return undefined;
	const done = descriptor.progress;
	descriptor.progress = 0;
	return done;
}

function sendDatagram(descriptor: Descriptor, { text, count }: Transfer, stack: Stack, remote: string, to: number): Outcome {
	if (to === 0) return "EDESTADDRREQ";
	const buffer = new Uint8Array(count);
	for (let i = 0; i < count; i++) {
		if (text !== undefined) descriptor.flow!.spelled.set(i, text.charCodeAt(i));
		buffer[i] = descriptor.flow!.written(i);
	}
	stack.udp.send(descriptor.udp!, remote, to, buffer, 0, count);
	return count;
}
