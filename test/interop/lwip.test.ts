// The board against lwIP on one line: SLIP, and PPP with header compression, lwIP as client and as server, with every authentication.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BoardFile, BoardInterface } from "../../hosts/desktop/config.ts";
import { Board, BRIEF, interfaceOf } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { Namespace as Namespaces } from "./support/namespace.mjs";
import type { LwipEvent } from "./support/lwip.ts";
import { Lwip, LwipFolder } from "./support/lwip.ts";
import { FETCH, lwipSource } from "./support/lwip-source.mjs";
import { describeWith, endOf, pause, report } from "./support/setup.ts";
import { internetChecksum } from "./support/transfers.ts";

const app = fileURLToPath(new URL("apps/fetch.ts", import.meta.url));
const BOARD = "192.168.99.1";
const LWIP = "192.168.99.2";
/** Beside the link, so that /status can be asked while it is down. */
const BESIDE = "192.168.77.2";
const BYTES = BRIEF ? 300_000 : 1_000_000;
/** Where only the way to the link differs. */
const FEWER_BYTES = 100_000;
/** netif/ppp/ppp.h: PPPERR_USER, it was told to end; PPPERR_CONNECT, the board's LCP said so. A line that only goes away ends nothing. */
const ASKED = 5;
const TERMINATED = 6;
/** Who lwip-peer.c is, and who asks. */
const ANNA = { user: "anna", password: "geheim" };

/** pppd.test.ts has every authentication each time; here INTEROP_FULL=1 asks for them. */
const FULL = process.env["INTEROP_FULL"] === "1";
const AUTHS: [string, string, number][] = [
	["none", "none", BYTES],
	...(FULL
		? ([
				["pap", "pap", FEWER_BYTES],
				["chap-md5", "chap", FEWER_BYTES],
			] as [string, string, number][])
		: []),
	["ms-chap-v2", "mschap2", FEWER_BYTES],
];

const source = lwipSource();
if (source === undefined) report(`lwIP: skipped, its source is missing: ${FETCH}`);

