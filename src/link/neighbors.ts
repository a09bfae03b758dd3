// The neighbour entries of all interfaces: who has which link address, and which packets wait to learn it. Flat TypeScript. The protocol that fills
// them are ARP (arp.ts) and neighbour discovery (nd.ts). As the interpreter sees them: neighbor-list.ts.

import { CONTROL_PACKETS, INCOMPLETE_SHIFT, NEIGHBOR_QUEUE } from "../config.ts";
import { copyAddress, mixAddress, sameAddress, setNone } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import {
	CONTESTED,
	FREE,
	INCOMPLETE,
	NEIGHBOR_ASKED,
	NEIGHBOR_LEARNED,
	NeighborBlock,
	REACHABLE,
	STALE,
} from "../packet/neighbor-block.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { NONE, packetRelease } from "../packet/packets.ts";

/** Whether paths may hold the header of an entry in that state. */
export function isCached(state: number): boolean {
	return state === REACHABLE || state === CONTESTED;
}

/** Ways that paths hold are looked up anew before they are used again. */
export function changeWays(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.wayVersion = (core.wayVersion + 1) | 0;
}

/** Routes have changed, or something that they rest on. */
export function changeRoutes(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.routesStale = 1;
	core.routeVersion = (core.routeVersion + 1) | 0;
	changeWays(view);
}

/** Arena offset of the entry with that index. */
export function neighborAt(view: DataView, index: number): Offset {
	return (CoreBlock.of(view, CORE).neighbors + Math.imul(index, NeighborBlock.bytes)) | 0;
}

/** Arena offset of the head of the chain of an address behind an interface. */
function chainOf(view: DataView, link: InterfaceBlock, address: Address): Offset {
	const core = CoreBlock.of(view, CORE);
	return (core.neighborChains + Math.imul(mixAddress(view, link.slot, address) & core.neighborMask, 4)) | 0;
}

/** The entry for an address behind an interface, or 0. */
export function neighborFind(view: DataView, link: InterfaceBlock, address: Address): Offset {
	let at = view.getInt32(chainOf(view, link, address), true);
	while (at !== 0) {
		const entry = NeighborBlock.of(view, at);
		if (sameAddress(view, entry.address, address) && entry.link === link.at) break;
		at = entry.chain;
	}
	return at;
}

/** A new INCOMPLETE entry, for a packet of ours. When none is free another gives way. */
export function neighborAdd(view: DataView, link: InterfaceBlock, address: Address): Offset {
	return begin(view, leastWanted(view), link, address);
}

/** A new entry for somebody who asked for us, or 0: strangers take the place of other such strangers alone. */
export function neighborLearn(view: DataView, link: InterfaceBlock, address: Address): Offset {
	const count = CoreBlock.of(view, CORE).neighborCount;
	let chosen = 0;
	for (let i = 0; i < count; i++) {
		const entry = NeighborBlock.of(view, neighborAt(view, i));
		if (entry.state === FREE) {
			chosen = entry.at;
			break;
		}
		if ((entry.bits & NEIGHBOR_LEARNED) !== 0) chosen = idler(view, chosen, entry);
	}
	if (chosen === 0) return 0;
	const at = begin(view, chosen, link, address);
	NeighborBlock.of(view, at).bits = NEIGHBOR_LEARNED;
	return at;
}

/**
 * Who gives way: strangers that we never wrote to; then who is not in use any more; then those that have not answered, from a quarter of the entries on,
 * as who scans or forges senders makes many of them; then who is in use. Of each the one idle longest.
 */
function leastWanted(view: DataView): Offset {
	const count = CoreBlock.of(view, CORE).neighborCount;
	let learned = 0;
	let stale = 0;
	let incomplete = 0;
	let known = 0;
	let asked = 0;
	for (let i = 0; i < count; i++) {
		const entry = NeighborBlock.of(view, neighborAt(view, i));
		if (entry.state === FREE) return entry.at;
		if ((entry.bits & NEIGHBOR_LEARNED) !== 0) learned = idler(view, learned, entry);
		else if (entry.state === STALE) stale = idler(view, stale, entry);
		else if (entry.state === INCOMPLETE) {
			asked = (asked + 1) | 0;
			incomplete = idler(view, incomplete, entry);
		} else known = idler(view, known, entry);
	}
	if (learned !== 0) return learned;
	if (stale !== 0) return stale;
	return known !== 0 && asked < Math.max(1, count >> INCOMPLETE_SHIFT) ? known : incomplete;
}

/** Of the entry at `chosen`, when it is not 0, and another the one that was idle longer. */
function idler(view: DataView, chosen: Offset, entry: NeighborBlock): Offset {
	return chosen !== 0 && ((NeighborBlock.of(view, chosen).usedAt - entry.usedAt) | 0) <= 0 ? chosen : entry.at;
}

