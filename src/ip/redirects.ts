// Redirects: a router says that another next hop is nearer to a destination. RFC 792 and 1122 §3.2.2.2, RFC 4861 §8. The destination gets a route of its own, which ends when its next hop
// does not answer, when its interface goes, when newer redirects need its place, or after five minutes. A stack that forwards ignores redirects: transport/icmp.ts and link/nd.ts see to that.

import { isGroup, isLocal, linkRedirected } from "#codec";
import { addressText, familyBits, given, isMulticast, isNear } from "../address.ts";
import { formatIpv4 } from "../address4.ts";
import { REDIRECT_MS, REDIRECTS } from "../config.ts";
import type { Interface } from "../link/interface.ts";
import type { Core } from "../packet/core.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { onLink, Route, type Routes } from "./routes.ts";

export class Redirects {
	readonly #core: Core;
	readonly #routes: Routes;
	/** The oldest first. */
	readonly #heard: { route: Route; until: number }[] = [];

	constructor(core: Core, routes: Routes) {
		this.#core = core;
		this.#routes = routes;
	}

	/** Within processing: the redirect in the IP packet at that arena offset, which came by `link`. It counts when it comes from the router that is used now, and tells of a neighbour. */
	take(link: Interface, at: number): void {
		const { view } = this.#core;
		const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
		const icmp = at + (six ? ipv6.HEADER : ipv4.headerLength(view, at));
		const text = (place: number) => (six ? addressText(view, place) : formatIpv4(view.getInt32(place)));
		// ICMPv6 says the destination itself, ICMP quotes a packet to it.
		const destination = text(icmp + (six ? icmpv6.REDIRECTED : icmpv4.HEADER + ipv4.DESTINATION));
		const target = text(icmp + (six ? icmpv6.TARGET : icmpv4.REST));
		const way = this.#routes.find(destination, 0);
		const router = text(at + (six ? ipv6.SOURCE : ipv4.SOURCE));
		if (way?.link !== link || way.nextHop !== router || isMulticast(destination)) return;
		if (six) {
			if (target !== destination && !isNear(target)) return;
			linkRedirected(view, link.block, at);
		} else {
			const place = given(view, target);
			if (!onLink(link, target) || isGroup(view, place) || isLocal(view, place)) return;
		}
		const list = this.#heard;
		const known = list.findIndex(({ route }) => route.network === destination);
		const full = list.length >= REDIRECTS || this.#routes.list.length >= this.#core.limits.routes;
		if (known >= 0 || full) this.#forget(Math.max(known, 0));
		if (this.#routes.list.length >= this.#core.limits.routes) return;
		const by = target === destination ? 0 : way.router;
		const route = new Route(destination, familyBits(destination), target, link, 0, false, true, by, true);
		const until = (this.#core.now + REDIRECT_MS) | 0;
		list.push({ route: this.#routes.insert(route), until });
		this.#core.deadline(until);
	}

	/** None by that interface counts any more. */
	clear(link: Interface): void {
		for (let i = this.#heard.length - 1; i >= 0; i--) if (this.#heard[i]!.route.link === link) this.#forget(i);
	}

	/** Ends those that are five minutes old; a router repeats what still holds. Called whenever any timer of the stack is due, so it must not allocate while no redirect is. */
	timers(now: number): void {
		const list = this.#heard;
		while (list.length > 0 && ((now - list[0]!.until) | 0) >= 0) this.#forget(0);
		if (list.length > 0) this.#core.deadline(list[0]!.until);
	}

	#forget(index: number): void {
		const route = this.#heard.splice(index, 1)[0]?.route;
		// It may have gone with its interface.
		if (route !== undefined && this.#routes.list.includes(route)) this.#routes.remove(route);
	}
}
