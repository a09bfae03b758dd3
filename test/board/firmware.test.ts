// A firmware on the emulated board: MULTIHOME_FIRMWARE names the .uf2, MULTIHOME_BOOTROM the boot ROM, MULTIHOME_ELF the .elf, if there is one. It
// is to run hosts/examples/status.ts on hosts/pico/targets/pico-both, as `npm run build:pico` makes it. PACKETS: how many the memory test sends.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env, envNumber } from "../support/env.ts";
import { statusOf as stackStatusOf } from "../../src/status/status.ts";
import { icmpOf } from "../../src/transport/ping/sockets.ts";
import { Bench, echoed, PLACES, statusOf, transfer, transfers, wayOf } from "./bench.ts";
import { Code } from "./code.ts";
import { readElf } from "./elf.ts";

const firmware = env("MULTIHOME_FIRMWARE");
const bootrom = env("MULTIHOME_BOOTROM");
const elf = env("MULTIHOME_ELF");
const given = firmware !== undefined && bootrom !== undefined;
if (!given)
	console.log(
		"firmware tests skipped: set MULTIHOME_FIRMWARE to the .uf2 of `npm run build:pico` and MULTIHOME_BOOTROM to the RP2040's boot ROM (.bin)",
	);

const root = fileURLToPath(new URL("../..", import.meta.url));
const symbols = elf === undefined ? undefined : readElf(elf);

/** A board that has started. */
async function start(profile = false): Promise<Bench> {
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, symbols, { profile });
	bench.until(() => bench.chips.every((chip) => chip.traffic.framesOut > 0), 3);
	bench.run(0.3);
	return bench;
}

describe.runIf(given)("the firmware", () => {
	let bench: Bench;
	beforeAll(async () => {
		bench = await start();
	});
	// Whatever happened: the drivers did nothing that the datasheets forbid.
	afterAll(() => expect(bench.complaints).toEqual([]));

	test("starts, says so, and announces itself on both cables", () => {
		expect(bench.printed).toMatch(/eth0 192\.168\.77\.2\/24[^]*eth1 192\.168\.78\.2\/24[^]*ready/);
		for (const chip of bench.chips) expect(chip.traffic.framesOut).toBeGreaterThan(0);
	});

	test("answers ping on both interfaces", () => {
		const answers = bench.peers.map((peer, i) => {
			const icmp = icmpOf(peer.stack);
			const socket = icmp.open(0);
			socket.owner = { onEvents: () => {} };
			socket.remoteAddress = PLACES[i]!.address;
			for (let n = 0; n < 5; n++) {
				icmp.send(socket, n, 56);
				bench.run(0.02);
			}
			icmp.close(socket);
			return socket.replies;
		});
		expect(answers).toEqual([5, 5]);
	});

	test("has Ethernet addresses made of the flash's unique id: unicast, locally administered, one for each interface", () => {
		const macs = bench.peers.map(
			(peer, i) => stackStatusOf(peer.stack).neighbors.find(({ address }) => address === PLACES[i]!.address)!.mac,
		);
		expect(new Set(macs).size).toBe(2);
		for (const mac of macs) {
			expect(Number.parseInt(mac, 16) & 3).toBe(2);
			expect(mac).not.toMatch(/^02:6d:68/);
		}
	});

	test("answers HTTP on both interfaces at once", () => {
		const got = ["", ""];
		const ended = [false, false];
		const decoder = new TextDecoder();
		for (const [i, peer] of bench.peers.entries()) {
			const buffer = new Uint8Array(1460);
			let asked = false;
			const socket = new peer.io.TCP({
				address: PLACES[i]!.address,
				port: 80,
				onWritable() {
					if (asked) return;
					asked = true;
					socket.write(new TextEncoder().encode(`GET /status HTTP/1.0\r\nHost: ${PLACES[i]!.address}\r\n\r\n`));
				},
				onReadable() {
					for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer))
						got[i] += decoder.decode(buffer.subarray(0, n), { stream: true });
				},
				onError() {
					ended[i] = true;
					socket.close();
				},
			});
		}
		// The answer is made in parts, any of which may end with a bracket: it is there when the connection ends.
		expect(bench.until(() => ended.every(Boolean), 10)).toBe(true);
		for (const text of got) {
			expect(text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n[^]+\}\s*$/);
			expect(text).toContain('"eth1"');
		}
	});

	test("after many packets has as much memory as before", () => {
		const packets = envNumber("PACKETS", 2000);
		const heap = () => statusOf(bench, 0).heap;
		// The heap grows to what is needed at most at a time: everything happens some times before.
		for (let i = 0; i < 3; i++) {
			for (const which of [0, 1]) transfer(bench, wayOf(bench, which), "receive", 100 * 1460, 0);
			heap();
		}
		const before = heap();
		for (const which of [0, 1]) transfer(bench, wayOf(bench, which), "receive", Math.ceil(packets / 2) * 1460, 0);
		const after = heap();
		console.log(`heap before ${JSON.stringify(before)}, after ${packets} segments ${JSON.stringify(after)}`);
		expect(after["slotsTotal"]).toBe(before["slotsTotal"]);
		expect(after["chunkBytesTotal"]).toBe(before["chunkBytesTotal"]);
	});
});

