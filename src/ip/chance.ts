// Chance for compiled code, which cannot call the host's source: a keyed hash (wire/hash.ts) of a counter, with a key from that source. Who does not know the key foretells nothing
// from what came before; a store of words that the interpreter fills would run out within a poll.

import { CORE, CoreBlock } from "../packet/core-block.ts";
import { halfSipHash } from "../wire/hash.ts";

/** 32 random bits. */
export function chance32(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const count = (core.chanceCount + 1) | 0;
	core.chanceCount = count;
	return halfSipHash(core.chanceKey, core.chanceKey2, count, 0, 0);
}
