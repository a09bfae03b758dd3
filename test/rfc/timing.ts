// When a script's events are, and how exactly.

import type { Allowances } from "./allowances.ts";
import type { Time } from "./script.ts";

/** How long an expected packet may be late before the wait is given up, ms. */
const PATIENCE = 20_000;
/** Part of the time since the event before that packetdrill takes for inexact. */
const EIGHTH = 0.125;
/** What an acknowledgment may be delayed, and how much sooner or later a timer may expire than that of another system, ms. */
const DELAY = 500;
const TIMER = 1000;

export function seconds(ms: number): string {
	return (ms / 1000).toFixed(6);
}

export class Timing {
	readonly tolerance: number;
	/** Milliseconds that the present event may be off. */
	slack: number;
	readonly #published: boolean;
	readonly #allow: Allowances;
	#last: { at: number; inbound: boolean } = { at: 0, inbound: false };

	constructor(tolerance: number, published: boolean, allow: Allowances) {
		this.tolerance = tolerance;
		this.slack = tolerance;
		this.#published = published;
		this.#allow = allow;
	}

	/** The times of an event that begins now. Of two packets in succession that come in the second counts from when the first was to come. */
	begin(time: Time, inbound: boolean, now: number): { base: number; at: number; until: number } {
		const base = time.kind === "absolute" ? 0 : this.#last.inbound && inbound ? this.#last.at : now;
		const at = base + time.at;
		this.slack = this.#published ? Math.max(this.tolerance, (at - this.#last.at) * EIGHTH) : this.tolerance;
		return { base, at, until: base + time.until };
	}

	end(at: number, inbound: boolean): void {
		this.#last = { at, inbound };
	}

	/** Until when a packet is waited for. */
	patience(any: boolean, now: number, until: number): number {
		return (any ? now : until) + PATIENCE * (any ? 10 : 1);
	}

	/** What is wrong with when a packet was sent, "" when nothing is; `pure`: it is an acknowledgment alone. */
	late(actual: number, from: number, until: number, pure: boolean): string {
		const more = this.#allow.has("timer") ? TIMER : pure && this.#allow.has("delay") ? DELAY : 0;
		const slack = this.slack + more + 1e-6;
		if (actual >= from - slack && actual <= until + slack) return "";
		const range = until > from ? `${seconds(from)}~${seconds(until)}` : seconds(from);
		return `timing error: expected outbound packet at ${range} sec but happened at ${seconds(actual)} sec`;
	}
}
