// Deadlines, compiled: one for all timers that the interpreter serves, one for all neighbours, and one for all connections.

import { CORE, CoreBlock } from "./core-block.ts";

/** Something is due at that time: timers run at the first poll from then on. Answers whether that poll must be asked for: it is earlier than what the last one has said. */
export function deadline(view: DataView, at: number): boolean {
	const core = CoreBlock.of(view, CORE);
	if (core.armed !== 0 && ((at - core.due) | 0) >= 0) return false;
	core.due = at;
	core.armed = 1;
	return core.awake === 0;
}

/** A neighbour is to be looked at at that time. */
export function neighborDeadline(view: DataView, at: number): void {
	const core = CoreBlock.of(view, CORE);
	if (core.neighborsArmed !== 0 && ((at - core.neighborsDue) | 0) >= 0) return;
	core.neighborsDue = at;
	core.neighborsArmed = 1;
	if (core.awake === 0) core.wakes = 1;
}

/** Connections are to be looked at at that time. */
export function tcpDeadline(view: DataView, at: number): void {
	const core = CoreBlock.of(view, CORE);
	if (core.tcpArmed !== 0 && ((at - core.tcpDue) | 0) >= 0) return;
	core.tcpDue = at;
	core.tcpArmed = 1;
	if (core.awake === 0) core.wakes = 1;
}
