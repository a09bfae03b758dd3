// A board that is the router of a small network: hosts on tap0 speak to the world on tap1 by its address, and the world sees nothing of them but what is opened.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, BRIEF, dropsSince, inWords, twoTaps } from "./support/board.ts";
import { crowd, echo, serve } from "./support/client.ts";
import { Namespace, stop } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const BOARD = "192.168.77.2";
const OUTSIDE = "192.168.78.2";
const WORLD = "192.168.78.1";
const SECOND = "192.168.78.3";
const BYTES = 5_000_000;

describeWith(["traceroute", "nmap", "python3"], "NAT between two TAPs", () => {
	let lan: Namespace;
	let world: Namespace;
	let board: Board;

	async function start(entries: number): Promise<void> {
		lan = await namespaceWithTaps();
		world = await Namespace.create();
		const file = twoTaps();
		file.forwarding = true;
		file.nat = { out: "eth1" };
		file.forwardPorts = [{ protocol: "tcp", port: 8080, to: "192.168.77.1", toPort: 80 }];
		file.filter = [{ in: "eth1", out: "lo", protocol: "icmp", action: "accept" }];
		file.limits = { ...file.limits, packets: 256, router: { entries } };
		for (const each of file.interfaces) delete each.gateway;
		board = await Board.start(lan, file);
		await lan.ip("link", "set", "tap1", "netns", world.name);
		for (const address of [WORLD, SECOND]) await world.ip("address", "add", `${address}/24`, "dev", "tap1");
		await world.ip("link", "set", "tap1", "up");
		// The world knows no way to 192.168.77.0/24.
		await lan.ip("route", "add", "192.168.78.0/24", "via", BOARD);
	}

	afterEach(async () => {
		await lan.close();
		await world.close();
		board.discard();
	});

	const router = async () => (await board.status()).router!;

	it("carries what a host asks for, and shows the world what is opened, and no more", async () => {
		await start(512);
		const before = await board.status();
		const ping = async (...args: string[]) => {
			const { stdout } = await lan.exec("ping", ["-n", "-W", "2", ...args]);
			return stdout;
		};
		expect(await ping("-c", "5", "-i", "0.01", WORLD)).toMatch(/ttl=63[\s\S]*5 received/);
		// In fragments, both ways.
		expect(await ping("-c", "2", "-i", "0.2", "-s", "4000", WORLD)).toContain("2 received");
		expect(await ping("-c", "1", "-t", "1", WORLD)).toMatch(/From 192\.168\.77\.2.*Time to live exceeded/);
		for (const kind of [["-U", "-p", "33434"], ["-I"]]) {
			const { stdout } = await lan.exec("traceroute", ["-n", ...kind, "-q", "1", "-w", "2", "-m", "4", WORLD]);
			expect(stdout).toMatch(/ 1 {2}192\.168\.77\.2 [\s\S]* 2 {2}192\.168\.78\.1 /);
		}
		await serve(world, 8000, BYTES);
		await serve(lan, 80, BYTES);
		for (const [from, url] of [
			[lan, `http://${WORLD}:8000/`],
			[world, `http://${OUTSIDE}:8080/`],
			// The address outside from within: hairpinning.
			[lan, `http://${OUTSIDE}:8080/`],
		] as const) {
			let got = 0;
			await from.exec("curl", ["-sS", "--http0.9", "--max-time", "30", url], { onData: (part) => (got += part.length) });
			expect(got, url).toBe(BYTES);
		}
		// A name is asked for: a question and an answer of DNS, by hand.
		const server = world.spawn("python3", ["-c", NAMES], { stdio: "ignore" });
		await pause(500);
		const asked = await lan.exec("python3", ["-c", QUESTION]);
		expect(asked.stdout.trim()).toBe("answered");
		await stop(server);
		const { stdout: seen } = await world.exec(
			"nmap",
			["-n", "-Pn", "-sS", "-T5", "--max-retries", "0", "--min-rate", "800", "-p", "1-1000,8000-8100", OUTSIDE],
			{ timeoutMs: 60_000 },
		);
		report(`nmap from outside: ${seen.match(/\d+\/tcp +\w+/g)?.join(", ")}`);
		expect(seen.match(/\d+\/tcp +open\b/g)).toEqual(["8080/tcp open"]);
		expect(seen).not.toMatch(/\d+ closed/);
		const { stdout: answered } = await world.exec("ping", ["-n", "-c", "1", "-W", "2", OUTSIDE]);
		expect(answered).toContain("1 received");
		const { stdout: beyond } = await world.exec("nmap", [
			"-n",
			"-Pn",
			"-sU",
			"-T5",
			"--max-retries",
			"0",
			"-p",
			"53,67,68,500",
			OUTSIDE,
		]);
		expect(beyond).not.toMatch(/\/udp +(open|closed)\b(?!\|)/);
		const after = await board.status();
		report(
			`NAT: ${JSON.stringify(Object.fromEntries(Object.entries(after.router!).filter(([, value]) => typeof value === "number")))}`,
		);
		report(`eth0 ${inWords(dropsSince(before, after, "eth0"))}, eth1 ${inWords(dropsSince(before, after, "eth1"))}`);
		expect(await endOf(board)).toBe("");
	});

	it.skipIf(BRIEF)("has 1,000 flows at once, and when its table is full those that stand go on", async () => {
		await start(2400);
		await echo(world, 7000);
		const { done, failed } = await crowd(lan, 1000, 7000, [WORLD]);
		expect([done, failed]).toEqual([1000, 0]);
		const { used, gaveWay } = await router();
		report(`1,000 connections: ${used} entries, ${gaveWay} gave way`);
		expect(gaveWay).toBe(0);
		// Three times as many as fit, while one goes on.
		await serve(world, 8000, 40 * BYTES);
		let got = 0;
		const going = lan.exec("curl", ["-sS", "--http0.9", "--max-time", "120", `http://${WORLD}:8000/`], {
			onData: (part) => (got += part.length),
			timeoutMs: 130_000,
		});
		await lan.exec("nmap", ["-n", "-Pn", "-sS", "-T5", "--max-retries", "0", "--min-rate", "2000", "-p", "10000-17000", WORLD], {
			timeoutMs: 120_000,
		});
		const full = await router();
		report(`table full: ${full["used"]} of ${full["entries"]} entries, ${full["gaveWay"]} gave way`);
		expect(full["used"]).toBeLessThanOrEqual(2400);
		await going;
		expect(got).toBe(40 * BYTES);
		expect(await endOf(board)).toBe("");
	});
});

