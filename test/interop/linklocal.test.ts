// A fixed address that the Linux kernel has, too, is not used; and a board where no DHCP server answers has an address of its own, which the Linux kernel at the other end of the cable reaches; it goes when dnsmasq lends one.

import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { stop, type Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause } from "./support/setup.ts";

describeWith([], "a fixed address that is probed for", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.ip("address", "add", "192.168.77.2/24", "dev", "tap0");
		const file = twoTaps();
		board = await Board.start(namespace, { ...file, interfaces: [{ ...file.interfaces[0]!, probe: true }, file.interfaces[1]!] });
	});

	afterAll(async () => {
		await namespace.close();
		board?.discard();
	});

	async function said(what: RegExp, ms: number): Promise<void> {
		for (const end = Date.now() + ms; !what.test(board.output) && Date.now() < end;) await pause(100);
		expect(board.output).toMatch(what);
	}

	it("is not used while the kernel has it, and a minute later when that has it no more", async () => {
		await said(/^eth0 192\.168\.77\.2\/24 is another's; it is asked for again in a minute$/m, 10_000);
		expect(
			(await board.status("192.168.78.2")).interfaces
				.find(({ name }) => name === "eth0")!
				.addresses.filter((text) => !text.includes(":")),
		).toEqual([]);
		await namespace.ip("address", "del", "192.168.77.2/24", "dev", "tap0");
		await said(/^eth0 192\.168\.77\.2\/24 \(nobody else has it\)$/m, 75_000);
		const { stdout } = await namespace.exec("ping", ["-c", "2", "-W", "2", "192.168.77.2"]);
		expect(stdout).toContain("2 received");
		expect(await endOf(board)).toBe("");
	}, 120_000);
});

describeWith(["dnsmasq"], "a link-local address of IPv4", () => {
	let namespace: Namespace;
	let board: Board;
	let server: ChildProcess | undefined;
	let address = "";

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.ip("address", "add", "169.254.7.7/16", "dev", "tap0");
		const file = twoTaps();
		file.interfaces.length = 1;
		const eth0 = file.interfaces[0]!;
		delete eth0.addresses;
		delete eth0.gateway;
		board = await Board.start(namespace, { ...file, interfaces: [{ ...eth0, dhcp: true, linkLocal: true }] });
	});

	afterAll(async () => {
		if (server !== undefined) await stop(server);
		await namespace.close();
		board?.discard();
	});

	async function said(what: RegExp, ms: number): Promise<RegExpExecArray> {
		for (const end = Date.now() + ms; !what.test(board.output) && Date.now() < end;) await pause(100);
		return what.exec(board.output) ?? expect.fail(board.output);
	}

	it("is there when DHCP was silent, and answers", async () => {
		address = (await said(/^eth0 (169\.254\.\d+\.\d+)\/16 \(link-local\)$/m, 20_000))[1]!;
		const { stdout } = await namespace.exec("ping", ["-c", "2", "-W", "2", address]);
		expect(stdout).toContain("2 received");
	});

	it("goes when there is a lease", async () => {
		const options =
			"--keep-in-foreground --conf-file=/dev/null --port=0 --user=root --interface=tap0 --bind-interfaces --leasefile-ro --dhcp-authoritative";
		server = namespace.spawn("dnsmasq", [...options.split(" "), "--dhcp-range=192.168.77.50,192.168.77.60,1h"], {
			stdio: "ignore",
		});
		await said(/^eth0 192\.168\.77\.\d+\/24 \(dhcp\)$/m, 45_000);
		await said(/^eth0 no address \(link-local\)$/m, 2000);
		const { stdout } = await namespace.exec("ping", ["-c", "1", "-W", "1", address]);
		expect(stdout).toContain("0 received");
	});

	it("and tshark has nothing to say", async () => {
		expect(await endOf(board)).toBe("");
	});
});
