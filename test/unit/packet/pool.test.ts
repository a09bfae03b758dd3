// Packet buffers: what is kept back for control traffic, and queues of packets.

import { describe, expect, it } from "vitest";
import { CONTROL_PACKETS } from "../../../src/config.ts";
import { CORE, CORE_END, CoreBlock } from "../../../src/packet/core-block.ts";
import { NONE, PacketPool, PacketQueue } from "../../../src/packet/pool.ts";

/** A pool whose columns stand behind the CoreBlock of a small arena; nobody looks into the buffers. */
function poolOf(size: number, at: number): PacketPool {
	const view = new DataView(new ArrayBuffer(2048));
	const core = CoreBlock.of(view, CORE);
	core.starts = CORE_END;
	core.ends = core.starts + 4 * size;
	core.nexts = core.ends + 4 * size;
	core.freeList = core.nexts + 4 * size;
	return new PacketPool(view, new Int32Array(view.buffer), size, at);
}

describe("a pool", () => {
	it("leaves the last packet to control traffic, which may have all", () => {
		const pool = poolOf(4, 0);
		const taken = new Set<number>();
		for (let packet = pool.acquire(); packet !== NONE; packet = pool.acquire()) taken.add(packet);
		expect(taken.size).toBe(4 - CONTROL_PACKETS);
		expect([pool.free, pool.available]).toEqual([CONTROL_PACKETS, 0]);
		for (let i = 0; i < CONTROL_PACKETS; i++) taken.add(pool.acquireControl());
		expect(taken.size).toBe(4);
		expect(pool.acquireControl()).toBe(NONE);
		expect(pool.available).toBeLessThan(0);
		for (const packet of taken) {
			expect(pool.acquire()).toBe(NONE);
			pool.release(packet);
			if (pool.available > 0) break;
		}
		expect(pool.acquire()).not.toBe(NONE);
	});

	it("knows whose buffer an offset lies in", () => {
		const pool = poolOf(4, 4096);
		for (let packet = 0; packet < 4; packet++) {
			expect(pool.at(pool.base(packet))).toBe(packet);
			expect(pool.at(pool.base(packet + 1) - 1)).toBe(packet);
		}
	});
});

it("a queue gives packets back in their order, and releases what is left", () => {
	const pool = poolOf(5, 0);
	const queue = new PacketQueue(pool);
	const packets = [pool.acquire(), pool.acquire(), pool.acquire()];
	for (const packet of packets) queue.push(packet);
	expect([queue.shift(), queue.length]).toEqual([packets[0], 2]);
	expect(queue.clear()).toBe(2);
	expect([queue.shift(), queue.length, pool.free]).toEqual([NONE, 0, 4]);
	pool.release(packets[0]!);
	expect(pool.free).toBe(5);
});
