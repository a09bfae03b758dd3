// Names, asked of two dnsmasqs that know different ones, each at another interface, and of a neighbour by multicast DNS.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { udp } from "./support/client.ts";
import { startNames } from "./support/dnsmasq.ts";
import { missing, stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/dns.ts", import.meta.url));
const responder = fileURLToPath(new URL("support/mdns.mjs", import.meta.url));
const CONTROL = 9999;
/** Behind the router of eth1: routes would lead there by eth0. */
const SECOND = "198.51.100.53";
const ADDRESSES = 60;

/** Why avahi is not asked, "" when it is. */
const without = missing("avahi-daemon") === "" ? "" : `: skipped, missing ${missing("avahi-daemon")}`;

function said(child: ChildProcess, what: RegExp): Promise<void> {
	return new Promise((resolve, reject) => {
		let text = "";
		const heard = (part: Buffer) => {
			text += part.toString();
			if (what.test(text)) resolve();
		};
		child.stdout!.on("data", heard);
		child.stderr!.on("data", heard);
		child.once("exit", (status) => reject(new Error(`status ${status}: ${text}`)));
	});
}

describeWith(["dnsmasq"], "name resolution", () => {
	let namespace: Namespace;
	let board: Board;
	let folder: string;
	const servers: ChildProcess[] = [];

	/** A dnsmasq that knows what it is told, says NXDOMAIN for the rest of `zone`, and refuses everything else. */
	async function dnsmasq(address: string, zone: string, ...records: string[]): Promise<void> {
		servers.push(await startNames(namespace, `--listen-address=${address}`, `--local=/${zone}/`, "--log-queries", ...records));
	}

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.ip("address", "add", `${SECOND}/32`, "dev", "lo");
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.accept_dad=0"]);
		await namespace.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0", "nodad");
		const server =
			'require("net").createServer((socket) => socket.on("error", () => {}).resume()).listen(7777, "::", () => console.log("ready"))';
		const tcp = namespace.spawn(process.execPath, ["-e", server], { stdio: ["ignore", "pipe", "pipe"] });
		servers.push(tcp);
		await said(tcp, /ready/);
		folder = mkdtempSync(join(tmpdir(), "multihome-dns-"));
		const hosts = join(folder, "hosts");
		writeFileSync(hosts, Array.from({ length: ADDRESSES }, (_, i) => `192.0.2.${100 + i} big.one.test\n`).join(""));
		await dnsmasq(
			"192.168.77.1",
			"one.test",
			"--host-record=host.one.test,192.0.2.1,2001:db8::1",
			"--host-record=four.one.test,192.0.2.4",
			"--host-record=both.one.test,192.168.77.1,2001:db8:77::1",
			"--host-record=half.one.test,192.168.77.1,2001:db8:77::dead",
			"--cname=www.one.test,host.one.test",
			"--cname=alias.one.test,www.one.test",
			`--addn-hosts=${hosts}`,
			"--local-ttl=60",
		);
		await dnsmasq(SECOND, "two.test", "--host-record=host.two.test,192.0.2.2");
		const mdns = namespace.spawn(process.execPath, [responder, "192.168.77.1", "Printer.local", "192.168.77.99"], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		await said(mdns, /ready/);
		const file = twoTaps();
		file.limits!.sockets!.udp = 12;
		file.interfaces[0]!.addresses!.push("2001:db8:77::2/64");
		file.interfaces[0]!.dns = ["192.168.77.1"];
		file.interfaces[1]!.dns = [SECOND];
		board = await Board.start(namespace, file, { app });
		for (let i = 0; i < 50 && !board.output.includes("2001:db8:77::2"); i++) await pause(100); // it is tried before it is used
	});

	afterAll(async () => {
		await namespace.close();
		board.discard();
		rmSync(folder, { recursive: true });
	});

	async function ask(question: string): Promise<string> {
		const { data, error } = await udp(namespace, "192.168.77.2", CONTROL, Buffer.from(question), 20_000);
		return data?.toString() ?? `nothing: ${error}`;
	}

	it.each([
		["host.one.test", /^192\.0\.2\.1 /],
		["HOST.One.Test.", /^192\.0\.2\.1 /],
		["host.one.test 6", /^2001:db8::1 /],
		["alias.one.test", /^192\.0\.2\.1 /],
		["four.one.test 6", /^ENODATA four\.one\.test: the name has no IPv6 address /],
		["missing.one.test", /^ENOTFOUND missing\.one\.test: there is no such name /],
		["host.two.test", /^192\.0\.2\.2 /],
		["host.two.test 4 eth1", /^192\.0\.2\.2 /],
		["host.two.test 4 eth0", /^EREFUSED host\.two\.test: the name server 192\.168\.77\.1 refuses to answer /],
		["host.one.test 4 eth1", /^EREFUSED host\.one\.test: the name server 198\.51\.100\.53 refuses to answer /],
		["host.three.test", /^EREFUSED /],
		["localhost", /^127\.0\.0\.1 /],
	])("%s", async (question, answer) => {
		expect(await ask(question)).toMatch(answer);
	});

	it.each([
		["both.one.test tcp", /^2001:db8:77::1 /],
		["half.one.test tcp", /^192\.168\.77\.1 \((2[5-9]\d|[34]\d\d) ms\)/],
		["missing.one.test tcp", /^unresolved /],
	])("%s: the connection that stands first", async (question, answer) => {
		expect(await ask(question)).toMatch(answer);
	});

	it(`a name with ${ADDRESSES} addresses, which UDP does not carry`, async () => {
		expect(await ask("big.one.test")).toMatch(/^192\.0\.2\.1\d\d /);
	});

	it("a neighbour's name, by multicast", async () => {
		expect(await ask("printer.local")).toMatch(/^192\.168\.77\.99 /);
		expect(await ask("nobody.local 4 eth1")).toMatch(/^ENOTFOUND nobody\.local: nobody on this network has the name /);
	});

	it.skipIf(without !== "")(`avahi's name${without}`, async () => {
		const file = join(folder, "avahi.conf");
		const lines = [
			"[server]",
			"host-name=avahi",
			"use-ipv6=no",
			"enable-dbus=no",
			"allow-interfaces=tap1",
			"[publish]",
			"publish-addresses=yes",
		];
		writeFileSync(file, `${lines.join("\n")}\n`);
		const child = namespace.spawn("avahi-daemon", ["-f", file, "--no-drop-root", "--no-chroot", "--no-rlimits"], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		await said(child, /startup complete/);
		expect(await ask("avahi.local 4 eth1")).toMatch(/^192\.168\.78\.1 /);
		await stop(child);
	});

	it("what is known is not asked for again, and a server that has gone has the next one asked within two seconds", async () => {
		await stop(servers[0]!);
		expect(await ask("alias.one.test")).toMatch(/^192\.0\.2\.1 /);
		const found = await ask("host.two.test");
		expect(found).toMatch(/^192\.0\.2\.2 /);
		expect(Number(/\((\d+) ms/.exec(found)![1])).toBeLessThan(2000);
	});

	it("each server was asked by its interface, by UDP from many ports and by TCP for what is long", async () => {
		await pause(1500); // a capture is on disk a second after it was written
		const [first, second] = capturesIn(board.folder);
		const asked = (file: string, filter: string) =>
			fields(
				file,
				`dns.flags.response == 0 && frame.packet_flags_direction == 2 && ${filter}`,
				"udp.srcport",
				"dns.qry.name",
				"dns.id",
			);
		expect(await asked(first!, `ip.dst == ${SECOND}`)).toEqual([]);
		expect(await asked(second!, "ip.dst == 192.168.77.1")).toEqual([]);
		const near = await asked(first!, "udp && ip.dst == 192.168.77.1");
		expect(near.length).toBeGreaterThanOrEqual(9);
		for (const column of [0, 2]) expect(new Set(near.map((line) => line[column])).size).toBeGreaterThanOrEqual(near.length - 1);
		expect((await asked(second!, `udp && ip.dst == ${SECOND}`)).length).toBeGreaterThanOrEqual(3);
		expect((await asked(first!, "tcp.dstport == 53")).map(([, name]) => name)).toEqual(["big.one.test"]);
		expect((await asked(first!, "ip.dst == 224.0.0.251 && udp.dstport == 5353")).length).toBe(1);
		expect((await asked(second!, "ip.dst == 224.0.0.251 && udp.dstport == 5353")).length).toBe(without === "" ? 5 : 4);
	});

	it("sends nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
	});
});
