// The example program traceroute, across two routers of Linux, says what Debian's traceroute says from the first of them on.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/tracer.ts", import.meta.url));

describeWith(["traceroute"], "traceroute of the board", () => {
	const spaces: Namespace[] = [];
	let board: Board;

	/** A link between two namespaces, 10.N.0.1 and 10.N.0.2, 2001:db8:N::1 and ::2. */
	async function join(one: Namespace, two: Namespace, n: number): Promise<void> {
		await one.ip("link", "add", `near${n}`, "type", "veth", "peer", "name", `far${n}`, "netns", two.name);
		for (const [space, device, end] of [
			[one, `near${n}`, 1],
			[two, `far${n}`, 2],
		] as const) {
			await space.exec("sysctl", ["-qw", `net.ipv6.conf.${device}.disable_ipv6=0`]);
			await space.ip("address", "add", `10.${n}.0.${end}/24`, "dev", device);
			await space.ip("address", "add", `2001:db8:${n}::${end}/64`, "dev", device, "nodad");
			await space.ip("link", "set", device, "up");
		}
	}

	beforeAll(async () => {
		const first = await namespaceWithTaps();
		spaces.push(first, await Namespace.create(), await Namespace.create());
		for (const space of spaces)
			await space.exec("sysctl", [
				"-qw",
				"net.ipv4.ip_forward=1",
				"net.ipv4.icmp_ratelimit=0",
				"net.ipv6.conf.all.disable_ipv6=0",
				"net.ipv6.conf.all.forwarding=1",
				"net.ipv6.icmp.ratelimit=0",
			]);
		await first.exec("sysctl", ["-qw", "net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.accept_dad=0"]);
		await first.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0", "nodad");
		await join(first, spaces[1]!, 1);
		await join(spaces[1]!, spaces[2]!, 2);
		await first.ip("route", "add", "10.2.0.0/24", "via", "10.1.0.2");
		await first.ip("-6", "route", "add", "2001:db8:2::/64", "via", "2001:db8:1::2");
		await spaces[1]!.ip("route", "add", "default", "via", "10.1.0.1");
		await spaces[1]!.ip("-6", "route", "add", "default", "via", "2001:db8:1::1");
		await spaces[2]!.ip("route", "add", "default", "via", "10.2.0.1");
		await spaces[2]!.ip("-6", "route", "add", "default", "via", "2001:db8:2::1");
		board = await Board.start(first, twoTaps(), { app });
	});

	afterAll(async () => {
		for (const space of spaces.reverse()) await space.close();
		board?.discard();
	});

	/** The addresses in lines such as " 2  10.1.0.2  0.1 ms 0.1 ms 0.1 ms". */
	const hopsIn = (text: string) =>
		[...text.matchAll(/^ *\d+ {2}([0-9a-f.:]+) {2}[\d.]+ ms +[\d.]+ ms +[\d.]+ ms$/gm)].map(([, address]) => address);

	it("names both routers and the host, by IPv4 and IPv6", async () => {
		for (let i = 0; i < 200 && (board.output.match(/^done$/gm) ?? []).length < 2; i++) await pause(100);
		const [four, six] = board.output.split(/^traceroute to /m).slice(1);
		const reference = async (...args: string[]) =>
			hopsIn((await spaces[0]!.exec("traceroute", ["-n", "-q", "3", ...args])).stdout);
		expect(hopsIn(four!)).toEqual(["192.168.77.1", ...(await reference("10.2.0.2"))]);
		expect(hopsIn(six!)).toEqual(["2001:db8:77::1", ...(await reference("-6", "2001:db8:2::2"))]);
		expect(hopsIn(six!)).toEqual(["2001:db8:77::1", "2001:db8:1::2", "2001:db8:2::2"]);
	});

	it("ends with the board", async () => {
		expect(await endOf(board)).toBe("");
	});
});
