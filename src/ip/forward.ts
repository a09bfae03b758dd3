// A packet for an address that is not the arrival interface's, compiled: another interface's (weak host), or somebody else's, which is forwarded. RFC 1812 §5.

import { CORE, CoreBlock, RULE_FORWARDING } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { hasRouter } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import { packetKept } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { hopLimitDecrement, ttlDecrement } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { isLinkLocal } from "../wire/scope.ts";
import * as udp from "../wire/udp.ts";
import { forwardHook, stopped } from "./hooks.ts";
import { BEYOND_SCOPE, icmpError, NO_ROUTE, TOO_BIG, TOO_FAR } from "./icmp.ts";
import { output } from "./output.ts";
import { cutOutput } from "./pieces-out.ts";
import { routed } from "./routed.ts";
import { GO_ON } from "./verdicts.ts";
import { weakHost } from "./weak-host.ts";
import { isLocal, lead, leadsTo } from "./way.ts";

/** The packet in the registers, in bytes `at` to `end`, is for an address that `link`, which it came in by, has not. Answers whether it is for us all the same. */
export function transit(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const core = CoreBlock.of(view, CORE);
	const group = view.getInt32(REGISTER.frameGroup, true) !== 0;
	// RFC 2131 §4.1: to our hardware address, and to the IP address that is offered.
	const offered = link.anyPort !== 0 && !group && isForPort(view, link.anyPort, at, end);
	if (!offered) {
		const path = PathBlock.of(view, core.forward);
		// The destination of the last packet that was forwarded is known to be none of our addresses: the table is not asked again.
		const again = leadsTo(view, path, DESTINATION_ADDRESS);
		// Nor is it ever known where each packet is looked at.
		if (hasRouter() && !again && core.router !== 0) return routed(view, link, at, end);
		if (again || !isLocal(view, DESTINATION_ADDRESS)) {
			if ((core.rules & RULE_FORWARDING) === 0) return refused(view, link, DROP.ipNotLocal);
			if (!again) lead(view, path, DESTINATION_ADDRESS);
			forward(view, link, path, at, end);
			return false;
		}
	}
	return weakHost(view, link, offered);
}

/** Whether the valid IPv4 packet in bytes `at` to `end` has a UDP datagram for that port. */
function isForPort(view: DataView, port: number, at: Offset, end: Offset): boolean {
	if (isIpv6(view) || ipv4.protocol(view, at) !== ipv4.UDP || ipv4.isFragment(view, at)) return false;
	const header = at + ipv4.headerLength(view, at);
	return udp.valid(view, header, end) && (udp.ports(view, header) & 0xffff) === port;
}

/** Sends on a packet for somebody else, by the path that leads there, if there is one. RFC 1812 §5.2. */
function forward(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): void {
	const packet = CoreBlock.of(view, CORE).packet;
	const verdict = forwardHook(view, link, path, packet, at, end);
	if (verdict !== GO_ON) {
		// RFC 4443 §3.1: the source means nothing where it would have gone.
		if (verdict === DROP.ipNotLocal && isIpv6(view) && isLinkLocal(view, SOURCE_ADDRESS)) icmpError(view, link, BEYOND_SCOPE, 0);
		stopped(view, link, verdict);
	} else if ((view.getInt32(REGISTER.ttlProtocol, true) & 0xffff) >> 8 <= 1) {
		icmpError(view, link, TOO_FAR, 0);
		drop(view, link, DROP.ttlExpired);
	} else if (path.out === 0) {
		icmpError(view, link, NO_ROUTE, 0);
		drop(view, link, DROP.noRoute);
	} else if (end - at > path.mtu) tooLarge(view, link, path, at, end);
	else {
		if (isIpv6(view)) hopLimitDecrement(view, at);
		else ttlDecrement(view, at);
		if (output(view, packet, at, end, path)) packetKept(view);
	}
}

/** The next link does not carry the packet whole: it goes in fragments, or its sender is told what that carries. RFC 1812 §4.2.2.7, RFC 1191 §4, RFC 8200 §5. */
function tooLarge(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): void {
	if (isIpv6(view) || ipv4.dontFragment(view, at)) {
		icmpError(view, link, TOO_BIG, path.mtu);
		drop(view, link, DROP.tooBig);
		return;
	}
	ttlDecrement(view, at);
	cutOutput(view, path, at, end);
}
