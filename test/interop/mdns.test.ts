// The board answers for its name and announces a service: to avahi, which resolves names and browses services by both families, and contends for the name.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const BUS = (socket: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`;

const AVAHI = `[server]
host-name=board
use-ipv4=yes
use-ipv6=yes
allow-interfaces=tap0
[publish]
publish-addresses=yes
`;

describeWith(["avahi-daemon", "avahi-browse", "dbus-daemon"], "multicast DNS with avahi", () => {
	let namespace: Namespace;
	let board: Board;
	const folder = mkdtempSync(join(tmpdir(), "multihome-mdns-"));
	const bus = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, "bus")}` };
	const children: ChildProcess[] = [];
	let said = "";

	function run(tool: string, ...args: string[]): void {
		const child = namespace.spawn("env", [...Object.entries(bus).map((pair) => pair.join("=")), tool, ...args], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		children.push(child);
		for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (part: Buffer) => (said += part.toString()));
	}

	const ask = async (tool: string, ...args: string[]): Promise<string> => {
		const { stdout, stderr } = await namespace.exec("env", [
			...Object.entries(bus).map((pair) => pair.join("=")),
			"timeout",
			"8",
			tool,
			...args,
		]);
		return stdout + stderr;
	};

	async function until(done: () => boolean, ms = 10_000): Promise<void> {
		for (const end = Date.now() + ms; !done(); await pause(100))
			if (Date.now() > end) throw new Error(`not within ${ms} ms; avahi said:\n${said}\nthe board said:\n${board?.output}`);
	}

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.exec("sysctl", ["-qw", "net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.accept_dad=0"]);
		await namespace.ip("address", "add", "fe80::77:1/64", "dev", "tap0");
		writeFileSync(join(folder, "bus.conf"), BUS(join(folder, "bus")));
		writeFileSync(join(folder, "avahi.conf"), AVAHI);
		run("dbus-daemon", `--config-file=${join(folder, "bus.conf")}`, "--nofork", "--nopidfile");
		await pause(300);
		run("avahi-daemon", "-f", join(folder, "avahi.conf"), "--no-drop-root", "--no-chroot", "--no-rlimits");
		await until(() => said.includes("startup complete"));
		const file = twoTaps({ ipv6: "auto" });
		const services = [{ type: "_http._tcp", port: 80, name: "Web server", txt: { path: "/status" } }];
		board = await Board.start(namespace, { ...file, mdns: { hostname: "board", services } });
	});

	afterAll(async () => {
		for (const child of children.reverse()) await stop(child);
		await namespace.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	it("the board has another name than avahi, which was there first", async () => {
		await until(() => board.output.includes("board-2.local by eth0"));
		expect(await ask("avahi-resolve", "-4", "-n", "board.local")).toContain("192.168.77.1");
	});

	it("avahi resolves its name to the addresses of the interface that was asked, and these to the name", async () => {
		expect(await ask("avahi-resolve", "-4", "-n", "board-2.local")).toBe("board-2.local\t192.168.77.2\n");
		expect(await ask("avahi-resolve", "-6", "-n", "board-2.local")).toMatch(/^board-2\.local\tfe80::[0-9a-f:]+\n$/);
		expect(await ask("avahi-resolve", "-a", "192.168.77.2")).toBe("192.168.77.2\tboard-2.local\n");
	});

	it("avahi finds its service by both families, with what is said of it", async () => {
		expect(await ask("avahi-browse", "-atpk")).toContain(";Web\\032server;_http._tcp;local");
		const found = await ask("avahi-browse", "-rtpk", "_http._tcp");
		for (const family of ["IPv4", "IPv6"])
			expect(found).toMatch(
				new RegExp(
					`=;tap0;${family};Web\\\\032server;_http._tcp;local;board-2.local;(192.168.77.2|fe80::[0-9a-f:]+);80;"path=/status"`,
				),
			);
	});

	it("avahi takes another name when it is to be called as the board is", async () => {
		await ask("avahi-set-host-name", "board-2");
		await until(() => /Server startup complete\. Host name is board-3\.local/.test(said));
		expect(board.output).not.toContain("board-3");
		expect(await ask("avahi-resolve", "-4", "-n", "board-2.local")).toBe("board-2.local\t192.168.77.2\n");
	});

	it("ends well, with nothing that tshark objects to, and avahi knows that its service is over", async () => {
		expect(await endOf(board)).toBe("");
		await pause(1500); // RFC 6762 §10.1: a second
		expect(await ask("avahi-browse", "-tpck", "_http._tcp")).toBe("");
	});
});
