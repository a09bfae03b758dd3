// The resolver of a stack: what is being looked up, what waits, and what is remembered. Everything happens in `stack.poll`, where the clock
// is right: what programs ask for is noted, and begun there.

import { DNS_LOOKUPS, DNS_UDP_BYTES, DNS_WAITING } from "../../config.ts";
import { ADDRESSES, LINK, NAME_SERVERS, REMOVED, ROUTES, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import type { Service } from "../../transport/services.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Cache } from "./cache.ts";
import { failure, type Outcome } from "./errors.ts";
import { multicastLookup, type Lookup, type Waiter, type Wanted } from "./lookup.ts";
import { Query } from "./query.ts";

/** Something that is done later: `alarm`. */
export interface Alarm {
	readonly at: number;
	readonly ring: () => void;
}

/** After any of these a server may be another, or not be reached any more. */
const MATTERS = REMOVED | LINK | ADDRESSES | NAME_SERVERS | ROUTES;

export class Engine implements Service, EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly stack: Stack;
	readonly cache = new Cache();
	/** What is received by UDP, for as long as it is looked at. */
	readonly buffer = new Uint8Array(DNS_UDP_BYTES);
	readonly view = new DataView(this.buffer.buffer);
	/** The servers of the whole stack. */
	#servers: readonly string[] = [];
	/** What programs asked for since the last turn. */
	#asked: { wanted: Wanted; waiter: Waiter }[] = [];
	/** Those that run are the first. */
	readonly #lookups: Lookup[] = [];
	#running = 0;
	#serversChanged = false;
	/** What is to be done next, each in a turn of its own, as frames wait meanwhile. */
	readonly #steps: (() => void)[] = [];
	#alarms: Alarm[] = [];
	/** What is in `buffer` is looked at in a step to come: nothing else is read into it. */
	held = false;

	/** The one of the stack: engineOf. */
	constructor(stack: Stack) {
		this.stack = stack;
		stack.services.add(this);
		stack.watch((link, what) => this.#changed(link, what));
	}

	get now(): number {
		return this.stack.core.now;
	}

	get servers(): readonly string[] {
		return this.#servers;
	}
	set servers(servers: readonly string[]) {
		this.#servers = [...servers];
		this.cache.clear();
		this.#serversChanged = true;
		this.stack.events.post(this, READABLE);
	}

	/** Looks a name up; `waiter` is told, later. */
	ask(wanted: Wanted, waiter: Waiter): void {
		this.#asked.push({ wanted, waiter });
		this.stack.events.post(this, READABLE);
	}

	/** Who asked does not want to know any more. What nobody waits for ends. */
	forget(asker: unknown): void {
		this.#asked = this.#asked.filter(({ waiter }) => !waiter.isFor(asker));
		for (const lookup of this.#lookups.slice()) {
			const { waiters } = lookup;
			for (let i = waiters.length - 1; i >= 0; i--) if (waiters[i]!.isFor(asker)) waiters.splice(i, 1);
			if (waiters.length > 0) continue;
			lookup.running = false;
			lookup.release();
			this.#remove(lookup);
		}
	}

	/** How many names are being looked up or wait for it. */
	get busy(): number {
		return this.#lookups.length + this.#asked.length;
	}

	deadline(at: number): void {
		this.stack.core.deadline(at);
	}

	/** Does a step in a turn to come. */
	later(step: () => void): void {
		this.#steps.push(step);
		this.stack.events.post(this, READABLE);
	}

	/** Does a step in `ms`. Called in a turn, where the clock is right. */
	alarm(ms: number, ring: () => void): Alarm {
		const alarm = { at: (this.now + ms) | 0, ring };
		this.#alarms.push(alarm);
		this.deadline(alarm.at);
		return alarm;
	}

	/** It is not to be done any more. */
	silence(alarm: Alarm | undefined): void {
		this.#alarms = this.#alarms.filter((other) => other !== alarm);
	}

	/** The same with what is in `buffer`. */
	hold(step: () => void): void {
		this.held = true;
		this.later(() => {
			this.held = false;
			step();
		});
	}

	/** For SocketEvents: programs have asked for something, or a look-up has ended and others wait. One thing is done at a time. */
	onEvents(): void {
		const step = this.#steps.shift();
		const asked = step === undefined && !this.#serversChanged ? this.#asked.shift() : undefined;
		if (step !== undefined || this.#serversChanged || asked !== undefined) this.stack.events.post(this, READABLE);
		if (step !== undefined) step();
		else if (this.#serversChanged) {
			this.#serversChanged = false;
			for (const lookup of this.#lookups.slice()) if (lookup.running) lookup.linksChanged();
		} else if (asked !== undefined) this.#look(asked.wanted, asked.waiter);
		else this.#start();
	}

	#look(wanted: Wanted, waiter: Waiter): void {
		const memory = keyOf(wanted);
		const known = this.cache.find(memory, this.now);
		if (known !== undefined) return waiter.done(known);
		// How long one waits and how one asks makes another look-up of it, with the same answer.
		const key = `${wanted.timeout} ${wanted.mixedCase ? "x" : ""} ${memory}`;
		let lookup = this.#lookups.find((other) => other.key === key);
		if (lookup === undefined) {
			if (this.#lookups.length >= DNS_LOOKUPS + DNS_WAITING)
				return waiter.done(failure("EBUSY", `${this.#lookups.length} other names are being looked up`));
			const multicast = multicastLookup();
			if (wanted.multicast && multicast === undefined)
				return waiter.done(
					failure("ENOSERVER", 'names that end in .local are asked for where the program has `import "multihome/mdns"`'),
				);
			lookup = wanted.multicast ? multicast!(this, wanted, key) : new Query(this, wanted, key);
			this.#lookups.push(lookup);
			this.deadline(lookup.deadline);
		}
		lookup.waiters.push(waiter);
	}

	/** Begins what there is room for. */
	#start(): void {
		for (let i = 0; i < this.#lookups.length && this.#running < DNS_LOOKUPS;) {
			const lookup = this.#lookups[i]!;
			if (lookup.running || this.#isAsked(lookup)) {
				i++;
				continue;
			}
			this.#running++;
			const known = this.cache.find(keyOf(lookup.wanted), this.now);
			if (known === undefined) lookup.begin();
			else lookup.end({ ...known, ttl: 0 }); // remembered already
			if (this.#lookups[i] === lookup) i++; // it may have ended
		}
	}

	/** Whether the same is being asked: two questions of one name make forging an answer easier than one does (RFC 5452 §5), and the first answer serves both. */
	#isAsked({ wanted }: Lookup): boolean {
		const memory = keyOf(wanted);
		return this.#lookups.some((other) => other.running && keyOf(other.wanted) === memory);
	}

	#remove(lookup: Lookup): void {
		this.#lookups.splice(this.#lookups.indexOf(lookup), 1);
		this.#running = 0;
		for (const other of this.#lookups) if (other.running) this.#running++;
		// Its place is another's, in the next turn.
		if (this.#lookups.length > this.#running) this.stack.events.post(this, READABLE);
	}

	/** A look-up has ended. */
	ended(lookup: Lookup, outcome: Outcome, link: Interface | undefined): void {
		this.#remove(lookup);
		this.cache.add(keyOf(lookup.wanted), outcome, link, this.now);
		for (const waiter of lookup.waiters) waiter.done(outcome);
		if (outcome.ttl > 0) this.#sweep();
	}

	#sweep(): void {
		const ms = this.cache.sweep(this.now);
		if (ms >= 0) this.deadline((this.now + ms) | 0);
	}

	/** For the stack. */
	timers(now: number): void {
		for (const lookup of this.#lookups.slice()) lookup.timers(now);
		for (const alarm of this.#alarms.slice()) {
			if (((now - alarm.at) | 0) < 0) this.deadline(alarm.at);
			else {
				this.silence(alarm);
				this.later(alarm.ring);
			}
		}
		for (const { due, running, deadline } of this.#lookups) this.deadline(running ? due : deadline);
		this.#sweep();
	}

	#changed(link: Interface, what: number): void {
		if (!(what & MATTERS)) return;
		// What its servers said may not be so any more, or not be reached: names may mean other things on another network.
		if (what & (REMOVED | NAME_SERVERS) || !link.up) this.cache.forget(link);
		for (const lookup of this.#lookups.slice()) if (lookup.running) lookup.linksChanged();
	}
}

/** What an answer is remembered under: a name, and whom it was asked of. */
function keyOf({ name, type, servers, link }: Wanted): string {
	return `${name} ${type} ${link?.id ?? ""} ${servers?.join() ?? ""}`;
}

/** The engine of a stack, made when it is first asked for. */
export function engineOf(stack: Stack): Engine {
	return knownEngine(stack) ?? new Engine(stack);
}

/** The same; undefined when it has not been asked for. */
export function knownEngine(stack: Stack): Engine | undefined {
	for (const service of stack.services.list) if (service instanceof Engine) return service;
	return undefined;
}
