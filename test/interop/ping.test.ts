// The board pings the Linux kernel, which answers, or says why not.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PingError, PingOptions, PingReply, PingStatistics } from "../../src/modules/ping.ts";
import { Board, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { udp } from "./support/client.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, report } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/pinger.ts", import.meta.url));

interface Heard {
	statistics: PingStatistics;
	replies: PingReply[];
	timeouts: number[];
	errors: PingError[];
}

describeWith([], "the board pings", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		const file = twoTaps();
		file.limits!.sockets!.icmp = 2;
		file.interfaces[0]!.addresses!.push("2001:db8:77::2/64");
		for (const setting of ["disable_ipv6=0", "accept_dad=0"]) await namespace.sysctl(`net.ipv6.conf.tap0.${setting}`);
		await namespace.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0", "nodad");
		board = await Board.start(namespace, file, { app });
	});

	afterAll(async () => {
		await namespace.close();
		board.discard();
	});

	async function ping(options: PingOptions): Promise<Heard> {
		const { data, error } = await udp(namespace, "192.168.77.2", 9998, Buffer.from(JSON.stringify(options)), 20_000);
		if (data === undefined) throw new Error(`${error ?? "no answer"}: ${board.output}`);
		return JSON.parse(data.toString()) as Heard;
	}

	/** The last ones in fragments. */
	const sizes = (most: number) => [0, 1, 56, most, most + 1, 3000, 8000];
	it.each([
		...sizes(1472).map((size) => ["192.168.77.1", size] as const),
		...sizes(1452).map((size) => ["2001:db8:77::1", size] as const),
	])("its neighbour %s with %d bytes", async (address, size) => {
		const { statistics, replies, timeouts, errors } = await ping({ address, size, count: 5, interval: 20 });
		expect(statistics).toMatchObject({ sent: 5, received: 5, lost: 0, duplicates: 0, errors: 0 });
		expect(replies.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
		for (const reply of replies) expect(reply).toMatchObject({ bytes: size, ttl: 64, address, duplicate: false });
		expect([timeouts, errors]).toEqual([[], []]);
		expect(statistics.min).toBeLessThanOrEqual(statistics.avg);
		expect(statistics.avg).toBeLessThanOrEqual(statistics.max);
		expect(statistics.max).toBeLessThan(1000);
		report(`${size} bytes: ${statistics.min}/${statistics.avg}/${statistics.max}/${statistics.mdev.toFixed(2)} ms`);
	});

	it("beyond its neighbour, by the interface that it is told", async () => {
		await namespace.ip("address", "add", "10.20.30.40/32", "dev", "lo");
		const heard = [];
		for (const name of ["eth0", "eth1"])
			heard.push(
				await ping({ address: "10.20.30.40", interface: name, count: 3, interval: 20, size: name === "eth0" ? 100 : 101 }),
			);
		expect(heard.map(({ statistics }) => statistics.received)).toEqual([3, 3]);
	});

	it("and hears from routers that it cannot be, and why", async () => {
		await namespace.sysctl("net.ipv4.ip_forward=1");
		await namespace.sysctl("net.ipv4.icmp_ratelimit=0");
		await namespace.ip("route", "add", "unreachable", "10.66.0.0/16");
		await namespace.ip("route", "add", "prohibit", "10.67.0.0/16");
		await namespace.ip("route", "add", "10.68.0.0/16", "via", "192.168.78.99");
		const cases: [PingOptions, string, number, number][] = [
			[{ address: "10.66.0.1" }, "10.66.0.1: host unreachable, says 192.168.77.1", 3, 1],
			[{ address: "10.67.0.1" }, "10.67.0.1: prohibited, says 192.168.77.1", 3, 13],
			[{ address: "10.68.0.1", ttl: 1 }, "10.68.0.1: time to live exceeded, says 192.168.77.1", 11, 0],
		];
		for (const [options, message, type, code] of cases) {
			const { statistics, errors } = await ping({ ...options, count: 2, interval: 300, timeout: 2000 });
			expect(statistics, message).toMatchObject({ sent: 2, received: 0, lost: 100, errors: 2 });
			expect(errors[0]).toMatchObject({ message, sequence: 1, address: "192.168.77.1", type, code });
		}
	});

	it("hears nothing from a black hole, and of a neighbour that is not there", async () => {
		await namespace.ip("route", "add", "blackhole", "10.69.0.0/16");
		const [hole, nobody] = await Promise.all([
			ping({ address: "10.69.0.1", count: 2, interval: 100, timeout: 500 }),
			ping({ address: "192.168.78.77", count: 1, timeout: 8000 }),
		]);
		expect(hole).toMatchObject({ timeouts: [1, 2], errors: [], statistics: { sent: 2, received: 0, lost: 100 } });
		expect(nobody.errors.map(({ message }) => message)).toEqual(["192.168.78.77: host unreachable, says 192.168.78.2"]);
	});

	it("sends each by its interface, and nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
		const [first, second] = capturesIn(board.folder).sort();
		const lengths = async (capture: string) =>
			new Set((await fields(capture, "icmp.type == 8 && ip.dst == 10.20.30.40", "data.len")).map(Number));
		expect([...(await lengths(first!))]).toEqual([100]);
		expect([...(await lengths(second!))]).toEqual([101]);
	});
});
