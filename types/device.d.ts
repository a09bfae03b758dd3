// What hosts give to programs: `device`, their argument and a global. `import type { Device } from "multihome/device"`.

import type { IO, Stack } from "multihome";
import type { Network } from "multihome/network";

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

/** Options for a class of a network module, `io`, which is undefined where the build does not have it. */
export interface ModuleOptions {
	// The class is the Moddable SDK's, which has types of its own.
	// oxlint-disable-next-line typescript/no-explicit-any
	readonly io?: (new (options: any) => any) | undefined;
	readonly [name: string]: unknown;
}

/** Settings for Moddable's network modules, `new device.network.http.io({ ...device.network.http, host: "example.com" })`, and this stack's interfaces. */
export interface DeviceNetwork {
	/** Interfaces, routes, and when there is a network. */
	readonly interfaces: Network;
	readonly dns?: ResolverOptions;
	readonly http?: ModuleOptions;
	readonly https?: ModuleOptions;
	readonly ws?: ModuleOptions;
	readonly wss?: ModuleOptions;
	readonly mqtt?: ModuleOptions;
	readonly mqtts?: ModuleOptions;
	readonly ntp?: { readonly client: ModuleOptions & { readonly servers: readonly string[] } };
}

export interface Device {
	io: IO;
	stack: Stack;
	network: DeviceNetwork;
	/** Only on XS. */
	heap?: Heap;
	/** A clock that counts up and wraps, an int32: for what is shorter than a millisecond. Only on boards. */
	microseconds?(): number;
	/** Why the board has started anew, when that was neither power-on nor on purpose: what nobody caught, or what the hardware says. Only on boards. */
	lastEnd?: string | undefined;
}
