// Two networks whose name servers know different names, and one that says so by DHCP: options 15 and 119 of dnsmasq. The board's own resolver asks, and dig asks its forwarder.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, DRIVERS } from "./support/board.ts";
import { udp } from "./support/client.ts";
import { startNames } from "./support/dnsmasq.ts";
import { stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/dns.ts", import.meta.url));
const CONTROL = 9999;

describeWith(["dnsmasq", "dig"], "names of several networks", () => {
	let namespace: Namespace;
	let board: Board;
	let folder: string;
	let plant: ChildProcess;

	const dnsmasq = (tap: string, ...more: string[]) =>
		startNames(namespace, `--interface=${tap}`, "--except-interface=lo", ...more);

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		folder = mkdtempSync(join(tmpdir(), "multihome-domains-"));
		await dnsmasq(
			"tap0",
			"--local=/example/",
			"--host-record=www.example,192.0.2.1",
			"--host-record=shared.plant.example,192.0.2.66",
			"--host-record=backup.plant.example,192.0.2.67",
		);
		plant = await dnsmasq(
			"tap1",
			"--dhcp-range=192.168.78.100,192.168.78.120,1h",
			`--dhcp-leasefile=${join(folder, "leases")}`,
			"--dhcp-option=option:domain-name,plant.example",
			"--dhcp-option=option:domain-search,deep.example,lab.plant.example",
			"--dhcp-option=option:router",
			"--local=/example/",
			"--host-record=press.plant.example,192.0.2.9",
			"--host-record=sensor.deep.example,192.0.2.10",
			"--host-record=www.example,192.0.2.99",
		);
		board = await Board.start(
			namespace,
			{
				limits: { sockets: { tcp: 12, udp: 16 }, packets: 32, heap: 0 },
				interfaces: [
					{
						name: "eth0",
						driver: DRIVERS[0]!,
						wire: "tap:tap0",
						addresses: ["192.168.77.2/24"],
						gateway: "192.168.77.1",
						metric: 10,
						dns: ["192.168.77.1"],
					},
					{ name: "eth1", driver: DRIVERS[1]!, wire: "tap:tap1", dhcp: true, metric: 20, domains: true },
				],
				dnsForwarder: { interfaces: ["eth0"], questions: 2, connections: 1 },
			},
			{ app },
		);
		for (let i = 0; i < 150 && !board.output.includes("192.168.78.1"); i++) await pause(100);
	}, 240_000);

	afterAll(async () => {
		await namespace.close();
		board.discard();
		rmSync(folder, { recursive: true });
	});

	/** What the board's own resolver says, and its forwarder. */
	async function ask(name: string) {
		const { data, error } = await udp(namespace, "192.168.77.2", CONTROL, Buffer.from(`${name} 4`), 20_000);
		const { stdout } = await namespace.exec("dig", ["@192.168.77.2", "+tries=1", "+time=15", name]);
		const status = /status: (\w+)/.exec(stdout)?.[1];
		return [data?.toString().split(/[ :]/)[0] ?? String(error), /IN\s+A\s+([\d.]+)/.exec(stdout)?.[1] ?? status];
	}

	it.each([
		["press.plant.example", ["192.0.2.9", "192.0.2.9"]],
		["sensor.deep.example", ["192.0.2.10", "192.0.2.10"]],
		["www.example", ["192.0.2.1", "192.0.2.1"]],
		["shared.plant.example", ["ENOTFOUND", "NXDOMAIN"]],
		["missing.example", ["ENOTFOUND", "NXDOMAIN"]],
	])("%s is what the network says that it belongs to", async (name, expected) => {
		expect(await ask(name)).toEqual(expected);
	});

	it("that one's server is gone: an address of another's counts, that there is none does not", async () => {
		await stop(plant);
		expect(await ask("backup.plant.example")).toEqual(["192.0.2.67", "192.0.2.67"]);
		expect((await ask("other.plant.example"))[0]).toBe("ETIMEOUT");
	});

	it("sends nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
	});
});
