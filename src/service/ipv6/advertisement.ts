// What a router advertisement says, read from memory: RFC 4861 §4.2, RFC 4191, RFC 8106. Its length, hop limit and the lengths of its options were looked at when it came (link/nd.ts).

import { addressText, familyBits, isMulticast, isNear } from "../../address.ts";
import { isV4 } from "../../packet/address.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import { namesIn } from "../../wire/names.ts";

/** Bits of the flags octet: addresses, or other things alone, are to be had by DHCPv6; and of the preference of the router, in two of them. */
const MANAGED = 0x80;
const OTHER = 0x40;
const PREFERENCE_SHIFT = 3;

/** A lifetime that does not end. */
const FOREVER = 0xffffffff;

/** When a lifetime of so many seconds ends that begins now, ms. */
export function untilOf(lifetime: number, now: number): number {
	return lifetime === FOREVER ? Infinity : now + lifetime * 1000;
}

/** RFC 4191 §2.1: high, medium and low; what is reserved counts as medium. */
export type Preference = 1 | 0 | -1;

export interface PrefixSaid {
	readonly prefix: string;
	readonly length: number;
	readonly onLink: boolean;
	readonly autonomous: boolean;
	/** Seconds; FOREVER. */
	readonly valid: number;
	readonly preferred: number;
}

/** Whether a router says it, as one that packets from its addresses go to: RFC 8028 §3.1. */
export function isSaid({ prefix, valid }: PrefixSaid): boolean {
	return valid > 0 && !isNear(prefix);
}

export interface RouteSaid {
	readonly prefix: string;
	readonly length: number;
	readonly preference: Preference;
	readonly lifetime: number;
}

/** A name server, or a domain. */
export interface TextSaid {
	readonly text: string;
	/** Seconds; FOREVER. */
	readonly lifetime: number;
}

export interface Advertisement {
	/** Of what hosts send; and times of neighbour discovery, ms; 0: it says nothing of that. RFC 4861 §4.2. */
	readonly hopLimit: number;
	readonly reachableMs: number;
	readonly retransMs: number;
	/** The largest packet here, bytes. */
	readonly mtu: number | undefined;
	readonly managed: boolean;
	readonly other: boolean;
	readonly preference: Preference;
	/** Of the router as one for all destinations, seconds; 0: it is none. */
	readonly lifetime: number;
	readonly prefixes: readonly PrefixSaid[];
	readonly routes: readonly RouteSaid[];
	/** Name servers, best first. RFC 8106. */
	readonly servers: readonly TextSaid[];
	/** Domains to look for names in. RFC 8106 §5.2. */
	readonly domains: readonly TextSaid[];
	/** What is too much, or makes no sense, in words. */
	readonly refused: readonly string[];
}

function preferenceOf(bits: number): Preference {
	if (bits === 1) return 1;
	return bits === 3 ? -1 : 0;
}

const ANY = "::";

/** At most so many options of a kind are looked at: a router that says more is not believed to mean it. */
const MOST = 8;

/** The advertisement whose ICMP header is at `at`, and which ends at `end`. */
export function advertisementAt(view: DataView, at: number, end: number): Advertisement {
	const flags = view.getUint8(at + 5);
	const prefixes: PrefixSaid[] = [];
	const routes: RouteSaid[] = [];
	const servers: TextSaid[] = [];
	const domains: TextSaid[] = [];
	const refused: string[] = [];
	const more = (kind: string) => refused.push(`more than ${MOST} ${kind} in an advertisement`);
	let mtu: number | undefined;
	for (let option = at + icmpv6.ADVERTISEMENT; option < end; option += view.getUint8(option + 1) << 3) {
		const type = view.getUint8(option);
		const length = view.getUint8(option + 1) << 3;
		if (type === icmpv6.PREFIX_INFORMATION && length === 32) {
			const prefixLength = view.getUint8(option + 2);
			if (prefixes.length >= MOST) {
				more("prefixes");
				continue;
			}
			if (isV4(view, option + 16) || prefixLength > 128) {
				// Of IPv4 nobody says anything here.
				refused.push(`prefix ${addressText(view, option + 16)}/${prefixLength}: expected one of IPv6`);
				continue;
			}
			const bits = view.getUint8(option + 3);
			prefixes.push({
				prefix: addressText(view, option + 16) || ANY,
				length: prefixLength,
				onLink: (bits & icmpv6.ON_LINK) !== 0,
				autonomous: (bits & icmpv6.AUTONOMOUS) !== 0,
				valid: view.getInt32(option + 4) >>> 0,
				preferred: view.getInt32(option + 8) >>> 0,
			});
		} else if (type === icmpv6.ROUTE_INFORMATION && length <= 24) {
			const route = routeAt(view, option, length);
			if (routes.length >= MOST) more("routes");
			else if (familyBits(route.prefix) === 128) routes.push(route);
		} else if (type === icmpv6.MTU && length === 8) {
			mtu = view.getInt32(option + 4) >>> 0;
		} else if (type === icmpv6.DOMAINS) {
			const lifetime = view.getInt32(option + 4) >>> 0;
			for (const text of namesIn(view, option + 8, option + length, MOST + 1))
				if (domains.length < MOST) domains.push({ text, lifetime });
				else more("domains");
		} else if (type === icmpv6.NAME_SERVERS) {
			const lifetime = view.getInt32(option + 4) >>> 0;
			for (let server = option + 8; server + 16 <= option + length; server += 16) {
				const text = addressText(view, server);
				if (servers.length >= MOST) {
					more("name servers");
					break;
				}
				if (familyBits(text) === 128 && !isMulticast(text)) servers.push({ text, lifetime });
			}
		}
	}
	return {
		hopLimit: view.getUint8(at + 4),
		reachableMs: view.getInt32(at + 8) >>> 0,
		retransMs: view.getInt32(at + 12) >>> 0,
		mtu,
		managed: (flags & MANAGED) !== 0,
		other: (flags & OTHER) !== 0,
		preference: preferenceOf((flags >> PREFERENCE_SHIFT) & 3),
		lifetime: view.getUint16(at + 6),
		prefixes,
		routes,
		servers,
		domains,
		refused,
	};
}

/** A route has as much of its prefix as its length needs: RFC 4191 §2.3. */
function routeAt(view: DataView, option: number, length: number): RouteSaid {
	const bytes = new DataView(new ArrayBuffer(16));
	for (let i = 0; i < length - 8; i++) bytes.setUint8(i, view.getUint8(option + 8 + i));
	return {
		prefix: addressText(bytes, 0) || ANY,
		length: Math.min(view.getUint8(option + 2), (length - 8) * 8),
		preference: preferenceOf((view.getUint8(option + 3) >> PREFERENCE_SHIFT) & 3),
		lifetime: view.getInt32(option + 4) >>> 0,
	};
}
