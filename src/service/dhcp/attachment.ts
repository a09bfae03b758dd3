// Whether the network that a link leads to is the one that a lease is from: RFC 4436, DNAv4. While the lease is in use, the hardware address of its router is
// noted; when the link comes up again, that station is asked for its address, and its answer says that nothing has changed.

import type { EthernetInterface } from "../../link/ethernet.ts";
import * as arp from "../../wire/arp.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { Lease } from "./lease.ts";

/** It is asked again after so long, doubled each time up to the other, ms: ports of switches may pass nothing for half a minute after a link came up. */
const ASK_MS = 1000;
const LONGEST_ASK_MS = 4000;

export class Attachment {
	readonly #link: EthernetInterface;
	/** The station that is asked: the lease's router, or else its server when that is a neighbour; 0: none. Its hardware address, once known. */
	#node = 0;
	#mac: Uint8Array | undefined;
	/** Our address on the network that is looked for. */
	#address = 0;
	#asked = 0;
	/** When it is asked the next time; Infinity: not at all. */
	askAt = Infinity;
	/** It has answered: the network is the same. */
	same = false;
	/** Somebody else has answered for its address, and it has not. */
	another = false;

	constructor(link: EthernetInterface) {
		this.#link = link;
	}

	/** A lease is in use: asks for the hardware address of who is to be asked later, where it is not known. */
	learn({ router, server, address, length }: Lease): void {
		const near = ((server ^ address) & ipv4.mask(length)) === 0;
		const node = router !== 0 ? router : near ? server : 0;
		if (node !== this.#node) this.#mac = undefined;
		this.#node = node;
		if (node !== 0) this.#link.find(node);
	}

	/** Notes its hardware address, if ARP knows it now. */
	note(): void {
		if (this.#node !== 0) this.#mac = this.#link.macOf(this.#node) ?? this.#mac;
	}

	/** The link is up again: the station will be asked, when it is known. */
	begin(now: number, address: number): void {
		this.same = this.another = false;
		this.#address = address;
		this.#asked = 0;
		if (this.#mac === undefined) return this.end();
		this.#link.checked = this.#node;
		this.askAt = now;
	}

	end(): void {
		this.#link.checked = 0;
		this.askAt = Infinity;
	}

	/** Asks when it is time. RFC 4436 §2.1: by unicast, from the address that we had, which so changes nobody's mind. */
	tick(now: number): void {
		if (now < this.askAt) return;
		this.#link.ask(this.#node, this.#address, this.#mac);
		// From the second time on everybody: another station that has the router's address tells that the network is another.
		if (this.#asked > 0) this.#link.ask(this.#node, 0);
		this.askAt = now + Math.min(ASK_MS << Math.min(this.#asked++, 8), LONGEST_ASK_MS);
	}

	/** A valid ARP packet at `at` comes from the station's address. Answers whether something is known now. */
	hear(view: DataView, at: number): boolean {
		const target = arp.targetIp(view, at);
		const ours = arp.operation(view, at) === arp.REPLY && (target === this.#address || target === 0);
		if (this.#mac === undefined || !ours || this.same) return false;
		if (!arp.isFrom(view, at, this.#mac)) this.another = true;
		else {
			this.same = true;
			this.another = false;
		}
		return true;
	}
}
