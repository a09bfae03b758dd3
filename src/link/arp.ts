// ARP, RFC 826 and 1122 §2.3.2: asking at most once a second, answering for our own addresses, believing only what was asked for.
// README.md of this folder says which odd packets are taken and what is defended against whom.

import {
	ARP_ANSWER_MS,
	ARP_REQUEST_INTERVAL_MS,
	ARP_REQUESTS,
	NEIGHBOR_REACHABLE_MS,
	NEIGHBOR_STALE_MS,
	PACKET_HEADROOM,
} from "../config.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { NEIGHBOR_ANSWERED, NEIGHBOR_LEARNED, NEIGHBOR_REPLACED, NeighborBlock } from "../packet/neighbor-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { NONE } from "../packet/pool.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { copy } from "#codec";
import type { EthernetInterface } from "./ethernet.ts";
import { CONTESTED, FREE, INCOMPLETE, PROBE, REACHABLE, STALE, isCached, type Neighbor, type Neighbors } from "./neighbors.ts";

/** Where these lie in the blocks of an interface and of a neighbour. */
const { mac: MAC, broadcastHeader: BROADCAST_HEADER } = InterfaceBlock.offsets;
const { other: OTHER } = NeighborBlock.offsets;

export class Arp {
	#core: Core;
	#link: EthernetInterface;
	#neighbors: Neighbors;

	constructor(core: Core, link: EthernetInterface, neighbors: Neighbors) {
		this.#core = core;
		this.#link = link;
		this.#neighbors = neighbors;
	}

	/** A valid ARP packet at `at`; its frame's Ethernet header lies just before. In the order of RFC 826, "Packet Reception". */
	receive(at: number): void {
		const view = this.#core.view;
		const link = this.#link;
		const sender = arp.senderIp(view, at);
		const target = arp.targetIp(view, at);
		if (!this.#goodSender(at, sender)) return this.#core.count(link.block, DROP.arpIgnored);
		const asks = arp.operation(view, at) === arp.REQUEST;
		const { probed } = link;
		// Another station has the address that we probe for, or probes for it too. RFC 5227 §2.1.1.
		if (probed !== 0 && (sender === probed || (asks && sender === 0 && target === probed))) {
			this.#core.count(link.block, DROP.addressConflict);
			link.onClaim?.(at);
			return;
		}
		if (sender !== 0 && sender === link.checked) link.onAnswer?.(at);
		if (link.owns(sender)) {
			this.#core.count(link.block, DROP.addressConflict);
			return link.own.conflict(sender, at + arp.SENDER_MAC);
		}
		const forUs = link.owns(target);
		// A probe (RFC 5227 §2.1.1) comes from 0.0.0.0: it is answered, and teaches nothing.
		const known = sender === 0 ? undefined : this.#neighbors.find(link, sender);
		if (known !== undefined) this.#update(known, at, forUs && !asks);
		else if (!asks || !forUs) return this.#core.count(link.block, DROP.arpIgnored);
		else if (sender !== 0) this.#learn(at, sender);
		if (asks && forUs) this.#reply(at, sender, target);
	}

	/**
	 * The sender must be one other station (RFC 1812 §3.3.2), with an address that a station may have. Which one sent the frame does not matter: bonds, bridges
	 * and virtual routers speak for hardware addresses that they do not send from.
	 */
	#goodSender(at: number, sender: number): boolean {
		const view = this.#core.view;
		const mac = at + arp.SENDER_MAC;
		if (!ethernet.isUnicast(view, mac)) return false;
		if (ethernet.sameAddress(view, mac, this.#link.block + MAC)) return false; // our own words, come back by a bridge
		return !(sender >= (0xe0000000 | 0) && sender < 0) && !ipv4.isLoopback(sender);
	}

	/** Something is said about a neighbour that we know. `answered`: to us, as if we had asked. */
	#update(entry: Neighbor, at: number, answered: boolean): void {
		const mac = at + arp.SENDER_MAC;
		if (entry.state === INCOMPLETE) {
			this.#prepare(entry, mac);
			this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
			this.#link.resolved(entry);
		} else if (!ethernet.sameAddress(this.#core.view, entry.header, mac)) {
			this.#claimed(entry, mac, answered);
		} else if (entry.state === PROBE) {
			if (answered) this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
		} else if (entry.state === CONTESTED && entry.requests !== 0) {
			// The one known still has it, whoever else answers.
			if (this.#neighbors.bits(entry) & NEIGHBOR_ANSWERED) this.#core.count(this.#link.block, DROP.neighborConflict);
			this.#setBits(entry, 0, NEIGHBOR_ANSWERED);
			this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
		}
	}

	/** Another station than the one known says that it has the address: nothing changes until everybody was asked. */
	#claimed(entry: Neighbor, mac: number, answered: boolean): void {
		const view = this.#core.view;
		const bits = this.#neighbors.bits(entry);
		const sameOther = ethernet.sameAddress(view, entry.header + OTHER, mac);
		if (entry.state === CONTESTED && entry.requests !== 0) {
			if (!answered) return; // it is being found out
			if (bits & NEIGHBOR_ANSWERED) {
				if (!sameOther) this.#core.count(this.#link.block, DROP.neighborConflict);
				return;
			}
			copy(view, entry.header + OTHER, mac, 6);
			this.#setBits(entry, NEIGHBOR_ANSWERED, 0);
			if (!this.#neighbors.askedWithin(entry, ARP_ANSWER_MS)) this.#replace(entry);
			return;
		}
		const recent = this.#neighbors.askedWithin(entry, ARP_REQUEST_INTERVAL_MS);
		if (recent && bits & NEIGHBOR_REPLACED && sameOther) {
			// The one that was replaced answers after all. Or somebody says so in its name: that is found out too.
			this.#core.count(this.#link.block, DROP.neighborConflict);
			this.#swap(entry);
			this.#contest(entry, true);
		} else if (recent && answered) {
			this.#core.count(this.#link.block, DROP.neighborConflict);
		} else if (entry.state !== CONTESTED) this.#contest(entry, recent);
	}

	/** Everybody is asked, now or when the last question is a second old. */
	#contest(entry: Neighbor, recent: boolean): void {
		entry.state = CONTESTED; // what has cached the header may use it on
		entry.requests = 0;
		this.#setBits(entry, 0, NEIGHBOR_REPLACED);
		if (recent) this.#wait(entry, ARP_REQUEST_INTERVAL_MS);
		else this.#question(entry);
	}

	/** Asks everybody, and waits for the one that we know. */
	#question(entry: Neighbor): void {
		this.#neighbors.asked(entry);
		this.request(entry);
		this.#wait(entry, ARP_ANSWER_MS);
	}

	/** The entry is looked at so long after everybody was asked. */
	#wait(entry: Neighbor, ms: number): void {
		entry.until = (this.#neighbors.askedAt(entry) + ms) | 0;
		this.#core.deadline(entry.until);
	}

	/** The one that answered has the address now; the one known before has not spoken up, but still may. */
	#replace(entry: Neighbor): void {
		this.#swap(entry);
		this.#setBits(entry, NEIGHBOR_REPLACED, NEIGHBOR_ANSWERED);
		this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
	}

