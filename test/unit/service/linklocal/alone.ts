// A stack on a wire where nobody gives addresses.

import { Rig } from "../dhcp/rig.ts";

export class Alone extends Rig {
	/** The addresses that `onChanged` has told of. */
	readonly told: (string | null)[] = [];

	constructor(seed = 1) {
		super({ seed });
		this.server.silent = true;
		this.server.reachable = false;
	}
}
