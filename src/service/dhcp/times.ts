// How long a DHCP client waits, ms, and how often it tries.

/**
 * Before the first DISCOVER a random time up to this. RFC 2131 §4.4.1 asks for 1 to 10 s, so that the machines of a building do not all speak at once
 * when the power is back; that was for shared 10 Mbit/s and slow servers. Half a second spreads a hundred boards over switched Ethernet, repetitions
 * spread them further, and a person who plugs a board in does not wait.
 */
export const START_MS = 500;

/** Waits after the first, second … message without an answer, each ± JITTER_MS: 4, 8, 16, 32, 64 s, and so on. RFC 2131 §4.1. */
export const FIRST_WAIT_MS = 4000;
export const LONGEST_WAIT_MS = 64_000;
const JITTER_MS = 1000;

/** The wait after that many messages. `random`: a whole number below its argument. */
export function backOffMs(messages: number, random: (below: number) => number): number {
	const wait = Math.min(FIRST_WAIT_MS << Math.min(messages - 1, 8), LONGEST_WAIT_MS);
	return wait - JITTER_MS + random(2 * JITTER_MS + 1);
}

/** REQUESTs for an offer before another is looked for: 4 + 8 + 16 + 32 s. RFC 2131 §3.1 (5). */
export const REQUESTS = 4;
/** REQUESTs after the link came back, 4 + 8 s, and DISCOVERs after them, 4 s, before a lease that has not expired is used unconfirmed. RFC 2131 §3.2 (3). */
export const REBOOTS = 2;
export const DISCOVERS = 1;
/** Unconfirmed, it is renewed so soon, and of everybody so soon. */
export const UNCONFIRMED_T1_MS = 60_000;
export const UNCONFIRMED_T2_MS = 180_000;

/** Renewing is tried again after half of what is left, but not sooner than this; in phases that are shorter than two of these, than FIRST_WAIT_MS. RFC 2131 §4.4.5. */
export const RENEWAL_WAIT_MS = 60_000;
/** In phases that are shorter than four of FIRST_WAIT_MS, after a quarter of the phase, but not sooner than this. */
export const SHORTEST_WAIT_MS = 100;
/** T1 and T2 come earlier by a random part of themselves, up to one of so many: RFC 2131 §4.4.5 wants some fuzz. */
export const FUZZ = 64;

/** After a DECLINE (RFC 2131 §3.1 (5)), and after so many in a row (RFC 5227 §2.1.1, MAX_CONFLICTS, RATE_LIMIT_INTERVAL). */
export const DECLINE_WAIT_MS = 10_000;
export const MAX_CONFLICTS = 10;
export const RATE_LIMIT_MS = 60_000;
/** RFC 5227 §1.1, at its own speed: PROBE_NUM, ANNOUNCE_INTERVAL (also ANNOUNCE_WAIT). PROBE_MIN is half of that, PROBE_MAX and PROBE_WAIT as RFC 5227 has them. */
export const PROBES = 3;
/** The interval between probes is this part of what is left of a lease at most. */
export const PROBE_PARTS = 16;
/** Who claims an address that is probed for is asked for it, and must answer within this part of the interval. */
export const CLAIM_PARTS = 2;
export const ANNOUNCE_MS = 2000;