function begin(view: DataView, at: Offset, link: InterfaceBlock, address: Address): Offset {
	const entry = NeighborBlock.of(view, at);
	neighborFree(view, entry, DROP.neighborQueueFull);
	const now = CoreBlock.of(view, CORE).now;
	entry.state = INCOMPLETE;
	entry.link = link.at;
	copyAddress(view, entry.address, address);
	entry.requests = 0;
	entry.bits = 0;
	entry.until = now;
	entry.usedAt = now;
	const chain = chainOf(view, link, address);
	entry.chain = view.getInt32(chain, true);
	view.setInt32(chain, at, true);
	return at;
}

/**
 * A packet waits for the entry's neighbour. Answers whether it was kept. The newest are: RFC 1122 §2.3.2.2. When all places are taken, the oldest of those
 * gives way for which most wait.
 */
export function neighborHold(view: DataView, entry: NeighborBlock, packet: number, at: Offset, end: Offset): boolean {
	const core = CoreBlock.of(view, CORE);
	if (entry.waiting >= NEIGHBOR_QUEUE) dropOldest(view, entry);
	else if (core.neighborPackets !== 0 && (core.neighborPackets >= core.neighborPacketsMost || core.free <= CONTROL_PACKETS))
		dropOldest(view, NeighborBlock.of(view, longest(view, entry)));
	// Who keeps a packet must leave one for its caller to go on with.
	if (core.free <= CONTROL_PACKETS) {
		drop(view, InterfaceBlock.of(view, entry.link), DROP.noPacketBuffer);
		return false;
	}
	const index = Math.imul(packet, 4);
	view.setInt32((core.starts + index) | 0, at, true);
	view.setInt32((core.ends + index) | 0, end, true);
	view.setInt32((core.nexts + index) | 0, NONE, true);
	if (entry.waiting === 0) entry.queueFirst = packet;
	else view.setInt32((core.nexts + Math.imul(entry.queueLast, 4)) | 0, packet, true);
	entry.queueLast = packet;
	entry.waiting = (entry.waiting + 1) | 0;
	core.neighborPackets = (core.neighborPackets + 1) | 0;
	return true;
}

/** The entry for which most packets wait: itself, rather than another with as many; of others the one idle longest. */
function longest(view: DataView, own: NeighborBlock): Offset {
	const count = CoreBlock.of(view, CORE).neighborCount;
	let chosen = own.at;
	for (let i = 0; i < count; i++) {
		const entry = NeighborBlock.of(view, neighborAt(view, i));
		const other = NeighborBlock.of(view, chosen);
		const more = (entry.waiting - other.waiting) | 0;
		if (more > 0 || (more === 0 && chosen !== own.at && ((other.usedAt - entry.usedAt) | 0) > 0)) chosen = entry.at;
	}
	return chosen;
}

function dropOldest(view: DataView, entry: NeighborBlock): void {
	packetRelease(view, neighborTake(view, entry));
	drop(view, InterfaceBlock.of(view, entry.link), DROP.neighborQueueFull);
}

/** Takes the oldest packet that waits for the entry, or NONE. */
export function neighborTake(view: DataView, entry: NeighborBlock): number {
	const core = CoreBlock.of(view, CORE);
	if (entry.waiting === 0) return NONE;
	const packet = entry.queueFirst;
	entry.queueFirst = view.getInt32((core.nexts + Math.imul(packet, 4)) | 0, true);
	entry.waiting = (entry.waiting - 1) | 0;
	core.neighborPackets = (core.neighborPackets - 1) | 0;
	return packet;
}

/** Forgets an entry; what waited for it is released, and counted as dropped for that reason. */
export function neighborFree(view: DataView, entry: NeighborBlock, reason: number): void {
	if (entry.link !== 0) {
		const link = InterfaceBlock.of(view, entry.link);
		for (let packet = neighborTake(view, entry); packet !== NONE; packet = neighborTake(view, entry)) {
			packetRelease(view, packet);
			drop(view, link, reason);
		}
		unchain(view, entry, chainOf(view, link, entry.address));
	}
	if (isCached(entry.state)) changeWays(view);
	entry.state = FREE;
	entry.link = 0;
	setNone(view, entry.address);
}

function unchain(view: DataView, entry: NeighborBlock, head: Offset): void {
	let at = view.getInt32(head, true);
	if (at === entry.at) view.setInt32(head, entry.chain, true);
	while (at !== 0) {
		const other = NeighborBlock.of(view, at);
		at = other.chain;
		if (at === entry.at) {
			other.chain = entry.chain;
			break;
		}
	}
	entry.chain = 0;
}

/** Forgets all entries of an interface, which is down. */
export function neighborFlush(view: DataView, block: Offset): void {
	const count = CoreBlock.of(view, CORE).neighborCount;
	for (let i = 0; i < count; i++) {
		const entry = NeighborBlock.of(view, neighborAt(view, i));
		if (entry.link === block) neighborFree(view, entry, DROP.interfaceDown);
	}
}

/** Everybody was asked less than so many ms ago whose the entry's address is. An entry in use may be older than half the clock's range. */
export function askedWithin(view: DataView, entry: NeighborBlock, ms: number): boolean {
	if ((entry.bits & NEIGHBOR_ASKED) === 0) return false;
	const ago = (CoreBlock.of(view, CORE).now - entry.askedAt) | 0;
	return ago >= 0 && ago < ms;
}
