// The first key of chance, of bits of the host's.

import { chanceSeed, rawProblem } from "#codec";
import type { Host } from "../host/host.ts";
import { RAW_BYTES, STUCK, UNEVEN } from "./chance.ts";

/** A source that fails is asked again so often. */
const ATTEMPTS = 4;

const PROBLEMS: Readonly<Record<number, string>> = {
	[STUCK]: "the source of randomness is stuck: switch the board off and on",
	[UNEVEN]: "the source of randomness says nearly always the same: switch the board off and on",
};

/** `raw`: where RAW_BYTES of the arena may be written to, which are 0 in the end. Throws Error when what the host gives cannot be used. */
export function seed(view: DataView, raw: number, entropy: NonNullable<Host["entropy"]>): void {
	const bytes = new Uint8Array(view.buffer, view.byteOffset + raw, RAW_BYTES);
	let problem: string | undefined;
	for (let i = 0; i < ATTEMPTS; i++) {
		problem = entropy(bytes) ?? PROBLEMS[rawProblem(view, raw)];
		if (problem === undefined) break;
	}
	if (problem === undefined && !chanceSeed(view, raw)) problem = "the generator does not pass its self-test";
	bytes.fill(0);
	if (problem !== undefined) throw new Error(`random bits: ${problem}`);
}
