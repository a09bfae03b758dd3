// Layout of the blocks in the arena that C and TypeScript share. src/wire/native/codec.c states the same numbers; the twins
// test compares them. Every int32 is little-endian: all processors that this stack runs on are.

/** Interface block: what `decode` needs to know of an interface, and its counters. */
export const INTERFACE_BLOCK = 384;
export const BLOCK_MAC = 0;
export const BLOCK_FLAGS = 8;
/** Pairs of low and high 32 bits. */
export const BLOCK_RX_PACKETS = 12;
export const BLOCK_RX_BYTES = 20;
export const BLOCK_TX_PACKETS = 28;
export const BLOCK_TX_BYTES = 36;
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

/** Neighbour block: 14 bytes of Ethernet header, prepared, and two to round up. */
export const NEIGHBOR_BLOCK = 16;

/** TCB block: what `tcpBuild` needs of a connection. */
export const TCB_BLOCK = 128;
/** IPv4 and TCP header, network order; IPv6's 40 + 20 fit too. */
export const TCB_TEMPLATE = 0;
/** Up to 40 bytes of TCP options, sent with every segment while TCB_OPTIONS_LENGTH is not 0. */
export const TCB_OPTIONS = 64;
export const TCB_OPTIONS_LENGTH = 104;
/** Arena offset of the send ring, and its size in bytes. */
export const TCB_SEND_RING = 108;
export const TCB_SEND_SIZE = 112;
export const TCB_IP_HEADER = 116;
/** Not 0: the device fills the checksums in. */
export const TCB_NO_CHECKSUM = 120;

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
