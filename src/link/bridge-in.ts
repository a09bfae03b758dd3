// A frame comes in by a port of a bridge: IEEE 802.1D §7.5 to §7.8, without spanning tree. Flat TypeScript.

import { check } from "../packet/bounds.ts";
import { BridgeBlock, PortBlock } from "../packet/bridge-block.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset } from "../packet/numbers.ts";
import { packetKept } from "../packet/packets.ts";
import { interfaceAt } from "../packet/slots.ts";
import * as ethernet from "../wire/ethernet.ts";
import { stationLearn, stationPort } from "./stations.ts";
import { flood, relay } from "./transmit.ts";

/** Groups that bridges keep to themselves, 01-80-C2-00-00-00 to -0F: IEEE 802.1D table 7-10. */
const RESERVED_HIGH = 0x0180c200;
const RESERVED_MASK = 0xfff0;

/** What one flooded frame takes of a port's tokens; so long may a port save them, ms, and so long is the part of that which is there for spanning tree alone. */
const TOKEN = 1000;
const BURST_MS = 250;
const KEPT_MS = 64;

/**
 * The frame in bytes `at` to `end`, which came in by `port`: its sender is noted, and it is sent to where it goes. Answers the block of the bridge's interface where it is for this station, or also;
 * else 0.
 */
export function bridgeArrival(view: DataView, port: InterfaceBlock, at: Offset, end: Offset): Offset {
	if (end - at < ethernet.HEADER) return drop(view, port, DROP.truncated);
	check(at, ethernet.HEADER, view.byteLength);
	const link = InterfaceBlock.of(view, port.parent);
	if (link.up === 0) return drop(view, port, DROP.interfaceDown);
	const bridge = BridgeBlock.of(view, link.line);
	const source = at + ethernet.SOURCE_ADDRESS;
	// What we have sent comes back: two ports lead to each other.
	if (!ethernet.isUnicast(view, source) || ethernet.sameAddress(view, source, link.mac))
		return drop(view, port, DROP.bridgeSource);
	stationLearn(view, bridge, source, port.slot);
	if (ethernet.isGroup(view, at)) {
		const reserved = view.getInt32(at) === RESERVED_HIGH ? view.getUint16(at + 4) : RESERVED_MASK;
		if ((reserved & RESERVED_MASK) === 0 && reserved !== 0) return link.at;
		// Who runs no spanning tree hands on what those say who do, so that they find loops through it.
		if (!mayFlood(view, bridge, port, reserved === 0)) return drop(view, port, DROP.bridgeStorm);
		flood(view, bridge, port.slot, at, end, false);
		return link.at;
	}
	if (ethernet.sameAddress(view, at, link.mac)) return link.at;
	const slot = stationPort(view, bridge, at);
	// It has been there already.
	if (slot === port.slot) return drop(view, port, DROP.notForUs);
	if (slot !== 0) {
		const out = InterfaceBlock.of(view, interfaceAt(view, slot));
		if (relay(view, out, CoreBlock.of(view, CORE).packet, at, end, false)) packetKept(view);
		return 0;
	}
	if (!mayFlood(view, bridge, port, false)) return drop(view, port, DROP.bridgeStorm);
	flood(view, bridge, port.slot, at, end, false);
	return 0;
}

/** Whether one more frame of that port may be flooded; `first`: one of spanning tree, for which some tokens are kept. */
function mayFlood(view: DataView, bridge: BridgeBlock, link: InterfaceBlock, first: boolean): boolean {
	const port = PortBlock.of(view, link.line);
	const now = CoreBlock.of(view, CORE).now;
	const gone = (now - port.counted) | 0;
	const storm = bridge.storm;
	const most = Math.imul(storm, BURST_MS);
	const more = gone < 0 || gone > BURST_MS ? most : Math.imul(storm, gone);
	port.counted = now;
	const tokens = Math.min(most, (port.tokens + more) | 0);
	const enough = tokens >= (first ? TOKEN : (TOKEN + Math.imul(storm, KEPT_MS)) | 0);
	port.tokens = enough ? (tokens - TOKEN) | 0 : tokens;
	return enough;
}
