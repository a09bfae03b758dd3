// What an interface has in the arena: what `decode` needs to know of it, and its counters.

import { bytes, int32, record, uint16, type RowOf } from "./record.ts";

export const InterfaceBlock = record({
	/** Its hardware address. */
	mac: bytes(6),
	/** The interface's slot. */
	slot: uint16,
	/** FLAG_…, or-ed. */
	flags: int32,
	/** Pairs of low and high 32 bits: wire/counters.ts. */
	rxPackets: bytes(8),
	rxBytes: bytes(8),
	txPackets: bytes(8),
	txBytes: bytes(8),
	/** One uint32 for each reason of drops.ts. */
	drops: bytes(256),
	/** Ethernet header for broadcasts, prepared. */
	broadcastHeader: bytes(14),
	unused: bytes(2),
});
export type InterfaceBlock = RowOf<typeof InterfaceBlock>;

/** Bits of `flags`. */
export const FLAG_ETHERNET = 1;
/** The device has checked the checksums. */
export const FLAG_CHECKED = 2;
/** Addresses of 127.0.0.0/8 and our own as source are right here. */
export const FLAG_LOOPBACK = 4;
/** Every unicast destination is ours. */
export const FLAG_ANY_ADDRESS = 8;
