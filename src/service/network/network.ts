// All interfaces of a stack together: what there is, what becomes of it, routes, and which way a packet would go. Plain objects, made when asked for.

import { linkOf, slotOf } from "../../io/common.ts";
import { currentStack } from "../../io/current.ts";
import { addressOf, objectOption, show } from "../../io/options.ts";
import { parsePrefix, unlessAny } from "../../address.ts";
import type { Route } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { formatMac } from "../../wire/ethernet.ts";
import { Ready, type ReadyOptions } from "./ready.ts";
import type { Change, InterfaceView, NewRoute, RoutePattern, RouteView, Way } from "./types.ts";

/** By their bits in what the stack's watch tells: the first is 1. */
const CHANGES: readonly Change[] = Object.freeze(["added", "removed", "link", "addresses", "routes", "nameServers", "protocol"]);

function viewOf(link: Interface): InterfaceView {
	return {
		name: link.name,
		kind: link.kind,
		up: link.up,
		addresses: link.addresses.map(String),
		...(link.mac !== undefined && { MAC: formatMac(link.mac) }),
		mtu: link.mtu,
		metric: link.ip.metric,
		nameServers: [...link.nameServers],
	};
}

function routeView(route: Route): RouteView {
	return {
		prefix: route.toString(),
		gateway: route.gateway,
		interface: route.link.name,
		metric: route.metric + route.link.ip.metric,
		connected: route.connected,
		active: route.link.up,
	};
}

/** The routes of all interfaces. */
export class RouteList {
	readonly #stackOf: () => Stack;

	constructor(stackOf: () => Stack) {
		this.#stackOf = stackOf;
	}

	get #stack(): Stack {
		return this.#stackOf();
	}

	get list(): RouteView[] {
		return this.#stack.routes.list.map(routeView);
	}

	#linkOf(value: unknown): Interface {
		if (value === undefined)
			throw new TypeError("interface undefined: expected the name of an interface of the stack, or one itself");
		return linkOf(this.#stack, value)!;
	}

	/** Throws RangeError for a wrong prefix, a gateway that is nobody's neighbour, or a full table. */
	add(options: NewRoute): RouteView {
		const { prefix, gateway, interface: link, metric } = objectOption(options);
		return routeView(
			this.#stack.routes.add({
				prefix: textOf("prefix", prefix),
				interface: this.#linkOf(link),
				...(gateway !== undefined && { gateway: textOf("gateway", gateway) }),
				...(metric !== undefined && { metric }),
			}),
		);
	}

	/** Removes a route, which may be one of `list`. Throws RangeError when there is none, or when it goes with its address or link only. */
	remove(pattern: RoutePattern): void {
		const { prefix, gateway, interface: link } = objectOption(pattern);
		const { address, length } = parsePrefix(textOf("prefix", prefix));
		const next = gateway === undefined ? undefined : unlessAny(addressOf("gateway", gateway));
		const by = link === undefined ? undefined : this.#linkOf(link);
		const alike = this.#stack.routes.list.filter(
			(route) =>
				route.network === address &&
				route.length === length &&
				(next === undefined || route.nextHop === next) &&
				(by === undefined || route.link === by),
		);
		const found = alike.find((route) => !route.connected);
		if (found !== undefined) this.#stack.routes.remove(found);
		else
			throw new RangeError(
				`route ${prefix}: ${alike.length > 0 ? "belongs to an address or a link, and goes with it" : "is not there"}`,
			);
	}
}

function textOf(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${show(value)}: expected a string`);
	return value;
}

export class NetworkView {
	/** Those of all interfaces; `add` and `remove` them here. */
	readonly routes: RouteList;
	readonly #stackOf: () => Stack;

	/** The stack is asked for whenever it is needed, so that a view can be made before there is one, and lie in flash. */
	constructor(stackOf: () => Stack) {
		this.#stackOf = stackOf;
		this.routes = new RouteList(stackOf);
		Object.freeze(this.routes);
	}

	get #stack(): Stack {
		return this.#stackOf();
	}

	/** All interfaces, in the order that they were added: "lo" first. */
	get list(): InterfaceView[] {
		return this.#stack.interfaces.list.map(viewOf);
	}

	/** The interface of that name, or undefined. */
	get(name: string): InterfaceView | undefined {
		const link = this.#stack.interfaces.find(name);
		return link === undefined ? undefined : viewOf(link);
	}

	/** Calls back after processing with an interface and what has changed of it, until the answer's `close()`. */
	watch(callback: (link: InterfaceView, changes: Change[]) => void): { close(): void } {
		if (typeof callback !== "function") throw new TypeError(`callback ${show(callback)}: expected a function`);
		const watch = this.#stack.watch((link, what) => {
			const changes = CHANGES.filter((_change, bit) => what & (1 << bit));
			try {
				callback(viewOf(link), changes);
			} catch (error) {
				watch.close(); // as with sockets; the stack reports it
				throw error;
			}
		});
		return { close: () => watch.close() };
	}

	/**
	 * Waits until an interface has a link and an address: any but loopback, or `interface`; with `address`, until there is a way to it. Resolves to that interface as it
	 * is then, at once when it is so already. Rejects with an Error that says what each interface lacks when `timeout` ms (10,000 unless told) are over.
	 */
	ready(options: ReadyOptions = {}): Promise<InterfaceView> {
		return new Promise((resolve, reject) => {
			new Ready(this.#stack, options, (link) => resolve(viewOf(link)), reject);
		});
	}

	/**
	 * How a packet to that address would go now, by the routes and the choice of a source address (RFC 6724); with `interface`, by that one; with `source`, from
	 * that address of ours. Undefined when there is no way.
	 */
	way(
		address: string,
		options: { interface?: string | Interface | undefined; source?: string | undefined } = {},
	): Way | undefined {
		const destination = addressOf("address", address);
		const bound = slotOf(this.#stack, options.interface);
		const source = options.source === undefined ? "" : unlessAny(addressOf("source", options.source));
		const path = this.#stack.ip.wayTo(destination, bound, source);
		const { out, nextHop } = path;
		if (out === undefined) return undefined;
		return {
			interface: out.name,
			source: path.source,
			gateway: nextHop === path.destination || nextHop === "255.255.255.255" ? undefined : nextHop,
			mtu: path.mtu,
		};
	}
}

/**
 * The interfaces of the current stack.
 *
 * @example
 * ```ts
 * const network = new Network();
 * await network.ready();
 * for (const { name, addresses } of network.list) trace(`${name} ${addresses}\n`);
 * ```
 */
export class Network extends NetworkView {
	constructor() {
		super(currentStack);
	}
}

/** For all programs: lies in flash where the module is preloaded. */
export const network: Network = new Network();
Object.freeze(network);
