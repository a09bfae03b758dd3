// What the IP layer has of an interface, as the layers below it see that: PPP is given addresses by its peer, ARP announces ours. ip/interface-ip.ts keeps it.

import type { AddressKeeper } from "./autoconfiguration-state.ts";
import type { InterfaceAddress } from "./interface-address.ts";
import type { LeaseKeeper } from "./lease.ts";

/**
 * Somebody has joined a group: the UDP socket with index `member` - 1, or, 0, all; for what comes from one source, or, "", from all. `except`: it is for all, and not for that source.
 */
export interface Join {
	readonly member: number;
	readonly source: string;
	readonly except: boolean;
}

/** Who has joined a group, one at least. */
export type JoinedGroup = Join[];

/** Addresses, groups, name servers and metric of one interface. */
export interface IpSide {
	/** Change it by `insertAddress` and `removeAddress` alone. */
	readonly addresses: readonly InterfaceAddress[];
	/** Multicast groups joined here. */
	readonly groups: Map<string, JoinedGroup>;
	/** Added to the metric of its routes. */
	readonly metric: number;
	/** Addresses of the name servers to ask by this interface, best first: those set, from DHCP, IPCP or the configuration, then those that routers say. */
	get servers(): readonly string[];
	set servers(servers: readonly string[]);
	/** Those that IPv6's routers say. */
	heardServers: readonly string[];
	/** Who has an address lent for it: a DHCP client. One at a time. */
	lease: LeaseKeeper | undefined;
	/** Who gives it addresses of IPv6 as routers say. One at a time. */
	discovery: AddressKeeper | undefined;
	/** The host name that the application has chosen for DHCP clients to come, instead of that of their options. */
	hostname: string | undefined;
	/** The first address that serves beyond the link, undefined while there is none. */
	readonly serving: InterfaceAddress | undefined;
	/** Whether there is an address of the family whose addresses have so many bits. */
	hasFamily(bits: 32 | 128): boolean;
	/** What it leads to has not answered (service/uplink): routes by others come first. */
	doubted: boolean;
	/** Every unicast destination is ours, as the embedded gateway wants it. */
	anyAddress: boolean;
	/** UDP port whose datagrams are taken for any address that their sender chose, 0 for none: a DHCP server writes to the address that it offers. */
	anyAddressPort: number;

	/**
	 * Adds an address with the length of its subnet's prefix, counted in its family. `lent`: a server of the network says so. Throws RangeError when there are too many, it is
	 * nobody's alone, or an interface has it already.
	 */
	insertAddress(address: string, length: number, lent?: boolean, bits?: number): InterfaceAddress;
	/** `bits` of an address are others. */
	noteAddress(): void;
	/** Removes one. Connections that used it end with an error. */
	removeAddress(entry: InterfaceAddress): void;
	/** Takes one out of use for a while: it is neither a source nor answered for. What uses it waits until `insertAddress` brings it back, or ends with `forgetAddress`. */
	suspendAddress(entry: InterfaceAddress): void;
	/** One that was suspended does not come back. */
	forgetAddress(address: string): void;
	/** Its addresses have changed: the interface's block has them too. The interface set calls this. */
	note(): void;
	/** Whether it may have a link and an address of the family soon, which is worth waiting for: what the link itself says of that (`awaited`); else while DHCP is asked for one, and otherwise for NETWORK_PATIENCE_MS from when this is first asked. */
	comingUp(v4: boolean): boolean;
	/** `comingUp` counts anew: the link came, went, or was taken up. */
	waitAnew(): void;
}
