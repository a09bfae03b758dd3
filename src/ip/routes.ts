// The routes. `Routes.list` is the truth, and has a row in the arena for each; route-lookup.ts finds the best one for a packet.

import {
	addressOption,
	addressOrNonePut,
	addressPut,
	bitsInMemory,
	familyBits,
	given,
	isNear,
	networkOf,
	parsePrefix,
	unlessAny,
} from "../address.ts";
import { MAPPED_BITS } from "../packet/address.ts";
import { word } from "../packet/core-block.ts";
import { ROUTE_CONNECTED, ROUTE_LENT, ROUTE_REDIRECT, ROUTE_ROUTER, RouteRow, RouteTable } from "../packet/route-table.ts";
import type { Core } from "../packet/core.ts";
import type { Interface } from "../link/interface.ts";
import { linkCanSend, linkHasSubnet, routeIndex, samePrefix } from "#codec";

/** Where these lie in the route table and in a route's row. */
const { mask: MASK, seed: SEED, rows: ROWS } = RouteTable.offsets;
const AT = RouteRow.offsets;
const COUNT = word("routeCount");

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
	/** The gateway is a neighbour, though no address of the interface says so, or none yet. Link-local ones are such without it. */
	onLink?: boolean | undefined;
}

/** A route. It does not change: remove it and add another. */
export class Route {
	/** The destinations, without host bits. */
	readonly network: string;
	/** Bits of the prefix: 0 to 32 of IPv4, to 128 of IPv6. */
	readonly length: number;
	/** Address of the next router, or "". */
	readonly nextHop: string;
	/** The way out. */
	readonly link: Interface;
	/** Its own, to which that of the interface is added: the lower wins among routes of one prefix. */
	readonly metric: number;
	/** Made by an address of the interface; it goes with it. */
	readonly connected: boolean;
	/** A server of the network said so: it yields to those of programs. */
	readonly lent: boolean;
	/** Number of its router among those of the interface that say prefixes: packet/route-table.ts. */
	readonly router: number;
	/** A router said so of one destination: redirects.ts. */
	readonly redirect: boolean;

	constructor(
		network: string,
		length: number,
		nextHop: string,
		link: Interface,
		metric: number,
		connected: boolean,
		lent = false,
		router = 0,
		redirect = false,
	) {
		this.network = network;
		this.length = length;
		this.nextHop = nextHop;
		this.link = link;
		this.metric = metric;
		this.connected = connected;
		this.lent = lent;
		this.router = router;
		this.redirect = redirect;
	}

	/** "10.0.0.0/8"; "0.0.0.0/0" is the default route. */
	get prefix(): string {
		return `${this.network}/${this.length}`;
	}

	/** Address of the next router; undefined where the destinations are neighbours. */
	get gateway(): string | undefined {
		return this.nextHop === "" ? undefined : this.nextHop;
	}

	/** The prefix. */
	toString(): string {
		return this.prefix;
	}
}

/** The routes of a stack: the longest prefix wins, then the lowest metric, among those whose interface is up and can send. */
export class Routes {
	/** All of them, those of addresses and links too. Change it by `add` and `remove` alone. */
	readonly list: Route[] = [];
	/** Told which interface a route that came or went leads by. */
	onChange: ((link: Interface) => void) | undefined = undefined;
	#core: Core;

	constructor(core: Core) {
		this.#core = core;
		const table = core.layout.routes;
		core.view.setInt32(table + MASK, core.layout.routeCapacity - 1, true);
		core.view.setInt32(table + SEED, core.random32(), true);
		core.view.setInt32(table + ROWS, core.layout.routeRows, true);
	}

	/** The arena, in which the rows lie. */
	get arena(): DataView {
		return this.#core.view;
	}

	/** Changes with every change of routes, links and addresses: the route in a path that was looked up at another one is void. */
	get version(): number {
		return this.#core.routeVersion;
	}

