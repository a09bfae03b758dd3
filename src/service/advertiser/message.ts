// What a router of IPv6 says: RFC 4861 §4.2, with options of §4.6, of RFC 4191 §2.3 and of RFC 8106 §5.1.

import { checksum } from "#codec";
import { addressPut } from "../../address.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv6 from "../../wire/ipv6.ts";

const HOP_LIMIT = 64;
export const ALL_NODES = "ff02::1";

/** Seconds. */
export interface Lifetimes {
	readonly preferred: number;
	readonly valid: number;
}

export interface SaidPrefix extends Lifetimes {
	readonly network: string;
	readonly length: number;
}

/** What is said. */
export interface Said {
	readonly mac: Uint8Array;
	/** Of the router as a way to everywhere, s; 0: it is none. */
	readonly lifetime: number;
	readonly mtu: number;
	readonly prefixes: readonly SaidPrefix[];
	/** Networks that it is a way to, and for how long, s. */
	readonly routes: readonly { readonly network: string; readonly length: number; readonly lifetime: number }[];
	readonly nameServers: readonly string[];
	/** Of these, s. */
	readonly serversLifetime: number;
}

/** Writes the packet, from its IP header on. Answers where it ends. */
export function writeAdvertisement(view: DataView, at: number, source: string, said: Said): number {
	const message = at + ipv6.HEADER;
	view.setInt32(message, icmpv6.ROUTER_ADVERTISEMENT << 24);
	view.setUint8(message + 4, HOP_LIMIT);
	view.setUint8(message + 5, 0);
	view.setUint16(message + 6, said.lifetime);
	view.setInt32(message + 8, 0);
	view.setInt32(message + 12, 0);
	let place = message + icmpv6.ADVERTISEMENT;
	view.setUint16(place, (icmpv6.SOURCE_LINK_ADDRESS << 8) | 1);
	for (let i = 0; i < 6; i++) view.setUint8(place + 2 + i, said.mac[i]!);
	place += icmpv6.LINK_OPTION;
	view.setInt32(place, (icmpv6.MTU << 24) | (1 << 16));
	view.setInt32(place + 4, said.mtu);
	place += 8;
	for (const { network, length, preferred, valid } of said.prefixes) {
		view.setInt32(place, (icmpv6.PREFIX_INFORMATION << 24) | (4 << 16) | (length << 8) | icmpv6.ON_LINK | icmpv6.AUTONOMOUS);
		view.setInt32(place + 4, valid);
		view.setInt32(place + 8, preferred);
		view.setInt32(place + 12, 0);
		addressPut(view, place + 16, network);
		place += 32;
	}
	for (const { network, length, lifetime } of said.routes) {
		view.setInt32(place, (icmpv6.ROUTE_INFORMATION << 24) | (3 << 16) | (length << 8));
		view.setInt32(place + 4, lifetime);
		addressPut(view, place + 8, network);
		place += 24;
	}
	if (said.nameServers.length > 0) {
		view.setInt32(place, (icmpv6.NAME_SERVERS << 24) | ((1 + 2 * said.nameServers.length) << 16));
		view.setInt32(place + 4, said.serversLifetime);
		place += 8;
		for (const server of said.nameServers) {
			addressPut(view, place, server);
			place += 16;
		}
	}
	const length = place - message;
	view.setInt32(at, ipv6.VERSION);
	view.setInt32(at + ipv6.PAYLOAD_LENGTH, (length << 16) | (ipv6.ICMP << 8) | icmpv6.HOPS);
	addressPut(view, at + ipv6.SOURCE, source);
	addressPut(view, at + ipv6.DESTINATION, ALL_NODES);
	const pseudo = checksum(view, at + ipv6.SOURCE, message, ipv6.ICMP + length);
	view.setUint16(message + icmpv6.CHECKSUM, ~checksum(view, message, place, pseudo));
	return place;
}
