// Ethernet: `output` finds the neighbour and puts the header on; arp.ts asks and answers.

import { NEIGHBOR_QUEUE } from "../config.ts";
import { MEDIUM_ETHERNET, type Device } from "../device/device.ts";
import { BLOCK_BROADCAST_HEADER, BLOCK_MAC, FLAG_ETHERNET } from "../packet/blocks.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { NONE } from "../packet/pool.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { ethernetHeader } from "#codec";
import { Arp } from "./arp.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import { PROBE, REACHABLE, STALE, type Neighbor, type Neighbors } from "./neighbors.ts";
import type { Path } from "./path.ts";

const HEADER = ethernet.HEADER;

export interface EthernetOptions extends InterfaceOptions {
	/** Six bytes; the device's own when absent. */
	mac?: Uint8Array;
}

export class EthernetInterface extends Interface {
	readonly linkHeader = HEADER;
	readonly kind = "ethernet";
	readonly mac: Uint8Array;
	#neighbors!: Neighbors;
	#arp!: Arp;

	constructor(name: string, device: Device, options: EthernetOptions = {}) {
		super(name, device, options);
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
		const view = core.view;
		for (let i = 0; i < 6; i++) {
			view.setUint8(this.block + BLOCK_MAC + i, this.mac[i]!);
			view.setUint8(this.block + BLOCK_BROADCAST_HEADER + i, 0xff);
			view.setUint8(this.block + BLOCK_BROADCAST_HEADER + ethernet.SOURCE_ADDRESS + i, this.mac[i]!);
		}
		view.setUint16(this.block + BLOCK_BROADCAST_HEADER + ethernet.TYPE, ethernet.TYPE_IPV4);
		this.#arp = new Arp(core, this, this.#neighbors);
	}

	protected override flush(): void {
		this.#neighbors.flush(this);
	}

	override control(at: number, packet: number): void {
		this.#arp.receive(at, packet);
	}

	override timers(now: number): void {
		this.#arp.timers(now);
	}

	/** Tells the neighbours of an address of ours: gratuitous ARP, RFC 5227 §3. */
	announce(address: number): void {
		if (this.up) this.#arp.announce(address);
	}

	override output(packet: number, at: number, end: number, path: Path): boolean {
		const neighbor = path.neighbor;
		if (neighbor === undefined || neighbor.address !== path.nextHop || neighbor.link !== this || neighbor.state !== REACHABLE)
			return this.#outputSlow(packet, at, end, path);
		ethernetHeader(this.core.view, at - HEADER, neighbor.header, this.block, end);
		return this.transmit(packet, at - HEADER, end);
	}

	/** Everything but a known neighbour: groups, and neighbours that must be found or checked. */
	#outputSlow(packet: number, at: number, end: number, path: Path): boolean {
		const nextHop = path.nextHop;
		if (nextHop === ipv4.BROADCAST || ipv4.isMulticast(nextHop)) return this.#outputGroup(packet, at, end, nextHop);
		const neighbor = this.#neighbors.find(this, nextHop) ?? this.#neighbors.add(this, nextHop);
		path.neighbor = neighbor;
		neighbor.usedAt = this.core.now;
		const state = neighbor.state;
		if (state === STALE) this.#arp.probe(neighbor);
		if (state === STALE || state === PROBE || state === REACHABLE) {
			ethernetHeader(this.core.view, at - HEADER, neighbor.header, this.block, end);
			return this.transmit(packet, at - HEADER, end);
		}
		return this.#wait(packet, at, end, neighbor);
	}

	#outputGroup(packet: number, at: number, end: number, nextHop: number): boolean {
		const view = this.core.view;
		const frame = at - HEADER;
		ethernetHeader(view, frame, this.block + BLOCK_BROADCAST_HEADER, this.block, end);
		if (nextHop !== ipv4.BROADCAST) {
			// RFC 1112 §6.4: 01-00-5e and the low 23 bits of the group.
			view.setInt32(frame, 0x01005e00 | ((nextHop >> 16) & 0x7f));
			view.setUint16(frame + 4, nextHop);
		}
		return this.transmit(packet, frame, end);
	}

	/** Queues a packet for a neighbour that has not answered, and asks for it. The newest are kept: RFC 1122 §2.3.2.2. */
	#wait(packet: number, at: number, end: number, neighbor: Neighbor): boolean {
		const pool = this.core.pool;
		const queue = neighbor.queue;
		if (queue.length >= NEIGHBOR_QUEUE) {
			pool.release(queue.shift());
			this.core.count(this.block, DROP.neighborQueueFull);
		}
		if (neighbor.requests === 0) this.#arp.request(neighbor);
		if (pool.free === 0) {
			this.core.count(this.block, DROP.noPacketBuffer);
			return false;
		}
		pool.start[packet] = at;
		pool.end[packet] = end;
		queue.push(packet);
		return true;
	}

	/** The neighbour answered: what waited goes out. */
	resolved(neighbor: Neighbor): void {
		const pool = this.core.pool;
		for (let packet = neighbor.queue.shift(); packet !== NONE; packet = neighbor.queue.shift()) {
			const at = pool.start[packet]!;
			const end = pool.end[packet]!;
			ethernetHeader(this.core.view, at - HEADER, neighbor.header, this.block, end);
			if (!this.transmit(packet, at - HEADER, end)) pool.release(packet);
		}
	}

	/** Sends the ARP packet that `build` put behind `frame + HEADER` of the spare packet. */
	sendArp(packet: number, frame: number, end: number): boolean {
		return this.transmit(packet, frame, end);
	}
}
