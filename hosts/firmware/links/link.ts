// What a board's links have in common: each kind is a module of its own, so that a firmware has the kinds that its board file names.

import type { Interface, InterfaceOptions } from "../../../src/link/interface.ts";

/** `driver` is an instance of the provider's class, `options` what the board file says under the link's name. */
export type MakeLink = (name: string, driver: unknown, common: InterfaceOptions, options: Record<string, unknown>) => Interface;
