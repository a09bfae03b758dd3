// What a UDP socket is: all that there is of it lies here. Sockets of programs come first, those of the services behind them.

import { CORE, CoreBlock } from "./core-block.ts";
import { REGISTER } from "./fields.ts";
import type { Offset } from "./numbers.ts";
import { PathBlock } from "./path-block.ts";
import { address, bytes, int32, offset, record, type RowOf } from "./record.ts";

/** Bytes of a text in a block, the 0 behind it among them: of an address, of which none has more than 39 characters, and of the name of an interface. */
export const ADDRESS_TEXT = 40;
export const NAME_TEXT = 16;

export const UdpBlock = record({
	/** Where the ring is, and its bytes: whole words. */
	ring: offset,
	size: offset,
	/** Ring byte where the next datagram goes. */
	next: offset,
	/** Bytes in the ring, and how many datagrams they are. */
	used: offset,
	count: int32,
	/** Of the datagram that was read last: its sender, what it was sent to, remote port << 16 | local port, and the slot of the interface that it came by. Slot 0: none was read. */
	lastSource: address,
	lastDestination: address,
	lastPorts: int32,
	lastSlot: int32,
	/** UDP_…, or-ed. 0: nobody has it. */
	bits: int32,
	/** Its number among the sockets that have news, and its index among these blocks. */
	news: int32,
	index: int32,
	/** What it is bound to: an address, none for any; a port; interface slot << 8 | protocol, its part of the flow table's key. */
	localAddress: address,
	localPort: int32,
	meta: int32,
	/**
	 * For natives, whom the last datagram came from or went to, an address and a port; that address as text, as the program has it, the address that the last one was sent to, and
	 * the name of the interface that it came by: each ends with a byte 0, and is empty when it is longer than that, or nothing is known.
	 */
	peer: address,
	peerPort: int32,
	peerText: bytes(ADDRESS_TEXT),
	localText: bytes(ADDRESS_TEXT),
	linkText: bytes(NAME_TEXT),
	/** The way of what it sent last, a PathBlock. */
	path: bytes(PathBlock.bytes),
});
export type UdpBlock = RowOf<typeof UdpBlock>;

/** Bits of `bits`. Somebody has it. */
export const UDP_OPEN = 1;
/** Its address or interface was removed: it hears and sends nothing any more. */
export const UDP_GONE = 2;
/** What goes to 255.255.255.255 leaves by every interface. */
export const UDP_BY_ALL = 4;
/** It takes nothing that is for a broadcast address or a group. */
export const UDP_NO_GROUPS = 8;
/** Its path is that of one datagram whose source address or interface was given. */
export const UDP_GIVEN = 16;
/** Its owner knows who sent the datagram that was read last, and need not be told when the next one is like it. */
export const UDP_TOLD = 32;
/** Its owner wants to hear what ICMP errors say of what it has sent. */
export const UDP_ERRORS = 64;
/** It is no socket for datagrams, but for whole frames of its interface. */
export const UDP_FRAMES = 128;
/** Others that say the same may have its port as well. */
export const UDP_SHARED = 2048;
/** What it sends to groups does not reach the sockets of this board. */
export const UDP_NO_LOOP = 4096;
/** From this bit on the time to live of what it sends to groups, plus 1; 0: as of all that it sends, else 1. */
export const UDP_GROUP_TTL = 16;
/** From this bit on the only family that it takes, 4 or 6, or 0. */
export const UDP_FAMILY = 8;

/** Bytes of a datagram in the ring before its payload: source and destination address, ports, length | slot of the interface << 16 (int32 both, big-endian). Behind it padding to 4 bytes. */
export const DATAGRAM = 40;

/** Whether somebody has the socket, and what it is bound to is there. */
export function udpHasPlace(socket: UdpBlock): boolean {
	return (socket.bits & (UDP_OPEN | UDP_GONE)) === UDP_OPEN;
}

/** The only family that the socket takes, 4 or 6, or 0. */
export function udpFamily(socket: UdpBlock): number {
	return (socket.bits >> UDP_FAMILY) & 7;
}

/** How many there are, of programs and of services. */
export function udpSockets(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	return (core.udpCount + core.serviceCount) | 0;
}

/** The block of the raw socket with that index. `meta` has its protocol; `localPort` the only family that it takes, 4 or 6, or 0. */
export function rawAt(view: DataView, index: number): Offset {
	return udpAt(view, (udpSockets(view) + index) | 0);
}

/** Where the block of the socket with that index lies. */
export function udpAt(view: DataView, index: number): Offset {
	return (view.getInt32(REGISTER.udpsAt, true) + Math.imul(index, UdpBlock.bytes)) | 0;
}
