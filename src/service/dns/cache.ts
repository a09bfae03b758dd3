// Answers that are remembered until their time is up: RFC 1035 §7.4, and that there is none: RFC 2308.

import { DNS_CACHE_ENTRIES, DNS_MAX_NEGATIVE_TTL_S, DNS_MAX_TTL_S } from "../../config.ts";
import type { Interface } from "../../link/interface.ts";
import type { Outcome } from "./errors.ts";

class Entry {
	readonly outcome: Outcome;
	/** Milliseconds, as core.now. */
	readonly ends: number;
	/** The interface whose server said so; undefined: nobody's in particular. */
	readonly link: Interface | undefined;
	/** Which address is next. */
	next = 0;

	constructor(outcome: Outcome, ends: number, link: Interface | undefined) {
		this.outcome = outcome;
		this.ends = ends;
		this.link = link;
	}
}

/**
 * Entries end by the timer of their owner, who asks `nextEnd`: none stays longer than its time, or the clock would come round to it again.
 */
export class Cache {
	#entries = new Map<string, Entry>();

	get size(): number {
		return this.#entries.size;
	}

	/** What is known of `key`, with the address whose turn it is in front; undefined when nothing is. */
	find(key: string, now: number): Outcome | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined || ((entry.ends - now) | 0) <= 0) return undefined;
		// It is forgotten as well, but this may be asked in the same turn.
		if (entry.link !== undefined && !entry.link.up) return undefined;
		const { outcome } = entry;
		const { addresses } = outcome;
		if (addresses.length < 2) return outcome;
		const turn = entry.next;
		entry.next = (turn + 1) % addresses.length;
		return { ...outcome, addresses: [...addresses.slice(turn), ...addresses.slice(0, turn)] };
	}

	/** What is remembered of a name, of both families and whoever said so. */
	addressesOf(name: string): string[] {
		const addresses: string[] = [];
		for (const [key, { outcome }] of this.#entries) if (key.startsWith(`${name} `)) addresses.push(...outcome.addresses);
		return addresses;
	}

	/** Remembers an outcome that has a TTL. What ends first gives way. */
	add(key: string, outcome: Outcome, link: Interface | undefined, now: number): void {
		const most = outcome.code === "" ? DNS_MAX_TTL_S : DNS_MAX_NEGATIVE_TTL_S;
		const ttl = Math.min(outcome.ttl, most);
		if (ttl <= 0) return;
		const entries = this.#entries;
		if (!entries.has(key) && entries.size >= DNS_CACHE_ENTRIES) {
			let first = "";
			let least = Infinity;
			for (const [other, { ends }] of entries) {
				const left = (ends - now) | 0;
				if (left >= least) continue;
				least = left;
				first = other;
			}
			entries.delete(first);
		}
		const entry = new Entry(outcome, (now + ttl * 1000) | 0, link);
		if (outcome.addresses.length > 1) entry.next = 1; // whoever asked had the first
		entries.set(key, entry);
	}

	/** Forgets what servers of that interface said. */
	forget(link: Interface): void {
		for (const [key, entry] of this.#entries) if (entry.link === link) this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}

	/** Takes away what has ended; answers in how many ms the next one does, -1 when there is none. */
	sweep(now: number): number {
		let next = -1;
		for (const [key, { ends }] of this.#entries) {
			const left = (ends - now) | 0;
			if (left <= 0) this.#entries.delete(key);
			else if (next < 0 || left < next) next = left;
		}
		return next;
	}
}
