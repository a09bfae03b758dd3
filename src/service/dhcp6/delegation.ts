// A prefix that was delegated: each interface that is to have some of it gets a /64 in turn, and the address ::1 in it. RFC 8415 §6.3.

import { networkOf } from "../../address.ts";
import { formatIpv6, parseIpv6 } from "../../address6.ts";
import type { Interface, InterfaceAddress } from "../../link/interface.ts";
import { FOREVER, type Lent } from "./messages.ts";

export class Delegation {
	readonly #links: readonly Interface[];
	#entries: [Interface, InterfaceAddress][] = [];
	#prefix: Lent | undefined;
	/** When it was lent, ms. */
	#since = 0;

	constructor(links: readonly Interface[]) {
		this.#links = links;
	}

	/** The prefix that an address is part of, and for how long it is preferred and valid, s; undefined: of none of these. */
	of(address: InterfaceAddress, now: number): { prefix: string; preferred: number; valid: number } | undefined {
		const prefix = this.#prefix;
		if (prefix === undefined || !this.#entries.some(([, entry]) => entry === address)) return undefined;
		const passed = Math.floor((now - this.#since) / 1000);
		const left = (seconds: number) => (seconds === FOREVER ? FOREVER : Math.max(seconds - passed, 0));
		const network = networkOf(prefix.address, prefix.length);
		return { prefix: `${network}/${prefix.length}`, preferred: left(prefix.preferred), valid: left(prefix.valid) };
	}

	/** What there is from now on; undefined, or valid for no time: none. */
	take(given: Lent | undefined, now: number): void {
		const before = this.#prefix;
		const prefix = given?.valid === 0 ? undefined : given;
		this.#prefix = prefix;
		this.#since = now;
		if (this.#entries.length > 0 && before?.address === prefix?.address && before?.length === prefix?.length) return;
		for (const [link, entry] of this.#entries.splice(0))
			if (link.slot !== 0 && link.ip.addresses.includes(entry)) link.ip.removeAddress(entry);
		if (prefix === undefined) return;
		const [first, second] = parseIpv6(networkOf(prefix.address, prefix.length))!;
		const count = 2 ** Math.min(64 - prefix.length, 16);
		for (let i = 0; i < this.#links.length && i < count; i++) {
			const link = this.#links[i]!;
			try {
				this.#entries.push([link, link.ip.insertAddress(formatIpv6([first, second | i, 0, 1]), 64, true)]);
			} catch {
				// No room, or it is not of the stack any more.
			}
		}
	}
}
