// The board as router of IPv6 for Linux: a prefix that Kea delegates is handed on by advertisements, Linux makes an address of it and has routes, name servers and the MTU; rdisc6 asks. What
// goes is told to be over.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, DRIVERS } from "./support/board.ts";
import { Kea } from "./support/kea.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

describeWith(["kea-dhcp6", "rdisc6"], "router advertisements for Linux", () => {
	let namespace: Namespace;
	let board: Board;
	let server: Kea;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		for (const setting of ["tap0.accept_dad=0", "tap0.disable_ipv6=0", "tap0.accept_ra=0"])
			await namespace.sysctl(`net.ipv6.conf.${setting}`);
		for (const setting of [
			"tap1.accept_dad=0",
			"tap1.accept_ra=2",
			"tap1.accept_ra_rt_info_max_plen=64",
			"tap1.addr_gen_mode=0",
			"tap1.disable_ipv6=0",
		])
			await namespace.sysctl(`net.ipv6.conf.${setting}`);
		await namespace.ip("address", "add", "fe80::1/64", "dev", "tap0", "nodad");
		board = await Board.start(namespace, {
			limits: { sockets: { tcp: 12, udp: 12 }, packets: 48, heap: 0 },
			forwarding: true,
			interfaces: [
				{
					name: "eth0",
					driver: DRIVERS[0]!,
					wire: "tap:tap0",
					addresses: ["192.168.77.2/24"],
					gateway: "192.168.77.1",
					ipv6: { dhcp: "address", delegate: ["eth1"] },
				},
				{
					name: "eth1",
					driver: DRIVERS[1]!,
					wire: "tap:tap1",
					addresses: ["192.168.78.2/24"],
					advertise: { intervalSeconds: 30 },
				},
			],
			routes: [{ prefix: "::/0", gateway: "fe80::1", interface: "eth0" }],
			dnsForwarder: { interfaces: ["eth1"], questions: 2, connections: 1 },
		});
		// After the board: Kea opens no socket on a device that nobody has at its other end.
		server = new Kea(
			namespace,
			"tap0",
			{
				subnet: "2001:db8:77::/64",
				pools: [{ pool: "2001:db8:77::100-2001:db8:77::103" }],
				"pd-pools": [{ prefix: "2001:db8:a000::", "prefix-len": 40, "delegated-len": 56 }],
			},
			{ "renew-timer": 300, "rebind-timer": 400, "preferred-lifetime": 500, "valid-lifetime": 900 },
		);
		for (let i = 0; i < 300 && !(await address()); i++) await pause(100);
	}, 240_000);

	afterAll(async () => {
		await server?.stop();
		await namespace.close();
		board?.discard();
	});

	interface Address {
		local: string;
		prefixlen: number;
		preferred_life_time: number;
		valid_life_time: number;
		deprecated?: boolean;
	}

	/** The address that Linux has made of a prefix that was delegated. */
	async function address(): Promise<Address | undefined> {
		const { stdout } = await namespace.exec("ip", ["-6", "-json", "address", "show", "dev", "tap1", "scope", "global"]);
		const [link] = JSON.parse(stdout || "[]") as { addr_info: Address[] }[];
		return link?.addr_info.find(({ local }) => local.startsWith("2001:db8:a0"));
	}

	it("Linux has an address for no longer than the prefix holds, and reaches what is beyond", async () => {
		const own = await address();
		expect(own, `${board.output}\n${server.output}`).toMatchObject({ prefixlen: 64 });
		expect(own!.preferred_life_time).toBeLessThanOrEqual(500);
		expect(own!.preferred_life_time).toBeGreaterThan(400);
		expect(own!.valid_life_time).toBeLessThanOrEqual(900);
		const { stdout } = await namespace.exec("ip", ["-6", "route", "show", "dev", "tap1"]);
		expect(stdout).toMatch(/^default via fe80::\S+ proto ra .*expires/m);
		expect(stdout).toMatch(/^2001:db8:a0\S+\/56 via fe80::\S+ proto ra/m);
		const router = own!.local.replace(/^((?:[0-9a-f]+:){3}[0-9a-f]*).*$/, "$1");
		expect(router).not.toBe("");
		const gateway = /^default via (fe80::\S+)/m.exec(stdout)![1]!;
		const ping = await namespace.exec("ping", ["-6", "-c", "2", "-W", "3", `${gateway}%tap1`]);
		expect(ping.status, ping.stdout).toBe(0);
	});

	it("rdisc6 is told all of it, and who asks again is answered", async () => {
		for (let i = 0; i < 2; i++) {
			const { stdout } = await namespace.exec("rdisc6", ["-1", "-w", "5000", "tap1"]);
			expect(stdout).toMatch(/Hop limit\s*:\s*64/);
			expect(stdout).toMatch(/Router lifetime\s*:\s*90 /);
			expect(stdout).toMatch(/Prefix\s*:\s*2001:db8:a0\S+::\/64/);
			expect(stdout).toMatch(/MTU\s*:\s*1500 bytes/);
			expect(stdout).toMatch(/Route\s*:\s*2001:db8:a0\S+::\/56/);
			expect(stdout).toMatch(/Recursive DNS server\s*:\s*2001:db8:a0\S+::1/);
			expect(stdout).toMatch(/Source link-layer address/);
		}
	});

	it("when the board ends its router is gone at once, and the address for nothing new", async () => {
		expect(await endOf(board)).toBe("");
		const { stdout } = await namespace.exec("ip", ["-6", "route", "show", "dev", "tap1"]);
		expect(stdout).not.toMatch(/^default/m);
		expect(await address()).toMatchObject({ preferred_life_time: 0, deprecated: true });
	});
});
