// An interface's own addresses, compiled: which are its, what lies in its subnets, which one a packet comes from.

import { commonBits, isV4, MAPPED_BITS, sameAddress, samePrefix, v4Of } from "../packet/address.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { FLAG_PPP, OWN_DEPRECATED, OWN_ROUTERS, OWN_TEMPORARY, OWN_TENTATIVE, OwnAddress } from "../packet/interface-block.ts";
import { hasIpv6, hasLines } from "../packet/kernels/parts.ts";
import { LineBlock, OPEN_IPV4, OPEN_IPV6 } from "../packet/line-block.ts";
import type { Address, Ipv4, Offset } from "../packet/numbers.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { isLinkGroup, isLinkLocal, isUnique } from "../wire/scope.ts";

/** Arena offset of its OwnAddress with that index. */
export function ownAt(link: InterfaceBlock, index: number): Offset {
	return (link.addresses + Math.imul(index, OwnAddress.bytes)) | 0;
}

/** Whether an address is one of the interface's. */
export function hasAddress(view: DataView, link: InterfaceBlock, address: Address): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) if (sameAddress(view, OwnAddress.of(view, ownAt(link, i)).address, address)) return true;
	return false;
}

/** Whether it is one of the interface's that is not in use yet. */
export function isTentative(view: DataView, link: InterfaceBlock, address: Address): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		if (sameAddress(view, own.address, address)) return (own.bits & OWN_TENTATIVE) !== 0;
	}
	return false;
}

/** Whether an address lies in a subnet of the interface. */
export function inSubnet(view: DataView, link: InterfaceBlock, address: Address): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		if (samePrefix(view, own.address, address, own.length)) return true;
	}
	return false;
}

/** The broadcast address of an address's subnet: all host bits set. 0 when it has none: IPv6, and /31 and /32 of IPv4 (RFC 3021). */
export function broadcastOf(view: DataView, own: OwnAddress): Ipv4 {
	const length = (own.length - MAPPED_BITS) | 0;
	return isV4(view, own.address) && length < 31 ? v4Of(view, own.address) | ~ipv4.mask(length) : 0;
}

/** Whether it is the broadcast address of a subnet of the interface. */
export function isDirectedBroadcast(view: DataView, link: InterfaceBlock, address: Address): boolean {
	if (!isV4(view, address)) return false;
	const count = link.addressCount;
	for (let i = 0; i < count; i++) if (broadcastOf(view, OwnAddress.of(view, ownAt(link, i))) === v4Of(view, address)) return true;
	return false;
}

/** Whether packets of a family can leave by an interface: by PPP where it was agreed on; on Ethernet it takes an address of that family to ask for neighbours from. */
export function canReach(view: DataView, link: InterfaceBlock, four: boolean): boolean {
	if (hasLines() && hasIpv6() && (link.flags & FLAG_PPP) !== 0)
		return link.up !== 0 && (LineBlock.of(view, link.line).open & (four ? OPEN_IPV4 : OPEN_IPV6)) !== 0;
	if (link.up === 0 || link.header === 0) return link.up !== 0;
	const count = link.addressCount;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		if (isV4(view, own.address) === four && (own.bits & OWN_TENTATIVE) === 0) return true;
	}
	return false;
}

/** Whether packets can leave by an interface. Ethernet without an address of its own cannot ask for neighbours: no ARP request comes from 0.0.0.0 but a probe (RFC 5227 §1.1). */
export function canSend(link: InterfaceBlock): boolean {
	return link.up !== 0 && (link.header === 0 || link.addressCount > 0);
}

/**
 * The address that packets for a next hop and a destination by this interface come from, 0 when it has none of their family. One of the destination's scope comes first: of
 * one link alone (169.254.0.0/16, fe80::/10) or not (RFC 6724 §5 rule 2); then one that is not deprecated (rule 3); then one in the next hop's subnet (rule 5.5,
 * RFC 1122 §3.3.4.3), of several such that of the smallest subnet, or of a prefix that the next hop, the `router` with that number, says; then one that is local in the same way (rule 6) and one that is temporary (rule 7); then that with the longest prefix in common with the destination (rule 8).
 */
export function sourceOf(view: DataView, link: InterfaceBlock, nextHop: Address, destination: Address, router: number): Address {
	const count = link.addressCount;
	const near = isLinkLocal(view, destination) || (hasIpv6() && isLinkGroup(view, destination));
	let chosen = 0;
	let best = -1;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		const address = own.address;
		if (isV4(view, address) !== isV4(view, destination) || (own.bits & OWN_TENTATIVE) !== 0) continue;
		const length = own.length;
		let rank = Math.min(commonBits(view, address, destination), length);
		if (hasIpv6() && (own.bits & OWN_TEMPORARY) !== 0) rank += 256;
		if (hasIpv6() && isUnique(view, address) === isUnique(view, destination)) rank += 512;
		if (samePrefix(view, address, nextHop, length)) rank = 1024 + (length & 255);
		else if (hasIpv6() && router !== 0 && (((own.bits >> OWN_ROUTERS) >> router) & 1) !== 0) rank += 1024;
		if ((own.bits & OWN_DEPRECATED) === 0) rank += 2048;
		if (isLinkLocal(view, address) === near) rank += 4096;
		if (rank <= best) continue;
		best = rank;
		chosen = address;
	}
	return chosen;
}
