// What makes a router of a stack that forwards: a filter that lets nothing in unasked, NAT (RFC 4787, 5382, 5508), ports that are forwarded, and NPTv6 (RFC 6296). What happens for every packet is compiled: ip/router.

import { natMoved, routerMap, routerPrefixes, routerSet, sessionSweep } from "#codec";
import { given, givenSource, networkOf, parsePrefix, type Prefix } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import type { Interface } from "../../link/interface.ts";
import { REGISTER } from "../../packet/fields.ts";
import { FILTERS, NAT_ANYBODY, RouterBlock, RuleRow } from "../../packet/router-block.ts";
import type { Stack } from "../../stack.ts";
import type { Watch } from "../../transport/watch.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { RouterView, Told } from "../../transport/router-view.ts";
import { tellRouter } from "./table.ts";
import { nameOf, portOf, protocolOf, Rule, type FilterRule } from "./rules.ts";

/** How often is looked which sessions are over, ms. */
const SWEEP_MS = 4000;

/** A port of the translator's address that leads to one of a host behind it. */
export interface ForwardedPort {
	/** "tcp" or "udp". */
	protocol: "tcp" | "udp";
	/** The port at the address outside. */
	port: number;
	/** The host behind, an address of IPv4. */
	to: string;
	/** Its port; the same one unless told. */
	toPort?: number;
}

/** What a router is to do. */
export interface RouterOptions {
	/** Interfaces by which nothing comes in that nobody has asked for, unless a rule lets it (RFC 6092). That of `nat` and of `nptv6` is one. */
	outside?: readonly string[];
	/** Rules, in their order: the first that matches decides. What no rule matches passes, unless it comes in from outside unasked. */
	filter?: readonly FilterRule[];
	/** Those behind it speak by the first IPv4 address of the interface `out`; of several, of the one that the best default route leads by now, so that sessions begin anew when that is another one. */
	nat?: {
		out: string | readonly string[];
		/** A port that somebody behind speaks from takes packets from everybody (endpoint-independent filtering, RFC 4787 §5); unless told, only from whom that has spoken to. */
		anybody?: boolean;
	};
	/** Ports of the address outside that lead to hosts behind. */
	forwardPorts?: readonly ForwardedPort[];
	/** The prefix of IPv6 that a network has within, and the one that it has beyond the interface `out`: of the same length, 64 bits at most. RFC 6296. */
	nptv6?: { inside: string; outside: string; out: string };
}

const OPTIONS: readonly string[] = Object.freeze(["outside", "filter", "nat", "forwardPorts", "nptv6"]);
const AT = RouterBlock.offsets;

/**
 * Filters and translates what a stack forwards, and what comes to it. The stack has `forwarding` and room for it: `router: { entries: 256, rules: 8 }`. One for each stack.
 *
 * @example
 * ```ts
 * const stack = new Stack({ forwarding: true, router: { entries: 256, rules: 1 } });
 * // … interfaces
 * new Router(stack, { nat: { out: "ppp0" }, filter: [{ in: "ppp0", out: "lo", protocol: "icmp", action: "accept" }] });
 * ```
 */
export class Router implements RouterView {
	readonly #stack: Stack;
	readonly #at: number;
	readonly #rules: Rule[] = [];
	readonly #outside: readonly string[];
	readonly #outs: readonly string[];
	readonly #prefixOut: string | undefined;
	#watch: Watch | undefined;

