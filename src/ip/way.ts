// How packets go: interface, next hop and source address are one decision, compiled. README.md of this folder has its table.

import { canSend, hasAddress, inSubnet, isDirectedBroadcast, sourceOf } from "../link/addresses.ts";
import { copyAddress, isNone, isV4, mixAddress, sameAddress, setNone } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_STRONG_HOST } from "../packet/core-block.ts";
import { REGISTER } from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { mix } from "../packet/mix.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { OWN_GROUP, OWN_SLOT_SHIFT, OwnTable } from "../packet/own-table.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { RouteRow } from "../packet/route-table.ts";
import { interfaceAt } from "../packet/slots.ts";
import { NO_CHECKSUM } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { ownFind } from "./own.ts";
import { byRouter, routerOf } from "./first-hop.ts";
import { linkMtu, narrow } from "./path-mtu.ts";
import { isBroadcast, isLoopback, isMulticast, isNowhere, zoneOf } from "../wire/scope.ts";
import { routeTo } from "./route-lookup.ts";

/** What a path without a way is taken to carry. RFC 1122 §3.3.3. */
const LEAST_MTU = 576;

/** Slot of the interface that has this address, 0 for none. */
export function ownerSlot(view: DataView, address: Address): number {
	const own = ownFind(view, address, 0);
	return (own & OWN_GROUP) !== 0 ? 0 : own >>> OWN_SLOT_SHIFT;
}

/** Whether an address is one of ours, on any interface. */
export function isLocal(view: DataView, address: Address): boolean {
	return isLoopback(view, address) || ownerSlot(view, address) !== 0;
}

/** Whether nobody alone has the address: limited or directed broadcast, or multicast. */
export function isGroup(view: DataView, address: Address): boolean {
	return isBroadcast(view, address) || isMulticast(view, address) || (ownFind(view, address, 0) & OWN_GROUP) !== 0;
}

/** Whether a multicast group was joined on the interface with that slot, or on all. ip/interfaces.ts enters those of all first. */
export function isJoined(view: DataView, group: Address, slot: number): boolean {
	if (ownFind(view, group, slot) !== 0) return true;
	const first = ownFind(view, group, 0);
	return first !== 0 && first >>> OWN_SLOT_SHIFT === 0;
}

/**
 * Decides how packets to `path.destination` go. Given are `path.bound` (slot of the only interface, 0: any) and `path.source` (none: to be chosen, RFC 6724 §5 as far as IPv4
 * goes); `home` is for connections: slot of the interface that it went by first. True when there is a way and a source address; then the path holds until CoreBlock's
 * `routeVersion` changes. Otherwise `path.out` is 0. What is forwarded needs no source address, nor DHCP before there is one: `sourced` is false.
 *
 * A given source prefers the interface that has it, when its route there is as specific as the best one; with RULE_STRONG_HOST it must be that interface
 * (RFC 1122 §3.3.4.2). A connection never moves to an interface whose network does not have its source address.
 */
export function route(view: DataView, path: PathBlock, home: number, sourced: boolean): boolean {
	const destination = path.destination;
	path.routeVersion = CoreBlock.of(view, CORE).routeVersion;
	path.wayVersion = -1;
	path.neighbor = 0;
	path.out = 0;
	path.ipHeader = hasIpv6() && !isV4(view, destination) ? ipv6.HEADER : ipv4.HEADER;
	path.mtu = path.ipHeader === ipv4.HEADER ? LEAST_MTU : ipv6.LEAST_MTU;
	path.nextHop = destination;
	if (!hasIpv6() && !isV4(view, destination)) return false;
	// What we send to ourselves comes by loopback, whatever the link of its address is.
	const zone = path.bound === 1 ? 0 : zoneOf(view, destination, path.bound);
	if (zone === 0 ? isLocal(view, destination) : ownFind(view, destination, zone) !== 0) {
		// To ourselves: by the loopback interface, from the address itself unless another is given.
		if (isNone(view, path.source)) copyAddress(view, path.source, destination);
		leaveBy(view, path, InterfaceBlock.of(view, interfaceAt(view, 1)));
		return true;
	}
	let out = 0;
	let router = 0;
	if (isBroadcast(view, destination) || isMulticast(view, destination)) out = groupInterface(view, path);
	else {
		const row = byRoute(view, path, home);
		if (row === 0) return false;
		out = ledBy(view, row);
		router = routerOf(RouteRow.of(view, row));
	}
	if (out === 0) return false;
	const link = InterfaceBlock.of(view, out);
	if (sourced && isNone(view, path.source)) {
		const source = sourceBy(view, link, path.nextHop, destination, router);
		if (source === 0) return false;
		copyAddress(view, path.source, source);
	}
	leaveBy(view, path, link);
	return true;
}

/** Whether the path was looked up for that address, as routes and addresses are now. */
export function leadsTo(view: DataView, path: PathBlock, destination: Address): boolean {
	return path.routeVersion === CoreBlock.of(view, CORE).routeVersion && sameAddress(view, path.destination, destination);
}

/** The path leads to that address, as routes say now, whatever source address a packet has. */
export function lead(view: DataView, path: PathBlock, destination: Address): void {
	if (leadsTo(view, path, destination)) return;
	copyAddress(view, path.destination, destination);
	setNone(view, path.source);
	route(view, path, 0, false);
}

