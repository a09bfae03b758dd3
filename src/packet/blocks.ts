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

/** TCB block: what `tcpBuild` needs of a connection. */
export const TCB_BLOCK = 240;
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
/** Bits: the two kinds of acknowledgment owed, and what wire/stream.ts must know of the connection. */
export const TCB_BITS = 124;
/** Names as in RFC 9293 §3.3.1 and transport/tcp/tcb.ts. */
export const TCB_RCV_NXT = 128;
/** Right edge of the window advertised last; bytes not read yet; ring byte where RCV.NXT goes; the ring; steps of the window. */
export const TCB_RCV_ADVERTISED = 132;
export const TCB_RCV_QUEUED = 136;
export const TCB_RCV_AT = 140;
export const TCB_RECEIVE_RING = 144;
export const TCB_RECEIVE_SIZE = 148;
export const TCB_WINDOW_STEP = 152;
export const TCB_UPDATE_STEP = 156;
export const TCB_SND_UNA = 160;
export const TCB_SND_NXT = 164;
/** Bytes not acknowledged yet, sent or not; ring byte of SND.UNA; the peer's window, and the largest it ever was. */
export const TCB_SND_QUEUED = 168;
export const TCB_SND_AT = 172;
export const TCB_SND_WND = 176;
export const TCB_SND_WND_MAX = 180;
/** Congestion window; largest payload; end of the last small segment. */
export const TCB_CWND = 184;
export const TCB_SND_MSS = 188;
export const TCB_SND_SMALL = 192;
/** The segment that is being timed, and when it was sent. */
export const TCB_RTT_SEQ = 196;
export const TCB_RTT_AT = 200;
/** Slot of the interface that the connection went by first; 0 while it has gone by none. */
export const TCB_HOME = 204;
/** When answers to repetitions so far would have been sent at their pace, ms. transport/tcp/answers.ts; C does not look at it. */
export const TCB_ANSWER_AT = 208;
/** transport/tcp/path-mtu.ts; C does not look at it. What an ICMP error claimed and was not believed: largest payload (0: none), of which segment, when. */
export const TCB_CLAIM_MSS = 212;
export const TCB_CLAIM_SEQ = 216;
export const TCB_CLAIM_AT = 220;
/** The largest payload that both ends can do, 0 while it never was made smaller; the largest that is known to have arrived before TCB_SND_MSS changed last. */
export const TCB_FULL_MSS = 224;
export const TCB_KNOWN_MSS = 228;
/** The first sequence number of what goes at the present size; when full segments are tried again. */
export const TCB_SIZE_SINCE = 232;
export const TCB_RAISE_AT = 236;

/** Bits of TCB_BITS. An acknowledgment is owed at the end of the turn; one waits for the delayed-ACK tick. */
export const BIT_ACK_NOW = 1;
export const BIT_ACK_DELAYED = 2;
/** Expected segments may take the short way. */
export const BIT_SHORT = 4;
/** Nagle's algorithm is off. */
export const BIT_NO_DELAY = 8;
/** The peer's FIN has come. */
export const BIT_FIN = 16;
/** TCB_RTT_SEQ counts. */
export const BIT_TIMING = 32;

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
