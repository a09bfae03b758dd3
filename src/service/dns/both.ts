// A name's addresses of one family, or of both, asked for at once. RFC 8305 §3: who has those of one family does not wait long for the other's.

import { DNS_RESOLUTION_DELAY_MS } from "../../config.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { TYPE_A, TYPE_AAAA } from "../../wire/dns.ts";
import type { Alarm, Engine } from "./engine.ts";
import { failure, type Outcome } from "./errors.ts";
import type { Waiter, Wanted } from "./lookup.ts";
import { isOutcome, questionOf } from "./names.ts";
import { bestFirst } from "./order.ts";
import type { Scope } from "./servers.ts";

/** Which addresses are wanted; 0: of both families, where there is IPv6. */
export type Family = 0 | 4 | 6;

/** How a name is asked for. */
export type Manner = Scope & Pick<Wanted, "timeout" | "mixedCase">;

/** Who is told. */
export interface Hearer {
	/** Addresses in RFC 6724's order, or why there are none. Never within the constructor, but for what nobody is asked. */
	heard(outcome: Outcome): void;
	/** On whose behalf it asks, where that one may ask for several names. */
	readonly resolver?: unknown;
	/** Those that came too late for that, of the other family; none when there are none. */
	more?(addresses: readonly string[]): void;
}

/** One family's part of it. */
class Half implements Waiter {
	readonly both: Both;
	readonly type: number;

	constructor(both: Both, type: number) {
		this.both = both;
		this.type = type;
	}

	done(outcome: Outcome): void {
		this.both.answered(this, outcome);
	}

	isFor(asker: unknown): boolean {
		return asker === this.both || asker === this.both.hearer.resolver;
	}
}

export class Both {
	readonly hearer: Hearer;
	readonly #engine: Engine;
	readonly #manner: Manner;
	/** RFC 8305 §3: addresses of IPv6 that come first are told at once, not when IPv4's are there. */
	readonly #eager: boolean;
	readonly #waiting: Half[] = [];
	#addresses: string[] = [];
	#failure: Outcome | undefined;
	#told = false;
	#delay: Alarm | undefined;

	constructor(engine: Engine, host: string, family: Family, manner: Manner, hearer: Hearer, eager = false) {
		this.#engine = engine;
		this.#manner = manner;
		this.#eager = eager;
		this.hearer = hearer;
		const question = questionOf(host, family);
		if (isOutcome(question)) {
			hearer.heard(question);
			return;
		}
		const { servers, link, timeout, mixedCase } = manner;
		if (family === 6 || (family === 0 && this.#wantsIpv6())) this.#waiting.push(new Half(this, TYPE_AAAA));
		if (family !== 6) this.#waiting.push(new Half(this, TYPE_A));
		for (const half of this.#waiting) engine.ask({ ...question, servers, link, timeout, mixedCase, type: half.type }, half);
	}

	/** Whether `more` is still to come. */
	get pending(): boolean {
		return this.#waiting.length > 0;
	}

	/** Nothing is told any more. */
	cancel(): void {
		this.#told = true;
		this.#engine.silence(this.#delay);
		this.#waiting.length = 0;
		this.#engine.forget(this);
	}

	/** Whether an address beyond the link's would be the source of packets to one of IPv6. */
	#wantsIpv6(): boolean {
		const only = this.#manner.link;
		return (
			hasIpv6() &&
			this.#engine.stack.interfaces.list.some(
				(link) =>
					link.slot !== 1 &&
					link.up &&
					(only === undefined || link === only) &&
					link.ip.addresses.some(({ address, serves }) => serves && address.includes(":")),
			)
		);
	}

	/** For its halves. */
	answered(half: Half, outcome: Outcome): void {
		const index = this.#waiting.indexOf(half);
		if (index < 0) return;
		this.#waiting.splice(index, 1);
		const found = outcome.code === "";
		if (this.#told) {
			this.hearer.more?.(this.#sorted(outcome.addresses));
			return;
		}
		if (found) this.#addresses = [...this.#addresses, ...outcome.addresses];
		else this.#failure = worse(this.#failure, outcome);
		if (this.#waiting.length === 0 || (found && this.#eager && half.type === TYPE_AAAA)) this.#tell();
		else if (found) this.#delay = this.#engine.alarm(DNS_RESOLUTION_DELAY_MS, () => this.#tell());
	}

	#tell(): void {
		if (this.#told) return;
		this.#told = true;
		this.#engine.silence(this.#delay);
		const addresses = this.#addresses;
		this.hearer.heard(
			addresses.length > 0 ? { addresses: this.#sorted(addresses), ttl: 0, code: "", reason: "" } : this.#failure!,
		);
	}

	#sorted(addresses: readonly string[]): readonly string[] {
		return bestFirst(this.#engine.stack, addresses, this.#manner.link);
	}
}

/** Of two failures the one that says more: that there is none of one family says little of the other. */
function worse(one: Outcome | undefined, other: Outcome): Outcome {
	if (one === undefined) return other;
	if (one.code !== "ENODATA") return one;
	return other.code === "ENODATA" ? failure("ENODATA", "the name has no IP address") : other;
}
