// Neighbour discovery comes in, RFC 4861: as ARP, a protocol that fills the neighbour entries (neighbors.ts), and answers for our addresses. What routers say, and what is said of an
// address that we are about to take, is for the interpreter. Flat TypeScript.

import { hasAddress, isTentative } from "./addresses.ts";
import { copyAddress, isNone, isV4 } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_FORWARDING } from "../packet/core-block.ts";
import { DROP, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, NO_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";
import { INCOMPLETE, NEIGHBOR_ROUTER, NeighborBlock, REACHABLE } from "../packet/neighbor-block.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { isLinkLocal, isMulticast, isSolicited } from "../wire/scope.ts";
import { answered, learned } from "./arp.ts";
import { ndAdvertise } from "./nd-send.ts";
import { neighborFind } from "./neighbors.ts";

/** Bytes of a router advertisement and of a redirect before their options. */
const ADVERTISEMENT = 16;
const REDIRECT = 40;

/**
 * A message with a right checksum in bytes `at` to `end`, of the IPv6 packet in the registers. Answers true when the interpreter has to look at it: then its IP header is at REGISTER.payloadAt.
 */
export function ndInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const type = icmpv6.type(view, at);
	// Behind the IPv6 header itself: RFC 6980 forbids fragments, and guards at switches look no further.
	const first = at === ((view.getInt32(REGISTER.ipAt, true) + ipv6.HEADER) | 0);
	if (!first || !valid(view, type, at, end)) return refused(view, link, DROP.ndMalformed);
	view.setInt32(REGISTER.payloadAt, view.getInt32(REGISTER.ipAt, true), true);
	if (type === icmpv6.NEIGHBOR_SOLICITATION) return solicited(view, link, at, end);
	if (type === icmpv6.NEIGHBOR_ADVERTISEMENT) return advertised(view, link, at, end);
	const forwards = (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) !== 0;
	if (type === icmpv6.ROUTER_SOLICITATION) {
		// Hosts do not look at what other hosts ask routers.
		if (!forwards) return refused(view, link, DROP.ndIgnored);
		if (!isNone(view, SOURCE_ADDRESS)) heard(view, link, at + icmpv6.HEADER, end, false);
		return true;
	}
	if (!isLinkLocal(view, SOURCE_ADDRESS)) return refused(view, link, DROP.ndMalformed);
	// Routers know better: §8.2.
	if (type === icmpv6.REDIRECT && forwards) return refused(view, link, DROP.ndIgnored);
	if (type === icmpv6.ROUTER_ADVERTISEMENT) heard(view, link, at + ADVERTISEMENT, end, true);
	return true;
}

/** Bytes of a message before its options. */
function fixed(type: Uint8): number {
	if (type === icmpv6.ROUTER_SOLICITATION) return icmpv6.HEADER;
	if (type === icmpv6.ROUTER_ADVERTISEMENT) return ADVERTISEMENT;
	return type === icmpv6.REDIRECT ? REDIRECT : icmpv6.NEIGHBOR_OPTIONS;
}

/** What §6.1 and §7.1 ask of all: it comes from a neighbour, and says what it has to. */
function valid(view: DataView, type: Uint8, at: Offset, end: Offset): boolean {
	if (view.getInt32(REGISTER.ttlProtocol, true) >> 8 !== icmpv6.HOPS || icmpv6.code(view, at) !== 0) return false;
	const length = fixed(type);
	if (end - at < length || !icmpv6.validOptions(view, at + length, end)) return false;
	if (type === icmpv6.ROUTER_SOLICITATION && isNone(view, SOURCE_ADDRESS))
		return icmpv6.findOption(view, at + length, end, icmpv6.SOURCE_LINK_ADDRESS) === 0;
	if (type !== icmpv6.NEIGHBOR_SOLICITATION && type !== icmpv6.NEIGHBOR_ADVERTISEMENT) return true;
	// An address of IPv4 is ARP's.
	if (isMulticast(view, icmpv6.target(at)) || isV4(view, icmpv6.target(at))) return false;
	if (type === icmpv6.NEIGHBOR_ADVERTISEMENT)
		return !isMulticast(view, DESTINATION_ADDRESS) || (view.getUint8(at + icmpv6.REST) & icmpv6.SOLICITED) === 0;
	if (!isNone(view, SOURCE_ADDRESS)) return true;
	return isSolicited(view, DESTINATION_ADDRESS) && icmpv6.findOption(view, at + length, end, icmpv6.SOURCE_LINK_ADDRESS) === 0;
}

