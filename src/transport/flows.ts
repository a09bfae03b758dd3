// The flow table as the interpreter has it: which socket gets which packets, and which ports are free. Looking into it is `flowFind` of the codec, filling it flow-table.ts.

import { flowHas, flowInsert, flowRemove, freePort } from "#codec";
import type { Core } from "../packet/core.ts";
import { FlowTable } from "../packet/flow-table.ts";
import { EPHEMERALS, FIRST_EPHEMERAL } from "./flow-table.ts";

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

	/** Whether a socket has this key. */
	has(local: number, remote: number, ports: number, meta: number): boolean {
		return flowHas(this.#core.view, local, remote, ports, meta);
	}

	/** Enters a socket. Answers false when the key is taken. */
	insert(local: number, remote: number, ports: number, meta: number, value: number): boolean {
		return flowInsert(this.#core.view, local, remote, ports, meta, value);
	}

	/** Removes a key, if it is there. */
	remove(local: number, remote: number, ports: number, meta: number): void {
		flowRemove(this.#core.view, local, remote, ports, meta);
	}

	/** A free local port for a protocol, chosen at random among `count`, a power of two: RFC 6056 §3.3.1. 0 when there is none. */
	ephemeralPort(
		protocol: number,
		local: number,
		remote: number,
		remotePort: number,
		first = FIRST_EPHEMERAL,
		count = EPHEMERALS,
	): number {
		return freePort(this.#core.view, protocol, local, remote, remotePort, first, count, this.#core.random32());
	}
}
