// IP addresses of both families as text, as programs give and get them, and in memory, as compiled code has them (packet/address.ts). Each has one text, its canonical
// one: dotted decimal, or that of RFC 5952. "" is none.

import { setV4 } from "#codec";
import { formatIpv4, parseIpv4 } from "./address4.ts";
import { formatIpv6, parseIpv6, type Ipv6 } from "./address6.ts";
import { ADDRESS, isNone, isV4, v4Of } from "./packet/address.ts";

/** An address and how many of its bits a prefix has, counted in its family: 24 of "192.168.77.2", 64 of "2001:db8::2". */
export interface Prefix {
	/** Its canonical text. */
	address: string;
	length: number;
}

/** Whether a mapped address of IPv4, ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
function isMapped([first, second, third]: Ipv6): boolean {
	return first === 0 && second === 0 && third === 0xffff;
}

/** Puts the address that a text says into memory: 16 bytes from `at` on, IPv4 mapped. Answers false for what is none, and then changes nothing; "::" is none in memory. */
export function addressPut(view: DataView, at: number, text: string): boolean {
	const v4 = parseIpv4(text);
	if (v4 !== undefined) {
		setV4(view, at, v4);
		return true;
	}
	const words = parseIpv6(text);
	if (words === undefined) return false;
	for (let i = 0; i < ADDRESS / 4; i++) view.setInt32(at + 4 * i, words[i]!);
	return true;
}

/** The canonical text of an address in memory, "" for none. Allocates: for people and for what is rare. */
export function addressText(view: DataView, at: number): string {
	if (isV4(view, at)) return formatIpv4(v4Of(view, at));
	if (isNone(view, at)) return "";
	return formatIpv6([view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)]);
}

/** The canonical text of an address, or undefined when the text is none. A mapped one is that of IPv4: in memory they are the same. */
export function canonicalAddress(text: string): string | undefined {
	if (parseIpv4(text) !== undefined) return text;
	const words = parseIpv6(text);
	if (words === undefined) return undefined;
	return isMapped(words) ? formatIpv4(words[3]) : formatIpv6(words);
}

/** Bits of the addresses of the family that a canonical text is of. */
export function familyBits(address: string): 32 | 128 {
	return address.includes(":") ? 128 : 32;
}

/** The canonical text of an option. Throws TypeError or RangeError naming the option and its value. */
export function addressOption(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${String(value)}: expected an IP address as a string`);
	const address = canonicalAddress(value);
	if (address === undefined)
		throw new RangeError(`${name} "${value}": expected an IP address such as "192.168.77.1" or "2001:db8::1"`);
	return address;
}

/** "192.168.77.2/24", "2001:db8::2/64". Throws RangeError naming the text, TypeError when it is none. A mapped address has no prefix: IPv4's is written as such. */
export function parsePrefix(text: string): Prefix {
	if (typeof text !== "string")
		throw new TypeError(`${String(text)}: expected a string such as "192.168.77.2/24" or "2001:db8::2/64"`);
	const slash = text.indexOf("/");
	const written = slash < 0 ? "" : text.slice(0, slash);
	const address = canonicalAddress(written);
	const length = text.slice(slash + 1);
	const isOne = address !== undefined && familyBits(address) === familyBits(written);
	if (!isOne || !/^[0-9]{1,3}$/.test(length) || Number(length) > familyBits(address))
		throw new RangeError(`"${text}": expected an IP address and a prefix length, as in "192.168.77.2/24" or "2001:db8::2/64"`);
	return { address, length: Number(length) };
}
