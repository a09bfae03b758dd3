// The routes. `Routes.list` is the truth; the hash table that packets are looked up in (wire/tables.ts) is filled from it
// when it has changed and the next look-up comes. Cost of a look-up: one probe for each prefix length in use, 33 at most.

import { RouteEntry, RouteTable } from "../packet/route-table.ts";
import type { Core } from "../packet/core.ts";
import type { Interface } from "../link/interface.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { routeEntry, routeFind } from "#codec";
import { formatIpv4, parseIpv4, parsePrefix } from "../address.ts";

/** Where these lie in the route table and in one of its entries. */
const { mask: MASK, seed: SEED, lengths: LENGTHS, hostLength: HOST_LENGTH } = RouteTable.offsets;
const { prefix: PREFIX, key: KEY, index: INDEX } = RouteEntry.offsets;

/** What a route is made of. */
export interface RouteOptions {
	/** "10.0.0.0/8"; "0.0.0.0/0" is the default route. */
	prefix: string;
	/** Address of the next router; without one the destinations are neighbours. */
	gateway?: string;
	/** The way out; it must be part of the stack. */
	interface: Interface;
	/** The lower wins among routes of one prefix. The interface's metric is added. */
	metric?: number;
}

/** A route. It does not change: remove it and add another. `prefix` and `gateway` are for programs; `network` and `nextHop` are the stack's. */
export class Route {
	/** The destinations as an int32, without host bits. */
	readonly network: number;
	/** Bits of the prefix, 0 to 32. */
	readonly length: number;
	/** Address of the next router as an int32, or 0. */
	readonly nextHop: number;
	/** The way out. */
	readonly link: Interface;
	/** Its own, to which that of the interface is added: the lower wins among routes of one prefix. */
	readonly metric: number;
	/** Made by an address of the interface; it goes with it. */
	readonly connected: boolean;
	/** A server of the network said so: it yields to those of programs. */
	readonly lent: boolean;

	constructor(
		network: number,
		length: number,
		nextHop: number,
		link: Interface,
		metric: number,
		connected: boolean,
		lent = false,
	) {
		this.network = network;
		this.length = length;
		this.nextHop = nextHop;
		this.link = link;
		this.metric = metric;
		this.connected = connected;
		this.lent = lent;
	}

	/** "10.0.0.0/8"; "0.0.0.0/0" is the default route. */
	get prefix(): string {
		return `${formatIpv4(this.network)}/${this.length}`;
	}

	/** Address of the next router; undefined where the destinations are neighbours. */
	get gateway(): string | undefined {
		return this.nextHop === 0 ? undefined : formatIpv4(this.nextHop);
	}

	/** The prefix. */
	toString(): string {
		return this.prefix;
	}
}

/** The routes of a stack: the longest prefix wins, then the lowest metric, among those whose interface is up and can send. */
export class Routes {
	/** Changes with every change of routes, links and addresses: the route in a path that was looked up at another one is void. */
	version = 0;
	/** All of them, those of addresses and links too. Change it by `add` and `remove` alone. */
	readonly list: Route[] = [];
	/** Told which interface a route that came or went leads by. */
	onChange: ((link: Interface) => void) | undefined = undefined;
	#core: Core;
	#stale = true;
	#table: number;

