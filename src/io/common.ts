// What the three classes share.

import type { Stack } from "../stack.ts";
import type { SocketSet } from "../transport/sockets.ts";
import { show } from "./options.ts";

/** SyntaxError, as Moddable's sockets throw for a closed instance, and as its tests want it. */
export function closed(): SyntaxError {
	return new SyntaxError("socket: it is closed");
}

/** The slot of the interface in an option; 0 for any. */
export function slotOf(stack: Stack, value: unknown): number {
	if (value === undefined) return 0;
	const link = typeof value === "string" ? stack.interfaces.find(value) : stack.interfaces.list.find((each) => each === value);
	if (link === undefined)
		throw new RangeError(`interface ${show(value)}: expected the name of an interface of the stack, or one itself`);
	return link.slot;
}

/** Tells the owner of the stack what a callback threw. Where nobody listens it goes on its way, out of `poll`. */
export function report(sockets: SocketSet, error: unknown): void {
	const listener = sockets.onError;
	if (listener === undefined) throw error;
	listener(error);
}
