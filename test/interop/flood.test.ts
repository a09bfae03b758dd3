// A ping flood on one interface while 100 MB pass each way on the other.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, dropsSince, inWords, interfaceOf, twoTaps } from "./support/board.ts";
import type { BoardStatus } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, report } from "./support/setup.ts";
import type { Transfer, Upload } from "./support/transfers.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

const BYTES = 100_000_000;
const PINGS = 100_000;

describeWith([], "ping flood beside transfers", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		// What IPv6 allocates at its start, some seconds long, is no packet's.
		board = await Board.start(namespace, twoTaps({ ipv6: "off" }));
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
	});

	it("answers 100,000 pings on one interface while 100 MB pass each way on the other, and collects no garbage", async () => {
		const file = uploadOf(board.folder, BYTES);
		// What asking for the status and beginning transfers costs, without packets to speak of.
		const [quiet, before] = await around(() => transfers(1000, uploadOf(board.folder, 1000)));
		const idle = before.heap.slotsAllocated - quiet.heap.slotsAllocated;

		const started = performance.now();
		let results: Transfer[] = [];
		const [start, after] = await around(async () => {
			const [ping, moved] = await Promise.all([
				namespace.exec("ping", ["-q", "-f", "-c", String(PINGS), "192.168.77.2"], { timeoutMs: 280_000 }),
				transfers(BYTES, file),
			]);
			results = moved;
			report(`${/\d+ packets transmitted.*/.exec(ping.stdout)?.[0]}; ${moved.map(speed).join(", ")}`);
			expect(ping.stdout).toContain(`${PINGS} packets transmitted, ${PINGS} received`);
		});
		expect(errorsOf(results)).toBe("");

		const slots = after.heap.slotsAllocated - start.heap.slotsAllocated;
		const packets = packetsOf(after) - packetsOf(start);
		report(
			`${packets} packets in ${((performance.now() - started) / 1000).toFixed(0)} s: ${slots} slots allocated (without them ${idle}), ` +
				`${after.heap.collections - start.heap.collections} collections; eth0 ${inWords(dropsSince(start, after, "eth0"))}, eth1 ${inWords(dropsSince(start, after, "eth1"))}`,
		);
		expect(after.heap.collections).toBe(start.heap.collections);
		// Timers and the longer time aside, packets add nothing: a slot for each hundredth would show.
		expect(slots).toBeLessThan(idle + packets / 100);
		expect(await endOf(board)).toBe("");
	});

	/** What the status says before and after `body`. */
	async function around(body: () => Promise<unknown>): Promise<[BoardStatus, BoardStatus]> {
		const before = await board.status();
		await body();
		return [before, await board.status()];
	}

	function transfers(bytes: number, file: Upload) {
		return Promise.all([download(namespace, "192.168.78.2", bytes), upload(namespace, "192.168.78.2", file)]);
	}
});

function packetsOf(status: BoardStatus): number {
	const links = [interfaceOf(status, "eth0"), interfaceOf(status, "eth1")];
	return links.reduce((sum, link) => sum + link.received.packets + link.sent.packets, 0);
}
