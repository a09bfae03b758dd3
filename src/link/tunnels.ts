// Tunnels: which interface a packet is of that came within another one, by the hash table that VLANs are found in too; and how large its packets may be. Flat TypeScript.

import { copyAddress, mixAddress, sameAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { FLAG_TUNNEL, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { mix } from "../packet/mix.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import {
	TUNNEL_CHECKSUM,
	TUNNEL_GRE,
	TUNNEL_IP,
	TUNNEL_KEY,
	TUNNEL_KIND,
	TUNNEL_SEQUENCE,
	TunnelBlock,
} from "../packet/tunnel-block.ts";
import * as gre from "../wire/gre.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { changeRoutes } from "./neighbors.ts";

/** Least MTU of a tunnel that carries IPv4 alone, RFC 791. */
const LEAST = 68;

/** Where the block of that tunnel stands in the table, or would: `kind` is its bits of TUNNEL_KIND. */
function place(view: DataView, kind: number, local: Address, remote: Address, key: number): Offset {
	const core = CoreBlock.of(view, CORE);
	let index = mix(mix(mixAddress(view, kind, remote), key), kind);
	while (true) {
		const at: Offset = (core.vlans + Math.imul(index & core.vlanMask, 4)) | 0;
		const found = view.getInt32(at, true);
		if (found === 0 || isThat(view, InterfaceBlock.of(view, found), kind, local, remote, key)) return at;
		index = (index + 1) | 0;
	}
}

function isThat(view: DataView, link: InterfaceBlock, kind: number, local: Address, remote: Address, key: number): boolean {
	if ((link.flags & FLAG_TUNNEL) === 0) return false;
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	return (
		(tunnel.bits & TUNNEL_KIND) === kind &&
		tunnel.key === key &&
		sameAddress(view, path.destination, remote) &&
		sameAddress(view, path.source, local)
	);
}

/** Block of the interface of a tunnel, 0 for none; `key` is 0 where packets have none. */
export function tunnelFind(view: DataView, kind: number, local: Address, remote: Address, key: number): Offset {
	return view.getInt32(place(view, kind, local, remote, key), true);
}

/** The interface with that block is a tunnel from now on. */
export function tunnelEnter(view: DataView, block: Offset): void {
	const tunnel = TunnelBlock.of(view, InterfaceBlock.of(view, block).line);
	const path = PathBlock.of(view, tunnel.path);
	view.setInt32(place(view, tunnel.bits & TUNNEL_KIND, path.source, path.destination, tunnel.key), block, true);
}

/** What a tunnel is becomes so; its ends and what it may be told. Answers the block of one that there is already, 0 when there is none: then it is entered. */
export function tunnelMake(
	view: DataView,
	block: Offset,
	bits: number,
	key: number,
	local: Address,
	remote: Address,
	hops: number,
): Offset {
	const link = InterfaceBlock.of(view, block);
	const other = tunnelFind(view, bits & TUNNEL_KIND, local, remote, key);
	if (other !== 0) return other;
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	copyAddress(view, path.source, local);
	copyAddress(view, path.destination, remote);
	path.hops = hops;
	path.routeVersion = -1;
	path.wayVersion = -1;
	tunnel.bits = bits & 0xffff;
	tunnel.key = key;
	tunnel.most = link.mtu & 0xffff;
	tunnelEnter(view, block);
	return 0;
}

/** Bits of the GRE header that packets of a tunnel have. */
export function greBits(tunnel: TunnelBlock): number {
	const bits = tunnel.bits;
	return (
		((bits & TUNNEL_CHECKSUM) !== 0 ? gre.CHECKSUM : 0) |
		((bits & TUNNEL_KEY) !== 0 ? gre.KEY : 0) |
		((bits & TUNNEL_SEQUENCE) !== 0 ? gre.SEQUENCE : 0)
	);
}

/** Bytes between the outer IP header and the packet. */
export function tunnelHeader(tunnel: TunnelBlock): number {
	return (tunnel.bits & TUNNEL_GRE) !== 0 ? gre.lengthOf(greBits(tunnel)) : 0;
}

/** Whether its packets may be of IPv6. */
export function carriesSix(view: DataView, tunnel: TunnelBlock): boolean {
	if (!hasIpv6()) return false;
	return (tunnel.bits & TUNNEL_IP) === 0 || PathBlock.of(view, tunnel.path).ipHeader === ipv6.HEADER;
}

/**
 * Its interface carries what its way does without the headers before it, as far as it may: RFC 2003 §5.1. Never less than a link has to: what is larger then goes in fragments, RFC 4213 §3.2.2, RFC
 * 2473 §7.1.
 */
export function tunnelFits(view: DataView, link: InterfaceBlock): void {
	const tunnel = TunnelBlock.of(view, link.line);
	const path = PathBlock.of(view, tunnel.path);
	const least = Math.min(tunnel.most, carriesSix(view, tunnel) ? ipv6.LEAST_MTU : LEAST);
	const fits = Math.max(least, Math.min(tunnel.most, (path.mtu - path.ipHeader - tunnelHeader(tunnel)) | 0));
	if (fits === link.mtu) return;
	link.mtu = fits;
	changeRoutes(view);
}

/** Whether a packet of IPv4 is what a tunnel carries. */
export function carriesFour(tunnel: TunnelBlock): boolean {
	return (tunnel.bits & (TUNNEL_GRE | TUNNEL_IP)) !== 0;
}
