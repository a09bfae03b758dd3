// PPP against pppd as a line: how much of it TCP gets, what a bad one does, and three links at once.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardFile, BoardInterface } from "../../hosts/desktop/config.ts";
import { Board, BRIEF, interfaceOf, twoTaps } from "./support/board.ts";
import { capturesIn, complaints, fields } from "./support/captures.ts";
import type { Namespace } from "./support/namespace.mjs";
import { Pppd, PppdFolder } from "./support/pppd.ts";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

const BOARD = "192.168.99.1";
const LINUX = "192.168.99.2";
/** Where /status is asked when the line is bad or busy. */
const BESIDE = "192.168.77.2";
const BAUD = 921_600;
/** Start bit, eight of data, stop bit. */
const BITS = 10;
const MSS = 1460;
/** IP and TCP, one octet of protocol, FCS, one flag: RFC 1661 §6.5, 6.6, RFC 1662 §3.1. */
const OVERHEAD = 40 + 1 + 2 + 1;
const LEAST_SHARE = 0.93;
const BYTES = Number(process.env["INTEROP_PPP_BYTES"] ?? (BRIEF ? 500_000 : 1_000_000));
/** Over the bad line. */
const FEW_BYTES = 200_000;

/** Bytes a second of TCP's data that the line can carry, full segments back to back. */
function capacity(data: Uint8Array): number {
	// RFC 1662 §4.2: no controls are escaped once LCP has agreed on that.
	const escaped = data.reduce((sum, byte) => sum + (byte === 0x7e || byte === 0x7d ? 1 : 0), 0);
	const line = data.length + escaped + Math.ceil(data.length / MSS) * OVERHEAD;
	return ((BAUD / BITS) * data.length) / line;
}

function boardFile(tty: string, more: Partial<BoardInterface>): BoardFile {
	const { interfaces, limits } = twoTaps();
	return {
		limits: { ...limits, sockets: { tcp: 24, udp: 4, receiveBuffer: 11_680, sendBuffer: 11_680 } },
		interfaces: [...interfaces, { name: "ppp0", link: "ppp", wire: `pty:${tty}`, ...more }],
	} as BoardFile;
}

