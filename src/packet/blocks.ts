// Layout of the blocks in the arena that compiled and interpreted code share. Every int32 is little-endian: all processors that this stack runs on are.

/** Interface block: what `decode` needs to know of an interface, and its counters. */
export const INTERFACE_BLOCK = 384;
export const BLOCK_MAC = 0;
export const BLOCK_FLAGS = 8;
/** Pairs of low and high 32 bits. */
export const BLOCK_RX_PACKETS = 12;
export const BLOCK_RX_BYTES = 20;
export const BLOCK_TX_PACKETS = 28;
export const BLOCK_TX_BYTES = 36;
/** The interface's slot. */
export const BLOCK_SLOT = 52;
/** Number of IPv4 addresses, then pairs of address and mask. */
export const BLOCK_ADDRESS_COUNT = 60;
export const BLOCK_ADDRESSES = 64;
export const BLOCK_ADDRESS_LIMIT = 6;
/** One uint32 for each reason of drops.ts. */
export const BLOCK_DROPS = 112;
/** Ethernet header for broadcasts, prepared. */
export const BLOCK_BROADCAST_HEADER = 368;

/** Bits of BLOCK_FLAGS. */
export const FLAG_ETHERNET = 1;
/** The device has checked the checksums. */
export const FLAG_CHECKED = 2;
/** Addresses of 127.0.0.0/8 and our own as source are right here. */
export const FLAG_LOOPBACK = 4;
/** Every unicast destination is ours. */
export const FLAG_ANY_ADDRESS = 8;

/** Neighbour block: 14 bytes of Ethernet header, prepared; who else is in question (six bytes); when everybody was asked which of them has the address; bits. */
export const NEIGHBOR_BLOCK = 28;
export const NEIGHBOR_OTHER = 14;
export const NEIGHBOR_ASKED_AT = 20;
export const NEIGHBOR_BITS = 24;
/** Bits of NEIGHBOR_BITS. Known from its own question only: none of our packets has gone there. */
export const NEIGHBOR_LEARNED = 1;
/** NEIGHBOR_ASKED_AT counts. */
export const NEIGHBOR_ASKED = 2;
/** NEIGHBOR_OTHER has answered, and the one known may yet. */
export const NEIGHBOR_ANSWERED = 4;
/** NEIGHBOR_OTHER was the one known, and has not answered. */
export const NEIGHBOR_REPLACED = 8;

/** Flow table: index mask, hash seed, then 20-byte entries. */
export const FLOW_MASK = 0;
export const FLOW_SEED = 4;
export const FLOW_ENTRIES = 16;
export const FLOW_ENTRY = 20;
/** Entry: local address, remote address, remote port << 16 | local port, interface slot << 8 | protocol (0 = empty), value. */
export const FLOW_LOCAL = 0;
export const FLOW_REMOTE = 4;
export const FLOW_PORTS = 8;
export const FLOW_META = 12;
export const FLOW_VALUE = 16;

/** Route table: index mask, hash seed, prefix lengths in use (bit n: length n; length 32 in a word of its own), then 12-byte entries. */
export const ROUTE_MASK = 0;
export const ROUTE_SEED = 4;
export const ROUTE_LENGTHS = 8;
export const ROUTE_HOST_LENGTH = 12;
export const ROUTE_ENTRIES = 16;
export const ROUTE_ENTRY = 12;
/** Entry: prefix, interface slot << 8 | length + 1 (0 = empty), route index. */
export const ROUTE_PREFIX = 0;
export const ROUTE_KEY = 4;
export const ROUTE_INDEX = 8;
