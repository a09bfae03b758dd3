// One deadline for all timers, compiled.

import { CORE, CoreBlock } from "./core-block.ts";

/** Something is due at that time: timers run at the first poll from then on. Answers whether that poll must be asked for: it is earlier than what the last one has said. */
export function deadline(view: DataView, at: number): boolean {
	const core = CoreBlock.of(view, CORE);
	if (core.armed !== 0 && ((at - core.due) | 0) >= 0) return false;
	core.due = at;
	core.armed = 1;
	return core.awake === 0;
}
