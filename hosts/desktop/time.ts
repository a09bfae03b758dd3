// The module "time" as Moddable programs know it, over the host's clocks.

import { now } from "host/system";

const Time = {
	/** Monotonic milliseconds, an int32 that wraps. */
	get ticks(): number {
		return now();
	},

	/** Milliseconds from one reading of `ticks` to another, or to now. */
	delta(start: number, end = now()): number {
		return (end - start) | 0;
	},

	/** Would set a board's clock. This computer's is not ours to set. */
	set(seconds: number): void {
		if (!Number.isFinite(seconds)) throw new RangeError(`time ${seconds}: expected seconds since 1970`);
	},
};

export default Time;
