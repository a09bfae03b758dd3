// Routes of an interface that routers say: by themselves, and of prefixes whose addresses are neighbours. RFC 4861 §6.3.4, RFC 4191.

import { Route } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";

/** Routers and their routes. */
const MOST = 6;

interface Lasting {
	readonly route: Route;
	/** When it ends, ms; Infinity. */
	until: number;
}

/** Those of one interface, each as long as was said. */
export class HeardRoutes {
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #metric: number;
	readonly #list: Lasting[] = [];
	/** Changes with every route that comes or goes. */
	said = 0;

	constructor(stack: Stack, link: Interface, metric: number) {
		this.#stack = stack;
		this.#link = link;
		this.#metric = metric;
	}

	/** Addresses of the default routers. */
	get routers(): string[] {
		return this.#list.filter(({ route }) => route.length === 0).map(({ route }) => route.nextHop);
	}

	/** When the next one ends. */
	get next(): number {
		return this.#list.reduce((next, { until }) => Math.min(next, until), Infinity);
	}

	/** A route lasts until then, or is `over`. Answers false when there is no room for it. */
	take(network: string, length: number, nextHop: string, metric: number, until: number, over: boolean): boolean {
		const at = this.#list.findIndex(
			({ route }) => route.network === network && route.length === length && route.nextHop === nextHop,
		);
		const wanted = this.#metric + metric;
		if (at >= 0 && !over && this.#list[at]!.route.metric === wanted) {
			this.#list[at]!.until = until;
			return true;
		}
		if (at >= 0) this.#remove(at);
		if (over) return true;
		const { routes, core } = this.#stack;
		if (this.#list.length >= MOST || routes.list.length >= core.limits.routes) return false;
		const route = routes.insert(new Route(network, length, nextHop, this.#link, wanted, false, true));
		this.#list.push({ route, until });
		this.said++;
		return true;
	}

	/** A neighbour is a router no more: its routes are over. RFC 4861 §6.3.5. */
	noRouter(address: string): void {
		for (const each of this.#list) if (each.route.nextHop === address) each.until = 0;
	}

	/** None counts longer than until then. */
	shorten(until: number): void {
		for (const each of this.#list) each.until = Math.min(each.until, until);
	}

	/** One that is over goes. Answers whether there was one. */
	age(now: number): boolean {
		const over = this.#list.findIndex(({ until }) => until <= now);
		if (over >= 0) this.#remove(over);
		return over >= 0;
	}

	clear(): void {
		while (this.#list.length > 0) this.#remove(0);
	}

	#remove(index: number): void {
		const [lasting] = this.#list.splice(index, 1);
		const { routes } = this.#stack;
		if (lasting !== undefined && routes.list.includes(lasting.route)) routes.remove(lasting.route);
		this.said++;
	}
}
