// ARP, RFC 826 and 1122 §2.3.2: asking at most once a second, answering for our own addresses, believing only what was asked for. Flat TypeScript.
// README.md of this folder says which odd packets are taken and what is defended against whom.

import {
	ARP_ANSWER_MS,
	ARP_REQUEST_INTERVAL_MS,
	ARP_REQUESTS,
	ND_DELAY_MS,
	NEIGHBOR_REACHABLE_MS,
	NEIGHBOR_STALE_MS,
} from "../config.ts";
import { isV4, sameAddress, V4, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { neighborDeadline } from "../packet/deadline.ts";
import { DROP, drop } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, SOURCE_ADDRESS } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import {
	CONTESTED,
	DELAY,
	FREE,
	INCOMPLETE,
	NEIGHBOR_ANSWERED,
	NEIGHBOR_ASKED,
	NEIGHBOR_LEARNED,
	NEIGHBOR_REPLACED,
	NEIGHBOR_ROUTER,
	NeighborBlock,
	PROBE,
	REACHABLE,
	STALE,
} from "../packet/neighbor-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Ipv4, Offset } from "../packet/numbers.ts";
import { NONE, packetRelease } from "../packet/packets.ts";
import { endOf, nextPiece, setNext, startOf } from "../packet/pieces.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { copy } from "../wire/kernels/copies.ts";
import { hasAddress, inSubnet, sourceOf } from "./addresses.ts";
import { routerHeard, routerSilent } from "./routers.ts";
import { arpReply, arpRequest } from "./arp-send.ts";
import { ndSolicit } from "./nd-send.ts";
import {
	askedWithin,
	changeWays,
	isCached,
	neighborAt,
	neighborFind,
	neighborFree,
	neighborLearn,
	neighborTake,
} from "./neighbors.ts";
import { send } from "./transmit.ts";

/**
 * A valid ARP packet at `at`; its frame's Ethernet header lies just before. Answers true, and has done nothing, when the interpreter has to look at it first: another
 * station has an address of ours or one that the DHCP client probes for, or it looks for the sender.
 */
export function arpReceive(view: DataView, link: InterfaceBlock, at: Offset): boolean {
	const sender = arp.senderIp(view, at);
	setAddresses(view, at);
	if (!goodSender(view, link, at, sender)) {
		drop(view, link, DROP.arpIgnored);
		return false;
	}
	if (sender === 0) {
		// Another one probes for it too. RFC 5227 §2.1.1.
		if (sameAddress(view, DESTINATION_ADDRESS, link.probed) && arp.operation(view, at) === arp.REQUEST) return true;
	} else if (
		sameAddress(view, SOURCE_ADDRESS, link.probed) ||
		sameAddress(view, SOURCE_ADDRESS, link.checked) ||
		hasAddress(view, link, SOURCE_ADDRESS)
	)
		return true;
	arpTake(view, link, at);
	return false;
}

/** The same packet, when nothing speaks against its sender. In the order of RFC 826, "Packet Reception". */
export function arpTake(view: DataView, link: InterfaceBlock, at: Offset): void {
	const sender = arp.senderIp(view, at);
	setAddresses(view, at);
	const asks = arp.operation(view, at) === arp.REQUEST;
	const forUs = hasAddress(view, link, DESTINATION_ADDRESS);
	// A probe (RFC 5227 §2.1.1) comes from 0.0.0.0: it is answered, and teaches nothing.
	const known = sender === 0 ? 0 : neighborFind(view, link, SOURCE_ADDRESS);
	if (known !== 0) update(view, link, NeighborBlock.of(view, known), at, forUs && !asks);
	else if (!asks || !forUs) {
		drop(view, link, DROP.arpIgnored);
		return;
	} else if (sender !== 0) learn(view, link, at);
	if (asks && forUs) arpReply(view, link, at);
}

/** The registers have the packet's addresses. */
function setAddresses(view: DataView, at: Offset): void {
	view.setInt32(SOURCE_ADDRESS + V4, arp.senderIp(view, at));
	view.setInt32(DESTINATION_ADDRESS + V4, arp.targetIp(view, at));
}

/**
 * The sender must be one other station (RFC 1812 §3.3.2), with an address that a station may have. Which one sent the frame does not matter: bonds, bridges
 * and virtual routers speak for hardware addresses that they do not send from.
 */
