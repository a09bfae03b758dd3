// Two providers, each of which drops by nftables whatever comes from an address that is not of its own network (RFC 2827), one behind each interface; connections both ways by both families,
// while links flap. RFC 1122 §3.3.4.2, RFC 8028. CONNECTIONS and SEED change how many, and when.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, BRIEF, twoTaps } from "./support/board.ts";
import { crowd, echo, udp } from "./support/client.ts";
import { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const CONNECTIONS = Number(process.env["CONNECTIONS"] ?? (BRIEF ? 200 : 1000));
const SEED = Number(process.env["SEED"] ?? 1);
const SERVERS = ["203.0.113.5", "2001:db8:c::5"];
const app = fileURLToPath(new URL("apps/uplinks.ts", import.meta.url));

interface Provider {
	namespace: Namespace;
	tap: string;
	/** Its network: 192.168.N.0/24 and 2001:db8:N::/64. */
	net: number;
}

describeWith(["nft", "radvd"], "two uplinks with filters of sources", () => {
	let server: Namespace;
	let providers: Provider[];
	let board: Board;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-uplinks-"));
		const first = await namespaceWithTaps();
		server = await Namespace.create();
		board = await Board.start(first, twoTaps({ ipv6: "auto" }), { app });
		const second = await Namespace.create();
		// The board keeps what it has opened.
		await first.ip("link", "set", "tap1", "netns", second.name);
		await second.ip("address", "add", "192.168.78.1/24", "dev", "tap1");
		await second.ip("link", "set", "tap1", "up");
		providers = [
			{ namespace: first, tap: "tap0", net: 77 },
			{ namespace: second, tap: "tap1", net: 78 },
		];
		await server.sysctl("net.ipv6.conf.all.disable_ipv6=0");
		for (const address of ["203.0.113.5/32", "2001:db8:c::5/128"]) await server.ip("address", "add", address, "dev", "lo");
		for (const each of providers) await provide(each);
		await echo(server, 7);
	});

	afterAll(async () => {
		for (const { namespace } of providers) await namespace.close();
		await server.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	/** A provider routes between the board and the server, and says its prefix. */
	async function provide({ namespace, tap, net }: Provider): Promise<void> {
		await namespace.sysctl("net.ipv4.ip_forward=1");
		await namespace.sysctl("net.ipv6.conf.all.disable_ipv6=0");
		await namespace.sysctl(`net.ipv6.conf.${tap}.disable_ipv6=0`);
		await namespace.sysctl(`net.ipv6.conf.${tap}.accept_dad=0`);
		await namespace.sysctl("net.ipv6.conf.all.forwarding=1");
		await namespace.ip("link", "add", "wan", "type", "veth", "peer", "name", `p${net}`, "netns", server.name);
		for (const [where, device, end] of [
			[namespace, "wan", 1],
			[server, `p${net}`, 2],
		] as const) {
			await where.sysctl(`net.ipv6.conf.${device}.disable_ipv6=0`);
			await where.ip("address", "add", `10.0.${net}.${end}/24`, "dev", device);
			await where.ip("address", "add", `2001:db8:1${net}::${end}/64`, "dev", device, "nodad");
			await where.ip("link", "set", device, "up");
		}
		await namespace.ip("address", "add", `2001:db8:${net}::1/64`, "dev", tap, "nodad");
		for (const [i, length] of [32, 128].entries()) {
			const [to, by, back, from] = [
				[`10.0.${net}.2`, `10.0.${net}.1`, `192.168.${net}.0/24`],
				[`2001:db8:1${net}::2`, `2001:db8:1${net}::1`, `2001:db8:${net}::/64`],
			][i]!.concat(SERVERS[i]!) as [string, string, string, string];
			await namespace.ip("route", "add", `${from}/${length}`, "via", to);
			await server.ip("route", "add", back, "via", by, "src", from);
		}
		const file = join(folder, `${tap}.conf`);
		const often = "MinRtrAdvInterval 3; MaxRtrAdvInterval 4;";
		writeFileSync(file, `interface ${tap} { AdvSendAdvert on; ${often} prefix 2001:db8:${net}::/64 {}; };\n`);
		namespace.spawn("radvd", ["-n", "-C", file, "-p", join(folder, `${tap}.pid`), "-m", "stderr"], { stdio: "ignore" });
	}

	/** What comes from the board by a device, and of whose network it must be; before anything else looks at it. */
	async function filter({ namespace, tap }: Provider, net: number): Promise<void> {
		const rules = [
			"add table inet filter",
			"delete table inet filter",
			"add table inet filter",
			"add counter inet filter wrong",
			"add counter inet filter right",
			"add chain inet filter first { type filter hook prerouting priority -300; policy accept; }",
			`add rule inet filter first iifname != "${tap}" accept`,
			"add rule inet filter first ip6 saddr { ::, fe80::/10 } accept",
			`add rule inet filter first ip saddr != 192.168.${net}.0/24 counter name "wrong" drop`,
			`add rule inet filter first ip6 saddr != 2001:db8:${net}::/64 counter name "wrong" drop`,
			'add rule inet filter first counter name "right"',
		];
		const { status, stderr } = await namespace.exec("nft", ["-f", "-"], { input: Buffer.from(rules.join("\n")) });
		expect(stderr + status).toBe("0");
	}

	async function counted({ namespace }: Provider): Promise<{ right: number; wrong: number }> {
		const { stdout } = await namespace.exec("nft", ["-j", "list", "counters"]);
		const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] };
		const of = (name: string) => nftables.find(({ counter }) => counter?.name === name)!.counter!.packets;
		return { right: of("right"), wrong: of("wrong") };
	}

	/** The board's addresses by a provider, one of each family. */
	async function addresses({ net }: Provider): Promise<string[]> {
		for (let i = 0; i < 200; i++) {
			const found = new RegExp(`2001:db8:${net}:[0-9a-f:]+`).exec(board.output);
			if (found !== null) return [`192.168.${net}.2`, found[0]];
			await pause(100);
		}
		throw new Error(`no address of 2001:db8:${net}::/64: ${board.output}`);
	}

	it("drop what comes from the other one's network, and count it", async () => {
		for (const provider of providers) {
			const { net } = provider;
			await filter(provider, net === 77 ? 78 : 77);
			for (const address of await addresses(provider))
				expect((await server.exec("ping", ["-n", "-c", "2", "-W", "1", address])).stdout).toContain(" 0 received");
			expect((await counted(provider)).wrong).toBeGreaterThanOrEqual(4);
			await filter(provider, net);
			for (const address of await addresses(provider))
				expect((await server.exec("ping", ["-n", "-c", "2", "-W", "5", address])).stdout).toContain(" 2 received");
		}
	});

	it(`have nothing to drop of ${CONNECTIONS} connections each way while links flap (SEED=${SEED})`, async () => {
		const all = (await Promise.all(providers.map(addresses))).flat();
		const command = Buffer.from(JSON.stringify({ to: SERVERS, connections: CONNECTIONS, seed: SEED }));
		expect((await udp(providers[0]!.namespace, "192.168.77.2", 9999, command)).error).toBe(undefined);
		const into = await crowd(server, CONNECTIONS, 7, all);
		for (let i = 0; i < 3000 && !board.output.includes("over: "); i++) await pause(100);
		const [, done, flaps] = /over: (\d+) done, \d+ failed, (\d+) flaps/.exec(board.output) ?? [];
		const counts = await Promise.all(providers.map(counted));
		report(`${done} of ${CONNECTIONS} out and ${into.done} in, ${flaps} flaps; at the providers ${JSON.stringify(counts)}`);
		expect(counts.map(({ wrong }) => wrong)).toEqual([0, 0]);
		for (const { right } of counts) expect(right).toBeGreaterThan(CONNECTIONS);
		for (const came of [Number(done), into.done]) expect(came, board.output.slice(-2000)).toBeGreaterThan(CONNECTIONS / 2);
		expect(Number(flaps)).toBeGreaterThan(3);
	}, 400_000);

	it("are sent nothing that tshark objects to", async () => {
		expect(await endOf(board)).toBe("");
	});
});
