// IPv4 for an address that is not the arrival interface's, compiled: another interface's (weak host), or somebody else's, which is forwarded. RFC 1812 §5.

import { copyAddress, sameAddress, setNone, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_FORWARDING, RULE_REVERSE_PATH, RULE_STRONG_HOST } from "../packet/core-block.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, IP_AT, IP_END, SOURCE_ADDRESS, TTL_PROTOCOL } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Ipv4, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import { drop } from "../wire/answers.ts";
import { ttlDecrement } from "../wire/build.ts";
import { decodeTransport } from "../wire/decode.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { isLoopback } from "../wire/scope.ts";
import * as udp from "../wire/udp.ts";
import { icmpError } from "./icmp.ts";
import { output } from "./output.ts";
import { isLocal, route } from "./way.ts";

/** Answer of `transit`: the packet was kept. It is no kind of wire/kinds.ts. */
export const KEPT = -1;

/** Goes on with what `decode` answered TRANSIT for, which lies in `packet`; `group`: GROUP or 0. Answers KEPT, or as `decode`. */
export function transit(view: DataView, link: InterfaceBlock, packet: number, group: number): number {
	const at = view.getInt32(IP_AT * 4, true);
	const end = view.getInt32(IP_END * 4, true);
	const rules = CoreBlock.of(view, CORE).rules;
	// RFC 2131 §4.1: to our hardware address, and to the IP address that is offered.
	const offered = link.anyPort !== 0 && group === 0 && isForPort(view, link.anyPort, at, end);
	if (!offered && !isLocal(view, DESTINATION_ADDRESS)) {
		if (rules & RULE_FORWARDING) return forward(view, link, packet, at, end, group) ? KEPT : 0;
		return drop(view, link, DROP.ipv4NotLocal);
	}
	// RFC 1122 §3.3.6, as `decode` for this interface's own.
	if (group !== 0 && !offered) return drop(view, link, DROP.ipv4LinkBroadcast);
	if (isLoopback(view, DESTINATION_ADDRESS) || ((rules & RULE_STRONG_HOST) !== 0 && !offered))
		return drop(view, link, DROP.ipv4StrongHost);
	return decodeTransport(view, at, end, link.at, group);
}

/** Whether the valid IPv4 packet in bytes `at` to `end` has a UDP datagram for that port. */
function isForPort(view: DataView, port: number, at: Offset, end: Offset): boolean {
	if (ipv4.protocol(view, at) !== ipv4.UDP || ipv4.isFragment(view, at)) return false;
	const header = at + ipv4.headerLength(view, at);
	return udp.valid(view, header, end) && (udp.ports(view, header) & 0xffff) === port;
}

/** Sends on a packet for somebody else. The registers hold its header. Answers whether it was kept. */
function forward(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset, group: number): boolean {
	const core = CoreBlock.of(view, CORE);
	if (group !== 0 || isMartian(v4Of(view, SOURCE_ADDRESS), v4Of(view, DESTINATION_ADDRESS)))
		return refused(view, link, DROP.ipv4NotLocal);
	if ((view.getInt32(TTL_PROTOCOL * 4, true) & 0xffff) >> 8 <= 1) {
		icmpError(view, link, icmpv4.TIME_EXCEEDED, 0, 0);
		return refused(view, link, DROP.ttlExpired);
	}
	if (core.rules & RULE_REVERSE_PATH && !comesFrom(view, link)) return refused(view, link, DROP.reversePath);
	const path = PathBlock.of(view, core.forward);
	lead(view, path, DESTINATION_ADDRESS);
	if (path.out === 0) {
		icmpError(view, link, icmpv4.UNREACHABLE, icmpv4.NET_UNREACHABLE, 0);
		return refused(view, link, DROP.noRoute);
	}
	// RFC 2644: directed broadcasts are not forwarded.
	if (path.nextHop === core.everybody) return refused(view, link, DROP.ipv4NotLocal);
	if (end - at > path.mtu) {
		// We do not fragment, so the sender is told in either case. RFC 1191 §4.
		icmpError(view, link, icmpv4.UNREACHABLE, icmpv4.FRAGMENTATION_NEEDED, path.mtu);
		return refused(view, link, DROP.tooBig);
	}
	ttlDecrement(view, at);
	return output(view, packet, at, end, path);
}

/** §5.3.7: no host can have sent or get it by a router; RFC 3927 §2.7: nothing from or to addresses of one link. */
function isMartian(source: Ipv4, destination: Ipv4): boolean {
	if (source >>> 24 === 0 || destination >>> 24 === 0 || destination >>> 28 === 15) return true;
	return ipv4.isLoopback(destination) || ipv4.isLinkLocal(source) || ipv4.isLinkLocal(destination);
}

function refused(view: DataView, link: InterfaceBlock, reason: number): boolean {
	drop(view, link, reason);
	return false;
}

/** The path leads to that address, as routes say now. */
function lead(view: DataView, path: PathBlock, destination: Address): void {
	if (sameAddress(view, path.destination, destination) && path.routeVersion === CoreBlock.of(view, CORE).routeVersion) return;
	copyAddress(view, path.destination, destination);
	setNone(view, path.source);
	route(view, path, 0, false);
}

/** Strict reverse path of the packet in the registers, RFC 3704 §2.2. */
function comesFrom(view: DataView, link: InterfaceBlock): boolean {
	const path = PathBlock.of(view, CoreBlock.of(view, CORE).reverse);
	lead(view, path, SOURCE_ADDRESS);
	return path.out === link.at;
}
