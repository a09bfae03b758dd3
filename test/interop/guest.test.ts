// A Debian kernel in QEMU as the router of both interfaces, by IPv6: radvd's prefixes, another prefix, a router that says that it goes and one that does not; a bridge that snoops and queries;
// transfers by both interfaces at once, all of them right by their hash.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Status } from "../../src/status/status.ts";
import { Board, BRIEF, interfaceOf } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { carry, describeWithGuest, fetchPattern, Guest } from "./support/guest.ts";
import { Namespace } from "./support/namespace.mjs";
import { endOf, pause, report } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/beyond.ts", import.meta.url));
const BYTES = BRIEF ? 2_000_000 : 100_000_000;

/** The guest's cards, as radvd knows them. */
const SIDES = ["br0", "eth1"] as const;

/** radvd's configuration: prefixes of each side, "!" before what is no longer preferred. */
const advertises = (...prefixes: [string[], string[]]): string =>
	SIDES.map(
		(side, i) =>
			`interface ${side} { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; ` +
			prefixes[i]!.map(
				(prefix) =>
					`prefix ${prefix.replace("!", "")}/64 { AdvPreferredLifetime ${prefix.startsWith("!") ? 0 : 3600}; AdvValidLifetime 7200; };`,
			).join(" ") +
			" };",
	).join(" ");

describeWithGuest(["radvd", "bridge"], "a Linux guest and a board", () => {
	let namespace: Namespace;
	let guest: Guest;
	let board: Board;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-guest-"));
		const cards = [0, 1].map((i) => join(folder, `card${i}`));
		guest = await Guest.start(folder, cards, ["ip", "bridge", "radvd", "ncat"]);
		await guest.must("ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_mld_version 2");
		await guest.must(
			"ip link set br0 type bridge mcast_startup_query_interval 300 mcast_query_interval 1000 mcast_query_response_interval 50",
		);
		await guest.must("for file in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$file; done");
		await guest.must("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
		await guest.must("ip link set eth0 master br0; ip link set eth0 up; ip link set br0 up; ip link set eth1 up");
		for (const [device, address] of [
			["br0", "2001:db8:77::1/64"],
			["br0", "2001:db8:79::1/64"],
			["eth1", "2001:db8:78::1/64"],
			["lo", "2001:db8:aaaa::1/128"],
		] as const)
			await guest.must(`ip address add ${address} dev ${device} nodad`);
		await guest.must("ip -6 route add multicast ff15::/16 dev br0 table local");
		await advertise(["2001:db8:77::"], ["2001:db8:78::"]);
		namespace = await Namespace.create();
		const interfaces = cards.map((path, i) => ({
			name: `eth${i}`,
			wire: `stream:${path}` as const,
			ipv6: "auto" as const,
			metric: 10 + i,
		}));
		board = await Board.start(namespace, { interfaces }, { app });
	}, 240_000);

	afterAll(async () => {
		await guest?.stop();
		await namespace?.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	/** Has radvd advertise those, and no others. */
	async function advertise(...prefixes: [string[], string[]]): Promise<void> {
		await guest.must(`echo '${advertises(...prefixes)}' >/radvd.conf`);
		await guest.must(
			"if [ -f /run/radvd.pid ]; then kill -HUP $(cat /run/radvd.pid); else radvd -C /radvd.conf -p /run/radvd.pid -m logfile -l /radvd.log; fi",
		);
	}

	async function until<T>(what: string, done: () => Promise<T | undefined> | T | undefined, ms = 30_000): Promise<T> {
		for (const end = Date.now() + ms; Date.now() < end;) {
			const found = await done();
			if (found !== undefined && found !== false) return found;
			await pause(200);
		}
		throw new Error(
			`${what}: not within ${ms} ms; radvd: ${(await guest.run("cat /radvd.log")).output}; the board: ${board.output}`,
		);
	}

	/** The board's address of a prefix, when it says that it has one. */
	const addressOf = (prefix: string) => until(prefix, () => new RegExp(`${prefix}[0-9a-f:]+`).exec(board.output)?.[0]);
	const status = async (address: string): Promise<Status> =>
		JSON.parse(await guest.must(`wget -q -O - http://[${address}]/status`)) as Status;
	/** Waits until the far host answers, or does not, after what was said so far. */
	const far = (what: string, from: number) => until(what, () => board.output.slice(from).includes(`the far host${what}`));

	it("has an address of each router's prefix, at which the guest reaches it, and a way to what is beyond them", async () => {
		for (const prefix of ["2001:db8:77:", "2001:db8:78:"]) await guest.must(`ping -6 -c 3 -s 1400 ${await addressOf(prefix)}`);
		await far(" answers", 0);
	});

	it("hears groups through the guest's bridge, which knows them by its reports; what it did not join does not come", async () => {
		await until("ff15::1234", async () => (await guest.must("bridge -d mdb show dev br0")).includes("port eth0 grp ff15::1234 "));
		await until("the querier's own time", () => guest.must("sleep 3"));
		for (const [group, word] of [
			["ff15::9999", "not joined"],
			["ff15::1234", "joined"],
		])
			await guest.must(`echo ${word} | ncat -u --send-only ${group} 5000`);
		await until("heard", () => board.output.includes("heard joined\n by ff15::1234"));
		expect(board.output).not.toContain("heard not");
	});

	it("is renumbered: the new prefix is preferred, the old one is still reached", async () => {
		const old = await addressOf("2001:db8:77:");
		await advertise(["2001:db8:79::", "!2001:db8:77::"], ["2001:db8:78::"]);
		const now = await addressOf("2001:db8:79:");
		await guest.must(`ping -6 -c 2 ${old}`);
		const { addresses } = interfaceOf(await status(now), "eth0").ipv6!;
		const states = Object.fromEntries(addresses.map(({ address, state }) => [address, state]));
		expect(states).toMatchObject({ [old]: "deprecated", [now]: "preferred" });
	});

	it("goes by the other router when one is silent, and comes back", async () => {
		let said = board.output.length;
		await guest.must("ip link set eth0 down");
		await far(" is silent", said);
		said = board.output.length;
		await far(" answers", said);
		await guest.must("ip link set eth0 up");
		await guest.must(`ping -6 -c 2 ${await addressOf("2001:db8:79:")}`);
	});

	it(`carries ${BYTES / 1e6} MB each way by both interfaces at once`, async () => {
		const addresses = [await addressOf("2001:db8:79:"), await addressOf("2001:db8:78:")];
		const sum = await fetchPattern(guest, addresses[0]!, BYTES, 600_000);
		const { times, ms } = await carry(guest, addresses, BYTES, sum, 1_200_000);
		report(`${times} times ${BYTES / 1e6} MB in ${(ms / 1000).toFixed(1)} s`);
	}, 1_900_000);

	it("has no way out when the routers have said that they go", async () => {
		const said = board.output.length;
		await guest.must("kill $(cat /run/radvd.pid)");
		await far(":", said);
		const { routes, interfaces } = await status(await addressOf("2001:db8:78:"));
		expect(routes.filter(({ prefix }) => prefix === "::/0")).toEqual([]);
		expect(interfaces.flatMap(({ ipv6 }) => ipv6?.routers ?? [])).toEqual([]);
	});

	it("sends nothing that tshark objects to, and what it did not join never came", async () => {
		expect(await endOf(board)).toBe("");
		expect(await fields(capturesIn(board.folder)[0]!, "ipv6.dst == ff15::9999", "ipv6.dst")).toEqual([]);
	}, 1_900_000);
});
