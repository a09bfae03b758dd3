// The routes. `Routes.list` is the truth, and has a row in the arena for each; route-lookup.ts finds the best one for a packet.

import { MAPPED_BITS } from "../packet/address.ts";
import { word } from "../packet/core-block.ts";
import { given } from "../packet/given.ts";
import { ROUTE_CONNECTED, ROUTE_LENT, RouteRow, RouteTable } from "../packet/route-table.ts";
import type { Core } from "../packet/core.ts";
import type { Interface } from "../link/interface.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { linkCanSend, linkHasSubnet, routeAsk, setV4, setV4OrNone } from "#codec";
import { formatIpv4, parseIpv4, parseIpv4Prefix } from "../address4.ts";

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

	/** Changes with every change of routes, links and addresses: the route in a path that was looked up at another one is void. */
	get version(): number {
		return this.#core.routeVersion;
	}

	/** Adds a route. Throws RangeError for a bad address, a gateway that is no neighbour's, or a full table. */
	add(options: RouteOptions): Route {
		const { address, length } = parseIpv4Prefix(options.prefix);
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
		this.#write(this.list.length - 1);
		this.changed();
		this.onChange?.(route.link);
		return route;
	}

	/** Removes a route that `add` returned. */
	remove(route: Route): void {
		const index = this.list.indexOf(route);
		if (index < 0) throw new RangeError(`route ${route}: is not there`);
		this.list.splice(index, 1);
		this.#write(index);
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
		this.#write(0);
		this.changed();
	}

	/** Something that routes rest on changed: a link, an address. */
	changed(): void {
		this.#core.changeRoutes();
		// Connections have lost their way, or may have one now: they look when the next poll begins.
		this.#core.notice();
	}

	/** The best route to an address, by the interface with that slot (0: by any), or undefined. */
	find(address: number, slot: number): Route | undefined {
		const index = routeAsk(this.#core.view, given(this.#core.view, address), slot);
		return index < 0 ? undefined : this.list[index];
	}

	/** Writes the rows of the routes from that one on. */
	#write(first: number): void {
		const { view, layout } = this.#core;
		const { list } = this;
		for (let i = first; i < list.length; i++) {
			const route = list[i]!;
			const row = layout.routeRows + i * RouteRow.bytes;
			setV4(view, row + AT.prefix, route.network);
			setV4OrNone(view, row + AT.nextHop, route.nextHop);
			view.setInt32(row + AT.metric, route.metric + route.link.ip.metric, true);
			view.setUint8(row + AT.length, MAPPED_BITS + route.length);
			view.setUint8(row + AT.slot, route.link.slot);
			view.setUint16(row + AT.bits, (route.connected ? ROUTE_CONNECTED : 0) | (route.lent ? ROUTE_LENT : 0), true);
		}
		this.#core.fields[COUNT] = list.length;
	}
}

/** Whether packets can leave by an interface: link/addresses.ts. */
export function canSend(link: Interface): boolean {
	return link.block !== 0 && linkCanSend(link.arena, link.block);
}

/** Whether an address lies in a subnet of the interface. */
export function onLink(link: Interface, address: number): boolean {
	return link.block !== 0 && linkHasSubnet(link.arena, link.block, given(link.arena, address));
}
