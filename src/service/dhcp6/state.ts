// What there is to see of a DHCPv6 client.

import * as messages from "./messages.ts";

/** What there is to see. */
export interface Dhcp6State {
	/** "bound" with a lease, "informed" where it asks for other things alone. */
	state: "idle" | "soliciting" | "requesting" | "bound" | "renewing" | "rebinding" | "informing" | "informed" | "declining";
	/** The one lent, "" while there is none. */
	address: string;
	/** With its length, as in "2001:db8:1::/56". */
	prefix: string;
	/** Name servers. */
	dns: readonly string[];
	/** In which names may be looked for; nobody does by itself. */
	domains: readonly string[];
	/** In how many ms it is asked for again, -1: not. */
	renewsInMs: number;
	/** Messages that were none, or not for us. */
	ignored: number;
}

/** What a client is doing while it repeats a message. */
export const NAMES: Readonly<Record<number, Dhcp6State["state"]>> = Object.freeze({
	[messages.SOLICIT]: "soliciting",
	[messages.REQUEST]: "requesting",
	[messages.RENEW]: "renewing",
	[messages.REBIND]: "rebinding",
	[messages.INFORMATION]: "informing",
	[messages.DECLINE]: "declining",
});