/** Arena offset of the hardware address in that option, 0 for none: one that a station can have, of Ethernet's length. */
function linkAddress(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, option: Uint8): Offset {
	const found = (link.flags & FLAG_ETHERNET) !== 0 ? icmpv6.findOption(view, at, end, option) : 0;
	return found !== 0 && ethernet.isUnicast(view, found + 2) ? found + 2 : 0;
}

/** The sender of what is in the registers has said its hardware address in options in bytes `at` to `end`: remembered as one that may be old. §7.2.3, §6.3.4. */
function heard(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, router: boolean): void {
	const mac = linkAddress(view, link, at, end, icmpv6.SOURCE_LINK_ADDRESS);
	if (mac !== 0) learned(view, link, mac, router);
}

/** The redirect in the IPv6 packet at `ip` counts: the hardware address that it may have of the nearer neighbour is remembered. §8.3. */
export function ndRedirected(view: DataView, link: InterfaceBlock, ip: Offset): void {
	const at: Offset = ip + ipv6.HEADER;
	const end = at + ipv6.payloadLength(view, ip);
	const mac = linkAddress(view, link, at + REDIRECT, end, icmpv6.TARGET_LINK_ADDRESS);
	copyAddress(view, SOURCE_ADDRESS, icmpv6.target(at));
	if (mac !== 0) learned(view, link, mac, true);
}

/** Somebody asks who has an address. §7.2.3. */
function solicited(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const target = icmpv6.target(at);
	const asks = !isNone(view, SOURCE_ADDRESS);
	if (isTentative(view, link, target)) {
		// RFC 4862 §5.4.3: who resolves it is too early; who asks from nowhere wants it too, or our own question has come back.
		return asks ? refused(view, link, DROP.ndIgnored) : true;
	}
	if (!hasAddress(view, link, target)) return refused(view, link, DROP.ndIgnored);
	if (asks) heard(view, link, at + icmpv6.NEIGHBOR_OPTIONS, end, false);
	const router = (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) !== 0 ? icmpv6.FROM_ROUTER : 0;
	const flags = router | icmpv6.OVERRIDE | (asks ? icmpv6.SOLICITED : 0);
	// Who says no hardware address is answered where its frame came from.
	const known = asks ? neighborFind(view, link, SOURCE_ADDRESS) : 0;
	const frame = (view.getInt32(REGISTER.ipAt, true) - ethernet.HEADER + ethernet.SOURCE_ADDRESS) | 0;
	const to = known !== 0 && NeighborBlock.of(view, known).state !== INCOMPLETE ? NeighborBlock.of(view, known).header : frame;
	ndAdvertise(view, link, target, asks ? SOURCE_ADDRESS : NO_ADDRESS, to, flags & 0xff);
	return false;
}

/** Somebody says that it has an address. §7.2.5. */
function advertised(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const target = icmpv6.target(at);
	// Another one has what we have, or are about to take.
	if (hasAddress(view, link, target)) return true;
	const found = neighborFind(view, link, target);
	if (found === 0) return refused(view, link, DROP.ndIgnored);
	const entry = NeighborBlock.of(view, found);
	const flags = view.getUint8(at + icmpv6.REST);
	const mac = linkAddress(view, link, at + icmpv6.NEIGHBOR_OPTIONS, end, icmpv6.TARGET_LINK_ADDRESS);
	if (entry.state === INCOMPLETE && mac === 0) return refused(view, link, DROP.ndIgnored);
	const other = entry.state !== INCOMPLETE && mac !== 0 && !ethernet.sameAddress(view, entry.header, mac);
	const was = entry.bits & NEIGHBOR_ROUTER;
	if (other && (flags & icmpv6.OVERRIDE) === 0) {
		// It does not insist: what is known stays, and is asked when it is used.
		if (entry.state === REACHABLE) answered(view, link, entry, 0, false);
		return false;
	}
	const router = (flags & icmpv6.FROM_ROUTER) !== 0 ? NEIGHBOR_ROUTER : 0;
	entry.bits = (entry.bits & ~NEIGHBOR_ROUTER) | router;
	const sure = (flags & icmpv6.SOLICITED) !== 0;
	if (entry.state === INCOMPLETE || other || sure) answered(view, link, entry, mac, sure);
	// It is a router no more: §6.3.5.
	return was !== 0 && router === 0;
}
