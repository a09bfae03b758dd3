// What the programs here expect of a host: `device`, as Moddable's programs know it, with the stack's socket classes. It is their argument, and a global (../global.d.ts).

import type { IO } from "../../src/io/types.ts";
import type { Stack } from "../../src/stack.ts";

export type { Bytes, IO, Listener, ListenerOptions, TCP, TCPError, TCPOptions, UDP, UDPOptions } from "../../src/io/types.ts";
export type { Stack } from "../../src/stack.ts";

/** What XS tells of its JavaScript heap. */
export interface Heap {
	/** In use, garbage that is not collected yet among them. */
	slotsUsed(): number;
	slotsTotal(): number;
	chunkBytesUsed(): number;
	chunkBytesTotal(): number;
	/** Since the start; collections do not lower them. Only on the desktop. */
	slotsAllocated?(): number;
	chunkBytesAllocated?(): number;
	collections?(): number;
	/** Bytes that neither slots nor chunks have taken. Only on boards. */
	freeBytes?(): number;
}

/** ECMA-419's DNS resolver. */
export interface Resolver {
	/** Finds an address of a name. `error` is null when there is one. */
	resolve(options: { host: string }, callback: (error: unknown, address: string | undefined) => void): void;
	close(): void;
}

/** What to make a resolver of: `new dns.io(dns)`. */
export interface ResolverOptions {
	io?: new (options: ResolverOptions) => Resolver;
}

export interface Device {
	io: IO;
	stack: Stack;
	/** Settings for Moddable's network modules; of them, what names are resolved with. */
	network: { dns?: ResolverOptions };
	/** Only on XS. */
	heap?: Heap;
}
