// The names of ECMA-419, for projects without @moddable/typings: the classes are those of "multihome", extra options and all.

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

/** What a host gives to programs. */
declare const device: {
	readonly stack: import("multihome").Stack;
	readonly io: import("multihome").IO;
	readonly network: Record<string, unknown>;
};
