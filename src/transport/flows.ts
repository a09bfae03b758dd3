// Filling the flow table: which socket gets which packets, and which ports are free. Looking into it is `flowFind` of the codec.

import { FlowEntry, FlowTable } from "../packet/flow-table.ts";
import type { Core } from "../packet/core.ts";
import { flowHash } from "../wire/tables.ts";
import { flowEntry } from "#codec";

/** Where these lie in the flow table and in one of its entries. */
const { mask: MASK, seed: SEED } = FlowTable.offsets;
const { local: LOCAL, remote: REMOTE, ports: PORTS, meta: META, value: VALUE } = FlowEntry.offsets;

/** IANA's range for ephemeral ports. RFC 6335 §6. */
const FIRST_EPHEMERAL = 49_152;
const EPHEMERALS = 16_384;
/** Questions of resolvers come from any port from here on, above those that programs are likely to want: RFC 5452 §9.2. */
export const FIRST_LOOKUP = 32_768;
export const LOOKUPS = 32_768;

/** The flow table, which all interfaces demultiplex by, and so the ports that are in use. */
export class Flows {
	/** Arena offset of the table, for `flowFind`. */
	readonly table: number;
	#core: Core;
	#view: DataView;
	#mask: number;

	constructor(core: Core) {
		this.#core = core;
		this.#view = core.view;
		this.table = core.layout.flows;
		this.#mask = core.layout.flowCapacity - 1;
		core.view.setInt32(this.table + MASK, this.#mask, true);
		core.view.setInt32(this.table + SEED, core.random32(), true);
	}

	/** Whether a socket has this key. `ports`: remote << 16 | local; `meta`: interface slot << 8 | protocol. */
	has(local: number, remote: number, ports: number, meta: number): boolean {
		const entry = flowEntry(this.#view, this.table, local, remote, ports, meta);
		return this.#view.getInt32(entry + META, true) !== 0;
	}

	/** Enters a socket. Answers false when the key is taken. */
	insert(local: number, remote: number, ports: number, meta: number, value: number): boolean {
		const view = this.#view;
		const entry = flowEntry(view, this.table, local, remote, ports, meta);
		if (view.getInt32(entry + META, true) !== 0) return false;
		view.setInt32(entry + LOCAL, local, true);
		view.setInt32(entry + REMOTE, remote, true);
		view.setInt32(entry + PORTS, ports, true);
		view.setInt32(entry + META, meta, true);
		view.setInt32(entry + VALUE, value, true);
		return true;
	}

	/** Removes a key, if it is there. Entries that were pushed on by it move up, so that no look-up meets a gap. */
	remove(local: number, remote: number, ports: number, meta: number): void {
		const view = this.#view;
		let gap = flowEntry(view, this.table, local, remote, ports, meta);
		if (view.getInt32(gap + META, true) === 0) return;
		const first = this.table + FlowTable.bytes;
		const seed = view.getInt32(this.table + SEED, true);
		let gapIndex = ((gap - first) / FlowEntry.bytes) | 0;
		for (let index = (gapIndex + 1) & this.#mask; ; index = (index + 1) & this.#mask) {
			const entry = first + index * FlowEntry.bytes;
			const entryMeta = view.getInt32(entry + META, true);
			if (entryMeta === 0) break;
			const home =
				flowHash(
					seed,
					view.getInt32(entry + LOCAL, true),
					view.getInt32(entry + REMOTE, true),
					view.getInt32(entry + PORTS, true),
					entryMeta,
				) & this.#mask;
			// It may fill the gap unless its home lies behind the gap, up to where it stands.
			if (((index - home) & this.#mask) < ((index - gapIndex) & this.#mask)) continue;
			for (let i = 0; i < FlowEntry.bytes; i += 4) view.setInt32(gap + i, view.getInt32(entry + i));
			gap = entry;
			gapIndex = index;
		}
		view.setInt32(gap + META, 0);
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
		let offset = this.#core.random32() & (count - 1);
		for (let i = 0; i < count; i++) {
			const port = first + offset;
			if (
				!this.has(local, remote, (remotePort << 16) | port, protocol) &&
				!this.has(local, 0, port, protocol) &&
				!this.has(0, 0, port, protocol)
			)
				return port;
			offset = (offset + 1) & (count - 1);
		}
		return 0;
	}
}
