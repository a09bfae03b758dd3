// A prefix that was delegated: each interface that is to have some of it gets a /64 in turn, and the address ::1 in it. RFC 8415 §6.3.

import { networkOf } from "../../address.ts";
import { formatIpv6, parseIpv6 } from "../../address6.ts";
import type { Interface, InterfaceAddress } from "../../link/interface.ts";
import type { Lent } from "./messages.ts";

export class Delegation {
	readonly #links: readonly Interface[];
	#entries: [Interface, InterfaceAddress][] = [];
	#prefix: Lent | undefined;

	constructor(links: readonly Interface[]) {
		this.#links = links;
	}

	/** What there is from now on; undefined: none. */
	take(prefix: Lent | undefined): void {
		const before = this.#prefix;
		this.#prefix = prefix;
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
