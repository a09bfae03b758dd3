// What a router advertisement says, read from memory: RFC 4861 §4.2, RFC 4191, RFC 8106. Its length, hop limit and the lengths of its options were looked at when it came (link/nd.ts).

import { addressText, familyBits, isMulticast } from "../../address.ts";
import { isV4 } from "../../packet/address.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";

/** Options of routers beside those of RFC 4861: RFC 4191, RFC 8106. */
const ROUTE_INFORMATION = 24;
const NAME_SERVERS = 25;
/** Bytes before the options. */
const FIXED = 16;

/** Bits of the flags octet: addresses, or other things alone, are to be had by DHCPv6; and of the preference of the router, in two of them. */
const MANAGED = 0x80;
const OTHER = 0x40;
const PREFERENCE_SHIFT = 3;

/** Bits of a prefix: destinations are neighbours; addresses may be made of it. */
const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;

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

export interface RouteSaid {
	readonly prefix: string;
	readonly length: number;
	readonly preference: Preference;
	readonly lifetime: number;
}

export interface ServerSaid {
	readonly address: string;
	/** Seconds; FOREVER. */
	readonly lifetime: number;
}

export interface Advertisement {
	readonly managed: boolean;
	readonly other: boolean;
	readonly preference: Preference;
	/** Of the router as one for all destinations, seconds; 0: it is none. */
	readonly lifetime: number;
	readonly prefixes: readonly PrefixSaid[];
	readonly routes: readonly RouteSaid[];
	/** Name servers, best first. RFC 8106. */
	readonly servers: readonly ServerSaid[];
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
	const servers: ServerSaid[] = [];
	for (let option = at + FIXED; option < end; option += view.getUint8(option + 1) << 3) {
		const type = view.getUint8(option);
		const length = view.getUint8(option + 1) << 3;
		if (type === icmpv6.PREFIX_INFORMATION && length === 32 && prefixes.length < MOST) {
			if (isV4(view, option + 16) || view.getUint8(option + 2) > 128) continue; // of IPv4 nobody says anything here
			const bits = view.getUint8(option + 3);
			prefixes.push({
				prefix: addressText(view, option + 16) || ANY,
				length: view.getUint8(option + 2),
				onLink: (bits & ON_LINK) !== 0,
				autonomous: (bits & AUTONOMOUS) !== 0,
				valid: view.getInt32(option + 4) >>> 0,
				preferred: view.getInt32(option + 8) >>> 0,
			});
		} else if (type === ROUTE_INFORMATION && length <= 24 && routes.length < MOST) {
			const route = routeAt(view, option, length);
			if (familyBits(route.prefix) === 128) routes.push(route);
		} else if (type === NAME_SERVERS) {
			const lifetime = view.getInt32(option + 4) >>> 0;
			for (let server = option + 8; server + 16 <= option + length && servers.length < MOST; server += 16) {
				const address = addressText(view, server);
				if (familyBits(address) === 128 && !isMulticast(address)) servers.push({ address, lifetime });
			}
		}
	}
	return {
		managed: (flags & MANAGED) !== 0,
		other: (flags & OTHER) !== 0,
		preference: preferenceOf((flags >> PREFERENCE_SHIFT) & 3),
		lifetime: view.getUint16(at + 6),
		prefixes,
		routes,
		servers,
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
