// A chip that does not answer when a board starts: it is told once, looked for, and told once more when it has come.

import type { Say } from "./links/link.ts";

/** What a driver is given beside its own options, and what it has: drivers/ethernet/device.ts. Those of UARTs take no notice. */
interface Patient {
	onAbsent(problem: string): void;
}
interface Looked {
	readonly present?: boolean;
	readonly closed?: boolean;
}

/** Moddable's module "timer". */
interface Timers<T> {
	repeat(callback: () => void, ms: number): T;
	clear(timer: T): void;
}

/** Between looks at whether it has come, ms. */
const LOOK_MS = 250;

/** Opens a driver. Throws what the driver throws. */
export function openPatiently<D, T>(name: string, open: (patient: Patient) => D, timers: Timers<T>, say: Say): D {
	let absent = false;
	const device = open({
		onAbsent(problem) {
			absent = true;
			say(`${name}: ${problem}; it is looked for`);
		},
	});
	if (!absent) return device;
	const chip = device as Looked;
	const timer = timers.repeat(() => {
		if (!chip.closed && !chip.present) return;
		timers.clear(timer);
		if (!chip.closed) say(`${name}: the chip answers`);
	}, LOOK_MS);
	return device;
}
