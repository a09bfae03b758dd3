// What a router takes of RAM is said beforehand, and is what it takes.

import { expect, it } from "vitest";
import { PACKET_BYTES, type StackOptions } from "../../../src/config.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { RuleRow, SessionRow } from "../../../src/packet/router-block.ts";
import { Stack } from "../../../src/stack.ts";

const NONE: StackOptions = { sockets: { services: 0 } };

/** Bytes that these options take more than none. */
const more = (options: StackOptions): number => Stack.bytesFor({ ...NONE, ...options }) - Stack.bytesFor(NONE);

it("bytesFor says what NAT of 256 entries, a filter of 32 rules, 8 VLANs, 4 tunnels, a bridge and queues take", () => {
	const said = {
		nat: more({ router: { entries: 256 } }),
		filter: more({ router: { entries: 256, rules: 32 } }) - more({ router: { entries: 256 } }),
		vlans: more({ interfaces: 12 }),
		tunnels: more({ interfaces: 8 }),
		// Each has its table in a packet buffer.
		bridge: more({ packets: 17 }),
		queues: more({ packets: 17 }),
	};
	expect(said.nat).toBeGreaterThanOrEqual(256 * SessionRow.bytes);
	expect(said.nat).toBeLessThan(256 * (SessionRow.bytes + 16) + 1024);
	expect(said.filter).toBe(32 * RuleRow.bytes);
	for (const [count, bytes] of [
		[8, said.vlans],
		[4, said.tunnels],
	] as const) {
		expect(bytes).toBeGreaterThanOrEqual(count * InterfaceBlock.bytes);
		expect(bytes).toBeLessThan(count * (InterfaceBlock.bytes + 512));
	}
	// And the columns of a packet.
	for (const bytes of [said.bridge, said.queues]) expect(bytes).toBe(PACKET_BYTES + 16);
	expect(Object.values(said).reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(48_000);
});
