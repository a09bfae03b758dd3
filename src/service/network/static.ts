// Static addresses: what an application says of them, checked as a whole before anything changes.

import { addressOf, ipv4Of, show, wholeOf } from "../../io/options.ts";
import { familyBits, isMulticast, isNear, networkOf, parsePrefix, samePrefix, unlessAny, type Prefix } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import { ADDRESSES_PER_INTERFACE } from "../../config.ts";
import { Route } from "../../ip/routes.ts";
import type { Interface, InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { StaticAddress } from "./types.ts";

export interface Settings {
	addresses: Prefix[];
	/** One of each family at most. */
	gateways: string[];
	/** Undefined: as they are. */
	dns: string[] | undefined;
}

/** Of one address of IPv4. */
function lengthOf(options: StaticAddress): number {
	if (options.prefix !== undefined) return wholeOf("prefix", options.prefix, 0, 32);
	const name = options.mask === undefined && options.netmask !== undefined ? "netmask" : "mask";
	const mask = parseIpv4(ipv4Of(name, options[name]))!;
	const length = Math.clz32(~mask);
	if (ipv4.mask(length) !== mask)
		throw new RangeError(`${name} "${options[name]}": expected ones before zeros, as in "255.255.255.0"`);
	return length;
}

/** The addresses that are said: in a list, or one with its mask or prefix. */
function addressesOf(options: StaticAddress): Prefix[] {
	const { addresses } = options;
	if (addresses === undefined) {
		const address = addressOf("address", options.address);
		const length = familyBits(address) === 32 ? lengthOf(options) : wholeOf("prefix", options.prefix, 0, 128);
		return [{ address, length }];
	}
	if (!Array.isArray(addresses) || addresses.length === 0)
		throw new TypeError(`addresses ${show(addresses)}: expected an array of texts such as "192.168.1.20/24"`);
	const both = (["address", "mask", "netmask", "prefix"] as const).find((name) => options[name] !== undefined);
	if (both !== undefined) throw new RangeError(`${both} ${show(options[both])}: expected it in addresses, or without them`);
	return addresses.map((text: string) => parsePrefix(text));
}

function checkAddress(stack: Stack, link: Interface, { address, length }: Prefix): void {
	const subnet = `${networkOf(address, length)}/${length}`;
	if (unlessAny(address) === "" || address === "::1" || address === "255.255.255.255" || isMulticast(address))
		throw new RangeError(`address "${address}": expected a unicast address`);
	const v4 = parseIpv4(address);
	if (v4 !== undefined && length < 31) {
		const hosts = ~ipv4.mask(length);
		if ((v4 & hosts) === 0 || (v4 & hosts) === hosts)
			throw new RangeError(`address "${address}": is that of the subnet ${subnet}, or its broadcast address`);
	}
	const owner = isNear(address) ? undefined : stack.interfaces.owner(address);
	if (owner !== undefined && owner !== link) throw new RangeError(`address "${address}": ${owner.name} has it already`);
}

function gatewaysOf({ gateway }: StaticAddress, addresses: readonly Prefix[]): string[] {
	const list = Array.isArray(gateway) ? (gateway as readonly string[]) : gateway === undefined ? [] : [gateway as string];
	const gateways: string[] = [];
	for (const text of list) {
		const address = unlessAny(addressOf("gateway", text));
		if (address === "") continue;
		const family = familyBits(address);
		if (gateways.some((other) => familyBits(other) === family))
			throw new RangeError(`gateway "${text}": expected one of each family at most`);
		const own = addresses.filter((each) => familyBits(each.address) === family);
		const near = own.some((each) => samePrefix(each.address, address, each.length)) || isNear(address);
		if (own.length === 0 || !near || own.some((each) => each.address === address)) {
			const subnets = own.map((each) => `${networkOf(each.address, each.length)}/${each.length}`);
			throw new RangeError(
				`gateway "${text}": expected another address of ${subnets.length > 0 ? subnets.join(", ") : "the family of addresses"}`,
			);
		}
		gateways.push(address);
	}
	return gateways;
}

/** Checks what is said. Throws TypeError or RangeError naming the value. */
export function settingsOf(stack: Stack, link: Interface, options: StaticAddress): Settings {
	if (typeof options !== "object") throw new TypeError(`static ${show(options)}: expected an object, or false`);
	const addresses = addressesOf(options);
	for (const [i, each] of addresses.entries()) {
		checkAddress(stack, link, each);
		if (addresses.findIndex(({ address }) => address === each.address) < i)
			throw new RangeError(`address "${each.address}": expected it once`);
	}
	const gateways = gatewaysOf(options, addresses);
	if (options.dns !== undefined && !Array.isArray(options.dns))
		throw new TypeError(`dns ${show(options.dns)}: expected an array of IP addresses`);
	const dns = options.dns?.map((server) => addressOf("dns", server));
	const stays = link.addresses.filter((entry) => !addressGoes(entry, addresses));
	if (stays.length + addresses.length > ADDRESSES_PER_INTERFACE)
		throw new RangeError(`static of ${link.name}: expected at most ${ADDRESSES_PER_INTERFACE - stays.length} addresses`);
	const stay = stack.routes.list.filter((route) => !goes(link, route, addresses)).length;
	const made = addresses.filter(({ address, length }) => length < familyBits(address)).length;
	if (stay + made + gateways.length > stack.core.limits.routes)
		throw new RangeError(`static of ${link.name}: all ${stack.core.limits.routes} routes are in use; raise the option "routes"`);
	return { addresses, gateways, dns };
}

/** Whether an address of the interface gives way to those that come: of IPv4 all, of IPv6 those that no router said or the interface made itself. */
function addressGoes({ address, lent }: InterfaceAddress, comes: readonly Prefix[]): boolean {
	const family = familyBits(address);
	return (family === 32 || (!lent && !isNear(address))) && comes.some((each) => familyBits(each.address) === family);
}

/** Whether a route goes with them: default routes, and those of the subnets of addresses that go. */
function goes(link: Interface, route: Route, comes: readonly Prefix[]): boolean {
	if (route.link !== link) return false;
	if (!route.connected) return isDefault(route) && comes.some(({ address }) => familyBits(address) === familyBits(route.network));
	return link.addresses.some(
		(own) => own.length === route.length && networkOf(own.address, own.length) === route.network && addressGoes(own, comes),
	);
}

/** Whether it is a default route that no router said, as those of IPv6 do. */
function isDefault({ length, lent, network }: Route): boolean {
	return length === 0 && (!lent || familyBits(network) === 32);
}

/** What goes where DHCP's address comes: of IPv4 everything. */
const BY_DHCP: readonly Prefix[] = [{ address: "0.0.0.0", length: 0 }];

/** Takes the interface's addresses that give way to those that come, and its default routes; `kept` stay. */
export function clear(
	stack: Stack,
	link: Interface,
	comes: readonly Prefix[] = BY_DHCP,
	kept: readonly InterfaceAddress[] = [],
): void {
	stack.routes.removeWhere((route) => !route.connected && goes(link, route, comes));
	for (const entry of link.addresses.slice()) if (addressGoes(entry, comes) && !kept.includes(entry)) link.removeAddress(entry);
}

/** Makes the interface what the settings say. An address that it has already stays, and its connections with it. */
export function apply(stack: Stack, link: Interface, settings: Settings): void {
	const { addresses, gateways, dns } = settings;
	const isKept = (entry: Prefix) => addresses.some((one) => one.address === entry.address && one.length === entry.length);
	const kept = link.addresses.filter(isKept);
	clear(stack, link, addresses, kept);
	for (const { address, length } of addresses)
		if (!kept.some((entry) => entry.address === address)) link.ip.insertAddress(address, length);
	for (const gateway of gateways)
		stack.routes.insert(new Route(familyBits(gateway) === 32 ? "0.0.0.0" : "::", 0, gateway, link, 0, false));
	if (dns !== undefined) link.ip.servers = dns;
}
