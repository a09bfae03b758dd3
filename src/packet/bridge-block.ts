// What a bridge has in the arena, and each of its ports, in the place of the LineBlocks of their InterfaceBlocks, as neither is a serial line; and the table of stations, which fills a packet buffer.

import { bytes, int32, offset, record, uint16, type RowOf } from "./record.ts";

export const BridgeBlock = record({
	/** Slots of its ports, a bit for each, 32 in a word. */
	portsLow: int32,
	portsHigh: int32,
	/** Where the table of stations lies: STATIONS rows of StationRow. */
	stations: offset,
	/** First hash of an address: strangers do not know which addresses share a place. */
	seed: int32,
	/** A station that has sent nothing for so many ms is forgotten. IEEE 802.1D §7.9.2. */
	ageMs: int32,
	/** Frames a second that each port may have flooded. */
	storm: int32,
});
export type BridgeBlock = RowOf<typeof BridgeBlock>;

export const PortBlock = record({
	/** How many of its frames may yet be flooded now, thousandths, and when that was counted, ms. */
	tokens: int32,
	counted: int32,
	/** Most bytes of a frame that it sends, and so many more with the tag of a VLAN. */
	most: int32,
	tag: int32,
});
export type PortBlock = RowOf<typeof PortBlock>;

/** A station, and by which port it is reached. */
export const StationRow = record({
	mac: bytes(6),
	/** Slot of the port, 0: the row is free. */
	port: uint16,
	/** When it sent something last, ms. */
	seen: int32,
});
export type StationRow = RowOf<typeof StationRow>;

/** Rows of the table, powers of two, and how many of them an address may stand in: the one that its hash says, and those behind. */
export const STATIONS = 128;
export const STATION_WAYS = 4;

/** By what an interface finds its bridge among those whose frames it carries, beside VLANs by their VIDs: none of them has that one. */
export const BRIDGE_RIDER = 0;
