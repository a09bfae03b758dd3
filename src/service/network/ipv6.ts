// Whether an interface has IPv6, as an application says it.

import { familyBits } from "../../address.ts";
import { autoconfiguration, type Autoconfigure } from "../../io/current.ts";
import { show } from "../../io/options.ts";
import type { Interface } from "../../link/interface.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Stack } from "../../stack.ts";
import type { ConfigureOptions } from "./types.ts";

type Mode = NonNullable<ConfigureOptions["ipv6"]>;

/** Checks what is said. Answers what gives the interface its Autoconfiguration, where it is to have one and has none. Throws TypeError or RangeError naming the value. */
export function checkMode(
	link: Interface,
	mode: Mode | undefined,
	addresses: readonly { address: string }[],
): Autoconfigure | undefined {
	if (mode === undefined) return undefined;
	if (typeof mode !== "string") throw new TypeError(`ipv6 ${show(mode)}: expected "auto", "static" or "off"`);
	if (mode === "off") {
		const six = addresses.find(({ address }) => familyBits(address) === 128);
		if (six !== undefined) throw new RangeError(`address "${six.address}": ipv6 is "off"; remove one of both`);
		return undefined;
	}
	const what = `ipv6 ${show(mode)} of ${link.name}`;
	if (mode !== "auto" && mode !== "static") throw new RangeError(`${what}: expected "auto", "static" or "off"`);
	const make = hasIpv6() ? autoconfiguration() : undefined;
	if (make === undefined) throw new RangeError(`${what}: there is no IPv6; it comes with import "multihome/ipv6"`);
	if (link.discovery === undefined) throw new RangeError(`${what}: is ${link.kind}, on which no routers are heard`);
	return link.ip.discovery === undefined ? make : undefined;
}

/** Has it so. Throws what an Autoconfiguration throws that `make` gives it; then nothing has changed. */
export function applyMode(stack: Stack, link: Interface, mode: Mode, make: Autoconfigure | undefined): void {
	const { ip } = link;
	if (mode !== "off") {
		make?.(stack, link, mode);
		if (ip.discovery !== undefined) ip.discovery.mode = mode;
		return;
	}
	if (ip.discovery !== undefined) ip.discovery.mode = mode;
	stack.routes.removeWhere((route) => route.link === link && !route.connected && familyBits(route.network) === 128);
	for (const entry of ip.addresses.slice()) if (familyBits(entry.address) === 128) ip.removeAddress(entry);
}
