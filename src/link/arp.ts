// ARP, RFC 826 and 1122 §2.3.2: asking at most once a second, answering for our own addresses, believing only what was asked for.

import { ARP_REQUEST_INTERVAL_MS, ARP_REQUESTS, NEIGHBOR_REACHABLE_MS, NEIGHBOR_STALE_MS, PACKET_HEADROOM } from "../config.ts";
import { BLOCK_BROADCAST_HEADER, BLOCK_MAC } from "../packet/blocks.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { NONE } from "../packet/pool.ts";
import * as arp from "../wire/arp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { copy } from "#codec";
import type { EthernetInterface } from "./ethernet.ts";
import { FREE, INCOMPLETE, PROBE, REACHABLE, STALE, type Neighbor, type Neighbors } from "./neighbors.ts";

export class Arp {
	#core: Core;
	#link: EthernetInterface;
	#neighbors: Neighbors;
	#defendedAt = 0;
	#defended = false;

	constructor(core: Core, link: EthernetInterface, neighbors: Neighbors) {
		this.#core = core;
		this.#link = link;
		this.#neighbors = neighbors;
	}

	/** A valid ARP packet at `at`; its frame's Ethernet header lies just before. */
	receive(at: number): void {
		const view = this.#core.view;
		const sender = arp.senderIp(view, at);
		const target = arp.targetIp(view, at);
		const forUs = this.#isOwn(target);
		if (!this.#goodSender(at, sender)) return this.#core.count(this.#link.block, DROP.arpIgnored);
		const { probed } = this.#link;
		if (probed !== 0 && this.#claims(at, sender, target, probed)) {
			this.#core.count(this.#link.block, DROP.arpIgnored);
			this.#link.onConflict?.(probed);
			return;
		}
		if (this.#isOwn(sender)) return this.#conflict(at, sender);
		// A probe (RFC 5227 §2.1.1) comes from 0.0.0.0: it is answered, and teaches nothing.
		const known = sender === 0 ? undefined : this.#neighbors.find(this.#link, sender);
		if (known !== undefined) this.#update(known, at, forUs && arp.operation(view, at) === arp.REPLY);
		else if (arp.operation(view, at) === arp.REQUEST && forUs && sender !== 0) this.#learn(at, sender);
		else if (!forUs || arp.operation(view, at) === arp.REPLY) this.#core.count(this.#link.block, DROP.arpIgnored);
		if (forUs && arp.operation(view, at) === arp.REQUEST) this.#reply(at, sender, target);
	}

	#isOwn(address: number): boolean {
		const addresses = this.#link.addresses;
		for (let i = 0; i < addresses.length; i++) if (addresses[i]!.address === address) return true;
		return false;
	}

	/** The sender must be one station, the one that sent the frame, with an address that a station may have. */
	#goodSender(at: number, sender: number): boolean {
		const view = this.#core.view;
		const frame = at - ethernet.HEADER;
		if (ethernet.isGroup(view, at + arp.SENDER_MAC)) return false;
		if (!ethernet.sameAddress(view, at + arp.SENDER_MAC, frame + ethernet.SOURCE_ADDRESS)) return false;
		return !(sender >= (0xe0000000 | 0) && sender < 0) && !ipv4.isLoopback(sender);
	}

	/** Whether another station has the address that we probe for, or probes for it too. RFC 5227 §2.1.1. */
	#claims(at: number, sender: number, target: number, probed: number): boolean {
		const view = this.#core.view;
		if (sender !== probed && (sender !== 0 || target !== probed || arp.operation(view, at) !== arp.REQUEST)) return false;
		return !ethernet.sameAddress(view, at + arp.SENDER_MAC, this.#link.block + BLOCK_MAC);
	}

