// Ethernet: `output` finds the neighbour and puts the header on; arp.ts asks and answers.

import { BUSY, MEDIUM_ETHERNET, SENT, type Device } from "../device/device.ts";
import { FLAG_ETHERNET, FLAG_EXAMINED, InterfaceBlock } from "../packet/interface-block.ts";
import { NEIGHBOR_LEARNED } from "../packet/neighbor-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { NONE } from "../packet/pool.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { countSent, ethernetHeader } from "#codec";
import { Arp } from "./arp.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import type { LeaseKeeper } from "./lease.ts";
import { INCOMPLETE, STALE, isCached, type Neighbor, type Neighbors } from "./neighbors.ts";
import { OwnAddresses } from "./own-addresses.ts";
import type { Path } from "./path.ts";

/** Where these lie in an interface's block. */
const { mac: MAC, broadcastHeader: BROADCAST_HEADER } = InterfaceBlock.offsets;

const HEADER = ethernet.HEADER;

/** What an Ethernet interface may be told. */
export interface EthernetOptions extends InterfaceOptions {
	/** Six bytes; the device's own when absent. */
	mac?: Uint8Array;
}

/**
 * Ethernet II with ARP, RFC 894, 826 and 5227.
 *
 * @example
 * ```ts
 * const eth0 = stack.interfaces.add(new EthernetInterface("eth0", chip, { metric: 10 }));
 * ```
 */
export class EthernetInterface extends Interface {
	readonly kind = "ethernet";
	/** Its address, six bytes. */
	readonly mac: Uint8Array;
	#view!: DataView;
	#neighbors!: Neighbors;
	#arp!: Arp;
	// What DHCP needs comes last: XS finds a property the faster the earlier it was made, and the others are wanted for each packet.
	/** Who has an address lent for it: the DHCP client. One at a time. */
	lease: LeaseKeeper | undefined = undefined;
	/** The host name that the application has chosen for DHCP clients to come, instead of that of their options. */
	hostname: string | undefined = undefined;
	#anyAddressPort = 0;
	/** The address that `probe` asks for, or 0: also others' questions for it are conflicts. RFC 5227 §2.1.1. */
	probed = 0;
	/** A station whose ARP packets `onAnswer` is told of, or 0. */
	checked = 0;
	/** Told within processing of an ARP packet at that arena offset: from `checked`; and one that claims `probed`, or asks for it as we do. */
	onAnswer: ((at: number) => void) | undefined = undefined;
	onClaim: ((at: number) => void) | undefined = undefined;
	/** Told within processing that another station uses an address of ours, which is defended. */
	onConflict: ((address: number) => void) | undefined = undefined;
	/** Its own addresses before the neighbours: announcements, conflicts. There once it is attached. */
	own!: OwnAddresses;

	constructor(name: string, device: Device, options: EthernetOptions = {}) {
		super(name, device, HEADER, options);
		if (device.medium !== MEDIUM_ETHERNET) throw new TypeError(`${name}: expected a device that carries Ethernet frames`);
		const mac = options.mac ?? device.mac;
		if (!mac || mac.length !== 6 || mac[0]! & 1) throw new RangeError(`mac of ${name}: expected six bytes of a unicast address`);
		this.mac = mac;
	}

