// The DHCPv6 client against dnsmasq, which lends addresses by one interface, and says name servers alone by the other.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { Dnsmasq } from "./support/dnsmasq.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/dhcp6.ts", import.meta.url));

interface Told {
	name: string;
	state: string;
	address: string;
	dns: string[];
	domains: string[];
	renews: boolean;
	own: string[];
}

describeWith(["dnsmasq"], "DHCPv6 of dnsmasq", () => {
	let namespace: Namespace;
	let board: Board;
	let server: Dnsmasq;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-dhcp6-"));
		namespace = await namespaceWithTaps();
		for (const [i, tap] of ["tap0", "tap1"].entries()) {
			await namespace.exec("sysctl", ["-qw", `net.ipv6.conf.${tap}.disable_ipv6=0`, `net.ipv6.conf.${tap}.accept_dad=0`]);
			await namespace.ip("address", "add", `2001:db8:${77 + i}::1/64`, "dev", tap, "nodad");
		}
		server = new Dnsmasq(namespace, {
			device: "tap0",
			range: "192.168.77.40,192.168.77.49",
			leases: join(folder, "leases"),
			more: [
				"--interface=tap1",
				"--enable-ra",
				"--dhcp-range=2001:db8:77::100,2001:db8:77::1ff,64,1h",
				"--dhcp-range=2001:db8:78::,ra-stateless,64,1h",
				"--ra-param=tap0,10,1800",
				"--ra-param=tap1,10,1800",
				"--dhcp-option=option6:dns-server,[2001:db8:77::53],[2001:db8:77::54]",
				"--dhcp-option=option6:domain-search,example.net,home.example",
			],
		});
		// eth0 by the program, eth1 by the word of the board file.
		const file = twoTaps();
		file.interfaces[0]!.ipv6 = "off"; // the program begins it
		file.interfaces[1]!.ipv6 = { dhcp: true };
		board = await Board.start(namespace, file, { app });
	});

	afterAll(async () => {
		await server?.stop();
		await namespace.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	/** What the board printed last of an interface, once that is as wanted. */
	async function told(name: string, wanted: (told: Told) => boolean): Promise<Told> {
		for (let i = 0; i < 300; i++) {
			const lines = board.output.split("\n").filter((line) => line.startsWith("{"));
			const last = lines
				.map((line) => JSON.parse(line) as Told)
				.filter((each) => each.name === name)
				.pop();
			if (last !== undefined && wanted(last)) return last;
			await pause(100);
		}
		throw new Error(`${board.output}\n${server.output}`);
	}

	it("lends an address, which answers", async () => {
		const lent = await told("eth0", ({ state }) => state === "bound");
		expect(lent.address).toMatch(/^2001:db8:77::1[0-9a-f]{2}$/);
		expect(lent).toMatchObject({
			dns: ["2001:db8:77::53", "2001:db8:77::54"],
			domains: ["example.net", "home.example"],
			renews: true,
		});
		expect(lent.own).toContain(`${lent.address}/128`);
		await pause(3000);
		const { stdout } = await namespace.exec("ping", ["-6", "-n", "-c", "3", "-i", "0.2", "-W", "2", lent.address]);
		expect(stdout).toContain("3 received");
	});

	it("says name servers where it lends nothing, to a board whose file asks for it", async () => {
		for (let i = 0; i < 300 && !board.output.includes("(dhcpv6)"); i++) await pause(100);
		expect(board.output).toMatch(/^eth1 name servers 2001:db8:77::53, 2001:db8:77::54 \(dhcpv6\)$/m);
		const { interfaces } = await board.status();
		expect(interfaces.find(({ name }) => name === "eth1")!.ipv6!.nameServers).toContain("2001:db8:77::53");
	});

	it("ends with the board", async () => {
		expect(await endOf(board)).toBe("");
	});
});
