import type { Fault } from "./compile/compile.mjs";

/** Faults of one file's text. */
export function wrongOffsets(file: string, text: string): Fault[];
/** Faults of all formats of the project at that path. */
export function wrongFormats(root: string): Fault[];
