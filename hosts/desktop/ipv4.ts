// IPv4 addresses as text and int32, for the command line and the gateway.

/** "192.168.77.2" as an int32. Takes only what the board schema lets through. */
export function parseAddress(text: string): number {
	let value = 0;
	for (const part of text.split(".")) value = (value << 8) | Number(part);
	return value;
}

export function formatAddress(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export interface Prefix {
	address: number;
	length: number;
	mask: number;
}

export function parsePrefix(text: string): Prefix {
	const slash = text.indexOf("/");
	const length = Number(text.slice(slash + 1));
	return { address: parseAddress(text.slice(0, slash)), length, mask: maskOf(length) };
}

function maskOf(length: number): number {
	// A shift by 32 would be one by 0.
	return length === 0 ? 0 : -1 << (32 - length);
}

export function contains(prefix: Prefix, address: number): boolean {
	return ((prefix.address ^ address) & prefix.mask) === 0;
}

/** Whether a host in that subnet may have the address: not the subnet's own, nor its broadcast (RFC 3021 excepts /31). */
export function isHost(prefix: Prefix): boolean {
	if (prefix.length >= 31) return true;
	const host = prefix.address & ~prefix.mask;
	return host !== 0 && host !== ~prefix.mask;
}

/** Whether an interface may have the address at all: RFC 1122 §3.2.1.3. */
export function isUnicast(address: number): boolean {
	const first = address >>> 24;
	return first !== 0 && first !== 127 && first < 224;
}
