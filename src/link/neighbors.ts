// The neighbour entries of all interfaces: who has which link address, and which packets wait to learn it. The protocol that fills
// them is ARP (arp.ts); NDP will use the same entries.

import { NEIGHBOR_QUEUE, incompleteNeighbors, neighborPackets } from "../config.ts";
import { NEIGHBOR_ASKED, NEIGHBOR_LEARNED, NeighborBlock } from "../packet/neighbor-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { NONE, PacketQueue } from "../packet/pool.ts";
import { mix } from "../wire/tables.ts";
import type { Interface } from "./interface.ts";

/** Where these lie in a neighbour's block. */
const { askedAt: ASKED_AT, bits: BITS } = NeighborBlock.offsets;

export const FREE = 0;
/** Asked, no answer yet: packets wait. */
export const INCOMPLETE = 1;
export const REACHABLE = 2;
/** Believed, but old: the next packet starts a unicast check. RFC 1122 §2.3.2.1 (2). */
export const STALE = 3;
/** Believed, and asked again by unicast. */
export const PROBE = 4;
/** Believed, but another station claims the address: everybody is asked, and the answers decide. Packets go to the one known. */
export const CONTESTED = 5;

export const STATE_NAMES = Object.freeze(["free", "incomplete", "reachable", "stale", "probe", "contested"] as const);

/** Whether paths may hold the header of an entry in that state. */
export function isCached(state: number): boolean {
	return state === REACHABLE || state === CONTESTED;
}

export class Neighbor {
	state = FREE;
	/** IPv4 address. */
	address = 0;
	link: Interface | undefined = undefined;
	/** Arena offset of its block (packet/neighbor-block.ts), which begins with the prepared 14-byte Ethernet header. */
	readonly header: number;
	/** When the state ends, ms. */
	until = 0;
	/** Requests sent in this state. */
	requests = 0;
	/** Last use, for replacing the one that was idle longest. A cached path uses it unseen, for NEIGHBOR_REACHABLE_MS at most. */
	usedAt = 0;
	readonly queue: PacketQueue;
	/** The next entry in the same hash chain. */
	chain: Neighbor | undefined = undefined;

	constructor(core: Core, index: number) {
		this.header = core.layout.neighbors + index * NeighborBlock.bytes;
		this.queue = new PacketQueue(core.pool);
	}
}

export class Neighbors {
	readonly entries: Neighbor[] = [];
	/** Packets that wait for neighbours. */
	waiting = 0;
	#core: Core;
	#chains: (Neighbor | undefined)[] = [];
	#mask: number;
	/** Most packets that wait, and how many INCOMPLETE entries are kept though all others are in use. */
	#mostWaiting: number;
	#incomplete: number;

	constructor(core: Core) {
		this.#core = core;
		this.#mostWaiting = neighborPackets(core.limits.packets);
		this.#incomplete = incompleteNeighbors(core.limits.neighbors);
		let chains = 1;
		while (chains < core.limits.neighbors) chains *= 2;
		this.#mask = chains - 1;
		for (let i = 0; i < chains; i++) this.#chains.push(undefined);
		for (let i = 0; i < core.limits.neighbors; i++) this.entries.push(new Neighbor(core, i));
	}

