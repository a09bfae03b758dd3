// Frames that come while a board collects garbage. MULTIHOME_GARBAGE names the .uf2 of `npm run build:pico -- --app test/board/support/garbage-program.ts`, its
// .elf lies beside it; MULTIHOME_BOOTROM names the boot ROM.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
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

/** What the board says by HTTP, asked by one of the peers. */
function status(bench: Bench, which: number) {
	const buffer = new Uint8Array(1460);
	let text = "";
	let over = false;
	const socket = new bench.peers[which]!.io.TCP({
		address: PLACES[which]!.address,
		port: 80,
		onWritable() {
			if (text === "") socket.write(new TextEncoder().encode("GET /status HTTP/1.0\r\n\r\n"));
		},
		onReadable() {
			for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer))
				text += new TextDecoder().decode(buffer.subarray(0, n));
		},
		onError() {
			over = true;
			socket.close();
		},
	});
	bench.until(() => over, 10);
	return JSON.parse(text.slice(text.indexOf("\r\n\r\n"))) as {
		interfaces: { name: string; received: { packets: number }; device: { overruns: number } }[];
	};
}

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
		const { received, device } = status(bench, 1 - which).interfaces.find((each) => each.name === name)!;
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
