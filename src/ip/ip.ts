// The central IP layer on the way out: routing, cached in each socket's path; and forwarding.

import { CORE, CoreBlock } from "../packet/core-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION, IP_AT, IP_END, SOURCE, TRANSPORT_AT, TTL_PROTOCOL } from "../packet/fields.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { GROUP } from "../wire/kinds.ts";
import { ownFind, ttlDecrement } from "#codec";
import { Icmp } from "./icmp.ts";
import type { InterfaceSet } from "./interfaces.ts";
import { canSend, has, onLink, type Route, type Routes } from "./routes.ts";

/** What a path without a way is taken to carry. RFC 1122 §3.3.3. */
const LEAST_MTU = 576;
/** First octets, as signed ones: of 127.0.0.0/8, and the least of groups and above, 224. */
const LOOPBACK = 127;
const GROUPS = -32;

export class Ip {
	readonly routes: Routes;
	readonly interfaces: InterfaceSet;
	readonly icmp: Icmp;
	#core: Core;
	#forwardPath: Path;
	#reversePath = new Path();

	constructor(core: Core, interfaces: InterfaceSet, routes: Routes) {
		this.#core = core;
		this.routes = routes;
		this.interfaces = interfaces;
		this.icmp = new Icmp(core, this);
		this.#forwardPath = new Path(core.view, CORE + CoreBlock.offsets.forward);
	}

	/** Whether an address is one of ours, on any interface. */
	isLocal(address: number): boolean {
		return this.interfaces.owner(address) !== undefined || ipv4.isLoopback(address);
	}

