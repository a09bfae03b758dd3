// A packet for us in which another one may be, of a tunnel: that waits, as if it had come by the tunnel's interface, and goes up in the next turn. Flat TypeScript.

import { tunnelFind } from "../link/tunnels.ts";
import { come } from "../link/transmit.ts";
import { ADDRESS, sameAddress, v4Of } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, OURS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Offset, Range } from "../packet/numbers.ts";
import { NONE, packetKept } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import {
	TUNNEL_ANSWERED,
	TUNNEL_GRE,
	TUNNEL_IP,
	TUNNEL_KEY,
	TUNNEL_LOOP,
	TUNNEL_SEQUENCE,
	TUNNEL_SIX,
	TunnelBlock,
} from "../packet/tunnel-block.ts";
import { fold } from "../wire/checksum.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as gre from "../wire/gre.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { output } from "./output.ts";
import { tunnelWay } from "./tunnel-out.ts";

/** ECN's bits, and what they say. RFC 3168 §5. */
const ECN = 3;
const NOT_CAPABLE = 0;
const CAPABLE_1 = 1;
const CONGESTED = 3;

/** Whether the packet in the registers, of IPv6 or IPv4, whose payload lies in bytes `at` to `end`, is one of a tunnel, or is GRE's and makes no sense: then it is dealt with. All others are as if there were no tunnels. */
export function tunnelInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, six: boolean): boolean {
	const protocol = view.getInt32(REGISTER.ttlProtocol, true) & 255;
	if (view.getInt32(REGISTER.whose, true) !== OURS || CoreBlock.of(view, CORE).pieces !== NONE) return false;
	if (protocol === gre.PROTOCOL) return greInput(view, link, at, end);
	if (protocol !== ipv4.IPV4_IN_IP && protocol !== ipv4.IPV6_IN_IP) return false;
	// Within IPv6 both are of one tunnel: RFC 2473.
	const kind = protocol === ipv4.IPV4_IN_IP || six ? TUNNEL_IP : TUNNEL_SIX;
	const found = tunnelFind(view, kind, DESTINATION_ADDRESS, SOURCE_ADDRESS, 0);
	if (found === 0) return false;
	return inner(view, InterfaceBlock.of(view, found), protocol === ipv4.IPV6_IN_IP, at, end);
}

/** Of GRE. RFC 2784 §2, RFC 2890 §2. */
function greInput(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const header = gre.valid(view, at, end);
	if (header === 0) return !refused(view, link, DROP.tunnelMalformed);
	check(at, header, view.byteLength);
	const bits = gre.flags(view, at);
	const keyed = (bits & gre.KEY) !== 0;
	const key = keyed ? gre.key(view, at) : 0;
	const found = tunnelFind(view, keyed ? TUNNEL_GRE | TUNNEL_KEY : TUNNEL_GRE, DESTINATION_ADDRESS, SOURCE_ADDRESS, key);
	if (found === 0) return false;
	const own = InterfaceBlock.of(view, found);
	if (!gre.summed(view, at, end)) return !refused(view, own, DROP.tunnelMalformed);
	const type = gre.type(view, at);
	const tunnel = TunnelBlock.of(view, own.line);
	if (type === gre.NOTHING) {
		tunnel.bits = tunnel.bits | TUNNEL_ANSWERED;
		return true;
	}
	if (type !== ethernet.TYPE_IPV4 && (!hasIpv6() || type !== ethernet.TYPE_IPV6))
		return !refused(view, own, DROP.unknownEtherType);
	if ((bits & gre.SEQUENCE) !== 0 && (tunnel.bits & TUNNEL_SEQUENCE) !== 0) {
		const number = gre.sequence(view, at);
		// RFC 2890 §2.2; 0 is the first of one that has begun anew.
		if (((number - tunnel.wanted) | 0) < 0 && number !== 0) return !refused(view, own, DROP.tunnelOrder);
		tunnel.wanted = (number + 1) | 0;
	}
	return inner(view, own, type === ethernet.TYPE_IPV6, at + header, end);
}

