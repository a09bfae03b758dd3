// What there is to see of an interface that comes to addresses of IPv6 by itself, for the layers below who does that: multihome/ipv6.

/** What there is to see. */
export interface AutoconfigurationState {
	/** Those of the interface, with the length of their prefix. `temporary`: RFC 8981. */
	addresses: {
		address: string;
		length: number;
		state: "tentative" | "preferred" | "deprecated" | "duplicate";
		temporary: boolean;
	}[];
	/** Addresses of the routers that are in use. */
	routers: string[];
	/** Name servers that routers say, and behind them those of DHCPv6. */
	nameServers: string[];
	/** Domains to look for names in that routers say: they are told, not searched. */
	domains: string[];
	/** Routers say that addresses are to be had by DHCPv6. */
	managed: boolean;
	/** Routers say that other things are to be had by DHCPv6. */
	other: boolean;
	/** The hop limit of packets, as routers say; 0 where they say nothing. */
	hopLimit: number;
	/** The largest packet here as routers say, bytes; 0 where they say nothing. */
	mtu: number;
	/** For how long a neighbour is known after it has answered, as routers say, ms; 0 where they say nothing. */
	reachableMs: number;
	/** After how long a neighbour is asked again, as routers say, ms; 0 where they say nothing. */
	retransMs: number;
	/** Advertisements that were heard. */
	heard: number;
	/** What they said that cannot be, or that the tables have no room for. */
	refused: number;
	/** What was refused last, and why; "" when nothing was. */
	reason: string;
}

/** Who gives an interface addresses of IPv6 as routers say: an Autoconfiguration. */
export interface AddressKeeper {
	/** What it knows of the link, its routers and addresses. */
	readonly state: AutoconfigurationState;
	/** "auto": routers are heard; "static": they are not; "off": there is no IPv6. */
	mode: "auto" | "static" | "off";
	/** Whether there are temporary addresses, RFC 8981. */
	temporary: boolean;
	/** Told when addresses, or what routers say, have changed: a DHCPv6 client, to which both are of interest. One at a time. */
	follower: { advertised(): void; readonly state?: { readonly domains: readonly string[] } } | undefined;
	/** Has an address that a server lent, which is tried first; seconds, `valid` of 0: it is lent no more. */
	lend(address: string, preferred: number, valid: number): void;
	/** Name servers that a server said, in place of those before. */
	lendServers(servers: readonly string[]): void;
}
