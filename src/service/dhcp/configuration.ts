// What a lease brings to an interface, and takes away with it: the address, routes, name servers, the MTU.

import { Route } from "../../ip/routes.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import type { Lease, LeaseRoute } from "./lease.ts";

export interface RouteSettings {
	/** Added to the interface's. */
	metric: number;
	defaultRoute: boolean;
}

export class Configuration {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #settings: RouteSettings;
	/** The interface's own MTU. */
	readonly #fullMtu: number;
	#entry: InterfaceAddress | undefined;
	#routes: Route[] = [];
	#servers = false;

	constructor(stack: Stack, link: EthernetInterface, settings: RouteSettings) {
		this.#stack = stack;
		this.#link = link;
		this.#settings = settings;
		this.#fullMtu = link.mtu;
	}

	/** The lent address that the interface has, or 0. */
	get address(): number {
		return this.#entry === undefined ? 0 : this.#entry.address;
	}

	/** Whether the interface has this lease's address in its subnet. */
	fits(lease: Lease): boolean {
		const entry = this.#entry;
		return entry !== undefined && entry.address === lease.address && entry.length === lease.length;
	}

	/** Makes the interface what the lease says, which has no other address of ours: what is right already stays, and with it connections. Throws RangeError when it cannot have the address. */
	apply(lease: Lease): void {
		const stack = this.#stack;
		const link = this.#link;
		this.#setMtu(lease.mtu);
		// The owner of the stack may have taken it away.
		if (this.#entry === undefined || !link.addresses.includes(this.#entry)) {
			this.#entry = undefined;
			this.#entry = link.addAddress(lease.address, lease.length);
		}
		const wanted = lease.routes.filter((route) => route.length > 0 || this.#settings.defaultRoute);
		for (const route of this.#routes.splice(0)) {
			if (!stack.routes.list.includes(route)) continue;
			if (wanted.some((each) => same(route, each))) this.#routes.push(route);
			else stack.routes.remove(route);
		}
		for (const route of wanted) if (!this.#routes.some((each) => same(each, route))) this.#addRoute(route);
		if (lease.dns.length > 0 || this.#servers) link.nameServers = lease.dns;
		this.#servers = lease.dns.length > 0;
	}

	/** Where all routes are in use, it goes without: the address is worth having. The default route comes first. */
	#addRoute({ prefix, length, gateway }: LeaseRoute): void {
		const { routes, core } = this.#stack;
		if (routes.list.length >= core.limits.routes) return;
		// A gateway outside of the subnet is a neighbour all the same: RFC 3442, and clouds with /32.
		this.#routes.push(routes.insert(new Route(prefix, length, gateway, this.#link, this.#settings.metric, false)));
	}

	#setMtu(mtu: number): void {
		const link = this.#link;
		const wanted = mtu === 0 ? this.#fullMtu : Math.min(mtu, this.#fullMtu);
		if (link.mtu === wanted) return;
		link.mtu = wanted;
		this.#stack.routes.changed(); // TCP takes smaller segments at once, larger ones with new connections
	}

	/** Takes everything back. */
	remove(): void {
		const { routes } = this.#stack;
		const link = this.#link;
		const entry = this.#entry;
		for (const route of this.#routes.splice(0)) if (routes.list.includes(route)) routes.remove(route);
		this.#entry = undefined;
		if (this.#servers) link.nameServers = [];
		this.#servers = false;
		if (entry !== undefined && link.addresses.includes(entry)) link.removeAddress(entry);
		this.#setMtu(0);
	}
}

function same(route: Route, other: LeaseRoute): boolean {
	return route.prefix === other.prefix && route.length === other.length && route.gateway === other.gateway;
}
