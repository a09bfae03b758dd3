// PPP against pppd at MRU 1,500 over a line that loses 0.01 % of its bytes and damages as many, so that a quarter of all full frames is lost: every transfer comes
// to its end, and every byte is right. PPP_TRANSFERS (20) each way, of which some run at the same time; not with INTEROP_BRIEF=1.

import { expect, it } from "vitest";
import type { BoardFile } from "../../hosts/desktop/config.ts";
import { Board, BRIEF, interfaceOf, twoTaps } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { Pppd, PppdFolder } from "./support/pppd.ts";
import { describeWith, namespaceWithTaps, pause, report } from "./support/setup.ts";
import { download, errorsOf, upload, uploadOf, type Transfer } from "./support/transfers.ts";

const TRANSFERS = Number(process.env["PPP_TRANSFERS"] ?? 20);
const LANES = Math.min(5, TRANSFERS);
const FIRST_SEED = Number(process.env["SEED"] ?? 1);
const BYTES = 1_000_000;
const MRU = 1500;
const FAULTS = { byteLoss: 0.0001, byteFlip: 0.0001 };
/** PPP_CAPTURE=1 keeps captures, and says where. */
const CAPTURE = process.env["PPP_CAPTURE"] === "1";
/** Of one transfer. */
const PATIENCE_S = 600;

const BOARD = "192.168.99.1";
const LINUX = "192.168.99.2";
/** Where /status is asked: the line is busy. */
const BESIDE = "192.168.77.2";

function boardFile(tty: string): BoardFile {
	const { interfaces, limits } = twoTaps();
	const sockets = { tcp: 24, udp: 4, receiveBuffer: 11_680, sendBuffer: 11_680 };
	const ppp = { name: "ppp0", link: "ppp", wire: `pty:${tty}`, baud: 3_000_000, faults: FAULTS, ppp: { mru: MRU } } as const;
	return { limits: { ...limits, sockets }, interfaces: [...interfaces, ppp] };
}

/** The first start builds the host: nobody else waits for that with a clock. */
let first: Promise<unknown> = Promise.resolve();

async function start(namespace: Namespace, file: BoardFile, seed: number): Promise<Board> {
	const before = first;
	let started = () => {};
	first = new Promise<void>((resolve) => (started = resolve));
	await before;
	try {
		return await Board.start(namespace, file, { seed, capture: CAPTURE });
	} finally {
		started();
	}
}

/** A board and pppd of their own, one after another `count` uploads and downloads. */
async function lane(seed: number, count: number): Promise<Transfer[]> {
	const folder = await PppdFolder.create();
	const namespace = await namespaceWithTaps();
	const transfers: Transfer[] = [];
	try {
		const file = uploadOf(folder.folder, BYTES);
		const board = await start(namespace, boardFile(folder.tty), seed);
		const pppd = new Pppd(namespace, folder, ["noauth", "novj", "mtu", String(MRU), "mru", String(MRU), `${LINUX}:${BOARD}`]);
		try {
			for (let i = 0; interfaceOf(await board.status(BESIDE), "ppp0").ppp!.phase !== "running"; i++) {
				if (i > 600) throw new Error(`no link: ${pppd.output}`);
				await pause(100);
			}
			for (let i = 0; i < count; i++) {
				const before = interfaceOf(await board.status(BESIDE), "ppp0");
				for (const transfer of [
					await upload(namespace, BOARD, file, PATIENCE_S),
					await download(namespace, BOARD, BYTES, PATIENCE_S),
				]) {
					transfers.push(transfer);
					report(`seed ${seed}, ${i + 1} of ${count}, ${transfer.what}: ${transfer.seconds.toFixed(1)} s ${transfer.error}`);
				}
				const after = interfaceOf(await board.status(BESIDE), "ppp0");
				const bad = after.device["badFcs"]! - before.device["badFcs"]!;
				report(`seed ${seed}: FCS wrong of ${bad} beside ${after.received.packets - before.received.packets} that came`);
			}
		} finally {
			await board.stop();
			await pppd.stop();
			if (CAPTURE) report(`captures: ${board.folder}`);
			else board.discard();
		}
	} finally {
		await namespace.close();
		folder.discard();
	}
	return transfers;
}

describeWith(["pppd"], "a line that loses a quarter of all frames", () => {
	it.skipIf(BRIEF)(
		`${TRANSFERS} uploads and downloads of 1 MB each come to their end, every byte right`,
		async () => {
			const lanes = Array.from({ length: LANES }, (_, i) => {
				const count = Math.floor(TRANSFERS / LANES) + (i < TRANSFERS % LANES ? 1 : 0);
				return lane(FIRST_SEED + i, count);
			});
			const transfers = (await Promise.all(lanes)).flat();
			report(`${transfers.filter(({ error }) => error === "").length} of ${transfers.length} transfers were right`);
			expect(errorsOf(transfers)).toBe("");
			expect(transfers).toHaveLength(2 * TRANSFERS);
		},
		2 * PATIENCE_S * Math.ceil(TRANSFERS / LANES) * 1000,
	);
});
