// From IP to the link, compiled: the neighbour is found, or asked for while the packet waits, and the way is noted in the path when it is sure.

import { isV4, sameAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";
import { INCOMPLETE, NEIGHBOR_LEARNED, NeighborBlock, STALE } from "../packet/neighbor-block.ts";
import { hasIpv6, hasRouter } from "../packet/kernels/parts.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { isBroadcast, isMulticast } from "../wire/scope.ts";
import * as ethernet from "../wire/ethernet.ts";
import { neighborDelay, neighborProbe, neighborRequest } from "./arp.ts";
import { isCached, neighborAdd, neighborFind, neighborHold } from "./neighbors.ts";
import { send } from "./transmit.ts";

/** Sends the IP packet in bytes `at` to `end` to `path.nextHop` by an interface that is up. Answers whether the packet was kept. */
export function linkOutput(
	view: DataView,
	link: InterfaceBlock,
	packet: number,
	at: Offset,
	end: Offset,
	path: PathBlock,
): boolean {
	if ((link.flags & FLAG_ETHERNET) === 0) {
		// No neighbours: what goes in comes out at the other end.
		// What goes to groups is looked at each time: sockets of this board may be in them (transport/udp/send.ts).
		if (!isMulticast(view, path.destination)) settle(view, path, 0);
		return send(view, link, packet, at, end, 0);
	}
	const nextHop = path.nextHop;
	if (isBroadcast(view, nextHop)) return send(view, link, packet, at, end, link.broadcastHeader);
	if (isMulticast(view, nextHop)) return multicast(view, link, packet, at, end, nextHop);
	const found = neighborFor(view, link, path, nextHop);
	if (found === 0) return false;
	const neighbor = NeighborBlock.of(view, found);
	neighbor.usedAt = CoreBlock.of(view, CORE).now;
	const state = neighbor.state;
	if (state === INCOMPLETE) {
		const held = neighborHold(view, neighbor, packet, at, end);
		// Also when there is no buffer, so that the next packet finds it.
		if (neighbor.requests === 0) neighborRequest(view, link, neighbor);
		return held;
	}
	const kept = send(view, link, packet, at, end, neighbor.header);
	if (state === STALE && isV4(view, nextHop)) neighborProbe(view, link, neighbor);
	else if (state === STALE) neighborDelay(view, neighbor);
	else if (isCached(state)) settle(view, path, neighbor.header);
	return kept;
}

/** The way is found: the link header that its packets get is the prepared one at `header`. Where each packet is looked at it is found anew each time: a router without a filter takes nothing of that. */
function settle(view: DataView, path: PathBlock, header: Offset): void {
	if (hasRouter() && CoreBlock.of(view, CORE).router !== 0) return;
	path.wayVersion = CoreBlock.of(view, CORE).wayVersion;
	path.header = header;
}

/** The entry for a path's next hop; 0, and counted, without an address to ask from. */
function neighborFor(view: DataView, link: InterfaceBlock, path: PathBlock, nextHop: Address): Offset {
	const last = path.neighbor;
	if (last !== 0) {
		const entry = NeighborBlock.of(view, last);
		if (sameAddress(view, entry.address, nextHop) && entry.link === link.at) return last;
	}
	if (link.addressCount === 0) {
		drop(view, link, DROP.noRoute);
		return 0;
	}
	let found = neighborFind(view, link, nextHop);
	if (found === 0) found = neighborAdd(view, link, nextHop);
	else {
		const entry = NeighborBlock.of(view, found);
		entry.bits = entry.bits & ~NEIGHBOR_LEARNED;
	}
	path.neighbor = found;
	return found;
}

/** The header for all becomes that for a group, for this packet only. */
function multicast(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset, group: Address): boolean {
	const header = link.broadcastHeader;
	ethernet.groupAddress(view, header, group);
	if (hasIpv6() && !isV4(view, group)) view.setUint16(header + ethernet.TYPE, ethernet.TYPE_IPV6);
	const kept = send(view, link, packet, at, end, header);
	view.setInt32(header, -1);
	view.setUint16(header + 4, 0xffff);
	view.setUint16(header + ethernet.TYPE, ethernet.TYPE_IPV4);
	return kept;
}
