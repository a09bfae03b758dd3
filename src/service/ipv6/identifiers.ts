// Interface identifiers that stay the same on the same network and tell nothing on another: RFC 7217 §5, with SipHash's little sister in place of its F.

import { halfSipHash } from "#codec";
import { formatIpv6, parseIpv6 } from "../../address6.ts";

/** The address of a prefix of 64 bits with that identifier, if there is one. */
export function addressOf(prefix: string, identifier: Int32Array | undefined): string | undefined {
	if (identifier === undefined) return undefined;
	const [first, second] = parseIpv6(prefix)!;
	return formatIpv6([first, second, identifier[0]!, identifier[1]!]);
}

/** The address of a prefix of 64 bits with an identifier at random: RFC 8981 §3.3.1. */
export function randomAddress(prefix: string, random32: () => number): string {
	for (;;) {
		const [high, low] = [random32() | 0, random32() | 0];
		if (!isReserved(high, low)) return addressOf(prefix, Int32Array.of(high, low))!;
	}
}

/** Identifiers that are reserved, RFC 5453: subnet anycast, 0, and fdff:ffff:ffff:ff80 to ff. */
function isReserved(high: number, low: number): boolean {
	if (high === 0 && low === 0) return true;
	return high === (0xfdffffff | 0) && low >>> 7 === 0xffffff80 >>> 7;
}

/**
 * The address of a prefix of 64 bits for the interface with that hardware address, and the `count`th try of it (0 first; another after each time that somebody had it already). `secret`: 8 bytes,
 * without which a stranger who knows the hardware address knows the identifier.
 */
export function stableAddress(prefix: string, mac: Uint8Array, secret: Uint8Array, count: number): string {
	const [first, second] = parseIpv6(prefix)!;
	const word = (from: Uint8Array, at: number) =>
		((from[at] ?? 0) << 24) | ((from[at + 1] ?? 0) << 16) | ((from[at + 2] ?? 0) << 8) | (from[at + 3] ?? 0);
	const [key0, key1] = [word(secret, 0), word(secret, 4)];
	for (let tries = count; ; tries += 0x100) {
		const salt = halfSipHash(key0, key1, first, second, tries);
		const high = halfSipHash(key0, key1, word(mac, 0), word(mac, 4) ^ 1, salt);
		const low = halfSipHash(key0, key1, word(mac, 0), word(mac, 4) ^ 2, salt);
		if (!isReserved(high, low)) return formatIpv6([first, second, high, low]);
	}
}