describeWith(["pppd"], "pppd's line", () => {
	let folder: PppdFolder;
	let namespace: Namespace;

	beforeAll(async () => {
		folder = await PppdFolder.create();
		namespace = await namespaceWithTaps();
	});

	afterAll(async () => {
		await namespace.close();
		folder.discard();
	});

	async function running(board: Board, pppd: Pppd, seconds: number): Promise<void> {
		for (const started = performance.now(); ; await pause(50)) {
			const state = interfaceOf(await board.status(BESIDE), "ppp0").ppp!;
			if (state.phase === "running") return;
			if (performance.now() - started > seconds * 1000) throw new Error(`${JSON.stringify(state)}\n${pppd.output}`);
		}
	}

	/** A board and pppd whose link is up; `look` judges the captures afterwards. */
	async function online(
		file: BoardFile,
		options: string[],
		use: (board: Board) => Promise<void>,
		look: (board: Board) => Promise<string> = endOf,
	): Promise<void> {
		const board = await Board.start(namespace, file);
		const pppd = new Pppd(namespace, folder, ["noauth", "novj", ...options, `${LINUX}:${BOARD}`]);
		try {
			await running(board, pppd, 20);
			await pppd.addressed();
			await use(board);
			expect(await look(board)).toBe("");
		} finally {
			await board.stop();
			await pppd.stop();
			board.discard();
		}
	}

	it(`gives TCP at least ${LEAST_SHARE * 100} % of what ${BAUD} baud can carry, each way`, async () => {
		const file = uploadOf(folder.folder, BYTES);
		const pattern = Uint8Array.from({ length: BYTES }, (_, i) => i % 251);
		await online(
			boardFile(folder.tty, { baud: BAUD }),
			[],
			async () => {
				for (const [transfer, data] of [
					[await download(namespace, BOARD, BYTES), pattern],
					[await upload(namespace, BOARD, file), readFileSync(file.path)],
				] as const) {
					expect(errorsOf([transfer])).toBe("");
					const got = transfer.bytes / transfer.seconds;
					const most = capacity(data);
					report(
						`${BAUD} baud, ${transfer.what}: ${got.toFixed(0)} of ${most.toFixed(0)} bytes/s, ${((100 * got) / most).toFixed(1)} %`,
					);
					expect(got / most, transfer.what).toBeGreaterThanOrEqual(LEAST_SHARE);
				}
			},
			async (board) => {
				const wrong = await endOf(board);
				// Every frame has been on the line, with a good FCS.
				const [frames, line] = await Promise.all(
					["board-ppp0.pcapng", "board-ppp0.hdlc.pcapng"].map((name) =>
						fields(join(board.folder, name), 'ppp.fcs.status == "Good"', "frame.packet_flags_direction"),
					),
				);
				const outbound = (all: string[][]) => all.filter(([direction]) => Number(direction) === 2).length;
				expect(frames!.length).toBeGreaterThan((2 * BYTES) / MSS);
				expect([line!.length, outbound(line!)]).toEqual([frames!.length, outbound(frames!)]);
				return wrong;
			},
		);
	});

	it("loses and damages bytes: every byte of TCP is right, the FCS finds them, and no wrong frame is taken", async () => {
		const faults = { byteLoss: 0.0001, byteFlip: 0.0001 };
		// Of frames of 300 bytes every 17th is lost; of 1,500 bytes, every fourth.
		const mru = 296;
		await online(
			boardFile(folder.tty, { baud: 3_000_000, faults, ppp: { mru } }),
			["mtu", String(mru), "mru", String(mru)],
			async (board) => {
				const transfers = [
					await download(namespace, BOARD, FEW_BYTES),
					await upload(namespace, BOARD, uploadOf(folder.folder, FEW_BYTES)),
				];
				expect(errorsOf(transfers)).toBe("");
				const { device, drops, received, mtu } = interfaceOf(await board.status(BESIDE), "ppp0");
				expect(mtu).toBe(mru);
				report(
					`0.01 % of bytes lost, 0.01 % damaged: ${FEW_BYTES} bytes ${transfers.map(({ what, seconds }) => `${what} in ${seconds.toFixed(1)} s`).join(", ")}; ` +
						`${received.packets} packets came, FCS wrong of ${device["badFcs"]}`,
				);
				expect(device["badFcs"]).toBeGreaterThan(10);
				expect(drops).not.toHaveProperty("ipv4Checksum");
				expect(drops).not.toHaveProperty("tcpChecksum");
			},
			async (board) => {
				expect(await board.stop()).toBe(0);
				const line = join(board.folder, "board-ppp0.hdlc.pcapng");
				expect((await fields(line, 'ppp.fcs.status == "Bad"', "frame.number")).length).toBeGreaterThan(10);
				// What was taken is as it was sent, also inbound; of what came along the line only what we sent is.
				const others = capturesIn(board.folder).filter((path) => path !== line);
				return (await complaints(others)) + (await complaints([line], { outboundOnly: true }));
			},
		);
	});

	it("is one of three links, with a W5500 and an ENC28J60, that one listener serves at once", async () => {
		const file = boardFile(folder.tty, { baud: 3_000_000 });
		file.interfaces[0]!.driver = "w5500";
		file.interfaces[1]!.driver = "enc28j60";
		await online(file, [], async (board) => {
			const addresses = ["192.168.77.2", "192.168.78.2", BOARD];
			const sizes = [4 * BYTES, 2 * BYTES, BYTES / 4];
			const transfers = await Promise.all(
				addresses.flatMap((address, i) => [
					download(namespace, address, sizes[i]!),
					upload(namespace, address, uploadOf(folder.folder, sizes[i]!)),
				]),
			);
			expect(errorsOf(transfers)).toBe("");
			report(`three links at once: ${transfers.map(speed).join(", ")}`);
			const { sockets, interfaces } = await board.status(BESIDE);
			expect(sockets.filter(({ state, local }) => state === "listen" && local.endsWith(":80"))).toHaveLength(1);
			for (const name of ["eth0", "eth1", "ppp0"]) {
				const { received, sent } = interfaces.find((each) => each.name === name)!;
				expect(Math.min(received.bytes, sent.bytes), name).toBeGreaterThan(BYTES / 4);
			}
		});
	});
});
