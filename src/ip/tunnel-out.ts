// What is sent by a tunnel goes into packets of IP: RFC 2003 §3, RFC 2473 §3, RFC 2784, RFC 2890, RFC 4213 §3. The turn calls this for what waits in the queue of a tunnel's interface, so that
// neither the link calls upwards nor one tunnel another within a call. Flat TypeScript.

import { PACKET_BYTES, PACKET_HEADROOM, TUNNEL_NESTING } from "../config.ts";
import { carriesFour, carriesSix, greBits, tunnelFits, tunnelHeader } from "../link/tunnels.ts";
import { v4Of } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { FLAG_TUNNEL, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquireControl, packetRelease } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { setEnd, setNext, setStart } from "../packet/pieces.ts";
import { TUNNEL_ANSWERED, TUNNEL_GRE, TUNNEL_LOOP, TunnelBlock } from "../packet/tunnel-block.ts";
import { ipBuild, ipv4Build, ipv6Build, TOS_BITS } from "../wire/build.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as gre from "../wire/gre.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { copy } from "../wire/kernels/copies.ts";
import { lostPacket, NO_HOST, TOO_BIG } from "./icmp.ts";
import { output } from "./output.ts";
import { piecesCut, piecesOutput } from "./pieces-out.ts";
import { route } from "./way.ts";

/** Bytes that links may want before an IP header: Ethernet's, and the tag of a VLAN. */
const LINK_ROOM = 18;

/** The way of the tunnel `link` is looked up anew where routes have changed, and whether it leads into itself; its MTU follows. Answers whether there is one. */
export function tunnelWay(view: DataView, link: InterfaceBlock): boolean {
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	if (path.routeVersion !== CoreBlock.of(view, CORE).routeVersion) {
		tunnel.bits = tunnel.bits & ~TUNNEL_LOOP;
		if (route(view, path, 0, true)) {
			if (loops(view, link)) tunnel.bits = tunnel.bits | TUNNEL_LOOP;
			else tunnelFits(view, link);
		}
	}
	return path.out !== 0;
}

/** Whether the way of a tunnel, just looked up, leads through itself, or through more tunnels than may be nested. */
function loops(view: DataView, link: InterfaceBlock): boolean {
	let out = PathBlock.of(view, TunnelBlock.of(view, link.line).path).out;
	for (let depth = 1; depth <= TUNNEL_NESTING; depth++) {
		if (out === 0 || out === link.at) return out !== 0;
		const next = InterfaceBlock.of(view, out);
		if ((next.flags & FLAG_TUNNEL) === 0) return false;
		const path = PathBlock.of(view, TunnelBlock.of(view, next.line).path);
		if (path.routeVersion !== CoreBlock.of(view, CORE).routeVersion) route(view, path, 0, true);
		out = path.out;
	}
	return true;
}

/** The same for the interpreter, of the interface with that block: whether its packets have a way. One that leads into itself is a mistake that is counted, and does not take it down: else another way might take it up again. */
export function tunnelHasWay(view: DataView, block: Offset): boolean {
	return tunnelWay(view, InterfaceBlock.of(view, block));
}

