import type { Fault } from "./compile/compile.mjs";

/** Faults of the table's text, given that of the format. */
export function wrongOptions(table: string, format: string): Fault[];
/** Faults of the table of the project at that path. */
export function wrongOffers(root: string): Fault[];
