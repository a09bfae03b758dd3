// Two routers of the Linux kernel on one link: the one that the board uses says, by an ICMP redirect, that the other is nearer to a network. RFC 1122 §3.2.2.2.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PingStatistics } from "../../src/modules/ping.ts";
import { Board, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { udp } from "./support/client.ts";
import { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps } from "./support/setup.ts";

const FAR = "203.0.113.1";
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
			"link set tap0 master br0",
			`link add near type veth peer name far netns ${other.name}`,
			"link set near master br0",
			"link set near up",
			"address add 192.168.77.1/24 dev br0",
			"link set br0 up",
			"route add 203.0.113.0/24 via 192.168.77.9",
		];
		for (const line of lines) await namespace.ip(...line.split(" "));
		for (const line of ["address add 192.168.77.9/24 dev far", "link set far up", `address add ${FAR}/32 dev lo`])
			await other.ip(...line.split(" "));
		await namespace.sysctl("net.ipv4.ip_forward=1");
		for (const each of ["all", "br0"]) await namespace.sysctl(`net.ipv4.conf.${each}.send_redirects=1`);
		board = await Board.start(namespace, twoTaps(), { app });
	});

	afterAll(async () => {
		await namespace.close();
		await other.close();
		board?.discard();
	});

	const routes = async () => (await board.status()).routes.map(({ prefix, gateway }) => `${prefix} by ${gateway}`);

	it("says so, and the board goes by the other one for that destination", async () => {
		const options = JSON.stringify({ address: FAR, count: 10, interval: 50 });
		const { data, error } = await udp(namespace, "192.168.77.2", 9998, Buffer.from(options), 20_000);
		if (data === undefined) throw new Error(`${error ?? "no answer"}: ${board.output}`);
		const { statistics } = JSON.parse(data.toString()) as { statistics: PingStatistics };
		expect(statistics).toMatchObject({ sent: 10, received: 10, duplicates: 0, errors: 0 });
		expect(await routes()).toContain(`${FAR}/32 by 192.168.77.9`);
		expect(await endOf(board)).toBe("");
		const [capture] = capturesIn(board.folder).sort();
		const to = (await fields(capture!, `icmp.type == 8 && ip.dst == ${FAR}`, "eth.dst")).flat();
		const mac = async (where: Namespace, device: string) =>
			/ether ([0-9a-f:]+)/.exec(await where.ip("link", "show", "dev", device))![1]!;
		const [first, second] = [await mac(namespace, "br0"), await mac(other, "far")];
		expect(to[0]).toBe(first);
		expect(to.at(-1)).toBe(second);
		expect(to.filter((each) => each === second).length).toBeGreaterThan(6);
	});
});