/** Sends the IP packet in bytes `at` to `end` through the tunnel `link`. Answers whether the packet was kept. */
export function tunnelOutput(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset): boolean {
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	const way = tunnelWay(view, link);
	const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
	if (!way || (six ? !carriesSix(view, tunnel) : !carriesFour(tunnel))) {
		lostPacket(view, link, at, end, NO_HOST, 0);
		return refused(view, link, DROP.noRoute);
	}
	if ((tunnel.bits & TUNNEL_LOOP) !== 0) return refused(view, link, DROP.tunnelLoop);
	const length: Length = (end - at) & 0xffff;
	const header = (path.ipHeader + tunnelHeader(tunnel)) & 0xff;
	const whole = header + length <= path.mtu;
	if (!whole && length > link.mtu && (six || ipv4.dontFragment(view, at))) {
		// The way has become narrower since its sender looked: RFC 2003 §5.1, RFC 4213 §3.2.2.
		lostPacket(view, link, at, end, TOO_BIG, link.mtu);
		return refused(view, link, DROP.tooBig);
	}
	const inner = moved(view, packet, at, length, header + ipv6.FRAGMENT_HEADER);
	if (inner === 0) return refused(view, link, DROP.tooBig);
	const tos = six ? (view.getUint16(inner) >> 4) & 0xff : view.getUint8(inner + ipv4.TOS);
	let payload = inner;
	let protocol = six ? ipv4.IPV6_IN_IP : ipv4.IPV4_IN_IP;
	if ((tunnel.bits & TUNNEL_GRE) !== 0) {
		const type = six ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4;
		payload = gre.build(view, inner, inner + length, greBits(tunnel), type, tunnel.key, tunnel.sent);
		tunnel.sent = (tunnel.sent + 1) | 0;
		protocol = gre.PROTOCOL;
	}
	// RFC 6040 §4.1, normal mode, and RFC 2983 §3.1's uniform model: all eight bits are the inner packet's.
	const ttl = (path.ttl & ~TOS_BITS) | (tos << 16);
	if (!whole) return inPieces(view, path, packet, payload, inner + length, protocol, ttl);
	const outer: Offset = (payload - path.ipHeader) | 0;
	ipBuild(view, outer, path, protocol, ttl, (inner + length - payload) & 0xffff);
	return output(view, packet, outer, inner + length, path);
}

/** Where a packet lies once there are so many bytes for headers before it, and those of a link; 0: it is too long for that. */
function moved(view: DataView, packet: number, at: Offset, length: Length, headers: Length): Offset {
	const begin: Offset = (headerPlace(view, packet) - PACKET_HEADROOM) | 0;
	const least: Offset = begin + LINK_ROOM + headers;
	if (at >= least) return at;
	if (least + length > begin + PACKET_BYTES) return 0;
	copy(view, least, at, length);
	return least;
}

/** Sends what the way does not carry whole in fragments. The packet is somebody else's then: answers true. */
function inPieces(
	view: DataView,
	path: PathBlock,
	packet: number,
	at: Offset,
	end: Offset,
	protocol: number,
	ttl: number,
): boolean {
	setStart(view, packet, at);
	setEnd(view, packet, end);
	setNext(view, packet, NONE);
	const before = path.ttl;
	path.ttl = ttl;
	if (piecesCut(view, path, packet)) piecesOutput(view, path, packet, protocol);
	else drop(view, InterfaceBlock.of(view, path.out), DROP.noPacketBuffer);
	path.ttl = before;
	return true;
}

/**
 * Sends a keepalive by the tunnel of GRE with that block: a packet for ourselves, from its other end, in which is nothing. Who is there sends it back as it does with every packet.
 */
export function tunnelAsk(view: DataView, block: Offset): void {
	const link = InterfaceBlock.of(view, block);
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	if (!tunnelWay(view, link)) return;
	const packet = packetAcquireControl(view);
	if (packet === NONE) return;
	const at = headerPlace(view, packet);
	const bits = greBits(tunnel) & gre.KEY;
	const length = gre.lengthOf(bits);
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	const payload = at + (six ? ipv6.HEADER : ipv4.HEADER) + length;
	gre.build(view, payload, payload, bits, gre.NOTHING, tunnel.key, 0);
	if (six) ipv6Build(view, at, path.destination, path.source, gre.PROTOCOL, ipv4.DEFAULT_TTL, 0, length);
	else
		ipv4Build(
			view,
			at,
			v4Of(view, path.destination),
			v4Of(view, path.source),
			gre.PROTOCOL,
			ipv4.DEFAULT_TTL,
			ipv4.HEADER + length,
		);
	if (!tunnelOutput(view, link, packet, at, payload)) packetRelease(view, packet);
}

/** Whether a keepalive has come back since that was asked last. */
export function tunnelAnswered(view: DataView, block: Offset): boolean {
	const tunnel = TunnelBlock.of(view, InterfaceBlock.of(view, block).line);
	const answered = (tunnel.bits & TUNNEL_ANSWERED) !== 0;
	tunnel.bits = tunnel.bits & ~TUNNEL_ANSWERED;
	return answered;
}
