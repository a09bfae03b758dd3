// A packet of ours comes back: an ICMP error quotes it, or it was lost on its way out. Its source and destination change places in the registers, so that they are the key by which the flow
// table finds its socket. Flat TypeScript.

import { pathMtuSaid } from "../ip/path-mtu.ts";
import { isGroup, isLocal } from "../ip/way.ts";
import { copyAddress, isV4, setV4 } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

/** For a packet of IPv4 at `at`, of which bytes up to `end` are there, at least 28. False when its ports are not among these. */
export function turned4(view: DataView, at: Offset, end: Offset): boolean {
	const transport = at + ipv4.headerLength(view, at);
	if (transport + 8 > end || transport < at + ipv4.HEADER) return false;
	setV4(view, SOURCE_ADDRESS, ipv4.destination(view, at));
	setV4(view, DESTINATION_ADDRESS, ipv4.source(view, at));
	ports(view, transport);
	return true;
}

/** The same for one of IPv6, at least 48 bytes. False, too, when it carries another protocol. */
export function turned6(view: DataView, at: Offset, end: Offset, protocol: Uint8): boolean {
	check(at, ipv6.HEADER + 8, view.byteLength);
	// Addresses of IPv4 are not in packets of ours.
	if (isV4(view, at + ipv6.SOURCE) || isV4(view, at + ipv6.DESTINATION)) return false;
	const transport = ipv6.upperHeader(view, at, end, protocol);
	if (transport === 0 || end - transport < 8) return false;
	copyAddress(view, SOURCE_ADDRESS, at + ipv6.DESTINATION);
	copyAddress(view, DESTINATION_ADDRESS, at + ipv6.SOURCE);
	ports(view, transport);
	return true;
}

/** A packet of ours, whose addresses are in the registers, turned round, was too large for a link on its way, which carries `mtu` bytes. False: it is not ours, or of what IPv4 says nothing, RFC 1122 §3.2.2. */
export function turnedTooBig(view: DataView, mtu: number): boolean {
	if (!isLocal(view, DESTINATION_ADDRESS) || (isV4(view, SOURCE_ADDRESS) && isGroup(view, SOURCE_ADDRESS))) return false;
	pathMtuSaid(view, SOURCE_ADDRESS, mtu, false);
	return true;
}

/** Its ports turned round, and the word behind them: TCP's sequence number. */
function ports(view: DataView, transport: Offset): void {
	const both = view.getInt32(transport);
	view.setInt32(REGISTER.ports, (both << 16) | (both >>> 16), true);
	view.setInt32(REGISTER.seq, view.getInt32(transport + 4), true);
}
