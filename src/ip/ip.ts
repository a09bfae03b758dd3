// The central IP layer on the way out: routing, cached in each socket's path; and forwarding.

import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION, IP_AT, IP_END, SOURCE, TRANSPORT_AT, TTL_PROTOCOL } from "../packet/fields.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { ttlDecrement } from "#codec";
import { Icmp } from "./icmp.ts";
import type { InterfaceSet } from "./interfaces.ts";
import type { Routes } from "./routes.ts";

export class Ip {
	readonly routes: Routes;
	readonly interfaces: InterfaceSet;
	readonly icmp: Icmp;
	#core: Core;
	#forwardPath = new Path();
	#reversePath = new Path();

	constructor(core: Core, interfaces: InterfaceSet, routes: Routes) {
		this.#core = core;
		this.routes = routes;
		this.interfaces = interfaces;
		this.icmp = new Icmp(core, this);
	}

	/** Whether an address is one of ours, on any interface. */
	isLocal(address: number): boolean {
		return this.interfaces.owner(address) !== undefined || ipv4.isLoopback(address);
	}

	/** Whether nobody alone has the address: limited or directed broadcast, or multicast. */
	isGroup(address: number): boolean {
		if (address === ipv4.BROADCAST || ipv4.isMulticast(address)) return true;
		const list = this.interfaces.list;
		for (let i = 0; i < list.length; i++) if (isDirectedBroadcast(list[i]!, address)) return true;
		return false;
	}

	/**
	 * Looks `path.destination` up: fills in interface, next hop, and the source address unless one is set. Answers whether there
	 * is a way. The socket keeps the path until `routes.generation` changes.
	 */
	route(path: Path): boolean {
		const destination = path.destination;
		path.generation = this.routes.generation;
		path.stamp = -1;
		path.neighbor = undefined;
		path.out = undefined;
		path.mtu = 576;
		path.nextHop = destination;
		if (this.isLocal(destination)) {
			path.out = this.interfaces.list[0]!; // loopback, always the first
			path.mtu = path.out.mtu;
			if (path.source === 0) path.source = destination;
			return true;
		}
		if (destination === ipv4.BROADCAST || ipv4.isMulticast(destination)) {
			path.out = this.#groupInterface(path);
		} else {
			const route = this.routes.find(destination, path.bound);
			if (route === undefined) return false;
			path.out = route.link;
			if (route.gateway !== 0) path.nextHop = route.gateway;
			else if (isDirectedBroadcast(route.link, destination)) path.nextHop = ipv4.BROADCAST;
		}
		if (path.out === undefined) return false;
		path.mtu = path.out.mtu;
		if (path.source === 0) path.source = this.sourceFor(path.out, destination);
		return true;
	}

