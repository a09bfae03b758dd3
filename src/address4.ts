// IPv4 addresses as text and as an int32, which is what protocols of IPv4 alone have them as: strict dotted decimal, four numbers, no leading zeros (RFC 6943 §3.1.1).
// address.ts has what knows both families.

/** The address as an int32, or undefined when the text is none. */
export function parseIpv4(text: string): number | undefined {
	// One expression for all four, as each that is looked for is made anew.
	const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
	if (match === null) return undefined;
	let address = 0;
	for (let i = 1; i <= 4; i++) {
		const part = Number(match[i]);
		if (part > 255) return undefined;
		address = (address << 8) | part;
	}
	return address;
}

/** Whether a text is an IPv4 address as the stack takes it: "192.168.77.2", without leading zeros. */
export function isIpv4(text: string): boolean {
	return parseIpv4(text) !== undefined;
}

/** The int32 of an option. Throws TypeError or RangeError naming the option and its value. */
export function ipv4Option(name: string, value: unknown): number {
	if (typeof value !== "string") throw new TypeError(`${name} ${String(value)}: expected an IPv4 address as a string`);
	const address = parseIpv4(value);
	if (address === undefined) throw new RangeError(`${name} "${value}": expected an IPv4 address such as "192.168.77.1"`);
	return address;
}

/** An address as text, null for 0, which is none. */
export function ipv4OrNull(address: number): string | null {
	return address === 0 ? null : formatIpv4(address);
}

/** Dotted decimal. Allocates: for people, not for packets. */
export function formatIpv4(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export interface Ipv4Prefix {
	address: number;
	length: number;
}

/** "192.168.77.2/24". Throws RangeError naming the text, TypeError when it is none. */
export function parseIpv4Prefix(text: string): Ipv4Prefix {
	if (typeof text !== "string") throw new TypeError(`${String(text)}: expected a string such as "192.168.77.2/24"`);
	const slash = text.indexOf("/");
	const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
	const length = text.slice(slash + 1);
	if (slash < 0 || address === undefined || !/^[0-9]{1,2}$/.test(length) || Number(length) > 32)
		throw new RangeError(`"${text}": expected an IPv4 address and a prefix length, as in "192.168.77.2/24"`);
	return { address, length: Number(length) };
}
