// An IPv4 address of the link where nobody gives another: RFC 3927. Chosen by the hardware address, probed for, announced and defended as RFC 5227 says, and given way to any other.

import { halfSipHash } from "#codec";
import { familyBits } from "../../address.ts";
import { formatIpv4, parseIpv4 } from "../../address4.ts";
import { linkOf, report } from "../../io/common.ts";
import * as check from "../../io/options.ts";
import type { EthernetInterface, LinkLocalKeeper } from "../../link/ethernet.ts";
import { ADDRESSES, LINK, PROTOCOL, REMOVED } from "../../link/interface.ts";
import type { InterfaceAddress } from "../../link/interface-address.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";

/** RFC 3927 §9, ms. */
const PROBE_WAIT_MS = 1000;
const PROBE_NUM = 3;
const PROBE_MIN_MS = 1000;
const PROBE_MAX_MS = 2000;
const ANNOUNCE_WAIT_MS = 2000;
const MAX_CONFLICTS = 10;
const RATE_LIMIT_INTERVAL_MS = 60_000;
const DEFEND_INTERVAL_MS = 10_000;
/** DHCP has not been answered for so long: two questions, and most of the time to the third. */
const SILENCE_MS = 8000;
/** 169.254.1.0 and how many addresses there are from there to 169.254.254.255. §2.1. */
const FIRST = 0xa9fe_0100 | 0;
const COUNT = 0xfe00;
const LENGTH = 16;

/** States: waits until nobody else gives an address; probes; has one. */
const IDLE = 0;
const WAITING = 1;
const PROBING = 2;
const USING = 3;
const NAMES: readonly string[] = Object.freeze(["idle", "waiting", "probing", "using"]);

/** What a LinkLocal may be told. */
export interface LinkLocalOptions<This = LinkLocal> {
	/** The address came, went or is another. Called from `poll`. */
	onChanged?: (this: This) => void;
}

/**
 * Gives an Ethernet interface an address of 169.254.0.0/16 while it has no other of IPv4, and its DHCP client, where it has one, gets no answer: 8 s long. Any other address that comes ends that, and
 * connections from it. One for each interface.
 *
 * @example
 * ```ts
 * new LinkLocal(stack, "eth0");
 * ```
 */
