// What the stack and its status know of a router, which is a module of its own: `multihome/router`.

import type { Service } from "./services.ts";

/** Who writes JSON. */
export interface Told {
	key(name: string): void;
	number(value: number): void;
	text(value: string): void;
}

export interface RouterView extends Service {
	/** Writes the first of what it has to tell from `index` on, if there is something there, with its name. Answers the index to go on from, -1 behind the last. */
	tell(out: Told, index: number): number;
}