	constructor(core: Core) {
		this.#core = core;
		this.#table = core.layout.routes;
		core.view.setInt32(this.#table + MASK, core.layout.routeCapacity - 1, true);
		core.view.setInt32(this.#table + SEED, core.random32(), true);
	}

	/** Adds a route. Throws RangeError for a bad address, a gateway that is no neighbour's, or a full table. */
	add(options: RouteOptions): Route {
		const { address, length } = parsePrefix(options.prefix);
		const mask = ipv4.mask(length);
		if ((address & ~mask) !== 0)
			throw new RangeError(`route ${options.prefix}: expected ${formatIpv4(address & mask)}/${length}, without host bits`);
		const gateway = options.gateway === undefined ? 0 : parseIpv4(options.gateway);
		if (gateway === undefined) throw new RangeError(`gateway "${options.gateway}": expected an IPv4 address`);
		const metric = options.metric ?? 0;
		if (!Number.isInteger(metric) || metric < 0 || metric > 65_535) throw new RangeError(`metric ${metric}: expected 0 to 65535`);
		if (!options.interface.slot)
			throw new RangeError(`route ${options.prefix}: interface ${options.interface.name} is not part of this stack`);
		if (gateway !== 0 && options.interface.linkHeader > 0 && !onLink(options.interface, gateway))
			throw new RangeError(`gateway ${options.gateway}: not in a subnet of ${options.interface.name}`);
		return this.insert(new Route(address, length, gateway, options.interface, metric, false));
	}

	/** Enters a route. Of two that are alike the first is used. */
	insert(route: Route): Route {
		if (this.list.length >= this.#core.limits.routes)
			throw new RangeError(`route ${route}: all ${this.#core.limits.routes} routes are in use; raise the option "routes"`);
		this.list.push(route);
		this.changed();
		this.onChange?.(route.link);
		return route;
	}

	/** Removes a route that `add` returned. */
	remove(route: Route): void {
		const index = this.list.indexOf(route);
		if (index < 0) throw new RangeError(`route ${route}: is not there`);
		this.list.splice(index, 1);
		this.changed();
		this.onChange?.(route.link);
	}

	/** Removes all that `which` holds for. */
	removeWhere(which: (route: Route) => boolean): void {
		for (let i = this.list.length - 1; i >= 0; i--) {
			const route = this.list[i]!;
			if (!which(route)) continue;
			this.list.splice(i, 1);
			this.onChange?.(route.link);
		}
		this.changed();
	}

	/** Something that routes rest on changed: a link, an address. */
	changed(): void {
		this.version = (this.version + 1) | 0;
		this.#core.changeWays();
		this.#stale = true;
		// Connections have lost their way, or may have one now: they look when the next poll begins.
		this.#core.notice();
	}

	/** The best route to an address, by the interface with that slot (0: by any), or undefined. */
	find(address: number, slot: number): Route | undefined {
		if (this.#stale) this.#fill();
		const index = routeFind(this.#core.view, this.#table, address, slot);
		return index < 0 ? undefined : this.list[index];
	}

	#fill(): void {
		const view = this.#core.view;
		const table = this.#table;
		this.#stale = false;
		for (let i = 0; i < this.#core.layout.routeCapacity; i++)
			view.setInt32(table + RouteTable.bytes + i * RouteEntry.bytes + KEY, 0);
		let lengths = 0;
		let hosts = 0;
		for (let index = 0; index < this.list.length; index++) {
			const route = this.list[index]!;
			if (!canSend(route.link)) continue;
			if (route.length === 32) hosts = 1;
			else lengths |= 1 << route.length;
			this.#put(0, index, route);
			this.#put(route.link.slot, index, route);
		}
		view.setInt32(table + LENGTHS, lengths, true);
		view.setInt32(table + HOST_LENGTH, hosts, true);
	}

	/** Enters a route under an interface slot, unless a better one of the same prefix stands there. */
	#put(slot: number, index: number, route: Route): void {
		const view = this.#core.view;
		const key = (slot << 8) | (route.length + 1);
		const entry = routeEntry(view, this.#table, route.network, key);
		if (view.getInt32(entry + KEY, true) !== 0) {
			const other = this.list[view.getInt32(entry + INDEX, true)]!;
			if (!better(route, other)) return;
		}
		view.setInt32(entry + PREFIX, route.network, true);
		view.setInt32(entry + KEY, key, true);
		view.setInt32(entry + INDEX, index, true);
	}
}

/** Whether packets can leave by an interface. Ethernet without an address of its own cannot ask for neighbours: no ARP request comes from 0.0.0.0 but a probe (RFC 5227 §1.1). */
export function canSend(link: Interface): boolean {
	return link.up && (link.linkHeader === 0 || link.addresses.length > 0);
}

/** Whether an address is one of the interface's. */
export function has(link: Interface, address: number): boolean {
	const addresses = link.addresses;
	for (let i = 0; i < addresses.length; i++) if (addresses[i]!.address === address) return true;
	return false;
}

/**
 * Whether a route takes the place of one with the same prefix that comes before it. What a network's server lends never takes that of a subnet that is there,
 * nor that of a program's route, but for default routes: of those the lower metric wins, and the program's of two that are alike.
 */
function better(route: Route, other: Route): boolean {
	if (route.lent !== other.lent && route.length > 0) return other.lent;
	if (route.lent && other.connected && route.length > 0) return false;
	const difference = route.metric + route.link.metric - other.metric - other.link.metric;
	return difference < 0 || (difference === 0 && other.lent && !route.lent);
}

/** Whether an address lies in a subnet of the interface. */
export function onLink(link: Interface, address: number): boolean {
	for (const own of link.addresses) if (((own.address ^ address) & own.mask) === 0) return true;
	return false;
}