	/** Begins at once. Throws RangeError or TypeError that names what is wrong, Error when the stack has one already. */
	constructor(stack: Stack, options: RouterOptions = {}) {
		const { core } = stack;
		const { layout, limits, view } = core;
		for (const name of Object.keys(options))
			if (!OPTIONS.includes(name)) throw new TypeError(`router.${name}: there is no such option; expected ${OPTIONS.join(", ")}`);
		if (layout.router === 0)
			throw new RangeError("router.entries 0: the stack has no room for sessions; make it with { router: { entries: 256 } }");
		if (stack.router !== undefined) throw new Error("the stack has a router already; close that one first");
		const { outside = [], filter = [], nat, forwardPorts = [], nptv6 } = options;
		if (filter.length > limits.rules)
			throw new RangeError(
				`filter: ${filter.length} rules, and the stack has room for ${limits.rules}; make it with { router: { rules: ${filter.length} } }`,
			);
		if (nat !== undefined && nptv6 === undefined && !limits.forwarding)
			throw new RangeError(`nat.out ${JSON.stringify(nat.out)}: the stack does not forward; make it with { forwarding: true }`);
		if (forwardPorts.length > 0 && nat === undefined)
			throw new RangeError("forwardPorts: they lead from the address of nat; say which interface has that, { nat: { out: … } }");
		this.#stack = stack;
		this.#at = layout.router;
		this.#outside = outside.map((name, i) => nameOf(stack, `outside[${i}]`, name)!);
		const outs = nat === undefined ? [] : typeof nat.out === "string" ? [nat.out] : nat.out;
		if (!Array.isArray(outs) || (nat !== undefined && outs.length === 0))
			throw new TypeError(`nat.out ${JSON.stringify(nat?.out)}: expected the name of an interface, or an array of some`);
		this.#outs = outs.map((name) => nameOf(stack, "nat.out", name)!);
		this.#prefixOut = nameOf(stack, "nptv6.out", nptv6?.out);
		for (const [i, rule] of filter.entries())
			this.#rules.push(new Rule(stack, layout.rules + i * RuleRow.bytes, rule, `filter[${i}]`));
		for (let at = this.#at; at < layout.rules; at += 4) view.setInt32(at, 0, true);
		this.#put(AT.rules, layout.rules);
		this.#put(AT.ruleCount, filter.length);
		this.#put(AT.ruleEstablished, this.#rules.filter((rule) => rule.ofEstablished).length);
		this.#put(AT.sessions, layout.sessions);
		this.#put(AT.sessionCount, limits.entries);
		this.#put(AT.buckets, layout.buckets);
		this.#put(AT.bucketMask, layout.bucketCount - 1);
		this.#put(AT.seed, core.random32());
		routerSet(view, this.#at);
		try {
			for (const [i, port] of forwardPorts.entries()) this.#map(port, `forwardPorts[${i}]`);
			if (nptv6 !== undefined) this.#prefixes(nptv6);
		} catch (error) {
			routerSet(view, 0);
			throw error;
		}
		const filters = filter.length > 0 || outside.length > 0 || nat !== undefined || nptv6 !== undefined;
		this.#put(AT.bits, (filters ? FILTERS : 0) | (nat?.anybody === true ? NAT_ANYBODY : 0));
		this.#follow();
		stack.router = this;
		stack.services.add(this);
		this.#watch = stack.watch(() => this.#follow());
		// What was known of addresses and ways is void: from now on each packet is looked at.
		core.fields[REGISTER.knownSlot >> 2] = 0;
		core.changeRoutes();
		core.deadline(core.now);
	}

	#put(field: number, value: number): void {
		this.#stack.core.view.setInt32(this.#at + field, value, true);
	}

	#map({ protocol, port, to, toPort }: ForwardedPort, place: string): void {
		const { core, ip } = this.#stack;
		const number = protocolOf(`${place}.protocol`, protocol);
		if (number !== ipv4.TCP && number !== ipv4.UDP)
			throw new RangeError(`${place}.protocol ${JSON.stringify(protocol)}: expected "tcp" or "udp"`);
		const outer = portOf(`${place}.port`, port);
		const inner = toPort === undefined ? outer : portOf(`${place}.toPort`, toPort);
		if (parseIpv4(to) === undefined) throw new RangeError(`${place}.to ${JSON.stringify(to)}: expected an IPv4 address`);
		if (ip.isLocal(to))
			throw new RangeError(
				`${place}.to ${JSON.stringify(to)}: is the board's own; let it in by a rule of filter, with "out": "lo"`,
			);
		if (!routerMap(core.view, given(core.view, to), inner, number, outer))
			throw new RangeError(
				`${place}.port ${port}: that port, or port ${inner} of ${to}, is forwarded already, or there are more than ${core.limits.entries} router.entries`,
			);
	}