	/** Who was known and the other change places. */
	#swap(entry: Neighbor): void {
		const view = this.#core.view;
		const other = entry.header + OTHER;
		const high = view.getInt32(other);
		const low = view.getUint16(other + 4);
		copy(view, other, entry.header, 6);
		view.setInt32(entry.header, high);
		view.setUint16(entry.header + 4, low);
	}

	#setBits(entry: Neighbor, set: number, clear: number): void {
		this.#neighbors.setBits(entry, (this.#neighbors.bits(entry) & ~clear) | set);
	}

	/** Who asks for us will talk to us: remembered as stale, so that our first packet checks it. Only neighbours of our own subnets. */
	#learn(at: number, sender: number): void {
		const addresses = this.#link.addresses;
		for (let i = 0; i < addresses.length; i++) {
			if (((sender ^ addresses[i]!.address) & addresses[i]!.mask) !== 0) continue;
			const entry = this.#neighbors.learn(this.#link, sender);
			if (entry === undefined) return;
			this.#prepare(entry, at + arp.SENDER_MAC);
			this.#enter(entry, STALE, NEIGHBOR_STALE_MS);
			return;
		}
	}

	#enter(entry: Neighbor, state: number, forMs: number): void {
		if (isCached(entry.state) && state !== REACHABLE) this.#core.changeWays();
		entry.state = state;
		entry.requests = 0;
		entry.until = (this.#core.now + forMs) | 0;
		this.#core.deadline(entry.until);
	}

	/** Writes the Ethernet header that packets for this neighbour get. */
	#prepare(entry: Neighbor, mac: number): void {
		const view = this.#core.view;
		copy(view, entry.header, mac, 6);
		copy(view, entry.header + ethernet.SOURCE_ADDRESS, this.#link.block + MAC, 6);
		view.setUint16(entry.header + ethernet.TYPE, ethernet.TYPE_IPV4);
	}

	/** Asks everybody who has the entry's address. */
	request(entry: Neighbor): void {
		this.#ask(entry, this.#link.block + BROADCAST_HEADER);
	}

	/** Asks the neighbour itself whether it still has the address. RFC 1122 §2.3.2.1 (2). */
	probe(entry: Neighbor): void {
		if (entry.state !== PROBE) {
			entry.state = PROBE;
			entry.requests = 0;
			this.#setBits(entry, 0, NEIGHBOR_LEARNED); // one of our packets has gone there
		}
		this.#ask(entry, entry.header);
	}

	#ask(entry: Neighbor, header: number): void {
		entry.requests++;
		entry.until = (this.#core.now + ARP_REQUEST_INTERVAL_MS) | 0;
		this.#core.deadline(entry.until);
		// Our address in the subnet of the one asked for, so that the answer finds us. The last one may have gone: only a probe comes from 0.0.0.0.
		const sender = this.#link.sourceFor(entry.address, entry.address);
		if (sender !== 0) this.#send(header, arp.REQUEST, sender, entry.address, NONE);
	}

	/** RFC 5227 §3: an ARP request for our own address, from it. */
	announce(address: number): void {
		this.#send(this.#link.block + BROADCAST_HEADER, arp.REQUEST, address, address, NONE);
	}

	/** An ARP request to everybody or to one station. From 0.0.0.0 it is a probe (RFC 5227 §2.1.1), which changes nobody's mind about who has the address. */
	ask(address: number, from: number, mac?: Uint8Array): void {
		this.#send(this.#link.block + BROADCAST_HEADER, arp.REQUEST, from, address, NONE, mac);
	}

	/** Answers the request at `at`. */
	#reply(at: number, sender: number, target: number): void {
		this.#send(at - ethernet.HEADER, arp.REPLY, target, sender, at + arp.SENDER_MAC);
	}

	/** Builds and sends one. `header`: an Ethernet header whose first (for a reply: second) address it goes to; `targetMac`: arena offset or NONE. */
	#send(header: number, operation: number, senderIp: number, targetIp: number, targetMac: number, to?: Uint8Array): void {
		const core = this.#core;
		// Not the spare packet: that may be the one whose way is being asked for.
		const packet = core.pool.acquireControl();
		if (packet === NONE) return core.count(this.#link.block, DROP.noPacketBuffer);
		const view = core.view;
		const at = core.pool.base(packet) + PACKET_HEADROOM;
		const frame = at - ethernet.HEADER;
		const own = this.#link.block + MAC;
		copy(view, frame, targetMac === NONE ? header : targetMac, 6);
		if (to !== undefined) for (let i = 0; i < 6; i++) view.setUint8(frame + i, to[i]!);
		copy(view, frame + ethernet.SOURCE_ADDRESS, own, 6);
		view.setUint16(frame + ethernet.TYPE, ethernet.TYPE_ARP);
		arp.write(view, at, operation, senderIp, targetIp);
		copy(view, at + arp.SENDER_MAC, own, 6);
		if (targetMac === NONE) {
			view.setInt32(at + arp.TARGET_MAC, 0);
			view.setUint16(at + arp.TARGET_MAC + 4, 0);
		} else copy(view, at + arp.TARGET_MAC, targetMac, 6);
		if (!this.#link.sendFrame(packet, frame, at + arp.LENGTH)) core.pool.release(packet);
	}

	/** Repeats questions, ages entries, and forgets those that nobody answered for. */
	timers(now: number): void {
		const entries = this.#neighbors.entries;
		for (let i = 0; i < entries.length; i++) {
			const entry = entries[i]!;
			if (entry.link !== this.#link || entry.state === FREE) continue;
			if (((now - entry.until) | 0) < 0) this.#core.deadline(entry.until);
			else this.#expired(entry);
		}
	}

	#expired(entry: Neighbor): void {
		if (entry.state === REACHABLE) this.#enter(entry, STALE, NEIGHBOR_STALE_MS);
		else if (entry.state === STALE) this.#neighbors.free(entry);
		else if (entry.state === CONTESTED) this.#undecided(entry);
		else if (entry.requests < ARP_REQUESTS) {
			if (entry.state === PROBE) this.probe(entry);
			else this.request(entry);
		} else if (entry.state === PROBE) {
			// It does not answer for itself any more; perhaps another station has the address now.
			entry.state = INCOMPLETE;
			entry.requests = 0;
			this.request(entry);
		} else {
			this.#link.unresolved(entry);
			this.#neighbors.free(entry);
		}
	}

	/** A contested neighbour's time to answer is over, or the time between two questions. */
	#undecided(entry: Neighbor): void {
		if (entry.requests === 0) this.#question(entry);
		else if (this.#neighbors.bits(entry) & NEIGHBOR_ANSWERED) this.#replace(entry);
		else if (this.#neighbors.askedWithin(entry, ARP_REQUEST_INTERVAL_MS)) this.#wait(entry, ARP_REQUEST_INTERVAL_MS);
		else if (entry.requests < ARP_REQUESTS) this.#question(entry);
		else this.#enter(entry, STALE, NEIGHBOR_STALE_MS); // nobody answers: the next packet finds out
	}
}
