// The DHCPv6 client against Kea: an address, of which somebody else has all but one, and a prefix for the other interface; renewed, and given back.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { Kea } from "./support/kea.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/dhcp6-prefix.ts", import.meta.url));

interface Told {
	state: string;
	address: string;
	prefix: string;
	eth0: string[];
	eth1: string[];
}

describeWith(["kea-dhcp6"], "DHCPv6 of Kea", () => {
	let namespace: Namespace;
	let board: Board;
	let server: Kea;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		for (const setting of ["accept_dad=0", "disable_ipv6=0"]) await namespace.sysctl(`net.ipv6.conf.tap0.${setting}`);
		// Kea may begin with any of its pool.
		for (const address of ["fe80::1/64", "2001:db8:77::100/64", "2001:db8:77::101/64", "2001:db8:77::102/64"])
			await namespace.ip("address", "add", address, "dev", "tap0", "nodad");
		board = await Board.start(namespace, twoTaps({ ipv6: "off" }), { app }); // the program begins it
		// After the board: Kea opens no socket on a device that nobody has at its other end.
		server = new Kea(
			namespace,
			"tap0",
			{
				subnet: "2001:db8:77::/64",
				pools: [{ pool: "2001:db8:77::100-2001:db8:77::103" }],
				"pd-pools": [{ prefix: "2001:db8:a000::", "prefix-len": 40, "delegated-len": 56 }],
			},
			{
				"renew-timer": 3,
				"rebind-timer": 30,
				"preferred-lifetime": 60,
				"valid-lifetime": 90,
				"option-data": [
					{ name: "dns-servers", data: "2001:db8:77::53" },
					{ name: "domain-search", data: "example.net" },
				],
			},
		);
	});

	afterAll(async () => {
		await server?.stop();
		await namespace.close();
		board?.discard();
	});

	async function told(wanted: (told: Told) => boolean): Promise<Told> {
		for (let i = 0; i < 400; i++) {
			const lines = board.output.split("\n").filter((line) => line.startsWith("{"));
			const found = lines.map((line) => JSON.parse(line) as Told).find(wanted);
			if (found !== undefined) return found;
			await pause(100);
		}
		throw new Error(`${board.output}\n${server.output}`);
	}

	it("lends an address that nobody else has, and a prefix", async () => {
		const lent = await told(({ state, address }) => state === "bound" && address === "2001:db8:77::103");
		expect(lent).toMatchObject({ dns: ["2001:db8:77::53"], domains: ["example.net"] });
		expect(lent.prefix).toMatch(/^2001:db8:a0[0-9a-f:]*\/56$/);
		expect(lent.eth0).toContain("2001:db8:77::103/128");
		expect(lent.eth1).toContain(lent.prefix.replace(/::\/56$/, "::1/64"));
	});

	it("renews both, and takes them back", async () => {
		const closed = await told(({ state }) => state === "closed");
		expect([...closed.eth0, ...closed.eth1].filter((text) => text.startsWith("2001:"))).toEqual([]);
		for (let i = 0; i < 50 && !server.output.includes("DHCP6_RELEASE_PD"); i++) await pause(100);
		for (const what of ["DECLINE_LEASE", "LEASE_RENEW", "PD_LEASE_RENEW", "RELEASE_NA", "RELEASE_PD"])
			expect(server.output, server.output).toContain(`DHCP6_${what} `);
	});

	it("ends with the board", async () => {
		expect(await endOf(board)).toBe("");
	});
});
