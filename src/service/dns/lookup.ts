// What is being looked up: one name for all who wait for it. Unicast and multicast DNS are the two kinds, query.ts and mdns.ts.

import type { Interface } from "../../link/interface.ts";
import type { Engine } from "./engine.ts";
import { failure, type Outcome } from "./errors.ts";
import type { Scope } from "./servers.ts";

/** Who waits. */
export interface Waiter {
	done(outcome: Outcome): void;
	/** Whether it is part of what that one asks for. */
	isFor(asker: unknown): boolean;
}

/** What a resolver asks for. */
export interface Wanted extends Scope {
	readonly name: string;
	/** A or AAAA, wire/dns.ts. */
	readonly type: number;
	readonly multicast: boolean;
	/** Milliseconds for all of it. */
	readonly timeout: number;
	/** Letters of the question in random case, which must come back alike. */
	readonly mixedCase: boolean;
}

export abstract class Lookup {
	readonly wanted: Wanted;
	/** What those who want the same have in common, and what is remembered under. */
	readonly key: string;
	readonly waiters: Waiter[] = [];
	/** When it is to end at the latest, and when something is due; as core.now. */
	readonly deadline: number;
	due = 0;
	/** Begun, and not ended. */
	running = false;
	protected readonly engine: Engine;

	constructor(engine: Engine, wanted: Wanted, key: string) {
		this.engine = engine;
		this.wanted = wanted;
		this.key = key;
		this.deadline = this.due = (engine.now + wanted.timeout) | 0;
	}

	/** Sends the first question. May end it. */
	abstract begin(): void;

	/** `due` has come, and is not `deadline`. */
	protected abstract tick(): void;

	/** Why it took too long. */
	protected abstract late(): Outcome;

	/** Interfaces, their links, addresses or name servers changed. */
	abstract linksChanged(): void;

	/** Gives its sockets back. */
	abstract release(): void;

	timers(now: number): void {
		if (((now - this.deadline) | 0) >= 0) this.end(this.running ? this.late() : failure("ETIMEOUT", "other names took too long"));
		else if (this.running && ((now - this.due) | 0) >= 0) this.tick();
	}

	/** Something is due in `ms`. */
	protected wait(ms: number): void {
		const at = (this.engine.now + ms) | 0;
		this.due = ((at - this.deadline) | 0) < 0 ? at : this.deadline;
		this.engine.deadline(this.due);
	}

	/** All who wait are told. `link`: the interface whose server or neighbour has answered. */
	end(outcome: Outcome, link?: Interface): void {
		this.running = false;
		this.release();
		this.engine.ended(this, outcome, link);
	}
}

type MakeLookup = (engine: Engine, wanted: Wanted, key: string) => Lookup;
let multicast: MakeLookup | undefined;

/** Called by mdns.ts when it is imported, which the resolver does not do: a firmware without it is smaller. */
export function useMulticast(make: MakeLookup): void {
	multicast = make;
}

/** How names are looked up that end in .local; undefined where nothing imports "multihome/mdns". */
export function multicastLookup(): MakeLookup | undefined {
	return multicast;
}
