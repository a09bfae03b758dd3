// The addresses that an interface makes itself, and those that it was given, in the interface's list and in ours.

import { OWN_ROUTERS, OWN_TEMPORARY, OWN_TENTATIVE } from "../../packet/interface-block.ts";
import type { Interface, InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { addressOf, randomAddress, stableAddress } from "./identifiers.ts";
import { OwnAddress6, USED, type Origin } from "./own.ts";

/** Time until an address is tried, at most, ms. RFC 4861 §10, MAX_RTR_SOLICITATION_DELAY. */
export const DELAY_MS = 1000;

export class OwnAddresses {
	readonly list: OwnAddress6[] = [];
	/** Something that there is to see is another. */
	changed = false;
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #secret: Uint8Array;
	readonly #routers: { routersOf(address: string): number };
	readonly #refuse: (reason: string) => void;

	/** `routers` knows who says an address's prefix; `refuse` is told why there is no room for one. */
	constructor(
		stack: Stack,
		link: Interface,
		secret: Uint8Array,
		routers: { routersOf(address: string): number },
		refuse: (reason: string) => void,
	) {
		this.#stack = stack;
		this.#link = link;
		this.#secret = secret;
		this.#routers = routers;
		this.#refuse = refuse;
	}

	/** An address is made of a prefix. */
	add(origin: Origin, prefix: string, count: number, now: number): OwnAddress6 | undefined {
		const { discovery, mac } = this.#link;
		const random = () => this.#stack.core.random32();
		const fixed = () => addressOf(prefix, discovery!.identifier) ?? stableAddress(prefix, mac!, this.#secret, count);
		const address = origin === "temporary" ? randomAddress(prefix, random) : fixed();
		// Which destinations are neighbours is another question: RFC 5942.
		return this.insert(origin, prefix, count, address, origin === "link" ? 64 : 128, now);
	}

	insert(origin: Origin, prefix: string, count: number, address: string, length: number, now: number): OwnAddress6 | undefined {
		try {
			// On PPP nobody else can have it, RFC 5072 §5; one that was given may be the other end's all the same, which nobody would tell.
			const tried = this.#link.discovery!.identifier === undefined;
			const bits = (tried ? OWN_TENTATIVE : 0) | (origin === "temporary" ? OWN_TEMPORARY : 0);
			const entry = this.#link.ip.insertAddress(address, length, true, bits);
			const own = new OwnAddress6(origin, prefix, count, entry);
			if (tried) own.at = now + ((this.#stack.core.random32() >>> 1) % DELAY_MS);
			else own.state = USED;
			this.list.push(own);
			this.associate(own);
			this.changed = true;
			return own;
		} catch (error) {
			this.#refuse((error as Error).message);
			return undefined;
		}
	}

	/** One is made for a while. */
	make(prefix: string, now: number): OwnAddress6 | undefined {
		return this.add("temporary", prefix, 0, now);
	}

	/** What comes from the address goes to the routers that say its prefix. RFC 8028. */
	associate(own: OwnAddress6): void {
		const { address, bits } = own.entry;
		this.#set(own, (bits & ((1 << OWN_ROUTERS) - 1)) | (this.#routers.routersOf(address) << OWN_ROUTERS));
	}

	mark(own: OwnAddress6, bit: number, on: boolean): void {
		if (this.#set(own, on ? own.entry.bits | bit : own.entry.bits & ~bit)) this.changed = true;
	}

	/** Answers whether they were others. */
	#set({ entry }: OwnAddress6, bits: number): boolean {
		if (bits === entry.bits) return false;
		entry.bits = bits;
		this.#link.ip.noteAddress();
		return true;
	}

	drop(own: OwnAddress6): void {
		this.list.splice(this.list.indexOf(own), 1);
		this.#remove(own.entry);
		this.changed = true;
	}

	/** All go; from the interface too, where that is `present`. */
	end(present: boolean): void {
		for (const { entry } of this.list.splice(0)) if (present) this.#remove(entry);
	}

	#remove(entry: InterfaceAddress): void {
		const { ip } = this.#link;
		if (ip.addresses.includes(entry)) ip.removeAddress(entry);
	}
}
