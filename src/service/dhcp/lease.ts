// What a server lends: the values of an OFFER or ACK, each checked, as a lease that can be used; or why it cannot.

import { LEASE_ROUTES, LEASE_SERVERS } from "../../config.ts";
import * as dhcp from "../../wire/dhcp.ts";
import * as ipv4 from "../../wire/ipv4.ts";

export interface LeaseRoute {
	readonly prefix: number;
	readonly length: number;
	/** 0: the destinations are neighbours. */
	readonly gateway: number;
}

export interface Lease {
	readonly address: number;
	/** Length of the subnet's prefix. */
	readonly length: number;
	readonly broadcast: number;
	readonly server: number;
	/** Next router of the default route, 0 when there is none: `addRoutes` finds it. */
	router: number;
	/** The default route first: it must find room. */
	routes: LeaseRoute[];
	readonly dns: readonly number[];
	readonly ntp: readonly number[];
	readonly domain: string;
	/** Option 119 as it came: multihome/domains reads it. */
	readonly search: Uint8Array | undefined;
	readonly hostname: string;
	/** 0 when the server does not say. */
	readonly mtu: number;
	/** Seconds; INFINITE: for good. */
	readonly seconds: number;
	readonly t1: number;
	readonly t2: number;
}

type Options = ReadonlyMap<number, Uint8Array>;

/** RFC 2131 §3.3: a lease that does not end. */
export const INFINITE = 0xffffffff;
/** What every host must take, bytes (RFC 791 §3.1). A smaller MTU is not believed: DHCP's own messages would not fit it. */
const LEAST_MTU = 576;
/** A subnet larger than any there is would make neighbours of half the Internet. */
const LEAST_LENGTH = 8;

/** Whether an address can be one host's. RFC 1122 §3.2.1.3. */
export function isUnicast(address: number): boolean {
	const first = address >>> 24;
	return first !== 0 && first !== 127 && first < 224;
}

