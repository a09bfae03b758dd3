// A bridge of two of a board's ports, and one of a Debian kernel in QEMU, in a loop of two cables: the kernel's spanning tree hears itself through the board, and breaks the loop.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Status } from "../../src/status/status.ts";
import { Board, BRIEF, interfaceOf } from "./support/board.ts";
import { carry, describeWithGuest, fetchPattern, Guest } from "./support/guest.ts";
import { Namespace } from "./support/namespace.mjs";
import { endOf, report } from "./support/setup.ts";

const BYTES = BRIEF ? 1_000_000 : 10_000_000;
const ADDRESS = "10.0.0.2";
/** /sys/class/net/…/brport/state of Linux. */
const FORWARDING = "3";
const BLOCKING = "4";

describeWithGuest([], "a bridge of a board in a loop with one of Linux", () => {
	let namespace: Namespace;
	let guest: Guest;
	let board: Board;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-bridge-"));
		const cards = ["card0", "card1"].map((name) => join(folder, name));
		guest = await Guest.start(folder, cards, ["ip", "ncat"]);
		await guest.must("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6");
		await guest.must("ip link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600");
		await guest.must("for port in eth0 eth1; do ip link set $port master br0 up; done");
		await guest.must("ip address add 10.0.0.1/24 dev br0; ip link set br0 up");
		namespace = await Namespace.create();
		board = await Board.start(namespace, {
			limits: { sockets: { tcp: 24, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 }, packets: 32, heap: 4_194_304 },
			interfaces: [
				{ name: "eth0", wire: `stream:${cards[0]}` },
				{ name: "eth1", wire: `stream:${cards[1]}` },
				{ name: "br0", link: "bridge", ports: ["eth0", "eth1"], ageMs: 3000, addresses: [`${ADDRESS}/24`] },
			],
		});
	}, 240_000);

	afterAll(async () => {
		await guest?.stop();
		await namespace?.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	const states = async (): Promise<string[]> =>
		(await guest.must("cat /sys/class/net/eth0/brport/state /sys/class/net/eth1/brport/state")).trim().split("\n");

	/** Waits until the ports of Linux are in these states, whichever is in which. */
	async function settled(...wanted: string[]): Promise<void> {
		let are: string[] = [];
		for (let tries = 0; tries < 60; tries++) {
			are = (await states()).sort();
			if (String(are) === String([...wanted].sort())) return;
			await guest.run("sleep 0.5");
		}
		expect(are).toEqual([...wanted].sort());
	}

	const status = async (): Promise<Status> => JSON.parse(await guest.must(`wget -q -O - http://${ADDRESS}/status`)) as Status;

	it("is seen by the kernel's spanning tree, which blocks a port, and nothing storms", async () => {
		await settled(FORWARDING, BLOCKING);
		await guest.must(`ping -c 3 -s 1472 ${ADDRESS}`);
		const received = async () =>
			interfaceOf(await status(), "eth0").received.packets + interfaceOf(await status(), "eth1").received.packets;
		const before = await received();
		await guest.must("arping -c 5 -I br0 10.0.0.77 >/dev/null; sleep 3");
		const frames = (await received()) - before;
		report(`${frames} frames in 8 s, with 5 broadcasts among them`);
		expect(frames).toBeLessThan(120);
		const end = await status();
		for (const name of ["eth0", "eth1"]) expect(interfaceOf(end, name).drops["bridgeStorm"] ?? 0).toBe(0);
	}, 120_000);

	it(`carries ${BYTES / 1e6} MB each way`, async () => {
		const sum = await fetchPattern(guest, ADDRESS, BYTES, 300_000);
		await carry(guest, [ADDRESS], BYTES, sum, 600_000);
	}, 900_000);

	it("is reached by the other cable when the one in use is pulled, by what it learns anew", async () => {
		const [first] = await states();
		const used = first === FORWARDING ? "eth0" : "eth1";
		await guest.must(`ip link set ${used} nomaster`);
		let answered = false;
		for (let tries = 0; tries < 40 && !answered; tries++) answered = (await guest.run(`ping -c 1 -W 1 ${ADDRESS}`)).status === 0;
		expect(answered).toBe(true);
		await guest.must(`ip link set ${used} master br0`);
		await settled(FORWARDING, BLOCKING);
		await guest.must(`ping -c 3 ${ADDRESS}`);
	}, 180_000);

	it("ends without a word", async () => {
		expect(await endOf(board)).toBe("");
	});
});
