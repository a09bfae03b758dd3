// A board on a stream wire, behind passt, which hands its packets to the machine's own sockets: here those of a namespace.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, BRIEF } from "./support/board.ts";
import { serve, udp } from "./support/client.ts";
import { Namespace } from "./support/namespace.mjs";
import { startPasst } from "./support/passt.ts";
import { describeWith, endOf, pause, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

const app = fileURLToPath(new URL("apps/fetch.ts", import.meta.url));
const BOARD = "192.168.77.2";
/** passt stands for the machine's 127.0.0.1 under the gateway's address. */
const GATEWAY = "192.168.77.1";
const BYTES = 20_000_000;
/**
 * What the board sends fits into the first window: passt of March 2023 (Debian 12) scales the windows that it announces by 256 although
 * our SYN-ACK did not offer to (RFC 7323 §2.2), so that all later ones look like a few hundred bytes.
 */
const FIRST_WINDOW = 5_000;

describeWith(["passt"], "a board behind passt", () => {
	let namespace: Namespace;
	let board: Board;
	let folder: string;

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-passt-"));
		namespace = await Namespace.create();
		const guest = ["-a", BOARD, "-n", "24", "-g", GATEWAY, "-4", "--no-dhcp", "--no-dhcpv6", "--no-ndp", "--no-ra"];
		const socket = await startPasst(namespace, folder, [...guest, "-t", "8080:80", "-u", "9999:9999"]);
		const wire = { name: "eth0", wire: `stream:${socket}`, addresses: [`${BOARD}/24`], gateway: GATEWAY };
		board = await Board.start(namespace, { interfaces: [wire] }, { app });
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	it("is reached from the machine, and reaches the machine", async () => {
		const transfers = [
			await download(namespace, "127.0.0.1:8080", FIRST_WINDOW),
			await upload(namespace, "127.0.0.1:8080", uploadOf(folder, BYTES)),
		];
		report(`behind passt: ${speed(transfers[1]!)}`);
		expect(errorsOf(transfers)).toBe("");

		await serve(namespace, 5000, BYTES);
		const started = performance.now();
		// Where nobody listens, this passt answers with an RST without ACK, which RFC 9293 §3.10.7.3 tells us to ignore.
		const { data, error } = await udp(namespace, "127.0.0.1", 9999, Buffer.from(`${GATEWAY} 5000`), 30_000);
		report(`behind passt, fetching: ${(BYTES / (performance.now() - started) / 1000).toFixed(1)} MB/s`);
		expect(error).toBe(undefined);
		// Zeros: their sum is 0, and its complement all ones.
		expect(data?.toString()).toBe(JSON.stringify({ count: BYTES, checksum: 0xffff }));
		expect(await endOf(board)).toBe("");
	});
});

/** What passt announces by router advertisements, and the router's address, which stands for the machine's ::1: of the link, as passt takes no answers to others. */
const PREFIX = "2001:db8:77";
const GATEWAY6 = "fe80::77";
const BYTES6 = BRIEF ? 4_000_000 : 100_000_000;

describeWith(["passt"], "a board behind passt by IPv6", () => {
	it("takes passt's prefix, is reached from the machine, and reaches the machine", async () => {
		const folder = mkdtempSync(join(tmpdir(), "multihome-passt6-"));
		const namespace = await Namespace.create();
		let board: Board | undefined;
		try {
			const guest = ["-6", "-a", `${PREFIX}::2`, "-g", GATEWAY6, "--no-dhcpv6", "-m", "1500"];
			const socket = await startPasst(namespace, folder, [...guest, "-t", "8080:80", "-u", "9999:9999"]);
			board = await Board.start(namespace, { interfaces: [{ name: "eth0", wire: `stream:${socket}`, ipv6: "auto" }] }, { app });
			for (let i = 0; i < 100 && !board.output.includes(PREFIX); i++) await pause(100);
			const [, address] = /^eth0 .*?(2001:db8:77:[0-9a-f:]+)/m.exec(board.output)!;

			const transfers = [
				await download(namespace, "[::1]:8080", FIRST_WINDOW),
				await upload(namespace, "[::1]:8080", uploadOf(folder, BYTES6)),
			];
			report(`behind passt by IPv6, at ${address}: ${speed(transfers[1]!)}`);
			expect(errorsOf(transfers)).toBe("");

			await serve(namespace, 5000, BYTES6);
			const { data, error } = await udp(namespace, "::1", 9999, Buffer.from(`${GATEWAY6}%eth0 5000`), 300_000);
			expect(error).toBe(undefined);
			expect(data?.toString()).toBe(JSON.stringify({ count: BYTES6, checksum: 0xffff }));
			expect(await endOf(board)).toBe("");
		} finally {
			await namespace.close();
			board?.discard();
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
