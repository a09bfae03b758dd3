// The example gateway: a Linux station of the LAN and one of the guests' VLAN, which get addresses and names of the board and reach the world by its NAT; guests reach neither the LAN nor the page.

import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardFile } from "../../hosts/desktop/config.ts";
import { Board, DRIVERS } from "./support/board.ts";
import { startNames } from "./support/dnsmasq.ts";
import { Namespace, stop } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

const path = (name: string) => fileURLToPath(new URL(`../../hosts/${name}`, import.meta.url));
const WORLD = "192.168.78.1";
const PROBED = "9.9.9.9";

describeWith(["dnsmasq", "dig", "busybox", "nmap", "python3"], "the example gateway", () => {
	let lan: Namespace;
	let guest: Namespace;
	let world: Namespace;
	let board: Board;
	let folder: string;
	let server: ChildProcess;
	let port: ChildProcess;

	/** Asks for an address by DHCP, sets it up, and answers what else was said. */
	async function dhcp(namespace: Namespace, device: string): Promise<Record<string, string>> {
		const said = join(folder, device);
		const script = join(folder, `${device}.sh`);
		writeFileSync(
			script,
			`#!/bin/sh\n[ "$1" = bound ] || exit 0\nip address add $ip/24 dev ${device}\nip route add default via $router\nenv > ${said}\n`,
		);
		chmodSync(script, 0o755);
		const { status, stderr } = await namespace.exec("busybox", [
			"udhcpc",
			"-n",
			"-q",
			"-i",
			device,
			"-s",
			script,
			"-t",
			"10",
			"-T",
			"2",
		]);
		expect(status, `${stderr}\n${board.output}`).toBe(0);
		const lines = readFileSync(said, "utf8").trim().split("\n");
		return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
	}

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-gateway-"));
		lan = await namespaceWithTaps();
		guest = await Namespace.create();
		world = await Namespace.create();
		const file = JSON.parse(readFileSync(path("desktop/boards/gateway.json"), "utf8")) as BoardFile;
		file.interfaces[0]!.driver = DRIVERS[0]!;
		file.interfaces[2]!.driver = DRIVERS[1]!;
		file.interfaces[3]!.wire = `pty:${join(folder, "modem")}`;
		file.limits!.heap = 0;
		// Stations say 192.168.77.1 to it: the kernel's end has another address here.
		await lan.ip("address", "flush", "dev", "tap0");
		board = await Board.start(lan, file, { app: path("examples/gateway.ts") });
		await lan.ip("link", "set", "tap1", "netns", world.name);
		const tagger = fileURLToPath(new URL("support/tagger.py", import.meta.url));
		port = lan.spawn("python3", [tagger, "tap0", "2", "vlan2"], { stdio: ["ignore", "pipe", "inherit"] });
		await new Promise((resolve) => port.stdout!.once("data", resolve));
		await lan.ip("link", "set", "vlan2", "netns", guest.name);
		await guest.ip("link", "set", "vlan2", "up");
		for (const address of [`${WORLD}/24`, `${PROBED}/32`]) await world.ip("address", "add", address, "dev", "tap1");
		await world.ip("link", "set", "tap1", "up");
		server = await startNames(
			world,
			"--interface=tap1",
			"--except-interface=lo",
			`--dhcp-leasefile=${join(folder, "leases")}`,
			"--dhcp-range=192.168.78.50,192.168.78.60,1h",
			`--host-record=www.world.test,${WORLD}`,
		);
		for (let i = 0; i < 300 && !board.output.includes("out by eth1"); i++) await pause(100);
	}, 240_000);

	afterAll(async () => {
		for (const child of [server, port]) if (child !== undefined) await stop(child);
		await guest.close();
		await world.close();
		await lan.close();
		board.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	it("takes 60 lines of program and board file", () => {
		const lines = ["desktop/boards/gateway.json", "examples/gateway.ts"].map(
			(name) => readFileSync(path(name), "utf8").trim().split("\n").length,
		);
		expect(lines[0]! + lines[1]!).toBeLessThanOrEqual(60);
	});

	it("stations of the LAN have an address, names, the page, and the world by the board's address", async () => {
		expect(await dhcp(lan, "tap0")).toMatchObject({ router: "192.168.77.1", dns: "192.168.77.1" });
		const dig = await lan.exec("dig", ["@192.168.77.1", "+short", "www.world.test"]);
		expect(dig.stdout.trim()).toBe(WORLD);
		expect((await lan.exec("ping", ["-c", "2", "-W", "3", WORLD])).stdout).toContain("2 received");
		const page = await lan.exec("curl", ["-sS", "--max-time", "20", "http://192.168.77.1/status"]);
		expect(page.stdout).toContain('"name":"guest"');
		const { child } = await serveWorld();
		const got = await lan.exec("curl", ["-sS", "--max-time", "20", `http://${WORLD}:8000/`]);
		expect(got.stdout).toMatch(/^192\.168\.78\.5\d$/); // who asked, as the world sees it
		await stop(child);
	});

	it("guests have an address, names and the world, and reach neither the LAN nor anything else of the board", async () => {
		expect(await dhcp(guest, "vlan2")).toMatchObject({ router: "10.2.0.1", dns: "10.2.0.1" });
		const dig = await guest.exec("dig", ["@10.2.0.1", "+short", "www.world.test"]);
		expect(dig.stdout.trim()).toBe(WORLD);
		expect((await guest.exec("dig", ["@10.2.0.1", "+tcp", "+short", "www.world.test"])).stdout.trim()).toBe(WORLD);
		expect((await guest.exec("ping", ["-c", "2", "-W", "3", WORLD])).stdout).toContain("2 received");
		const { stdout } = await lan.exec("ip", ["-4", "-json", "address", "show", "dev", "tap0"]);
		const host = (JSON.parse(stdout) as { addr_info: { local: string }[] }[])[0]!.addr_info[0]!.local;
		expect((await guest.exec("ping", ["-c", "2", "-W", "2", host])).stdout).toContain(" 0 received");
		for (const address of ["10.2.0.1", "192.168.77.1"]) {
			const page = await guest.exec("curl", ["-sS", "--max-time", "5", `http://${address}/status`]);
			expect(page.status).not.toBe(0);
		}
		const scan = await guest.exec("nmap", ["-n", "-Pn", "-sS", "-T4", "-p", "1-1000", "10.2.0.1"], { timeoutMs: 120_000 });
		expect([...scan.stdout.matchAll(/^(\d+)\/tcp +open/gm)].map(([, port]) => port)).toEqual(["53"]);
	}, 180_000);

	it("the world sees nothing of them, and the resolver of the board is not open to it", async () => {
		const lease = /192\.168\.78\.5\d/.exec(board.output)![0];
		const dig = await world.exec("dig", [`@${lease}`, "+tries=1", "+time=2", "www.world.test"]);
		expect(dig.stdout).not.toContain("status:");
		const scan = await world.exec("nmap", ["-n", "-Pn", "-sS", "-T4", "-p", "1-1000", lease], { timeoutMs: 120_000 });
		expect(scan.stdout).not.toMatch(/^\d+\/tcp +open/m);
	}, 180_000);

	it("sends nothing that tshark has anything against", async () => {
		expect(await endOf(board)).toBe("");
	});

	/** A server of the world that says who asks. */
	async function serveWorld(): Promise<{ child: ChildProcess }> {
		const code =
			'require("http").createServer((q, r) => r.end(q.socket.remoteAddress.replace("::ffff:", ""))).listen(8000, "0.0.0.0", () => console.log("ready"))';
		const child = world.spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
		await new Promise((resolve) => child.stdout!.once("data", resolve));
		return { child };
	}
});
