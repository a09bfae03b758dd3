// The flow table as the interpreter has it: which socket gets which packets, and which ports are free. Looking into it is `flowFind` of flow-find.ts, filling it flow-table.ts.

import { listenPort } from "#codec";
import { given } from "../address.ts";
import type { Core } from "../packet/core.ts";
import { FlowTable } from "../packet/flow-table.ts";

/** Where these lie in the flow table. */
const { mask: MASK, seed: SEED } = FlowTable.offsets;

/** The flow table, which all interfaces demultiplex by, and so the ports that are in use. `ports`: remote << 16 | local; `meta`: interface slot << 8 | protocol. */
export class Flows {
	/** Arena offset of the table, for `flowFind`. */
	readonly table: number;
	#core: Core;

	constructor(core: Core) {
		this.#core = core;
		this.table = core.layout.flows;
		core.view.setInt32(this.table + MASK, core.layout.flowCapacity - 1, true);
		core.view.setInt32(this.table + SEED, core.random32(), true);
	}

	/** A free local port for a listener or a socket of that protocol | interface slot << 8, at an address ("": any), at random: RFC 6056 §3.3.1. 0 when there is none. */
	ephemeralPort(meta: number, local: string): number {
		return listenPort(this.#core.view, meta, given(this.#core.view, local), this.#core.random32());
	}
}
