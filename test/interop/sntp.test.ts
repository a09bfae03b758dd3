// The board has the time of chrony, by both families, and of the server that a DHCP server names.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

describeWith(["chronyd", "dnsmasq"], "the time of chrony", () => {
	let namespace: Namespace;
	let board: Board;
	const folder = mkdtempSync(join(tmpdir(), "multihome-sntp-"));
	const children: ChildProcess[] = [];

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.accept_dad=0"]);
		await namespace.ip("address", "add", "2001:db8:77::1/64", "dev", "tap0");
		const configuration = join(folder, "chrony.conf");
		const lines = ["local stratum 5", "allow", "cmdport 0", `pidfile ${folder}/chrony.pid`, `driftfile ${folder}/drift`];
		writeFileSync(configuration, `${lines.join("\n")}\n`);
		children.push(namespace.spawn("chronyd", ["-d", "-x", "-u", "root", "-f", configuration], { stdio: "ignore" }));
		children.push(
			namespace.spawn(
				"dnsmasq",
				[
					..."--keep-in-foreground --conf-file=/dev/null --port=0 --user=root --interface=tap1 --bind-interfaces --leasefile-ro".split(
						" ",
					),
					"--dhcp-range=192.168.78.50,192.168.78.60,1h",
					"--dhcp-option=option:ntp-server,192.168.78.1",
				],
				{ stdio: "ignore" },
			),
		);
		const file = twoTaps();
		const [eth0, eth1] = file.interfaces;
		eth0!.addresses!.push("2001:db8:77::2/64");
		delete eth1!.addresses;
		delete eth1!.gateway;
		eth1!.dhcp = true;
		board = await Board.start(namespace, file, { app: fileURLToPath(new URL("apps/sntp.ts", import.meta.url)) });
	});

	afterAll(async () => {
		for (const child of children) await stop(child);
		await namespace.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	/** The offset from this machine's clock, which is the board's and chrony's. */
	it.each([
		["four", "192.168.77.1"],
		["six", "2001:db8:77::1"],
		["next", "192.168.78.1"],
		["dhcp", "192.168.78.1"],
	])("%s: of %s", async (what, server) => {
		const told = new RegExp(`^${what}: (-?[\\d.]+) ms, stratum 5, (\\S+)$`, "m");
		for (const end = Date.now() + 40_000; !told.test(board.output) && Date.now() < end;) await pause(200);
		const [, offset, by] = told.exec(board.output) ?? expect.fail(board.output);
		expect(by).toBe(server);
		expect(Math.abs(Number(offset))).toBeLessThan(200);
	});

	it("is asked for so that tshark has nothing to say", async () => {
		expect(await endOf(board)).toBe("");
	});
});
