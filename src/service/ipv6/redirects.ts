// A router says that another way to a destination is nearer, RFC 4861 §8: that destination has a route of its own from then on, until its next hop does not answer or others take its place.

import { linkRedirected } from "#codec";
import { addressText, isMulticast, isNear } from "../../address.ts";
import { Route } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv6 from "../../wire/ipv6.ts";

/** Destinations that have a way of their own. The oldest gives way. */
const MOST = 4;
/** Where a redirect has the destination. RFC 4861 §4.5. */
const DESTINATION = icmpv6.TARGET + 16;

/** Those of one interface. */
export class Redirects {
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #routes: Route[] = [];
	/** What was said and has not had its turn. */
	#next: Route | undefined = undefined;

	constructor(stack: Stack, link: Interface) {
		this.#stack = stack;
		this.#link = link;
	}

	/** Within processing: the redirect in the IPv6 packet at that arena offset. Answers whether it counts: it must come from the router that is used now, and tell of a neighbour. */
	heard(at: number): boolean {
		const { core, routes } = this.#stack;
		const icmp = at + ipv6.HEADER;
		const destination = addressText(core.view, icmp + DESTINATION);
		const target = addressText(core.view, icmp + icmpv6.TARGET);
		if (this.#next !== undefined || isMulticast(destination)) return false;
		if (target !== destination && !isNear(target)) return false;
		const way = routes.find(destination, 0);
		if (way === undefined || way.link !== this.#link || way.nextHop !== addressText(core.view, at + ipv6.SOURCE)) return false;
		linkRedirected(core.view, this.#link.block, at);
		this.#next = new Route(destination, 128, target, this.#link, 0, false, true, target === destination ? 0 : way.router);
		return true;
	}

	/** Answers whether something was done. */
	step(): boolean {
		const next = this.#next;
		if (next === undefined) return false;
		this.#next = undefined;
		const { routes, core } = this.#stack;
		const known = this.#routes.findIndex(({ network }) => network === next.network);
		if (known >= 0) this.#remove(known);
		else if (this.#routes.length >= MOST || routes.list.length >= core.limits.routes) this.#remove(0);
		if (routes.list.length < core.limits.routes) this.#routes.push(routes.insert(next));
		return true;
	}

	/** None counts any more. */
	clear(): void {
		this.#next = undefined;
		while (this.#routes.length > 0) this.#remove(0);
	}

	#remove(index: number): void {
		const [route] = this.#routes.splice(index, 1);
		const { routes } = this.#stack;
		if (route !== undefined && routes.list.includes(route)) routes.remove(route);
	}
}
