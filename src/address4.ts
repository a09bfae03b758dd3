// IPv4 addresses as text and as an int32, which is what protocols of IPv4 alone have them as: strict dotted decimal, four numbers, no leading zeros (RFC 6943 §3.1.1).
// address.ts has what knows both families.

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** The address as an int32, or undefined when the text is none. Without a regular expression: on XS each use of one compiles it, which takes long. */
export function parseIpv4(text: string): number | undefined {
	const { length } = text;
	let address = 0;
	let parts = 0;
	let part = -1; // no digit yet
	for (let i = 0; i < length; i++) {
		const code = text.charCodeAt(i);
		if (code === DOT) {
			if (part < 0 || parts === 3) return undefined;
			address = (address << 8) | part;
			parts++;
			part = -1;
		} else {
			if (code < ZERO || code > NINE || part === 0) return undefined;
			part = part < 0 ? code - ZERO : part * 10 + code - ZERO;
			if (part > 255) return undefined;
		}
	}
	return part < 0 || parts !== 3 ? undefined : (address << 8) | part;
}

/** Whether a text is an IPv4 address as the stack takes it: "192.168.77.2", without leading zeros. */
export function isIpv4(text: string): boolean {
	return parseIpv4(text) !== undefined;
}

/** The text of an option that is an IPv4 address. Throws TypeError or RangeError naming the option and its value. */
export function ipv4Option(name: string, value: unknown): string {
	if (typeof value !== "string") throw new TypeError(`${name} ${String(value)}: expected an IPv4 address as a string`);
	if (!isIpv4(value)) throw new RangeError(`${name} "${value}": expected an IPv4 address such as "192.168.77.1"`);
	return value;
}

/** The text of an int32, "" for 0, which is none. */
export function ipv4Text(address: number): string {
	return address === 0 ? "" : formatIpv4(address);
}

/** Dotted decimal. Allocates: for people, not for packets. */
export function formatIpv4(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
