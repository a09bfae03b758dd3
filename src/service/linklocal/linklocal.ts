// An IPv4 address of the link where nobody gives another: RFC 3927. Chosen by the hardware address, and given way to any other.

import { halfSipHash } from "#codec";
import { familyBits } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import { DEFEND_INTERVAL_MS } from "../../config.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { InterfaceAddress } from "../../link/interface-address.ts";
import type { Stack } from "../../stack.ts";
import { ProbedAddress, RATE_LIMIT_INTERVAL_MS, USING, type ProbedOptions } from "./probed.ts";

/** RFC 3927 §9. */
const MAX_CONFLICTS = 10;
/** DHCP has not been answered for so long: two questions, and most of the time to the third. */
const SILENCE_MS = 8000;
/** 169.254.1.0 and how many addresses there are from there to 169.254.254.255. §2.1. */
const FIRST = 0xa9fe_0100 | 0;
const COUNT = 0xfe00;
const LENGTH = 16;

/** What a LinkLocal may be told. */
export type LinkLocalOptions<This = LinkLocal> = ProbedOptions<This>;

/**
 * Gives an Ethernet interface an address of 169.254.0.0/16 while it has no other of IPv4, and its DHCP client, where it has one, gets no answer: 8 s long. Any other address that comes ends that, and
 * connections from it. One for each interface.
 *
 * @example
 * ```ts
 * new LinkLocal(stack, "eth0");
 * ```
 */
export class LinkLocal extends ProbedAddress {
	/** Which address is tried: it begins with the same one at every start. */
	#tries = 0;
	/** Of this time that one is looked for. */
	#inVain = 0;
	/** When another station used it the last time. */
	#disputedAt = -Infinity;

	/** Begins in the next poll. Throws TypeError or RangeError for an option or an interface that cannot be, Error when the interface has one already. */
	constructor(stack: Stack, link: EthernetInterface | string, options: LinkLocalOptions = {}) {
		super("link-local address", stack, link, options);
	}

	/** For the link, which has defended it unless that was less than 10 s ago: then it is given up. §2.5 (b). */
	conflict(address: number): void {
		if (this.own === undefined || address !== parseIpv4(this.own.address)) return;
		const { now } = this.clock;
		if (now - this.#disputedAt < DEFEND_INTERVAL_MS) this.lose();
		else this.conflicts++;
		this.#disputedAt = now;
	}

	/** Whether nobody else gives an address: another of IPv4 is there; DHCP is being answered. */
	protected get isWanted(): boolean {
		const { addresses, up, slot, ip } = this.link;
		if (!up || slot === 0) return false;
		if (addresses.some((each) => each !== this.own && familyBits(each.address) === 32)) return false;
		const state = ip.lease?.view.state ?? "";
		return this.phase === USING || state === "" || state === "init" || state === "selecting";
	}

	protected get patienceMs(): number {
		this.#inVain = 0;
		return this.link.ip.lease === undefined ? 0 : SILENCE_MS;
	}

	protected have(address: string): InterfaceAddress {
		const own = this.link.ip.insertAddress(address, LENGTH, true);
		this.link.introduce(address);
		return own;
	}

	protected release(own: InterfaceAddress): void {
		this.link.ip.removeAddress(own);
	}

	/** The next one is tried, after a while when that has happened often. §2.2.1, §2.5. */
	protected refused(): number {
		this.#tries++;
		this.#disputedAt = -Infinity;
		return ++this.#inVain >= MAX_CONFLICTS ? RATE_LIMIT_INTERVAL_MS : 0;
	}

	/** §2.1: of the hardware address, so that a board has the same one again. */
	protected get candidate(): number {
		const { mac } = this.link;
		const high = (mac[0]! << 24) | (mac[1]! << 16) | (mac[2]! << 8) | mac[3]!;
		const low = (mac[4]! << 8) | mac[5]!;
		return (FIRST + ((halfSipHash(high, low, 3927, this.#tries, 0) >>> 0) % COUNT)) | 0;
	}
}