export class LinkLocal implements Service, LinkLocalKeeper, EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #onChanged: (() => void) | undefined;
	#state = IDLE;
	/** When something is to be done. */
	#at = Infinity;
	#probes = 0;
	/** Which address is tried: it begins with the same one at every start. */
	#tries = 0;
	/** Of this time that one is looked for; and all there were. */
	#conflicts = 0;
	#allConflicts = 0;
	#own: InterfaceAddress | undefined;
	/** When another station used it the last time. */
	#disputedAt = -Infinity;
	/** Seen within processing: another station has the address, and keeps it. */
	#lost = false;
	/** Something has changed; the link was away. */
	#changed = true;
	#anew = false;
	#closed = false;

	/** Begins in the next poll. Throws TypeError or RangeError for an option or an interface that cannot be, Error when the interface has one already. */
	constructor(stack: Stack, link: EthernetInterface | string, options: LinkLocalOptions = {}) {
		const { onChanged } = check.objectOption(options);
		if (link === undefined) throw new RangeError(`interface ${check.show(link)}: expected one of the stack, or its name`);
		const { station, name, kind } = linkOf(stack, link)!;
		if (station === undefined) throw new RangeError(`link-local address on ${name}: is ${kind}; expected an Ethernet interface`);
		if (station.linkLocal !== undefined) throw new Error(`link-local address on ${name}: there is one already; close that first`);
		this.#onChanged = check.callbackOf("onChanged", onChanged);
		this.#stack = stack;
		this.#link = station;
		this.#clock = new Clock(stack.core);
		station.linkLocal = this;
		stack.services.add(this);
		this.#watch = stack.watch((changed, what) => {
			if (changed !== station || (what & (ADDRESSES | LINK | PROTOCOL | REMOVED)) === 0) return;
			if (what & REMOVED) return this.close();
			if (what & LINK) this.#anew = true;
			this.#look();
		});
		this.#look();
	}

	/** The address that the interface has so, null while there is none. */
	get address(): string | null {
		return this.#own?.address ?? null;
	}

	/** What there is to see: "idle" while there is another address or no link, "waiting", "probing", "using"; and how often another station had the address. */
	get state(): { state: string; address: string | null; conflicts: number } {
		return { state: NAMES[this.#state]!, address: this.address, conflicts: this.#allConflicts };
	}

	/** Takes the address away. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.owner = null;
		this.#stack.services.delete(this);
		this.#watch.close();
		this.#end();
		this.#link.linkLocal = undefined;
	}

	#look(): void {
		this.#changed = true;
		this.#clock.soon();
	}

	/** For the link: §2.2.1. */
	claimed(): void {
		if (this.#state !== PROBING || this.#link.probed !== this.#candidate) return;
		this.#lost = true;
		this.#clock.soon();
	}

	/** For the link, which has defended it unless that was less than 10 s ago: then it is given up. §2.5 (b). */
	conflict(address: number): void {
		if (this.#own === undefined || address !== parseIpv4(this.#own.address)) return;
		const { now } = this.#clock;
		if (now - this.#disputedAt < DEFEND_INTERVAL_MS) {
			this.#lost = true;
			this.#clock.soon();
		} else this.#allConflicts++;
		this.#disputedAt = now;
	}

	/** For the stack. */
	timers(): void {
		const { now } = this.#clock;
		if (this.#lost) this.#lose(now);
		if (this.#changed) this.#update(now);
		if (now >= this.#at) this.#tick(now);
		this.#clock.deadline(this.#at);
	}

	/** Whether nobody else gives an address: another of IPv4 is there; DHCP is being answered. */
	get #isWanted(): boolean {
		const { addresses, up, slot, ip } = this.#link;
		if (!up || slot === 0) return false;
		if (addresses.some((each) => each !== this.#own && familyBits(each.address) === 32)) return false;
		const state = ip.lease?.view.state ?? "";
		return this.#state === USING || state === "" || state === "init" || state === "selecting";
	}

	#update(now: number): void {
		this.#changed = false;
		const wanted = this.#isWanted;
		if (!wanted || this.#anew) this.#end();
		this.#anew = false;
		if (!wanted || this.#state !== IDLE) return;
		this.#conflicts = 0;
		this.#state = WAITING;
		this.#at = now + (this.#link.ip.lease === undefined ? 0 : SILENCE_MS);
	}

	/** It is not wanted any more. */
	#end(): void {
		this.#unprobe();
		const own = this.#own;
		this.#state = IDLE;
		this.#at = Infinity;
		this.#lost = false;
		if (own === undefined) return;
		this.#own = undefined;
		if (this.#link.addresses.includes(own)) this.#link.ip.removeAddress(own);
		this.#tell();
	}

	/** A DHCP client may probe for another address by now. */
	#unprobe(): void {
		if (this.#link.slot !== 0 && this.#link.probed === this.#candidate) this.#link.probed = 0;
	}

	/** Another station has it: the next one is tried, after a while when that has happened often. §2.2.1, §2.5. */
	#lose(now: number): void {
		this.#lost = false;
		this.#allConflicts++;
		this.#end();
		this.#tries++;
		this.#probe(now, ++this.#conflicts >= MAX_CONFLICTS ? RATE_LIMIT_INTERVAL_MS : 0);
	}

	#probe(now: number, pauseMs: number): void {
		this.#state = PROBING;
		this.#probes = 0;
		this.#at = now + pauseMs + this.#random(PROBE_WAIT_MS);
	}

	#tick(now: number): void {
		if (this.#state === WAITING) return this.#probe(now, 0);
		if (this.#probes < PROBE_NUM) {
			this.#link.probe(this.#candidate);
			this.#at = now + (++this.#probes < PROBE_NUM ? PROBE_MIN_MS + this.#random(PROBE_MAX_MS - PROBE_MIN_MS) : ANNOUNCE_WAIT_MS);
			return;
		}
		this.#use();
	}

	/** §2.1: of the hardware address, so that a board has the same one again. */
	get #candidate(): number {
		const { mac } = this.#link;
		const high = (mac[0]! << 24) | (mac[1]! << 16) | (mac[2]! << 8) | mac[3]!;
		const low = (mac[4]! << 8) | mac[5]!;
		return (FIRST + ((halfSipHash(high, low, 3927, this.#tries, 0) >>> 0) % COUNT)) | 0;
	}

	#use(): void {
		const link = this.#link;
		const address = formatIpv4(this.#candidate);
		this.#unprobe();
		this.#at = Infinity;
		this.#disputedAt = -Infinity;
		if (this.#stack.interfaces.owner(address) !== undefined) {
			// Of two interfaces on one network the other was first.
			this.#lost = true;
			return this.#clock.soon();
		}
		this.#state = USING;
		this.#own = link.ip.insertAddress(address, LENGTH, true);
		link.introduce(address);
		this.#tell();
	}

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	#tell(): void {
		if (this.#onChanged !== undefined && !this.#closed) this.#stack.events.post(this, READABLE);
	}

	/** For SocketEvents. */
	onEvents(): void {
		this.#onChanged?.call(this);
	}

	/** For SocketEvents: `onChanged` threw. It goes on. */
	onFailure(error: unknown): void {
		report(this.#stack.events, error);
	}
}
