// IPv6 addresses as text. Read: every form of RFC 4291 §2.2 and nothing else (RFC 6943 §3.1.2: what others would read in another way is no
// address). Written: the one form of RFC 5952. address.ts has what knows both families.

import { formatIpv4, parseIpv4 } from "./address4.ts";
import { hasIpv6 } from "./packet/kernels/parts.ts";

/** Four int32s, the highest first. */
export type Ipv6 = readonly [number, number, number, number];

export interface ScopedIpv6 {
	address: Ipv6;
	/** Name of the interface, "" when none is named. */
	zone: string;
}

const GROUPS = 8;

/** What programs are told that want IPv6 of a build without it. */
export const NO_IPV6 = 'this build has no IPv6: have "ipv6" in the board file, or import "multihome/ipv6"';

/** The address, or undefined when the text is none, and in a build without IPv6. A zone ("%eth0") is no part of an address: see `parseScoped`. */
export function parseIpv6(text: string): Ipv6 | undefined {
	if (!hasIpv6()) return undefined;
	const halves = text.split("::");
	if (halves.length > 2) return undefined;
	const last = halves.length - 1;
	const head = groupsOf(halves[0]!, last === 0);
	const tail = last === 0 ? [] : groupsOf(halves[1]!, true);
	if (head === undefined || tail === undefined) return undefined;
	// "::" stands for one group at least: RFC 4291 §2.2.
	const missing = GROUPS - head.length - tail.length;
	if (last === 0 ? missing !== 0 : missing < 1) return undefined;
	const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
	const word = (at: number) => (groups[at]! << 16) | groups[at + 1]!;
	return [word(0), word(2), word(4), word(6)];
}

/** The 16-bit groups of what stands on one side of "::"; the last two may be an IPv4 address in dotted decimal, at the end of the text. */
function groupsOf(text: string, atEnd: boolean): number[] | undefined {
	if (text === "") return [];
	const parts = text.split(":");
	const groups: number[] = [];
	for (let i = 0; i < parts.length; i++) {
		const part = parts[i]!;
		const group = groupOf(part);
		if (group >= 0) {
			groups.push(group);
			continue;
		}
		const embedded = atEnd && i === parts.length - 1 ? parseIpv4(part) : undefined;
		if (embedded === undefined) return undefined;
		groups.push(embedded >>> 16, embedded & 0xffff);
	}
	return groups;
}

/** The number that one to four hexadecimal digits stand for, -1 for another text. Without a regular expression, as `parseIpv4`. */
function groupOf(text: string): number {
	const { length } = text;
	if (length < 1 || length > 4) return -1;
	let group = 0;
	for (let i = 0; i < length; i++) {
		const code = text.charCodeAt(i);
		const letter = code | 0x20;
		if (code >= 0x30 && code <= 0x39) group = (group << 4) | (code - 0x30);
		else if (letter >= 0x61 && letter <= 0x66) group = (group << 4) | (letter - 0x57);
		else return -1;
	}
	return group;
}

/**
 * An address that may name its zone, RFC 4007 §11: "fe80::1%eth0". The zone is the name of an interface, and only addresses that mean
 * something on one link have one: fe80::/10, and groups whose scope is the interface or the link.
 */
export function parseScoped(text: string): ScopedIpv6 | undefined {
	if (!hasIpv6()) return undefined;
	const percent = text.indexOf("%");
	const address = parseIpv6(percent < 0 ? text : text.slice(0, percent));
	if (address === undefined || percent < 0) return address === undefined ? undefined : { address, zone: "" };
	const zone = text.slice(percent + 1);
	return /^[A-Za-z0-9._-]{1,15}$/.test(zone) && isLinkLocal(address) ? { address, zone } : undefined;
}

/** Whether it means something on one link alone. RFC 4291 §2.5.6; RFC 7346 §2 for groups. */
export function isLinkLocal([first]: Ipv6): boolean {
	if (first >>> 22 === 0xfe80 >>> 6) return true;
	const scope = (first >>> 16) & 15;
	return first >>> 24 === 0xff && (scope === 1 || scope === 2);
}

/** RFC 5952 §4, and §5 for addresses that have an IPv4 address in them: those of ::ffff:0:0/96 (RFC 4291 §2.5.5.2). Allocates: for people. Throws Error in a build without IPv6. */
export function formatIpv6(address: Ipv6): string {
	if (!hasIpv6()) throw new Error(NO_IPV6);
	const [a, b, c, d] = address;
	if (a === 0 && b === 0 && c === 0xffff) return `::ffff:${formatIpv4(d)}`;
	const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
	// The longest run of zeros, of two at least; the first of several.
	let start = -1;
	let length = 1;
	for (let i = 0; i < GROUPS; i++) {
		let end = i;
		while (end < GROUPS && groups[end] === 0) end++;
		if (end - i > length) {
			start = i;
			length = end - i;
		}
	}
	const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
	if (start < 0) return hex(groups);
	return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
