// The board as a client of the Linux kernel.

import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { serve, udp } from "./support/client.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, report } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/fetch.ts", import.meta.url));
const BYTES = 20_000_000;

describeWith([], "the board as a client", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		board = await Board.start(namespace, twoTaps(), { app });
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
	});

	/** Has the board connect there and read to the end; answers what it says. */
	async function fetched(address: string, port: number): Promise<string> {
		const { data, error } = await udp(namespace, "192.168.77.2", 9999, Buffer.from(`${address} ${port}`), 60_000);
		return error ?? data?.toString() ?? "no answer";
	}

	it("reads from servers through both interfaces and by the default route, and is refused where nobody listens", async () => {
		await serve(namespace, 5000, BYTES);
		await namespace.ip("address", "add", "10.20.30.40/32", "dev", "lo");
		const started = performance.now();
		const answers = await Promise.all(["192.168.77.1", "192.168.78.1", "10.20.30.40"].map((address) => fetched(address, 5000)));
		report(`fetched by the board, three at once: ${((3 * BYTES) / (performance.now() - started) / 1000).toFixed(1)} MB/s`);
		// Zeros: their sum is 0, and its complement all ones.
		for (const answer of answers) expect(answer).toBe(JSON.stringify({ count: BYTES, checksum: 0xffff }));
		for (const address of ["192.168.77.1", "192.168.78.1", "10.20.30.40"])
			expect(await fetched(address, 5001)).toBe("refused after 0 bytes");
		expect(await endOf(board)).toBe("");
	});
});
