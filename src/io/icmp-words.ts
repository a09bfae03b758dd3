// What ICMP errors say, in words.

import * as icmpv4 from "../wire/icmpv4.ts";

/** Codes of "destination unreachable", RFC 1122 §3.2.2.1 and 1812 §5.2.7.1. */
const UNREACHABLE = Object.freeze({
	0: "network unreachable",
	1: "host unreachable",
	2: "protocol unreachable",
	3: "port unreachable",
	4: "too large for the way there",
	13: "prohibited",
} as Record<number, string>);

/** By type and code, those of IPv4's ICMP. */
export function inWords(type: number, code: number): string {
	if (type === icmpv4.UNREACHABLE) return UNREACHABLE[code] ?? `unreachable (code ${code})`;
	if (type === icmpv4.TIME_EXCEEDED) return "time to live exceeded";
	return "parameter problem";
}