	/** Somebody else uses our address: defend it, at most every ten seconds. RFC 5227 §2.4 (b). */
	#conflict(at: number, address: number): void {
		this.#core.count(this.#link.block, DROP.arpIgnored);
		// Our own words, come back by a bridge.
		if (ethernet.sameAddress(this.#core.view, at + arp.SENDER_MAC, this.#link.block + BLOCK_MAC)) return;
		if (this.#link.onConflict?.(address) === true) return;
		if (this.#defended && ((this.#core.now - this.#defendedAt) | 0) < 10_000) return;
		this.#defended = true;
		this.#defendedAt = this.#core.now;
		this.announce(address);
	}

	/** What was asked for is believed at once. What was not, and differs, only makes us ask again. */
	#update(entry: Neighbor, at: number, answered: boolean): void {
		const view = this.#core.view;
		const same = ethernet.sameAddress(view, entry.header, at + arp.SENDER_MAC);
		if (entry.state === INCOMPLETE || (entry.state === PROBE && answered)) {
			this.#prepare(entry, at + arp.SENDER_MAC);
			this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
			this.#link.resolved(entry);
		} else if (same) {
			if (entry.state === STALE && answered) this.#enter(entry, REACHABLE, NEIGHBOR_REACHABLE_MS);
		} else if (entry.state === REACHABLE) {
			this.#enter(entry, STALE, NEIGHBOR_STALE_MS);
		} else if (entry.state === STALE) {
			this.probe(entry);
		}
	}

	/** Who asks for us will talk to us: remembered as stale, so that our first packet checks it. Only neighbours of our own subnets. */
	#learn(at: number, sender: number): void {
		const addresses = this.#link.addresses;
		for (let i = 0; i < addresses.length; i++) {
			if (((sender ^ addresses[i]!.address) & addresses[i]!.mask) !== 0) continue;
			const entry = this.#neighbors.add(this.#link, sender);
			this.#prepare(entry, at + arp.SENDER_MAC);
			this.#enter(entry, STALE, NEIGHBOR_STALE_MS);
			return;
		}
		this.#core.count(this.#link.block, DROP.arpIgnored);
	}

	#enter(entry: Neighbor, state: number, forMs: number): void {
		if (entry.state === REACHABLE) this.#core.stamp++;
		entry.state = state;
		entry.requests = 0;
		entry.until = (this.#core.now + forMs) | 0;
		this.#core.deadline(entry.until);
	}

	/** Writes the Ethernet header that packets for this neighbour get. */
	#prepare(entry: Neighbor, mac: number): void {
		const view = this.#core.view;
		copy(view, entry.header, mac, 6);
		copy(view, entry.header + ethernet.SOURCE_ADDRESS, this.#link.block + BLOCK_MAC, 6);
		view.setUint16(entry.header + ethernet.TYPE, ethernet.TYPE_IPV4);
	}

	/** Asks everybody who has the entry's address. */
	request(entry: Neighbor): void {
		this.#ask(entry, this.#link.block + BLOCK_BROADCAST_HEADER);
	}

	/** Asks the neighbour itself whether it still has the address. RFC 1122 §2.3.2.1 (2). */
	probe(entry: Neighbor): void {
		if (entry.state !== PROBE) {
			entry.state = PROBE;
			entry.requests = 0;
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
		this.#send(this.#link.block + BLOCK_BROADCAST_HEADER, arp.REQUEST, address, address, NONE);
	}

	/** RFC 5227 §2.1.1: an ARP request from 0.0.0.0, which changes nobody's mind about who has the address. */
	probeAddress(address: number): void {
		this.#send(this.#link.block + BLOCK_BROADCAST_HEADER, arp.REQUEST, 0, address, NONE);
	}

	/** Answers the request at `at`. */
	#reply(at: number, sender: number, target: number): void {
		this.#send(at - ethernet.HEADER, arp.REPLY, target, sender, at + arp.SENDER_MAC);
	}

	/** Builds and sends one. `header`: an Ethernet header whose first (for a reply: second) address it goes to; `targetMac`: arena offset or NONE. */
	#send(header: number, operation: number, senderIp: number, targetIp: number, targetMac: number): void {
		const core = this.#core;
		// Not the spare packet: that may be the one whose way is being asked for.
		const packet = core.pool.acquire();
		if (packet === NONE) return core.count(this.#link.block, DROP.noPacketBuffer);
		const view = core.view;
		const at = core.pool.base(packet) + PACKET_HEADROOM;
		const frame = at - ethernet.HEADER;
		const own = this.#link.block + BLOCK_MAC;
		copy(view, frame, targetMac === NONE ? header : targetMac, 6);
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
}
