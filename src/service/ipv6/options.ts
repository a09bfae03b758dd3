// What an Autoconfiguration may be told, and the checks of it.

import { familyBits, parsePrefix, type Prefix } from "../../address.ts";
import { show } from "../../io/options.ts";

export interface Options<This> {
	/** "auto" (default): a link-local address, and what routers say. "static": what `addresses` has, and a link-local address; routers are not heard. */
	mode?: "auto" | "static";
	/** Addresses such as "2001:db8::2/64", each tried before it is used. */
	addresses?: readonly string[];
	/** Added to the interface's metric for its routes; 0 when missing. */
	metric?: number;
	/** Addresses of routers' prefixes that last a day, and are a source before the others: RFC 8981. False when missing. */
	temporary?: boolean;
	/** Eight bytes from which identifiers are made (RFC 7217), the same at every start; of the hardware address when missing. */
	secret?: Uint8Array;
	/** Addresses or routers have changed. */
	onChanged?: (this: This) => void;
}

/** The options with every default filled in. */
export interface Settings {
	readonly mode: "auto" | "static";
	readonly given: readonly Prefix[];
	readonly metric: number;
	readonly temporary: boolean;
	readonly secret: Uint8Array;
}

/** Checks the options for an interface with that hardware address, if it has one. Throws RangeError naming the option and its value. */
export function settingsOf(options: Omit<Options<never>, "onChanged">, mac: Uint8Array | undefined): Settings {
	const { mode = "auto", addresses = [], metric = 0, temporary = false, secret } = options;
	if (typeof temporary !== "boolean") throw new TypeError(`temporary ${show(temporary)}: expected true or false`);
	if (mode !== "auto" && mode !== "static") throw new RangeError(`ipv6 ${show(mode)}: expected "auto" or "static"`);
	if (secret !== undefined && secret.length !== 8) throw new RangeError(`secret of ${secret.length} bytes: expected 8`);
	const given = addresses.map((text) => {
		const each = parsePrefix(text);
		if (familyBits(each.address) === 128) return each;
		throw new RangeError(`addresses "${text}": expected an IPv6 address and a prefix length, as in "2001:db8::2/64"`);
	});
	return {
		mode,
		given,
		metric,
		temporary,
		secret: secret ?? Uint8Array.from({ length: 8 }, (_, i) => (mac?.[i % 6] ?? 0) ^ (i * 37)),
	};
}
