// How an Ethernet or PPP interface comes to addresses and routers of IPv6 by itself: RFC 4862, with stable identifiers (RFC 7217), router preferences and routes (RFC 4191). What comes is
// noted within processing, and done as time passes, in turns of their own.

import { addressText, isNear, networkOf } from "../../address.ts";
import { ND_RETRANS_MS } from "../../config.ts";
import { linkOf } from "../../io/common.ts";
import type { Discovery } from "../../link/discovery.ts";
import { LINK, PROTOCOL, REMOVED, type Interface } from "../../link/interface.ts";
import type { AddressKeeper, AutoconfigurationState } from "../../link/autoconfiguration-state.ts";
import { OWN_DEPRECATED, OWN_TENTATIVE } from "../../packet/interface-block.ts";
import type { Stack } from "../../stack.ts";
import type { Watch } from "../../transport/watch.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { Clock, type Service } from "../../transport/services.ts";
import { advertisementAt, isSaid, untilOf, type Advertisement, type PrefixSaid } from "./advertisement.ts";
import { LastingTexts } from "./lasting.ts";
import { HeardServers } from "./name-servers.ts";
import { settingsOf, type Options, type Settings } from "./options.ts";
import { ASKED, LOST, USED, WAITING, type OwnAddress6 } from "./own.ts";
import { DELAY_MS, OwnAddresses } from "./own-addresses.ts";
import { LinkParameters } from "./parameters.ts";
import { HeardRoutes } from "./routes.ts";
import { TemporaryAddresses } from "./temporary.ts";

export type { AutoconfigurationState } from "../../link/autoconfiguration-state.ts";

/** RFC 4861 §10, RTR_SOLICITATION_INTERVAL; and RFC 7559's longest interval, ms. */
const SOLICIT_MS = 4000;
const LONGEST_SOLICIT_MS = 3_600_000;
/** RFC 7217 §6, IDGEN_RETRIES. */
const TRIES = 3;
/** Prefixes that addresses are made of, of each interface; and advertisements that wait for their turn. */
const MOST_ADDRESSES = 2;
const MOST_SAID = 4;
/** How long what was said on a network counts after the link came back, ms: trying the link-local address and asking takes some 3 s. */
const GRACE_MS = 10_000;
const LINK_LOCAL = "fe80::";

/** What one is told. */
export type AutoconfigurationOptions<This = Autoconfiguration> = Options<This>;

/**
 * Gives an Ethernet or PPP interface its addresses and routers of IPv6, until it is closed. RFC 4861, 4862. A PPP interface has its link-local address from IPV6CP (RFC 5072), and makes others of the same identifier.
 * @example
 * ```ts
 * new Autoconfiguration(stack, "eth0", {
 * 	onChanged() {
 * 		trace(`${this.state.addresses.length} addresses\n`);
 * 	},
 * });
 * ```
 */
export class Autoconfiguration implements Service, AddressKeeper {
	follower: AddressKeeper["follower"] = undefined;
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #discovery: Discovery;
	readonly #clock: Clock;
	readonly #settings: Settings;
	readonly #onChanged: (() => void) | undefined;
	readonly #watch: Watch;
	readonly #own: OwnAddresses;
	readonly #routes: HeardRoutes;
	readonly #servers: HeardServers;
	readonly #domains = new LastingTexts();
	readonly #parameters: LinkParameters;
	readonly #temporary: TemporaryAddresses;
	#up = false;
	#solicitAt = Infinity;
	#solicitMs = SOLICIT_MS;
	/** What came since the last turn: advertisements and whose; and addresses of ours that somebody else has. */
	readonly #said: { from: string; said: Advertisement }[] = [];
	#conflicts: string[] = [];
	#mode: AddressKeeper["mode"];
	#managed = false;
	#other = false;
	#heard = 0;
	#refused = 0;
	#reason = "";
	#closed = false;

