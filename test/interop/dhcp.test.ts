// The DHCP client against dnsmasq and passt.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LeaseState } from "../../src/link/lease.ts";
import { Board, DRIVERS, interfaceOf, type BoardStatus } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { Dnsmasq } from "./support/dnsmasq.ts";
import { Namespace } from "./support/namespace.mjs";
import { startPasst } from "./support/passt.ts";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";
import { download, errorsOf } from "./support/transfers.ts";

let namespace: Namespace;
let board: Board;
let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "multihome-dhcp-"));
});

afterEach(async () => {
	await namespace.close();
	board.discard();
	rmSync(folder, { recursive: true, force: true });
});

/** Waits until the board has said that; answers what the pattern's parentheses hold. */
async function says(pattern: RegExp, seconds = 20): Promise<string> {
	for (let i = 0; i < seconds * 20; i++) {
		const found = pattern.exec(board.output);
		if (found !== null) return found[1] ?? "";
		await pause(50);
	}
	throw new Error(`the board did not say ${pattern}: ${board.output}`);
}

/** Waits until the client of eth0 is in that state, as seen at an address of the board. */
async function stateOf(address: string, state: string, seconds = 15): Promise<LeaseState> {
	let dhcp;
	for (let i = 0; i < seconds * 10; i++) {
		dhcp = interfaceOf(await board.status(address), "eth0").dhcp!;
		if (dhcp.state === state) return dhcp;
		await pause(100);
	}
	throw new Error(`eth0 is ${dhcp?.state}, not ${state}`);
}

/** Interfaces that the default routes lead by. */
function defaults(status: BoardStatus): string[] {
	return status.routes.filter(({ prefix, active }) => prefix === "0.0.0.0/0" && active).map((route) => route.interface);
}

