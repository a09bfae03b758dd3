import type { Cell } from "./goodput-cells.mjs";

export interface Tools {
	readonly wire: string;
	readonly peer: string;
	readonly host: string;
}

export interface LinuxTransfer {
	/** Mbit/s. */
	readonly goodput: number;
	readonly bytes: number;
	readonly seconds: number;
	/** "" when nothing went wrong. */
	readonly error: string;
	/** The kernel's counters that are not 0. */
	readonly counters: Readonly<Record<"client" | "server", Readonly<Record<string, number>> | undefined>>;
}

export interface TransferOptions {
	readonly peer: "linux" | "multihome";
	/** Of that peer. */
	readonly role: "send" | "receive";
	readonly seed: number;
	readonly control?: string;
	readonly pcap?: string;
}

export function prepare(options?: { quiet?: boolean }): Promise<Tools>;
export function transfer(tools: Tools, cell: Cell, options: TransferOptions): Promise<LinuxTransfer>;
/** Compiles a program of test/interop/support unless that was done; answers where it is. */
export function compile(source: string): Promise<string>;
