// Transfers each way through both interfaces over bad wires: 2 % of all frames lost, 2 % reordered, 1 % doubled, 0.1 % corrupted,
// in either direction. Every byte arrives, and every frame is accounted for.
//
// A window of 4 segments waits for a retransmission timeout after most losses, so a lone connection leaves its wire idle most of the time:
// the 100 MB are spread over several connections, unless INTEROP_FULL=1 asks for one connection each way and patience. INTEROP_BRIEF=1: 25 MB.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, BRIEF, DRIVERS, dropsSince, inWords, interfaceOf, twoTaps } from "./support/board.ts";
import type { BoardStatus } from "./support/board.ts";
import { capturesIn, fields, inboundFrame, KERNELS_ZERO } from "./support/captures.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";
import type { Transfer } from "./support/transfers.ts";

const FULL = process.env["INTEROP_FULL"] === "1";
/** Over chips a quarter: their drivers are what is new there. */
const BYTES = (DRIVERS[0] === "frames" && !BRIEF) || FULL ? 100_000_000 : 25_000_000;
/** Each way, on each interface. */
const CONNECTIONS = FULL ? 1 : 10;
const PATIENCE_S = FULL ? 3600 : 500;
const FAULTS = { loss: 0.02, reorder: 0.02, duplicate: 0.01, corrupt: 0.001 };

const LINKS = [
	{ name: "eth0", tap: "tap0", address: "192.168.77.2", other: "192.168.78.2" },
	{ name: "eth1", tap: "tap1", address: "192.168.78.2", other: "192.168.77.2" },
];

/** Reasons for which a frame with a wrong bit is dropped. The others are TCP's, about frames that came twice or late. */
const DAMAGE =
	/^(truncated|notForUs|unknownEtherType|unknownProtocol|arp.*|ipMalformed|ipv4Checksum|ipLinkBroadcast|icmp.*|udp.*|tcpMalformed|tcpChecksum|tcpNoSocket)$/;

describeWith([], "transfers over bad wires", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		const file = twoTaps({ faults: FAULTS });
		file.limits!.sockets!.tcp = 4 * CONNECTIONS + 20;
		board = await Board.start(namespace, file, { seed: 1 });
	});

	afterEach(async () => {
		await namespace.close();
		board.discard();
	});

	it(
		`carries ${BYTES / 1e6} MB each way through both interfaces at once, over ${CONNECTIONS} connections each`,
		async () => {
			const bytes = BYTES / CONNECTIONS;
			const file = uploadOf(board.folder, bytes);
			const before = await board.status();
			const started = performance.now();
			const running: Promise<Transfer>[] = [];
			for (const { address } of LINKS)
				for (let i = 0; i < CONNECTIONS; i++)
					running.push(download(namespace, address, bytes, PATIENCE_S), upload(namespace, address, file, PATIENCE_S));
			const transfers = await Promise.all(running);
			const seconds = (performance.now() - started) / 1000;
			report(
				`${BYTES / 1e6} MB each way on each interface in ${seconds.toFixed(0)} s, ${((4 * BYTES) / seconds / 1e6).toFixed(1)} MB/s in all; ` +
					`the first: ${transfers.slice(0, 2).map(speed).join(", ")}`,
			);
			expect(errorsOf(transfers)).toBe("");

			const atRest: BoardStatus[] = [];
			for (const { name, tap, other } of LINKS) {
				// Asked through the other interface: this one is at rest, and its account is complete.
				await rest(tap);
				const after = await board.status(other);
				atRest.push(after);
				const kernel = await namespace.counters(tap);
				report(`${name}: ${account(before, after, name)}`);
				const { received, sent, device } = interfaceOf(after, name);
				const lost = device["lost"]! + device["overflowed"]!;
				expect(received.packets + kernel.rx.packets).toBe(sent.packets + kernel.tx.packets + device["duplicated"]! - lost);
				expect(kernel.tx.dropped).toBe(0);
			}
			expect(await endOf(board, { outboundOnly: true })).toBe("");
			for (const [i, { name }] of LINKS.entries()) {
				const capture = capturesIn(board.folder)[i]!;
				// Of the board's whole life until that account: what was asked for afterwards came by this interface, too, and may have been damaged.
				const { received, drops, device } = interfaceOf(atRest[i]!, name);
				const damaged = await fields(
					capture,
					`frame.number <= ${inboundFrame(capture, received.packets)} && frame.packet_flags_direction == 1 && (ip.checksum.status == 0 || (tcp.checksum.status == 0 && !(${KERNELS_ZERO})))`,
					"frame.number",
				);
				const counted = Object.entries(drops)
					.filter(([reason]) => DAMAGE.test(reason))
					.reduce((sum, [, count]) => sum + count, 0);
				report(`${name}: tshark finds ${damaged.length} damaged frames among ${received.packets}, the board counted ${counted}`);
				expect(counted).toBeGreaterThanOrEqual(damaged.length);
				expect(counted).toBeLessThanOrEqual(device["corrupted"]!);
			}
		},
		(PATIENCE_S + 60) * 1000,
	);

	/** Waits until nothing has passed the TAP for two seconds: longer than any retransmission takes that is still to come. */
	async function rest(tap: string): Promise<void> {
		for (let last = -1, quiet = 0; quiet < 4;) {
			await new Promise((resolve) => setTimeout(resolve, 500));
			const { rx, tx } = await namespace.counters(tap);
			quiet = rx.packets + tx.packets === last ? quiet + 1 : 0;
			last = rx.packets + tx.packets;
		}
	}
});

function account(before: BoardStatus, after: BoardStatus, name: string): string {
	const { received, sent, device } = interfaceOf(after, name);
	const wire = ["lost", "reordered", "duplicated", "corrupted", "overflowed"].map((fault) => `${fault} ${device[fault]}`);
	return `${received.packets} received, ${sent.packets} sent; the wire: ${wire.join(", ")}; the board: ${inWords(dropsSince(before, after, name))}`;
}
