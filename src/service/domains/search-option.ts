// Option 119 of DHCP, RFC 3397: names one after the other, compressed as in DNS, where a pointer counts from the option's own beginning.

import { folded, MAX_LABEL } from "../../wire/dns.ts";

const MAX_NAME = 255;
/** Pointers of all names together: it bounds what a hostile option costs. */
const MAX_POINTERS = 64;

/** The names in it, in lower case; of what is broken, and of names with other letters than hosts have, none. At most `most`. */
export function searchNames(bytes: Uint8Array, most: number): string[] {
	const names: string[] = [];
	let pointers = 0;
	for (let at = 0; at < bytes.length && names.length < most;) {
		const labels: string[] = [];
		let octets = 1;
		let next = -1;
		let plain = true;
		for (;;) {
			const length = bytes[at];
			if (length === undefined) return names;
			if (length === 0) break;
			if (length >= 0xc0) {
				const to = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0x3fff);
				// Backwards alone, to what was there before this name: RFC 1035 §4.1.4.
				if (to >= at || ++pointers > MAX_POINTERS) return names;
				if (next < 0) next = at + 2;
				at = to;
				continue;
			}
			octets += 1 + length;
			if (length > MAX_LABEL || octets > MAX_NAME || at + 1 + length > bytes.length) return names;
			let label = "";
			for (let i = at + 1; i <= at + length; i++) {
				const octet = folded(bytes[i]!);
				if (!isPlain(octet)) plain = false;
				label += String.fromCharCode(octet);
			}
			labels.push(label);
			at += 1 + length;
		}
		at = next < 0 ? at + 1 : next;
		if (plain && labels.length > 0) names.push(labels.join("."));
	}
	return names;
}

function isPlain(octet: number): boolean {
	return (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2d || octet === 0x5f;
}
