// A board that forwards between two TAPs, each in a namespace of its own.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Board, dropsSince, inWords, twoTaps } from "./support/board.ts";
import { serve } from "./support/client.ts";
import { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const LEFT = "192.168.77.1";
const RIGHT = "192.168.78.1";
const LEFT6 = "2001:db8:77::1";
const RIGHT6 = "2001:db8:78::1";
const BYTES = 50_000_000;
const SMALL_MTU = 1280;

describeWith([], "forwarding between two TAPs", () => {
	let left: Namespace;
	let right: Namespace;
	let board: Board;

	beforeEach(async () => {
		left = await namespaceWithTaps();
		right = await Namespace.create();
		const file = twoTaps();
		file.forwarding = true;
		for (const each of file.interfaces) delete each.gateway;
		file.interfaces[1]!.mtu = SMALL_MTU;
		for (const [i, each] of file.interfaces.entries()) each.addresses!.push(`2001:db8:${77 + i}::2/64`);
		board = await Board.start(left, file);
		// The board keeps what it has opened: its second wire ends in the other namespace from now on.
		await left.ip("link", "set", "tap1", "netns", right.name);
		await right.ip("address", "add", `${RIGHT}/24`, "dev", "tap1");
		await right.ip("link", "set", "tap1", "mtu", String(SMALL_MTU), "up");
		await left.ip("route", "add", "192.168.78.0/24", "via", "192.168.77.2");
		await right.ip("route", "add", "192.168.77.0/24", "via", "192.168.78.2");
		for (const [namespace, tap] of [
			[left, "tap0"],
			[right, "tap1"],
		] as const)
			await namespace.exec("sysctl", ["-qw", `net.ipv6.conf.${tap}.disable_ipv6=0`]);
		await left.ip("address", "add", `${LEFT6}/64`, "dev", "tap0", "nodad");
		await right.ip("address", "add", `${RIGHT6}/64`, "dev", "tap1", "nodad");
		await left.ip("-6", "route", "add", "2001:db8::/32", "via", "2001:db8:77::2");
		await right.ip("-6", "route", "add", "2001:db8:77::/64", "via", "2001:db8:78::2");
	});

	afterEach(async () => {
		await left.close();
		await right.close();
		board.discard();
	});

	async function ping(...args: string[]): Promise<string> {
		const { stdout, stderr } = await left.exec("ping", ["-n", "-W", "2", ...args]);
		return stdout + stderr;
	}

	it("carries pings, tells whose time is exceeded and what is too big, and routes nothing that has no way", async () => {
		const before = await board.status();
		expect(await ping("-c", "5", "-i", "0.01", RIGHT)).toMatch(/ttl=63[\s\S]*5 received/);
		// What traceroute does.
		expect(await ping("-c", "1", "-t", "1", RIGHT)).toMatch(/From 192\.168\.77\.2.*Time to live exceeded/);
		expect(await ping("-c", "1", "-t", "2", RIGHT)).toContain("1 received");
		// RFC 1191: the board tells the MTU of the narrower link, and the kernel learns it.
		expect(await ping("-c", "1", "-M", "do", "-s", "1400", RIGHT)).toMatch(
			new RegExp(`From 192\\.168\\.77\\.2.*Frag needed and DF set \\(mtu = ${SMALL_MTU}\\)`),
		);
		expect(await left.ip("route", "get", RIGHT)).toContain(`mtu ${SMALL_MTU}`);
		expect(await ping("-c", "1", "-M", "do", "-s", String(SMALL_MTU - 28), RIGHT)).toContain("1 received");
		// RFC 1812: without DF it goes on in fragments, and so does the reply.
		expect(await ping("-c", "1", "-M", "dont", "-s", "1400", RIGHT)).toContain("1 received");
		expect(await ping("-c", "1", "-M", "dont", "-s", "3000", RIGHT)).toContain("1 received");
		await left.ip("route", "add", "10.1.2.0/24", "via", "192.168.77.2");
		expect(await ping("-c", "1", "10.1.2.3")).toMatch(/From 192\.168\.77\.2.*Destination Net(work)? Unreachable/);
		const after = await board.status();
		report(`forwarding: eth0 ${inWords(dropsSince(before, after, "eth0"))}, eth1 ${inWords(dropsSince(before, after, "eth1"))}`);
		expect(await endOf(board)).toBe("");
	});

	it("says that a host cannot be reached which does not answer ARP, RFC 1812 §5.2.7.1", async () => {
		expect(await ping("-c", "1", "-W", "6", "192.168.78.99")).toMatch(/From 192\.168\.77\.2.*Destination Host Unreachable/);
		expect(await endOf(board)).toBe("");
	});

	/** The board's addresses of IPv6 are tried first, each after a moment of its own; before that its queue for a neighbor (3 packets) fills. */
	async function untilTried(): Promise<void> {
		const tried = [/^eth0 .*2001:db8:77::2/m, /^eth1 .*2001:db8:78::2/m];
		for (let i = 0; i < 100 && !tried.every((line) => line.test(board.output)); i++) await pause(200);
	}

	it("does the same with IPv6: hop limits, what is too big for 1,280 bytes, no way, absent hosts", async () => {
		await untilTried();
		expect(await ping("-6", "-c", "5", "-i", "0.01", RIGHT6)).toMatch(/ttl=63[\s\S]*5 received/);
		expect(await ping("-6", "-c", "1", "-t", "1", RIGHT6)).toMatch(/From 2001:db8:77::2.*Time exceeded: Hop limit/);
		// RFC 8201: the kernel learns it, and what it sends afterwards is in fragments, which the board passes on as they are.
		expect(await ping("-6", "-c", "1", "-M", "do", "-s", "1400", RIGHT6)).toMatch(
			new RegExp(`From 2001:db8:77::2.*Packet too big: mtu=${SMALL_MTU}`),
		);
		expect(await left.ip("-6", "route", "get", RIGHT6)).toContain(`mtu ${SMALL_MTU}`);
		expect(await ping("-6", "-c", "1", "-M", "do", "-s", String(SMALL_MTU - 48), RIGHT6)).toContain("1 received");
		expect(await ping("-6", "-c", "1", "-s", "3000", RIGHT6)).toContain("1 received");
		expect(await ping("-6", "-c", "1", "2001:db8:99::1")).toMatch(/From 2001:db8:77::2.*Destination unreachable: No route/);
		expect(await ping("-6", "-c", "1", "-W", "6", "2001:db8:78::99")).toMatch(
			/From 2001:db8:77::2.*Destination unreachable: Address unreachable/,
		);
		expect(await endOf(board)).toBe("");
	});

	it.each([
		["IPv4", LEFT, RIGHT],
		["IPv6", `[${LEFT6}]`, `[${RIGHT6}]`],
	])("carries a connection between links of different MTU by %s", async (_family, nearer, farther) => {
		await untilTried();
		await serve(right, 8000, BYTES);
		let got = 0;
		const started = performance.now();
		// Without RFC 1191's way of learning the MTU, or with a wrong one, this would stand still.
		const { status, stderr } = await left.exec("curl", ["-sS", "--http0.9", "--max-time", "120", `http://${farther}:8000/`], {
			onData: (part) => (got += part.length),
			timeoutMs: 130_000,
		});
		const seconds = (performance.now() - started) / 1000;
		report(`forwarded from ${farther} to ${nearer}: ${(BYTES / seconds / 1e6).toFixed(1)} MB/s; ${stderr.trim()}`);
		expect(status).toBe(0);
		expect(got).toBe(BYTES);
		await serve(left, 8000, BYTES);
		got = 0;
		await right.exec("curl", ["-sS", "--http0.9", "--max-time", "120", `http://${nearer}:8000/`], {
			onData: (part) => (got += part.length),
			timeoutMs: 130_000,
		});
		expect(got).toBe(BYTES);
		expect(await endOf(board)).toBe("");
	});
});
