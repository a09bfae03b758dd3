// A router of IPv6 for the stations of an Ethernet interface: RFC 4861 §6.2, RFC 7084 §4.3, RFC 9096.

import { linkSendGroup, packetAcquireControl } from "#codec";
import { familyBits, given, isNear, networkOf } from "../../address.ts";
import { PACKET_BYTES, PACKET_HEADROOM } from "../../config.ts";
import { stationOf } from "../../io/common.ts";
import { addressOf, objectOption, show, wholeOf } from "../../io/options.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import { ADDRESSES, LINK, NAME_SERVERS, REMOVED, ROUTES, type InterfaceAddress } from "../../link/interface.ts";
import { DROP } from "../../packet/drops.ts";
import { OWN_TENTATIVE } from "../../packet/interface-block.ts";
import { NONE } from "../../packet/pool.ts";
import type { Stack } from "../../stack.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { ALL_NODES, writeAdvertisement, type Lifetimes, type Said, type SaidPrefix } from "./message.ts";

const ALL_ROUTERS = "ff02::2";
/** Of prefixes that are fixed, s, and the most of those that are delegated: RFC 9096 §3.3, so that stations forget them in time where they are gone unseen. */
const PREFERRED_S = 2700;
const VALID_S = 5400;
/** The most that a prefix which is over is valid for, s: RFC 7084 L-13. */
const OVER_S = 7200;
/** RFC 4861 §10: how often something new is said, with these times between; how long an answer waits, and the least time between two, ms. */
const FIRST_TIMES = 3;
const FIRST_MS = 16_000;
const ANSWER_MS = 500;
const LEAST_MS = 3000;
/** Unless told, s: RFC 4861 §6.2.1. */
const INTERVAL_S = 600;
const MOST_SERVERS = 3;
const MOST_PREFIXES = 8;

/** What a RouterAdvertiser may be told. */
export interface RouterAdvertiserOptions {
	/** The most time from one advertisement to the next, s, 4 to 1800; 600 unless told. */
	intervalSeconds?: number;
	/** Addresses of IPv6 of name servers, at most 3; unless told this router, where it answers for names there (multihome/dns-forwarder), else those that the other interfaces have heard of. */
	nameServers?: readonly string[];
}

/** What there is to see. Allocates. */
export interface RouterAdvertiserState {
	/** Prefixes that stations are told, those that are over too, and for how long, s. */
	prefixes: readonly SaidPrefix[];
	/** Whether stations may send here what is for everywhere. */
	isDefault: boolean;
	/** Advertisements that were sent. */
	sent: number;
	/** Questions of stations that came. */
	asked: number;
}

/** A prefix, and until when it is preferred and valid; ms. */
interface Known {
	readonly network: string;
	readonly length: number;
	preferredUntil: number;
	validUntil: number;
	/** What it is part of; undefined: nobody delegated it. */
	part: string | undefined;
	over: boolean;
}

/**
 * Tells the stations of an Ethernet interface which prefixes they may make addresses of, and that this board is their router: the prefixes of 64 bits of the interface's own addresses, those of parts of a prefix that was delegated to another interface (multihome/dhcp6, `delegate`) no longer than
 * that one holds. It is a way to everywhere while another interface has a default route of IPv6. One for each interface; the stack must be forwarding.
 *
 * @example
 * ```ts
 * const advertiser = new RouterAdvertiser(stack, "eth0");
 * ```
 */
export class RouterAdvertiser implements Service {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #intervalMs: number;
	readonly #servers: readonly string[] | undefined;
	readonly #known: Known[] = [];
	/** When the next one is due, and when the last one went; ms. */
	#next = 0;
	#last = -LEAST_MS;
	/** How many of the first ones are left. */
	#first = FIRST_TIMES;
	/** What was said last: what differs is said at once. */
	#said = "";
	#changed = true;
	#closed = false;
	#sent = 0;
	#asked = 0;

