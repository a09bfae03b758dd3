// What links have in common: each kind is a module of its own, so that a firmware has the kinds that its board file names.

import type { Interface, InterfaceOptions, Stack } from "multihome";

/** `driver` is the device, or the interface that carries it; `options` what the board file says under the link's name; `stack` has the interfaces that stand before it. */
export type MakeLink = (
	name: string,
	driver: unknown,
	common: InterfaceOptions,
	options: Record<string, unknown>,
	stack: Stack,
) => Interface;

/** Has a line told to people: on the console of a board, or standard output. */
export type Say = (line: string) => void;
