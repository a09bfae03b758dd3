// The addresses that an interface makes itself, and those given that nobody else may have: each is tried before it is used (RFC 4862 §5.4), and ages (§5.5.4).

import type { AutoconfigurationState } from "../../link/autoconfiguration-state.ts";
import type { InterfaceAddress } from "../../link/interface.ts";
import { OWN_DEPRECATED, OWN_TEMPORARY, OWN_TENTATIVE } from "../../packet/interface-block.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";

/** What an address is made of: the link alone, a router's prefix, for good or for a while; or it was given. */
export type Origin = "link" | "prefix" | "temporary" | "given";

/** States. It waits for its first question; it was asked whether somebody else has it; it is in use; somebody else has it. */
export const WAITING = 0;
export const ASKED = 1;
export const USED = 2;
export const LOST = 3;

const TWO_HOURS_MS = 7_200_000;

export class OwnAddress6 {
	readonly origin: Origin;
	/** Of its network, 64 bits. */
	readonly prefix: string;
	/** How often another one was made since somebody else had it. */
	readonly count: number;
	/** As the interface has it. */
	readonly entry: InterfaceAddress;
	state = WAITING;
	/** When the state goes on. */
	at = Infinity;
	/** Infinity: for good. */
	preferredUntil = Infinity;
	validUntil = Infinity;
	/** Of a temporary one: when it was made, when the next is due, and how much earlier than others it is deprecated, so that not all hosts do so at once. ms. */
	madeAt = 0;
	renewAt = Infinity;
	earlier = 0;
	/** Of the question that was asked last, by which that is known when it comes back: RFC 7527. */
	nonceHigh = 0;
	nonceLow = 0;

	constructor(origin: Origin, prefix: string, count: number, entry: InterfaceAddress) {
		this.origin = origin;
		this.prefix = prefix;
		this.count = count;
		this.entry = entry;
	}

	/** A router says that it is valid until then: nobody shortens what is left to less than two hours. RFC 4862 §5.5.3 (e). */
	renew(until: number, now: number): void {
		if (until - now > TWO_HOURS_MS || until > this.validUntil) this.validUntil = until;
		else if (this.validUntil - now > TWO_HOURS_MS) this.validUntil = now + TWO_HOURS_MS;
	}

	/** It takes the place of another, and lasts as long. */
	follow(other: OwnAddress6): void {
		this.preferredUntil = other.preferredUntil;
		this.validUntil = other.validUntil;
		this.madeAt = other.madeAt;
		this.earlier = other.earlier;
		this.renewAt = other.renewAt;
	}

	/** What there is to see of it. */
	get view(): AutoconfigurationState["addresses"][0] {
		const { address, length, bits } = this.entry;
		const used = bits & OWN_TENTATIVE ? "tentative" : bits & OWN_DEPRECATED ? "deprecated" : "preferred";
		return { address, length, state: this.state === LOST ? "duplicate" : used, temporary: (bits & OWN_TEMPORARY) !== 0 };
	}

	/** Whether the solicitation in bytes `icmp` to `end` is the last question of ours, come back: by its nonce. */
	asked(view: DataView, icmp: number, end: number): boolean {
		const option = icmpv6.findOption(view, icmp + icmpv6.NEIGHBOR_OPTIONS, end, icmpv6.NONCE);
		return option !== 0 && view.getInt32(option + 2) === this.nonceHigh && view.getUint16(option + 6) === this.nonceLow;
	}

	/** When something is to be done for it. */
	get next(): number {
		return Math.min(this.at, this.preferredUntil, this.validUntil, this.renewAt);
	}
}
