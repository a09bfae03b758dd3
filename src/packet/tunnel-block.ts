// What a tunnel has in the arena. It lies in the place of the LineBlock of its InterfaceBlock: no tunnel is a serial line.

import { PathBlock } from "./path-block.ts";
import { bytes, int32, record, uint16, type RowOf } from "./record.ts";

export const TunnelBlock = record({
	/** The way of its packets, a PathBlock: from its own end to the other one. */
	path: bytes(PathBlock.bytes),
	/** GRE: the key, which counts with TUNNEL_KEY. */
	key: int32,
	/** GRE: number of the next packet that is sent, and the least one that is taken. RFC 2890 §2.2. */
	sent: int32,
	wanted: int32,
	/** TUNNEL_…, or-ed. */
	bits: uint16,
	/** Largest packet that it may carry, bytes, however much its way does. */
	most: uint16,
});
export type TunnelBlock = RowOf<typeof TunnelBlock>;

/** Of `bits`, one of these three: GRE; IP in IP, RFC 2003 and 2473; IPv6 in IPv4, RFC 4213. */
export const TUNNEL_GRE = 1;
export const TUNNEL_IP = 2;
export const TUNNEL_SIX = 4;
/** GRE: packets have the key, a sequence number, a checksum. */
export const TUNNEL_KEY = 8;
export const TUNNEL_SEQUENCE = 16;
export const TUNNEL_CHECKSUM = 32;
/** A keepalive has come back. */
export const TUNNEL_ANSWERED = 64;
/** Its way leads into itself, or through too many tunnels. */
export const TUNNEL_LOOP = 128;

/** Bits by which packets that come in tell tunnels between the same ends apart. */
export const TUNNEL_KIND = TUNNEL_GRE | TUNNEL_IP | TUNNEL_SIX | TUNNEL_KEY;
