// The board between a station and two dnsmasqs: dig asks it, by UDP and TCP and by both families, for what is short, long, unknown, denied, and of servers that are slow or dead.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, DRIVERS } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { startNames } from "./support/dnsmasq.ts";
import { stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const OURS = "192.168.78.2";
const OURS6 = "2001:db8:78::2";
const FIRST = "192.168.77.1";
const SECOND = "2001:db8:77::1";
const ADDRESSES = 200;

describeWith(["dnsmasq", "dig"], "the board forwards questions for names", () => {
	let namespace: Namespace;
	let board: Board;
	let folder: string;

	const dnsmasq = (address: string, ...records: string[]) =>
		startNames(namespace, `--listen-address=${address}`, "--edns-packet-max=4096", ...records);
	let first: ChildProcess;
	let known: string[];

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		for (const [tap, address] of [
			["tap0", "2001:db8:77::1/64"],
			["tap1", "2001:db8:78::1/64"],
		] as const) {
			await namespace.exec("sysctl", ["-qw", `net.ipv6.conf.${tap}.disable_ipv6=0`, `net.ipv6.conf.${tap}.accept_dad=0`]);
			await namespace.ip("address", "add", address, "dev", tap, "nodad");
		}
		folder = mkdtempSync(join(tmpdir(), "multihome-dns-forwarder-"));
		const hosts = join(folder, "hosts");
		writeFileSync(hosts, Array.from({ length: ADDRESSES }, (_, i) => `192.0.2.${i} big.one.test\n`).join(""));
		known = [
			"--local=/one.test/",
			"--host-record=host.one.test,192.0.2.1,2001:db8::1",
			"--cname=www.one.test,host.one.test",
			"--cname=alias.one.test,www.one.test",
			"--txt-record=text.one.test,some text",
			"--dns-rr=odd.one.test,65400,01:02:03",
			`--addn-hosts=${hosts}`,
			"--local-ttl=60",
			"--auth-server=ns.auth.test,lo",
			"--auth-zone=auth.test",
			"--auth-ttl=60",
		];
		first = await dnsmasq(FIRST, ...known);
		await dnsmasq(SECOND, "--local=/two.test/", "--host-record=host.two.test,192.0.2.2,2001:db8::2", "--local-ttl=60");
		board = await Board.start(namespace, {
			limits: { sockets: { tcp: 12, udp: 12, datagramBuffer: 4096 }, packets: 48, heap: 0 },
			interfaces: [
				{
					name: "eth0",
					driver: DRIVERS[0]!,
					wire: "tap:tap0",
					addresses: ["192.168.77.2/24", "2001:db8:77::2/64"],
					gateway: FIRST,
					dns: [FIRST, SECOND],
				},
				{ name: "eth1", driver: DRIVERS[1]!, wire: "tap:tap1", addresses: [`${OURS}/24`, `${OURS6}/64`] },
			],
			dnsForwarder: { interfaces: ["eth1"], questions: 4, connections: 2, cacheBytes: 4096 },
		});
		for (let i = 0; i < 50 && !board.output.includes(OURS6); i++) await pause(100); // it is tried before it is used
	});

	afterAll(async () => {
		await namespace.close();
		board.discard();
		rmSync(folder, { recursive: true });
	});

	/** What dig says, with how long it took, ms. */
	async function dig(...args: string[]) {
		const before = Date.now();
		const { stdout } = await namespace.exec("dig", [`@${OURS}`, "+tries=1", "+time=15", ...args]);
		return { text: stdout, ms: Date.now() - before };
	}
	const answers = (text: string) =>
		text
			.slice(text.indexOf("ANSWER SECTION"))
			.split("\n")
			.filter((line) => /^[^;].*\sIN\s/.test(line));

	it.each([
		["host.one.test", "A", ["192.0.2.1"]],
		["host.one.test", "AAAA", ["2001:db8::1"]],
		["alias.one.test", "A", ["www.one.test.", "host.one.test.", "192.0.2.1"]],
		["text.one.test", "TXT", ['"some text"']],
		["odd.one.test", "TYPE65400", ["\\# 3 010203"]],
		["host.two.test", "A", ["192.0.2.2"]],
	])("%s %s, asked by either family and protocol, with EDNS and without", async (name, type, expected) => {
		for (const how of [
			[],
			["+noedns", "+nocookie"],
			["+tcp"],
			["+dnssec"],
			["+bufsize=512"],
			["+cd"],
			[`@${OURS6}`],
			[`@${OURS6}`, "+tcp"],
		]) {
			const { text } = await dig(...how, name, type);
			expect(text, how.join(" ")).toContain("status: NOERROR");
			expect(answers(text).map((line) => line.split(/\s+IN\s+\S+\s+/)[1])).toEqual(expected);
			expect(text.includes("EDNS: version: 0")).toBe(!how.includes("+noedns"));
		}
	});

	it("what is not there", async () => {
		for (let i = 0; i < 2; i++) expect((await dig("missing.one.test")).text).toContain("status: NXDOMAIN");
		expect((await dig("text.one.test", "A")).text).toContain("status: NOERROR");
		expect((await dig("host.three.test")).text).toContain("status: REFUSED");
	});

	it("case of letters comes back as it was asked", async () => {
		for (let i = 0; i < 2; i++) expect((await dig("hOsT.OnE.tEsT")).text).toContain("hOsT.OnE.tEsT.\t");
	});

	it(`${ADDRESSES} addresses: truncated by UDP, whole by TCP`, async () => {
		expect((await dig("+ignore", "big.one.test")).text).toMatch(/flags: qr [a-z ]*tc/);
		const { text } = await dig("big.one.test");
		expect(text).toContain("Truncated, retrying in TCP mode");
		expect(answers(text).length).toBe(ADDRESSES);
	});

	it("TTLs count down while it is remembered, and nobody is asked", async () => {
		const ttl = async () => Number(answers((await dig("+nocookie", "host.one.test", "A")).text)[0]!.split(/\s+/)[1]);
		const before = await ttl();
		await pause(2200);
		const after = await ttl();
		expect(before - after).toBeGreaterThanOrEqual(2);
		expect(before - after).toBeLessThanOrEqual(4);
	});

	it("stations of the other interface get nothing", async () => {
		const { stdout } = await namespace.exec("dig", ["@192.168.77.2", "+tries=1", "+time=2", "host.one.test"]);
		expect(stdout).toMatch(/timed out|unreachable|connection refused/);
		const tcp = await namespace.exec("dig", ["@192.168.77.2", "+tries=1", "+time=2", "+tcp", "host.one.test"]);
		expect(tcp.stdout).not.toContain("status:");
	});

	it("a server that has stopped has the other one asked in a second; dead as well, in less", async () => {
		first.kill("SIGSTOP");
		const slow = await dig("host.two.test", "AAAA", "+cd", "+noad");
		expect(slow.text).toContain("2001:db8::2");
		expect(slow.ms).toBeLessThan(2500);
		const next = await dig("host.two.test", "A", "+cd", "+noad");
		expect(next.text).toContain("192.0.2.2");
		expect(next.ms).toBeLessThan(900);
		first.kill("SIGCONT");
		await stop(first);
		expect((await dig("other.two.test", "A")).text).toContain("status: NXDOMAIN");
		const tcp = await dig("+tcp", "third.two.test", "A");
		expect(tcp.text).toContain("status: NXDOMAIN");
	});

	it("asked from many ports, with many ids, and sent nothing that tshark has anything against", async () => {
		await pause(1500); // a capture is on disk a second after it was written
		const [file] = capturesIn(board.folder);
		const asked = await fields(
			file!,
			"dns.flags.response == 0 && frame.packet_flags_direction == 2 && udp",
			"udp.srcport",
			"dns.id",
		);
		expect(asked.length).toBeGreaterThan(20);
		for (const column of [0, 1]) expect(new Set(asked.map((line) => line[column])).size).toBeGreaterThanOrEqual(asked.length - 2);
		expect(await endOf(board)).toBe("");
	});
});
