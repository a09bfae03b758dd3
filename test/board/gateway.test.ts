// A Pico that is a router, on the emulated board: MULTIHOME_FIRMWARE_GATEWAY names the .uf2, MULTIHOME_ELF_GATEWAY the .elf, MULTIHOME_BOOTROM the boot ROM. It is to run hosts/examples/gateway.ts
// with hosts/desktop/boards/gateway-pico.json on hosts/pico/targets/pico-three.

import { beforeAll, describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { DhcpClient } from "../../src/service/dhcp/client.ts";
import { DhcpServer } from "../../src/service/dhcp-server/server.ts";
import { env } from "../support/env.ts";
import * as dns from "../support/dns.ts";
import { concat, u16 } from "../support/frames.ts";
import { Bench, PLACES, statusOf } from "./bench.ts";
import { readElf } from "./elf.ts";

const firmware = env("MULTIHOME_FIRMWARE_GATEWAY");
const bootrom = env("MULTIHOME_BOOTROM");
const elf = env("MULTIHOME_ELF_GATEWAY");
const given = firmware !== undefined && bootrom !== undefined;
if (!given)
	console.log(
		"tests of a router skipped: set MULTIHOME_FIRMWARE_GATEWAY to the .uf2 of `npm run build:pico -- --target pico-three --board hosts/desktop/boards/gateway-pico.json --app hosts/examples/gateway.ts`, and MULTIHOME_BOOTROM",
	);

const BOARD = "192.168.77.2";
const WORLD = "192.168.78.1";

describe.skipIf(!given)("a Pico as a router", () => {
	let bench: Bench;
	let lease: DhcpClient;

	/** Sends a datagram from the LAN, and waits for the answer: its bytes. */
	function ask(address: string, port: number, bytes: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
		let answer: Uint8Array | undefined;
		const { io } = bench.peers[0]!;
		const socket = new io.UDP({
			onReadable() {
				answer = new Uint8Array(socket.read()!);
			},
		});
		for (let i = 0; i < 3 && answer === undefined; i++) {
			socket.write(bytes, address, port);
			bench.until(() => answer !== undefined, 2);
		}
		socket.close();
		return answer;
	}

	beforeAll(async () => {
		const Model = loadChips(await buildChips({ quiet: true }));
		// The station of the LAN gets its address of the board.
		const places = PLACES.map((place, i) => (i === 0 ? { ...place, peer: "192.168.77.250/24" } : place));
		bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, elf === undefined ? undefined : readElf(elf), {
			places,
			cable: { sockets: { udp: 8, services: 8 } },
		});
		const [station, world] = bench.peers;
		const link = station!.stack.interfaces.find("eth")!;
		link.removeAddress(link.addresses[0]!);
		void new DhcpServer(world!.stack, "eth", { first: "192.168.78.50", last: "192.168.78.51", nameServers: [WORLD], probeMs: 0 });
		void new world!.io.UDP({
			port: 7,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read())
					this.write(new TextEncoder().encode(datagram.address), datagram.address, datagram.port);
			},
		});
		void new world!.io.UDP({
			port: 53,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const { id, question } = dns.readQuery(new Uint8Array(datagram));
					this.write(dns.message({ id, question, answers: [dns.a("192.0.2.9")] }), datagram.address, datagram.port);
				}
			},
		});
		lease = new DhcpClient(station!.stack, "eth", { probes: 0 });
		expect(
			bench.until(() => lease.state.state === "bound", 20),
			bench.printed,
		).toBe(true);
		expect(
			bench.until(() => bench.printed.includes("out by eth1"), 30),
			bench.printed,
		).toBe(true);
	}, 240_000);

	test("lends a station an address and is its router and name server", () => {
		expect(lease.state).toMatchObject({ router: BOARD, dns: [BOARD] });
		expect(lease.state.address).toMatch(/^192\.168\.77\.1\d\d$/);
	});

	test("forwards its questions for names, once", () => {
		const query = concat(u16(77), [1, 0, 0, 1, 0, 0, 0, 0, 0, 0], dns.name("www.test"), u16(1), u16(1));
		for (let i = 0; i < 2; i++) {
			const answer = ask(BOARD, 53, query)!;
			expect([...answer.subarray(-4)]).toEqual([192, 0, 2, 9]);
			expect([...answer.subarray(0, 2)]).toEqual([0, 77]);
		}
	}, 60_000);

	test("translates what it sends to the world", () => {
		const answer = ask(WORLD, 7, new Uint8Array(4))!;
		expect(new TextDecoder().decode(answer)).toMatch(/^192\.168\.78\.5[01]$/);
	}, 60_000);

	test("serves its page, and says what memory is left", () => {
		const status = statusOf(bench, 0);
		console.log(`memory ${JSON.stringify(status.memory)}, heap ${JSON.stringify(status.heap)}`);
		expect(status.interfaces.map(({ name }) => name)).toEqual(["lo", "eth0", "guest", "eth1", "ppp0"]);
		expect(bench.complaints).toEqual([]);
	}, 120_000);
});