function goodSender(view: DataView, link: InterfaceBlock, at: Offset, sender: Ipv4): boolean {
	const mac = at + arp.SENDER_MAC;
	if (!ethernet.isUnicast(view, mac)) return false;
	if (ethernet.sameAddress(view, mac, link.mac)) return false; // our own words, come back by a bridge
	return !(sender >= (0xe0000000 | 0) && sender < 0) && !ipv4.isLoopback(sender);
}

/**
 * Neighbour discovery has heard of a neighbour: its hardware address at `mac` (0: that is as it was), and whether it has answered us, or is to be asked when it is used. What waited for it
 * goes out. RFC 4861 §7.2.5.
 */
export function answered(view: DataView, link: InterfaceBlock, entry: NeighborBlock, mac: Offset, sure: boolean): void {
	const waited = entry.state === INCOMPLETE;
	if (mac !== 0) prepare(view, link, entry, mac);
	if (sure) enter(view, entry, REACHABLE, link.reachableMs);
	else if (waited && entry.waiting > 0)
		neighborDelay(view, entry); // what waits is about to use it: RFC 4861 §7.3.3
	else enter(view, entry, STALE, NEIGHBOR_STALE_MS);
	if (mac !== 0 && !waited) changeWays(view); // paths have the header as it was
	if (!waited) return;
	if (hasIpv6()) routerHeard(view, link, entry.address);
	resolved(view, link, entry);
}

/** The sender in the registers has said its own hardware address, at `mac`. RFC 4861 §7.2.3, §6.3.4. */
export function learned(view: DataView, link: InterfaceBlock, mac: Offset, router: boolean): void {
	const found = neighborFind(view, link, SOURCE_ADDRESS);
	const at = found === 0 ? neighborLearn(view, link, SOURCE_ADDRESS) : found;
	if (at === 0) return;
	const entry = NeighborBlock.of(view, at);
	if (found === 0 || entry.state === INCOMPLETE || !ethernet.sameAddress(view, entry.header, mac))
		answered(view, link, entry, mac, false);
	if (router) entry.bits = entry.bits | NEIGHBOR_ROUTER;
}