describe.runIf(given)("TCP with a window of 4 MSS, a peer that acknowledges at once", () => {
	test.each(
		PLACES.flatMap(({ name, kind }, which) =>
			(["receive", "send"] as const).map((direction) => [name, kind, direction, which] as const),
		),
	)("%s, %s: %s", async (name, kind, direction, which) => {
		const bench = await start(symbols !== undefined);
		const code = symbols === undefined ? undefined : new Code(symbols, root);
		const before = code?.spent(bench.machine.cpu).groups;
		const result = transfer(bench, wayOf(bench, which), direction, 300 * 1460, 20 * 1460);
		console.log(
			`${name} ${kind} ${direction}: ${result.mbits.toFixed(2)} Mbit/s, ${Math.round(result.cyclesPerSegment)} cycles a segment, ` +
				`SPI busy ${Math.round(100 * result.spiBusy)} % of the time`,
		);
		if (code !== undefined && before !== undefined) {
			const spent = [...code.spent(bench.machine.cpu).groups].map(
				([group, cycles]) => [group, cycles - before.get(group)!] as const,
			);
			const total = spent.reduce((sum, [, cycles]) => sum + cycles, 0);
			for (const [group, cycles] of spent)
				console.log(`  ${group.padEnd(32)}${((100 * cycles) / total).toFixed(1).padStart(5)} %`);
		}
		expect(result.mbits).toBeGreaterThan(1);
		expect(bench.complaints).toEqual([]);
	});

	test.each(["receive", "send"] as const)("both at once: %s", async (direction) => {
		const bench = await start();
		const results = transfers(bench, [wayOf(bench, 0), wayOf(bench, 1)], direction, 150 * 1460, 20 * 1460);
		for (const [i, { mbits, spiBusy }] of results.entries())
			console.log(
				`${PLACES[i]!.kind}, both at once, ${direction}: ${mbits.toFixed(2)} Mbit/s, SPI busy ${Math.round(100 * spiBusy)} %`,
			);
		for (const { mbits } of results) expect(mbits).toBeGreaterThan(1);
		expect(bench.complaints).toEqual([]);
	});

	// A frame that finds no room in the chip is not acknowledged: its sender waits, and the echo is far slower.
	test.each(PLACES.map(({ name, kind }, which) => [name, kind, which] as const))(
		"%s, %s: both ways at once, and no frame finds the chip full",
		async (name, kind, which) => {
			const bench = await start();
			const mbits = echoed(bench, wayOf(bench, which), 200 * 1460);
			const { device } = statusOf(bench, 1 - which).interfaces.find((link) => link.name === name)!;
			console.log(`${name} ${kind} echo: ${mbits.toFixed(2)} Mbit/s each way, ${device.overruns} overruns`);
			expect(device.overruns).toBe(0);
			expect(bench.complaints).toEqual([]);
		},
	);
});
