// What random bits are made of, chance.ts.

import { CHACHA } from "./chacha.ts";
import { CORE_END } from "./core-block.ts";
import { bytes, int32, record, type RowOf } from "./record.ts";

export const ChanceBlock = record({
	/** The state of ChaCha20: constants, key, counter and nonce. RFC 8439 §2.3. */
	constants: bytes(16),
	key: bytes(32),
	counter: bytes(16),
	/** The block that was made of it last: its first half is the present key. */
	block: bytes(CHACHA),
	/** Words of its second half that are left. */
	left: int32,
});
export type ChanceBlock = RowOf<typeof ChanceBlock>;

/** Where it lies: behind the CoreBlock. */
export const CHANCE = CORE_END;
/** Where it ends. */
export const CHANCE_END = CHANCE + ((ChanceBlock.bytes + 7) & ~7);
