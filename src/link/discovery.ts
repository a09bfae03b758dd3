// What a link needs for its addresses and routers of IPv6 to be found out: Ethernet has it, and PPP with IPV6CP. RFC 4861.

export interface Discovery {
	/** Whether packets of IPv6 pass. */
	readonly runs: boolean;
	/** Of PPP: the interface identifier that both ends agreed on, high and low half. Addresses are made of it, and need not be tried. */
	readonly identifier: Int32Array | undefined;
	/** Told within processing of what neighbour discovery says for us: the IPv6 packet at that arena offset. */
	onDiscovery: ((at: number) => void) | undefined;
	/** Asks routers for what they have to say: RFC 4861 §6.3.7. */
	askRouters(): void;
	/** Asks whether anybody else has an address that we are about to take: RFC 4862 §5.4.2. The nonce is RFC 7527's. */
	tryAddress(address: string, nonceHigh: number, nonceLow: number): void;
}