	/** Adds a route. Throws RangeError for a bad address, a gateway that is no neighbour's, or a full table. */
	add(options: RouteOptions): Route {
		const { address, length } = parsePrefix(options.prefix);
		const network = networkOf(address, length);
		if (network !== address) throw new RangeError(`route ${options.prefix}: expected ${network}/${length}, without host bits`);
		const gateway = options.gateway === undefined ? "" : unlessAny(addressOption("gateway", options.gateway));
		if (gateway !== "" && familyBits(gateway) !== familyBits(network))
			throw new RangeError(`gateway ${gateway}: expected an address of the family of ${network}/${length}`);
		const metric = options.metric ?? 0;
		if (!Number.isInteger(metric) || metric < 0 || metric > 65_535) throw new RangeError(`metric ${metric}: expected 0 to 65535`);
		if (!options.interface.slot)
			throw new RangeError(`route ${options.prefix}: interface ${options.interface.name} is not part of this stack`);
		const near = options.onLink === true || isNear(gateway);
		if (gateway !== "" && !near && options.interface.linkHeader > 0 && !onLink(options.interface, gateway))
			throw new RangeError(`gateway ${options.gateway}: not in a subnet of ${options.interface.name}`);
		return this.insert(new Route(address, length, gateway, options.interface, metric, false));
	}

	/** Enters a route. Of two that are alike the first is used. */
	insert(route: Route): Route {
		if (this.list.length >= this.#core.limits.routes)
			throw new RangeError(`route ${route}: all ${this.#core.limits.routes} routes are in use; raise the option "routes"`);
		this.list.push(route);
		this.#write(route);
		this.changed();
		this.onChange?.(route.link);
		return route;
	}

	/** Removes a route that `add` returned. */
	remove(route: Route): void {
		const index = this.list.indexOf(route);
		if (index < 0) throw new RangeError(`route ${route}: is not there`);
		this.#drop(index);
		this.changed();
		this.onChange?.(route.link);
	}

	/** Removes all that `which` holds for. */
	removeWhere(which: (route: Route) => boolean): void {
		for (let i = this.list.length - 1; i >= 0; i--) {
			const route = this.list[i]!;
			if (!which(route)) continue;
			this.#drop(i);
			this.onChange?.(route.link);
		}
		this.changed();
	}

	/** Something that routes rest on changed: a link, an address. */
	changed(): void {
		this.#core.changeRoutes();
		// Connections have lost their way, or may have one now: they look when the next poll begins.
		this.#core.notice();
	}

	/** The best route to an address, by the interface with that slot (0: by any), or undefined. */
	find(address: string, slot: number): Route | undefined {
		const index = routeIndex(this.#core.view, given(this.#core.view, address), slot);
		return index < 0 ? undefined : this.list[index];
	}

	/** Whether the prefix of the route with that index holds the address at `at` in the arena, which is one of IPv4 (`v4`) or not. */
	holds(index: number, at: number, v4: boolean): boolean {
		const { view } = this.#core;
		const row = this.#rowAt(index);
		const length = view.getUint8(row + AT.length);
		return (length >= MAPPED_BITS || !v4) && samePrefix(view, row + AT.prefix, at, length);
	}

	/** Where the row of the route with that index lies. */
	#rowAt(index: number): number {
		return this.#core.layout.routeRows + index * RouteRow.bytes;
	}

	/** Writes the row of the last route. */
	#write({ network, length, nextHop, link, metric, connected, lent, router, redirect }: Route): void {
		const { view, fields } = this.#core;
		const row = this.#rowAt(this.list.length - 1);
		addressPut(view, row + AT.prefix, network);
		addressOrNonePut(view, row + AT.nextHop, nextHop);
		view.setInt32(row + AT.metric, metric + link.ip.metric, true);
		view.setUint8(row + AT.length, bitsInMemory(network, length));
		view.setUint8(row + AT.slot, link.slot);
		const bits = (connected ? ROUTE_CONNECTED : 0) | (lent ? ROUTE_LENT : 0) | (redirect ? ROUTE_REDIRECT : 0);
		view.setUint16(row + AT.bits, bits | (router << ROUTE_ROUTER), true);
		fields[COUNT] = this.list.length;
	}

	/** A route goes, and the rows behind it move up. */
	#drop(index: number): void {
		const { fields } = this.#core;
		fields.copyWithin(this.#rowAt(index) >> 2, this.#rowAt(index + 1) >> 2, this.#rowAt(this.list.length) >> 2);
		this.list.splice(index, 1);
		fields[COUNT] = this.list.length;
	}
}

/** Whether packets can leave by an interface: link/addresses.ts. */
export function canSend(link: Interface): boolean {
	return link.block !== 0 && linkCanSend(link.arena, link.block);
}

/** Whether an address lies in a subnet of the interface. */
export function onLink(link: Interface, address: string): boolean {
	return link.block !== 0 && linkHasSubnet(link.arena, link.block, given(link.arena, address));
}
