// VLANs of a firmware, on both chips, beside the untagged interface of each. MULTIHOME_VLAN names the .uf2 of
// `npm run build:pico -- --target pico-both --board test/board/support/vlan-board.json`, its .elf lies beside it; MULTIHOME_BOOTROM names the boot ROM.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import type { EthernetInterface } from "../../src/link/ethernet.ts";
import { VlanInterface } from "../../src/link/vlan.ts";
import { icmpOf } from "../../src/transport/ping/sockets.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES, transfers, wayOf, type Way } from "./bench.ts";
import { readElf } from "./elf.ts";

const firmware = env("MULTIHOME_VLAN");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && bootrom !== undefined;
if (!given) console.log("test of VLANs skipped: set MULTIHOME_VLAN and MULTIHOME_BOOTROM (test/board/vlan.test.ts)");

/** As in vlan-board.json; one for each cable. */
const VLANS = [
	{ vlan: 5, board: "10.5.0.2", peer: "10.5.0.1/24", priority: 3 },
	{ vlan: 6, board: "10.6.0.2", peer: "10.6.0.1/24", priority: 0 },
];
const TYPE = 12;
const TAGGED = 0x8100;
/** Of pings: the largest that leaves in one frame, a VLAN's MTU being 1,496. */
const LARGEST = 1468;

test.runIf(given)("tagged and untagged, by both chips, pings and transfers go their own ways at the same time", async () => {
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, readElf(firmware!.replace(/\.uf2$/, ".elf")));
	/** What tags the board's frames had, by cable; -1: none. */
	const tags = PLACES.map(() => new Set<number>());
	const ways: Way[] = VLANS.map(({ vlan, board, peer: address }, i) => {
		const peer = bench.peers[i]!;
		const parent = peer.stack.interfaces.find("eth") as EthernetInterface;
		peer.stack.interfaces.add(new VlanInterface("tagged", parent, { vlan })).addAddress(address);
		const chip = bench.chips[i]!;
		const { onFrame } = chip;
		chip.onFrame = (frame) => {
			const view = new DataView(frame.buffer, frame.byteOffset);
			tags[i]!.add(view.getUint16(TYPE) === TAGGED ? view.getUint16(TYPE + 2) : -1);
			onFrame?.(frame);
		};
		return { peer, address: board, busyNanos: () => chip.spi.busyNanos };
	});
	expect(
		bench.until(() => /ready/.test(bench.printed), 5),
		bench.printed,
	).toBe(true);
	expect(bench.printed).toMatch(/eth0\.5 10\.5\.0\.2\/24[^]*eth1\.6 10\.6\.0\.2\/24/);
	bench.run(0.3);

	const replies = ways.map(({ peer, address }) => {
		const icmp = icmpOf(peer.stack);
		const socket = icmp.open(0);
		socket.owner = { onEvents: () => {} };
		socket.remoteAddress = address;
		for (const [n, size] of [56, LARGEST].entries()) {
			icmp.send(socket, n, size);
			bench.run(0.05);
		}
		return socket.replies;
	});
	expect(replies).toEqual([2, 2]);

	const all = [wayOf(bench, 0), ways[0]!, wayOf(bench, 1), ways[1]!];
	for (const direction of ["receive", "send"] as const) {
		const results = transfers(bench, all, direction, 40 * 1460, 8 * 1460);
		console.log(`${direction}: ${results.map(({ mbits }) => mbits.toFixed(2)).join(", ")} Mbit/s (eth0, eth0.5, eth1, eth1.6)`);
		for (const { mbits } of results) expect(mbits).toBeGreaterThan(0.3);
	}
	for (const [i, { vlan, priority }] of VLANS.entries())
		expect([...tags[i]!].sort()).toEqual([-1, (priority << 13) | vlan].sort());
	expect(bench.complaints).toEqual([]);
});