/** The packet of IPv6 or IPv4 in bytes `at` to `end` came by the tunnel `own`. Answers true. */
function inner(view: DataView, own: InterfaceBlock, six: boolean, at: Offset, end: Offset): boolean {
	// The rest of its header is looked at as it goes up.
	const header = six ? ipv6.HEADER : ipv4.HEADER;
	if (end - at < header || view.getUint8(at) >> 4 !== (six ? 6 : 4)) return !refused(view, own, DROP.tunnelMalformed);
	const outer: Offset = view.getInt32(REGISTER.ipAt, true);
	const tos = isIpv6(view) ? view.getUint16(outer) >> 4 : view.getUint8(outer + ipv4.TOS);
	if (!marked(view, six, at, tos & ECN)) return !refused(view, own, DROP.tunnelCongestion);
	if (isQuestion(view, own, six, at)) {
		if (back(view, own, at, end)) packetKept(view);
		return true;
	}
	if (own.up === 0) return !refused(view, own, DROP.interfaceDown);
	if (come(view, own, CoreBlock.of(view, CORE).packet, at, end)) packetKept(view);
	return true;
}

/** What the outer header says of congestion is put into the inner packet. False: it has to be dropped, as its ends know nothing of that. RFC 6040 §4.2. */
function marked(view: DataView, six: boolean, at: Offset, outer: Range<0, 3>): boolean {
	const ecn = six ? (view.getUint16(at) >> 4) & ECN : view.getUint8(at + ipv4.TOS) & ECN;
	if (outer === NOT_CAPABLE || outer === ecn) return true;
	if (ecn === NOT_CAPABLE) return outer !== CONGESTED;
	if (ecn === CONGESTED || (outer !== CONGESTED && outer !== CAPABLE_1)) return true;
	// ECT(0) becomes ECT(1) or CE, ECT(1) becomes CE.
	if (six) view.setUint16(at, (view.getUint16(at) & ~(ECN << 4)) | (outer << 4));
	else {
		view.setUint8(at + ipv4.TOS, view.getUint8(at + ipv4.TOS) + (outer - ecn));
		// RFC 1624: the header's sum grows by as much, its complement becomes as much less.
		view.setUint16(at + ipv4.CHECKSUM, fold(view.getUint16(at + ipv4.CHECKSUM) + 0xffff - (outer - ecn)));
	}
	return true;
}

/** Whether the packet at `at` is a keepalive of the other end: for itself, from us, and of GRE. */
function isQuestion(view: DataView, own: InterfaceBlock, six: boolean, at: Offset): boolean {
	const tunnel = TunnelBlock.of(view, own.line);
	if ((tunnel.bits & TUNNEL_GRE) === 0) return false;
	const path = PathBlock.of(view, tunnel.path);
	const outerSix = isIpv6(view);
	if (six !== outerSix) return false;
	if (!six)
		return (
			ipv4.protocol(view, at) === gre.PROTOCOL &&
			ipv4.source(view, at) === v4Of(view, path.source) &&
			ipv4.destination(view, at) === v4Of(view, path.destination)
		);
	check(at, ipv6.HEADER, view.byteLength);
	return (
		ipv6.nextHeader(view, at) === gre.PROTOCOL &&
		sameAddress(view, at + ipv6.SOURCE, path.source) &&
		sameAddress(view, at + (ipv6.SOURCE + ADDRESS), path.destination)
	);
}

/** Sends a keepalive back. Answers whether the packet was kept. */
function back(view: DataView, own: InterfaceBlock, at: Offset, end: Offset): boolean {
	const tunnel = TunnelBlock.of(view, own.line);
	const path = PathBlock.of(view, tunnel.path);
	if (!tunnelWay(view, own) || (tunnel.bits & TUNNEL_LOOP) !== 0 || end - at > path.mtu) return false;
	return output(view, CoreBlock.of(view, CORE).packet, at, end, path);
}
