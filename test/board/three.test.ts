// A firmware with three links on the emulated board: both chips and PPP on a UART. MULTIHOME_FIRMWARE_THREE names the .uf2, MULTIHOME_ELF_THREE the
// .elf, MULTIHOME_BOOTROM the boot ROM. It is to run hosts/examples/status.ts on hosts/pico/targets/pico-three.

import { beforeAll, describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES, transfer, wayOf } from "./bench.ts";
import type { Way } from "./bench.ts";
import { readElf } from "./elf.ts";
import { serialPeer } from "./peer.ts";

const firmware = env("MULTIHOME_FIRMWARE_THREE");
const bootrom = env("MULTIHOME_BOOTROM");
const elf = env("MULTIHOME_ELF_THREE");
const given = firmware !== undefined && bootrom !== undefined;
if (!given)
	console.log(
		"tests of three links skipped: set MULTIHOME_FIRMWARE_THREE to the .uf2 of `npm run build:pico -- --target pico-three`, and MULTIHOME_BOOTROM",
	);

const ADDRESS = "192.168.99.2";
/** Of 8N1, a byte is ten bits. */
const BITS = 10;
/**
 * TCP's and IP's headers, compressed (RFC 1144: what changes, TCP's checksum, and IP's identification, which is 0 every time and takes three bytes); PPP's (protocol compressed, address left out), FCS;
 * and a flag, which is never escaped.
 */
const SEGMENT = 1460;
const OVERHEAD = 1 + 2 + 3 + 1 + 2;
const FLAG = 1;
/**
 * The part of the bytes that take two, as HDLC escapes 0x7d and 0x7e (RFC 1662 §4.2): of headers and FCS as of random bytes; none of what the peer
 * sends, zeros; of chargen's lines two in 95 characters, in 72 of 74 bytes (RFC 864).
 */
const ESCAPED = 2 / 256;
const ESCAPED_DATA = { receive: 0, send: ((2 / 95) * 72) / 74 };
/** What a line of so many baud carries of data, bit/s. */
const lineOf = (baud: number, escaped: number) =>
	((baud / BITS) * 8 * SEGMENT) / (SEGMENT * (1 + escaped) + OVERHEAD * (1 + ESCAPED) + FLAG);

describe.skipIf(!given)("three links", () => {
	let bench: Bench;
	let ways: Way[];

	beforeAll(async () => {
		const Model = loadChips(await buildChips({ quiet: true }));
		bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, elf === undefined ? undefined : readElf(elf));
		const uart = bench.machine.uart[1];
		uart.heedsRts = true;
		const peer = serialPeer(bench.machine, uart, 9, { local: "192.168.99.1", remote: ADDRESS, vj: true });
		const ppp = peer.stack.interfaces.find("ppp")!;
		expect(bench.until(() => ppp.up && bench.chips.every((chip) => chip.traffic.framesOut > 0), 6)).toBe(true);
		bench.run(0.3);
		ways = [wayOf(bench, 0), wayOf(bench, 1), { peer, address: ADDRESS, busyNanos: () => 0 }];
	}, 60_000);

	test("HTTP is served on all three at once, by one listener", () => {
		const answers = ways.map(({ peer, address }) => {
			const answer = { text: "", done: false };
			const buffer = new Uint8Array(1460);
			const socket = new peer.io.TCP({
				address,
				port: 80,
				onWritable: () => {
					if (!answer.done && answer.text === "") socket.write(new TextEncoder().encode("GET /bytes/20000 HTTP/1.0\r\n\r\n"));
				},
				onReadable: () => {
					for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer))
						answer.text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
				},
				onError: () => {
					answer.done = true;
				},
			});
			return answer;
		});
		bench.until(() => answers.every(({ done }) => done), 10);
		for (const { text } of answers) {
			expect(text).toMatch(/^HTTP\/1\.[01] 200 /);
			expect(text.length - text.indexOf("\r\n\r\n") - 4).toBe(20_000);
		}
		expect(bench.complaints).toEqual([]);
	}, 60_000);

	test.each(["receive", "send"] as const)(
		"PPP at the board's baud rate: %s",
		(direction) => {
			const uart = bench.machine.uart[1];
			const result = transfer(bench, ways[2]!, direction, 100 * SEGMENT, 20 * SEGMENT);
			const line = lineOf(uart.baud, ESCAPED_DATA[direction]);
			console.log(
				`ppp0 at ${Math.round(uart.baud)} baud, ${direction}: ${result.mbits.toFixed(3)} Mbit/s, ` +
					`${((100 * result.mbits * 1e6) / line).toFixed(1)} % of what the line carries of it (${(line / 1e6).toFixed(3)}; of random bytes ${(lineOf(uart.baud, ESCAPED) / 1e6).toFixed(3)}), ${Math.round(result.cyclesPerSegment)} cycles a segment`,
			);
			expect(uart.overruns).toBe(0);
			if (uart.baud < 1e6) expect(result.mbits * 1e6).toBeGreaterThan(0.93 * line);
			else expect(result.mbits * 1e6).toBeGreaterThan(0.97 * line);
		},
		120_000,
	);

	test("the other interfaces are what they are without it", () => {
		for (const [i, { name }] of PLACES.entries()) {
			const result = transfer(bench, ways[i]!, "receive", 100 * SEGMENT, 20 * SEGMENT);
			console.log(`${name} receive: ${result.mbits.toFixed(2)} Mbit/s`);
			expect(result.mbits).toBeGreaterThan(i === 0 ? 6 : 4);
		}
	}, 120_000);
});
