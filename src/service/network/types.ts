// What applications see of network interfaces: ECMA-419's draft classes, and the view of all interfaces together.

import type { Interface } from "../../link/interface.ts";
import type { DhcpClient } from "../dhcp/client.ts";
import type { DhcpOptions } from "../dhcp/options.ts";

/** What `onChanged` names. "phase": PPP only. */
export type ChangedProperty = "connection" | "address" | "phase";

/** What the classes of network interfaces may be told. */
export interface LinkOptions {
	/** The interface, by name or instance; the first one of the class's kind unless told. */
	port?: string | Interface | undefined;
	/** Another word for `port`. */
	interface?: string | Interface | undefined;
	/** Called after processing when a property has changed; "connection" before "address". */
	onChanged?: ((property: ChangedProperty) => void) | undefined;
	target?: unknown;
}

export interface EthernetLinkOptions extends LinkOptions {
	/** For the DHCP client that `configure` and `connect` begin; unless told, those of the client that there was. */
	dhcp?: DhcpOptions<DhcpClient> | undefined;
}

/** Addresses of one's own choice: a list, or one with its mask or prefix. A family that has none here stays as it is. */
export interface StaticAddress {
	/** Of either family: "192.168.1.20/24", "2001:db8::20/64". */
	addresses?: readonly string[] | undefined;
	/** Instead of `addresses`: "192.168.1.20" */
	address?: string | undefined;
	/** "255.255.255.0"; `netmask` is another word for it. It, or `prefix`, must be there. */
	mask?: string | undefined;
	/** "255.255.255.0". */
	netmask?: string | undefined;
	/** Length of the subnet's prefix: 0 to 32, of IPv6 to 128. */
	prefix?: number | undefined;
	/** The next router, in the same subnet or link-local: gets a default route. A list has one of each family. */
	gateway?: string | readonly string[] | undefined;
	/** Name servers, best first; left out, they stay as they are. */
	dns?: readonly string[] | undefined;
}

/** What `configure` takes. */
export interface ConfigureOptions {
	/** What DHCP servers are told from the next DISCOVER or REQUEST on, that for a renewal included; Ethernet only: 1 to 63 letters, digits, "-" or "." */
	hostname?: string | undefined;
	/** "auto": a link-local address of IPv6 and what routers say; "static": that and the addresses that were set, routers are not heard; "off": no IPv6, and all addresses of it go. Ethernet only; left out, it stays as it is, as the board file says: "auto" unless told. */
	ipv6?: "auto" | "static" | "off" | undefined;
	/** Whether there is a temporary address of IPv6 beside that of each router's prefix, RFC 8981; Ethernet that hears routers only. Left out, that stays as it is. */
	temporary?: boolean | undefined;
	/** False: an address from DHCP, Ethernet only. Left out, the address stays as it is. */
	static?: StaticAddress | false | null | undefined;
}

/** An interface as it is now. */
export interface InterfaceView {
	name: string;
	/** "ethernet", "ppp", "slip", "vlan", "loopback" */
	kind: string;
	/** Whether packets pass. */
	up: boolean;
	/** With the lengths of their prefixes: "192.168.1.20/24". */
	addresses: string[];
	/** Ethernet only. */
	MAC?: string;
	/** Largest IP packet, bytes. */
	mtu: number;
	/** Added to the metrics of its routes. */
	metric: number;
	/** Addresses of its name servers, best first. */
	nameServers: string[];
}

/** A route as it is now. */
export interface RouteView {
	/** "10.0.0.0/8"; "0.0.0.0/0" is the default route. */
	prefix: string;
	/** The next router; undefined where the destinations are neighbours. */
	gateway: string | undefined;
	/** Name of the interface. */
	interface: string;
	/** The interface's metric included: the lowest of those that are up is used. */
	metric: number;
	/** Belongs to an address or a link, and goes with it. */
	connected: boolean;
	/** Its interface is up. */
	active: boolean;
}

/** What `addRoute` takes. */
export interface NewRoute {
	prefix: string;
	/** In a subnet of the interface. */
	gateway?: string | undefined;
	interface: string | Interface;
	/** 0 to 65535; the interface's metric is added. */
	metric?: number | undefined;
}

/** What a route is known by: all that is said must be so. */
export interface RoutePattern {
	prefix: string;
	/** Address of the next router. */
	gateway?: string | undefined;
	interface?: string | Interface | undefined;
}

/** How a packet would go. */
export interface Way {
	/** Name of the interface that it leaves by; "lo" for addresses of our own. */
	interface: string;
	/** Its source address. */
	source: string;
	/** The next router; undefined where the destination is a neighbour. */
	gateway: string | undefined;
	/** Largest IP packet, bytes. */
	mtu: number;
}

/** What `watch` tells of an interface. */
export type Change = "added" | "removed" | "link" | "addresses" | "routes" | "nameServers" | "protocol";
