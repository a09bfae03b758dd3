// thc-ipv6 (Debian), which tells how a host answers odd, wrong and hostile IPv6: what Linux 6.1 answered beside it was the same but where a line says so. Its tests wait for answers
// that do not come, so four boards are asked at once. FLOOD_SECONDS=60 for floods of a minute each, as --all has it; `fragmentation6` takes a minute, too, and waits for --all.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, BRIEF, twoTaps, type BoardStatus } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const FLOOD_SECONDS = Number(process.env["FLOOD_SECONDS"] ?? (BRIEF ? 1 : 60));
const BYTES = 300_000;
const BOARDS = 4;
/** A network that there is not, to which the board is said to be the router. */
const BEYOND = "2001:db8:9::";
/** After so many collections of garbage the fewest slots in use are what is really in use. */
const COLLECTIONS = 8;
const MOST_COLLECTIONS = 64;

/** What `implementation6` prints when an echo reply came, an error, or nothing. */
const REPLY = "reply";
const NOTHING = "nothing";

/** By number of test: what the board must answer, and why, where a reply is not all that there is to say. */
const ANSWERS: readonly (readonly [from: number, to: number, answer: string, why: string])[] = [
	[1, 1, REPLY, "an option that may be skipped"],
	[2, 2, NOTHING, "the tool's packet of 2 KB does not fit the link"],
	[3, 4, "4:1", "hop-by-hop options stand first or nowhere (RFC 8200 §4.1)"],
	[5, 5, REPLY, "an option that may be skipped"],
	[6, 6, NOTHING, "the tool's packet of 2 KB does not fit the link"],
	[7, 8, REPLY, "destination options may stand there again and again"],
	[9, 10, NOTHING, "headers of 16 and 64 KB in fragments: more than is put together here (RFC 8504 §5.3); Linux replies"],
	[11, 11, REPLY, "an echo request longer than a packet"],
	[12, 12, REPLY, "an atomic fragment (RFC 6946)"],
	[13, 13, NOTHING, "a fragment beyond its datagram's end"],
	[14, 15, "4:1", "what is in the fragments is no header that is known"],
	[16, 17, NOTHING, "fragments that overlap (RFC 5722)"],
	[18, 18, REPLY, "a routing header without segments left is skipped"],
	[19, 21, "4:0", "a routing header with segments left is not followed (RFC 5095)"],
	[22, 22, REPLY, "the same in fragments"],
	[23, 23, "4:0", "the same in fragments"],
	[24, 25, REPLY, "an atomic fragment behind options"],
	[26, 26, "4:1", "hop-by-hop options behind a fragment header"],
	[27, 27, REPLY, "destination options in fragments"],
	[28, 29, NOTHING, "node information and inverse discovery are not for hosts that do not have them"],
	[30, 30, "4:2", "an option of destinations that asks for an error"],
	[31, 31, NOTHING, "certificates (RFC 3971)"],
	[32, 32, "4:1", "authentication headers are not known here"],
	[33, 34, NOTHING, "no answer to a broken SYN; an extension header that is cut off"],
	[35, 35, "4:1", "ESP is not known here"],
	[36, 36, NOTHING, "from a group"],
	[37, 38, "4:0", "a routing header in fragments"],
	[39, 39, REPLY, "a fragment from an address of the link"],
	[40, 40, NOTHING, "from a group"],
	[41, 41, REPLY, "a solicitation"],
	[42, 42, NOTHING, "its hop limit is not 255 (RFC 4861 §7.1.1)"],
	[43, 46, REPLY, "options that may be skipped; Linux takes at most 7 bytes of padding"],
	[47, 47, "4:2", "a jumbo option is an unknown one whose bits ask for an error; Linux knows it"],
	[48, 48, NOTHING, "no payload, as we do not know jumbograms; Linux knows them"],
	[49, 50, "4:2", "an option that asks for an error"],
	[51, 55, NOTHING, "lengths and checksums that lie"],
	[56, 56, REPLY, "a destination does not look at the hop limit (RFC 8200 §3)"],
	[57, 57, NOTHING, "a fragment is missing"],
];

