// The DHCPv6 client over PPP: pppd with dnsmasq behind it, which says by its advertisements that it lends addresses. RFC 5072, RFC 8415.

import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardFile } from "../../hosts/desktop/config.ts";
import { Board, interfaceOf } from "./support/board.ts";
import { Dnsmasq } from "./support/dnsmasq.ts";
import { Namespace } from "./support/namespace.mjs";
import { Pppd, PppdFolder } from "./support/pppd.ts";
import { describeWith, endOf, pause } from "./support/setup.ts";

const PREFIX = "2001:db8:99:1";
const BESIDE = "192.168.77.2";

describeWith(["pppd", "dnsmasq"], "DHCPv6 over PPP", () => {
	let folder: PppdFolder;
	let namespace: Namespace;
	let board: Board;
	let pppd: Pppd;
	let server: Dnsmasq;
	let address: string;

	beforeAll(async () => {
		folder = await PppdFolder.create();
		namespace = await Namespace.create();
		for (const each of ["all", "default"]) await namespace.sysctl(`net.ipv6.conf.${each}.disable_ipv6=0`);
		await namespace.tap("tap0", "192.168.77.1/24");
		const file: BoardFile = {
			interfaces: [
				{ name: "ppp0", link: "ppp", wire: `pty:${folder.tty}`, baud: 3_000_000, ppp: { holdoff: 1 }, ipv6: { dhcp: true } },
				{ name: "eth0", wire: "tap:tap0", addresses: [`${BESIDE}/24`] },
			],
		};
		board = await Board.start(namespace, file);
		pppd = new Pppd(namespace, folder, ["noauth", "novj", "+ipv6", "192.168.99.2:192.168.99.1"]);
		await until("the link", async () => interfaceOf(await board.status(BESIDE), "ppp0").ppp!.ipv6cp === "opened");
		await namespace.ip("address", "add", `${PREFIX}::1/64`, "dev", "ppp0", "nodad");
		server = new Dnsmasq(namespace, {
			device: "ppp0",
			range: "192.168.99.40,192.168.99.49",
			leases: join(folder.folder, "leases"),
			more: [
				"--enable-ra",
				`--dhcp-range=${PREFIX}::100,${PREFIX}::1ff,64,1h`,
				"--ra-param=ppp0,10,1800",
				`--dhcp-option=option6:dns-server,[${PREFIX}::53]`,
				"--dhcp-option=option6:domain-search,example.net",
			],
		});
	});

	afterAll(async () => {
		await server?.stop();
		await pppd?.stop();
		await namespace.close();
		folder.discard();
		board?.discard();
	});

	async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
		for (let i = 0; i < 300; i++) {
			if (await done()) return;
			await pause(100);
		}
		throw new Error(`${what}: not within 30 s; ${board.output}\n${pppd.output}\n${server?.output}`);
	}

	async function answers(): Promise<void> {
		const { stdout } = await namespace.exec("ping", ["-6", "-n", "-c", "3", "-i", "0.2", "-W", "2", address]);
		expect(stdout).toContain("3 received");
	}

	it("lends the board an address, at which the server's side reaches it, and says name servers", async () => {
		const lent = new RegExp(`${PREFIX}::1[0-9a-f]{2}\\b`);
		await until("an address", () => lent.test(board.output) && board.output.includes("(dhcpv6)"));
		address = lent.exec(board.output)![0];
		await answers();
		const { ipv6, addresses } = interfaceOf(await board.status(BESIDE), "ppp0");
		expect(ipv6).toMatchObject({ managed: true, refused: 0 });
		expect(ipv6!.nameServers).toContain(`${PREFIX}::53`);
		expect(addresses).toContain(`${address}/128`);
		for (const kind of ["SOLICIT", "ADVERTISE", "REQUEST", "REPLY"]) expect(server.messages(kind), server.output).not.toEqual([]);
	});

	it("asks anew when the link has come back, and has the same address again", async () => {
		await pppd.stop();
		await until("the end of the link", async () => interfaceOf(await board.status(BESIDE), "ppp0").ppp!.phase === "dead");
		const before = server.messages("REPLY").length;
		pppd = new Pppd(namespace, folder, ["noauth", "novj", "+ipv6", "192.168.99.2:192.168.99.1"]);
		await until("the link", async () => interfaceOf(await board.status(BESIDE), "ppp0").ppp!.ipv6cp === "opened");
		await namespace.ip("address", "add", `${PREFIX}::1/64`, "dev", "ppp0", "nodad");
		await until("an answer", () => server.messages("REPLY").length > before);
		// The router's word, too, counts anew.
		await until("a way", async () => (await board.status(BESIDE)).routes.some(({ prefix }) => prefix === "::/0"));
		expect(interfaceOf(await board.status(BESIDE), "ppp0").addresses).toContain(`${address}/128`);
		await answers();
	});

	it("sends nothing that tshark objects to", async () => {
		expect(await endOf(board)).toBe("");
	});
});
