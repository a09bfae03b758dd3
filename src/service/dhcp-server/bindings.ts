// Who has which address: one binding for each address that may be lent, all made at the start. RFC 2131 §2.2, §4.3.1.

import type { Settings } from "./options.ts";

/** Nobody has it now; `client` is who had it last. */
export const FREE = 0;
/** It is being asked for by ARP, for `client`. */
export const PROBED = 1;
/** Offered, and not taken up yet. */
export const OFFERED = 2;
export const BOUND = 3;
/** Another station has it, which this server did not lend it to. */
export const IN_USE = 4;

/** How long an offer is kept, and how long an address that another station has is left alone, ms. */
const OFFER_MS = 60_000;
const IN_USE_MS = 600_000;

export class Binding {
	/** As int32. */
	readonly address: number;
	/** The hardware address that it is kept for, "" for none. */
	readonly reservedFor: string;
	state = FREE;
	/** Who it is for: its client identifier or hardware address as text; "" while nobody was. */
	client = "";
	/** Its hardware address as text, and what it calls itself. */
	mac = "";
	hostname = "";
	/** When the state ends, ms of the server's clock. */
	until = 0;

	constructor(address: number, reservedFor: string) {
		this.address = address;
		this.reservedFor = reservedFor;
	}

	/** Whether the station with that hardware address may have it. */
	mayBeOf(mac: string): boolean {
		return this.reservedFor === "" || this.reservedFor === mac;
	}

	free(): void {
		this.state = FREE;
	}

	/** Kept for a client that is being served. */
	keep(state: number, client: string, mac: string, until: number): void {
		this.state = state;
		if (this.client !== client) this.hostname = "";
		this.client = client;
		this.mac = mac;
		this.until = until;
	}

	offer(now: number): void {
		this.state = OFFERED;
		this.until = now + OFFER_MS;
	}

	/** Another station has it. */
	refuse(now: number): void {
		this.state = IN_USE;
		this.client = this.mac = this.hostname = "";
		this.until = now + IN_USE_MS;
	}
}

export class Bindings {
	readonly list: readonly Binding[];

	constructor({ own, first, count, reserved }: Settings) {
		const list: Binding[] = [];
		for (const [mac, address] of reserved) list.push(new Binding(address, mac));
		for (let i = 0; i < count; i++) {
			const address = (first + i) | 0;
			if (address !== own && !list.some((each) => each.address === address)) list.push(new Binding(address, ""));
		}
		this.list = list;
	}

	at(address: number): Binding | undefined {
		return this.list.find((each) => each.address === address);
	}

	/** The one that is, or was last, that client's. */
	of(client: string): Binding | undefined {
		return this.list.find((each) => each.client === client);
	}

	/**
	 * What to offer a client: its reservation; what it has, or had; what it asks for; an address that nobody has had; the one that has been free for longest. Undefined when there is none.
	 * RFC 2131 §4.3.1.
	 */
	choose(client: string, mac: string, wanted: number): Binding | undefined {
		const reserved = this.list.find((each) => each.reservedFor === mac);
		if (reserved !== undefined && this.#isFor(reserved, client)) return reserved;
		const had = this.of(client);
		if (had !== undefined && had.reservedFor === "") return had;
		const asked = wanted === 0 ? undefined : this.at(wanted);
		if (asked !== undefined && asked.reservedFor === "" && asked.state === FREE) return asked;
		let chosen: Binding | undefined;
		for (const each of this.list) {
			if (each.reservedFor !== "" || each.state !== FREE) continue;
			if (chosen === undefined || (chosen.client !== "" && (each.client === "" || each.until < chosen.until))) chosen = each;
		}
		return chosen;
	}

	#isFor(binding: Binding, client: string): boolean {
		return binding.state === FREE || (binding.state !== IN_USE && binding.client === client);
	}

	/** What has come to its end at that time is free, and `ended` is called for leases; those that have been asked for are answered. */
	expire(now: number, ended: () => void): Binding[] {
		const probed: Binding[] = [];
		for (const each of this.list) {
			if (each.state === FREE || each.until > now) continue;
			if (each.state === PROBED) probed.push(each);
			else {
				if (each.state === BOUND) ended();
				each.free();
			}
		}
		return probed;
	}

	/** When the next one comes to its end, Infinity for none. */
	next(): number {
		let next = Infinity;
		for (const { state, until } of this.list) if (state !== FREE && until < next) next = until;
		return next;
	}
}