/** The path leads by that interface. */
function leaveBy(view: DataView, path: PathBlock, link: InterfaceBlock): void {
	path.out = link.at;
	path.mtu = linkMtu(path, link);
	if (CoreBlock.of(view, CORE).pathMtus !== 0) narrow(view, path);
	// RFC 6437 §3: each flow has a label of its own, which an outsider cannot predict.
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) path.label = label(view, path) >>> 12;
	const hops = path.hops;
	// Devices that fill in checksums do so for IPv4 alone; for IPv6 they are computed here.
	let ttl = hasIpv6() && path.ipHeader === ipv6.HEADER ? link.hops6 : link.ttl;
	// To groups 1 unless told: RFC 1112 §6.1.
	if ((hops & 255) !== 0) ttl = ttl & NO_CHECKSUM;
	else if (isMulticast(view, path.destination)) ttl = (ttl & NO_CHECKSUM) | 1;
	path.ttl = hops | ttl;
}

function label(view: DataView, path: PathBlock): number {
	const secret = OwnTable.of(view, view.getInt32(REGISTER.ownAt, true)).seed;
	return mixAddress(view, mixAddress(view, mix(secret, path.at), path.source), path.destination);
}

/** The best route to one host, 0 for none; the next hop is the path's then. */
function byRoute(view: DataView, path: PathBlock, home: number): Offset {
	const destination = path.destination;
	if (isNowhere(view, destination)) return 0;
	let found = routeTo(view, destination, path.bound);
	if (found === 0) return 0;
	if (!isNone(view, path.source) && !hasAddress(view, InterfaceBlock.of(view, ledBy(view, found)), path.source)) {
		found = fromElsewhere(view, path, found, home);
		if (found === 0) return 0;
	}
	if (hasIpv6() && !isV4(view, path.source)) found = ofSource(view, path, found);
	if (found === 0) return 0;
	const nextHop = RouteRow.of(view, found).nextHop;
	if (!isNone(view, nextHop)) path.nextHop = nextHop;
	else if (isDirectedBroadcast(view, InterfaceBlock.of(view, ledBy(view, found)), destination))
		path.nextHop = CoreBlock.of(view, CORE).everybody;
	return found;
}

/** The route at `found`, or the one that goes with the path's source address where one is given: RFC 8028. A path that is bound to another interface keeps the route at `found`. */
function ofSource(view: DataView, path: PathBlock, found: Offset): Offset {
	const owner = isNone(view, path.source) ? 0 : ownerSlot(view, path.source);
	if (owner === 0 || (path.bound !== 0 && path.bound !== owner)) return found;
	return byRouter(view, path.destination, path.source, owner, found);
}

/** Block of the interface that a route leads by. */
function ledBy(view: DataView, row: Offset): Offset {
	return interfaceAt(view, RouteRow.of(view, row).slot);
}

/** The route of a packet whose source address is given, and is not one of the interface that the one at `best` leads by; 0 for none. */
function fromElsewhere(view: DataView, path: PathBlock, best: Offset, home: number): Offset {
	const source = path.source;
	const destination = path.destination;
	const strong = (CoreBlock.of(view, CORE).rules & RULE_STRONG_HOST) !== 0;
	const owner = ownerSlot(view, source);
	// A source address that no interface has may leave only by an interface with FLAG_ANY_ADDRESS, and 127.0.0.0/8 by none.
	if (owner === 0) return (InterfaceBlock.of(view, ledBy(view, best)).flags & FLAG_ANY_ADDRESS) !== 0 ? best : 0;
	if (isLoopback(view, source)) return 0;
	if (path.bound !== 0) return strong ? 0 : best;
	const own = routeTo(view, destination, owner);
	if (strong) return own;
	if (home === 0) return own !== 0 && RouteRow.of(view, own).length >= RouteRow.of(view, best).length ? own : best;
	if (home !== owner) {
		const first = routeTo(view, destination, home);
		if (first !== 0) return first;
	}
	if (own !== 0) return own;
	return inSubnet(view, InterfaceBlock.of(view, ledBy(view, best)), source) ? best : 0;
}

/** Where a group is sent: by the bound interface, else where the source address or the default route says, else by the first that can. The block, 0 for none. */
function groupInterface(view: DataView, path: PathBlock): Offset {
	const bound = path.bound;
	const source = path.source;
	if (bound !== 0) {
		const block = interfaceAt(view, bound);
		return InterfaceBlock.of(view, block).up !== 0 ? block : 0;
	}
	if (!isNone(view, source)) {
		if (isLoopback(view, source)) return 0;
		const owner = ownerSlot(view, source);
		if (owner > 1 && canSend(InterfaceBlock.of(view, interfaceAt(view, owner)))) return interfaceAt(view, owner);
		if ((CoreBlock.of(view, CORE).rules & RULE_STRONG_HOST) !== 0) return 0;
	}
	const byDefault = routeTo(view, path.destination, 0);
	if (byDefault !== 0) return ledBy(view, byDefault);
	for (let at = afterLoopback(view); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		if (canSend(link) && sourceOf(view, link, path.destination, path.destination, 0) !== 0) return at;
	}
	return 0;
}

/** The first interface that was added behind loopback, 0 for none. */
export function afterLoopback(view: DataView): Offset {
	return InterfaceBlock.of(view, interfaceAt(view, 1)).next;
}

/**
 * The source address for a next hop and a destination by an interface, 0 when there is none. An interface to one peer that has no address borrows
 * one, as unnumbered lines do (RFC 1812 §2.2.7): the first of another interface that is up, never the loopback interface's.
 */
export function sourceBy(view: DataView, link: InterfaceBlock, nextHop: Address, destination: Address, router: number): Address {
	const own = sourceOf(view, link, nextHop, destination, router);
	if (own !== 0 || link.header !== 0) return own;
	for (let at = afterLoopback(view); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const lender = InterfaceBlock.of(view, at);
		const borrowed = lender.up !== 0 ? sourceOf(view, lender, destination, destination, 0) : 0;
		if (borrowed !== 0) return borrowed;
	}
	return 0;
}
