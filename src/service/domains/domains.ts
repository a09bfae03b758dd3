// Names with several networks, RFC 6731's idea: what is below the domain of an interface is asked of its servers first, and what others say of it is not believed when it is that there is no such name.

import { linkOf } from "../../io/common.ts";
import { hostnameOf, objectOption, show } from "../../io/options.ts";
import { REMOVED, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import type { Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";
import { engineOf } from "../dns/engine.ts";
import type { Outcome } from "../dns/errors.ts";
import type { Waiter, Wanted } from "../dns/lookup.ts";
import { searchNames } from "./search-option.ts";

/** Domains of an interface that are taken: what is behind them is not looked at. */
const MOST = 8;
/** How long the servers of the interfaces that a name belongs to have at most, ms: two questions of one server. Half the time that a name has, when that is less. */
const OWN_MS = 3000;

/** By interface: its domains, or true: those that DHCP (options 15 and 119), routers (RFC 8106) and DHCPv6 say of it. */
export type DomainsOptions = Readonly<Record<string, true | readonly string[]>>;

/**
 * Has names below the domains of an interface asked of its servers first: by resolvers that were not told servers or an interface, and by a DNS forwarder. What these say counts, also that there is no such name. When they say nothing, others are asked; that there is no such name is not
 * believed of those. A network that is let say its domains itself gets to see what is asked below these, and may answer anything. One for a stack.
 *
 * @example
 * ```ts
 * const domains = new Domains(stack, { ppp0: ["plant.example"], eth0: true });
 * ```
 */
export class Domains implements Service {
	readonly #stack: Stack;
	readonly #fixed: ReadonlyMap<Interface, true | readonly string[]>;
	readonly #watch: Watch;
	#closed = false;

	/** Throws TypeError or RangeError naming what is wrong, Error when the stack has one already. */
	constructor(stack: Stack, options: DomainsOptions) {
		const fixed = new Map<Interface, true | readonly string[]>();
		for (const [name, value] of Object.entries(objectOption(options))) fixed.set(linkOf(stack, name)!, domainsOf(name, value));
		if (stack.services.list.some((service) => service instanceof Domains))
			throw new Error("domains: the stack has them already; close that first");
		this.#stack = stack;
		this.#fixed = fixed;
		const engine = engineOf(stack);
		const ask = engine.ask.bind(engine);
		// Of this engine alone: a program without this module has nothing of it.
		engine.ask = (wanted, waiter) => {
			const links =
				this.#closed || wanted.multicast || wanted.servers !== undefined || wanted.link !== undefined
					? []
					: this.interfacesAbove(wanted.name);
			if (links.length === 0) ask(wanted, waiter);
			else new Turn(ask, wanted, waiter, links).next();
		};
		this.#watch = stack.watch((link, what) => {
			if (what & REMOVED) fixed.delete(link);
		});
		stack.services.add(this);
	}

	/** Names are asked for as if there were no domains. May be repeated. */
	close(): void {
		this.#closed = true;
		this.#watch.close();
		this.#stack.services.delete(this);
	}

	/** For the stack: it waits for nothing. */
	timers(): void {}

	/** The domains of an interface now. Allocates. */
	of(link: Interface | string): readonly string[] {
		const found = linkOf(this.#stack, link)!;
		const fixed = this.#fixed.get(found);
		return fixed === true ? heardOf(found) : (fixed ?? []);
	}

	/** Interfaces that are up, have servers, and a domain that is `name` or above it: the longest first. Allocates. */
	interfacesAbove(name: string): readonly Interface[] {
		const found: { link: Interface; length: number }[] = [];
		for (const link of this.#fixed.keys()) {
			if (!link.up || link.ip.servers.length === 0) continue;
			let length = 0;
			for (const domain of this.of(link)) if (isBelow(name, domain)) length = Math.max(length, domain.length);
			if (length > 0) found.push({ link, length });
		}
		return found.sort((a, b) => b.length - a.length).map(({ link }) => link);
	}
}

/** One name: the servers of each interface that it belongs to, and then everybody's. */
class Turn implements Waiter {
	readonly #ask: (wanted: Wanted, waiter: Waiter) => void;
	readonly #wanted: Wanted;
	readonly #waiter: Waiter;
	readonly #links: Interface[];
	#asked: Interface | undefined;
	#left: number;
	/** What the first of its own servers said when they said nothing. */
	#failure: Outcome | undefined;

	constructor(ask: (wanted: Wanted, waiter: Waiter) => void, wanted: Wanted, waiter: Waiter, links: readonly Interface[]) {
		this.#ask = ask;
		this.#wanted = wanted;
		this.#waiter = waiter;
		this.#links = [...links];
		this.#left = wanted.timeout;
	}

	next(): void {
		const link = (this.#asked = this.#links.shift());
		const timeout = link === undefined ? this.#left : Math.min(OWN_MS, this.#left >> 1);
		this.#left -= timeout;
		this.#ask({ ...this.#wanted, link, timeout }, this);
	}

	done(outcome: Outcome): void {
		const { code } = outcome;
		const said = code === "" || code === "ENOTFOUND" || code === "ENODATA";
		if (this.#asked !== undefined) {
			if (said) return this.#waiter.done(outcome);
			this.#failure ??= outcome;
			return this.next();
		}
		this.#waiter.done(code === "" ? outcome : this.#failure!);
	}

	isFor(asker: unknown): boolean {
		return this.#waiter.isFor(asker);
	}
}

/** What the network behind an interface says of it. */
function heardOf({ ip }: Interface): string[] {
	const { lease, discovery } = ip;
	const view = lease?.view;
	const names = [
		...(view === undefined ? [] : [view.domain, ...(view.search === undefined ? [] : searchNames(view.search, MOST))]),
		...(discovery?.state.domains ?? []),
		...(discovery?.follower?.state?.domains ?? []),
	];
	const domains: string[] = [];
	for (const name of names) {
		const domain = (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
		if (domain !== "" && domains.length < MOST && !domains.includes(domain)) domains.push(domain);
	}
	return domains;
}

function domainsOf(name: string, value: unknown): true | readonly string[] {
	if (value === true) return true;
	if (!Array.isArray(value)) throw new TypeError(`${name} ${show(value)}: expected true, or an array of domains`);
	if (value.length > MOST) throw new RangeError(`${name}: ${value.length} domains; expected at most ${MOST}`);
	return value.map((domain: unknown) => hostnameOf(domain).toLowerCase());
}

function isBelow(name: string, domain: string): boolean {
	return name === domain || (name.endsWith(domain) && name.charAt(name.length - domain.length - 1) === ".");
}
