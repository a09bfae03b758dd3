// The 8021q module of a Debian kernel in QEMU against VLANs 5 and 6 of a board, beside what is untagged: pings of both families, transfers by all three at once, right by their hash.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Status } from "../../src/status/status.ts";
import { Board, BRIEF, interfaceOf } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { carry, describeWithGuest, fetchPattern, Guest } from "./support/guest.ts";
import { Namespace } from "./support/namespace.mjs";
import { endOf, report } from "./support/setup.ts";

const BYTES = BRIEF ? 2_000_000 : 10_000_000;
const BOARD = "02:6d:68:00:00:01";
/** The board's addresses: untagged, of VLAN 5 and of VLAN 6. */
const ADDRESSES = ["192.168.77.2", "10.5.0.2", "10.6.0.2"];

describeWithGuest(["tshark"], "VLANs of a Linux guest and a board", () => {
	let namespace: Namespace;
	let guest: Guest;
	let board: Board;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-vlan-"));
		const card = join(folder, "card");
		guest = await Guest.start(folder, [card], ["ip", "ncat"]);
		await guest.must("for file in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$file; done");
		await guest.must("for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$file; done");
		await guest.must("ip link set eth0 up; ip address add 192.168.77.1/24 dev eth0");
		for (const vid of [5, 6]) {
			const name = `eth0.${vid}`;
			await guest.must(
				`ip link add link eth0 name ${name} type vlan id ${vid} egress-qos-map 0:${vid} && ip link set ${name} up`,
			);
			await guest.must(`ip address add 10.${vid}.0.1/24 dev ${name}; ip address add fd00:${vid}::1/64 dev ${name} nodad`);
		}
		namespace = await Namespace.create();
		const vlan = (vid: number) => ({
			name: `eth0.${vid}`,
			link: "vlan" as const,
			parent: "eth0",
			vlan: vid,
			priority: vid - 3,
			addresses: [`10.${vid}.0.2/24`, `fd00:${vid}::2/64`],
		});
		board = await Board.start(namespace, {
			limits: { sockets: { tcp: 24, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 }, packets: 32, heap: 4_194_304 },
			interfaces: [
				{ name: "eth0", wire: `stream:${card}`, mac: BOARD, addresses: ["192.168.77.2/24", "192.168.80.2/24"] },
				vlan(5),
				vlan(6),
			],
		});
	}, 240_000);

	afterAll(async () => {
		await guest?.stop();
		await namespace?.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	it("answers pings of both families in each VLAN, and beside them", async () => {
		for (const address of ADDRESSES) await guest.must(`ping -c 2 -s 1472 ${address}`);
		for (const vid of [5, 6]) await guest.must(`ping -6 -c 2 -s 1452 fd00:${vid}::2`);
		const { interfaces } = JSON.parse(await guest.must("wget -q -O - http://10.5.0.2/status")) as Status;
		expect(interfaces.map(({ name, kind, mtu }) => [name, kind, mtu])).toEqual([
			["lo", "loopback", expect.any(Number)],
			["eth0", "ethernet", 1500],
			["eth0.5", "vlan", 1500],
			["eth0.6", "vlan", 1500],
		]);
	});

	it("takes what says a priority alone, VLAN 0, for untagged", async () => {
		await guest.must("ip link add link eth0 name eth0.0 type vlan id 0 egress-qos-map 0:7 && ip link set eth0.0 up");
		await guest.must("ip address add 192.168.80.1/24 dev eth0; echo 0 >/proc/sys/net/ipv4/conf/eth0.0/rp_filter");
		await guest.must("ip route add 192.168.80.2/32 dev eth0.0 src 192.168.80.1");
		await guest.must(`ip neighbor replace 192.168.80.2 lladdr ${BOARD} dev eth0.0 nud permanent`);
		await guest.must("ping -c 2 192.168.80.2");
	});

	it(`carries ${BYTES / 1e6} MB each way in each VLAN and beside them, all at once`, async () => {
		const sum = await fetchPattern(guest, "10.5.0.2", BYTES, 300_000);
		const { times, ms } = await carry(guest, ADDRESSES, BYTES, sum, 600_000);
		report(`${times} times ${BYTES / 1e6} MB in ${(ms / 1000).toFixed(1)} s`);
	}, 900_000);

	it("refuses what is of a VLAN that it has not, and says so", async () => {
		await guest.must(
			"ip link add link eth0 name eth0.9 type vlan id 9 && ip link set eth0.9 up && ip address add 10.9.0.1/24 dev eth0.9",
		);
		await guest.run("ping -c 1 -W 1 10.9.0.2");
		const status = JSON.parse(await guest.must("wget -q -O - http://10.6.0.2/status")) as Status;
		expect(interfaceOf(status, "eth0").drops["unknownVlan"]).toBeGreaterThan(0);
		for (const name of ["eth0.5", "eth0.6"]) {
			const { transmitQueueFull, tcpUnacceptable, ...drops } = interfaceOf(status, name).drops;
			void [transmitQueueFull, tcpUnacceptable];
			expect(Object.keys(drops).filter((reason) => /[mM]alformed|Checksum/.test(reason))).toEqual([]);
		}
	});

	it("tags what it sends with VID and priority, full frames too, and tshark objects to nothing", async () => {
		expect(await endOf(board)).toBe("");
		const [capture] = capturesIn(board.folder);
		expect(capturesIn(board.folder)).toHaveLength(1);
		for (const vid of [5, 6]) {
			const priorities = await fields(capture!, `eth.src == ${BOARD} && vlan.id == ${vid}`, "vlan.priority");
			expect(new Set(priorities.flat())).toEqual(new Set([String(vid - 3)]));
			const full = await fields(capture!, `vlan.id == ${vid} && frame.len == 1518 && eth.src == ${BOARD}`, "ip.src");
			expect(new Set(full.flat())).toEqual(new Set([`10.${vid}.0.2`]));
		}
		const alone = await fields(capture!, "vlan.id == 0 && icmp", "vlan.priority");
		expect(new Set(alone.flat())).toEqual(new Set(["7"]));
	});
});
