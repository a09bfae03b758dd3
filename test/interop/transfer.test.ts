// 100 MB each way through both interfaces at once, every byte checked and every frame accounted for.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, dropsSince, inWords, interfaceOf, twoTaps } from "./support/board.ts";
import { capturesIn, frameCounts } from "./support/captures.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

const BYTES = 100_000_000;

describeWith([], "transfers over two TAPs", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		board = await Board.start(namespace, twoTaps());
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
	});

	it("carries 100 MB each way through both interfaces at once", async () => {
		const file = uploadOf(board.folder, BYTES);
		const before = await board.status();
		const transfers = await Promise.all([
			download(namespace, "192.168.77.2", BYTES),
			upload(namespace, "192.168.77.2", file),
			download(namespace, "192.168.78.2", BYTES),
			upload(namespace, "192.168.78.2", file),
		]);
		const after = await board.status();
		report(`100 MB each way, both interfaces at once: ${transfers.map(speed).join(", ")}`);
		expect(errorsOf(transfers)).toBe("");

		for (const [name, tap] of [
			["eth0", "tap0"],
			["eth1", "tap1"],
		] as const) {
			const drops = dropsSince(before, after, name);
			report(`${name}: ${interfaceOf(after, name).received.packets} frames received, ${inWords(drops)}`);
			expect(drops).toEqual({});
			expect((await namespace.counters(tap)).tx.dropped).toBe(0);
		}
		expect(await endOf(board)).toBe("");
		for (const [i, tap] of ["tap0", "tap1"].entries()) {
			// What the kernel handed over is what the board saw, and the other way round: no frame is lost between them.
			const kernel = await namespace.counters(tap);
			expect(frameCounts(capturesIn(board.folder)[i]!)).toEqual({ inbound: kernel.tx.packets, outbound: kernel.rx.packets });
		}
	});
});
