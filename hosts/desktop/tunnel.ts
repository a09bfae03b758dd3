// What a board file says of tunnels, checked.

import { canonicalAddress, familyBits, isMulticast, isNear, parsePrefix } from "../../src/address.ts";
import type { BoardFile, BoardInterface } from "./config.ts";

/** Kinds of links that are tunnels. */
const KINDS: readonly string[] = ["gre", "ipip", "sixInFour"];

export function isTunnel({ link }: BoardInterface): boolean {
	return link !== undefined && KINDS.includes(link);
}

/** Of the tunnel's options what the file says, as boot.ts takes them; undefined where the interface is none. */
export function tunnelOf(interface_: BoardInterface): Record<string, unknown> | undefined {
	if (!isTunnel(interface_)) return undefined;
	const { link: kind, local, remote, key, sequence, checksum, keepalive, hops } = interface_;
	const said = Object.entries({ kind, local, remote, key, sequence, checksum, keepalive, hops });
	return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

/** Its addresses of both families. */
function addressesOf({ addresses = [], ipv6 }: BoardInterface): string[] {
	return [...addresses, ...((typeof ipv6 === "object" ? ipv6.addresses : undefined) ?? [])];
}

const IDLE = "expected an address that one host has, and on more than one link";

/** What is wrong with an end of a tunnel; undefined when nothing is. */
function endProblem(what: "local" | "remote", text: string | undefined): string | undefined {
	if (text === undefined)
		return `${what}: missing; expected the address of ${what === "local" ? "the board's" : "the other"} end`;
	const address = canonicalAddress(text);
	const none =
		address === undefined || isMulticast(address) || isNear(address) || ["0.0.0.0", "::", "255.255.255.255"].includes(address);
	return none ? `${what} "${text}": ${IDLE}` : undefined;
}

/** Whether the board may come to addresses of that family which the file does not say. */
function learnsAddresses({ interfaces }: BoardFile, six: boolean): boolean {
	return interfaces.some(({ link, linkLocal, dhcp, ipv6 }) =>
		six
			? ipv6 === "auto" || (typeof ipv6 === "object" && ipv6.mode !== "static")
			: link === "ppp" || linkLocal === true || Boolean(dhcp),
	);
}

/** What is wrong with the interface as a tunnel, with its value; undefined when nothing is. */
export function tunnelProblem(interface_: BoardInterface, file: BoardFile): string | undefined {
	if (!isTunnel(interface_)) return undefined;
	const { link, local, remote, key, name } = interface_;
	const problem = endProblem("local", local) ?? endProblem("remote", remote);
	if (problem !== undefined) return problem;
	const six = familyBits(local!) === 128;
	if (six !== (familyBits(remote!) === 128)) return `remote "${remote}": expected the family of local, ${local}`;
	if (canonicalAddress(local!) === canonicalAddress(remote!))
		return `remote "${remote}": is the local end; expected another host's`;
	if (link === "sixInFour" && six) return `local "${local}": expected an IPv4 address; ipip has IPv6 in IPv6`;
	const wrong = addressesOf(interface_).find((text) => text.includes(":") !== (link === "sixInFour") && link !== "gre" && !six);
	if (wrong !== undefined)
		return link === "ipip"
			? `addresses "${wrong}": ipip between addresses of IPv4 carries IPv4 alone; make it gre, or sixInFour`
			: `addresses "${wrong}": sixInFour carries IPv6 alone; make it gre, or ipip`;
	const others = file.interfaces.filter((each) => each.name !== name);
	const own = others.flatMap(addressesOf).map((text) => parsePrefix(text).address);
	if (!learnsAddresses(file, six) && !own.includes(canonicalAddress(local!)!))
		return `local "${local}": is no address of the board's other interfaces; expected ${own.join(", ") || "one: give them addresses"}`;
	const same = others.find((each) => each.link === link && each.local === local && each.remote === remote && each.key === key);
	return same !== undefined && file.interfaces.indexOf(same) < file.interfaces.indexOf(interface_)
		? `remote "${remote}": ${same.name} is the same tunnel; ${link === "gre" ? "give one a key of its own" : "remove one"}`
		: undefined;
}
