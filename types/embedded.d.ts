// The names of ECMA-419 and of Moddable, for projects without @moddable/typings: the classes are those of "multihome", extra options and all.

declare module "embedded:io/socket/tcp" {
	export { TCP as default } from "multihome";
	export type { TCPOptions as Options } from "multihome";
}

declare module "embedded:io/socket/listener" {
	export { Listener as default } from "multihome";
	export type { ListenerOptions as Options } from "multihome";
}

declare module "embedded:io/socket/udp" {
	export { UDP as default } from "multihome";
	export type { UDPOptions as Options } from "multihome";
}

declare module "embedded:network/dns/resolver/udp" {
	export { Resolver as default } from "multihome/dns";
	export type { ResolverOptions as Options } from "multihome/dns";
}

declare module "embedded:network/interface/ethernet" {
	export { default, type EthernetLinkOptions as Options } from "multihome/io/ethernet";
}

declare module "timer" {
	/** A timer that runs: for `schedule` and `clear`. */
	interface Running {
		readonly id: number;
	}
	const Timer: {
		/** Calls back once in `ms` milliseconds, and with `repeat` again every so many after that. */
		set(callback: (timer: Running) => void, ms?: number, repeat?: number): Running;
		/** Calls back every `ms` milliseconds. */
		repeat(callback: (timer: Running) => void, ms: number): Running;
		/** Runs in `ms` milliseconds instead of when it was to run. */
		schedule(timer: Running, ms: number, repeat?: number): void;
		clear(timer: Running | undefined): void;
		/** Waits, and nothing else happens meanwhile. */
		delay(ms: number): void;
	};
	export default Timer;
}

declare module "time" {
	const Time: {
		/** Milliseconds since some moment, as an int32 that wraps; a getter. */
		readonly ticks: number;
		/** Milliseconds from `start` to `end`, or to now. */
		delta(start: number, end?: number): number;
	};
	export default Time;
}

/** What XS has beside the language's own, on every host. */
interface ArrayBufferConstructor {
	/** The text in UTF-8. */
	fromString(text: string): ArrayBuffer;
}
interface StringConstructor {
	/** The text of bytes in UTF-8. */
	fromArrayBuffer(buffer: ArrayBufferLike, byteOffset?: number, byteLength?: number): string;
}

/** Prints what it is given, one after the other, without a line's end of its own. */
declare function trace(...values: unknown[]): void;

/** What a host gives to programs. */
declare const device: import("multihome/device").Device;
