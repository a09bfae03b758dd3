// What board files say of serial links in words, as their interfaces take it.

import { parseIpv4 } from "multihome";

export function address(name: string, text: string): number {
	const value = parseIpv4(text);
	if (value === undefined) throw new RangeError(`${name} "${text}": expected an IPv4 address such as "192.168.77.1"`);
	return value;
}