(source === undefined ? describe.skip : describe)("with lwIP's source", () => {
	describeWith([], "lwIP", () => {
		let folder: LwipFolder;
		let namespace: Namespace;

		beforeAll(async () => {
			folder = await LwipFolder.create(source!);
			namespace = await Namespaces.create();
			await namespace.tap("tap0", "192.168.77.1/24");
		});

		afterAll(async () => {
			await namespace.close();
			folder.discard();
		});

		function start(line: Partial<BoardInterface>): Promise<Board> {
			const file = {
				limits: { heap: 0, sockets: { tcp: 16, udp: 4, receiveBuffer: 11_680, sendBuffer: 11_680 }, packets: 32 },
				interfaces: [
					{ name: "line0", driver: "uart", wire: `pty:${folder.tty}`, baud: 3_000_000, ipv6: "off", ...line },
					{ name: "eth0", wire: "tap:tap0", addresses: [`${BESIDE}/24`] },
				],
			} as BoardFile;
			return Board.start(namespace, file, { app });
		}

		async function line(board: Board) {
			return interfaceOf(await board.status(BESIDE), "line0");
		}

		/** Waits until the link is up, and for the ping and the three streams. */
		async function used(what: string, lwip: Lwip, bytes: number): Promise<void> {
			const { ms } = await lwip.event("up", 15);
			await lwip.event("done", 120);
			expect(await lwip.event("ping")).toEqual({ event: "ping", sent: 5, answered: 5 });
			const get = await lwip.event("get");
			expect(get).toMatchObject({ error: "", got: bytes, wrong: 0 });
			const answer = { count: bytes, checksum: internetChecksum(Buffer.from(Array.from({ length: bytes }, (_, i) => i % 251))) };
			const sink = await lwip.event("sink");
			expect(sink).toMatchObject({ error: "", sent: bytes, answer });
			const fetched = await lwip.event("fetched");
			expect(fetched).toMatchObject({ error: "", answer });
			const speed = (event: LwipEvent) => `${(bytes / Number(event["ms"])).toFixed(0)} kB/s`;
			report(
				`lwIP, ${what}: up after ${String(ms)} ms; at once GET ${speed(get)}, POST ${speed(sink)}, fetched by the board ${speed(fetched)}`,
			);
		}

		/** What lwIP counted: nothing wrong, and headers compressed both ways. */
		async function counted(what: string, lwip: Lwip, code: number): Promise<void> {
			const end = await lwip.event("end", 15);
			expect(end["code"], lwip.output).toBe(code);
			expect(end["link"], lwip.output).toEqual({ checksum: 0, length: 0, dropped: 0, protocol: 0 });
			expect(end["ip"], lwip.output).toEqual({ checksum: 0, length: 0, dropped: 0 });
			expect(end["tcp"], lwip.output).toEqual({ checksum: 0, dropped: 0 });
			const vj = end["vj"] as Record<"sent" | "compressed" | "compressedIn" | "uncompressedIn" | "errors", number>;
			expect(vj.errors).toBe(0);
			// All but what opens a connection, what closes it, and what comes in between for another one.
			expect(vj.compressed).toBeGreaterThan(vj.sent * 0.8);
			expect(vj.compressedIn).toBeGreaterThan(vj.uncompressedIn * 4);
			report(
				`lwIP, ${what}: compressed ${vj.compressed} of ${vj.sent} segments to the board, ${vj.compressedIn} of ${vj.compressedIn + vj.uncompressedIn} from it`,
			);
		}

		it.each(AUTHS)("gets its address from the board, which asks for authentication: %s", async (auth, type, bytes) => {
			const demands = type === "none" ? {} : { auth, accounts: { [ANNA.user]: ANNA.password } };
			const board = await start({
				link: "ppp",
				ppp: { local: BOARD, remote: LWIP, vj: true, ...demands },
			} as Partial<BoardInterface>);
			const lwip = new Lwip(namespace, folder, ["client", "0.0.0.0", BOARD, String(bytes), type]);
			try {
				await used(`client, ${auth}`, lwip, bytes);
				expect(await lwip.event("up")).toMatchObject({ ours: LWIP, peers: BOARD });
				const { ppp, drops } = await line(board);
				expect(ppp).toMatchObject({ phase: "running", local: BOARD, remote: LWIP, peerAuth: type === "none" ? "" : auth });
				expect(drops).toEqual({});
				// lwIP ends it, and the board hears that.
				expect(await lwip.stop()).toBe(0);
				await counted(`client, ${auth}`, lwip, ASKED);
				expect((await line(board)).ppp!.reason).toContain("the peer ended the link");
			} finally {
				await lwip.stop();
				expect(await endOf(board)).toBe("");
				board.discard();
			}
		});

		it.each(AUTHS)("gives the board its address, authentication asked for: %s", async (auth, type, bytes) => {
			const board = await start({ link: "ppp", ppp: { vj: true, ...(type === "none" ? {} : ANNA) } } as Partial<BoardInterface>);
			const lwip = new Lwip(namespace, folder, ["server", LWIP, BOARD, String(bytes), type]);
			try {
				await used(`server, ${auth}`, lwip, bytes);
				const { ppp, drops } = await line(board);
				expect(ppp).toMatchObject({ phase: "running", local: BOARD, remote: LWIP, auth: type === "none" ? "" : auth });
				expect(drops).toEqual({});
			} finally {
				// The board ends it, and lwIP hears that.
				const ends = await endOf(board);
				board.discard();
				expect(ends).toBe("");
			}
			await counted(`server, ${auth}`, lwip, TERMINATED);
			expect(await lwip.ended).toBe(0);
		});

		it("carries TCP both ways over SLIP", async () => {
			const board = await start({ link: "slip", mtu: 1500, addresses: [`${BOARD}/24`], gateway: LWIP });
			const lwip = new Lwip(namespace, folder, ["slip", LWIP, BOARD, String(BYTES), "none"]);
			try {
				await used("SLIP", lwip, BYTES);
				await pause(100);
				expect((await line(board)).drops).toEqual({});
				expect(await lwip.stop()).toBe(0);
			} finally {
				await lwip.stop();
				expect(await endOf(board)).toBe("");
				board.discard();
			}
		});
	});
});
