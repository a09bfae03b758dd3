// The first module of the bundle: what tests, and fast-check, find in `globalThis` on XS.

import { createTimer, destroyTimer, armTimer } from "host/loop";
import { args, print, warn } from "host/system";

const environment: Record<string, string> = {};
for (const argument of args) {
	const at = argument.indexOf("=");
	if (at > 0) environment[argument.slice(0, at)] = argument.slice(at + 1);
}

Object.assign(globalThis, {
	testEnvironment: environment,
	console: { log: print, info: print, warn, error: warn },
	setTimeout(callback: () => void, ms = 0): number {
		const timer = createTimer((id) => {
			destroyTimer(id);
			callback();
		});
		armTimer(timer, ms);
		return timer;
	},
	clearTimeout(timer: number | undefined): void {
		if (timer !== undefined) destroyTimer(timer);
	},
});
