// What the stack takes of this host; src/host/host.ts says what each does.

import { armTimer, createTimer, disarmTimer } from "host/loop";
import { now } from "host/system";

function entropy(bytes) @ "xs_multihome_entropy";

function drive(poll) {
	const timer = createTimer(turn);
	let soon = false;

	function turn() {
		soon = true; // a wish that comes up within the poll is in its answer
		let wait = 0;
		try {
			wait = poll(now());
		} finally {
			soon = false;
			if (wait > 0) armTimer(timer, wait);
			else if (wait < 0) disarmTimer(timer);
			else wake();
		}
	}

	// By the timer, as on boards, and not before other timers that are due: Moddable's modules count on a timer of 0 ms that a callback sets to
	// run before the socket's next callback.
	function wake() {
		if (soon) return;
		soon = true;
		armTimer(timer, 0);
	}

	wake();
	return wake;
}

export const host = { entropy, drive };
