// What board files say of IPv6: addresses of both families stand in one list, and the mode in a word.

import { canonicalAddress, isMulticast, networkOf, parsePrefix, samePrefix } from "../../src/address.ts";
import { ADDRESSES_PER_INTERFACE } from "../../src/config.ts";
import { LEAST_MTU } from "../../src/wire/ipv6.ts";
import { bridgeWith } from "./bridge.ts";
import type { BoardFile, BoardInterface, BoardRoute } from "./config.ts";

/** What a board file may say in a word. */
type Mode = "auto" | "static" | "off";

/** What is wrong with an IPv6 prefix that stands among an interface's addresses; undefined when nothing is. */
function prefixProblem(text: string): string | undefined {
	try {
		const { address } = parsePrefix(text);
		return isMulticast(address) || address === "::" || address === "::1"
			? "expected an address that one host may have"
			: undefined;
	} catch {
		return `expected an IP address and a prefix length, as in "192.168.77.2/24" or "2001:db8::2/64"`;
	}
}

/** Whether routers may be heard on it: else it has the addresses that the file gives it, and no link-local one. */
function hearsRouters({ link = "ethernet" }: BoardInterface): boolean {
	return link === "ethernet" || link === "vlan" || link === "bridge" || link === "ppp";
}

/** Whether an interface has IPv6 where the file does not say: if it hears routers, and packets are as long as RFC 8200 §5 wants them. */
function usuallyHas(interface_: BoardInterface, { interfaces }: BoardFile): boolean {
	const { parent, ppp } = interface_;
	if (!hearsRouters(interface_) || ppp?.["ipv6"] === false) return false;
	const { mtu = LEAST_MTU } =
		interface_.link === "vlan" ? { ...interfaces.find(({ name }) => name === parent), ...interface_ } : interface_;
	return Math.min(mtu, (ppp?.["mru"] as number | undefined) ?? LEAST_MTU) >= LEAST_MTU;
}

/** Has `addresses` only IPv4's, and `ipv6` those of IPv6 and the mode, as boot.ts takes it; nothing where there is none. Answers what is wrong, with the interface's value. */
export function settleIpv6(interface_: BoardInterface, file: BoardFile): string | undefined {
	const { addresses = [], link, ppp } = interface_;
	const given = interface_.ipv6 as Mode | Exclude<BoardInterface["ipv6"], string>;
	if (!hearsRouters(interface_) && given !== undefined && given !== "off" && given !== "static")
		return `ipv6 ${JSON.stringify(given)}: nobody says addresses on ${link}; expected "static" or "off", and those of IPv6 in addresses`;
	const bridge = bridgeWith(interface_, file);
	if (bridge !== undefined && given !== undefined && given !== "off")
		return `ipv6 ${JSON.stringify(given)}: is not for a port of a bridge; say it of ${bridge.name}`;
	const six = addresses.filter((text) => text.includes(":"));
	for (const [i, text] of addresses.entries()) {
		if (!text.includes(":")) continue;
		const place = `addresses[${i}] "${text}"`;
		if (given === "off") return `${place}: ipv6 is "off" there; remove one of both`;
		if (ppp?.["ipv6"] === false) return `${place}: ppp.ipv6 is false there; remove one of both`;
		const problem = prefixProblem(text);
		if (problem !== undefined) return `${place}: ${problem}`;
	}
	const said = typeof given === "object" ? given : {};
	const all = [...six, ...(said.addresses ?? [])];
	const most = ADDRESSES_PER_INTERFACE - (hearsRouters(interface_) ? 1 : 0) - (addresses.length - six.length);
	if (all.length > most)
		return `addresses: has ${all.length} of IPv6; expected at most ${most}, as an interface has ${ADDRESSES_PER_INTERFACE} with the link-local one`;
	const has = given === undefined ? all.length > 0 || (bridge === undefined && usuallyHas(interface_, file)) : given !== "off";
	if (!has) delete interface_.ipv6;
	else if (given === "static" || typeof given === "object" || all.length > 0)
		interface_.ipv6 = { ...said, ...(given === "static" && { mode: given }), ...(all.length > 0 && { addresses: all }) };
	else interface_.ipv6 = "auto";
	// Without IPV6CP there is no IPv6.
	if (link === "ppp") interface_.ppp = { ...ppp, ipv6: has };
	if (six.length > 0) interface_.addresses = addresses.filter((text) => !text.includes(":"));
	return undefined;
}

/** Whether an interface asks DHCPv6 servers. */
export function hasDhcp6({ ipv6 }: BoardInterface): boolean {
	return typeof ipv6 === "object" && ipv6.dhcp !== undefined && ipv6.dhcp !== false;
}

