// The Linux kernel says what became of the board's datagrams, and the socket that sent them hears it.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { udp } from "./support/client.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/sender.ts", import.meta.url));

describeWith([], "errors about the board's datagrams", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.accept_dad=0"]);
		await namespace.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0", "nodad");
		await namespace.sysctl("net.ipv4.ip_forward=1");
		await namespace.sysctl("net.ipv4.icmp_ratelimit=0");
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv6.icmp.ratelimit=0"]);
		board = await Board.start(namespace, twoTaps(), { app });
	});

	afterAll(async () => {
		await namespace.close();
		board?.discard();
	});

	async function send(to: { address: string; port: number; ttl?: number; size?: number }, ms = 10_000): Promise<unknown> {
		const { data, error } = await udp(namespace, "192.168.77.2", 9998, Buffer.from(JSON.stringify(to)), ms);
		if (ms < 10_000 && data === undefined) return undefined;
		if (data === undefined) throw new Error(`${error ?? "no answer"}: ${board.output}`);
		return JSON.parse(data.toString());
	}

	it.each(["192.168.77.1", "2001:db8:77::1"])("name the port of %s that nobody has", async (address) => {
		const kind = "port unreachable";
		expect(await send({ address, port: 9 })).toEqual({ kind, address, port: 9, from: address, type: 3, code: 3 });
	});

	it("name the router where a datagram's time to live ended", async () => {
		await namespace.ip("route", "add", "10.68.0.0/16", "via", "192.168.78.99");
		expect(await send({ address: "10.68.0.1", port: 33_434, ttl: 1 })).toEqual({
			kind: "time to live exceeded",
			address: "10.68.0.1",
			port: 33_434,
			from: "192.168.77.1",
			type: 11,
			code: 0,
		});
	});

	it.each(["10.69.0.1", "2001:db8:69::1"])(
		"tell the MTU of the way to %s, where larger datagrams go in fragments from then on",
		async (address) => {
			const six = address.includes(":");
			if (six) await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.narrow.disable_ipv6=0"]);
			if (six) await namespace.ip("address", "add", "2001:db8:69::fe/64", "dev", "narrow", "nodad");
			else {
				await namespace.ip("tuntap", "add", "narrow", "mode", "tun");
				await namespace.ip("link", "set", "narrow", "mtu", "1300", "up");
				await namespace.ip("address", "add", "10.69.0.254/24", "dev", "narrow");
			}
			const from = six ? "2001:db8:77::1" : "192.168.77.1";
			const kind = "too large for the way there";
			const error = { kind, address, port: 9, from, type: 3, code: 4, mtu: 1300 };
			expect(await send({ address, port: 9, size: 1400 })).toEqual(error);
			expect(await send({ address, port: 9, size: 1400 }, 500)).toBe(undefined);
		},
	);

	it("come from the board itself when a neighbour does not answer", async () => {
		for (const [address, from] of [
			["192.168.77.77", "192.168.77.2"],
			["2001:db8:77::77", "2001:db8:77::2"],
		])
			expect(await send({ address: address!, port: 9 })).toMatchObject({ kind: "host unreachable", address, from });
	});

	it("end with the board, which has nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
	});
});