/** Tools that send as fast as they can until they are ended, and what they take besides the interface. */
const FLOODS: readonly (readonly [string, ...string[]])[] = [
	["flood_router26"],
	["flood_router26", "-F"],
	["flood_advertise6", "-k"],
	["flood_solicitate6", "-k"],
	["flood_redir6"],
	["flood_unreach6"],
	["flood_rs6", "-s"],
	["flood_mld26"],
	["ndpexhaust26"],
	["thcsyn6"],
];

interface Side {
	namespace: Namespace;
	board: Board;
	/** The address of eth0's link. */
	address: string;
}

describeWith(["atk6-implementation6"], "thc-ipv6", () => {
	const sides: Side[] = [];

	beforeAll(async () => {
		for (let i = 0; i < BOARDS; i++) {
			const namespace = await namespaceWithTaps();
			for (const setting of ["disable_ipv6=0", "accept_dad=0", "accept_ra=0", "accept_redirects=0"])
				await namespace.sysctl(`net.ipv6.conf.tap0.${setting}`);
			const board = await Board.start(namespace, twoTaps({ ipv6: "auto" }), { capture: false });
			sides.push({ namespace, board, address: "" });
		}
		for (const side of sides) {
			for (let i = 0; i < 100 && !/^eth0 .*?fe80::/m.test(side.board.output); i++) await pause(100);
			side.address = /^eth0 .*?(fe80::[0-9a-f:]+)/m.exec(side.board.output)![1]!;
		}
	}, 300_000);

	afterAll(async () => {
		for (const { namespace, board } of sides) {
			await namespace.close();
			board.discard();
		}
	});

	const attack = async ({ namespace, address }: Side, tool: string, ...more: string[]): Promise<string> => {
		const { stdout, stderr } = await namespace.exec(`atk6-${tool}`, ["tap0", address, ...more], { timeoutMs: 200_000 });
		return stdout + stderr;
	};
	const alive = async ({ namespace, address }: Side): Promise<void> => {
		const { stdout } = await namespace.exec("ping", ["-6", "-n", "-c", "3", "-i", "0.2", "-W", "5", `${address}%tap0`]);
		expect(stdout).toMatch(/[123] received/);
	};

	it("implementation6 gets the answers that the RFCs ask for", async () => {
		// The first and the last one are pings, and 0 stands for all.
		const numbers = Array.from({ length: 57 }, (_, index) => index + 1);
		const said = new Map<number, string>();
		await Promise.all(
			sides.map(async (side, which) => {
				for (const number of numbers.filter((each) => each % BOARDS === which)) {
					const output = await attack(side, "implementation6", "-p", String(number));
					const line = new RegExp(`^Test +${number}: .*$`, "m").exec(output)?.[0] ?? output;
					said.set(number, /error reply \[(\d+:\d+)\]/.exec(line)?.[1] ?? (line.includes("we got a reply") ? REPLY : NOTHING));
				}
			}),
		);
		const wrong = ANSWERS.flatMap(([from, to, answer, why]) =>
			numbers
				.filter((number) => number >= from && number <= to && said.get(number) !== answer)
				.map((number) => `${number}: ${said.get(number)}, expected ${answer}: ${why}`),
		);
		expect(wrong.join("\n")).toBe("");
		expect(said.size).toBe(57);
	}, 300_000);

	it("fragmentation6, exploit6 and denial6 leave it as it was", async () => {
		await Promise.all([
			attack(sides[1]!, "exploit6"),
			...(BRIEF ? [] : [attack(sides[0]!, "fragmentation6"), attack(sides[2]!, "fragmentation6", "-f")]),
			(async () => {
				for (let kind = 1; kind <= 7; kind++) await flood(sides[3]!, "denial6", [], 2, String(kind));
			})(),
		]);
		for (const side of sides) {
			await alive(side);
			expect(side.board.alive).toBe(true);
		}
	}, 300_000);

	/** Lets a tool send for so long. Answers whether it did so until it was ended. */
	async function flood({ namespace, address }: Side, tool: string, options: string[], seconds: number, ...more: string[]) {
		// `timeout` ends it by its process id, as it would run for ever.
		const args = ["-s", "INT", "-k", "2", String(seconds), `atk6-${tool}`, ...options, "tap0"];
		const target = tool === "ndpexhaust26" ? [BEYOND] : tool === "thcsyn6" ? [address, "80"] : [address];
		// It gives way to the board: of what a busy machine's wire has no room for, most would be the transfer's.
		const command = ["-n", "10", "timeout", ...args, ...target, ...more];
		const { status } = await namespace.exec("nice", command, { timeoutMs: seconds * 1000 + 20_000 });
		return status === 124 || status === 137; // timeout(1): it was ended, or killed
	}

	/**
	 * What it says when the fewest slots are in use, of several times right after a collection: answers that were made since then are garbage, too, up to a
	 * thousand slots each. It is asked on until `enough` slots are in use or fewer, for which MOST_COLLECTIONS must do.
	 */
	async function collected(board: Board, enough = Infinity): Promise<BoardStatus> {
		let last = await board.status();
		let fewest: BoardStatus | undefined;
		let collections = 0;
		for (let i = 0; i < 5000; i++) {
			const status = await board.status();
			if (status.heap.collections > last.heap.collections) {
				collections++;
				if (fewest === undefined || status.heap.slotsUsed < fewest.heap.slotsUsed) fewest = status;
				const done = fewest.heap.slotsUsed <= enough ? COLLECTIONS : MOST_COLLECTIONS;
				if (collections >= done) return fewest;
			}
			last = status;
		}
		throw new Error(`5000 questions for its status, and ${collections} collections of garbage`);
	}

	it(
		`lives through floods of ${FLOOD_SECONDS} s each, and a transfer goes on`,
		async () => {
			const side = sides[0]!;
			const { namespace, board, address } = side;
			const url = `http://[${address}%25tap0]/bytes/${BYTES}`;
			const download = async () => {
				const args = [
					"-g",
					"-sS",
					"--max-time",
					String(20 + FLOOD_SECONDS),
					"-o",
					"/dev/null",
					"-w",
					"%{http_code} %{size_download}",
					url,
				];
				return (await namespace.exec("curl", args, { timeoutMs: 200_000 })).stdout;
			};
			expect(await download()).toBe(`200 ${BYTES}`);
			const before = await collected(board);
			for (const [tool, ...options] of FLOODS) {
				let over = false;
				// It takes a network that it has a router to, which the board is no more than any host.
				if (tool === "ndpexhaust26") {
					await namespace.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0", "nodad");
					await namespace.ip("route", "add", `${BEYOND}/64`, "via", address, "dev", "tap0");
				}
				const flooding = flood(side, tool, options, FLOOD_SECONDS).finally(() => (over = true));
				let done = 0;
				while (!over) {
					expect(await download(), `${done} downloads beside ${tool}`).toBe(`200 ${BYTES}`);
					done++;
				}
				expect(await flooding, `${tool} sent all the time`).toBe(true);
				report(`${tool} ${options.join(" ")}: ${done} downloads of ${BYTES} bytes meanwhile`);
				await alive(side);
			}
			await pause(3000);
			const enough = before.heap.slotsUsed + 500;
			const after = await collected(board, enough);
			report(`heap slots ${before.heap.slotsUsed} before, ${after.heap.slotsUsed} after`);
			expect(after.heap.slotsUsed).toBeLessThanOrEqual(enough);
			expect(after.memory.packetsFree).toBeGreaterThanOrEqual(before.memory.packetsFree);
		},
		(FLOOD_SECONDS + 60) * 10_000,
	);

	// tshark is not asked: errors quote the tool's broken packets.
	it("ends in good order", async () => {
		for (const { board } of sides) expect(await endOf(board)).toBe("");
	}, 120_000);
});
