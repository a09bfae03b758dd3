// Routes of an interface that routers say: by themselves, and of prefixes whose addresses are neighbours. RFC 4861 §6.3.4, RFC 4191.

import { samePrefix } from "../../address.ts";
import { Route } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import { ROUTERS } from "../../packet/route-table.ts";
import type { Stack } from "../../stack.ts";

/** Routers and their routes. */
const MOST = 6;
/** Prefixes that routers say. */
const MOST_PREFIXES = 8;

/** A prefix, and who says it. */
interface SaidPrefix {
	readonly network: string;
	readonly length: number;
	readonly router: number;
	until: number;
}

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
	/** By their numbers, less one: routers that say prefixes, "" where a number is free. */
	readonly #routers: string[] = Array.from({ length: ROUTERS - 1 }, () => "");
	readonly #prefixes: SaidPrefix[] = [];
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

	/** Number of a router, by which its routes go with addresses of its prefixes (RFC 8028); one that is none so far gets one if it `says` a prefix. 0: it has none. */
	numberOf(router: string, says: boolean): number {
		const known = this.#routers.indexOf(router);
		if (known >= 0 || !says) return known + 1;
		const isFree = (number: number) =>
			!this.#prefixes.some((each) => each.router === number) && !this.#list.some(({ route }) => route.router === number);
		const free = this.#routers.findIndex((_, i) => isFree(i + 1));
		if (free >= 0) this.#routers[free] = router;
		return free + 1;
	}

	/** The router with that number says a prefix until then. */
	say(network: string, length: number, router: number, until: number, now: number): void {
		const list = this.#prefixes;
		const same = (each: SaidPrefix) => each.router === router && each.length === length && each.network === network;
		for (let i = list.length - 1; i >= 0; i--) if (list[i]!.until <= now || same(list[i]!)) list.splice(i, 1);
		if (until > now && list.length < MOST_PREFIXES) list.push({ network, length, router, until });
	}

	/** The routers that say a prefix with that address, a bit for each number. */
	routersOf(address: string): number {
		let bits = 0;
		for (const { network, length, router } of this.#prefixes) if (samePrefix(address, network, length)) bits |= 1 << router;
		return bits;
	}

	/** A route lasts until then, or is `over`. Answers false when there is no room for it. */
	take(network: string, length: number, nextHop: string, metric: number, until: number, over: boolean, router = 0): boolean {
		const at = this.#list.findIndex(
			({ route }) => route.network === network && route.length === length && route.nextHop === nextHop,
		);
		const wanted = this.#metric + metric;
		if (at >= 0 && !over && this.#list[at]!.route.metric === wanted && this.#list[at]!.route.router === router) {
			this.#list[at]!.until = until;
			return true;
		}
		if (at >= 0) this.#remove(at);
		if (over) return true;
		const { routes, core } = this.#stack;
		if (this.#list.length >= MOST || routes.list.length >= core.limits.routes) return false;
		const route = routes.insert(new Route(network, length, nextHop, this.#link, wanted, false, true, router));
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
		this.#prefixes.length = 0;
		this.#routers.fill("");
	}

	#remove(index: number): void {
		const [lasting] = this.#list.splice(index, 1);
		const { routes } = this.#stack;
		if (lasting !== undefined && routes.list.includes(lasting.route)) routes.remove(lasting.route);
		this.said++;
	}
}
