// The module "timer" as Moddable programs know it, over the host's timers.

import { armTimer, createTimer, destroyTimer } from "host/loop";

interface Running {
	id: number;
	/** Ms between calls; -1 for a timer that runs once. */
	repeat: number;
}

type Callback = (timer: Running) => void;

function start(callback: Callback, ms: number, repeat: number): Running {
	const timer: Running = { id: -1, repeat };
	timer.id = createTimer(() => {
		if (timer.repeat >= 0) armTimer(timer.id, timer.repeat);
		else Timer.clear(timer);
		callback(timer);
	});
	armTimer(timer.id, ms);
	return timer;
}

const Timer = {
	/** Calls back once in `ms` milliseconds, and with `repeat` again every so many after that. */
	set(callback: Callback, ms = 0, repeat?: number): Running {
		return start(callback, ms, repeat ?? -1);
	},

	repeat(callback: Callback, ms: number): Running {
		return start(callback, ms, ms);
	},

	/** Runs in `ms` milliseconds instead of when it was to run. */
	schedule(timer: Running, ms: number, repeat?: number): void {
		timer.repeat = repeat ?? -1;
		if (timer.id >= 0) armTimer(timer.id, ms);
	},

	clear(timer: Running | undefined): void {
		if (timer === undefined || timer.id < 0) return;
		destroyTimer(timer.id);
		timer.id = -1;
	},
};

export default Timer;
