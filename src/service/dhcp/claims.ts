// Other stations that claim an address while we probe for it, RFC 5227 §2.1.1. A claim costs one packet, which anybody can forge, so it is checked: who
// has the address answers for it when asked. Packets that only come by again and again keep nobody from having an address.

import { formatIpv4 } from "../../address4.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import * as arp from "../../wire/arp.ts";
import { MAX_CONFLICTS } from "./times.ts";

export class Claims {
	readonly #link: EthernetInterface;
	/** Who claimed the address last, and when it was asked; the time of a Clock. */
	readonly #mac = new Uint8Array(6);
	#askedAt = -Infinity;
	/** ARP packets that claimed an address that we probed for, or had. */
	count = 0;
	/** Addresses in a row that could not be had. */
	inRow = 0;
	#disputed = 0;
	#dispute = "";
	/** The interface of ours that has the address already, "" when it is another station. */
	rival = "";

	constructor(link: EthernetInterface) {
		this.#link = link;
	}

	/** A valid ARP packet at `at` claims the address that we probe for, or asks for it as we do. Answers whether the address is another's: when not, who claims it is asked, and has `ms` to answer. */
	isSure(view: DataView, at: number, now: number, ms: number): boolean {
		this.count++;
		// Two that probe at once step back; but when the server has lent it again, its word counts more than a probe.
		if (arp.senderIp(view, at) === 0) return this.inRow === 0;
		if (now - this.#askedAt < ms && arp.isFrom(view, at, this.#mac)) return true;
		this.#askedAt = now;
		for (let i = 0; i < 6; i++) this.#mac[i] = view.getUint8(at + arp.SENDER_MAC + i);
		this.#link.ask(arp.senderIp(view, at), 0, this.#mac);
		return false;
	}

	/** Another station uses an address that is ours. Answers that as a text: the same one while the address is, as such packets come in streams. */
	dispute(address: number): string {
		this.count++;
		if (address !== this.#disputed) {
			this.#disputed = address;
			this.#dispute = `another station uses ${formatIpv4(address)} too`;
		}
		return this.#dispute;
	}

	/** An address cannot be had. Answers why. */
	lose(address: number): string {
		const whose = this.rival === "" ? "in use by another station" : `${formatIpv4(address)} is ${this.rival}'s`;
		return ++this.inRow < MAX_CONFLICTS ? whose : `${whose}, ${this.inRow} addresses in a row: one more each minute`;
	}
}
