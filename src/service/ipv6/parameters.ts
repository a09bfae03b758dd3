// What routers say of a link itself: hop limit, MTU, and the times of neighbour discovery. RFC 4861 §6.3.4.

import type { Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { LEAST_MTU } from "../../wire/ipv6.ts";
import type { Advertisement } from "./advertisement.ts";

/** RFC 4861 §6.2.1: MAX_ReachableTime; §6.3.4: it is chosen anew every few hours, ms. */
const MOST_REACHABLE_MS = 3_600_000;
const ANEW_MS = 7_200_000;
/** Bounds of ours of the time between two questions, ms: RFC 4861 has none. Below, neighbours would be asked in floods; above, a neighbour whose address is another is lost for over half a minute, as three questions come before it is looked for anew. */
const LEAST_RETRANS_MS = 100;
const MOST_RETRANS_MS = 10_000;

export class LinkParameters {
	readonly #stack: Stack;
	readonly #link: Interface;
	/** As they were said last, 0: not at all. */
	hopLimit = 0;
	mtu = 0;
	retransMs = 0;
	reachableMs = 0;
	/** What was made of `reachableMs`, and when. */
	#randomMs = 0;
	#randomAt = 0;

	constructor(stack: Stack, link: Interface) {
		this.#stack = stack;
		this.#link = link;
	}

	/** What an advertisement says; 0 leaves all as it is. Answers what of it cannot be. */
	take({ hopLimit, mtu, retransMs, reachableMs }: Advertisement, now: number): string[] {
		const refused: string[] = [];
		const was = `${this.hopLimit} ${this.mtu}`;
		if (hopLimit !== 0) this.hopLimit = hopLimit;
		if (mtu !== undefined) {
			if (mtu >= LEAST_MTU && mtu <= this.#link.mtu) this.mtu = mtu;
			else refused.push(`MTU ${mtu}: expected ${LEAST_MTU} to ${this.#link.mtu}`);
		}
		if (retransMs !== 0) {
			this.retransMs = Math.min(Math.max(retransMs, LEAST_RETRANS_MS), MOST_RETRANS_MS);
			if (this.retransMs !== retransMs)
				refused.push(`retransmission timer of ${retransMs} ms: expected ${LEAST_RETRANS_MS} to ${MOST_RETRANS_MS}`);
		}
		if (reachableMs > MOST_REACHABLE_MS)
			refused.push(`reachable time of ${reachableMs} ms: expected at most ${MOST_REACHABLE_MS}`);
		else if (reachableMs !== 0 && (reachableMs !== this.reachableMs || now - this.#randomAt >= ANEW_MS)) {
			this.reachableMs = reachableMs;
			this.#randomAt = now;
			// §6.3.2: between half of it and half as much again, so that not all ask at the same time.
			this.#randomMs = Math.floor(reachableMs * (0.5 + (this.#stack.core.random32() >>> 1) / 0x8000_0000)) || 1;
		}
		this.#set();
		if (was !== `${this.hopLimit} ${this.mtu}`) this.#stack.routes.changed();
		return refused;
	}

	/** Nothing was said: the link is another, perhaps. */
	clear(): void {
		const said = this.hopLimit !== 0 || this.mtu !== 0;
		this.hopLimit = this.mtu = this.retransMs = this.reachableMs = 0;
		this.#set();
		if (said) this.#stack.routes.changed();
	}

	#set(): void {
		this.#link.heardDiscovery({
			hopLimit: this.hopLimit || undefined,
			mtu: this.mtu || undefined,
			retransMs: this.retransMs || undefined,
			reachableMs: this.reachableMs === 0 ? undefined : this.#randomMs,
		});
	}
}
