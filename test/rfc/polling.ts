// poll and epoll of scripts. Answers: as sockets.ts says.

import { number, words } from "./descriptors.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import type { Call, Expression } from "./script.ts";
import type { Outcome } from "./sockets.ts";

/** The same numbers for both. */
export const POLL_BITS: Readonly<Record<string, number>> = { POLLIN: 1, POLLOUT: 4, POLLERR: 8, POLLHUP: 16, POLLRDHUP: 0x2000 };
/** Told though nobody asked. */
const ALWAYS = POLL_BITS.POLLERR! | POLL_BITS.POLLHUP!;

type Ready = (fd: number) => { bits: number; progress: number };

/** What is watched of a descriptor, and what it was told of last: bits, and how far the connection was. */
export interface Watch {
	events: number;
	edge: boolean;
	told: number;
	progress: number;
}

function bits(value: Expression | undefined): number {
	let result = 0;
	for (const name of words(value)) {
		const bit = POLL_BITS[name.replace(/^EPOLL/, "POLL")];
		if (name === "EPOLLET") continue;
		if (bit === undefined) throw new Unsupported(`poll: ${name}`, name);
		result |= bit;
	}
	return result;
}

export function pollAll(call: Call, ready: Ready): Outcome {
	const list = call.items[0];
	if (list?.kind !== "list") throw new ScriptError("poll: expected [{fd=…, events=…, revents=…}]");
	let count = 0;
	const wrong: string[] = [];
	for (const entry of list.items) {
		if (entry.kind !== "struct") throw new ScriptError("poll: expected {fd=…, events=…, revents=…}");
		const asked = bits(entry.fields.get("events"));
		const got = ready(number(entry.fields.get("fd"))).bits & (asked | ALWAYS);
		if (got) count++;
		const expected = bits(entry.fields.get("revents"));
		if (got !== expected) wrong.push(`revents ${expected}, got ${got}`);
	}
	if (count === 0 && number(call.items[2]) !== 0) return undefined;
	if (wrong.length > 0) throw new ScriptError(`poll: expected ${wrong.join("; ")}`);
	return count;
}

export function epollControl(watched: Map<number, Watch> | undefined, call: Call): Outcome {
	if (!watched) return "EINVAL";
	const [, operation, fd, event] = call.items;
	const name = words(operation)[0];
	if (name === "EPOLL_CTL_DEL") return watched.delete(number(fd)) ? 0 : "ENOENT";
	if (event?.kind !== "struct") throw new ScriptError("epoll_ctl: expected {events=…, fd=…}");
	const events = event.fields.get("events");
	watched.set(number(fd), { events: bits(events), edge: words(events).includes("EPOLLET"), told: 0, progress: -1 });
	return 0;
}

export function epollWait(watched: Map<number, Watch> | undefined, call: Call, ready: Ready): Outcome {
	if (!watched) return "EINVAL";
	const told: { fd: number; bits: number }[] = [];
	for (const [fd, watch] of watched) {
		const now = ready(fd);
		const got = now.bits & (watch.events | ALWAYS);
		// With edges: what is new, or what is still so after something has happened.
		const fresh =
			!watch.edge || (got & ~watch.told) !== 0 || (now.progress !== watch.progress && (got & POLL_BITS.POLLIN!) !== 0);
		watch.told = got;
		if (got === 0 || !fresh) continue;
		watch.progress = now.progress;
		told.push({ fd, bits: got });
	}
	if (told.length === 0 && number(call.items[3]) !== 0) return undefined;
	const first = call.items[1];
	const wanted = first?.kind === "struct" ? first.fields.get("events") : undefined;
	const expected = wanted?.kind === "int" ? wanted.value : bits(wanted);
	if (told.length <= 1 && first?.kind === "struct" && expected !== (told[0]?.bits ?? 0))
		throw new ScriptError(`epoll_wait: expected events ${expected}, got ${told[0]?.bits ?? 0}`);
	return told.length;
}
