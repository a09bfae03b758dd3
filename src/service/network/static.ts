// A static address: what an application says of it, checked as a whole before anything changes.

import { ipv4Of, show, wholeOf } from "../../io/options.ts";
import { isMulticast, networkOf, samePrefix, unlessAny } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import { Route } from "../../ip/routes.ts";
import type { Interface, InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { StaticAddress } from "./types.ts";

export interface Settings {
	address: string;
	length: number;
	/** "" for none. */
	gateway: string;
	/** Undefined: as they are. */
	dns: string[] | undefined;
}

function lengthOf(options: StaticAddress): number {
	if (options.prefix !== undefined) return wholeOf("prefix", options.prefix, 0, 32);
	const name = options.mask === undefined && options.netmask !== undefined ? "netmask" : "mask";
	const mask = parseIpv4(ipv4Of(name, options[name]))!;
	const length = Math.clz32(~mask);
	if (ipv4.mask(length) !== mask)
		throw new RangeError(`${name} "${options[name]}": expected ones before zeros, as in "255.255.255.0"`);
	return length;
}

/** Checks what is said. Throws TypeError or RangeError naming the value. */
export function settingsOf(stack: Stack, link: Interface, options: StaticAddress): Settings {
	if (typeof options !== "object") throw new TypeError(`static ${show(options)}: expected an object, or false`);
	const address = ipv4Of("address", options.address);
	const length = lengthOf(options);
	const subnet = `${networkOf(address, length)}/${length}`;
	const v4 = parseIpv4(address)!;
	const hosts = ~ipv4.mask(length);
	if (unlessAny(address) === "" || v4 === ipv4.BROADCAST || isMulticast(address))
		throw new RangeError(`address "${options.address}": expected a unicast address`);
	if (length < 31 && ((v4 & hosts) === 0 || (v4 & hosts) === hosts))
		throw new RangeError(`address "${options.address}": is that of the subnet ${subnet}, or its broadcast address`);
	const owner = stack.interfaces.owner(address);
	if (owner !== undefined && owner !== link) throw new RangeError(`address "${options.address}": ${owner.name} has it already`);
	const gateway = options.gateway === undefined ? "" : unlessAny(ipv4Of("gateway", options.gateway));
	if (gateway !== "" && (gateway === address || !samePrefix(gateway, address, length)))
		throw new RangeError(`gateway "${options.gateway}": expected another address of ${subnet}`);
	if (options.dns !== undefined && !Array.isArray(options.dns))
		throw new TypeError(`dns ${show(options.dns)}: expected an array of IPv4 addresses`);
	const dns = options.dns?.map((server) => ipv4Of("dns", server));
	const stay = stack.routes.list.filter((route) => !goes(link, route)).length;
	if (stay + (length < 32 ? 1 : 0) + (gateway === "" ? 0 : 1) > stack.core.limits.routes)
		throw new RangeError(`static of ${link.name}: all ${stack.core.limits.routes} routes are in use; raise the option "routes"`);
	return { address, length, gateway, dns };
}

/** Whether a route goes when the interface gets another address: its default routes, and those of its subnets. */
function goes(link: Interface, route: Route): boolean {
	if (route.link !== link) return false;
	if (!route.connected) return route.length === 0;
	return link.addresses.some((own) => own.length === route.length && networkOf(own.address, own.length) === route.network);
}

/** Takes the interface's addresses but `kept`, and its default routes. */
export function clear(stack: Stack, link: Interface, kept?: InterfaceAddress): void {
	stack.routes.removeWhere((route) => route.link === link && route.length === 0 && !route.connected);
	for (const entry of link.addresses.slice()) if (entry !== kept) link.removeAddress(entry);
}

/** Makes the interface what the settings say. An address that it has already stays, and its connections with it. */
export function apply(stack: Stack, link: Interface, settings: Settings): void {
	const { address, length, gateway, dns } = settings;
	const kept = link.addresses.find((entry) => entry.address === address && entry.length === length);
	clear(stack, link, kept);
	if (kept === undefined) link.ip.insertAddress(address, length);
	if (gateway !== "") stack.routes.insert(new Route("0.0.0.0", 0, gateway, link, 0, false));
	if (dns !== undefined) link.ip.servers = dns;
}
