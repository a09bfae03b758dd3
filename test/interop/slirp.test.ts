// The board against slirp, which joins whoever calls it to this machine: SLIP, compressed SLIP, and PPP with header compression.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardFile, BoardInterface } from "../../hosts/desktop/config.ts";
import { Board, BRIEF } from "./support/board.ts";
import { Namespace, stop } from "./support/namespace.mjs";
import type { Namespace as Namespaced } from "./support/namespace.mjs";
import { describeWith, endOf, pause, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

/** slirp's own address for who calls, and the one at which it stands for this machine. */
const BOARD = "10.0.2.15";
const SLIRP = "10.0.2.2";
/** An address of this machine: slirp does not say 127.0.0.1 to others. */
const MACHINE = "10.9.9.9";
const app = fileURLToPath(new URL("apps/ping.ts", import.meta.url));
const PORT = 18_080;
const BYTES = BRIEF ? 300_000 : 1_000_000;

const LINES: [string, Partial<BoardInterface>, string[]][] = [
	["SLIP", { link: "slip", mtu: 1500, addresses: [`${BOARD}/24`], gateway: SLIRP }, []],
	["CSLIP", { link: "slip", mtu: 1500, addresses: [`${BOARD}/24`], gateway: SLIRP, slip: { vj: true } }, []],
	["PPP", { link: "ppp", ppp: { local: BOARD, remote: SLIRP, vj: true, defaultRoute: true } }, ["ppp"]],
];

describeWith(["slirp-fullbolt"], "slirp", () => {
	const folder = mkdtempSync(join(tmpdir(), "multihome-slirp-"));
	const tty = join(folder, "tty");
	let namespace: Namespaced;

	beforeAll(async () => {
		namespace = await Namespace.create();
		await namespace.ip("address", "add", `${MACHINE}/32`, "dev", "lo");
	});

	afterAll(async () => {
		await namespace.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** Runs the default program with this interface while slirp is at the other end. */
	async function online(line: Partial<BoardInterface>, options: string[], use: (board: Board) => Promise<void>): Promise<void> {
		const file = {
			interfaces: [{ name: "line0", driver: "uart", baud: 3_000_000, wire: `pty:${tty}`, ...line }],
		} as BoardFile;
		const board = await Board.start(namespace, file, { app });
		// It reads and writes its standard input.
		const script = `exec slirp-fullbolt "redir ${PORT} to ${BOARD}:80" "$@" 0<>${tty} 1>&0 2>${join(folder, "said")}`;
		const slirp = namespace.spawn("sh", ["-c", script, "sh", ...options], { stdio: "ignore" });
		try {
			await use(board);
		} finally {
			await stop(slirp, "SIGTERM", 5000);
			// tshark must have nothing against the line's frames and bytes.
			const wrong = await endOf(board);
			board.discard();
			expect(wrong).toBe("");
		}
	}

	it.each(LINES)("carries TCP both ways, every byte right: %s", async (name, line, options) => {
		await online(line, options, async (board) => {
			// slirp opens its port before the line is up.
			for (let tries = 0; tries < 40; tries++) {
				const { status } = await namespace.exec("curl", [
					"-s",
					"-o",
					"/dev/null",
					"--max-time",
					"1",
					`http://${MACHINE}:${PORT}/status`,
				]);
				if (status === 0) break;
				await pause(100);
			}
			const at = `${MACHINE}:${PORT}`;
			const transfers = await Promise.all([download(namespace, at, BYTES), upload(namespace, at, uploadOf(folder, BYTES))]);
			expect(errorsOf(transfers)).toBe("");
			const { interfaces } = await board.status(at);
			const { drops, device } = interfaces.find((link) => link.name === "line0")!;
			// slirp answers for its own address.
			for (let tries = 0; tries < 30 && !/pong/.test(board.output); tries++) await pause(100);
			expect(board.output).toMatch(/^pong \d+, 56 bytes$/m);
			report(`slirp, ${name}: ${transfers.map(speed).join(", ")}`);
			// slirp offers CCP once, which is refused by Protocol-Reject.
			const { pppUnknownProtocol: _, ...others } = drops;
			expect(others).toEqual({});
			expect(device).toMatchObject({ badFcs: 0, aborts: 0, tooLong: 0 });
		});
	});
});