	#prefixes({ inside, outside }: { inside: string; outside: string }): void {
		const { view } = this.#stack.core;
		const from = prefixOf("nptv6.inside", inside);
		const to = prefixOf("nptv6.outside", outside);
		if (from.length !== to.length) throw new RangeError(`nptv6.outside "${outside}": expected as many bits as ${inside} has`);
		routerPrefixes(view, given(view, from.address), givenSource(view, to.address), from.length);
	}

	/** Interfaces and addresses are others. */
	#follow(): void {
		const { core, interfaces } = this.#stack;
		for (const rule of this.#rules) rule.follow();
		let low = 0;
		let high = 0;
		for (const name of [...this.#outside, ...this.#outs, this.#prefixOut]) {
			const slot = name === undefined ? 0 : (interfaces.find(name)?.slot ?? 0);
			if (slot > 32) high |= 1 << (slot - 33);
			else if (slot > 0) low |= 1 << (slot - 1);
		}
		this.#put(AT.outsideLow, low);
		this.#put(AT.outsideHigh, high);
		const out = this.#best();
		this.#put(AT.natOut, out?.block ?? 0);
		natMoved(core.view, out === undefined ? 0 : firstIpv4(out));
		this.#put(AT.prefixOut, (this.#prefixOut === undefined ? undefined : interfaces.find(this.#prefixOut))?.block ?? 0);
	}

	/** The interface that translates now. */
	#best(): Interface | undefined {
		const { interfaces, routes } = this.#stack;
		const links = this.#outs.map((name) => interfaces.find(name)).filter((link) => link !== undefined);
		let best = links[0];
		let least = Infinity;
		for (const { link, length, network, metric } of routes.list) {
			if (length !== 0 || network.includes(":") || !link.up || !links.includes(link) || firstIpv4(link) === 0) continue;
			const its = metric + link.metric + (link.ip.doubted ? 0x10000000 : 0);
			if (its >= least) continue;
			least = its;
			best = link;
		}
		return best;
	}

	/** The stack's timers run. */
	timers(now: number): void {
		const { core } = this.#stack;
		sessionSweep(core.view);
		core.deadline((now + SWEEP_MS) | 0);
	}

	/** Writes for /status what there is at that index. Answers the index to go on from, -1 behind the last. */
	tell(out: Told, index: number): number {
		return tellRouter(this.#stack, this.#at, out, index);
	}

	/** Ends it: all passes as the stack's routes say, and sessions are forgotten. May be repeated. */
	close(): void {
		const stack = this.#stack;
		if (stack.router !== this) return;
		stack.router = undefined;
		stack.services.delete(this);
		this.#watch?.close();
		routerSet(stack.core.view, 0);
		stack.core.changeRoutes();
	}
}

/** The first address of IPv4 that an interface may use, as a word; 0 for none. */
function firstIpv4(link: Interface): number {
	for (const { address, serves } of link.ip.addresses) {
		const v4 = serves ? parseIpv4(address) : undefined;
		if (v4 !== undefined) return v4;
	}
	return 0;
}

/** A prefix of NPTv6. Throws RangeError that names it. */
function prefixOf(place: string, text: string): Prefix {
	const { address, length } = parsePrefix(text);
	if (!address.includes(":") || length > 64 || length < 1 || networkOf(address, length) !== address)
		throw new RangeError(`${place} "${text}": expected a prefix of IPv6 of at most 64 bits, without bits behind it`);
	return { address, length };
}
