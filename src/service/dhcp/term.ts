// When a lease is renewed, of whom, and when it ends: RFC 2131 §4.4.5. Times of a Clock, Infinity for never.

import { INFINITE, type Lease } from "./lease.ts";
import { BOUND, RENEWING } from "./machine.ts";
import * as times from "./times.ts";

export class Term {
	t1At = Infinity;
	t2At = Infinity;
	expiresAt = Infinity;

	/** The times of a lease count from when it was asked for: the server's cannot be later. RFC 2131 §4.4.1. */
	begin({ seconds, t1, t2 }: Lease, sentAt: number, random: (below: number) => number): void {
		const at = (value: number): number => (seconds === INFINITE ? Infinity : sentAt + value * 1000);
		const fuzz = (value: number): number => value - (value * random(1024)) / 1024 / times.FUZZ;
		this.t1At = at(fuzz(t1));
		this.t2At = at(fuzz(t2));
		this.expiresAt = at(seconds);
	}

	/** Nobody on this network has confirmed the lease: it is asked about soon. */
	doubt(now: number): void {
		this.t1At = Math.min(this.t1At, now + times.UNCONFIRMED_T1_MS);
		this.t2At = Math.min(this.t2At, now + times.UNCONFIRMED_T2_MS);
	}

	/** When a state of the machine ends by it. */
	nextAt(state: number): number {
		if (state === BOUND) return Math.min(this.t1At, this.t2At, this.expiresAt);
		return state === RENEWING ? Math.min(this.t2At, this.expiresAt) : this.expiresAt;
	}

	clear(): void {
		this.t1At = this.t2At = this.expiresAt = Infinity;
	}

	/** How long until a REQUEST is repeated: half of what is left until `until`, where this phase ends that began at `since`. */
	repeatMs(now: number, since: number, until: number): number {
		// An order of the application comes at any time, also when a lease has no end.
		if (until === Infinity) return times.RENEWAL_WAIT_MS;
		const phase = until - since;
		const short = Math.min(Math.max(phase / 4, times.SHORTEST_WAIT_MS), times.FIRST_WAIT_MS);
		return Math.max((until - now) / 2, phase >= 2 * times.RENEWAL_WAIT_MS ? times.RENEWAL_WAIT_MS : short);
	}

	/** Between probes, ms: probing takes seven of them at most, and with a lease of seconds no more than half of what is left. */
	probeMs(now: number, wanted: number): number {
		return Math.max(1, Math.min(wanted, Math.floor((this.expiresAt - now) / times.PROBE_PARTS)));
	}
}
