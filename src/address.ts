// IP addresses of both families as text, as programs give and get them, and in memory, as compiled code has them (packet/address.ts). Each has one text, its canonical
// one: dotted decimal, or that of RFC 5952, and two are the same when their texts are. "" is none. All interpreted code has addresses so; what is handed to compiled functions is put into a
// register first, and handed on as where that lies.

import { addressRead, asciiPut, setNone, setV4OrNone } from "#codec";
import { formatIpv4, parseIpv4 } from "./address4.ts";
import { formatIpv6, NO_IPV6, parseIpv6, type Ipv6 } from "./address6.ts";
import { isNone, isV4, v4Of } from "./packet/address.ts";
import { CORE, CoreBlock, TEXT_BYTES } from "./packet/core-block.ts";
import { GIVEN_ADDRESS, GIVEN_SOURCE, NO_ADDRESS } from "./packet/fields.ts";
import { hasIpv6 } from "./packet/kernels/parts.ts";

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

/** Where a text lies that is read, and the end of that room. */
const TEXT = CORE + CoreBlock.offsets.text;
const TEXT_END = TEXT + TEXT_BYTES;

/**
 * Puts the address that a text says into memory, the arena: 16 bytes from `at` on, IPv4 mapped. Answers false for what is none, and then changes nothing; "::" is none in memory.
 * Compiled, as for the interpreter it would be a call for each character.
 */
export function addressPut(view: DataView, at: number, text: string): boolean {
	const end = asciiPut(view, TEXT, TEXT_END, false, text);
	return end > TEXT && addressRead(view, at, end - TEXT);
}

/** The same, and none for "". */
export function addressOrNonePut(view: DataView, at: number, text: string): void {
	if (!addressPut(view, at, text)) setNone(view, at);
}

/** The canonical text of an address in memory, "" for none. Allocates: for people and for what is rare. */
export function addressText(view: DataView, at: number): string {
	if (isV4(view, at)) return formatIpv4(v4Of(view, at));
	if (!hasIpv6() || isNone(view, at)) return "";
	return formatIpv6([view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)]);
}

/** The canonical text of an address, or undefined when the text is none. A mapped one is that of IPv4: in memory they are the same. */
export function canonicalAddress(text: string): string | undefined {
	if (parseIpv4(text) !== undefined) return text;
	const words = parseIpv6(text);
	if (words === undefined || !hasIpv6()) return undefined;
	return isMapped(words) ? formatIpv4(words[3]) : formatIpv6(words);
}

/** Puts an address where compiled functions that are called next find it: what something is done for or asked about. Answers where that is; NO_ADDRESS for "". Throws RangeError for what is none. */
export function given(view: DataView, address: string): number {
	return address === "" ? NO_ADDRESS : put(view, GIVEN_ADDRESS, address);
}

/** Likewise an address of IPv4 that a protocol of it has as an int32, 0 for none. */
export function givenV4(view: DataView, address: number): number {
	setV4OrNone(view, GIVEN_ADDRESS, address);
	return GIVEN_ADDRESS;
}

/** As `given`, beside it, for an address of ours. */
export function givenSource(view: DataView, address: string): number {
	return address === "" ? NO_ADDRESS : put(view, GIVEN_SOURCE, address);
}

function put(view: DataView, at: number, address: string): number {
	if (!addressPut(view, at, address)) throw new RangeError(`address "${address}": expected an IP address${lacking(address)}`);
	return at;
}

/** The end of a message about a text that was no address: what to do when it is one of IPv6, and the build has none. */
export function lacking(text: string): string {
	return !hasIpv6() && text.includes(":") ? `; ${NO_IPV6}` : "";
}

/** Bits of the addresses of the family that an address is of. */
export function familyBits(address: string): 32 | 128 {
	return hasIpv6() && address.includes(":") ? 128 : 32;
}

/** What a prefix of so many bits has in memory, where IPv4's are mapped. */
export function bitsInMemory(address: string, length: number): number {
	return 128 - familyBits(address) + length;
}

/** An address, or "" for the one of its family that stands for any: "0.0.0.0", "::". */
export function unlessAny(address: string): string {
	return address === "0.0.0.0" || address === "::" ? "" : address;
}

/** Whether it is an address of IPv6 that means something on one link alone, fe80::/10, by its canonical text. RFC 4291 §2.5.6. */
export function isNear(address: string): boolean {
	return hasIpv6() && address.indexOf(":") === 4 && address.startsWith("fe") && "89ab".includes(address.charAt(2));
}

/** Whether it is that of a group: RFC 5771 §3, RFC 4291 §2.7. */
export function isMulticast(address: string): boolean {
	if (hasIpv6() && familyBits(address) === 128) return address.startsWith("ff") && address.indexOf(":") === 4;
	const first = Number(address.slice(0, address.indexOf(".")));
	return first >= 224 && first < 240;
}

/** The first `length` bits of an address, the others 0. */
export function networkOf(address: string, length: number): string {
	const v4 = parseIpv4(address);
	if (!hasIpv6() || v4 !== undefined) return formatIpv4(v4! & maskOf(length));
	const [a, b, c, d] = parseIpv6(address)!;
	return formatIpv6([a & maskOf(length), b & maskOf(length - 32), c & maskOf(length - 64), d & maskOf(length - 96)]);
}

/** A word that begins with so many ones: none below 0, all from 32 on. */
function maskOf(ones: number): number {
	if (ones <= 0) return 0;
	return ones >= 32 ? -1 : -1 << (32 - ones);
}

/** Whether both begin with the same `length` bits. */
export function samePrefix(address: string, other: string, length: number): boolean {
	return familyBits(address) === familyBits(other) && networkOf(address, length) === networkOf(other, length);
}

/** Whether it may be that of a host: neither of a group, nor all, nor none. */
export function isHost(address: string): boolean {
	return !isMulticast(address) && unlessAny(address) !== "" && address !== "255.255.255.255";
}

/** The canonical text of an option. Throws TypeError or RangeError naming the option and its value. */
export function addressOption(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${String(value)}: expected an IP address as a string`);
	const address = canonicalAddress(value);
	if (address === undefined)
		throw new RangeError(`${name} "${value}": expected an IP address such as "192.168.77.1" or "2001:db8::1"${lacking(value)}`);
	return address;
}

/** The same, where only that of a host will do. */
export function hostOption(name: string, value: unknown): string {
	const address = addressOption(name, value);
	if (!isHost(address)) throw new RangeError(`${name} "${value}": expected the address of a host`);
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
		throw new RangeError(
			`"${text}": expected an IP address and a prefix length, as in "192.168.77.2/24" or "2001:db8::2/64"${lacking(text)}`,
		);
	return { address, length: Number(length) };
}