/** What is wrong with what an interface asks DHCPv6 for; undefined when nothing is. */
export function dhcp6Problem(interface_: BoardInterface, { interfaces }: BoardFile): string | undefined {
	const { ipv6, name } = interface_;
	if (typeof ipv6 !== "object") return undefined;
	const { dhcp, delegate = [], mode } = ipv6;
	if (dhcp === true && mode === "static")
		return `ipv6.dhcp true: routers are not heard in mode "static"; expected "stateless" or "address"`;
	if (delegate.length > 0 && !hasDhcp6(interface_))
		return `ipv6.delegate: is for an interface with ipv6.dhcp; add that, or remove it`;
	const others = interfaces.filter((each) => each !== interface_).map((each) => each.name);
	const i = delegate.findIndex((text) => !others.includes(text));
	return i < 0
		? undefined
		: `ipv6.delegate[${i}] "${delegate[i]}": expected another interface than ${name}: ${others.join(", ") || "there is none"}`;
}

const LINK_LOCAL = "fe80::";

/** Has `gateway` only that of IPv4. Answers the default route by that of IPv6, if there is one, or what is wrong, with the interface's value. */
export function settleGateways(interface_: BoardInterface): { problem?: string; route?: BoardRoute } {
	const given = interface_.gateway as string | string[] | undefined;
	const list = typeof given === "string" ? [given] : (given ?? []);
	const six = list.filter((text) => text.includes(":"));
	const four = list.filter((text) => !text.includes(":"));
	if (six.length > 1 || four.length > 1)
		return { problem: `gateway ${JSON.stringify(list)}: expected one of each family at most` };
	if (four.length === 0) delete interface_.gateway;
	else interface_.gateway = four[0]!;
	if (six.length === 0) return {};
	const problem = neighborProblem(interface_, six[0]!);
	if (problem !== undefined) return { problem: `gateway "${six[0]}": ${problem}` };
	return { route: { prefix: "::/0", gateway: six[0]!, interface: interface_.name } };
}

/** What is wrong with an address of IPv6 that is to be a router's behind that interface, once it is settled. */
function neighborProblem({ name, ipv6, link = "ethernet" }: BoardInterface, text: string): string | undefined {
	const address = canonicalAddress(text);
	if (address === undefined || !address.includes(":") || isMulticast(address) || address === "::" || address === "::1")
		return "expected an address that one host may have";
	if (link !== "ethernet" && link !== "vlan" && link !== "bridge")
		return `${link} has one neighbour; name the interface alone in a route`;
	if (ipv6 === undefined) return `${name} has no IPv6; give it "ipv6": "auto", or an address of IPv6`;
	if (samePrefix(address, LINK_LOCAL, 10) || typeof ipv6 === "string" || ipv6.mode !== "static") return undefined;
	const own = (ipv6.addresses ?? []).map(parsePrefix);
	if (own.some((prefix) => prefix.address === address)) return "is the board's own address; expected another";
	return own.some((prefix) => samePrefix(prefix.address, address, prefix.length))
		? undefined
		: 'expected an address in a subnet of this interface, or a link-local one, as in "fe80::1"';
}

/** What is wrong with a route of IPv6, with its value; undefined when nothing is. */
export function routeProblem6(route: BoardRoute, file: BoardFile): string | undefined {
	const { prefix, gateway } = route;
	let parsed;
	try {
		parsed = parsePrefix(prefix);
	} catch {
		return `.prefix "${prefix}": expected an IP address and a prefix length, as in "10.0.0.0/8" or "2001:db8::/32"`;
	}
	const network = networkOf(parsed.address, parsed.length);
	if (network !== parsed.address) return `.prefix "${prefix}": expected ${network}/${parsed.length}, without host bits`;
	if (gateway !== undefined && !gateway.includes(":")) return `.gateway "${gateway}": expected one of the prefix's family, IPv6`;
	if (route.interface === undefined) {
		if (gateway === undefined) return ": expected an interface or a gateway";
		return interfaceTowards6(file, gateway) === undefined
			? `.gateway "${gateway}": expected an address in a subnet of an interface; for any other name the interface`
			: undefined;
	}
	const link = file.interfaces.find(({ name }) => name === route.interface);
	if (link === undefined) return undefined;
	if (gateway === undefined)
		return link.ipv6 === undefined
			? `.interface "${link.name}": has no IPv6; give it "ipv6": "auto", or an address of IPv6`
			: undefined;
	const problem = neighborProblem(link, gateway);
	return problem === undefined ? undefined : `.gateway "${gateway}": ${problem}`;
}

/** The interface in whose subnet an address of IPv6 lies, by the addresses that the file gives. */
export function interfaceTowards6(file: BoardFile, text: string): BoardInterface | undefined {
	const address = canonicalAddress(text);
	if (address === undefined) return undefined;
	return file.interfaces.find(({ ipv6 }) => {
		const own = typeof ipv6 === "object" ? (ipv6.addresses ?? []) : [];
		return own.map(parsePrefix).some((prefix) => samePrefix(prefix.address, address, prefix.length));
	});
}
