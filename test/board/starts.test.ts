// What becomes of a board when a program makes a mistake. MULTIHOME_THROWING and MULTIHOME_EXHAUST name the .uf2 files of `npm run build:pico -- --app
// test/board/support/throwing-program.ts` and `… exhaust-program.ts`, their .elf files lie beside them; MULTIHOME_BOOTROM names the boot ROM.

import { describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { parseIpv4 } from "../../src/address.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
import { readElf } from "./elf.ts";
import { Reset } from "./machine.ts";

const bootrom = env("MULTIHOME_BOOTROM");
const throwing = env("MULTIHOME_THROWING");
const exhaust = env("MULTIHOME_EXHAUST");
if (bootrom === undefined || throwing === undefined || exhaust === undefined)
	console.log(
		"tests of programs' mistakes skipped: set MULTIHOME_THROWING, MULTIHOME_EXHAUST and MULTIHOME_BOOTROM (test/board/starts.test.ts)",
	);

async function start(firmware: string): Promise<Bench> {
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware, bootrom: bootrom! }, readElf(firmware.replace(/\.uf2$/, ".elf")));
	bench.until(() => /ready|threw/.test(bench.printed), 3);
	return bench;
}

/** Whether each interface answers a ping. */
function pings(bench: Bench): boolean[] {
	return bench.peers.map((peer, i) => {
		const { icmp } = peer.stack;
		const socket = icmp.open(0);
		socket.owner = { onEvents: () => {} };
		icmp.send(socket, parseIpv4(PLACES[i]!.address)!, 0, 56);
		bench.until(() => socket.replies > 0, 3);
		icmp.close(socket);
		return socket.replies === 1;
	});
}

/** What port `port` answers to a byte; "" when nothing. */
function ask(bench: Bench, port: number): string {
	let text = "";
	let over = false;
	const socket = new bench.peers[0]!.io.TCP({
		address: PLACES[0]!.address,
		port,
		onWritable: () => {
			if (text === "") socket.write(Uint8Array.of(1));
		},
		onReadable: () => {
			text += new TextDecoder().decode(socket.read() as ArrayBuffer);
		},
		onError: () => {
			over = true;
		},
	});
	bench.until(() => over || text !== "", 5);
	socket.close();
	bench.run(0.2);
	return text;
}

describe.skipIf(bootrom === undefined || throwing === undefined)("a program that throws at its start", () => {
	test("the board goes on without it: no reset, pings are answered, and the console tells why again and again", async () => {
		const bench = await start(throwing!);
		expect(pings(bench)).toEqual([true, true]);
		bench.run(21);
		expect(bench.printed.match(/the program threw: RangeError: a mistake at the start/g)).toHaveLength(3);
		expect(pings(bench)).toEqual([true, true]);
	});
});

describe.skipIf(bootrom === undefined || exhaust === undefined)("a program that takes all memory", () => {
	test.each([
		["bytes", 9, "creation.static"],
		["calls", 11, "creation.stack"],
	])(
		"as %s gets an exception, the console says what to do, and the board goes on, as often as it happens",
		async (_kind, port, remedy) => {
			const bench = await start(exhaust!);
			for (let i = 0; i < 5; i++) expect(ask(bench, port)).toBe("memory of the JavaScript machine is used up");
			expect(bench.printed).toContain(`raise ${remedy}`);
			expect(pings(bench)).toEqual([true, true]);
		},
	);

	test("as objects: what those have taken the engine keeps for objects, so the board goes on, or says what to do and starts anew", async () => {
		const bench = await start(exhaust!);
		let reset: unknown;
		try {
			for (let i = 0; i < 10; i++) ask(bench, 10);
		} catch (error) {
			reset = error;
		}
		expect(bench.printed).toContain("raise creation.static");
		if (reset === undefined) expect(pings(bench)).toEqual([true, true]);
		else expect(reset).toBeInstanceOf(Reset);
	});

	test("and catches nothing: its connection ends, and the board goes on", async () => {
		const bench = await start(exhaust!);
		for (let i = 0; i < 5; i++) expect(ask(bench, 12)).toBe("");
		expect(bench.printed).toContain("raise creation.static");
		expect(ask(bench, 9)).toBe("memory of the JavaScript machine is used up");
		expect(pings(bench)).toEqual([true, true]);
	});
});
