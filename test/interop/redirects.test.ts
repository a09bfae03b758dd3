// Two routers of the Linux kernel on one link: the one that the board uses says, by an ICMP redirect, that the other is nearer to a network. RFC 1122 §3.2.2.2, RFC 4861 §8.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PingStatistics } from "../../src/modules/ping.ts";
import { Board, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { udp } from "./support/client.ts";
import { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps } from "./support/setup.ts";

/** A host in a network behind the other router, by each family; that router; and what is ours to its network there. */
const FAMILIES = [
	{ far: "203.0.113.1", length: 32, network: "203.0.113.0/24", near: "192.168.77.9", echo: "icmp.type == 8 && ip.dst ==" },
	{
		far: "2001:db8:113::1",
		length: 128,
		network: "2001:db8:113::/64",
		near: "fe80::9",
		echo: "icmpv6.type == 128 && ipv6.dst ==",
	},
] as const;
const app = fileURLToPath(new URL("apps/pinger.ts", import.meta.url));

describeWith([], "a router that is not the nearest one", () => {
	let namespace: Namespace;
	let other: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		other = await Namespace.create();
		const lines = [
			"address flush dev tap0",
			"link add br0 type bridge",
			// What it says as a router comes from the address that the board knows it by.
			"link set br0 addrgenmode none",
			"link set tap0 master br0",
			`link add near type veth peer name far netns ${other.name}`,
			"link set near master br0",
			"link set near up",
			"address add 192.168.77.1/24 dev br0",
			"link set br0 up",
			"address add fe80::1/64 dev br0 nodad",
			"address add 2001:db8:77::1/64 dev br0 nodad",
			...FAMILIES.map(({ network, near }) => `route add ${network} via ${near} dev br0`),
		];
		for (const where of [namespace, other])
			for (const each of ["all", "default"]) await where.sysctl(`net.ipv6.conf.${each}.disable_ipv6=0`);
		for (const line of lines) await namespace.ip(...line.split(" "));
		for (const line of [
			"address add 192.168.77.9/24 dev far",
			"link set far up",
			"address add fe80::9/64 dev far nodad",
			"address add 2001:db8:77::9/64 dev far nodad",
			...FAMILIES.map(({ far, length }) => `address add ${far}/${length} dev lo`),
		])
			await other.ip(...line.split(" "));
		await namespace.sysctl("net.ipv6.conf.all.forwarding=1");
		await namespace.sysctl("net.ipv4.ip_forward=1");
		for (const each of ["all", "br0"]) await namespace.sysctl(`net.ipv4.conf.${each}.send_redirects=1`);
		const file = twoTaps();
		Object.assign(file.interfaces[0]!, {
			addresses: ["192.168.77.2/24", "2001:db8:77::2/64"],
			gateway: ["192.168.77.1", "fe80::1"],
			ipv6: "static",
		});
		board = await Board.start(namespace, file, { app });
	});

	afterAll(async () => {
		await namespace.close();
		await other.close();
		board?.discard();
	});

	const routes = async () => (await board.status()).routes.map(({ prefix, gateway }) => `${prefix} by ${gateway}`);

	it.each(FAMILIES)("says so of the way to $far, and the board goes by the other one", async ({ far, length, near }) => {
		const options = JSON.stringify({ address: far, count: 10, interval: 50 });
		const { data, error } = await udp(namespace, "192.168.77.2", 9998, Buffer.from(options), 20_000);
		if (data === undefined) throw new Error(`${error ?? "no answer"}: ${board.output}`);
		const { statistics } = JSON.parse(data.toString()) as { statistics: PingStatistics };
		expect(statistics).toMatchObject({ sent: 10, received: 10, duplicates: 0, errors: 0 });
		expect(await routes()).toContain(`${far}/${length} by ${near}`);
	});

	it("had no packet after those, and there is nothing that tshark objects to", async () => {
		expect(await endOf(board)).toBe("");
		const [capture] = capturesIn(board.folder).sort();
		const mac = async (where: Namespace, device: string) =>
			/ether ([0-9a-f:]+)/.exec(await where.ip("link", "show", "dev", device))![1]!;
		const [first, second] = [await mac(namespace, "br0"), await mac(other, "far")];
		for (const { echo, far } of FAMILIES) {
			const to = (await fields(capture!, `${echo} ${far}`, "eth.dst")).flat();
			expect(to[0]).toBe(first);
			expect(to.at(-1)).toBe(second);
			expect(to.filter((each) => each === second).length).toBeGreaterThan(6);
		}
	});
});