/** Something is said about a neighbour that we know. `answered`: to us, as if we had asked. */
function update(view: DataView, link: InterfaceBlock, entry: NeighborBlock, at: Offset, answered: boolean): void {
	const mac = at + arp.SENDER_MAC;
	if (entry.state === INCOMPLETE) {
		prepare(view, link, entry, mac);
		enter(view, entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
		resolved(view, link, entry);
	} else if (!ethernet.sameAddress(view, entry.header, mac)) {
		claimed(view, link, entry, mac, answered);
	} else if (entry.state === PROBE) {
		if (answered) enter(view, entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
	} else if (entry.state === CONTESTED && entry.requests !== 0) {
		// The one known still has it, whoever else answers.
		if ((entry.bits & NEIGHBOR_ANSWERED) !== 0) drop(view, link, DROP.neighborConflict);
		entry.bits = entry.bits & ~NEIGHBOR_ANSWERED;
		enter(view, entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
	}
}

/** The neighbour answered: what waited goes out. */
function resolved(view: DataView, link: InterfaceBlock, entry: NeighborBlock): void {
	for (let packet = neighborTake(view, entry); packet !== NONE; packet = neighborTake(view, entry)) {
		if (!send(view, link, packet, startOf(view, packet), endOf(view, packet), entry.header)) packetRelease(view, packet);
	}
}

/** Another station than the one known says that it has the address: nothing changes until everybody was asked. */
function claimed(view: DataView, link: InterfaceBlock, entry: NeighborBlock, mac: Offset, answered: boolean): void {
	const sameOther = ethernet.sameAddress(view, entry.other, mac);
	if (entry.state === CONTESTED && entry.requests !== 0) {
		if (!answered) return; // it is being found out
		if ((entry.bits & NEIGHBOR_ANSWERED) !== 0) {
			if (!sameOther) drop(view, link, DROP.neighborConflict);
			return;
		}
		copy(view, entry.other, mac, 6);
		entry.bits = entry.bits | NEIGHBOR_ANSWERED;
		if (!askedWithin(view, entry, ARP_ANSWER_MS)) replace(view, entry);
		return;
	}
	const recent = askedWithin(view, entry, ARP_REQUEST_INTERVAL_MS);
	if (recent && sameOther && (entry.bits & NEIGHBOR_REPLACED) !== 0) {
		// The one that was replaced answers after all. Or somebody says so in its name: that is found out too.
		drop(view, link, DROP.neighborConflict);
		swap(view, entry);
		contest(view, link, entry, true);
	} else if (recent && answered) {
		drop(view, link, DROP.neighborConflict);
	} else if (entry.state !== CONTESTED) contest(view, link, entry, recent);
}

/** Everybody is asked, now or when the last question is a second old. */
function contest(view: DataView, link: InterfaceBlock, entry: NeighborBlock, recent: boolean): void {
	entry.state = CONTESTED; // what has cached the header may use it on
	entry.requests = 0;
	entry.bits = entry.bits & ~NEIGHBOR_REPLACED;
	if (recent) wait(view, entry, ARP_REQUEST_INTERVAL_MS);
	else question(view, link, entry);
}

/** Asks everybody, and waits for the one that we know. */
function question(view: DataView, link: InterfaceBlock, entry: NeighborBlock): void {
	entry.askedAt = CoreBlock.of(view, CORE).now;
	entry.bits = entry.bits | NEIGHBOR_ASKED;
	neighborRequest(view, link, entry);
	wait(view, entry, ARP_ANSWER_MS);
}

/** The entry is looked at so long after everybody was asked. */
function wait(view: DataView, entry: NeighborBlock, ms: number): void {
	entry.until = (entry.askedAt + ms) | 0;
	neighborDeadline(view, entry.until);
}

/** The one that answered has the address now; the one known before has not spoken up, but still may. */
function replace(view: DataView, entry: NeighborBlock): void {
	swap(view, entry);
	entry.bits = (entry.bits & ~NEIGHBOR_ANSWERED) | NEIGHBOR_REPLACED;
	enter(view, entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
}

/** Who was known and the other change places. */
function swap(view: DataView, entry: NeighborBlock): void {
	const other = entry.other;
	const known = entry.header;
	const high = view.getInt32(other);
	const low = view.getUint16(other + 4);
	copy(view, other, known, 6);
	view.setInt32(known, high);
	view.setUint16(known + 4, low);
}

/** Who asks for us will talk to us: remembered as stale, so that our first packet checks it. Only neighbours of our own subnets. */
function learn(view: DataView, link: InterfaceBlock, at: Offset): void {
	if (!inSubnet(view, link, SOURCE_ADDRESS)) return;
	const learned = neighborLearn(view, link, SOURCE_ADDRESS);
	if (learned === 0) return;
	const entry = NeighborBlock.of(view, learned);
	prepare(view, link, entry, at + arp.SENDER_MAC);
	enter(view, entry, STALE, NEIGHBOR_STALE_MS);
}

function enter(view: DataView, entry: NeighborBlock, state: number, forMs: number): void {
	if (isCached(entry.state) && state !== REACHABLE) changeWays(view);
	entry.state = state;
	entry.requests = 0;
	entry.until = (CoreBlock.of(view, CORE).now + forMs) | 0;
	neighborDeadline(view, entry.until);
}

/** Writes the Ethernet header that packets for this neighbour get. */
function prepare(view: DataView, link: InterfaceBlock, entry: NeighborBlock, mac: Offset): void {
	copy(view, entry.header, mac, 6);
	copy(view, entry.header + ethernet.SOURCE_ADDRESS, link.mac, 6);
	view.setUint16(entry.header + ethernet.TYPE, isV4(view, entry.address) ? ethernet.TYPE_IPV4 : ethernet.TYPE_IPV6);
}

/** Asks everybody who has the entry's address. */
export function neighborRequest(view: DataView, link: InterfaceBlock, entry: NeighborBlock): void {
	ask(view, link, entry, link.broadcastHeader);
}

/** Asks the neighbour itself whether it still has the address. RFC 1122 §2.3.2.1 (2). */
export function neighborProbe(view: DataView, link: InterfaceBlock, entry: NeighborBlock): void {
	if (entry.state !== PROBE) {
		entry.state = PROBE;
		entry.requests = 0;
		entry.bits = entry.bits & ~NEIGHBOR_LEARNED; // one of our packets has gone there
	}
	ask(view, link, entry, entry.header);
}

/** IPv6: it has been used, and may be heard of before it has to be asked. RFC 4861 §7.3.3. */
export function neighborDelay(view: DataView, entry: NeighborBlock): void {
	entry.bits = entry.bits & ~NEIGHBOR_LEARNED;
	enter(view, entry, DELAY, ND_DELAY_MS);
}

function ask(view: DataView, link: InterfaceBlock, entry: NeighborBlock, to: Offset): void {
	entry.requests = (entry.requests + 1) | 0;
	const six = hasIpv6() && !isV4(view, entry.address);
	entry.until = (CoreBlock.of(view, CORE).now + (six ? link.retransMs : ARP_REQUEST_INTERVAL_MS)) | 0;
	neighborDeadline(view, entry.until);
	// Our address in the subnet of the one asked for, so that the answer finds us. The last one may have gone: only a probe comes from 0.0.0.0.
	const sender = sourceOf(view, link, entry.address, entry.address, 0);
	if (sender === 0) return;
	if (six) ndSolicit(view, link, sender, entry.address, to === link.broadcastHeader ? 0 : to, 0, 0);
	else arpRequest(view, link, view.getInt32(to), view.getUint16(to + 4), v4Of(view, sender), v4Of(view, entry.address));
}

/**
 * Time passes for the neighbours: questions are repeated, entries age, and those that nobody answered for are forgotten. Answers whether packets have waited for one in vain,
 * which are CoreBlock's `lost` ones then: the others are looked at when it is called again.
 */
export function neighborTimers(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	if (core.neighborsArmed === 0 || ((now - core.neighborsDue) | 0) < 0) return false;
	core.neighborsArmed = 0;
	for (let i = 0; i < core.neighborCount; i++) {
		const entry = NeighborBlock.of(view, neighborAt(view, i));
		if (entry.state === FREE) continue;
		if (((now - entry.until) | 0) < 0) neighborDeadline(view, entry.until);
		else if (expired(view, InterfaceBlock.of(view, entry.link), entry)) {
			neighborDeadline(view, now);
			return true;
		}
	}
	return false;
}

function expired(view: DataView, link: InterfaceBlock, entry: NeighborBlock): boolean {
	if (entry.state === REACHABLE) enter(view, entry, STALE, NEIGHBOR_STALE_MS);
	else if (entry.state === STALE) neighborFree(view, entry, DROP.neighborUnreachable);
	else if (entry.state === CONTESTED) undecided(view, link, entry);
	else if (entry.state === DELAY) neighborProbe(view, link, entry);
	else if (entry.requests < ARP_REQUESTS) {
		if (entry.state === PROBE) neighborProbe(view, link, entry);
		else neighborRequest(view, link, entry);
	} else if (entry.state === PROBE && isV4(view, entry.address)) {
		// It does not answer for itself any more; perhaps another station has the address now.
		entry.state = INCOMPLETE;
		entry.requests = 0;
		neighborRequest(view, link, entry);
	} else return unresolved(view, link, entry);
	return false;
}

/** The neighbour does not answer: what waited is given up. RFC 1812 §5.2.7.1. Answers whether there was something. */
function unresolved(view: DataView, link: InterfaceBlock, entry: NeighborBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	routerSilent(view, link, entry.address);
	core.lostLink = link.at;
	core.lost = NONE;
	let last = NONE;
	for (let packet = neighborTake(view, entry); packet !== NONE; packet = neighborTake(view, entry)) {
		drop(view, link, DROP.neighborUnreachable);
		setNext(view, packet, NONE);
		if (last === NONE) core.lost = packet;
		else setNext(view, last, packet);
		last = packet;
	}
	neighborFree(view, entry, DROP.neighborUnreachable);
	return last !== NONE;
}

/** A contested neighbour's time to answer is over, or the time between two questions. */
function undecided(view: DataView, link: InterfaceBlock, entry: NeighborBlock): void {
	if (entry.requests === 0) question(view, link, entry);
	else if ((entry.bits & NEIGHBOR_ANSWERED) !== 0) replace(view, entry);
	else if (askedWithin(view, entry, ARP_REQUEST_INTERVAL_MS)) wait(view, entry, ARP_REQUEST_INTERVAL_MS);
	else if (entry.requests < ARP_REQUESTS) question(view, link, entry);
	else enter(view, entry, STALE, NEIGHBOR_STALE_MS); // nobody answers: the next packet finds out
}

/** Takes the next of the lost packets, or NONE. It stays acquired. */
export function lostTake(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const packet = core.lost;
	if (packet !== NONE) core.lost = nextPiece(view, packet);
	return packet;
}