	#chainOf(link: Interface, address: number): number {
		return mix(link.slot, address) & this.#mask;
	}

	/** NEIGHBOR_LEARNED and so on, or-ed. */
	bits(entry: Neighbor): number {
		return this.#core.view.getInt32(entry.header + BITS, true);
	}

	setBits(entry: Neighbor, bits: number): void {
		this.#core.view.setInt32(entry.header + BITS, bits, true);
	}

	/** Everybody is asked now whose the entry's address is, as more than one station says so. */
	asked(entry: Neighbor): void {
		this.#core.view.setInt32(entry.header + ASKED_AT, this.#core.now, true);
		this.setBits(entry, this.bits(entry) | NEIGHBOR_ASKED);
	}

	/** Whether that was less than so many ms ago. An entry in use may be older than half the clock's range. */
	askedWithin(entry: Neighbor, ms: number): boolean {
		if (!(this.bits(entry) & NEIGHBOR_ASKED)) return false;
		const ago = (this.#core.now - this.askedAt(entry)) | 0;
		return ago >= 0 && ago < ms;
	}

	/** When that was, ms. */
	askedAt(entry: Neighbor): number {
		return this.#core.view.getInt32(entry.header + ASKED_AT, true);
	}

	/** The entry for an address behind an interface, or undefined. */
	find(link: Interface, address: number): Neighbor | undefined {
		let entry = this.#chains[this.#chainOf(link, address)];
		while (entry !== undefined && (entry.address !== address || entry.link !== link)) entry = entry.chain;
		return entry;
	}

	/** A new INCOMPLETE entry, for a packet of ours. When none is free another gives way. */
	add(link: Interface, address: number): Neighbor {
		return this.#begin(this.#leastWanted(), link, address);
	}

	/** A new entry for somebody who asked for us, or undefined: strangers take the place of other such strangers alone. */
	learn(link: Interface, address: number): Neighbor | undefined {
		let chosen: Neighbor | undefined = undefined;
		for (let i = 0; i < this.entries.length; i++) {
			const entry = this.entries[i]!;
			if (entry.state === FREE) {
				chosen = entry;
				break;
			}
			if (this.bits(entry) & NEIGHBOR_LEARNED) chosen = this.#idler(chosen, entry);
		}
		if (chosen === undefined) return undefined;
		const entry = this.#begin(chosen, link, address);
		this.setBits(entry, NEIGHBOR_LEARNED);
		return entry;
	}

	/**
	 * Who gives way: strangers that we never wrote to; then who is not in use any more; then those that have not answered, from a quarter of the entries on,
	 * as who scans or forges senders makes many of them; then who is in use. Of each the one idle longest.
	 */
	#leastWanted(): Neighbor {
		let learned: Neighbor | undefined = undefined;
		let stale: Neighbor | undefined = undefined;
		let incomplete: Neighbor | undefined = undefined;
		let known: Neighbor | undefined = undefined;
		let asked = 0;
		for (let i = 0; i < this.entries.length; i++) {
			const entry = this.entries[i]!;
			if (entry.state === FREE) return entry;
			if (this.bits(entry) & NEIGHBOR_LEARNED) learned = this.#idler(learned, entry);
			else if (entry.state === STALE) stale = this.#idler(stale, entry);
			else if (entry.state === INCOMPLETE) {
				asked++;
				incomplete = this.#idler(incomplete, entry);
			} else known = this.#idler(known, entry);
		}
		return learned ?? stale ?? (asked < this.#incomplete ? (known ?? incomplete!) : incomplete!);
	}

	#idler(chosen: Neighbor | undefined, entry: Neighbor): Neighbor {
		return chosen !== undefined && ((chosen.usedAt - entry.usedAt) | 0) <= 0 ? chosen : entry;
	}

	#begin(entry: Neighbor, link: Interface, address: number): Neighbor {
		const block = entry.link === undefined ? 0 : entry.link.block;
		for (let n = this.free(entry); n > 0; n--) this.#core.count(block, DROP.neighborQueueFull);
		entry.state = INCOMPLETE;
		entry.link = link;
		entry.address = address;
		entry.requests = 0;
		this.setBits(entry, 0);
		entry.until = entry.usedAt = this.#core.now;
		const chain = this.#chainOf(link, address);
		entry.chain = this.#chains[chain];
		this.#chains[chain] = entry;
		return entry;
	}

	/**
	 * A packet waits for the entry's neighbour. Answers whether it was kept. The newest are: RFC 1122 §2.3.2.2. When all places are taken, the oldest of those
	 * gives way for which most wait.
	 */
	hold(entry: Neighbor, packet: number, at: number, end: number): boolean {
		const pool = this.#core.pool;
		if (entry.queue.length >= NEIGHBOR_QUEUE) this.#dropOldest(entry);
		else if (this.waiting !== 0 && (this.waiting >= this.#mostWaiting || pool.available < 1))
			this.#dropOldest(this.#longest(entry));
		// Who keeps a packet must leave one for its caller to go on with.
		if (pool.available < 1) {
			this.#core.count(entry.link!.block, DROP.noPacketBuffer);
			return false;
		}
		pool.start[packet] = at;
		pool.end[packet] = end;
		entry.queue.push(packet);
		this.waiting++;
		return true;
	}

	/** The entry for which most packets wait: itself, rather than another with as many; of others the one idle longest. */
	#longest(own: Neighbor): Neighbor {
		let chosen = own;
		for (let i = 0; i < this.entries.length; i++) {
			const entry = this.entries[i]!;
			const more = entry.queue.length - chosen.queue.length;
			if (more > 0 || (more === 0 && chosen !== own && ((chosen.usedAt - entry.usedAt) | 0) > 0)) chosen = entry;
		}
		return chosen;
	}

	#dropOldest(entry: Neighbor): void {
		this.#core.pool.release(this.take(entry));
		this.#core.count(entry.link!.block, DROP.neighborQueueFull);
	}

	/** Takes the oldest packet that waits for the entry, or NONE. */
	take(entry: Neighbor): number {
		const packet = entry.queue.shift();
		if (packet !== NONE) this.waiting--;
		return packet;
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
		if (isCached(entry.state)) this.#core.changeWays();
		entry.state = FREE;
		entry.link = undefined;
		entry.address = 0;
		const released = entry.queue.clear();
		this.waiting -= released;
		return released;
	}

	/** The interface, not `link`, behind which a station with that address is known; undefined when none is. */
	behindOther(address: number, link: Interface): Interface | undefined {
		const entries = this.entries;
		for (let i = 0; i < entries.length; i++) {
			const entry = entries[i]!;
			if (entry.address === address && entry.link !== link && entry.state !== FREE && entry.state !== INCOMPLETE)
				return entry.link;
		}
		return undefined;
	}

	/** Forgets all entries of an interface. */
	flush(link: Interface): void {
		for (let i = 0; i < this.entries.length; i++) {
			if (this.entries[i]!.link !== link) continue;
			for (let n = this.free(this.entries[i]!); n > 0; n--) this.#core.count(link.block, DROP.interfaceDown);
		}
	}
}
