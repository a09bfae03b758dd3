// What a lease brings to an interface, and takes away with it: the address, routes, name servers, the MTU. Nothing of it may touch what other interfaces
// have, or what the program has set: ip/claims.ts.

import { addressObjection, objection } from "../../ip/claims.ts";
import { isLocal } from "#codec";
import { givenV4 } from "../../address.ts";
import { formatIpv4, ipv4Text } from "../../address4.ts";
import { Route } from "../../ip/routes.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import * as ipv4 from "../../wire/ipv4.ts";
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
	/** The same as the int32 that DHCP has. */
	#address = 0;
	/** The address and its length are ours, and out of use until it is known where the link leads. */
	#suspended: InterfaceAddress | undefined;
	#routes: Route[] = [];
	#servers = false;
	/** Which routes and servers of the present lease are not taken, and why. */
	#refused: string[] = [];
	/** How many were not, of all leases. */
	refusals = 0;

	constructor(stack: Stack, link: EthernetInterface, settings: RouteSettings) {
		this.#stack = stack;
		this.#link = link;
		this.#settings = settings;
		this.#fullMtu = link.mtu;
	}

	/** The lent address that the interface has, or 0. */
	get address(): number {
		return this.#entry === undefined ? 0 : this.#address;
	}

	/** Whether the interface has this lease's address in its subnet. */
	fits(lease: Lease): boolean {
		return isOf(this.#entry, lease);
	}

	/** Whether that was so before it was suspended. */
	suspends(lease: Lease): boolean {
		return isOf(this.#suspended, lease);
	}

	get #metric(): number {
		return this.#settings.metric + this.#link.ip.metric;
	}

	/** Why a lease cannot be had, as the end of "a server offers …"; "" when it can. */
	objection(lease: Lease): string {
		const { interfaces, routes } = this.#stack;
		const { address, length, server } = lease;
		const standing = this.fits(lease) || this.suspends(lease);
		if (server === address || this.#isOurs(server))
			return `an address, and says that its own is ${formatIpv4(server)}, which is ours`;
		const prefix = formatIpv4(address & ipv4.mask(length));
		const claim = { prefix, length, subnet: true, metric: this.#metric, standing };
		const found = objection(routes, this.#link, claim);
		if (found !== "") return `the subnet ${prefix}/${length}, which ${found}`;
		const other = standing ? "" : addressObjection(interfaces, routes, this.#link, formatIpv4(address));
		return other === "" ? "" : `${formatIpv4(address)}, which ${other}`;
	}

	/**
	 * Makes the interface what the lease says, which has no other address of ours: what is right already stays, and with it connections. `review` and `takeServers` do the rest.
	 * Throws RangeError when it cannot have the address.
	 */
	apply(lease: Lease): void {
		const link = this.#link;
		// The owner of the stack may have taken it away.
		if (this.#entry === undefined || !link.addresses.includes(this.#entry)) {
			this.#entry = undefined;
			this.#entry = link.ip.insertAddress(formatIpv4(lease.address), lease.length, true);
			this.#address = lease.address;
		}
		this.#suspended = undefined;
		this.#setMtu(lease.mtu);
	}

	/** Name servers. */
	takeServers(lease: Lease): void {
		const link = this.#link;
		const dns = lease.dns.filter((server) => !this.#isOurs(server)).map(formatIpv4);
		if (dns.length > 0 || this.#servers) link.ip.servers = dns;
		this.#servers = dns.length > 0;
	}

	/** What is not taken of the present lease, and why: the first of it; "" when all is. */
	get refused(): string {
		return this.#refused.length === 0 ? "" : `not taken: ${this.#refused[0]}`;
	}

	/** Routes of the lease in use: those that may not be any more go, those that may be now come. Answers whether others are refused than before. */
	review(lease: Lease): boolean {
		const { routes } = this.#stack;
		const before = this.#refused;
		this.#refused = lease.dns.some((server) => this.#isOurs(server)) ? ["a name server that is ourselves"] : [];
		const had = this.#routes.splice(0).filter((route) => routes.list.includes(route));
		// By index: an iterator takes longer, and frames wait meanwhile.
		for (let i = 0; i < lease.routes.length; i++) {
			const route = lease.routes[i]!;
			const known = had.find((each) => same(each, route));
			const objects = route.length === 0 && !this.#settings.defaultRoute ? " " : this.#objects(lease, route, known !== undefined);
			if (objects === "") {
				if (known !== undefined) this.#routes.push(known);
				else this.#addRoute(route);
			} else if (objects !== " ") this.#refused.push(`a route to ${formatIpv4(route.prefix)}/${route.length}, which ${objects}`);
		}
		for (const route of had) if (!this.#routes.includes(route)) routes.remove(route);
		if (before.length === 0 && this.#refused.length === 0) return false;
		const more = this.#refused.filter((text) => !before.includes(text));
		this.refusals += more.length;
		return more.length > 0 || this.#refused.length < before.length;
	}

	/** Why a route of the lease may not be, "" when it may. `standing`: it is there. */
	#objects({ address, length: own, server }: Lease, { prefix, length, gateway }: LeaseRoute, standing: boolean): string {
		const { routes } = this.#stack;
		const hosts = ~ipv4.mask(own);
		if (gateway !== 0) {
			if (this.#isOurs(gateway)) return `leads by ${formatIpv4(gateway)}, which is ours`;
			const host = gateway & hosts;
			if (own < 31 && ((gateway ^ address) & ~hosts) === 0 && (host === 0 || host === hosts))
				return `leads by ${formatIpv4(gateway)}, which is nobody's`;
		}
		const holds = ((prefix ^ server) & ipv4.mask(length)) === 0 && ((prefix ^ address) & ~hosts) === 0;
		if (length > own && holds) return "holds the server, which is a neighbour";
		return objection(routes, this.#link, { prefix: formatIpv4(prefix), length, subnet: false, metric: this.#metric, standing });
	}

	/** Where all routes are in use, it goes without: the address is worth having. The default route comes first. */
	#addRoute({ prefix, length, gateway }: LeaseRoute): void {
		const { routes, core } = this.#stack;
		if (routes.list.length >= core.limits.routes) return;
		const network = formatIpv4(prefix);
		const nextHop = ipv4Text(gateway);
		// A gateway outside of the subnet is a neighbour all the same: RFC 3442, and clouds with /32.
		this.#routes.push(routes.insert(new Route(network, length, nextHop, this.#link, this.#settings.metric, false, true)));
	}

	/** Whether an address is one of ours, on any interface. */
	#isOurs(address: number): boolean {
		const { view } = this.#stack.core;
		return isLocal(view, givenV4(view, address));
	}

	#setMtu(mtu: number): void {
		const link = this.#link;
		const wanted = mtu === 0 ? this.#fullMtu : Math.min(mtu, this.#fullMtu);
		if (link.mtu === wanted) return;
		link.mtu = wanted;
		this.#stack.routes.changed(); // TCP takes smaller segments at once, larger ones with new connections
	}

	/** All that came with the address goes: routes, name servers, the MTU. */
	#strip(): void {
		const { routes } = this.#stack;
		for (const route of this.#routes.splice(0)) if (routes.list.includes(route)) routes.remove(route);
		if (this.#servers) this.#link.ip.servers = [];
		this.#servers = false;
		this.#refused = [];
		this.#setMtu(0);
	}

	/** The link may lead to another network: nothing of the lease is used before `apply`. Connections wait. */
	suspend(): void {
		const entry = this.#entry;
		if (entry === undefined) return;
		this.#strip();
		this.#entry = undefined;
		if (!this.#link.addresses.includes(entry)) return;
		this.#link.ip.suspendAddress(entry);
		this.#suspended = entry;
	}

	/** Takes everything back. */
	remove(): void {
		const link = this.#link;
		const entry = this.#entry;
		const suspended = this.#suspended;
		this.#entry = this.#suspended = undefined;
		this.#strip();
		if (entry !== undefined && link.addresses.includes(entry)) link.removeAddress(entry);
		if (suspended !== undefined) link.ip.forgetAddress(suspended.address);
	}
}

function isOf(entry: InterfaceAddress | undefined, lease: Lease): boolean {
	return entry !== undefined && entry.address === formatIpv4(lease.address) && entry.length === lease.length;
}

function same(route: Route, other: LeaseRoute): boolean {
	return route.length === other.length && route.network === formatIpv4(other.prefix) && route.nextHop === ipv4Text(other.gateway);
}
