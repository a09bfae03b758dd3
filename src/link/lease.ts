// An address that is lent, as the layers below the DHCP client see it: who keeps it, and what there is to see.

/** What there is to see of a DHCP client, for the stack. Addresses are "" while there is none; times are ms, -1 where there is none. */
export interface LeaseView {
	/** RFC 2131 §4.4, figure 5: "init", "selecting", "requesting", "rebooting", "bound", "renewing", "rebinding"; "probing" while the address is checked, "down" without a link, "closed". */
	state: string;
	/** Why the last lease or attempt ended, what was refused, or what is wrong with the present one; "" when that goes well. */
	reason: string;
	address: string;
	/** Length of the subnet's prefix. */
	prefixLength: number;
	/** Broadcast address of the subnet, "" when not said. */
	broadcast: string;
	/** Address of the server. */
	server: string;
	/** The default router, "" for none. */
	router: string;
	/** Name servers, best first. */
	dns: string[];
	/** Time servers, best first. */
	ntp: string[];
	/** Domain name, "" when not said. */
	domain: string;
	/** Domains to look for names in, as RFC 3397 writes them; undefined when not said. */
	search?: Uint8Array | undefined;
	/** What the server calls us, or else what we call ourselves. */
	hostname: string;
	/** What the server wants for the link, bytes; 0 when it does not say. */
	mtu: number;
	/** Seconds that the address was lent for; -1: for good. */
	leaseSeconds: number;
	/** Milliseconds until it is renewed. */
	renewsInMs: number;
	/** Milliseconds until any server is asked. */
	rebindsInMs: number;
	/** Milliseconds until it ends. */
	expiresInMs: number;
	/** Replies that were not taken: of others' exchanges, malformed, or with values that cannot be. */
	ignored: number;
	/** Offers, and routes and servers of leases, that were refused for what others have; `reason` tells the last. */
	refused: number;
	/** ARP packets of other stations that claimed the address, while it was probed for or in use. */
	conflicts: number;
}

/** What there is to see of a DHCP client. Addresses are null while there is none; times are ms, -1 where there is none. */
export type LeaseState = Omit<LeaseView, "address" | "broadcast" | "server" | "router" | "search"> & {
	address: string | null;
	/** Broadcast address of the subnet, null when not said. */
	broadcast: string | null;
	/** Address of the server. */
	server: string | null;
	/** The default router. */
	router: string | null;
};

/** Who has an address lent for an interface. */
export interface LeaseKeeper {
	/** What the interface is called by those who lend. */
	hostname: string | undefined;
	/** What it was made with, to begin anew. */
	readonly options: object;
	/** The lent address, "" while there is none. */
	readonly lent: string;
	readonly view: LeaseView;
	/** The same for programs. */
	readonly state: LeaseState;
	/** The link comes up, within processing: before anything passes, an address that it had must be out of use, as the network may be another. */
	linkUp(): void;
	/** The link is down; what ARP knows is about to be forgotten. */
	linkDown(): void;
	/** Gives the address back, takes away what came with it, and ends. */
	close(): void;
}
