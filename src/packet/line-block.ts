// What the link of a serial line has in the arena, within its InterfaceBlock.

import { FramingBlock } from "./framing-block.ts";
import { bytes, int32, offset, record, type RowOf } from "./record.ts";

export const LineBlock = record({
	/** Of a driver in C: what its decoder remembers. */
	decoder: bytes(FramingBlock.bytes),
	/** RAW, SLIP or HDLC of device/serial.ts: what its frames are. */
	framing: int32,
	/** OPEN_…, or-ed: packets of these pass. SLIP's line is always open. */
	open: int32,
	/** TRAFFIC_…, or-ed, since the link looked last. */
	traffic: int32,
	/** PPP: control packets that wait for the line; IP packets wait behind them. */
	controls: int32,
	/** PPP: 1, the line was there when the link looked last. */
	carrier: int32,
	/** PPP: 1, the link wants to know when octets have come that are no frame yet. */
	suspects: int32,
	/** Blocks of header compression (wire/vj.ts), each way; 0: none. */
	compressor: offset,
	decompressor: offset,
	/** The packet that goes out: its number, its bytes, what it is as, and 1 when its header is compressed. */
	packet: int32,
	start: offset,
	end: offset,
	protocol: int32,
	compressed: int32,
	/** 1: it was compressed and the line had no room. It has to be the next that goes. */
	held: int32,
});
export type LineBlock = RowOf<typeof LineBlock>;

/** Bits of `open`: IPv4, as IPCP has agreed, and IPv6, as IPV6CP has. */
export const OPEN_IPV4 = 1;
export const OPEN_IPV6 = 2;

/** Bits of `traffic`: IP packets came, and went. */
export const TRAFFIC_IN = 1;
export const TRAFFIC_OUT = 2;