	/** Whether nobody alone has the address: limited or directed broadcast, or multicast. */
	isGroup(address: number): boolean {
		return address === ipv4.BROADCAST || ipv4.isMulticast(address) || (ownFind(this.#core.view, address, 0) & GROUP) !== 0;
	}

	/**
	 * Decides how packets to `path.destination` go: interface, next hop and source address in one. Given are `path.bound` (slot of the only interface,
	 * 0: any) and `path.source` (0: to be chosen, RFC 6724 §5 as far as IPv4 goes); `home` is for connections: slot of the interface that it went by
	 * first. True when there is a way and a source address; then the path holds until `routes.version` changes. Otherwise `path.out` is undefined, and
	 * `awaited` tells whether one may come. What is forwarded needs no source address, nor DHCP before there is one: `sourced` is false.
	 *
	 * A given source prefers the interface that has it, when its route there is as specific as the best one; with `strongHost` it must be that interface
	 * (RFC 1122 §3.3.4.2). A connection never moves to an interface whose network does not have its source address.
	 *
	 * No calls where all packets pass: each costs as much as three comparisons.
	 */
	route(path: Path, home = 0, sourced = true): boolean {
		const destination = path.destination;
		const net = destination >> 24; // the first octet, as a signed one
		path.routeVersion = this.routes.version;
		path.leave();
		path.neighbor = undefined;
		path.out = undefined;
		path.mtu = LEAST_MTU;
		path.nextHop = destination;
		const source = path.source;
		const ours = ownFind(this.#core.view, destination, 0);
		if ((ours !== 0 && !(ours & GROUP)) || net === LOOPBACK) return this.#loop(path, destination);
		let out: Interface | undefined;
		if (net < 0 && net >= GROUPS && (destination === ipv4.BROADCAST || ipv4.isMulticast(destination))) {
			out = this.#groupInterface(path);
			if (out === undefined) return false;
		} else {
			let route = this.routes.find(destination, path.bound);
			if (route === undefined || net === 0) return false; // RFC 1122 §3.2.1.3: "this network" is nowhere to send to
			out = route.link;
			if (source !== 0) {
				const own = out.addresses;
				if ((own.length === 0 || own[0]!.address !== source) && !has(out, source)) {
					route = this.#fromElsewhere(path, route, home);
					if (route === undefined) return false;
					out = route.link;
				}
			}
			if (route.nextHop !== 0) path.nextHop = route.nextHop;
			else if (isDirectedBroadcast(out, destination)) path.nextHop = ipv4.BROADCAST;
		}
		if (source === 0 && sourced) {
			path.source = this.sourceFor(out, path.nextHop, destination);
			if (path.source === 0) return false;
		}
		path.out = out;
		path.mtu = out.mtu;
		return true;
	}

	/** To ourselves: by the loopback interface, from the address itself unless another is given. */
	#loop(path: Path, destination: number): boolean {
		const lo = this.interfaces.list[0]!; // always the first
		path.out = lo;
		path.mtu = lo.mtu;
		if (path.source === 0) path.source = destination;
		return true;
	}

	/** The route of a packet whose source address is given, and is not one of the interface that `best` leads by. */
	#fromElsewhere(path: Path, best: Route, home: number): Route | undefined {
		const { source, destination, bound } = path;
		const owner = this.interfaces.owner(source);
		// An address that is nobody's leaves only by an interface that takes every address for its own; 127.0.0.0/8 never.
		if (owner === undefined) return best.link.anyAddress ? best : undefined;
		if (ipv4.isLoopback(source)) return undefined;
		if (bound !== 0) return this.#core.limits.strongHost ? undefined : best;
		const own = this.routes.find(destination, owner.slot);
		if (this.#core.limits.strongHost) return own;
		if (home === 0) return own !== undefined && own.length >= best.length ? own : best;
		if (home !== owner.slot) {
			const first = this.routes.find(destination, home);
			if (first !== undefined) return first;
		}
		return own ?? (onLink(best.link, source) ? best : undefined);
	}

	/** Where a group is sent: by the bound interface, else where the source address or the default route says, else the first that can. */
	#groupInterface(path: Path): Interface | undefined {
		const { bound, source } = path;
		if (bound !== 0) {
			const link = this.interfaces.at(bound);
			return link !== undefined && link.up ? link : undefined;
		}
		if (source !== 0) {
			const owner = this.interfaces.owner(source);
			if (ipv4.isLoopback(source)) return undefined;
			if (owner !== undefined && canSend(owner) && owner !== this.interfaces.list[0]) return owner;
			if (this.#core.limits.strongHost) return undefined;
		}
		const byDefault = this.routes.find(path.destination, 0);
		if (byDefault !== undefined) return byDefault.link;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if (canSend(list[i]!) && list[i]!.addresses.length > 0) return list[i];
		return undefined;
	}

	/**
	 * The source address for a next hop and a destination by an interface, 0 when there is none. An interface to one peer that has no address borrows
	 * one, as unnumbered lines do (RFC 1812 §2.2.7): the first of another interface that is up, never the loopback interface's.
	 */
	sourceFor(link: Interface, nextHop: number, destination: number): number {
		const own = link.sourceFor(nextHop, destination);
		if (own !== 0 || link.linkHeader !== 0) return own;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) {
			const lender = list[i]!;
			const borrowed = lender.up ? lender.sourceFor(destination, destination) : 0;
			if (borrowed !== 0) return borrowed;
		}
		return 0;
	}

	/**
	 * For a path that `route` found no way for: the interface that may carry it later. A route leads by it, or the path is bound to it, but it is down or
	 * has no address yet; or it is still coming up. Undefined: nothing that is to come would carry it.
	 */
	awaited(path: Path): Interface | undefined {
		const { destination, source, bound } = path;
		if (destination >>> 24 === 0 || ipv4.isLoopback(source)) return undefined;
		const owner = source === 0 ? undefined : this.interfaces.owner(source);
		if (source !== 0 && owner === undefined) return undefined;
		const only = this.#only(bound, owner);
		const group = destination === ipv4.BROADCAST || ipv4.isMulticast(destination);
		let found: Route | undefined;
		for (const route of this.routes.list) {
			if (only !== undefined && route.link !== only) continue;
			if (((route.network ^ destination) & ipv4.mask(route.length)) !== 0 || this.#ready(route.link)) continue;
			if (found === undefined || route.length > found.length) found = route;
		}
		if (found !== undefined) return found.link;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) {
			const link = list[i]!;
			if (only !== undefined && link !== only) continue;
			if (link.comingUp || (group && !this.#ready(link))) return link;
		}
		return undefined;
	}

	/**
	 * Whether waiting may help a path that `route` found no way for: the interface that it would go by has a link and lacks only an address, or an
	 * interface that may carry it is still coming up.
	 */
	mayCome(path: Path): boolean {
		const awaited = this.awaited(path);
		if (awaited === undefined) return false;
		if (awaited.up || awaited.comingUp) return true;
		const only = this.#only(path.bound, path.source === 0 ? undefined : this.interfaces.owner(path.source));
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if ((only === undefined || list[i] === only) && list[i]!.comingUp) return true;
		return false;
	}

	/** The only interface that a path may leave by; undefined: any. `owner` has its source address, when it is given. */
	#only(bound: number, owner: Interface | undefined): Interface | undefined {
		return bound !== 0 ? this.interfaces.at(bound) : this.#core.limits.strongHost ? owner : undefined;
	}

	/** Whether packets from an address of ours leave by it. */
	#ready(link: Interface): boolean {
		return canSend(link) && this.sourceFor(link, 0, 0) !== 0;
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
	 * `path.wayVersion === core.wayVersion` first and calls `path.out.send` itself.
	 */
	output(packet: number, at: number, end: number, path: Path): boolean {
		if (path.wayVersion === this.#core.wayVersion) return path.out!.send(packet, at, end, path.header);
		return this.#find(packet, at, end, path);
	}

	/**
	 * The way must be looked up, or its neighbour found. Routes that change while packets pass are seen here; what had no way waits for its owner to
	 * look again.
	 */
	#find(packet: number, at: number, end: number, path: Path): boolean {
		if (path.routeVersion !== this.routes.version && path.out !== undefined) this.route(path, path.out.slot, false);
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
		// §5.3.4: never what came by link broadcast; §5.3.7: no martian source or destination; RFC 3927 §2.7: nothing from or to addresses of one link.
		const martian = source >>> 24 === 0 || destination >>> 24 === 0 || ipv4.isLoopback(destination) || destination >>> 28 === 15;
		if (group || martian || ipv4.isLinkLocal(source) || ipv4.isLinkLocal(destination)) return this.#drop(link, DROP.ipv4NotLocal);
		if (core.fields[TTL_PROTOCOL]! >> 8 <= 1) {
			this.icmp.error(link, icmpv4.TIME_EXCEEDED, 0, 0);
			return this.#drop(link, DROP.ttlExpired);
		}
		if (core.limits.reversePathFilter && !this.#comesFrom(source, link)) return this.#drop(link, DROP.reversePath);
		const path = this.#forwardPath;
		if (path.destination !== destination || path.routeVersion !== this.routes.version) {
			path.destination = destination;
			path.source = 0;
			this.route(path, 0, false);
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
		if (path.destination !== source || path.routeVersion !== this.routes.version) {
			path.destination = source;
			this.route(path, 0, false);
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
