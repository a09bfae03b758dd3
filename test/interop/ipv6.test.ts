// IPv6 by routers' word, against the Linux kernel and dnsmasq's router advertisements.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps, dropsSince } from "./support/board.ts";
import { Dnsmasq } from "./support/dnsmasq.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";

const PREFIX = "2001:db8:77";
const BYTES = 5_000_000;

describeWith(["dnsmasq"], "a board that takes addresses of IPv6 from routers", () => {
	let namespace: Namespace;
	let board: Board;
	let router: Dnsmasq;
	let folder: string;
	let address: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "multihome-ipv6-"));
		namespace = await namespaceWithTaps();
		for (const [i, tap] of ["tap0", "tap1"].entries()) {
			// The kernel would hear dnsmasq, too, and come to a second address, from which it asks or not.
			for (const setting of ["accept_ra=0", "accept_dad=0", "disable_ipv6=0"])
				await namespace.sysctl(`net.ipv6.conf.${tap}.${setting}`);
			await namespace.ip("address", "add", `2001:db8:${77 + i}::1/64`, "dev", tap, "nodad");
		}
		router = new Dnsmasq(namespace, {
			device: "tap0",
			range: "192.168.77.40,192.168.77.49",
			leases: join(folder, "leases"),
			more: ["--enable-ra", `--dhcp-range=${PREFIX}::,ra-only,64,1h`, "--ra-param=tap0,10,1800"],
		});
		const file = twoTaps({ ipv6: "auto" });
		board = await Board.start(namespace, file);
		for (let i = 0; i < 200 && !board.output.includes(PREFIX); i++) await pause(100);
		const found = /^eth0 .*?(2001:db8:77:[0-9a-f:]+)/m.exec(board.output);
		if (found === null) throw new Error(`no address of ${PREFIX}::/64: ${board.output}; dnsmasq said ${router.output}`);
		address = found[1]!;
	});

	afterAll(async () => {
		await router?.stop();
		await namespace.close();
		board?.discard();
		rmSync(folder, { recursive: true, force: true });
	});

	async function ping(...args: string[]): Promise<string> {
		const { stdout, stderr } = await namespace.exec("ping", ["-6", "-n", "-W", "2", ...args]);
		return stdout + stderr;
	}

	it("answers pings of every size, longer ones in fragments, at its address, and at that of the link", async () => {
		for (const size of ["0", "1", "56", "1232", "1452", "1453", "3000", "8000"])
			expect(await ping("-c", "3", "-i", "0.2", "-s", size, address)).toContain("3 received");
		const linkLocal = /^eth0 .*?(fe80::[0-9a-f:]+)/m.exec(board.output)![1]!;
		expect(await ping("-c", "3", "-i", "0.2", `${linkLocal}%tap0`)).toContain("3 received");
		expect(await ping("-c", "2", "-i", "0.2", "ff02::1%tap0")).toContain(linkLocal);
	});

	it("is a neighbour that the kernel can reach, and asks the kernel in its turn", async () => {
		await ping("-c", "1", address);
		expect((await namespace.exec("ip", ["-6", "neigh", "show", address])).stdout).toMatch(
			/lladdr 02:6d:68:00:00:01 (REACHABLE|STALE|DELAY|PROBE)/,
		);
		const { neighbors } = await board.status();
		expect(neighbors.map(({ address: each }) => each)).toContain(`${PREFIX}::1`);
	});

	it("serves by TCP both ways", async () => {
		const url = `http://[${address}]`;
		const got = await namespace.exec("curl", [
			"-sS",
			"--max-time",
			"60",
			"-o",
			"/dev/null",
			"-w",
			"%{http_code} %{size_download} %{speed_download}",
			`${url}/bytes/${BYTES}`,
		]);
		expect(got.stdout).toMatch(new RegExp(`^200 ${BYTES} `));
		const status = await namespace.exec("curl", ["-sS", "--max-time", "30", `${url}/status`]);
		const sockets = (JSON.parse(status.stdout) as { sockets: { local: string; remote: string }[] }).sockets;
		expect(sockets.some(({ local }) => local === `[${address}]:80`)).toBe(true);
		const sent = await namespace.exec("sh", [
			"-c",
			`head -c ${BYTES} /dev/zero | curl -sS --max-time 60 -o /dev/null -w '%{http_code} %{size_upload} %{speed_upload}' --data-binary @- ${url}/sink`,
		]);
		expect(sent.stdout).toMatch(new RegExp(`^200 ${BYTES} `));
		report(`IPv6: ${got.stdout} bytes/s from, ${sent.stdout} bytes/s to the board`);
	});

	it("refuses ports that nobody listens at, by TCP and UDP", async () => {
		const refused = await namespace.exec("curl", ["-sS", "--max-time", "5", `http://[${address}]:81/`]);
		expect(refused.stderr).toMatch(/after \d{1,3} ms: Couldn't connect|refused/);
		const before = await board.status();
		const udp = await namespace.exec("sh", ["-c", `echo x | ncat -6 -u -w 1 ${address} 9999; echo status $?`]);
		expect(udp.stdout + udp.stderr).toMatch(/refused|status [01]/);
		expect(dropsSince(before, await board.status(), "eth0")).toMatchObject({ udpNoSocket: 1 });
	});

	it("sends nothing that tshark objects to", async () => {
		expect(await endOf(board)).toBe("");
	});
});
