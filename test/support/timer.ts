// The module "timer" on a virtual clock, for tests of programs: they import it as they do on a board. `useClock` says which clock.

import type { VirtualClock } from "./clock.ts";

interface Running {
	/** Ms between calls; -1 for a timer that runs once. */
	repeat: number;
	cancel: (() => void) | undefined;
	callback: (timer: Running) => void;
}

let clock: VirtualClock;

/** Timers that are made from now on run on this clock. */
export function useClock(other: VirtualClock): void {
	clock = other;
}

function arm(timer: Running, ms: number): void {
	timer.cancel = clock.after(ms, () => {
		timer.cancel = undefined;
		if (timer.repeat >= 0) arm(timer, timer.repeat);
		timer.callback(timer);
	});
}

function start(callback: Running["callback"], ms: number, repeat: number): Running {
	const timer: Running = { repeat, cancel: undefined, callback };
	arm(timer, ms);
	return timer;
}

const Timer = {
	set: (callback: Running["callback"], ms = 0, repeat = -1): Running => start(callback, ms, repeat),
	repeat: (callback: Running["callback"], ms: number): Running => start(callback, ms, ms),
	schedule(timer: Running, ms: number, repeat = -1): void {
		timer.cancel?.();
		timer.repeat = repeat;
		arm(timer, ms);
	},
	clear(timer: Running | undefined): void {
		timer?.cancel?.();
		if (timer !== undefined) timer.repeat = -1;
	},
};

export default Timer;
