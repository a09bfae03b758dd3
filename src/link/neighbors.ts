// The neighbour entries of all interfaces: who has which link address. The protocol that fills them is ARP (arp.ts);
// NDP will use the same entries.

import { NEIGHBOR_BLOCK } from "../packet/blocks.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { PacketQueue } from "../packet/pool.ts";
import { mix } from "../wire/tables.ts";
import type { Interface } from "./interface.ts";

export const FREE = 0;
/** Asked, no answer yet: packets wait. */
export const INCOMPLETE = 1;
export const REACHABLE = 2;
/** Believed, but old: the next packet starts a unicast check. RFC 1122 §2.3.2.1 (2). */
export const STALE = 3;
/** Believed, and asked again by unicast. */
export const PROBE = 4;

export const STATE_NAMES = Object.freeze(["free", "incomplete", "reachable", "stale", "probe"] as const);

export class Neighbor {
	state = FREE;
	/** IPv4 address. */
	address = 0;
	link: Interface | undefined = undefined;
	/** Arena offset of the prepared 14-byte Ethernet header. */
	readonly header: number;
	/** When the state ends, ms. */
	until = 0;
	/** Requests sent in this state. */
	requests = 0;
	/** Last use, for replacing the one that was idle longest. */
	usedAt = 0;
	readonly queue: PacketQueue;
	/** The next entry in the same hash chain. */
	chain: Neighbor | undefined = undefined;

	constructor(core: Core, index: number) {
		this.header = core.layout.neighbors + index * NEIGHBOR_BLOCK;
		this.queue = new PacketQueue(core.pool);
	}
}

export class Neighbors {
	readonly entries: Neighbor[] = [];
	#core: Core;
	#chains: (Neighbor | undefined)[] = [];
	#mask: number;

	constructor(core: Core) {
		this.#core = core;
		let chains = 1;
		while (chains < core.limits.neighbors) chains *= 2;
		this.#mask = chains - 1;
		for (let i = 0; i < chains; i++) this.#chains.push(undefined);
		for (let i = 0; i < core.limits.neighbors; i++) this.entries.push(new Neighbor(core, i));
	}

	#chainOf(link: Interface, address: number): number {
		return mix(link.slot, address) & this.#mask;
	}

	/** The entry for an address behind an interface, or undefined. */
	find(link: Interface, address: number): Neighbor | undefined {
		let entry = this.#chains[this.#chainOf(link, address)];
		while (entry !== undefined && (entry.address !== address || entry.link !== link)) entry = entry.chain;
		return entry;
	}

	/** A new INCOMPLETE entry. Takes the place of the one idle longest when none is free; those that never answered go first, so that a scan pushes no real neighbour out. */
	add(link: Interface, address: number): Neighbor {
		const now = this.#core.now;
		let chosen = this.entries[0]!;
		let most = -1;
		for (let i = 0; i < this.entries.length; i++) {
			const entry = this.entries[i]!;
			if (entry.state === FREE) {
				chosen = entry;
				break;
			}
			let idle = (now - entry.usedAt) | 0;
			if (entry.state === INCOMPLETE) idle = (idle & 0x3fffffff) + 0x40000000;
			if (idle > most) {
				most = idle;
				chosen = entry;
			}
		}
		const block = chosen.link === undefined ? 0 : chosen.link.block;
		for (let n = this.free(chosen); n > 0; n--) this.#core.count(block, DROP.neighborQueueFull);
		chosen.state = INCOMPLETE;
		chosen.link = link;
		chosen.address = address;
		chosen.requests = 0;
		chosen.until = chosen.usedAt = now;
		const chain = this.#chainOf(link, address);
		chosen.chain = this.#chains[chain];
		this.#chains[chain] = chosen;
		return chosen;
	}

	/** Forgets an entry; what waited for it is released. Answers how many packets that were. */
	free(entry: Neighbor): number {
		if (entry.link !== undefined) {
			const chain = this.#chainOf(entry.link, entry.address);
			let at = this.#chains[chain];
			if (at === entry) this.#chains[chain] = entry.chain;
			else {
				while (at!.chain !== entry) at = at!.chain;
				at!.chain = entry.chain;
			}
			entry.chain = undefined;
		}
		this.#core.stamp++;
		entry.state = FREE;
		entry.link = undefined;
		entry.address = 0;
		return entry.queue.clear();
	}

	/** Forgets all entries of an interface. */
	flush(link: Interface): void {
		for (let i = 0; i < this.entries.length; i++) {
			if (this.entries[i]!.link !== link) continue;
			for (let n = this.free(this.entries[i]!); n > 0; n--) this.#core.count(link.block, DROP.interfaceDown);
		}
	}
}
