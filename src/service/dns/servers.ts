// Whom to ask, best first.

import { DNS_SERVERS } from "../../config.ts";
import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";

export interface Server {
	readonly address: string;
	/** The interface that it is reached by; undefined: as the routes say. */
	readonly link: Interface | undefined;
}

/** Which servers a resolver wants. */
export interface Scope {
	/** Given by the program: addresses, link-local ones with the zone that they are in. */
	readonly servers: readonly string[] | undefined;
	/** The only interface that may be used. */
	readonly link: Interface | undefined;
}

/**
 * The program's servers; else those of the whole stack, then those of the interfaces that are up: by the metric of their default route, then
 * their own. With an interface: its own servers, or the stack's by way of it when it has none.
 */
export function serversFor(stack: Stack, general: readonly string[], scope: Scope): Server[] {
	const { servers, link } = scope;
	const list: Server[] = [];
	if (link !== undefined && (link.slot === 0 || !link.up)) return list;
	if (servers !== undefined) addAll(stack, list, servers, link);
	else if (link !== undefined) addAll(stack, list, link.ip.servers.length > 0 ? link.ip.servers : general, link);
	else {
		addAll(stack, list, general, undefined);
		for (const each of inOrder(stack)) addAll(stack, list, each.ip.servers, each);
	}
	return list;
}

/** One behind an interface that is not there, is down, or is not the only one that may be used, is left out. */
function addAll(stack: Stack, list: Server[], texts: readonly string[], only: Interface | undefined): void {
	for (const text of texts) {
		const [address, zone] = text.split("%") as [string, string?];
		const link = zone === undefined ? only : stack.interfaces.find(zone);
		if (zone !== undefined && (link === undefined || !link.up || (only !== undefined && only !== link))) continue;
		if (list.length < DNS_SERVERS && !list.some((other) => other.address === address && other.link === link))
			list.push({ address, link });
	}
}

/** The interfaces that are up. */
function inOrder(stack: Stack): Interface[] {
	const links = stack.interfaces.list.filter((link) => link.up && link.ip.servers.length > 0);
	const metrics = new Map(links.map((link) => [link, defaultMetric(stack, link)]));
	return links.sort((a, b) => metrics.get(a)! - metrics.get(b)! || a.ip.metric - b.ip.metric);
}

/** Metric of an interface's default route; larger than any when it has none, or what it leads to does not answer. */
function defaultMetric(stack: Stack, link: Interface): number {
	let best = 0x7fffffff;
	for (const route of stack.routes.list)
		if (route.link === link && route.length === 0) best = Math.min(best, route.metric + link.ip.metric);
	return link.ip.doubted ? best + 0x7fffffff : best;
}
