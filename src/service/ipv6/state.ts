// What there is to see of an interface that comes to addresses by itself.

/** What there is to see. */
export interface AutoconfigurationState {
	/** Those of the interface, with the length of their prefix. */
	addresses: { address: string; length: number; state: "tentative" | "preferred" | "deprecated" | "duplicate" }[];
	/** Addresses of the routers that are in use. */
	routers: string[];
	/** Routers say that addresses are to be had by DHCPv6. */
	managed: boolean;
	/** Routers say that other things are to be had by DHCPv6. */
	other: boolean;
	/** Advertisements that were heard. */
	heard: number;
	/** What they said that the tables have no room for. */
	refused: number;
}
