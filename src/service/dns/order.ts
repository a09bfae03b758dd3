// In which order the addresses of a name are tried: RFC 6724 §6, destination address selection. Rules 4 and 7 (home addresses, tunnels) have nothing to apply to.

import type { Interface } from "../../link/interface.ts";
import { commonBits, isV4 } from "../../packet/address.ts";
import { OWN_DEPRECATED } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { PathBlock } from "../../packet/path-block.ts";
import type { Stack } from "../../stack.ts";
import { isLinkLocal, isLoopback } from "../../wire/scope.ts";

/** Where these lie in a path's block. */
const { destination: DESTINATION, source: SOURCE } = PathBlock.offsets;

/** Scopes as those of groups: RFC 4291 §2.7, RFC 6724 §3.1 and §3.2. */
const LINK = 2;
const SITE = 5;
const GLOBAL = 14;

/** What the rules look at, of a destination and the source that it would be sent to from. */
interface Candidate {
	readonly address: string;
	/** Rule 1. The others count only when it is. */
	readonly usable: boolean;
	/** Rules 2 and 8. */
	readonly scope: number;
	readonly sameScope: boolean;
	/** Rule 3. */
	readonly deprecated: boolean;
	/** Rule 5. */
	readonly sameLabel: boolean;
	/** Rule 6. */
	readonly precedence: number;
	/** Rule 9, of IPv6; -1 of IPv4, whose prefixes say nothing of where a network is. */
	readonly common: number;
}

/** The addresses, best first; what the rules do not tell apart stays as it was. `bound`: the only interface that is used. */
export function bestFirst(stack: Stack, addresses: readonly string[], bound: Interface | undefined): readonly string[] {
	if (addresses.length < 2) return addresses;
	// Of IPv4's alone rule 1 is what tells most.
	if (!hasIpv6()) {
		const there = addresses.filter((address) => usable(stack, address, bound));
		return [...there, ...addresses.filter((address) => !there.includes(address))];
	}
	const candidates = addresses.map((address) => candidateOf(stack, address, bound?.slot ?? 0));
	return candidates.sort(compare).map(({ address }) => address);
}

/** Whether a packet would find a way to it now, and a source address. */
export function usable(stack: Stack, address: string, bound: Interface | undefined): boolean {
	return stack.ip.wayTo(address, bound?.slot ?? 0).out !== undefined;
}

function compare(a: Candidate, b: Candidate): number {
	if (a.usable !== b.usable) return a.usable ? -1 : 1;
	if (!a.usable) return 0;
	if (a.sameScope !== b.sameScope) return a.sameScope ? -1 : 1;
	if (a.deprecated !== b.deprecated) return a.deprecated ? 1 : -1;
	if (a.sameLabel !== b.sameLabel) return a.sameLabel ? -1 : 1;
	if (a.precedence !== b.precedence) return b.precedence - a.precedence;
	if (a.scope !== b.scope) return a.scope - b.scope;
	return a.common >= 0 && b.common >= 0 ? b.common - a.common : 0;
}

function candidateOf(stack: Stack, address: string, bound: number): Candidate {
	const path = stack.ip.wayTo(address, bound);
	const { view } = stack.core;
	const to = path.at + DESTINATION;
	const from = path.at + SOURCE;
	if (path.out === undefined)
		return { address, usable: false, scope: 0, sameScope: false, deprecated: false, sameLabel: false, precedence: 0, common: -1 };
	const scope = scopeOf(view, to);
	const policy = policyOf(view, to);
	const source = path.source;
	let length = 128;
	let deprecated = false;
	for (const { ip } of stack.interfaces.list)
		for (const own of ip.addresses)
			if (own.address === source) {
				length = own.length;
				deprecated = (own.bits & OWN_DEPRECATED) !== 0;
			}
	return {
		address,
		usable: true,
		scope,
		sameScope: scope === scopeOf(view, from),
		deprecated,
		sameLabel: labelOf(policy) === labelOf(policyOf(view, from)),
		precedence: policy >> 8,
		common: isV4(view, to) ? -1 : Math.min(commonBits(view, from, to), length),
	};
}

function scopeOf(view: DataView, at: number): number {
	if (isLinkLocal(view, at) || isLoopback(view, at)) return LINK;
	return hasIpv6() && !isV4(view, at) && view.getUint16(at) >> 6 === 0xfec0 >> 6 ? SITE : GLOBAL;
}

function labelOf(policy: number): number {
	return policy & 255;
}

/** The policy table of RFC 6724 §2.1: precedence and label, 8 bits. */
function policyOf(view: DataView, at: number): number {
	if (!hasIpv6() || isV4(view, at)) return (35 << 8) | 4;
	if (isLoopback(view, at)) return (50 << 8) | 0;
	const first = view.getUint16(at);
	if (first === 0x2002) return (30 << 8) | 2;
	if (first === 0x2001 && view.getUint16(at + 2) === 0) return (5 << 8) | 5;
	if (first >> 9 === 0xfc00 >> 9) return (3 << 8) | 13;
	if (first >> 6 === 0xfec0 >> 6) return (1 << 8) | 11;
	if (first === 0x3ffe) return (1 << 8) | 12;
	if ((view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8)) === 0) return (1 << 8) | 3;
	return (40 << 8) | 1;
}
