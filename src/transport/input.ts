// An IP packet for us comes in from ip/input.ts: to the protocol that it carries. The registers have its header.

import { tunnelInput } from "../ip/tunnel-in.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { EVERYBODYS, FIELDS_BYTES, isIpv6, REGISTER } from "../packet/fields.ts";
import { FLAG_ETHERNET, InterfaceBlock } from "../packet/interface-block.ts";
import { hasRaw, hasTunnels } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import { NONE } from "../packet/packets.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { icmpInput } from "./icmp.ts";
import { icmp6Input } from "./icmp6.ts";
import { piecesInput, unknownProtocol } from "./pieces.ts";
import { rawInput, rawWants } from "./raw/input.ts";
import { tcpInput } from "./tcp/input.ts";
import { udpInput } from "./udp/input.ts";

/** Goes on with the packet that `ipInput` answered true for. Answers whether the interpreter has to look at it: what lies at REGISTER.payloadAt. */
export function transportInput(view: DataView): boolean {
	check(0, FIELDS_BYTES, view.byteLength);
	const link = InterfaceBlock.of(view, view.getInt32(REGISTER.arrival, true));
	const at: Offset = view.getInt32(REGISTER.transportAt, true);
	const end: Offset = view.getInt32(REGISTER.ipEnd, true);
	// For all or many, by the link or by IP.
	const group = view.getInt32(REGISTER.frameGroup, true) !== 0 || view.getInt32(REGISTER.whose, true) === EVERYBODYS;
	const protocol = view.getInt32(REGISTER.ttlProtocol, true) & 255;
	if (protocol === ipv4.TCP) tcpInput(view, link, at, end, group);
	else if (protocol === ipv4.UDP) udpInput(view, link, at, end, group);
	else if (isIpv6(view) && protocol === ipv6.ICMP) {
		if (hasRaw() && rawWants(view)) rawInput(view, link, ipv6.ICMP, at, end);
		return icmp6Input(view, link, at, end);
	} else if (!isIpv6(view) && protocol === ipv4.ICMP) {
		if (hasRaw() && rawWants(view)) rawInput(view, link, ipv4.ICMP, at, end);
		return icmpInput(view, link, at, end, group);
	} else if (CoreBlock.of(view, CORE).pieces !== NONE) {
		// A function of its own, as it is called twice: gcc has the way of every packet in one while that is not too long.
		if (isIpv6(view)) piecesInput(view, link, at, end, group, true);
		else piecesInput(view, link, at, end, group, false);
	} else {
		const taken = hasRaw() && rawWants(view) && rawInput(view, link, protocol & 255, at, end);
		if (protocol === ipv4.IGMP && (link.flags & FLAG_ETHERNET) !== 0 && !isIpv6(view))
			return icmpInput(view, link, at, end, true);
		// As above.
		if (hasTunnels() && (isIpv6(view) ? tunnelInput(view, link, at, end, true) : tunnelInput(view, link, at, end, false)))
			return false;
		if (!taken) unknownProtocol(view, link, group);
	}
	return false;
}
