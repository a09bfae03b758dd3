// Tunnels of a Debian kernel in QEMU against those of a board: GRE bare and with key, numbers and checksum, over IPv4 and IPv6; IP in IP in both; IPv6 in IPv4. Pings of both families up to the MTU, transfers
// both ways, right by their hash; keepalives. TUNNEL_BYTES (10,000,000) each way; not with INTEROP_BRIEF=1.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardInterface } from "../../hosts/desktop/config.ts";
import type { Status } from "../../src/status/status.ts";
import { Board, BRIEF, interfaceOf } from "./support/board.ts";
import { carry, describeWithGuest, fetchPattern, Guest } from "./support/guest.ts";
import { Namespace } from "./support/namespace.mjs";
import { endOf, pause, report } from "./support/setup.ts";

const BYTES = Number(process.env["TUNNEL_BYTES"] ?? 10_000_000);
const MODULES = ["ip_gre", "ip6_gre", "ipip", "sit", "ip6_tunnel"];
const FOUR = ["192.168.77.2", "192.168.77.1"] as const;
const SIX = ["fd00:77::2", "fd00:77::1"] as const;

interface Tunnel {
	link: "gre" | "ipip" | "sixInFour";
	/** The kernel's kind, and what it is told. */
	kind: string;
	ends: readonly [string, string];
	more?: Partial<BoardInterface>;
	/** Families that it carries, and its MTU. */
	families: readonly (4 | 6)[];
	mtu: number;
	/** The kernel's, where its packets have more before them. */
	kernels?: number;
}

const all = { key: 7, sequence: true, checksum: true };
const TUNNELS: readonly Tunnel[] = [
	{ link: "gre", kind: "gre", ends: FOUR, more: { keepalive: { intervalMs: 500, lost: 2 } }, families: [4, 6], mtu: 1476 },
	{ link: "gre", kind: "gre key 5 ", ends: FOUR, more: { key: 5 }, families: [4], mtu: 1472 },
	{ link: "gre", kind: "gre key 7 seq csum", ends: FOUR, more: all, families: [4, 6], mtu: 1464 },
	{ link: "gre", kind: "ip6gre encaplimit none", ends: SIX, families: [4, 6], mtu: 1456 },
	{ link: "gre", kind: "ip6gre key 7 seq csum", ends: SIX, more: all, families: [4, 6], mtu: 1444, kernels: 1436 }, // with its encapsulation limit, RFC 2473 §4.1.1
	{ link: "ipip", kind: "ipip", ends: FOUR, families: [4], mtu: 1480 },
	{ link: "ipip", kind: "ip6tnl mode any encaplimit none", ends: SIX, families: [4, 6], mtu: 1460 },
	{ link: "sixInFour", kind: "sit", ends: FOUR, families: [6], mtu: 1480 },
];
/** The board's address of a family on the tunnel with that index; the guest's ends in 1. */
const addressOf = (i: number, family: 4 | 6, end = 2): string => (family === 4 ? `10.1.${i}.${end}` : `fd00:1:${i}::${end}`);
const everywhere = TUNNELS.flatMap(({ families }, i) => families.map((family) => addressOf(i, family)));

describeWithGuest(["tshark"], "tunnels of a Linux guest and a board", () => {
	let namespace: Namespace;
	let guest: Guest;
	let board: Board;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-tunnel-"));
		const card = join(folder, "card");
		guest = await Guest.start(folder, [card], ["ip", "ncat"], MODULES);
		await guest.must("for file in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$file; done");
		await guest.must("ip link set eth0 up; ip address add 192.168.77.1/24 dev eth0; ip address add fd00:77::1/64 dev eth0 nodad");
		// A few in a line: each is an exchange with a slow machine.
		const made = TUNNELS.flatMap(({ kind, ends, families, mtu, kernels = mtu }, i) => {
			const [type, ...told] = kind.trim().split(" ");
			return [
				`ip link add t${i} type ${type} local ${ends[1]} remote ${ends[0]} ${told.join(" ")}`,
				`ip link set t${i} mtu ${kernels} up`,
				...families.map((family) => `ip address add ${addressOf(i, family, 1)}/${family === 4 ? 30 : "64 nodad"} dev t${i}`),
			];
		});
		for (let i = 0; i < made.length; i += 8) await guest.must(made.slice(i, i + 8).join(" && "));
		// What is for the board, from the guest's own address: it goes back, as on a router of Cisco's.
		await guest.must(
			"echo 1 >/proc/sys/net/ipv4/ip_forward; for way in /proc/sys/net/ipv4/conf/*; do echo 0 >$way/rp_filter; echo 1 >$way/accept_local; done",
		);
		namespace = await Namespace.create();
		board = await Board.start(namespace, {
			limits: { sockets: { tcp: 40, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 }, packets: 48, routes: 48, heap: 4_194_304 },
			interfaces: [
				{ name: "eth0", wire: `stream:${card}`, addresses: ["192.168.77.2/24", "fd00:77::2/64"] },
				...TUNNELS.map(({ link, ends, more, families }, i) => ({
					name: `t${i}`,
					link,
					local: ends[0],
					remote: ends[1],
					addresses: families.map((family) => `${addressOf(i, family)}/${family === 4 ? 30 : 64}`),
					...more,
				})),
			],
		});
	}, 480_000);

	afterAll(async () => {
		await guest?.stop();
		await namespace?.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	const status = async (): Promise<Status> => JSON.parse(await guest.must("wget -q -O - http://192.168.77.2/status")) as Status;

	it.skipIf(BRIEF)("answer pings of both families as long as they carry", async () => {
		for (const [i, { families, mtu, kernels = mtu }] of TUNNELS.entries())
			for (const family of families)
				await guest.must(`ping -${family} -c 2 -s ${kernels - (family === 4 ? 28 : 48)} ${addressOf(i, family)}`);
		const { interfaces } = await status();
		for (const [i, { link, mtu }] of TUNNELS.entries()) {
			const { kind, up, mtu: carries, drops } = interfaceOf({ interfaces } as Status, `t${i}`);
			expect({ name: `t${i}`, kind, up, mtu: carries }).toEqual({ name: `t${i}`, kind: link, up: true, mtu });
			expect(Object.keys(drops).filter((reason) => reason.startsWith("tunnel"))).toEqual([]);
		}
	});

	it.skipIf(BRIEF)(
		`carry ${BYTES / 1e6} MB each way, by both families`,
		async () => {
			const sum = await fetchPattern(guest, "192.168.77.2", BYTES, 300_000);
			for (const address of everywhere) {
				const { ms } = await carry(guest, [address], BYTES, sum, 300_000);
				report(`${address}: ${BYTES / 1e6} MB down, and up and down, in ${(ms / 1000).toFixed(1)} s`);
			}
		},
		1_900_000,
	);

	it.skipIf(BRIEF)(
		"go down while nobody answers keepalives, and come up again",
		async () => {
			const becomes = async (up: boolean) => {
				for (let i = 0; i < 60; i++) {
					if (interfaceOf(await status(), "t0").up === up) return;
					await pause(300);
				}
				throw new Error(`t0 is not ${up ? "up" : "down"}`);
			};
			await becomes(true);
			await guest.must("ip link set t0 down");
			await becomes(false);
			await guest.must("ip link set t0 up");
			await becomes(true);
			await guest.must(`ping -c 2 ${addressOf(0, 4)}`);
		},
		120_000,
	);

	it.skipIf(BRIEF)(
		"are not objected to by tshark",
		async () => {
			expect(await endOf(board)).toBe("");
		},
		600_000,
	);
});
