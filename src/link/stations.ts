// The stations that a bridge knows, and by which port each is reached: IEEE 802.1D §7.8, §7.9. A look-up looks at four rows at most, however many there are. Flat TypeScript.

import { BridgeBlock, STATION_WAYS, STATIONS, StationRow } from "../packet/bridge-block.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { mix } from "../packet/mix.ts";
import type { Offset } from "../packet/numbers.ts";
import * as ethernet from "../wire/ethernet.ts";

/** Where the first of the rows lies in which the station with the address at `mac` may stand. */
function placeOf(view: DataView, bridge: BridgeBlock, mac: Offset): Offset {
	const hash = mix(mix(bridge.seed, view.getInt32(mac)), view.getUint16(mac + 4));
	return (bridge.stations + Math.imul(hash & (STATIONS - STATION_WAYS), StationRow.bytes)) | 0;
}

/** Whether a row is of a station that is still known. */
function isKnown(bridge: BridgeBlock, row: StationRow, now: number): boolean {
	const age = (now - row.seen) | 0;
	return row.port !== 0 && age >= 0 && age < bridge.ageMs;
}

/** Slot of the port by which the station with the address at `mac` is reached, 0 where nobody knows. */
export function stationPort(view: DataView, bridge: BridgeBlock, mac: Offset): number {
	const now = CoreBlock.of(view, CORE).now;
	const first = placeOf(view, bridge, mac);
	for (let i = 0; i < STATION_WAYS; i++) {
		const row = StationRow.of(view, (first + Math.imul(i, StationRow.bytes)) | 0);
		if (ethernet.sameAddress(view, row.mac, mac)) return isKnown(bridge, row, now) ? row.port : 0;
	}
	return 0;
}

/** The station with the address at `mac` is reached by the port in that slot from now on. Of others it takes the place only of one that is forgotten, or else of the one that was silent longest. */
export function stationLearn(view: DataView, bridge: BridgeBlock, mac: Offset, slot: number): void {
	const now = CoreBlock.of(view, CORE).now;
	const first = placeOf(view, bridge, mac);
	let taken: Offset = first;
	let oldest = -1;
	for (let i = 0; i < STATION_WAYS; i++) {
		const at: Offset = (first + Math.imul(i, StationRow.bytes)) | 0;
		const row = StationRow.of(view, at);
		if (ethernet.sameAddress(view, row.mac, mac)) {
			row.port = slot & 0xffff;
			row.seen = now;
			return;
		}
		const age = isKnown(bridge, row, now) ? (now - row.seen) | 0 : 0x7fffffff;
		if (age > oldest) {
			oldest = age;
			taken = at;
		}
	}
	const row = StationRow.of(view, taken);
	view.setInt32(row.mac, view.getInt32(mac));
	view.setUint16(row.mac + 4, view.getUint16(mac + 4));
	row.port = slot & 0xffff;
	row.seen = now;
}

/** Forgets the stations of the port in that slot; in slot 0: makes the table empty. `block`: of the bridge's interface. */
export function stationsForget(view: DataView, block: Offset, slot: number): void {
	const bridge = BridgeBlock.of(view, InterfaceBlock.of(view, block).line);
	for (let i = 0; i < STATIONS; i++) {
		const row = StationRow.of(view, (bridge.stations + Math.imul(i, StationRow.bytes)) | 0);
		if (slot !== 0 && row.port !== slot) continue;
		row.port = 0;
		view.setInt32(row.mac, 0);
		view.setUint16(row.mac + 4, 0);
	}
}

/** How many stations it knows: of the port in that slot, or of all with slot 0. `block`: of the bridge's interface. */
export function stationsKnown(view: DataView, block: Offset, slot: number): number {
	const bridge = BridgeBlock.of(view, InterfaceBlock.of(view, block).line);
	const now = CoreBlock.of(view, CORE).now;
	let count = 0;
	for (let i = 0; i < STATIONS; i++) {
		const row = StationRow.of(view, (bridge.stations + Math.imul(i, StationRow.bytes)) | 0);
		if (isKnown(bridge, row, now) && (slot === 0 || row.port === slot)) count = (count + 1) | 0;
	}
	return count;
}
