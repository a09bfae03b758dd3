// What a DHCP server may be told, checked against the subnet that it serves.

import { formatIpv4, ipv4Option, parseIpv4 } from "../../address4.ts";
import { callbackOf, hostnameOf, objectOption, show, wholeOf } from "../../io/options.ts";
import type { InterfaceAddress } from "../../link/interface-address.ts";

/** Addresses that are lent unless told otherwise, and at most. */
const LENT = 50;
const LENT_MOST = 254;
/** Values of an option of addresses at most: what keeps a message within 576 bytes. */
export const SERVERS_MOST = 8;
/** How long an address is asked for before it is offered, ms, unless told: RFC 2131 §2.2, §4.4.1. */
const PROBE_MS = 500;

/** An address that one station always gets. */
export interface Reservation {
	/** "02:6d:68:00:00:01". */
	mac: string;
	/** An address of the subnet. */
	address: string;
}

/** What a DHCP server may be told. */
export interface DhcpServerOptions<T = unknown> {
	/** The first address that is lent; the last 50 of the subnet are unless told, fewer in a small one. At most 254. */
	first?: string;
	/** The last one; the subnet's last unless told. */
	last?: string;
	/** How long a lease lasts, s, 120 to 2147483647; 3600 unless told. */
	leaseSeconds?: number;
	/** Addresses of the subnet, in the range or outside it, for stations that are known. */
	reservations?: readonly Reservation[];
	/** The default router that stations are told, option 3; this interface's own address unless told, null for none. */
	router?: string | null;
	/** Name servers, option 6, at most 8; unless told, this board where it answers for names there (multihome/dns-forwarder), else those that the other interfaces have heard of. */
	nameServers?: readonly string[];
	/** Time servers, option 42, at most 8. */
	timeServers?: readonly string[];
	/** Domain of the stations, option 15. */
	domain?: string;
	/** How long it is asked by ARP, ms, whether somebody has an address before that is offered, 0 (not at all) to 5000; 500 unless told. */
	probeMs?: number;
	/** A lease began or ended. Called after processing. */
	onChanged?: (this: T) => void;
}

export interface Settings {
	/** Of the subnet, all as int32. */
	readonly own: number;
	readonly mask: number;
	readonly first: number;
	readonly count: number;
	readonly leaseSeconds: number;
	/** Addresses by hardware address, as `macText` writes that. */
	readonly reserved: ReadonlyMap<string, number>;
	/** 0 for none. */
	readonly router: number;
	/** Undefined: those of the other interfaces. */
	readonly nameServers: readonly number[] | undefined;
	readonly timeServers: readonly number[];
	readonly domain: string;
	readonly probeMs: number;
}

/** "02:6d:68:00:00:01". */
export function macText(bytes: ArrayLike<number>): string {
	let text = "";
	for (let i = 0; i < 6; i++) text += (i === 0 ? "" : ":") + (bytes[i]! < 16 ? "0" : "") + bytes[i]!.toString(16);
	return text;
}

function macOf(value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`mac ${show(value)}: expected a text such as "02:6d:68:00:00:01"`);
	const text = value.toLowerCase();
	if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text))
		throw new RangeError(`mac ${show(value)}: expected six bytes such as "02:6d:68:00:00:01"`);
	return text;
}

function addressOf(name: string, value: unknown): number {
	return parseIpv4(ipv4Option(name, value))!;
}

function addressesOf(name: string, values: unknown): number[] {
	if (!Array.isArray(values)) throw new TypeError(`${name} ${show(values)}: expected an array of IPv4 addresses`);
	if (values.length > SERVERS_MOST)
		throw new RangeError(`${name}: ${values.length} addresses; expected at most ${SERVERS_MOST}, what a message has room for`);
	return values.map((value) => addressOf(name, value));
}

/**
 * `own`: the interface's address, whose subnet is served. Throws TypeError or RangeError naming the option, its value and what was expected.
 */
export function settingsOf(own: InterfaceAddress, options: DhcpServerOptions<never>): Settings {
	const { router, nameServers, timeServers = [], domain = "", reservations = [] } = objectOption(options);
	callbackOf("onChanged", options.onChanged as (() => void) | undefined);
	const address = parseIpv4(own.address)!;
	const mask = own.length === 0 ? 0 : -1 << (32 - own.length);
	const inside = (name: string, value: unknown): number => {
		const given = addressOf(name, value);
		const host = given & ~mask;
		if ((given & mask) !== (address & mask) || host === 0 || host === ~mask)
			throw new RangeError(`${name} "${formatIpv4(given)}": expected an address that a station of ${own} may have`);
		if (given === address) throw new RangeError(`${name} "${formatIpv4(given)}": is this server's own address`);
		return given;
	};
	const highest = (address & mask) | (~mask - 1);
	const last = options.last === undefined ? highest : inside("last", options.last);
	const lowest = Math.max(((address & mask) >>> 0) + 1, (last >>> 0) - LENT + 1) | 0;
	const first = options.first === undefined ? lowest : inside("first", options.first);
	const count = (last >>> 0) - (first >>> 0) + 1;
	if (count < 1 || count > LENT_MOST)
		throw new RangeError(
			`first "${formatIpv4(first)}", last "${formatIpv4(last)}": ${Math.max(count, 0)} addresses; expected 1 to ${LENT_MOST}`,
		);
	if (!Array.isArray(reservations)) throw new TypeError(`reservations ${show(reservations)}: expected an array`);
	const reserved = new Map<string, number>();
	for (const each of reservations as Reservation[]) {
		const mac = macOf(objectOption(each).mac);
		const wanted = inside("address", each.address);
		if (reserved.has(mac)) throw new RangeError(`mac "${mac}": expected one reservation for it`);
		for (const other of reserved.values())
			if (other === wanted) throw new RangeError(`address "${formatIpv4(wanted)}": expected one reservation of it`);
		reserved.set(mac, wanted);
	}
	if (reserved.size > LENT_MOST) throw new RangeError(`reservations: ${reserved.size}; expected at most ${LENT_MOST}`);
	return {
		own: address,
		mask,
		first,
		count,
		leaseSeconds: wholeOf("leaseSeconds", options.leaseSeconds ?? 3600, 120, 0x7fff_ffff),
		reserved,
		router: router === null ? 0 : router === undefined ? address : addressOf("router", router),
		nameServers: nameServers === undefined ? undefined : addressesOf("nameServers", nameServers),
		timeServers: addressesOf("timeServers", timeServers),
		domain: domain === "" ? "" : hostnameOf(domain),
		probeMs: wholeOf("probeMs", options.probeMs ?? PROBE_MS, 0, 5000),
	};
}
