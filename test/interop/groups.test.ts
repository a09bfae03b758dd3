// Multicast through a bridge of the Linux kernel with snooping and querier: what is sent to a group reaches the board only because it has told of it. IGMP, MLD; also their older versions.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const GROUPS = ["239.1.2.3", "ff15::1234"] as const;

/** Groups that are joined for all sources but one, and another source. */
const EXCEPT = [
	["239.1.2.5", "192.168.77.8", "192.168.77.7"],
	["ff15::5", "2001:db8:77::8", "2001:db8:77::7"],
] as const;

describeWith(["bridge", "python3"], "a bridge that snoops", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.ip(
			..."link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2".split(" "),
		);
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.br0.disable_ipv6=0", "net.ipv6.conf.br0.accept_dad=0"]);
		await namespace.ip(
			..."link set br0 type bridge mcast_startup_query_interval 300 mcast_query_interval 1000 mcast_query_response_interval 50".split(
				" ",
			),
		);
		await namespace.ip(..."address flush dev tap0".split(" "));
		await namespace.ip(..."link set tap0 master br0".split(" "));
		await namespace.ip(..."address add 192.168.77.1/24 dev br0".split(" "));
		await namespace.ip(..."link set br0 up".split(" "));
		board = await Board.start(namespace, twoTaps({ ipv6: "auto" }), {
			app: fileURLToPath(new URL("apps/groups.ts", import.meta.url)),
		});
	});

	afterAll(async () => {
		await namespace.close();
		board?.discard();
	});

	const known = async () => (await namespace.exec("bridge", ["-d", "mdb", "show", "dev", "br0"])).stdout;

	async function until(done: () => Promise<boolean> | boolean, ms = 15_000): Promise<void> {
		for (const end = Date.now() + ms; Date.now() < end;) {
			if (await done()) return;
			await pause(200);
		}
		throw new Error(`not within ${ms} ms; the bridge knows:\n${await known()}\nthe board said: ${board.output}`);
	}

	/** A datagram to the group by the bridge. */
	async function send(group: string, text: string, from = ""): Promise<void> {
		const script = [
			"import socket, sys",
			"six = ':' in sys.argv[1]",
			"s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)",
			"s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex('br0')) if six else s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('192.168.77.1'))",
			"if sys.argv[3]: s.bind((sys.argv[3], 0))",
			"s.sendto(sys.argv[2].encode(), (sys.argv[1], 5000))",
		].join("\n");
		const { status, stderr } = await namespace.exec("python3", ["-c", script, group, text, from]);
		expect(stderr + status).toBe("0");
	}

	async function reaches(word: string): Promise<void> {
		for (const group of GROUPS) {
			await until(async () => (await known()).includes(`grp ${group} `));
			await send(group, word);
			await until(() => board.output.includes(`heard ${word} by ${group}`));
		}
	}

	it("knows the board's groups, those in which its addresses are asked for too, and hands on what is for them", async () => {
		await reaches("first");
		expect(await known()).toMatch(/port tap0 grp ff02::1:ff/);
	});

	it("knows for which source alone a group is joined; the board hears that one, and Linux the board by a membership of the same kind: RFC 3376", async () => {
		await namespace.ip(..."address add 192.168.77.9/24 dev br0".split(" "));
		await until(async () => /grp 232\.1\.2\.3 .*filter_mode include.*source_list 192\.168\.77\.1\//.test(await known()));
		const script = [
			"import socket, struct",
			"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
			"s.bind(('', 5001))",
			"ip = socket.inet_aton",
			"s.setsockopt(socket.IPPROTO_IP, 39, ip('232.1.2.4') + ip('192.168.77.1') + ip('192.168.77.2'))", // IP_ADD_SOURCE_MEMBERSHIP: group, interface, source
			"s.settimeout(20)",
			"print(*s.recvfrom(100))",
		].join("\n");
		const heard = namespace.exec("python3", ["-c", script]);
		await pause(1000);
		await send("232.1.2.3", "wrong", "192.168.77.9");
		await send("232.1.2.3", "right", "192.168.77.1");
		await until(() => board.output.includes("heard right by 232.1.2.3 from 192.168.77.1"));
		expect(board.output).not.toContain("heard wrong");
		expect(await heard).toMatchObject({ stdout: "b'right' ('192.168.77.2', 5000)\n", status: 0 });
	});

	it("knows from which sources a group is not wanted; the board hears all others: RFC 3376 §4.2.12, RFC 3810 §5.2.12", async () => {
		for (const [group, except, others] of EXCEPT) {
			for (const each of [except, others])
				await namespace.ip("address", "replace", `${each}/${each.includes(":") ? 64 : 24}`, "dev", "br0");
			await until(async () => new RegExp(`grp ${group} .*filter_mode exclude source_list ${except}/0\\.00`).test(await known()));
			await send(group, "unwanted", except);
			await send(group, "wanted", others);
			await until(() => board.output.includes(`heard wanted by ${group} from ${others}`));
		}
		expect(board.output).not.toContain("heard unwanted");
	});

	it("keeps knowing them, as the board answers its queries", async () => {
		await pause(8000);
		await reaches("later");
	});

	it("knows them by the older versions likewise", async () => {
		await namespace.ip(..."link set br0 type bridge mcast_igmp_version 2 mcast_mld_version 1".split(" "));
		await pause(15_000);
		await reaches("older");
	});

	it("is told nothing that tshark objects to", async () => {
		expect(await endOf(board)).toBe("");
	});
});
