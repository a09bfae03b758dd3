// What becomes of a board when a program makes a mistake. MULTIHOME_THROWING, MULTIHOME_EXHAUST and MULTIHOME_ENDING name the .uf2 files of `npm run build:pico -- --app
// test/board/support/throwing-program.ts`, `… exhaust-program.ts` and `… ending-program.ts`, their .elf files lie beside them; MULTIHOME_BOOTROM names the boot ROM.

import { describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { icmpOf } from "../../src/transport/ping/sockets.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
import { readElf } from "./elf.ts";
import { Reset } from "./machine.ts";

const bootrom = env("MULTIHOME_BOOTROM");
const throwing = env("MULTIHOME_THROWING");
const exhaust = env("MULTIHOME_EXHAUST");
const ending = env("MULTIHOME_ENDING");
if (bootrom === undefined || throwing === undefined || exhaust === undefined || ending === undefined)
	console.log(
		"tests of programs' mistakes skipped: set MULTIHOME_THROWING, MULTIHOME_EXHAUST, MULTIHOME_ENDING and MULTIHOME_BOOTROM (test/board/starts.test.ts)",
	);

/** `options`: the board that was reset before, or what its RAM holds when it is switched on. */
async function start(firmware: string, options: { after?: Bench; ram?: number } = {}): Promise<Bench> {
	const Model = loadChips(await buildChips({ quiet: true }));
	const bench = new Bench(Model, { firmware, bootrom: bootrom! }, readElf(firmware.replace(/\.uf2$/, ".elf")), options);
	bench.until(() => /ready|threw/.test(bench.printed), 3);
	return bench;
}

/** Whether each interface answers a ping. */
function pings(bench: Bench): boolean[] {
	return bench.peers.map((peer, i) => {
		const icmp = icmpOf(peer.stack);
		const socket = icmp.open(0);
		socket.owner = { onEvents: () => {} };
		socket.remoteAddress = PLACES[i]!.address;
		icmp.send(socket, 0, 56);
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

/** Has the board end by what that port does; answers the next start. */
async function endBy(bench: Bench, port: number): Promise<Bench> {
	let reset: unknown;
	try {
		ask(bench, port);
		bench.run(20);
	} catch (error) {
		reset = error;
	}
	expect(reset).toBeInstanceOf(Reset);
	return start(ending!, { after: bench });
}

const ANEW = /the board has started anew: .*/g;

describe.skipIf(bootrom === undefined || ending === undefined)("a board that ends", () => {
	test.each([
		["an exception in a timer", 9, "unhandled exception: RangeError: nobody catches this one, thrown in deeper < thrown"],
		["an exception that is no error", 13, "unhandled exception: only a text"],
		["a rejection", 10, "unhandled rejection: TypeError: nobody handles this one"],
		["a program that does not return", 11, "the watchdog: nothing ran for seconds"],
		["memory that is used up for good", 12, "memory of the JavaScript machine is used up: raise creation.static"],
	])("by %s says so at the next start, to the program, too, and not at the one after", async (_how, port, text) => {
		const first = await start(ending!, { ram: port });
		expect(first.printed).not.toMatch(ANEW);
		const second = await endBy(first, port);
		expect(second.printed.match(ANEW)).toHaveLength(1);
		expect(second.printed).toContain(`the board has started anew: ${text}`);
		// For whoever opens the console behind the restart, and no more than that.
		second.run(25);
		expect(second.printed.match(ANEW)).toHaveLength(2);
		expect(pings(second)).toEqual([true, true]);
		expect(ask(second, 14)).toContain(text);
		const third = await endBy(second, port === 9 ? 13 : 9);
		expect(third.printed.match(ANEW)).toHaveLength(1);
		expect(third.printed).not.toContain(text);
	});

	test.each([1, 2, 3])("tells nothing of what is in RAM when it is switched on (%i)", async (ram) => {
		expect((await start(ending!, { ram })).printed).not.toMatch(ANEW);
	});
});
