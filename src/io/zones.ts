// Zones of addresses, RFC 4007 §11: "fe80::1%eth0" is that host on the link of eth0. Programs give and get link-local addresses of IPv6 so; the stack has address and interface.

import { canonicalAddress, familyBits, isHost, isNear } from "../address.ts";
import { isLinkLocal, parseIpv6 } from "../address6.ts";
import type { Interface } from "../link/interface.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Stack } from "../stack.ts";
import { isObject, linkOf } from "./common.ts";
import * as check from "./options.ts";
import { addressOf, show } from "./options.ts";

/** Slot of loopback, whose packets are those of other interfaces' addresses: it is no zone. */
export const LOOPBACK = 1;

/** What a program has said of a host. */
export interface Scoped {
	/** Canonical, without the zone. */
	address: string;
	/** The interface that the zone names, else the one that was given besides. */
	link: Interface | undefined;
}

/** An address as programs get it: with the interface that it is behind, when it means something there alone. */
export function zoned(address: string, link: Interface | undefined): string {
	if (!hasIpv6() || link === undefined || link.slot === LOOPBACK) return address;
	return isNear(address) ? `${address}%${link.name}` : address;
}

/** Reads a group, of that family (0: of any), which may have a zone. `bound`: the only interface that it may be. */
export function groupOf(stack: Stack, name: string, value: unknown, family: number, bound: Interface | undefined): Scoped {
	const scoped = scopedOf(stack, name, value, bound);
	check.groupOf(name, scoped.address, family);
	return scoped;
}

/** Sources that a group is joined for, or, `except`, for all but which. Without any: for all. */
export interface GroupSources {
	readonly list: readonly string[];
	readonly except: boolean;
}

/** Reads the sources that a group is joined for, or is not, on an interface: one address or several; none when nothing is said. */
export function sourcesOf(stack: Stack, value: unknown, group: string, link: Interface | undefined): GroupSources {
	if (value === undefined) return { list: [], except: false };
	const except = isObject(value) && !Array.isArray(value);
	const given = except ? (value as { except?: unknown }).except : value;
	const all: unknown[] = Array.isArray(given) ? given : [given];
	if (all.length === 0) throw new RangeError("sources: expected one at least, or the option left out");
	const list = all.map((each) => {
		const { address } = scopedOf(stack, "source", each, link);
		if (!isHost(address) || familyBits(address) !== familyBits(group))
			throw new RangeError(`source ${show(each)}: expected the address of a host, of the family of the group "${group}"`);
		return address;
	});
	return { list, except };
}

/** Reads an address that may have a zone. `bound`: the only interface that it may be. Throws TypeError or RangeError naming the value. */
export function scopedOf(stack: Stack, name: string, value: unknown, bound?: Interface): Scoped {
	if (!hasIpv6() || typeof value !== "string" || !value.includes("%")) return { address: addressOf(name, value), link: bound };
	const percent = value.indexOf("%");
	const words = parseIpv6(value.slice(0, percent));
	const zone = value.slice(percent + 1);
	if (words === undefined || !isLinkLocal(words))
		throw new RangeError(`${name} ${show(value)}: expected a zone only behind an address of one link, as in "fe80::1%eth0"`);
	const link = stack.interfaces.find(zone);
	if (link === undefined) {
		const names = stack.interfaces.list.map((each) => each.name);
		throw new RangeError(`${name} ${show(value)}: there is no interface "${zone}"; expected one of ${names.join(", ")}`);
	}
	if (bound !== undefined && bound !== link)
		throw new RangeError(`${name} ${show(value)}: expected one behind ${bound.name}, the interface of the socket`);
	return { address: canonicalAddress(value.slice(0, percent))!, link };
}

/** The interface that a socket is bound to: that of its address's zone, or of its option. */
export function zoneOrOption(stack: Stack, options: { interface?: unknown }, local: Scoped | undefined): Interface | undefined {
	const link = linkOf(stack, options.interface);
	if (!hasIpv6()) return link;
	if (link !== undefined && local?.link !== undefined && local.link !== link)
		throw new RangeError(`interface ${show(options.interface)}: expected "${local.link.name}", as the address says`);
	return link ?? local?.link;
}
