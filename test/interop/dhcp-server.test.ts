// The board as a DHCP server, and busybox's udhcpc: it gets what it asks for, and what it gives back is free again.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, DRIVERS } from "./support/board.ts";
import { type Namespace, stop } from "./support/namespace.mjs";
import { describeWith, namespaceWithTaps, pause } from "./support/setup.ts";

let namespace: Namespace;
let board: Board;
let folder: string;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "multihome-dhcp-server-"));
	namespace = await namespaceWithTaps();
	board = await Board.start(namespace, {
		limits: { heap: 0, sockets: { tcp: 8, udp: 6 } },
		interfaces: [
			{
				name: "eth0",
				driver: DRIVERS[0]!,
				wire: "tap:tap0",
				addresses: ["192.168.77.2/24"],
				dhcpServer: {
					first: "192.168.77.40",
					last: "192.168.77.49",
					leaseSeconds: 600,
					nameServers: ["192.168.77.2", "9.9.9.9"],
					timeServers: ["192.168.77.9"],
					domain: "lan.example",
					probeMs: 200,
				},
			},
		],
	});
});

afterEach(async () => {
	await namespace.close();
	board.discard();
	rmSync(folder, { recursive: true, force: true });
});

/** Starts udhcpc; its script writes down what it was given each time. */
function udhcpc(...options: string[]) {
	const said = join(folder, "said");
	const script = join(folder, "script");
	writeFileSync(
		script,
		`#!/bin/sh\n[ "$1" != bound ] || ip address add $ip/24 dev tap0\nenv > ${said}.new\necho "event=$1" >> ${said}.new\nmv ${said}.new ${said}.$1\n`,
	);
	chmodSync(script, 0o755);
	const child = namespace.spawn("busybox", ["udhcpc", "-f", "-i", "tap0", "-s", script, "-t", "10", "-T", "2", ...options], {
		stdio: "ignore",
	});
	const told = async (event: string) => {
		for (let i = 0; i < 300; i++) {
			if (existsSync(`${said}.${event}`)) {
				const lines = readFileSync(`${said}.${event}`, "utf8").trim().split("\n");
				return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
			}
			await pause(50);
		}
		throw new Error(`udhcpc was not told ${event}; the board said ${board.output}`);
	};
	return { child, told };
}

async function says(text: string): Promise<void> {
	for (let i = 0; i < 200 && !board.output.includes(text); i++) await pause(50);
	expect(board.output).toContain(text);
}

describeWith(["busybox"], "the board lends addresses", () => {
	it("to udhcpc, with all that it was told to say, and takes them back", async () => {
		const { child, told } = udhcpc("-x", "hostname:laptop", "-r", "192.168.77.45", "-R", "-O", "42");
		expect(await told("bound")).toMatchObject({
			ip: "192.168.77.45",
			subnet: "255.255.255.0",
			router: "192.168.77.2",
			dns: "192.168.77.2 9.9.9.9",
			ntpsrv: "192.168.77.9",
			domain: "lan.example",
			lease: "600",
			serverid: "192.168.77.2",
		});
		await says("eth0 lends 192.168.77.45 laptop");
		child.kill("SIGUSR1"); // renew
		expect((await told("renew"))["ip"]).toBe("192.168.77.45");
		await stop(child);
		await says("eth0 lends nothing");
	});
});