	/** The interface set hands over the stack's neighbours here, before anything passes. */
	useNeighbors(neighbors: Neighbors): void {
		this.#neighbors = neighbors;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags | FLAG_ETHERNET, listener);
		const view = (this.#view = core.view);
		for (let i = 0; i < 6; i++) {
			view.setUint8(this.block + MAC + i, this.mac[i]!);
			view.setUint8(this.block + BROADCAST_HEADER + i, 0xff);
			view.setUint8(this.block + BROADCAST_HEADER + ethernet.SOURCE_ADDRESS + i, this.mac[i]!);
		}
		view.setUint16(this.block + BROADCAST_HEADER + ethernet.TYPE, ethernet.TYPE_IPV4);
		this.#arp = new Arp(core, this, this.#neighbors);
		this.own = new OwnAddresses(core, this);
	}

	/** UDP port whose datagrams are taken for any address that their sender chose, or 0: a DHCP server writes to the address that it offers. */
	get anyAddressPort(): number {
		return this.#anyAddressPort;
	}
	set anyAddressPort(port: number) {
		this.#anyAddressPort = port;
		this.setFlag(FLAG_EXAMINED, port !== 0 || this.core.limits.reversePathFilter);
	}

	protected override get addressExpected(): boolean {
		return this.lease !== undefined;
	}

	protected override flush(): void {
		this.lease?.linkDown();
		this.#neighbors.flush(this);
		this.own.flush();
	}

	/** Whether an address is one of this interface's. */
	owns(address: number): boolean {
		const addresses = this.addresses;
		for (let i = 0; i < addresses.length; i++) if (addresses[i]!.address === address) return true;
		return false;
	}

	override control(at: number): void {
		this.#arp.receive(at);
	}

	override timers(now: number): void {
		this.#arp.timers(now);
		this.own.timers(now);
	}

	/** Tells the neighbours of an address that is ours from now on, or on this network: twice, RFC 5227 §2.3; the second time only when it is not lent, as who borrowed it does that. */
	introduce(address: number): void {
		if (this.up) this.own.introduce(address);
	}

	/** Tells the neighbours of an address of ours, once: gratuitous ARP, RFC 5227 §3. */
	announce(address: number): void {
		if (this.up) this.#arp.announce(address);
	}

	/** Asks whether anybody has the address, and tells nobody that we want it: an ARP probe, RFC 5227 §2.1.1. */
	probe(address: number): void {
		this.probed = address;
		this.ask(address, 0);
	}

	/** Asks who has the address, by an ARP request from one of ours or, as a probe, from 0: everybody, or the station with that hardware address. */
	ask(address: number, from: number, mac?: Uint8Array): void {
		if (this.up) this.#arp.ask(address, from, mac);
	}

	/** Asks for a neighbour that is not known. */
	find(address: number): void {
		if (this.up && this.#neighbors.find(this, address) === undefined) this.#arp.request(this.#neighbors.add(this, address));
	}

	/** The hardware address of a neighbour, if it is known. Allocates. */
	macOf(address: number): Uint8Array | undefined {
		const entry = this.#neighbors.find(this, address);
		if (entry === undefined || entry.state === INCOMPLETE) return undefined;
		const mac = new Uint8Array(6);
		for (let i = 0; i < 6; i++) mac[i] = this.#view.getUint8(entry.header + i);
		return mac;
	}

	override send(packet: number, at: number, end: number, header: number): boolean {
		if (this.native !== 0) return this.sendNative(packet, at, end, header);
		const frame = ethernetHeader(this.#view, at, header, this.block, end);
		const answer = this.waiting === 0 ? this.offer(packet, frame, end) : BUSY;
		return answer !== SENT && this.notSent(answer, packet, frame, end);
	}

	/** Neighbours that must be found or checked, and groups; a known neighbour's header is noted in the path. */
	override output(packet: number, at: number, end: number, path: Path): boolean {
		const nextHop = path.nextHop;
		if (nextHop === ipv4.BROADCAST || ipv4.isMulticast(nextHop)) return this.#outputGroup(packet, at, end, nextHop);
		let neighbor = path.neighbor;
		if (neighbor === undefined || neighbor.address !== nextHop || neighbor.link !== this) {
			neighbor = this.#neighborFor(nextHop);
			if (neighbor === undefined) return false;
			path.neighbor = neighbor;
		}
		neighbor.usedAt = this.core.now;
		const state = neighbor.state;
		if (state === INCOMPLETE) return this.#wait(packet, at, end, neighbor);
		const kept = this.send(packet, at, end, neighbor.header);
		if (state === STALE) this.#arp.probe(neighbor);
		else if (isCached(state)) {
			path.settle(this.core.wayVersion, neighbor.header);
		}
		return kept;
	}

	/** The entry for a next hop; undefined, and counted, without an address to ask from. */
	#neighborFor(nextHop: number): Neighbor | undefined {
		if (this.addresses.length === 0) {
			this.core.count(this.block, DROP.noRoute);
			return undefined;
		}
		const neighbors = this.#neighbors;
		const known = neighbors.find(this, nextHop);
		if (known === undefined) return neighbors.add(this, nextHop);
		const bits = neighbors.bits(known);
		if (bits & NEIGHBOR_LEARNED) neighbors.setBits(known, bits & ~NEIGHBOR_LEARNED);
		return known;
	}

	#outputGroup(packet: number, at: number, end: number, nextHop: number): boolean {
		const view = this.#view;
		const header = this.block + BROADCAST_HEADER;
		if (nextHop === ipv4.BROADCAST) return this.send(packet, at, end, header);
		// RFC 1112 §6.4: 01-00-5e and the low 23 bits of the group, for this packet only.
		view.setInt32(header, 0x01005e00 | ((nextHop >> 16) & 0x7f));
		view.setUint16(header + 4, nextHop);
		const kept = this.send(packet, at, end, header);
		view.setInt32(header, -1);
		view.setUint16(header + 4, 0xffff);
		return kept;
	}

	/** Queues a packet for a neighbour that has not answered, and asks for it: also when there is no buffer, so that the next packet finds it. */
	#wait(packet: number, at: number, end: number, neighbor: Neighbor): boolean {
		const kept = this.#neighbors.hold(neighbor, packet, at, end);
		if (neighbor.requests === 0) this.#arp.request(neighbor);
		return kept;
	}

	/** The neighbour answered: what waited goes out. */
	resolved(neighbor: Neighbor): void {
		const neighbors = this.#neighbors;
		const pool = this.core.pool;
		for (let packet = neighbors.take(neighbor); packet !== NONE; packet = neighbors.take(neighbor)) {
			if (!this.send(packet, pool.start[packet]!, pool.end[packet]!, neighbor.header)) pool.release(packet);
		}
	}

	/** The neighbour does not answer: what waited is given up. RFC 1812 §5.2.7.1. */
	unresolved(neighbor: Neighbor): void {
		this.#neighbors.waiting -= neighbor.queue.length;
		this.giveUp(neighbor.queue);
	}

	/** Sends a whole control frame, in a packet that was acquired for it. Answers whether that was kept. */
	sendFrame(packet: number, frame: number, end: number): boolean {
		countSent(this.#view, frame, end, this.block);
		const answer = this.waiting === 0 ? this.offer(packet, frame, end) : BUSY;
		return answer !== SENT && this.controlNotSent(answer, packet, frame, end);
	}
}
