// Frames that come while a board collects garbage. MULTIHOME_GARBAGE names the .uf2 of `npm run build:pico -- --app test/board/support/garbage-program.ts`, its
// .elf lies beside it; MULTIHOME_BOOTROM names the boot ROM.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES, statusOf } from "./bench.ts";
import { readElf } from "./elf.ts";

const firmware = env("MULTIHOME_GARBAGE");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && bootrom !== undefined;
if (!given) console.log("garbage test skipped: set MULTIHOME_GARBAGE and MULTIHOME_BOOTROM (test/board/garbage.test.ts)");

const SECONDS = 2;
const PAYLOAD = 1472;
/** Of a full frame on its cable, with preamble, FCS and gap. */
const FRAME_BITS = (1500 + 38) * 8;
/** Nobody has it: what comes is received and counted, and costs no more. */
const PORT = 40_000;

// By the ENC28J60 half of what its cable carries: its memory holds three full frames, and the program and its garbage take their share of the time.
test.runIf(given).each([
	["eth0", 0, 10],
	["eth1", 1, 5],
])("none that comes by %s, of cable %i, at %i Mbit/s is lost", async (name, which, mbits) => {
	const symbols = readElf(firmware!.replace(/\.uf2$/, ".elf"));
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, symbols);
	const { machine, peers } = bench;
	let collections = 0;
	machine.cpu.hook(symbols.find("fxCollect")!, () => collections++); // before it has run: what has been translated is not looked at again
	expect(
		bench.until(() => /ready/.test(bench.printed), 5),
		bench.printed,
	).toBe(true);
	const told = () => {
		const { received, device } = statusOf(bench, 1 - which).interfaces.find((each) => each.name === name)!;
		return { packets: received.packets, overruns: device.overruns };
	};

	const before = told();
	const socket = new peers[which]!.io.UDP({}) as unknown as { write(data: Uint8Array, to: string, port: number): void };
	const data = new Uint8Array(PAYLOAD);
	let sent = 0;
	collections = 0;
	const begin = machine.clock.nanos;
	const alarm = machine.clock.createAlarm(() => {
		socket.write(data, PLACES[which]!.address, PORT);
		alarm.scheduleAt(begin + (++sent * FRAME_BITS * 1e3) / mbits);
	});
	alarm.schedule(0);
	bench.run(SECONDS);
	alarm.cancel();
	const meanwhile = collections;
	bench.run(0.1);
	const after = told();

	const packets = after.packets - before.packets;
	console.log(`${name}: ${sent} frames at ${mbits} Mbit/s, ${packets} received, ${meanwhile} collections meanwhile`);
	expect(meanwhile).toBeGreaterThan(SECONDS * 10);
	expect(packets).toBeGreaterThanOrEqual(sent);
	expect(after.overruns).toBe(before.overruns);
	expect(bench.complaints).toEqual([]);
});
