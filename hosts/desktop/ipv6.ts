// What board files say of IPv6: addresses of both families stand in one list, and the mode in a word.

import { isMulticast, parsePrefix } from "../../src/address.ts";
import { ADDRESSES_PER_INTERFACE } from "../../src/config.ts";
import type { BoardInterface } from "./config.ts";

/** What is wrong with an IPv6 prefix that stands among an interface's addresses; undefined when nothing is. */
function prefixProblem(text: string): string | undefined {
	try {
		const { address } = parsePrefix(text);
		return isMulticast(address) || address === "::" || address === "::1"
			? "expected an address that one host may have"
			: undefined;
	} catch {
		return `expected an IP address and a prefix length, as in "192.168.77.2/24" or "2001:db8::2/64"`;
	}
}

/** Has `addresses` only IPv4's, and `ipv6` those of IPv6 and the mode, as boot.ts takes it. Answers what is wrong, with the interface's value. */
export function settleIpv6(interface_: BoardInterface): string | undefined {
	const { addresses = [], ipv6, link = "ethernet" } = interface_;
	const mode = ipv6 as unknown;
	const six = addresses.filter((text) => text.includes(":"));
	for (const [i, text] of addresses.entries()) {
		if (!text.includes(":")) continue;
		const place = `addresses[${i}] "${text}"`;
		if (link !== "ethernet") return `${place}: ${link} has no IPv6 yet; expected an IPv4 address`;
		if (mode === "off") return `${place}: ipv6 is "off" there; remove one of both`;
		const problem = prefixProblem(text);
		if (problem !== undefined) return `${place}: ${problem}`;
	}
	const said = typeof ipv6 === "object" ? ipv6 : {};
	const all = [...six, ...(said.addresses ?? [])];
	const most = ADDRESSES_PER_INTERFACE - 1 - (addresses.length - six.length);
	if (all.length > most)
		return `addresses: has ${all.length} of IPv6; expected at most ${most}, as an interface has ${ADDRESSES_PER_INTERFACE} with the link-local one`;
	if (mode === "off") delete interface_.ipv6;
	else if (all.length > 0 || mode === "static")
		interface_.ipv6 = { ...said, ...(mode === "static" && { mode }), ...(all.length > 0 && { addresses: all }) };
	if (six.length > 0) interface_.addresses = addresses.filter((text) => !text.includes(":"));
	return undefined;
}
