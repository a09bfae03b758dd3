// 100 MB each way through both interfaces at once, by either family, every byte checked and every frame accounted for. By IPv6 a few, unless all is to run.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, BRIEF, dropsSince, inWords, interfaceOf, twoTaps } from "./support/board.ts";
import { capturesIn, frameCounts } from "./support/captures.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";
import { download, echoed, errorsOf, speed, upload, uploadOf, type Transfer } from "./support/transfers.ts";

const BYTES = 100_000_000;
const BYTES6 = BRIEF ? 4_000_000 : BYTES;
const TAPS = ["tap0", "tap1"] as const;

describeWith(["ncat"], "transfers over two TAPs", () => {
	let namespace: Namespace;
	let board: Board;

	beforeEach(async () => {
		namespace = await namespaceWithTaps();
	});

	afterEach(async () => {
		await namespace.close();
		board?.discard();
	});

	/** How many segments the kernel has sent a second time. */
	async function sentAgain(): Promise<number> {
		const { stdout } = await namespace.exec("sh", ["-c", "grep ^Tcp: /proc/net/snmp"]);
		const [names, values] = stdout.split("\n").map((line) => line.split(" "));
		return Number(values![names!.indexOf("RetransSegs")]);
	}

	/** All of them are right, nothing was dropped, and tshark has nothing against a frame. What the kernel handed over is what the board saw, and the other way round. */
	async function carries(what: string, transfers: () => Promise<Transfer>[]): Promise<void> {
		const before = await board.status();
		// A TAP that nobody has open yet drops what the kernel sends.
		const dropped = () => Promise.all(TAPS.map(async (tap) => (await namespace.counters(tap)).tx.dropped));
		const droppedBefore = await dropped();
		const all = await Promise.all(transfers());
		const after = await board.status();
		report(`${what}: ${all.map(speed).join(", ")}`);
		expect(errorsOf(all)).toBe("");

		let again = 0;
		for (const i of TAPS.keys()) {
			const drops = dropsSince(before, after, `eth${i}`);
			report(`eth${i}: ${interfaceOf(after, `eth${i}`).received.packets} frames received, ${inWords(drops)}`);
			const { tcpUnacceptable = 0, ...others } = drops;
			again += tcpUnacceptable;
			expect(others).toEqual({});
		}
		// Where the machine lets the board stand still for 200 ms, the kernel sends what the board has already.
		if (again > 0) expect(again).toBeLessThanOrEqual(await sentAgain());
		expect(await dropped()).toEqual(droppedBefore);
		expect(await endOf(board)).toBe("");
		for (const [i, tap] of TAPS.entries()) {
			const kernel = await namespace.counters(tap);
			expect(frameCounts(capturesIn(board.folder)[i]!)).toEqual({ inbound: kernel.tx.packets, outbound: kernel.rx.packets });
		}
	}

	it("carries 100 MB each way through both interfaces at once", async () => {
		board = await Board.start(namespace, twoTaps());
		const file = uploadOf(board.folder, BYTES);
		await carries("100 MB each way, both interfaces at once", () =>
			["192.168.77.2", "192.168.78.2"].flatMap((address) => [
				download(namespace, address, BYTES),
				upload(namespace, address, file),
			]),
		);
	});

	it(`carries ${BYTES6 / 1e6} MB each way through both interfaces at once by IPv6, there and back by their hash`, async () => {
		const taps = twoTaps();
		for (const [i, tap] of TAPS.entries()) {
			for (const setting of ["disable_ipv6=0", "accept_dad=0", "accept_ra=0"])
				await namespace.sysctl(`net.ipv6.conf.${tap}.${setting}`);
			await namespace.ip("address", "add", `2001:db8:${77 + i}::1/64`, "dev", tap, "nodad");
			taps.interfaces[i]!.addresses!.push(`2001:db8:${77 + i}::2/64`);
		}
		board = await Board.start(namespace, taps);
		for (let i = 0; i < 100 && TAPS.some((_, at) => !board.output.includes(`2001:db8:${77 + at}::2`)); i++) await pause(100);
		const file = uploadOf(board.folder, BYTES6);
		await carries(`${BYTES6 / 1e6} MB each way by IPv6, both interfaces at once`, () =>
			[77, 78].flatMap((net) => [
				download(namespace, `[2001:db8:${net}::2]`, BYTES6),
				upload(namespace, `[2001:db8:${net}::2]`, file),
				echoed(namespace, `2001:db8:${net}::2`, file),
			]),
		);
	});
});
