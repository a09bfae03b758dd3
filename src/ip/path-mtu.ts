// How large packets may be on the way to an address, as routers say who cannot pass one on: RFC 1191, RFC 8201. What is said of any packet of ours is kept for its destination, for ten
// minutes, and counts for all but what is forwarded. Flat TypeScript.

import { LEAST_PATH_MTU, PATH_MTU_RAISE_MS, PATH_MTUS } from "../config.ts";
import { tunnelFits } from "../link/tunnels.ts";
import { copyAddress, isNone, sameAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { deadline } from "../packet/deadline.ts";
import { EchoBlock, echoAt } from "../packet/echo-block.ts";
import { FLAG_TUNNEL, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6, hasTunnels } from "../packet/kernels/parts.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import { PathMtuEntry } from "../packet/path-mtu-entry.ts";
import { interfaceAt } from "../packet/slots.ts";
import { TunnelBlock } from "../packet/tunnel-block.ts";
import { rawAt, UdpBlock, udpAt } from "../packet/udp-block.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { copy } from "../wire/kernels/copies.ts";

/** Least MTU of an IPv4 link. RFC 791. What is less is no MTU. */
export const LEAST_LINK_MTU = 68;

/** The next smaller MTU to try when a router does not say its own. RFC 1191 §7. */
export function plateauBelow(size: number): number {
	if (size > 1492) return 1492;
	if (size > 1006) return 1006;
	return size > LEAST_PATH_MTU ? LEAST_PATH_MTU : LEAST_LINK_MTU;
}

/** Where the entry in that place lies. */
function entryAt(view: DataView, place: number): Offset {
	return (CoreBlock.of(view, CORE).pathMtuTable + Math.imul(place, PathMtuEntry.bytes)) | 0;
}

/** Place of what was said of that address; how many there are when nothing was. */
function placeOf(view: DataView, destination: Address): number {
	const count = CoreBlock.of(view, CORE).pathMtus;
	let place = 0;
	while (place < count && !sameAddress(view, PathMtuEntry.of(view, entryAt(view, place)).destination, destination))
		place = (place + 1) | 0;
	return place;
}

/** What the interface of a path carries; of IPv6 what routers want there, where that is less. RFC 4861 §6.3.4. */
export function linkMtu(path: PathBlock, link: InterfaceBlock): number {
	return hasIpv6() && path.ipHeader === ipv6.HEADER && link.mtu6 !== 0 ? Math.min(link.mtu6, link.mtu) : link.mtu;
}

/** The path carries what its interface does, or the less that was said of its destination. One without a source address, as what is forwarded has, is not ours. */
export function narrow(view: DataView, path: PathBlock): void {
	const mtu = linkMtu(path, InterfaceBlock.of(view, path.out));
	path.mtu = mtu;
	const place = placeOf(view, path.destination);
	if (place === CoreBlock.of(view, CORE).pathMtus || isNone(view, path.source)) return;
	path.mtu = Math.min(mtu, PathMtuEntry.of(view, entryAt(view, place)).mtu);
}

/** What the least link on the way to an address carries, by what was said of segments in flight; 0: nothing was. */
export function surePathMtu(view: DataView, destination: Address): number {
	const place = placeOf(view, destination);
	return place === CoreBlock.of(view, CORE).pathMtus ? 0 : PathMtuEntry.of(view, entryAt(view, place)).sure;
}

/** A packet of ours to that address was too large for a link that carries `mtu` bytes; `sure`: the error quotes a segment that is in flight, which an outsider could hardly have made up. */
export function pathMtuSaid(view: DataView, destination: Address, mtu: number, sure: boolean): void {
	const core = CoreBlock.of(view, CORE);
	let place = placeOf(view, destination);
	if (place === core.pathMtus) {
		if (place === PATH_MTUS) {
			forget(view);
			place = core.pathMtus;
		}
		core.pathMtus = (place + 1) | 0;
		const added = PathMtuEntry.of(view, entryAt(view, place));
		copyAddress(view, added.destination, destination);
		added.due = (core.now + PATH_MTU_RAISE_MS) | 0;
		added.mtu = 0xffff;
		added.sure = 0;
		deadline(view, added.due);
	}
	const entry = PathMtuEntry.of(view, entryAt(view, place));
	const bytes = mtu & 0xffff;
	if (sure && (entry.sure === 0 || bytes < entry.sure)) entry.sure = bytes;
	if (bytes >= entry.mtu) return;
	entry.mtu = bytes;
	pathsTo(view, destination);
}

/** All paths to that address but TCP's, which has sizes of its own, carry what is known of it now. */
function pathsTo(view: DataView, destination: Address): void {
	const core = CoreBlock.of(view, CORE);
	const udps = (core.udpCount + core.serviceCount) | 0;
	for (let i = 0; i < udps; i++) pathTo(view, UdpBlock.of(view, udpAt(view, i)).path, destination);
	for (let i = 0; i < core.rawCount; i++) pathTo(view, UdpBlock.of(view, rawAt(view, i)).path, destination);
	for (let i = 0; i < core.echoCount; i++) pathTo(view, EchoBlock.of(view, echoAt(view, i)).path, destination);
	pathTo(view, core.echo, destination);
	if (hasTunnels()) tunnelsTo(view, destination);
}

/** The same of tunnels to that address, whose MTU follows. */
function tunnelsTo(view: DataView, destination: Address): void {
	for (let at: Offset = interfaceAt(view, 1); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		if ((link.flags & FLAG_TUNNEL) === 0) continue;
		const tunnel = TunnelBlock.of(view, link.line);
		pathTo(view, tunnel.path, destination);
		if (PathBlock.of(view, tunnel.path).out !== 0) tunnelFits(view, link);
	}
}

function pathTo(view: DataView, at: Offset, destination: Address): void {
	const path = PathBlock.of(view, at);
	if (path.out !== 0 && sameAddress(view, path.destination, destination)) narrow(view, path);
}

/** What was said first is forgotten: larger packets are tried again. */
function forget(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const count = (core.pathMtus - 1) | 0;
	const first = entryAt(view, 0);
	const address: Offset = core.textAddress;
	copyAddress(view, address, PathMtuEntry.of(view, entryAt(view, 0)).destination);
	core.pathMtus = count;
	for (let place = 0; place < count; place++)
		copy(view, (first + Math.imul(place, PathMtuEntry.bytes)) | 0, entryAt(view, (place + 1) | 0), PathMtuEntry.bytes);
	pathsTo(view, address);
}

/** What is ten minutes old is forgotten. RFC 1191 §6.3, RFC 8201 §4. */
export function pathMtuTimers(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	while (core.pathMtus !== 0) {
		const due = PathMtuEntry.of(view, entryAt(view, 0)).due;
		if (((core.now - due) | 0) < 0) {
			deadline(view, due);
			return;
		}
		forget(view);
	}
}