	/** Begins in the next poll. Throws TypeError, RangeError or Error naming what is wrong, for an interface of the stack that is neither Ethernet nor PPP with IPv6, or has one already. */
	constructor(stack: Stack, link: Interface | string, options: AutoconfigurationOptions = {}) {
		const found = linkOf(stack, link)!;
		const { discovery } = found;
		if (discovery === undefined)
			throw new RangeError(`IPv6 on ${found.name}: is ${found.kind}; expected Ethernet, or PPP with its option ipv6`);
		// PPP finds out in each call what passes.
		if (discovery.identifier === undefined && found.mtu < ipv6.LEAST_MTU)
			throw new RangeError(`IPv6 on ${found.name}: mtu ${found.mtu}: expected ${ipv6.LEAST_MTU} or more`);
		if (discovery.onDiscovery !== undefined) throw new Error(`IPv6 on ${found.name}: is there already; close that one first`);
		this.#settings = settingsOf(options, found.mac);
		this.#mode = this.#settings.mode;
		this.#stack = stack;
		this.#link = found;
		this.#discovery = discovery;
		this.#routes = new HeardRoutes(stack, found, this.#settings.metric);
		this.#servers = new HeardServers(found);
		this.#parameters = new LinkParameters(stack, found);
		this.#clock = new Clock(stack.core);
		this.#own = new OwnAddresses(stack, found, this.#settings.secret, this.#routes, (reason) => this.#refuse(reason));
		this.#temporary = new TemporaryAddresses(stack, found, this.#own);
		this.#temporary.on = this.#settings.temporary;
		this.#onChanged = options.onChanged;
		found.ip.discovery = this;
		discovery.onDiscovery = (at) => this.#discovered(at);
		this.#watch = stack.watch((changed, what) => {
			if (changed !== found) return;
			if (what & REMOVED) this.close();
			else if (what & (LINK | PROTOCOL)) this.#clock.soon();
		});
		stack.services.add(this);
		this.#clock.soon();
	}

	/** What there is to see. Allocates. */
	get state(): AutoconfigurationState {
		return {
			addresses: this.#own.list.map(({ view }) => view),
			routers: this.#routes.routers,
			nameServers: this.#servers.texts,
			domains: this.#domains.texts,
			managed: this.#managed,
			other: this.#other,
			hopLimit: this.#parameters.hopLimit,
			mtu: this.#parameters.mtu,
			reachableMs: this.#parameters.reachableMs,
			retransMs: this.#parameters.retransMs,
			heard: this.#heard,
			refused: this.#refused,
			reason: this.#reason,
		};
	}

	/** As the option; "off": there is no IPv6, until it is another. What routers said, and with "off" all addresses, are gone at once, and connections from them end. */
	get mode(): AddressKeeper["mode"] {
		return this.#mode;
	}
	set mode(mode: AddressKeeper["mode"]) {
		if (this.#closed || mode === this.#mode) return;
		this.#mode = mode;
		const { now } = this.#clock;
		if (mode !== "auto") this.#forget();
		if (mode === "off") for (const own of this.#own.list.slice()) this.#own.drop(own);
		else if (this.#up && this.#own.list.length === 0) this.#begin(now);
		else if (mode === "auto") {
			this.#solicitMs = SOLICIT_MS;
			this.#solicitAt = now;
		}
		this.#clock.soon();
	}

	/** Whether there is a temporary address beside that of each router's prefix: RFC 8981. Those that there are go when it becomes false, and connections from them end. */
	get temporary(): boolean {
		return this.#temporary.on;
	}
	set temporary(on: boolean) {
		if (!this.#closed) this.#temporary.turnOn(on, this.#clock.now);
		this.#clock.soon();
	}

	/** Gives the interface an address that a server lent, tried before it is used; lifetimes in seconds, 0: it is lent no more. Once more: they are others. */
	lend(address: string, preferred: number, valid: number): void {
		if (this.#closed || this.#mode === "off") return;
		const { now } = this.#clock;
		const known = this.#own.list.find(({ entry }) => entry.address === address);
		if (valid === 0) return known && this.#own.drop(known);
		const own = known ?? this.#own.insert("given", "", 0, address, 128, now);
		if (own === undefined) return;
		own.preferredUntil = preferred === 0 ? Infinity : untilOf(preferred, now);
		own.validUntil = untilOf(valid, now);
		this.#own.mark(own, OWN_DEPRECATED, preferred === 0);
		this.#clock.soon();
	}

	/** Has resolvers ask these name servers by the interface too, behind those that routers say, in place of those that were lent before. */
	lendServers(servers: readonly string[]): void {
		if (!this.#closed) this.#servers.lend(servers);
	}

	/** Takes addresses and routes back, and ends. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#discovery.onDiscovery = undefined;
		this.#link.ip.discovery = undefined;
		this.#stack.services.delete(this);
		this.#watch.close();
		const present = this.#link.slot !== 0; // else they went with it
		this.#servers.clear();
		if (present) {
			this.#parameters.clear();
			this.#stack.interfaces.redirects.clear(this.#link);
			this.#routes.clear();
		}
		this.#own.end(present);
	}

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	/** Within processing: neighbour discovery's message in the IPv6 packet at that arena offset says something for us. */
	#discovered(at: number): void {
		const { view } = this.#stack.core;
		const icmp = at + ipv6.HEADER;
		const type = icmpv6.type(view, icmp);
		if (type === icmpv6.ROUTER_ADVERTISEMENT) {
			if (this.#mode !== "auto") return;
			if (this.#said.length >= MOST_SAID) return this.#refuse("more advertisements at once than wait for their turn"); // more comes again
			const from = addressText(view, at + ipv6.SOURCE);
			this.#said.push({ from, said: advertisementAt(view, icmp, icmp + ipv6.payloadLength(view, at)) });
		} else if (type === icmpv6.NEIGHBOR_SOLICITATION || type === icmpv6.NEIGHBOR_ADVERTISEMENT) {
			const target = addressText(view, icmp + icmpv6.TARGET);
			const own = this.#own.list.find(({ entry }) => entry.address === target);
			if (type === icmpv6.NEIGHBOR_ADVERTISEMENT && own === undefined) {
				this.#routes.noRouter(target); // RFC 4861 §6.3.5
				return this.#clock.soon();
			}
			if (own === undefined || own.state === LOST || this.#conflicts.length >= 4) return;
			if (type === icmpv6.NEIGHBOR_SOLICITATION && own.asked(view, icmp, icmp + ipv6.payloadLength(view, at))) return;
			this.#conflicts.push(target);
		} else return; // a redirect, which means nothing where there is one neighbour
		this.#clock.soon();
	}

	/** For the stack. One thing is done at a time. */
	timers(): void {
		if (this.#link.slot === 0) return;
		const { now } = this.#clock;
		if (this.#step(now)) return this.#clock.soon();
		if (this.#own.changed) {
			this.#own.changed = false;
			this.follower?.advertised();
			this.#clock.soon();
			return this.#onChanged?.call(this);
		}
		// Without a link nothing is due: it is told when it comes.
		if (!this.#up) return this.#clock.deadline(Infinity);
		let next = this.#solicitAt;
		for (const { next: at } of this.#own.list) next = Math.min(next, at);
		next = Math.min(next, this.#routes.next, this.#servers.next, this.#domains.next);
		this.#clock.deadline(next);
	}

	/** Answers whether something was done. */
	#step(now: number): boolean {
		if (this.#discovery.runs !== this.#up) {
			this.#up = this.#discovery.runs;
			if (this.#up && this.#mode !== "off") this.#begin(now);
			return true;
		}
		if (!this.#up) return false;
		const conflict = this.#conflicts.shift();
		if (conflict !== undefined) {
			this.#lost(conflict, now);
			return true;
		}
		for (const own of this.#own.list) {
			if (own.next > now) continue;
			this.#goesOn(own, now);
			return true;
		}
		const heard = this.#said.shift();
		if (heard !== undefined) {
			this.#heard++;
			this.#take(heard.said, heard.from, now);
			return true;
		}
		if (this.#routes.age(now)) {
			this.#own.changed = true;
			return true;
		}
		if (Math.min(this.#servers.next, this.#domains.next) <= now) {
			this.#servers.age(now, Infinity);
			this.#domains.age(now, Infinity);
			return true;
		}
		if (this.#solicitAt > now) return false;
		this.#discovery.askRouters();
		this.#solicitAt = now + this.#solicitMs + this.#random(SOLICIT_MS / 8);
		this.#solicitMs = Math.min(2 * this.#solicitMs, LONGEST_SOLICIT_MS);
		return true;
	}

	/** The link came up, maybe to another network: what routers said counts for a little longer unless they say it again, and every address is tried. */
	#begin(now: number): void {
		const { identifier } = this.#discovery;
		if (identifier !== undefined) {
			// A call is a network of its own, and its identifier another one.
			for (const own of this.#own.list.filter(({ prefix }) => prefix !== "")) this.#own.drop(own);
			this.#routes.clear();
		}
		if (this.#own.list.length === 0) {
			if (identifier === undefined) this.#own.add("link", LINK_LOCAL, 0, now);
			for (const { address, length } of this.#settings.given) this.#own.insert("given", "", 0, address, length, now);
		} else if (identifier === undefined)
			for (const own of this.#own.list) {
				own.state = WAITING;
				own.at = now + this.#random(DELAY_MS);
				if (own.origin === "prefix" || own.origin === "temporary")
					own.preferredUntil = Math.min(own.preferredUntil, now + GRACE_MS);
				this.#own.mark(own, OWN_TENTATIVE, true);
			}
		this.#routes.shorten(now + GRACE_MS);
		this.#servers.age(now, GRACE_MS);
		this.#domains.age(now, GRACE_MS);
		this.#parameters.clear();
		this.#solicitMs = SOLICIT_MS;
		// Where the link-local address is tried first, routers are asked when it may be used.
		this.#solicitAt = identifier !== undefined && this.#mode === "auto" ? now : Infinity;
	}

	/** Its time has come. */
	#goesOn(own: OwnAddress6, now: number): void {
		if (own.validUntil <= now) return this.#own.drop(own);
		if (own.preferredUntil <= now) {
			own.preferredUntil = Infinity;
			return this.#own.mark(own, OWN_DEPRECATED, true);
		}
		if (own.renewAt <= now) return this.#temporary.turn(own, now);
		own.at = Infinity;
		if (own.state === WAITING) {
			own.nonceHigh = this.#stack.core.random32();
			own.nonceLow = this.#stack.core.random32() & 0xffff;
			this.#discovery.tryAddress(own.entry.address, own.nonceHigh, own.nonceLow);
			own.state = ASKED;
			own.at = now + (this.#parameters.retransMs || ND_RETRANS_MS);
		} else if (own.state === ASKED) {
			own.state = USED;
			this.#own.mark(own, OWN_TENTATIVE, false);
			if (own.origin === "link" && this.#mode === "auto") this.#solicitAt = now + this.#random(DELAY_MS);
		}
	}

	/** Somebody else has the address. One that is made gives way to another; RFC 4862 §5.4.5, RFC 7217 §6. One in use is defended as it stands. */
	#lost(address: string, now: number): void {
		const own = this.#own.list.find(({ entry }) => entry.address === address);
		if (own === undefined || own.state === USED || own.state === LOST) return;
		this.#own.changed = true;
		if (own.origin !== "given" && own.count + 1 < TRIES) {
			this.#own.drop(own);
			const other = this.#own.add(own.origin, own.prefix, own.count + 1, now);
			if (other === undefined) return;
			other.follow(own);
			return;
		}
		own.state = LOST;
		own.at = Infinity;
	}

	/** What routers said counts no more. */
	#forget(): void {
		this.#solicitAt = Infinity;
		this.#said.length = 0;
		this.#managed = this.#other = false;
		for (const own of this.#own.list.slice()) if (own.origin === "prefix" || own.origin === "temporary") this.#own.drop(own);
		this.#routes.clear();
		this.#stack.interfaces.redirects.clear(this.#link);
		this.#servers.forget();
		this.#domains.clear();
		this.#parameters.clear();
		this.#own.changed = true;
	}

	/** What a router says counts from now on: RFC 4861 §6.3.4, RFC 4862 §5.5.3. */
	#take(said: Advertisement, router: string, now: number): void {
		if (this.#managed !== said.managed || this.#other !== said.other) this.#own.changed = true;
		this.#managed = said.managed;
		for (const reason of [...said.refused, ...this.#parameters.take(said, now)]) this.#refuse(reason);
		this.#other = said.other;
		if (said.lifetime > 0) this.#solicitAt = Infinity;
		const leads = said.lifetime > 0 || said.routes.some(({ lifetime }) => lifetime > 0);
		const number = this.#routes.numberOf(router, leads && said.prefixes.some(isSaid));
		this.#route("::", 0, router, 1 - said.preference, said.lifetime, now, number);
		for (const { prefix, length, preference, lifetime } of said.routes)
			this.#route(networkOf(prefix, length), length, router, 1 - preference, lifetime, now, number);
		for (const prefix of said.prefixes) {
			if (isNear(prefix.prefix)) continue;
			const network = networkOf(prefix.prefix, prefix.length);
			if (number !== 0) this.#routes.say(network, prefix.length, number, untilOf(prefix.valid, now), now);
			if (prefix.onLink) this.#route(network, prefix.length, "", 0, prefix.valid, now);
			if (!prefix.autonomous || prefix.length !== 64) continue;
			if (prefix.preferred <= prefix.valid) this.#address(network, prefix, now);
			else
				this.#refuse(`prefix ${network}/64: preferred for ${prefix.preferred} s, which is longer than valid, ${prefix.valid} s`);
		}
		for (const own of this.#own.list) this.#own.associate(own);
		for (const reason of this.#servers.take(said.servers, now)) this.#refuse(`name server ${reason}`);
		for (const reason of this.#domains.take(said.domains, now)) this.#refuse(`domain ${reason}`);
	}

	/** Something of what was said is not taken. */
	#refuse(reason: string): void {
		this.#refused++;
		this.#reason = reason;
	}

	/** A route lasts for so many seconds from now on; 0: it goes. */
	#route(network: string, length: number, nextHop: string, metric: number, lifetime: number, now: number, router = 0): void {
		const { said } = this.#routes;
		if (!this.#routes.take(network, length, nextHop, metric, untilOf(lifetime, now), lifetime === 0, router))
			this.#refuse(`route ${network}/${length}${nextHop === "" ? "" : ` by ${nextHop}`}: there is no room for it`);
		if (this.#routes.said !== said) this.#own.changed = true;
	}

	/** Addresses of a prefix last as it says; there is one, when there was none. */
	#address(network: string, { valid, preferred }: PrefixSaid, now: number): void {
		const validUntil = untilOf(valid, now);
		let own = this.#own.list.find(({ origin, prefix }) => origin === "prefix" && prefix === network);
		if (own === undefined) {
			if (valid === 0) return;
			if (this.#own.list.filter(({ origin }) => origin === "prefix").length >= MOST_ADDRESSES)
				return this.#refuse(`prefix ${network}/64: there is room for addresses of ${MOST_ADDRESSES}`);
			own = this.#own.add("prefix", network, 0, now);
			if (own === undefined) return;
			own.validUntil = validUntil;
		} else own.renew(validUntil, now);
		own.preferredUntil = preferred === 0 ? Infinity : untilOf(preferred, now);
		this.#own.mark(own, OWN_DEPRECATED, preferred === 0);
		this.#temporary.said(own, now);
	}
}
