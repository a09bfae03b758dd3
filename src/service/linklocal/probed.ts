// An IPv4 address that is probed for before it is used, and announced: RFC 5227 §2.1. Who it is chosen by, and what becomes of it when another station has it, others say: linklocal.ts, fixed.ts.

import { formatIpv4 } from "../../address4.ts";
import { report, stationOf } from "../../io/common.ts";
import * as check from "../../io/options.ts";
import type { EthernetInterface, ProbeKeeper } from "../../link/ethernet.ts";
import { ADDRESSES, LINK, PROTOCOL, REMOVED } from "../../link/interface.ts";
import type { InterfaceAddress } from "../../link/interface-address.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Watch } from "../../transport/watch.ts";

/** RFC 5227 §1.1, RFC 3927 §9: ms. */
const PROBE_WAIT_MS = 1000;
const PROBE_NUM = 3;
const PROBE_MIN_MS = 1000;
const PROBE_MAX_MS = 2000;
const ANNOUNCE_WAIT_MS = 2000;
/** Between two tries of what another has, ms. */
export const RATE_LIMIT_INTERVAL_MS = 60_000;

/** States: waits until it is wanted, and time has passed; probes; has one. */
const IDLE = 0;
const WAITING = 1;
const PROBING = 2;
export const USING = 3;
const NAMES: readonly string[] = Object.freeze(["idle", "waiting", "probing", "using"]);

/** What those may be told that have one. */
export interface ProbedOptions<This> {
	/** The address came, went or is another, or another station has it. Called from `poll`. */
	onChanged?: (this: This) => void;
}

export abstract class ProbedAddress implements Service, ProbeKeeper, EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	protected readonly stack: Stack;
	protected readonly link: EthernetInterface;
	protected readonly clock: Clock;
	protected own: InterfaceAddress | undefined;
	/** How often another station had it. */
	protected conflicts = 0;
	protected phase = IDLE;
	readonly #watch: Watch;
	readonly #onChanged: (() => void) | undefined;
	/** When something is to be done. */
	#at = Infinity;
	/** Seen within processing: another station has the address, and keeps it. */
	#lost = false;
	#probes = 0;
	/** Something has changed; the link was away. */
	#changed = true;
	#anew = false;
	#closed = false;

	/** Begins in the next poll. `what` is said in errors. */
	constructor(what: string, stack: Stack, link: EthernetInterface | string, options: ProbedOptions<never>) {
		const { onChanged } = check.objectOption(options);
		const station = stationOf(stack, what, link);
		if (station.keeper !== undefined) throw new Error(`${what} on ${station.name}: there is one already; close that first`);
		this.#onChanged = check.callbackOf("onChanged", onChanged as (() => void) | undefined);
		this.stack = stack;
		this.link = station;
		this.clock = new Clock(stack.core);
		station.keeper = this;
		stack.services.add(this);
		this.#watch = stack.watch((changed, of) => {
			if (changed !== station || (of & (ADDRESSES | LINK | PROTOCOL | REMOVED)) === 0) return;
			if (of & REMOVED) return this.close();
			if (of & LINK) this.#anew = true;
			this.#look();
		});
		this.#look();
	}

	/** The address that is probed for, or had, as ARP has it. */
	protected abstract get candidate(): number;
	/** Whether it may be had. */
	protected abstract get isWanted(): boolean;
	/** How long that is waited for first, ms. */
	protected abstract get patienceMs(): number;
	/** For the link: another station uses an address of ours. */
	abstract conflict(address: number): void;
	/** Another station has it: answers how long to wait before `candidate` is probed for, ms. */
	protected abstract refused(): number;
	/** The interface has it from now on, and says so. */
	protected abstract have(address: string): InterfaceAddress;
	/** It has it no more. */
	protected abstract release(own: InterfaceAddress): void;

	/** The address that the interface has so, null while there is none. */
	get address(): string | null {
		return this.own?.address ?? null;
	}

	/** What there is to see: "idle" while it is not wanted, "waiting", "probing", "using"; and how often another station had the address. */
	get state(): { state: string; address: string | null; conflicts: number } {
		return { state: NAMES[this.phase]!, address: this.address, conflicts: this.conflicts };
	}

	/** Takes the address away. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.owner = null;
		this.stack.services.delete(this);
		this.#watch.close();
		this.#end();
		this.link.keeper = undefined;
	}

	#look(): void {
		this.#changed = true;
		this.clock.soon();
	}

	/** For the link: RFC 5227 §2.1.1. */
	claimed(): void {
		if (this.phase === PROBING && this.link.probed === this.candidate) this.lose();
	}

	/** Within processing: it is another's. */
	protected lose(): void {
		this.#lost = true;
		this.clock.soon();
	}

	/** For the stack. */
	timers(): void {
		const { now } = this.clock;
		if (this.#lost) {
			this.conflicts++;
			this.#end();
			this.#probe(now, this.refused());
		}
		if (this.#changed) this.#update(now);
		if (now >= this.#at) this.#tick(now);
		this.clock.deadline(this.#at);
	}

	#update(now: number): void {
		this.#changed = false;
		const wanted = this.isWanted;
		if (!wanted || this.#anew) this.#end();
		this.#anew = false;
		if (!wanted || this.phase !== IDLE) return;
		this.phase = WAITING;
		this.#at = now + this.patienceMs;
	}

	/** It is not wanted any more. */
	#end(): void {
		this.#unprobe();
		const { own } = this;
		this.phase = IDLE;
		this.#at = Infinity;
		this.#lost = false;
		if (own === undefined) return;
		this.own = undefined;
		if (this.link.addresses.includes(own)) this.release(own);
		this.tell();
	}

	/** A DHCP client may probe for another address by now. */
	#unprobe(): void {
		if (this.link.slot !== 0 && this.link.probed === this.candidate) this.link.probed = 0;
	}

	#probe(now: number, pauseMs: number): void {
		this.phase = PROBING;
		this.#probes = 0;
		this.#at = now + pauseMs + this.#random(PROBE_WAIT_MS);
	}

	#tick(now: number): void {
		if (this.phase === WAITING) return this.#probe(now, 0);
		if (this.#probes < PROBE_NUM) {
			this.link.probe(this.candidate);
			this.#at = now + (++this.#probes < PROBE_NUM ? PROBE_MIN_MS + this.#random(PROBE_MAX_MS - PROBE_MIN_MS) : ANNOUNCE_WAIT_MS);
			return;
		}
		this.#use();
	}

	#use(): void {
		const address = formatIpv4(this.candidate);
		this.#unprobe();
		this.#at = Infinity;
		// Of two interfaces on one network the other was first.
		if (this.stack.interfaces.owner(address) !== undefined) return this.lose();
		this.phase = USING;
		this.own = this.have(address);
		this.tell();
	}

	#random(below: number): number {
		return (this.stack.core.random32() >>> 1) % below;
	}

	/** `onChanged` is called after processing. */
	protected tell(): void {
		if (this.#onChanged !== undefined && !this.#closed) this.stack.events.post(this, READABLE);
	}

	/** For SocketEvents. */
	onEvents(): void {
		this.#onChanged?.call(this);
	}

	/** For SocketEvents: `onChanged` threw. It goes on. */
	onFailure(error: unknown): void {
		report(this.stack.events, error);
	}
}