function word(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The addresses of an option that one host each may have, without repetitions, the first LEASE_SERVERS of them. */
function addressesOf(options: Options, code: number): number[] {
	const bytes = options.get(code);
	const found: number[] = [];
	if (bytes === undefined || bytes.length % 4 !== 0) return found;
	for (let at = 0; at < bytes.length && found.length < LEASE_SERVERS; at += 4) {
		const address = word(bytes, at);
		if (isUnicast(address) && !found.includes(address)) found.push(address);
	}
	return found;
}

/** A host or domain name; "" when it is none. What is not checked here ends up in logs and pages. RFC 1123 §2.1. */
function nameOf(options: Options, code: number): string {
	const bytes = options.get(code);
	if (bytes === undefined) return "";
	let end = bytes.length;
	while (end > 0 && bytes[end - 1] === 0) end--; // RFC 2132 §2: some end it so
	const last = end > 1 && bytes[end - 1] === 0x2e ? end - 2 : end - 1;
	if (end === 0 || end > 253 || !isAlphanumeric(bytes[0]!) || !isAlphanumeric(bytes[last]!)) return "";
	let text = "";
	for (let i = 0; i < end; i++) {
		const byte = bytes[i]!;
		if (!isAlphanumeric(byte) && byte !== 0x2d && byte !== 0x2e && byte !== 0x5f) return "";
		text += String.fromCharCode(byte);
	}
	return text;
}

function isAlphanumeric(byte: number): boolean {
	const letter = byte | 0x20;
	return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

/** The prefix length of option 1; where there is no sensible one, that of the address's class. RFC 2131 §4.4.1, RFC 950. */
function lengthOf(options: Options, address: number): number {
	const mask = dhcp.wordOf(options, dhcp.SUBNET_MASK);
	if (mask !== undefined) {
		const length = Math.clz32(~mask);
		if (length >= LEAST_LENGTH && mask === ipv4.mask(length)) return length;
	}
	const first = address >>> 24;
	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/** The routes of option 121, or undefined when it makes no sense. RFC 3442: a prefix's length, as many of its octets as that needs, the router. */
function classlessRoutes(bytes: Uint8Array, own: number): LeaseRoute[] | undefined {
	const routes: LeaseRoute[] = [];
	for (let at = 0; at < bytes.length;) {
		const length = bytes[at++]!;
		const octets = (length + 7) >> 3;
		if (length > 32 || at + octets + 4 > bytes.length) return undefined;
		let prefix = 0;
		for (let i = 0; i < octets; i++) prefix |= bytes[at + i]! << (24 - 8 * i);
		prefix &= ipv4.mask(length);
		const gateway = word(bytes, at + octets);
		at += octets + 4;
		const sensible = (length === 0 || isUnicast(prefix)) && (gateway === 0 || isUnicast(gateway)) && gateway !== own;
		if (sensible && !routes.some((route) => route.prefix === prefix && route.length === length))
			routes.push({ prefix, length, gateway });
	}
	return routes;
}

/** Adds the routes of options 121 (where `classless`) or else 3: the default route, and the first LEASE_ROUTES others that the subnet does not have anyway. */
export function addRoutes(lease: Lease, options: Options, classless: boolean): void {
	const { address, length } = lease;
	const bytes = classless ? options.get(dhcp.CLASSLESS_ROUTES) : undefined;
	const listed = bytes === undefined ? undefined : classlessRoutes(bytes, address);
	if (listed === undefined) {
		lease.router = addressesOf(options, dhcp.ROUTER).find((each) => each !== address) ?? 0;
		if (lease.router !== 0) lease.routes.push({ prefix: 0, length: 0, gateway: lease.router });
		return;
	}
	const first = listed.filter((route) => route.length === 0);
	const subnet = address & ipv4.mask(length);
	const others = listed.filter((route) => route.length > 0 && (route.length !== length || route.prefix !== subnet));
	lease.router = first[0]?.gateway ?? 0;
	lease.routes.push(...first, ...others.slice(0, LEASE_ROUTES));
}

/** T1 and T2 that are in order; those that are not become the usual parts of the lease. RFC 2131 §4.4.5. */
function timesOf(options: Options, seconds: number): { t1: number; t2: number } {
	if (seconds === INFINITE) return { t1: INFINITE, t2: INFINITE };
	const t1 = (dhcp.wordOf(options, dhcp.RENEWAL_TIME) ?? 0) >>> 0;
	const t2 = (dhcp.wordOf(options, dhcp.REBINDING_TIME) ?? 0) >>> 0;
	const rebinding = t2 > 0 && t2 < seconds ? t2 : seconds * 0.875;
	return { t1: t1 > 0 && t1 < rebinding ? t1 : Math.min(seconds * 0.5, (rebinding * 4) / 7), t2: rebinding };
}

/** What a message lends, but for its routes: `addRoutes`. A text says why it cannot be used. */
export function leaseOf(address: number, options: Options): Lease | string {
	const server = dhcp.wordOf(options, dhcp.SERVER_ID);
	if (server === undefined || !isUnicast(server)) return "no server identifier";
	if (!isUnicast(address)) return "an address that no host may have";
	const seconds = dhcp.wordOf(options, dhcp.LEASE_TIME);
	if (seconds === undefined || seconds === 0) return "no lease time";
	const length = lengthOf(options, address);
	const hosts = ~ipv4.mask(length);
	if (length < 31 && ((address & hosts) === 0 || (address & hosts) === hosts)) return "the subnet's own or its broadcast address";
	const mtu = options.get(dhcp.INTERFACE_MTU);
	const bytes = mtu?.length === 2 ? (mtu[0]! << 8) | mtu[1]! : 0;
	return {
		address,
		length,
		broadcast: dhcp.wordOf(options, dhcp.BROADCAST_ADDRESS) ?? (length < 31 ? address | hosts : 0),
		server,
		router: 0,
		routes: [],
		dns: addressesOf(options, dhcp.DNS),
		ntp: addressesOf(options, dhcp.NTP),
		domain: nameOf(options, dhcp.DOMAIN_NAME),
		search: options.get(dhcp.DOMAIN_SEARCH)?.slice(),
		hostname: nameOf(options, dhcp.HOST_NAME),
		mtu: bytes >= LEAST_MTU ? bytes : 0,
		seconds: seconds >>> 0,
		...timesOf(options, seconds >>> 0),
	};
}
