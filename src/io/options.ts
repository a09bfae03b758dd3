// Checks of what applications pass. A wrong type is a TypeError, a wrong value a RangeError; both name the value and what was expected.

import { NETWORK_PATIENCE_MS } from "../config.ts";
import { canonicalAddress, familyBits, isMulticast, lacking, unlessAny } from "../address.ts";
import { isIpv4 } from "../address4.ts";
import { NO_IPV6, parseScoped } from "../address6.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { fastOpens, type Tcp } from "../transport/tcp/tcp.ts";
import type { Bytes, Format, TCPOptions } from "./types.ts";

// Made by a call, so that the build does not put the literal where it is used: on XS each use of one allocates, and this is on the data path.
const NUMBER = String("number");

/** The value as a message shows it; never throws. */
export function show(value: unknown): string {
	if (typeof value === "string") return `"${value.length > 40 ? value.slice(0, 40) + "…" : value}"`;
	if (typeof value === "object" && value !== null) return "an object";
	if (typeof value === "function") return "a function";
	return String(value);
}

/** Options are an object; theirs may be frozen, and may have keys that we do not know. */
export function objectOption<T>(options: T): T {
	if (typeof options !== "object" || options === null) throw new TypeError(`options ${show(options)}: expected an object`);
	return options;
}

/** A port of `low` to 65535, as a number or in decimal digits. */
export function portOf(value: unknown, low: number): number {
	if (typeof value !== NUMBER) return portOf(numberOf(value, low), low);
	const port = value as number;
	if (port !== (port & 0xffff) || port < low) throw new RangeError(`port ${port}: expected ${low} to 65535`);
	return port;
}

/** The number that a text of decimal digits stands for. */
function numberOf(value: unknown, low: number): number {
	if (typeof value === "string" && /^[0-9]{1,5}$/.test(value)) return Number(value);
	throw new TypeError(`port ${show(value)}: expected a number from ${low} to 65535`);
}

/** The port to bind to. Left out: 0, any. Given as undefined it is a mistake in the program, as in Moddable. */
export function localPortOf(options: { port?: unknown }): number {
	if (!("port" in options)) return 0;
	if (options.port === undefined) throw new Error("port undefined: expected 0 to 65535, or the option left out");
	return portOf(options.port, 0);
}

/** The canonical text of an address. */
export function addressOf(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${show(value)}: expected an IP address as a string`);
	const address = canonicalAddress(value);
	if (address !== undefined) return address;
	if (hasIpv6() && parseScoped(value) !== undefined)
		throw new RangeError(
			`${name} ${show(value)}: expected an address without a zone here; name the interface by the option "interface"`,
		);
	throw new RangeError(
		`${name} ${show(value)}: expected an IP address, as in "192.168.77.2" or "2001:db8::2"; names need a resolver${lacking(value)}`,
	);
}

/** The text of an address of IPv4. */
export function ipv4Of(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${show(value)}: expected an IPv4 address as a string`);
	if (!isIpv4(value)) throw new RangeError(`${name} ${show(value)}: expected an IPv4 address, as in "192.168.77.2"`);
	return value;
}

/** A group, of that family (0: of any). RFC 1112 §4, RFC 4291 §2.7. */
export function groupOf(name: string, value: unknown, family = 0): string {
	const address = addressOf(name, value);
	if (family !== 0 && familyBits(address) !== (family === 4 ? 32 : 128))
		throw new RangeError(`${name} ${show(value)}: expected a group of IPv${family}, the only family of the socket`);
	if (!isMulticast(address))
		throw new RangeError(`${name} ${show(value)}: expected a multicast group, "224.0.0.0" to "239.255.255.255" or "ff…"`);
	return address;
}

/** A time to live, RFC 1122 §3.2.1.7; 0 when there is none. */
export function ttlOf(name: string, value: unknown): number {
	return value === undefined ? 0 : wholeOf(name, value, 1, 255);
}

/** A differentiated services code point, RFC 2474 §3; -1 when there is none. */
export function dscpOf(value: unknown): number {
	return value === undefined ? -1 : wholeOf("dscp", value, 0, 63);
}

/** The address to bind to; "" for any. */
export function localAddressOf(options: { address?: unknown }): string {
	return options.address === undefined ? "" : unlessAny(addressOf("address", options.address));
}

/** The only family that a socket takes which is bound to no address of it, 4 or 6; 0: both, or the address's. */
export function familyOf(text: string | undefined, ipv6Only: unknown): number {
	const alone = ipv6Only !== undefined && flagOf("ipv6Only", ipv6Only);
	if (alone && !hasIpv6()) throw new RangeError(`ipv6Only true: expected it in a build with IPv6; ${NO_IPV6}`);
	if (alone && text !== undefined && familyBits(text) === 32)
		throw new RangeError(`ipv6Only true: expected an address of IPv6 or none, not "${text}"`);
	if (!hasIpv6() || unlessAny(text ?? "") !== "") return 0;
	if (text === "0.0.0.0") return 4;
	return alone ? 6 : 0;
}

