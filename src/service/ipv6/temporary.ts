// Temporary addresses, RFC 8981: beside the stable address of a prefix one that lasts a day, and another one before it is deprecated.

import { ADDRESSES_PER_INTERFACE } from "../../config.ts";
import type { Interface } from "../../link/interface.ts";
import { OWN_DEPRECATED } from "../../packet/interface-block.ts";
import type { Stack } from "../../stack.ts";
import type { OwnAddress6 } from "./own.ts";

const DAY_MS = 86_400_000;
/** §3.8: TEMP_VALID_LIFETIME, TEMP_PREFERRED_LIFETIME, MAX_DESYNC_FACTOR and REGEN_ADVANCE, for three tries of a second each. */
const VALID_MS = 2 * DAY_MS;
const PREFERRED_MS = DAY_MS;
const DESYNC_MS = 0.4 * PREFERRED_MS;
const ADVANCE_MS = 5000;
/** How often it is looked whether there is room for the next one, ms. */
const AGAIN_MS = 60_000;

/** What it needs of the interface's addresses. */
export interface Addresses {
	readonly list: readonly OwnAddress6[];
	/** Makes one of that prefix; undefined, and counted, where it cannot be had. */
	make(prefix: string, now: number): OwnAddress6 | undefined;
	drop(own: OwnAddress6): void;
}

export class TemporaryAddresses {
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #addresses: Addresses;
	/** Whether there are any. */
	on = false;

	constructor(stack: Stack, link: Interface, addresses: Addresses) {
		this.#stack = stack;
		this.#link = link;
		this.#addresses = addresses;
	}

	/** From now on there are some, or none. */
	turnOn(on: boolean, now: number): void {
		this.on = on;
		for (const own of this.#addresses.list.slice()) {
			if (own.origin === "prefix") this.said(own, now);
			else if (own.origin === "temporary" && !on) this.#addresses.drop(own);
		}
	}

	/** A router has said the prefix that `stable` is made of. §3.4. */
	said(stable: OwnAddress6, now: number): void {
		if (!this.on) return;
		const all = this.#addresses.list.filter(({ origin, prefix }) => origin === "temporary" && prefix === stable.prefix);
		for (const own of all) last(own, stable, now);
		if (!all.some(({ entry }) => (entry.bits & OWN_DEPRECATED) === 0) && all.every(({ renewAt }) => renewAt === Infinity))
			this.#begin(stable, now);
	}

	/** The next one is due before or after `own`. §3.5. */
	turn(own: OwnAddress6, now: number): void {
		own.renewAt = Infinity;
		const stable = this.#addresses.list.find(({ origin, prefix }) => origin === "prefix" && prefix === own.prefix);
		if (stable === undefined || !mayBegin(stable, now)) return;
		const { address, bits } = own.entry;
		const over = (bits & OWN_DEPRECATED) !== 0;
		if (this.#link.ip.addresses.length >= ADDRESSES_PER_INTERFACE) {
			// Without room it comes in the place of the one before; but no connection ends for the sake of another address.
			if (!over || this.#stack.tcp.inUse().some(({ localAddress }) => localAddress === address)) {
				own.renewAt = over ? now + AGAIN_MS : own.preferredUntil + 1;
				return;
			}
			this.#addresses.drop(own);
		}
		this.#begin(stable, now);
	}

	#begin(stable: OwnAddress6, now: number): void {
		if (!mayBegin(stable, now)) return;
		const own = this.#addresses.make(stable.prefix, now);
		if (own === undefined) return;
		own.madeAt = now;
		own.earlier = (this.#stack.core.random32() >>> 0) % DESYNC_MS;
		last(own, stable, now);
	}
}

/** Whether one may be made of the prefix: it is preferred for long enough. §3.4 (5). */
function mayBegin(stable: OwnAddress6, now: number): boolean {
	return (stable.entry.bits & OWN_DEPRECATED) === 0 && stable.preferredUntil - now > ADVANCE_MS && stable.validUntil > now;
}

/** It lasts as its prefix does, and no longer than from when it was made. §3.4 (1), (4). */
function last(own: OwnAddress6, stable: OwnAddress6, now: number): void {
	own.validUntil = Math.min(stable.validUntil, own.madeAt + VALID_MS);
	if ((own.entry.bits & OWN_DEPRECATED) !== 0) return;
	const until = own.madeAt + PREFERRED_MS - own.earlier;
	own.preferredUntil = (stable.entry.bits & OWN_DEPRECATED) !== 0 ? now : Math.min(stable.preferredUntil, until);
	own.renewAt = Math.max(until - ADVANCE_MS, now);
}
