// What the stack takes of a board with Moddable's modules; src/host/host.ts says what each does.

import { entropy } from "multihome/entropy";
import Time from "time";
import Timer from "timer";

/** A timer that does not run is put off by so long, ms. */
const NEVER = 0x3fff_ffff;

function drive(poll, yields) {
	let running = false;
	const timer = Timer.set(turn, 0, NEVER);

	function turn() {
		let wait = 0;
		running = true;
		try {
			// Of timers that are due, Moddable runs the oldest first, which this one is: where the program's are to come first, they get a round without it.
			if (!yields()) wait = poll(Time.ticks);
		} finally {
			running = false;
			Timer.schedule(timer, wait < 0 ? NEVER : wait, NEVER);
		}
	}

	return function wake() {
		if (!running) Timer.schedule(timer, 0, NEVER);
	};
}

export const host = { entropy, drive };