	/** Where a group is sent: by the bound interface, else where the source address or the default route says, else the first that is up. */
	#groupInterface(path: Path): Interface | undefined {
		if (path.bound !== 0) {
			const link = this.interfaces.at(path.bound);
			return link !== undefined && link.up ? link : undefined;
		}
		if (path.source !== 0) {
			const owner = this.interfaces.owner(path.source);
			if (owner !== undefined && owner.up) return owner;
		}
		const byDefault = this.routes.find(path.destination, 0);
		if (byDefault !== undefined) return byDefault.link;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if (list[i]!.up && list[i]!.addresses.length > 0) return list[i];
		return undefined;
	}

	/**
	 * The source address for a destination by an interface. RFC 6724 §5 as far as IPv4 goes: an address of the outgoing interface
	 * (rule 5), of those the one with the longest prefix in common (rule 8). An interface without address borrows one.
	 */
	sourceFor(link: Interface, destination: number): number {
		let chosen = 0;
		let longest = -1;
		for (let i = 0; i < link.addresses.length; i++) {
			const own = link.addresses[i]!;
			const common = Math.min(Math.clz32(own.address ^ destination), own.length);
			if (common > longest) {
				longest = common;
				chosen = own.address;
			}
		}
		if (chosen !== 0) return chosen;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if (list[i]!.addresses.length > 0) return list[i]!.addresses[0]!.address;
		return 0;
	}

	/** A packet is larger than its way carries: counted. */
	tooBig(path: Path): boolean {
		return this.#drop(path.out ?? this.interfaces.list[0]!, path.out === undefined ? DROP.noRoute : DROP.tooBig);
	}

	/** Largest packet that the path carries, bytes; 576 when there is no way. */
	mtu(path: Path): number {
		return path.mtu;
	}

	/**
	 * Sends the IPv4 packet in bytes `at` to `end` along the path. Answers whether the packet was kept. Who sends much asks
	 * `path.stamp === core.stamp` first and calls `path.out.send` itself.
	 */
	output(packet: number, at: number, end: number, path: Path): boolean {
		if (path.stamp === this.#core.stamp) return path.out!.send(packet, at, end, path.header);
		return this.#find(packet, at, end, path);
	}

	/** The way must be looked up, or its neighbour found. */
	#find(packet: number, at: number, end: number, path: Path): boolean {
		if (path.generation !== this.routes.generation) this.route(path);
		const out = path.out;
		if (out === undefined) return this.#drop(this.interfaces.list[0]!, DROP.noRoute);
		if (!out.up) return this.#drop(out, DROP.interfaceDown);
		return out.output(packet, at, end, path);
	}

	#drop(link: Interface, reason: number): boolean {
		this.#core.count(link.block, reason);
		return false;
	}

	/** Sends on a packet for somebody else, RFC 1812 §5. The registers hold its header. Answers whether it was kept. */
	forward(link: Interface, packet: number, at: number, end: number, group: number): boolean {
		const core = this.#core;
		const source = core.fields[SOURCE]!;
		const destination = core.fields[DESTINATION]!;
		// §5.3.4: never what came by link broadcast; §5.3.7: no martian source or destination.
		if (group || source >>> 24 === 0 || destination >>> 24 === 0 || ipv4.isLoopback(destination) || destination >>> 28 === 15)
			return this.#drop(link, DROP.ipv4NotLocal);
		if (core.fields[TTL_PROTOCOL]! >> 8 <= 1) {
			this.icmp.error(link, icmpv4.TIME_EXCEEDED, 0, 0);
			return this.#drop(link, DROP.ttlExpired);
		}
		if (core.limits.reversePathFilter && !this.#comesFrom(source, link)) return this.#drop(link, DROP.reversePath);
		const path = this.#forwardPath;
		if (path.destination !== destination || path.generation !== this.routes.generation) {
			path.destination = destination;
			this.route(path);
		}
		if (path.out === undefined) {
			this.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.NET_UNREACHABLE, 0);
			return this.#drop(link, DROP.noRoute);
		}
		// RFC 2644: directed broadcasts are not forwarded.
		if (path.nextHop === ipv4.BROADCAST) return this.#drop(link, DROP.ipv4NotLocal);
		if (end - at > path.out.mtu) {
			// We do not fragment, so the sender is told in either case. RFC 1191 §4.
			this.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.FRAGMENTATION_NEEDED, path.out.mtu);
			return this.#drop(link, DROP.tooBig);
		}
		ttlDecrement(core.view, at);
		return this.output(packet, at, end, path);
	}

	/** A packet that we forwarded did not find its next hop: its sender is told. RFC 1812 §5.2.7.1. What we sent ourselves has timers of its own. */
	undeliverable(link: Interface, at: number, end: number): void {
		const core = this.#core;
		const source = ipv4.source(core.view, at);
		if (this.isLocal(source)) return;
		const fields = core.fields;
		fields[SOURCE] = source;
		fields[DESTINATION] = ipv4.destination(core.view, at);
		fields[IP_AT] = at;
		fields[IP_END] = end;
		fields[TRANSPORT_AT] = at + ipv4.headerLength(core.view, at);
		fields[TTL_PROTOCOL] = core.view.getUint16(at + ipv4.TTL);
		this.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, 0);
	}

	/** Strict reverse path, RFC 3704 §2.2. */
	#comesFrom(source: number, link: Interface): boolean {
		const path = this.#reversePath;
		if (path.destination !== source || path.generation !== this.routes.generation) {
			path.destination = source;
			path.source = 0;
			this.route(path);
		}
		return path.out === link;
	}
}

/** All host bits set, in a subnet of the interface that has a broadcast address. RFC 3021 for /31. */
export function isDirectedBroadcast(link: Interface, address: number): boolean {
	const addresses = link.addresses;
	for (let i = 0; i < addresses.length; i++) {
		const own = addresses[i]!;
		if (own.length < 31 && address === (own.address | ~own.mask)) return true;
	}
	return false;
}
