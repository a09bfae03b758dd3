// Our own addresses of IPv4 before the neighbours, int32 as ARP has them, RFC 5227: announced twice when they come or the link does (§2.3), defended against others (§2.4).

import { formatIpv4 } from "../address4.ts";
import { ANNOUNCE_INTERVAL_MS, CONFLICTS, DEFEND_INTERVAL_MS } from "../config.ts";
import type { Core } from "../packet/core.ts";
import type { EthernetInterface } from "./ethernet.ts";

/** Another station uses an address of ours. */
export class Conflict {
	/** Ours, as text and, as ARP has it, an int32. */
	readonly address: string;
	readonly v4: number;
	/** Who else has it: the six bytes of the last ARP packet that said so. */
	readonly mac = new DataView(new ArrayBuffer(6));
	/** How many such packets came. */
	count = 0;
	/** When the last one did, and when we defended the address last: ms. */
	at = 0;
	defendedAt: number;
	#core: Core;

	constructor(core: Core, v4: number) {
		this.#core = core;
		this.address = formatIpv4(v4);
		this.v4 = v4;
		this.defendedAt = (core.now - DEFEND_INTERVAL_MS) | 0;
	}

	/** How long ago the last packet came, ms; the most that there is when the clock has wrapped since. */
	get agoMs(): number {
		const ago = (this.#core.now - this.at) | 0;
		return ago < 0 ? 0x7fffffff : ago;
	}
}

export class OwnAddresses {
	/** Those that another station used too, since the interface was added; the newest CONFLICTS addresses. */
	readonly conflicts: Conflict[] = [];
	#core: Core;
	#link: EthernetInterface;
	/** Triples: an address, when it is announced for the second time, and whether that time is known. */
	#again: number[] = [];

	constructor(core: Core, link: EthernetInterface) {
		this.#core = core;
		this.#link = link;
	}

	/** Announces an address now and once more: ANNOUNCE_NUM is 2. */
	introduce(address: number): void {
		this.#link.announce(address);
		const again = this.#again;
		let i = 0;
		while (i < again.length && again[i] !== address) i += 3;
		again[i] = address;
		again[i + 1] = again[i + 2] = 0;
		// Asks for a poll at once: only that knows the time, as the last one may be long ago.
		this.#core.deadline(this.#core.now);
	}

	/** The link is down: it announces when it comes back. */
	flush(): void {
		this.#again.length = 0;
	}

	timers(now: number): void {
		const again = this.#again;
		let kept = 0;
		for (let i = 0; i < again.length; i += 3) {
			const address = again[i]!;
			const at = again[i + 2] === 0 ? (now + ANNOUNCE_INTERVAL_MS) | 0 : again[i + 1]!;
			if (((now - at) | 0) < 0) {
				this.#core.deadline(at);
				again[kept++] = address;
				again[kept++] = at;
				again[kept++] = 1;
			} else if (this.#link.owns(address) && !this.#link.isLent(address)) this.#link.announce(address); // who lent it sees to that
		}
		again.length = kept;
	}

	/** An ARP packet's sender, with the hardware address at arena offset `mac`, uses an address of ours. Defends it. */
	conflict(address: number, mac: number): void {
		const now = this.#core.now;
		const conflict = this.#conflictAbout(address);
		for (let i = 0; i < 6; i++) conflict.mac.setUint8(i, this.#core.view.getUint8(mac + i));
		conflict.count++;
		conflict.at = now;
		this.#link.onConflict?.(address);
		this.#link.keeper?.conflict(address);
		// RFC 5227 §2.4 (c): we never give up what we were told to have, but do not quarrel either.
		const since = (now - conflict.defendedAt) | 0;
		if (since >= 0 && since < DEFEND_INTERVAL_MS) return; // below 0: the clock has wrapped since
		conflict.defendedAt = now;
		this.#link.announce(address);
	}

	/** What is known of an address that is claimed. Allocates for the first claim alone. */
	#conflictAbout(address: number): Conflict {
		const conflicts = this.conflicts;
		for (let i = 0; i < conflicts.length; i++) if (conflicts[i]!.v4 === address) return conflicts[i]!;
		if (conflicts.length >= CONFLICTS) conflicts.shift();
		const conflict = new Conflict(this.#core, address);
		conflicts.push(conflict);
		return conflict;
	}
}
