// What the interpreter calls of the compiled link layer: by arena offsets of blocks. What may send answers what is to be done then: DRAIN, WAKE.

import { CORE, CoreBlock } from "../packet/core-block.ts";
import { isV4 } from "../packet/address.ts";
import { NO_ADDRESS } from "../packet/fields.ts";
import { FLAG_RETURNS, InterfaceBlock, OWN_TENTATIVE, OwnAddress } from "../packet/interface-block.ts";
import { hasBridge, hasVlan } from "../packet/kernels/parts.ts";
import { NeighborBlock } from "../packet/neighbor-block.ts";
import type { Address, Ipv4, Offset, Uint16 } from "../packet/numbers.ts";
import { isLinkLocal } from "../wire/scope.ts";
import { canSend, inSubnet, ownAt } from "./addresses.ts";
import { arpTake, neighborRequest } from "./arp.ts";
import { arpRequest } from "./arp-send.ts";
import { controlOutput } from "./control-output.ts";
import { ndRedirected } from "./nd.ts";
import { ndAskRouters, ndSolicit } from "./nd-send.ts";
import { neighborAdd, neighborFind } from "./neighbors.ts";

/** The interface's device is one in TypeScript, and packets wait for it. */
export const DRAIN = 1;
/** A poll is to be asked for: packets wait, or a neighbour's time comes earlier than the last poll has said. */
export const WAKE = 2;

/** What is to be done after something was sent by that interface. */
export function follows(view: DataView, link: InterfaceBlock): number {
	const core = CoreBlock.of(view, CORE);
	const wakes = core.wakes;
	core.wakes = 0;
	if (link.waiting === 0) return wakes === 0 ? 0 : WAKE;
	if ((hasVlan() || hasBridge()) && link.waiting < 0) return parentFollows(view, link, wakes);
	if (link.native !== 0 || (link.flags & FLAG_RETURNS) !== 0) return core.awake === 0 ? WAKE : 0;
	return wakes === 0 ? DRAIN : DRAIN | WAKE;
}

/** The same after something was sent by a VLAN or a bridge; `wakes` is what stood in CoreBlock. */
function parentFollows(view: DataView, link: InterfaceBlock, wakes: number): number {
	CoreBlock.of(view, CORE).wakes = wakes;
	return follows(view, InterfaceBlock.of(view, link.parent));
}

/** As `canSend`. */
export function linkCanSend(view: DataView, block: Offset): boolean {
	return canSend(InterfaceBlock.of(view, block));
}

/** As `inSubnet`. */
export function linkHasSubnet(view: DataView, block: Offset, address: Address): boolean {
	return inSubnet(view, InterfaceBlock.of(view, block), address);
}

/** As `arpTake`. */
export function linkArp(view: DataView, block: Offset, at: Offset): number {
	const link = InterfaceBlock.of(view, block);
	arpTake(view, link, at);
	return follows(view, link);
}

/** As `arpRequest`. */
export function linkAsk(view: DataView, block: Offset, high: number, low: Uint16, sender: Ipv4, target: Ipv4): number {
	const link = InterfaceBlock.of(view, block);
	arpRequest(view, link, high, low, sender, target);
	return follows(view, link);
}

/** Asks whether anybody else has an address of IPv6, with a nonce: `ndSolicit`. */
export function linkTry(view: DataView, block: Offset, address: Address, nonceHigh: number, nonceLow: Uint16): number {
	const link = InterfaceBlock.of(view, block);
	ndSolicit(view, link, NO_ADDRESS, address, 0, nonceHigh, nonceLow);
	return follows(view, link);
}

/** As `ndAskRouters`, from the interface's link-local address, or none while there is none. */
export function linkAskRouters(view: DataView, block: Offset): number {
	const link = InterfaceBlock.of(view, block);
	let source: Address = NO_ADDRESS;
	for (let i = 0; i < link.addressCount; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		if (!isV4(view, own.address) && isLinkLocal(view, own.address) && (own.bits & OWN_TENTATIVE) === 0) source = own.address;
	}
	ndAskRouters(view, link, source);
	return follows(view, link);
}

/** `ndRedirected`, while the packet is there. */
export function linkRedirected(view: DataView, block: Offset, at: Offset): void {
	ndRedirected(view, InterfaceBlock.of(view, block), at);
}

/** Sends an IP packet of the interpreter's, which was acquired for it and ends at `end`, to a group. */
export function linkSendGroup(view: DataView, block: Offset, packet: number, end: Offset, group: Address): number {
	const link = InterfaceBlock.of(view, block);
	controlOutput(view, link, packet, end, 0, group);
	return follows(view, link);
}

/** Asks for a neighbour that is not known. */
export function linkSeek(view: DataView, block: Offset, address: Address): number {
	const link = InterfaceBlock.of(view, block);
	if (neighborFind(view, link, address) === 0)
		neighborRequest(view, link, NeighborBlock.of(view, neighborAdd(view, link, address)));
	return follows(view, link);
}

/** Arena offset of the entry for a neighbour, or 0. */
export function linkNeighbor(view: DataView, block: Offset, address: Address): Offset {
	return neighborFind(view, InterfaceBlock.of(view, block), address);
}
