// What links have in common: each kind is a module of its own, so that a firmware has the kinds that its board file names.

import type { Interface, InterfaceOptions } from "multihome";

/** `driver` is the device, `options` what the board file says under the link's name. */
export type MakeLink = (name: string, driver: unknown, common: InterfaceOptions, options: Record<string, unknown>) => Interface;

/** Has a line told to people: on the console of a board, or standard output. */
export type Say = (line: string) => void;
