// ARP, ICMP and the small services, as Linux's own tools see them.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, dropsSince, inWords, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { tcp, udp } from "./support/client.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const ETH0 = "192.168.77.2";
const ETH1 = "192.168.78.2";
const MAC0 = "02:6D:68:00:00:01";
const ECHO = 7;
const DISCARD = 9;
const CHARGEN = 19;

describeWith(["arping", "hping3"], "ARP, ICMP and the small services", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		board = await Board.start(namespace, twoTaps());
	});

	afterAll(async () => {
		await namespace.close();
		board.discard();
	});

	async function ping(...args: string[]): Promise<string> {
		const { stdout, stderr } = await namespace.exec("ping", ["-n", "-W", "2", ...args]);
		return stdout + stderr;
	}

	it("answers ARP requests for its own addresses, and no others", async () => {
		const own = await namespace.exec("arping", ["-I", "tap0", "-c", "3", ETH0]);
		expect(own.stdout).toContain(MAC0);
		expect(own.stdout).toContain("Received 3 response");
		for (const other of ["192.168.77.3", ETH1]) {
			const { stdout } = await namespace.exec("arping", ["-I", "tap0", "-c", "1", "-w", "1", other]);
			expect(stdout).toContain("Received 0 response");
		}
	});

	it("answers the probe of RFC 5227 for an address that it has", async () => {
		const { stdout } = await namespace.exec("arping", ["-D", "-I", "tap0", "-c", "1", "-w", "2", ETH0]);
		expect(stdout).toContain(MAC0);
	});

	it("follows a station to another hardware address as soon as that is announced", async () => {
		const link = await namespace.exec("cat", ["/sys/class/net/tap0/address"]);
		expect(await ping("-c", "1", ETH0)).toContain("1 received");
		for (const mac of ["02:00:00:00:00:99", link.stdout.trim()]) {
			await namespace.ip("link", "set", "tap0", "address", mac);
			await namespace.exec("arping", ["-U", "-I", "tap0", "-c", "1", "-w", "1", "192.168.77.1"]);
			// ARP_ANSWER_MS, and what a busy machine takes.
			await pause(500);
			expect(await ping("-c", "5", "-i", "0.01", ETH0)).toContain("5 received");
		}
	});

	it("announces its addresses when it starts", async () => {
		await pause(1500); // a capture is on disk a second after it was written
		for (const capture of capturesIn(board.folder))
			expect(
				(await fields(capture, "arp.isgratuitous && frame.packet_flags_direction == 2", "arp.src.proto_ipv4")).length,
			).toBeGreaterThan(0);
	});

	it("answers pings of every size, longer ones in fragments, by either interface, and to the address of the other", async () => {
		for (const size of ["0", "1", "56", "1471", "1472", "1473", "3000", "8000"])
			expect(await ping("-c", "3", "-i", "0.01", "-s", size, ETH0)).toContain("3 received");
		expect(await ping("-c", "3", "-i", "0.01", ETH1)).toContain("3 received");
		await namespace.ip("route", "add", `${ETH1}/32`, "via", ETH0, "dev", "tap0");
		expect(await ping("-c", "3", "-i", "0.01", ETH1)).toContain("3 received");
		await namespace.ip("route", "del", `${ETH1}/32`, "via", ETH0, "dev", "tap0");
		// RFC 1122 §3.2.2.6: a ping with options, here "record route", is answered as well.
		expect(await ping("-c", "1", "-R", ETH0)).toContain("1 received");
	});

	it("says what cannot be reached: port and protocol", async () => {
		const closed = await namespace.exec("hping3", ["--udp", "-p", "5555", "-c", "1", ETH0]);
		expect(closed.stdout + closed.stderr).toMatch(/ICMP Port Unreachable/);
		const unknown = await namespace.exec("hping3", ["--rawip", "--ipproto", "200", "-d", "20", "-c", "1", ETH0]);
		expect(unknown.stdout + unknown.stderr).toMatch(/ICMP Protocol Unreachable/);
		expect(await udp(namespace, ETH0, 5555, Buffer.from("nobody"))).toEqual({ error: "ECONNREFUSED" });
		expect(await tcp(namespace, ETH0, 5555, Buffer.from("nobody"), 1)).toEqual({ error: "ECONNREFUSED" });
	});

	it("limits the rate of its ICMP errors, and counts those that it kept back", async () => {
		const before = await board.status();
		await namespace.exec("hping3", ["-q", "--udp", "-p", "5555", "-c", "500", "-i", "u1000", ETH0]);
		const drops = dropsSince(before, await board.status(), "eth0");
		report(`500 datagrams to a closed port: ${inWords(drops)}`);
		expect(drops["udpNoSocket"]).toBe(500);
		expect(drops["icmpRateLimited"]).toBeGreaterThan(450);
	});

	it.each([
		["UDP", udp],
		[
			"TCP",
			(...[where, address, port, data]: [Namespace, string, number, Buffer]) => tcp(where, address, port, data, data.length),
		],
	] as const)("echoes over %s, RFC 862", async (_name, send) => {
		for (const address of [ETH0, ETH1])
			for (const size of [1, 100, 1472]) {
				const data = Buffer.alloc(size, `${address} ${size} `);
				expect((await send(namespace, address, ECHO, data)).data?.equals(data)).toBe(true);
			}
	});

	it("echoes 1 MB over TCP", async () => {
		const data = Buffer.alloc(1_000_000);
		for (let i = 0; i < data.length; i += 4) data.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
		expect((await tcp(namespace, ETH1, ECHO, data, data.length)).data?.equals(data)).toBe(true);
	});

	it("discards, RFC 863, and generates characters, RFC 864", async () => {
		expect(await udp(namespace, ETH0, DISCARD, Buffer.from("gone"), 500)).toEqual({});
		const first = ` !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_\`abcdefg\r\n`;
		const { data } = await tcp(namespace, ETH0, CHARGEN, Buffer.alloc(0), 100_000);
		expect(data!.toString().startsWith(first)).toBe(true);
		expect(data!.toString("latin1").split("\r\n").length).toBe(Math.ceil(100_000 / 74));
		const datagram = await udp(namespace, ETH0, CHARGEN, Buffer.from("?"));
		expect(datagram.data!.length).toBeLessThanOrEqual(512);
		// Of two services that answer each other there would be no end: from port 7 nothing is echoed.
		expect(await udp(namespace, ETH0, ECHO, Buffer.from("loop"), 500, ECHO)).toEqual({});
	});

	it("sends nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
	});
});
