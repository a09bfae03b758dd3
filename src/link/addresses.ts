// An interface's own addresses, compiled: which are its, what lies in its subnets, which one a packet comes from.

import type { InterfaceBlock } from "../packet/interface-block.ts";
import { OwnAddress } from "../packet/interface-block.ts";
import type { Ipv4, Offset } from "../packet/numbers.ts";
import * as ipv4 from "../wire/ipv4.ts";

/** Arena offset of its address with that index. */
function at(link: InterfaceBlock, index: number): Offset {
	return (link.addresses + Math.imul(index, OwnAddress.bytes)) | 0;
}

/** Whether an address is one of the interface's. */
export function hasAddress(view: DataView, link: InterfaceBlock, address: Ipv4): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) if (OwnAddress.of(view, at(link, i)).address === address) return true;
	return false;
}

/** Whether an address lies in a subnet of the interface. */
export function inSubnet(view: DataView, link: InterfaceBlock, address: Ipv4): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, at(link, i));
		if (((own.address ^ address) & own.mask) === 0) return true;
	}
	return false;
}

/** All host bits set, in a subnet of the interface that has a broadcast address. RFC 3021 for /31. */
export function isDirectedBroadcast(view: DataView, link: InterfaceBlock, address: Ipv4): boolean {
	const count = link.addressCount;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, at(link, i));
		if (address === (own.address | ~own.mask) && (own.mask & 3) === 0) return true;
	}
	return false;
}

/** Whether packets can leave by an interface. Ethernet without an address of its own cannot ask for neighbours: no ARP request comes from 0.0.0.0 but a probe (RFC 5227 §1.1). */
export function canSend(link: InterfaceBlock): boolean {
	return link.up !== 0 && (link.header === 0 || link.addressCount > 0);
}

/**
 * The address that packets for a next hop and a destination by this interface come from, 0 when it has none. One in the next hop's subnet comes first
 * (RFC 1122 §3.3.4.3, RFC 6724 §5 rule 5.5), of several such that of the smallest subnet; then that with the longest prefix in common with the
 * destination (rule 8). One of 169.254.0.0/16 only for destinations there, while there is another (rule 2).
 */
export function sourceOf(view: DataView, link: InterfaceBlock, nextHop: Ipv4, destination: Ipv4): Ipv4 {
	const count = link.addressCount;
	if (count === 0) return 0;
	if (count === 1) return OwnAddress.of(view, at(link, 0)).address;
	let chosen = 0;
	let best = -1;
	for (let i = 0; i < count; i++) {
		const own = OwnAddress.of(view, at(link, i));
		const address = own.address;
		const mask = own.mask;
		const length = Math.clz32(~mask);
		let rank = Math.min(Math.clz32(address ^ destination), length);
		if (((address ^ nextHop) & mask) === 0) rank = 64 + length;
		if (ipv4.isLinkLocal(address) === ipv4.isLinkLocal(destination)) rank += 128;
		if (rank <= best) continue;
		best = rank;
		chosen = address;
	}
	return chosen;
}