describeWith(["turnserver", "turnutils_natdiscovery", "iperf3"], "NAT as STUN and iperf3 see it", () => {
	let lan: Namespace;
	let world: Namespace;
	let board: Board;

	beforeEach(async () => {
		lan = await namespaceWithTaps();
		world = await Namespace.create();
	});

	afterEach(async () => {
		await lan.close();
		await world.close();
		board.discard();
	});

	it.skipIf(BRIEF).each([false, true])(
		"maps independently of endpoints, and filters as it is told, RFC 5780; from anybody: %s",
		async (anybody) => {
			const file = twoTaps();
			file.forwarding = true;
			file.nat = { out: "eth1", anybody };
			file.limits = { ...file.limits, packets: 64 };
			for (const each of file.interfaces) delete each.gateway;
			// Not recorded: tshark takes iperf3's bytes for protocols that they are not.
			board = await Board.start(lan, file, { capture: false });
			await lan.ip("link", "set", "tap1", "netns", world.name);
			for (const address of [WORLD, SECOND]) await world.ip("address", "add", `${address}/24`, "dev", "tap1");
			await world.ip("link", "set", "tap1", "up");
			await lan.ip("route", "add", "192.168.78.0/24", "via", BOARD);
			const server = world.spawn(
				"turnserver",
				["-n", "-S", "-L", WORLD, "-L", SECOND, "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout"],
				{ stdio: "ignore" },
			);
			await pause(2000);
			const { stdout, stderr } = await lan.exec("turnutils_natdiscovery", ["-m", "-f", WORLD], { timeoutMs: 60_000 });
			const said = stdout + stderr;
			report(`natdiscovery: ${said.match(/NAT with[^!\n]*/g)?.join("; ")}`);
			expect(said).toMatch(/NAT with Endpoint[- ]Independent Mapping/i);
			expect(said).toMatch(
				anybody ? /NAT with Endpoint[- ]Independent Filtering/i : /NAT with Address and Port[- ]Dependent Filtering/i,
			);
			await stop(server);
			const iperf = world.spawn("iperf3", ["-s"], { stdio: "ignore" });
			await pause(500);
			for (const args of [[], ["-R"], ["-u", "-b", "20M"]]) {
				const run = await lan.exec("iperf3", ["-c", WORLD, "-t", "3", ...args], { timeoutMs: 30_000 });
				const line = run.stdout.split("\n").find((each) => each.includes("receiver")) ?? run.stdout + run.stderr;
				report(`iperf3 ${args.join(" ")}: ${line.trim()}`);
				expect(run.status).toBe(0);
			}
			await stop(iperf);
			expect(await endOf(board)).toBe("");
		},
	);
});

/** Answers each question of DNS with one address. */
const NAMES = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("${WORLD}", 53))
while True:
    data, peer = s.recvfrom(512)
    s.sendto(data[:2] + b"\\x84\\x00" + data[4:6] + b"\\x00\\x01" + data[8:] + b"\\xc0\\x0c\\x00\\x01\\x00\\x01\\x00\\x00\\x00\\x3c\\x00\\x04\\x01\\x02\\x03\\x04", peer)
`;

const QUESTION = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.sendto(b"\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x01a\\x00\\x00\\x01\\x00\\x01", ("${WORLD}", 53))
data, peer = s.recvfrom(512)
print("answered" if data[-4:] == b"\\x01\\x02\\x03\\x04" and peer == ("${WORLD}", 53) else data)
`;
