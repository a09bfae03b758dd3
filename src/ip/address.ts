// IPv4 addresses as text: strict dotted decimal, four numbers, no leading zeros (RFC 6943 §3.1.1).

/** The address as an int32, or undefined when the text is none. */
export function parseIpv4(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length !== 4) return undefined;
	let address = 0;
	for (const part of parts) {
		if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
		address = (address << 8) | Number(part);
	}
	return address;
}

/** Dotted decimal. Allocates: for people, not for packets. */
export function formatIpv4(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export interface Prefix {
	address: number;
	length: number;
}

/** "192.168.77.2/24". Throws RangeError naming the text. */
export function parsePrefix(text: string): Prefix {
	const slash = text.indexOf("/");
	const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
	const length = text.slice(slash + 1);
	if (slash < 0 || address === undefined || !/^[0-9]{1,2}$/.test(length) || Number(length) > 32)
		throw new RangeError(`"${text}": expected an IPv4 address and a prefix length, as in "192.168.77.2/24"`);
	return { address, length: Number(length) };
}