	/** Begins in the next poll. Throws TypeError or RangeError naming what is wrong; RangeError for an interface that is no Ethernet or has one, or a stack that is not forwarding. */
	constructor(stack: Stack, link: EthernetInterface | string, options: RouterAdvertiserOptions = {}) {
		const { intervalSeconds, nameServers } = objectOption(options);
		const found = stationOf(stack, "router advertisements", link);
		const { name } = found;
		if (!stack.core.limits.forwarding)
			throw new RangeError(`router advertisements on ${name}: a router forwards; make the stack with "forwarding": true`);
		if (found.mtu < ipv6.LEAST_MTU)
			throw new RangeError(`router advertisements on ${name}: mtu ${found.mtu}: expected ${ipv6.LEAST_MTU} or more`);
		for (const service of stack.services.list)
			if (service instanceof RouterAdvertiser && service.#link === found)
				throw new RangeError(`router advertisements on ${name}: there are some already; close that first`);
		this.#intervalMs = wholeOf("intervalSeconds", intervalSeconds ?? INTERVAL_S, 4, 1800) * 1000;
		this.#servers = nameServers === undefined ? undefined : serversOf(nameServers);
		this.#stack = stack;
		this.#link = found;
		this.#clock = new Clock(stack.core);
		stack.udp.groups.join(found, ALL_ROUTERS);
		found.onSolicited = () => this.#solicited();
		this.#watch = stack.watch((changed, what) => {
			if (changed === found && what & REMOVED) return this.#end();
			if (changed === found && what & LINK && found.up) this.#first = FIRST_TIMES;
			if (what & (LINK | ADDRESSES | ROUTES | NAME_SERVERS)) {
				this.#changed = true;
				this.#clock.soon();
			}
		});
		stack.services.add(this);
		this.#clock.soon();
	}

	/** What there is to see. Allocates. */
	get state(): RouterAdvertiserState {
		const { prefixes, lifetime } = this.#saying(this.#clock.now);
		return { prefixes, isDefault: lifetime > 0, sent: this.#sent, asked: this.#asked };
	}

	/** Says that this is no router any more, and that its prefixes are over. May be repeated. */
	close(): void {
		if (this.#closed) return;
		const { now } = this.#clock;
		for (const known of this.#known) this.#over(known, now);
		this.#send({ ...this.#saying(now), lifetime: 0, routes: [], serversLifetime: 0 });
		this.#stack.udp.groups.leave(this.#link, ALL_ROUTERS);
		this.#end();
	}

	#end(): void {
		this.#closed = true;
		this.#link.onSolicited = undefined;
		this.#watch.close();
		this.#stack.services.delete(this);
	}

	/** Within processing: a station asks. RFC 4861 §6.2.6: answered after a while by chance, to all. */
	#solicited(): void {
		this.#asked++;
		const { now } = this.#clock;
		this.#due(now + this.#random(ANSWER_MS + 1), now);
		this.#clock.soon();
	}

	/** One is due at that time at the latest, but for the least time between two. */
	#due(at: number, now: number): void {
		this.#next = Math.max(Math.min(this.#next, at), this.#last + LEAST_MS, now);
	}

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	/** For the stack. */
	timers(): void {
		const { now } = this.#clock;
		if (this.#changed || now >= this.#next) this.#look(now);
		if (this.#changed) {
			this.#changed = false;
			const said = this.#essence(now);
			if (said !== this.#said) {
				this.#said = said;
				this.#first = FIRST_TIMES;
				this.#due(now, now);
			}
		}
		if (now >= this.#next) {
			this.#send(this.#saying(now));
			if (this.#first > 0) this.#first--;
			const { up } = this.#link;
			const least = Math.floor(this.#intervalMs / 3);
			const interval = least + this.#random(this.#intervalMs - least + 1);
			this.#next = now + (this.#first > 0 && up ? Math.min(FIRST_MS, interval) : interval);
		}
		this.#clock.deadline(this.#next);
	}

	/** What prefixes there are now. */
	#look(now: number): void {
		const there = new Set<Known>();
		for (const entry of this.#link.ip.addresses) {
			if (familyBits(entry.address) !== 128 || entry.length !== 64 || (entry.bits & OWN_TENTATIVE) !== 0 || isNear(entry.address))
				continue;
			const network = networkOf(entry.address, 64);
			let known = this.#known.find((each) => each.network === network);
			if (known === undefined) {
				if (this.#known.length >= MOST_PREFIXES) continue;
				this.#known.push((known = { network, length: 64, preferredUntil: 0, validUntil: 0, part: undefined, over: false }));
			}
			const lent = this.#delegated(entry);
			known.over = false;
			known.part = lent?.prefix;
			known.preferredUntil = now + Math.min(lent?.preferred ?? PREFERRED_S, PREFERRED_S) * 1000;
			known.validUntil = now + Math.min(lent?.valid ?? VALID_S, VALID_S) * 1000;
			there.add(known);
		}
		for (let i = this.#known.length - 1; i >= 0; i--) {
			const known = this.#known[i]!;
			if (!there.has(known)) this.#over(known, now);
			if (known.validUntil <= now) this.#known.splice(i, 1);
		}
	}

	/** It is nobody's any more: stations use it for nothing new. */
	#over(known: Known, now: number): void {
		if (known.over) return;
		known.over = true;
		known.part = undefined;
		known.preferredUntil = now;
		known.validUntil = Math.min(known.validUntil, now + OVER_S * 1000);
	}

	#delegated(entry: InterfaceAddress): (Lifetimes & { readonly prefix: string }) | undefined {
		for (const service of this.#stack.services.list) {
			const lent = service.delegated?.(entry);
			if (lent !== undefined) return lent;
		}
		return undefined;
	}

	/** Whether another interface leads everywhere: RFC 7084 G-5, L-4. */
	get #isDefault(): boolean {
		return this.#stack.routes.list.some(
			({ length, network, link }) => length === 0 && familyBits(network) === 128 && link !== this.#link && link.up,
		);
	}

	#saying(now: number): Said & { prefixes: SaidPrefix[] } {
		const { mac, mtu } = this.#link;
		const seconds = (until: number) => Math.max(Math.floor((until - now) / 1000), 0);
		const lifetime = Math.ceil((this.#intervalMs * 3) / 1000);
		const prefixes = this.#known.map(({ network, length, preferredUntil, validUntil }) => ({
			network,
			length,
			preferred: seconds(preferredUntil),
			valid: seconds(validUntil),
		}));
		// RFC 7084 L-3.
		const routes = new Map<string, number>();
		for (const { part, validUntil } of this.#known)
			if (part !== undefined) routes.set(part, Math.min(lifetime, seconds(validUntil)));
		return {
			mac,
			mtu,
			prefixes,
			lifetime: this.#isDefault ? lifetime : 0,
			routes: [...routes].map(([prefix, its]) => {
				const [network, length] = prefix.split("/") as [string, string];
				return { network, length: Number(length), lifetime: its };
			}),
			nameServers: this.#nameServers,
			serversLifetime: lifetime,
		};
	}

	get #nameServers(): readonly string[] {
		if (this.#servers !== undefined) return this.#servers;
		const { services, interfaces } = this.#stack;
		const own = services.list.some((service) => service.servesNames?.(this.#link) === true);
		if (own)
			return [
				this.#link.ip.addresses.find((each) => familyBits(each.address) === 128 && each.serves)?.address ?? this.#source,
			].filter((each) => each !== "");
		const found = interfaces.list.filter((link) => link !== this.#link).flatMap(({ ip }) => [...ip.servers]);
		return [...new Set(found)].filter((each) => familyBits(each) === 128 && !isNear(each)).slice(0, MOST_SERVERS);
	}

	/** Its address of the link, "" while it has none that is its own. */
	get #source(): string {
		return (
			this.#link.ip.addresses.find(
				({ address, bits }) => familyBits(address) === 128 && isNear(address) && (bits & OWN_TENTATIVE) === 0,
			)?.address ?? ""
		);
	}

	/** What differs when stations had better know at once. */
	#essence(now: number): string {
		const { lifetime, nameServers, routes } = this.#saying(now);
		const prefixes = this.#known.map(({ network, over }) => `${network} ${over}`);
		return [lifetime > 0, nameServers, routes.map(({ network }) => network), prefixes, this.#source].join();
	}

	#send(said: Said): void {
		const source = this.#source;
		const link = this.#link;
		if (source === "" || !link.up) return;
		const { core } = this.#stack;
		const { view, layout } = core;
		const packet = packetAcquireControl(view);
		if (packet === NONE) return core.count(link.block, DROP.noPacketBuffer);
		const at = layout.packets + packet * PACKET_BYTES + PACKET_HEADROOM;
		const end = writeAdvertisement(view, at, source, said);
		link.follow(linkSendGroup(view, link.block, packet, end, given(view, ALL_NODES)));
		this.#last = this.#clock.now;
		this.#sent++;
	}
}

function serversOf(values: unknown): string[] {
	if (!Array.isArray(values)) throw new TypeError(`nameServers ${show(values)}: expected an array of addresses of IPv6`);
	if (values.length > MOST_SERVERS)
		throw new RangeError(`nameServers: ${values.length} addresses; expected at most ${MOST_SERVERS}`);
	return values.map((value: unknown) => {
		const address = addressOf("nameServers", value);
		if (familyBits(address) !== 128) throw new RangeError(`nameServers ${show(value)}: expected an address of IPv6`);
		return address;
	});
}
