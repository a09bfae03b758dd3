// PPP against pppd at MRU 1,500 over a line that loses 0.01 % of its bytes and damages as many, so that a quarter of all full frames is lost: every transfer comes
// to its end, and every byte is right. PPP_TRANSFERS (20) each way, of which some run at the same time; not with INTEROP_BRIEF=1.

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compile } from "../bench/goodput-linux.mjs";
import type { BoardFile } from "../../hosts/desktop/config.ts";
import { Board, BRIEF, interfaceOf, twoTaps } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { Pppd, PppdFolder } from "./support/pppd.ts";
import { describeWith, namespaceWithTaps, pause, report } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/pattern.ts", import.meta.url));
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
		return await Board.start(namespace, file, { app, seed, capture: CAPTURE });
	} finally {
		started();
	}
}

/** One transfer; answers what was wrong, or "right" and how long it took. */
async function transferred(namespace: Namespace, board: Board, upload: boolean): Promise<string> {
	const before = board.output.length;
	const what = upload ? ["5002", "send"] : ["5001", "receive"];
	const peer = await compile("goodput-peer.c");
	const args = [BOARD, ...what, String(BYTES), String(PATIENCE_S), "cubic"];
	const { stdout, stderr } = await namespace.exec(peer, args, { timeoutMs: (PATIENCE_S + 60) * 1000 });
	if (stdout === "") return stderr;
	const { bytes, seconds, wrong, error } = JSON.parse(stdout) as { bytes: number; seconds: number; wrong: number; error: string };
	const said = () => board.output.slice(before).trim();
	if (error !== "" || wrong >= 0 || bytes !== BYTES)
		return `${bytes} bytes in ${seconds} s, first wrong one ${wrong}: ${error}; the board: ${said()}`;
	// It comes by a pipe, and may be behind the end of the connection.
	for (let i = 0; upload && !said().includes("received") && i < 50; i++) await pause(100);
	if (upload && !said().includes(`received ${BYTES} bytes, right`)) return `the board: ${said()}`;
	return `right, ${seconds.toFixed(1)} s`;
}

/** A board and pppd of their own, one after another `count` uploads and downloads. */
async function lane(seed: number, count: number): Promise<string[]> {
	const folder = await PppdFolder.create();
	const namespace = await namespaceWithTaps();
	const results: string[] = [];
	try {
		const board = await start(namespace, boardFile(folder.tty), seed);
		const pppd = new Pppd(namespace, folder, ["noauth", "novj", "mtu", String(MRU), "mru", String(MRU), `${LINUX}:${BOARD}`]);
		try {
			for (let i = 0; interfaceOf(await board.status(BESIDE), "ppp0").ppp!.phase !== "running"; i++) {
				if (i > 600) throw new Error(`no link: ${pppd.output}`);
				await pause(100);
			}
			await pppd.addressed(60);
			for (let i = 0; i < count; i++) {
				const before = interfaceOf(await board.status(BESIDE), "ppp0");
				for (const upload of [true, false]) {
					const result = await transferred(namespace, board, upload);
					results.push(result);
					report(`seed ${seed}, ${i + 1} of ${count}, ${upload ? "up" : "down"}: ${result}`);
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
	return results;
}

describeWith(["pppd"], "a line that loses a quarter of all frames", () => {
	it.skipIf(BRIEF)(
		`${TRANSFERS} uploads and downloads of 1 MB each come to their end, every byte right`,
		async () => {
			const lanes = Array.from({ length: LANES }, (_, i) => {
				const count = Math.floor(TRANSFERS / LANES) + (i < TRANSFERS % LANES ? 1 : 0);
				return lane(FIRST_SEED + i, count);
			});
			const results = (await Promise.all(lanes)).flat();
			const wrong = results.filter((result) => !result.startsWith("right"));
			report(`${results.length - wrong.length} of ${results.length} transfers were right`);
			expect(wrong).toEqual([]);
			expect(results).toHaveLength(2 * TRANSFERS);
		},
		2 * PATIENCE_S * Math.ceil(TRANSFERS / LANES) * 1000,
	);
});
