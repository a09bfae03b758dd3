// One call from frame to socket: a frame is checked and read, link and IP header here, what is behind them in demux.ts.

import { DROP } from "../packet/drops.ts";
import { V4 } from "../packet/address.ts";
import {
	DESTINATION,
	DESTINATION_ADDRESS,
	FIELDS_BYTES,
	IP_AT,
	IP_END,
	KNOWN_DESTINATION,
	KNOWN_SLOT,
	KNOWN_SOURCE,
	SOURCE,
	SOURCE_ADDRESS,
	TRANSPORT_AT,
	TTL_PROTOCOL,
} from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, FLAG_CHECKED, FLAG_ETHERNET, FLAG_LOOPBACK, InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import { answer, drop } from "./answers.ts";
import * as arp from "./arp.ts";
import { check } from "../packet/bounds.ts";
import { add } from "./counters.ts";
import { transport } from "./demux.ts";
import * as ethernet from "./ethernet.ts";
import * as ipv4 from "./ipv4.ts";
import { checksum } from "./kernels/checksum.ts";
import * as kinds from "./kinds.ts";
import { ownFind } from "./own.ts";

/**
 * Reads the frame in bytes `at` to `end` that came in by the interface with that block, checks it, and fills the decode
 * registers (packet/fields.ts). Counts it as received. Answers as kinds.ts says.
 */
export function decode(view: DataView, at: Offset, end: Offset, block: Offset): number {
	check(at, end - at, view.byteLength);
	const iface = InterfaceBlock.of(view, block);
	const flags = iface.flags;
	add(view, iface.rxPackets, 1);
	add(view, iface.rxBytes, end - at);
	if (!(flags & FLAG_ETHERNET)) return decodeIpv4(view, at, end, iface, flags, 0);
	if (end - at < ethernet.HEADER) return drop(view, iface, DROP.truncated);
	check(at, ethernet.HEADER, view.byteLength);
	let group = 0;
	if (ethernet.isGroup(view, at)) group = kinds.GROUP;
	else if (!ethernet.sameAddress(view, at, iface.mac)) return drop(view, iface, DROP.notForUs);
	const packet = at + ethernet.HEADER;
	const type = ethernet.type(view, at);
	if (type === ethernet.TYPE_IPV4) return decodeIpv4(view, packet, end, iface, flags, group);
	if (type !== ethernet.TYPE_ARP) return drop(view, iface, DROP.unknownEtherType);
	if (!arp.valid(view, packet, end)) return drop(view, iface, DROP.arpMalformed);
	return answer(view, kinds.ARP, group, packet, arp.LENGTH, 0);
}

/** Goes on with a valid IPv4 packet that TRANSIT was answered for, and that is for us after all. It came in by the interface with that block. */
export function decodeTransport(view: DataView, at: Offset, end: Offset, block: Offset, group: number): number {
	check(at, end - at, view.byteLength);
	const iface = InterfaceBlock.of(view, block);
	if (!ipv4.valid(view, at, end)) return drop(view, iface, DROP.ipv4Malformed);
	return transport(view, at, end, iface, group & kinds.GROUP);
}

function decodeIpv4(view: DataView, at: Offset, end: Offset, iface: InterfaceBlock, flags: number, group: Uint8): number {
	if (!ipv4.valid(view, at, end)) return drop(view, iface, DROP.ipv4Malformed);
	check(at, ipv4.HEADER, view.byteLength);
	const header = ipv4.headerLength(view, at);
	if (!(flags & FLAG_CHECKED) && checksum(view, at, at + header, 0) !== 0xffff) return drop(view, iface, DROP.ipv4Checksum);
	const source = ipv4.source(view, at);
	const destination = ipv4.destination(view, at);
	const ipEnd = at + ipv4.totalLength(view, at);
	check(0, FIELDS_BYTES, view.byteLength);
	view.setInt32(SOURCE_ADDRESS + V4, source);
	view.setInt32(DESTINATION_ADDRESS + V4, destination);
	if (badSource(view, flags, source)) return drop(view, iface, DROP.ipv4BadSource);
	view.setInt32(SOURCE * 4, source, true);
	view.setInt32(DESTINATION * 4, destination, true);
	view.setInt32(IP_AT * 4, at, true);
	view.setInt32(IP_END * 4, ipEnd, true);
	view.setInt32(TRANSPORT_AT * 4, at + header, true);
	view.setInt32(TTL_PROTOCOL * 4, view.getUint16(at + ipv4.TTL), true);
	const where = classify(view, iface, flags, destination);
	// RFC 1122 §3.3.6: nobody alone is addressed by a frame for all. Else every host would answer what one was asked.
	if (group !== 0 && where === LOCAL) return drop(view, iface, DROP.ipv4LinkBroadcast);
	const pointer = ipv4.badOption(view, at, header);
	if (pointer === ipv4.SOURCE_ROUTE) return drop(view, iface, DROP.ipv4SourceRoute);
	if (pointer !== 0) return answer(view, kinds.BAD_OPTION, group | (where & kinds.GROUP), at, ipEnd - at, pointer);
	if (where === ELSEWHERE) return answer(view, kinds.TRANSIT, group, at, ipEnd - at, 0);
	return transport(view, at, ipEnd, iface, group | where);
}

const LOCAL = 0;
const ELSEWHERE = 1;

/** What the destination in the registers, which is that address of IPv4, is: LOCAL, ELSEWHERE, or GROUP for a broadcast or multicast address. */
function classify(view: DataView, iface: InterfaceBlock, flags: number, address: number): Uint8 {
	if (view.getInt32(KNOWN_DESTINATION * 4, true) === address && view.getInt32(KNOWN_SLOT * 4, true) === iface.slot) return LOCAL;
	const own = ownFind(view, DESTINATION_ADDRESS, iface.slot);
	if (own & kinds.GROUP) return kinds.GROUP;
	if (own !== 0) {
		view.setInt32(KNOWN_DESTINATION * 4, address, true);
		view.setInt32(KNOWN_SLOT * 4, iface.slot, true);
		return LOCAL;
	}
	if (address === ipv4.BROADCAST || ipv4.isMulticast(address)) return kinds.GROUP;
	if (flags & FLAG_LOOPBACK && ipv4.isLoopback(address)) return LOCAL;
	return flags & FLAG_ANY_ADDRESS ? LOCAL : ELSEWHERE;
}

/** Whether a station outside cannot have the source address in the registers, which is this one of IPv4: a group, "this network" but for 0.0.0.0 itself, loopback, one of ours, a broadcast address of our subnets. RFC 1122 §3.2.1.3. */
function badSource(view: DataView, flags: number, source: number): boolean {
	if (source >= (0xe0000000 | 0) && source < 0) return true; // classes D and E, and the broadcast address
	if (source > 0 && source < 0x01000000) return true;
	if (flags & FLAG_LOOPBACK) return false;
	if (ipv4.isLoopback(source)) return true;
	if (view.getInt32(KNOWN_SOURCE * 4, true) === source) return false;
	if (ownFind(view, SOURCE_ADDRESS, 0) !== 0) return true;
	view.setInt32(KNOWN_SOURCE * 4, source, true);
	return false;
}
