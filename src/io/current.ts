// The stack that classes use which are imported, as `import TCP from "embedded:io/socket/tcp"`: a host names it once, at start-up.
// Those modules may be preloaded into flash, before there is any stack: nothing here is looked at until an instance is made.

import type { Interface } from "../link/interface.ts";
import type { Stack } from "../stack.ts";

let current: Stack | undefined;

/** Makes `stack` the one that the imported classes TCP, Listener, UDP, Resolver and so on belong to. */
export function useStack(stack: Stack): void {
	current = stack;
}

/** The stack of the imported classes. Throws Error while there is none. */
export function currentStack(): Stack {
	if (current === undefined) throw new Error("there is no stack yet: call useStack(new Stack(…)) first");
	return current;
}

/** Gives an interface an Autoconfiguration. */
export type Autoconfigure = (stack: Stack, link: Interface, mode: "auto" | "static") => void;

let autoconfigure: Autoconfigure | undefined;

/** Called by multihome/ipv6 when it is imported, which the classes of interfaces do not do: a firmware without it has no IPv6. */
export function useAutoconfiguration(make: Autoconfigure): void {
	autoconfigure = make;
}

/** How an interface is given one; undefined where nothing imports multihome/ipv6. */
export function autoconfiguration(): Autoconfigure | undefined {
	return autoconfigure;
}
