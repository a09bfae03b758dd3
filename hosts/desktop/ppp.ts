// What a board file says of the addresses of PPP: those of IPv4 are negotiated, and so options of the link.

import type { BoardInterface, BoardRoute } from "./config.ts";
import { formatAddress, isHost, isUnicast, parsePrefix } from "./ipv4.ts";

/** Has `ppp.local` the address of IPv4 that stands in `addresses`, once those are settled by families. Answers the route to the rest of its subnet, which is behind the link, or what is wrong, with the interface's value. */
export function settlePpp(interface_: BoardInterface): { problem?: string; route?: BoardRoute } {
	const { link, name, addresses = [], ppp } = interface_;
	if (link !== "ppp") return {};
	delete interface_.addresses;
	const [text, more] = addresses;
	if (text === undefined) return {};
	if (more !== undefined) return { problem: `addresses: has ${addresses.length} of IPv4; a PPP link has one, and those of IPv6` };
	const prefix = parsePrefix(text);
	const { address, mask, length } = prefix;
	if (!isUnicast(address) || !isHost(prefix))
		return { problem: `addresses "${text}": expected an address that one host may have` };
	const local = formatAddress(address);
	const other = ppp?.["local"] as string | undefined;
	if (other !== undefined && other !== local)
		return { problem: `ppp.local "${other}": addresses has ${text}; remove one of both` };
	interface_.ppp = { ...ppp, local };
	return length === 32 ? {} : { route: { prefix: `${formatAddress(address & mask)}/${length}`, interface: name } };
}