export function callbackOf<T>(name: string, value: T | undefined): T | undefined {
	if (value !== undefined && typeof value !== "function") throw new TypeError(`${name} ${show(value)}: expected a function`);
	return value;
}

/** Whether the format is "number". */
export function numberFormat(value: Format | undefined): boolean {
	if (value === "number") return true;
	if (value !== undefined && value !== "buffer") throw badFormat(value);
	return false;
}

export function badFormat(value: unknown): RangeError {
	return new RangeError(`format ${show(value)}: expected "buffer" or "number"`);
}

export function fixedFormat(value: unknown, only: string): void {
	if (value !== undefined && value !== only) throw new RangeError(`format ${show(value)}: expected "${only}"`);
}

export function flagOf(name: string, value: unknown): boolean {
	if (typeof value !== "boolean") throw new TypeError(`${name} ${show(value)}: expected true or false`);
	return value;
}

/** A whole number of `low` to `high`. */
export function wholeOf(name: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number") throw new TypeError(`${name} ${show(value)}: expected a number from ${low} to ${high}`);
	if (value !== Math.floor(value) || value < low || value > high)
		throw new RangeError(`${name} ${value}: expected a whole number from ${low} to ${high}`);
	return value;
}

/** Bytes a second; -1 when nothing is said. */
export function leastRateOf(value: unknown): number {
	return value === undefined ? -1 : wholeOf("leastRate", value, 0, 0x7fffffff);
}

/** How many bytes to read of those that are there. Error for more, as the SDK's tests want it. */
export function countOf(value: unknown, available: number): number {
	if (typeof value !== NUMBER) throw new TypeError(`read ${show(value)}: expected a number of bytes, or a buffer`);
	const count = value as number;
	if (count !== Math.floor(count) || count < 1 || count > available)
		throw new Error(`read ${count}: expected 1 to ${available}, the bytes that are there`);
	return count;
}

/** How many connections may be open before their handshakes are done: `all` for true, 0 for none. The transport must have Fast Open. */
export function fastOpenOf(tcp: Tcp, value: unknown, all: number): number {
	if (value === undefined || value === false) return 0;
	const most = value === true ? all : wholeOf("fastOpen", value, 0, all);
	if (most !== 0 && !fastOpens(tcp))
		throw new Error(`fastOpen ${show(value)}: expected the option "tcp": {"fastOpen": true} of the stack, or of the board file`);
	return most;
}

/** Two hours, RFC 9293 §3.8.4. */
const KEEP_ALIVE_MS = 7_200_000;

/** Keep-alive: silence before the first probe and between two, ms, and how many there are; `idle` -1 when nothing is said, 0 for none. What is undefined is as usual. */
export function keepAliveOf(value: TCPOptions["keepAlive"]): {
	idle: number;
	interval?: number | undefined;
	count?: number | undefined;
} {
	if (value === undefined) return { idle: -1 };
	if (typeof value !== "object" || value === null) return { idle: idleOf("keepAlive", value) };
	const { idle = true, interval, count } = value;
	if (interval !== undefined) wholeOf("keepAlive.interval", interval, 1, 0x7fffffff);
	if (count !== undefined) wholeOf("keepAlive.count", count, 1, 0x7fffffff);
	return { idle: idleOf("keepAlive.idle", idle), interval, count };
}

function idleOf(name: string, value: boolean | number): number {
	return value === true ? KEEP_ALIVE_MS : value === false ? 0 : wholeOf(name, value, 0, 0x7fffffff);
}

/** Milliseconds that a way is waited for while an interface is still coming up. */
export function networkTimeoutOf(value: unknown): number {
	return value === undefined ? NETWORK_PATIENCE_MS : wholeOf("networkTimeout", value, 0, 0x7fffffff);
}

/** Size of what may be read into or written, bytes. */
export function sizeOf(data: Bytes): number {
	const size = (data as Bytes | undefined)?.byteLength;
	if (typeof size !== NUMBER) throw new TypeError(`data ${show(data)}: expected an ArrayBuffer or a view of one`);
	return size!;
}

/** Throws for a part that does not lie within the buffer. */
export function badPart(offset: unknown, length: unknown, size: number): never {
	const fault = typeof offset !== "number" || typeof length !== "number" ? TypeError : RangeError;
	throw new fault(`part of ${show(length)} bytes at ${show(offset)}: expected it within the ${size} bytes of the buffer`);
}

/** Checks a host name: the one that DHCP gives, or is to. */
export function hostnameOf(value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`hostname ${show(value)}: expected a text`);
	// The length apart: XS 13.3 lets more than {0,61} pass.
	if (value.length > 63 || !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value))
		throw new RangeError(`hostname ${show(value)}: expected 1 to 63 letters, digits, "-" or "."`);
	return value;
}
