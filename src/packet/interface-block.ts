// What an interface has in the arena: what compiled code needs to know of it, its counters, and the queue before its device.

import { ADDRESSES_PER_INTERFACE } from "../config.ts";
import { DropBlock } from "./drop-block.ts";
import { LineBlock } from "./line-block.ts";
import { address, bytes, int32, offset, record, uint16, type RowOf } from "./record.ts";

/** An address that an interface has. */
export const OwnAddress = record({
	address: address,
	/** Bits of its subnet's prefix, 0 to 128. */
	length: int32,
	/** OWN_…, or-ed. */
	bits: int32,
});
export type OwnAddress = RowOf<typeof OwnAddress>;

/** It is being found out whether nobody else has it: it is no source, and no destination. RFC 4862 §5.4. */
export const OWN_TENTATIVE = 1;
/** It is a source only where there is no other. RFC 4862 §5.5.4. */
export const OWN_DEPRECATED = 2;
/** It is one of those that are given up from time to time, and is a source before others. RFC 8981. */
export const OWN_TEMPORARY = 4;
/** From this bit on: a bit for the number of each router that says its prefix (route-table.ts). */
export const OWN_ROUTERS = 8;

/** What most places of the code ask for comes first, as in a TcbBlock. */
export const InterfaceBlock = record({
	/** Its hardware address. */
	mac: bytes(6),
	/** The interface's slot. */
	slot: uint16,
	/** FLAG_…, or-ed. */
	flags: int32,
	/** Largest IPv6 packet that routers want here, bytes; 0: as `mtu`. RFC 4861 §6.3.4. */
	mtu6: uint16,
	/** What routers say: IPv6's hop limit, and ms between two questions for a neighbour; and how long one is known after it has answered, ms. RFC 4861 §6.3.2. */
	hops6: uint16,
	retransMs: uint16,
	/** Ethernet header for broadcasts, prepared. */
	broadcastHeader: bytes(14),
	reachableMs: int32,
	/** 1: packets pass. */
	up: int32,
	/** Number of its device among those in C (device/kernels/devices.ts), 0 for one in TypeScript. */
	native: int32,
	/** WATCHED_…, or-ed: what the interpreter looks at at every poll. */
	watched: int32,
	/** Bytes of link header, and most bytes of a frame that is received, counted from where it begins. */
	header: int32,
	space: int32,
	/** Largest IP packet, bytes. */
	mtu: int32,
	/** TTL of what is built for it, with NO_CHECKSUM when its device fills checksums in. */
	ttl: int32,
	/** Packets that wait for the device: how many, the first and the last. IN_PARENT: they wait for another interface's, `parent`. */
	waiting: int32,
	queueFirst: int32,
	queueLast: int32,
	/** 1: the device did not take what it was offered last. */
	refused: int32,
	/** 1: the first of them is being taken: it is offered again within the poll. */
	again: int32,
	/** The packet that a frame comes into, and 1 added; 0 for none. */
	incoming: int32,
	/** What was answered of it already: its length, -1 for one that is lost; 0 while it comes. */
	came: int32,
	/** How many addresses it has; `addresses` has them. */
	addressCount: int32,
	/** UDP port whose datagrams are taken for any address that their sender chose, 0: none. A DHCP server writes to the address that it offers. */
	anyPort: int32,
	/** Block of the interface that was added after it, 0 for none. */
	next: offset,
	/** Of a VLAN: block of the interface that carries its frames, and the tag that they have, priority << 13 | VID. Of a bridge: `parent` of the port by which its last frame to one station went; of a port: of the bridge. Of an interface with queues: `tag` is where its QueueBlock lies. 0 of all others. */
	parent: offset,
	tag: int32,
	/** Pairs of low and high 32 bits: packet/counters.ts. */
	rxPackets: bytes(8),
	rxBytes: bytes(8),
	txPackets: bytes(8),
	txBytes: bytes(8),
	/** One uint32 for each reason for which packets are dropped. */
	drops: bytes(DropBlock.bytes),
	/** Its LineBlock, where its device is a serial line; its TunnelBlock, where it is a tunnel; BridgeBlock of a bridge, PortBlock of a bridge's port. */
	line: bytes(LineBlock.bytes),
	/** Its addresses, an OwnAddress each. */
	addresses: bytes(ADDRESSES_PER_INTERFACE * OwnAddress.bytes),
	/** What the DHCP client asks about, and must hear of: an address that is probed for (RFC 5227 §2.1.1), and a station that is looked for. None: nothing. */
	probed: address,
	checked: address,
});
export type InterfaceBlock = RowOf<typeof InterfaceBlock>;

/** Bits of `watched`. Its device has `poll`, which a device in C may do there as well. */
export const WATCHED_TIME = 1;
/** It is taken down, whatever its device says. */
export const WATCHED_DOWN = 2;
/** The interpreter has asked for it, once. */
export const WATCHED_ONCE = 4;

/** Bits of `flags`. */
export const FLAG_ETHERNET = 1;
/** The device has checked the checksums of IPv4. */
export const FLAG_CHECKED = 2;
/** Addresses of 127.0.0.0/8 and our own as source are right here. */
export const FLAG_LOOPBACK = 4;
/** What is sent by it comes in by it, from the queue before its device. */
export const FLAG_RETURNS = 16;
/** Its device is a serial line, with a LineBlock. */
export const FLAG_LINE = 32;
/** A serial line by PPP: frames come while it is down too. */
export const FLAG_PPP = 64;
/** Every unicast destination is ours. */
export const FLAG_ANY_ADDRESS = 8;
/** Programs see its frames: link/taps.ts. */
export const FLAG_TAPPED = 128;
/** It is a VLAN: its frames are its parent's to send, with a tag. */
export const FLAG_VLAN = 256;
/** What it leads to has not answered: of routes by it and by others to one prefix those by others come first, but for its own subnets. */
export const FLAG_DOUBTED = 512;
/** It is a tunnel, with a TunnelBlock: what is sent by it goes into packets of IP, ip/tunnel-out.ts. */
export const FLAG_TUNNEL = 1024;
/** It is a port of a bridge, with a PortBlock: what comes in by it is the bridge's, bridge-in.ts of src/link. */
export const FLAG_PORT = 2048;
/** It is a bridge, with a BridgeBlock: what is sent by it goes out by its ports. */
export const FLAG_BRIDGE = 4096;
/** Its packets wait in queues by flows, link/flow-queue.ts; the queue before its device has one of them at the most. */
export const FLAG_QUEUES = 8192;

/** Of `waiting`: it has no queue of its own, as a VLAN or a bridge. */
export const IN_PARENT = -1;