describeWith(["dnsmasq"], "a board with DHCP on two interfaces, and dnsmasq on each", () => {
	beforeEach(async () => {
		namespace = await namespaceWithTaps();
		// The kernel answers ARP for the first address that the second server will give.
		await namespace.ip("address", "add", "192.168.78.50/32", "dev", "lo");
	});

	/** T1 and T2 of 2 and 5 s: dnsmasq's own are minutes. */
	const times = ["--dhcp-option=option:T1,2", "--dhcp-option=option:T2,5"];
	const first = (more: string[] = []) =>
		new Dnsmasq(namespace, {
			device: "tap0",
			range: "192.168.77.40,192.168.77.49",
			leases: join(folder, "leases0"),
			more: [
				...times,
				"--domain=example.org",
				"--dhcp-option=option:ntp-server,192.168.77.9",
				"--dhcp-option=option:dns-server,192.168.77.1,192.168.77.2",
				"--dhcp-option=option:mtu,1400",
				"--dhcp-option=121,0.0.0.0/0,192.168.77.1,10.7.0.0/16,192.168.77.3",
				...more,
			],
		});

	it("has the right addresses and routes at every moment: renewed, rebound, declined, moved", async () => {
		let server = first();
		const other = new Dnsmasq(namespace, {
			device: "tap1",
			range: "192.168.78.50,192.168.78.51",
			leases: join(folder, "leases1"),
			more: ["--dhcp-sequential-ip"],
		});
		const wires = { limits: { heap: 0, sockets: { tcp: 24, udp: 6 } } };
		board = await Board.start(namespace, {
			...wires,
			interfaces: [
				{
					name: "eth0",
					driver: DRIVERS[0]!,
					wire: "tap:tap0",
					metric: 10,
					dhcp: { hostname: "board-7", probeIntervalMs: 300 },
				},
				{ name: "eth1", driver: DRIVERS[1]!, wire: "tap:tap1", metric: 20, dhcp: { probeIntervalMs: 50 } },
			],
		});
		const address = await says(/^eth0 (192\.168\.77\.4\d)\/24 \(dhcp\)$/m);
		const status = await board.status(address);
		const eth0 = interfaceOf(status, "eth0");
		expect(eth0).toMatchObject({ mtu: 1400, addresses: expect.arrayContaining([`${address}/24`]) as string[] });
		expect(eth0.dhcp).toMatchObject({
			reason: "",
			server: "192.168.77.1",
			router: "192.168.77.1",
			dns: ["192.168.77.1", "192.168.77.2"],
			ntp: ["192.168.77.9"],
			domain: "example.org",
			hostname: "board-7",
			leaseSeconds: 120,
			ignored: 0,
		});
		expect(
			status.routes
				.filter((route) => !route.connected)
				.map(({ prefix, gateway, interface: name, metric }) => `${prefix} ${gateway} ${name} ${metric}`),
		).toEqual(["0.0.0.0/0 192.168.77.1 eth0 10", "10.7.0.0/16 192.168.77.3 eth0 10"]);
		expect(server.messages("ACK")[0]).toContain("board-7");

		// Renewing: every two seconds, by unicast.
		while (server.messages("ACK").length < 2) await pause(100);
		expect(interfaceOf(await board.status(address), "eth0").dhcp!.expiresInMs).toBeGreaterThan(117_000);

		// The server is gone, and comes back: the board asks it again, or everybody.
		await server.stop();
		await stateOf(address, "renewing");
		server = first();
		const again = await stateOf(address, "bound");
		expect(again).toMatchObject({ address, reason: "" });
		expect(server.messages("ACK").length).toBe(1);

		// Another network on the same wire: the new server refuses the old address.
		await server.stop();
		await namespace.ip("address", "del", "192.168.77.1/24", "dev", "tap0");
		await namespace.ip("address", "add", "192.168.79.1/24", "dev", "tap0");
		const moved = new Dnsmasq(namespace, {
			device: "tap0",
			range: "192.168.79.40,192.168.79.49",
			leases: join(folder, "leases2"),
		});

		// Meanwhile the other interface has declined what the kernel has, and waited ten seconds.
		await says(/^eth1 (192\.168\.78\.51)\/24 \(dhcp\)$/m);
		expect(other.messages("DECLINE").map((line) => line.split(" ")[1])).toEqual(["192.168.78.50"]);
		const seen = new Set<string>();
		for (let i = 0; i < 200 && !seen.has("192.168.79 eth0,eth1"); i++) {
			const now = await board.status("192.168.78.51");
			const own = interfaceOf(now, "eth0").addresses.find((text) => !text.includes(":"));
			// An address and its default route together; the other's is always there.
			expect(defaults(now).sort()).toEqual(own === undefined ? ["eth1"] : ["eth0", "eth1"]);
			seen.add(`${own?.replace(/\.\d+\/24$/, "") ?? "none"} ${defaults(now).sort().join()}`);
			await pause(50);
		}
		expect([...seen]).toEqual(["192.168.77 eth0,eth1", "none eth1", "192.168.79 eth0,eth1"]);
		expect(moved.messages("NAK").length).toBe(1);
		expect(board.output).toContain("eth0 no address (dhcp: refused by the server: wrong network)");
		const newAddress = await says(/^eth0 (192\.168\.79\.4\d)\/24 \(dhcp\)$/m);
		expect(errorsOf([await download(namespace, newAddress, 100_000)])).toBe("");

		// Both addresses are given back.
		expect(await endOf(board)).toBe("");
		await pause(200);
		const everybody = await fields(
			capturesIn(board.folder)[0]!,
			"dhcp.option.dhcp == 3 && ip.dst == 255.255.255.255 && dhcp.ip.client != 0.0.0.0",
			"dhcp.ip.client",
		);
		expect(new Set(everybody.flat())).toEqual(new Set([address])); // rebinding: refused by the other server
		expect(moved.messages("RELEASE").map((line) => line.split(" ")[1])).toEqual([newAddress]);
		expect(other.messages("RELEASE").map((line) => line.split(" ")[1])).toEqual(["192.168.78.51"]);
		report(`DHCP against dnsmasq: ${address}, then ${newAddress}, and 192.168.78.51 after 192.168.78.50 was declined`);
	});
});

describeWith(["passt"], "a board with DHCP behind passt", () => {
	it("gets passt's address by unicast answers, and is reached there", async () => {
		namespace = await Namespace.create();
		const guest = ["-a", "192.168.77.2", "-n", "24", "-g", "192.168.77.1", "-4", "-D", "192.0.2.53"];
		const socket = await startPasst(namespace, folder, [...guest, "-t", "8080:80"]);
		board = await Board.start(namespace, {
			limits: { heap: 0, sockets: { tcp: 24, udp: 6 } },
			interfaces: [{ name: "eth0", wire: `stream:${socket}`, dhcp: { probeIntervalMs: 50 } }],
		});
		await says(/^eth0 192\.168\.77\.2\/24 \(dhcp\)$/m);
		expect(errorsOf([await download(namespace, "127.0.0.1:8080", 5000)])).toBe("");
		const dhcp = interfaceOf(await board.status("127.0.0.1:8080"), "eth0").dhcp!;
		expect(dhcp).toMatchObject({ state: "bound", address: "192.168.77.2", router: "192.168.77.1", dns: ["192.0.2.53"] });
		expect(await endOf(board)).toBe("");
		// It was asked to answer by broadcast; that it does not is what this test is about.
		const offers = await fields(capturesIn(board.folder)[0]!, "dhcp.type == 2", "ip.dst");
		expect(offers).toEqual([["192.168.77.2"], ["192.168.77.2"]]);
	});
});
