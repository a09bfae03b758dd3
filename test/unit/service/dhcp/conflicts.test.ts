// An address that another station has: found before it is used (RFC 5227 §2.1), and while it is (§2.4).

import { beforeEach, describe, expect, it } from "vitest";
import { ARP_REPLY, ARP_REQUEST, ip, ipText, read32 } from "../../../support/frames.ts";
import { macOf } from "../../../support/wire.ts";
import { Rig } from "./rig.ts";

const ADDRESS = "192.168.1.100";

let rig: Rig;

beforeEach(() => {
	rig = new Rig();
});

describe("before it is used", () => {
	it("an address is probed three times in 1 to 2 s each, and announced twice", () => {
		const client = rig.client();
		rig.bound(client);
		rig.world.run(5000);
		const { arps } = rig.server;
		expect(arps.map(({ sender, target }) => `${ipText(sender)} ${ipText(target)}`)).toEqual([
			...Array.from({ length: 3 }, () => `0.0.0.0 ${ADDRESS}`),
			...Array.from({ length: 2 }, () => `${ADDRESS} ${ADDRESS}`),
		]);
		const waits = arps.slice(1).map(({ at }, i) => at - arps[i]!.at);
		for (const wait of waits.slice(0, 2)) {
			expect(wait).toBeGreaterThanOrEqual(1000);
			expect(wait).toBeLessThan(2001);
		}
		expect(waits.slice(2)).toEqual([2000, 2000]);
	});

	it("an address that answers is declined, and another is looked for 10 s later", () => {
		rig.server.taken.add(ADDRESS);
		const client = rig.client();
		expect(rig.world.until(() => client.state.reason !== "", 5000)).toBe(true);
		expect(client.state).toMatchObject({ state: "init", reason: "in use by another station" });
		expect(rig.addresses()).toEqual([]);
		const decline = rig.server.heard.at(-1)!;
		expect(decline).toMatchObject({ name: "decline", ciaddr: 0, source: 0, destination: -1 });
		expect(read32(decline.options.get(50)!, 0)).toBe(ip(ADDRESS));
		expect(read32(decline.options.get(54)!, 0)).toBe(ip(rig.server.server));
		rig.server.names();
		rig.server.address = "192.168.1.101";
		rig.world.run(9900);
		expect(rig.server.names()).toEqual([]);
		expect(rig.bound(client)).toBe(true);
		expect(rig.server.heard[0]!.options.has(50)).toBe(false);
		expect(rig.addresses()).toEqual(["192.168.1.101/24"]);
	});

	it("ten conflicts in a row make it patient", () => {
		rig.server.taken.add(ADDRESS);
		rig.client();
		rig.world.run(600_000);
		const declines = rig.server.heard.filter(({ name }) => name === "decline");
		const waits = declines.slice(1).map(({ at }, i) => at - declines[i]!.at);
		for (const wait of waits.slice(0, 8)) expect(wait).toBeLessThan(20_000);
		for (const wait of waits.slice(9)) expect(wait).toBeGreaterThanOrEqual(60_000);
		expect(waits.length).toBeGreaterThan(10);
	});

	it("another station that probes for the same address has it", () => {
		const client = rig.client();
		rig.world.until(() => rig.server.arps.length === 1, 5000);
		rig.server.arp(ARP_REQUEST, "0.0.0.0", ADDRESS);
		rig.world.run(10);
		expect(rig.server.heard.at(-1)!.name).toBe("decline");
		expect(client.address).toBe(0);
	});

	it.each([
		["our own probe that comes back", ARP_REQUEST, "0.0.0.0", ADDRESS, macOf(1)],
		["somebody who asks for it", ARP_REQUEST, "192.168.1.7", ADDRESS, macOf(0x888)],
		["somebody who probes for another", ARP_REQUEST, "0.0.0.0", "192.168.1.101", macOf(0x888)],
	])("%s is no conflict", (_what, operation, sender, target, mac) => {
		const client = rig.client();
		rig.world.until(() => rig.server.arps.length === 1, 5000);
		rig.server.arp(operation, sender, target, undefined, mac);
		expect(rig.bound(client)).toBe(true);
	});

	it("nothing is probed when the application says so", () => {
		rig.bound(rig.client({ probes: 0 }));
		rig.world.run(5000);
		expect(rig.server.arps.filter(({ sender }) => sender === 0)).toEqual([]);
	});

	it("an address of another interface of ours is declined", () => {
		rig = new Rig({ interfaces: 2 });
		rig.links[1]!.addAddress(ip(ADDRESS), 24);
		const client = rig.client();
		rig.world.run(2000);
		expect(rig.server.names()).toEqual(["discover", "request", "decline"]);
		expect(client.address).toBe(0);
		expect(rig.addresses(1)).toEqual([`${ADDRESS}/24`]);
		rig.server.address = "192.168.1.55";
		expect(rig.bound(client, 20_000)).toBe(true);
	});
});

describe("while it is used", () => {
	/** Another station claims the address. */
	const claim = () => rig.server.arp(ARP_REPLY, ADDRESS, ADDRESS);

	it("an address is defended once", () => {
		const client = rig.client();
		rig.bound(client);
		rig.world.run(5000);
		rig.server.arps.length = 0;
		claim();
		rig.world.run(10);
		expect(rig.server.arps.map(({ sender, target }) => [sender, target])).toEqual([[ip(ADDRESS), ip(ADDRESS)]]);
		expect(client.state.state).toBe("bound");
		rig.world.run(11_000);
		claim();
		rig.world.run(10);
		expect(client.state.state).toBe("bound");
	});

	it("the second conflict within ten seconds ends its use: declined, and another is asked for", () => {
		const client = rig.client();
		rig.bound(client);
		rig.world.run(5000);
		rig.server.names();
		claim();
		rig.world.run(9000);
		claim();
		rig.world.run(10);
		expect(rig.server.names()).toEqual(["decline"]);
		expect(rig.addresses()).toEqual([]);
		expect(rig.routes()).toEqual([]);
		rig.server.address = "192.168.1.101";
		expect(rig.bound(client, 30_000)).toBe(true);
		expect(rig.addresses()).toEqual(["192.168.1.101/24"]);
	});

	it("an address of the board's own on the same interface is defended as ever, and never given up", () => {
		rig.link.addAddress(ip("10.0.0.1"), 24);
		const client = rig.client();
		rig.bound(client);
		rig.world.run(5000);
		rig.server.arps.length = 0;
		for (let i = 0; i < 3; i++) {
			rig.server.arp(ARP_REPLY, "10.0.0.1", "10.0.0.1");
			rig.world.run(1000);
		}
		expect(rig.server.arps.map(({ target }) => target)).toEqual([ip("10.0.0.1")]);
		expect(client.state.state).toBe("bound");
		expect(rig.addresses()).toEqual(["10.0.0.1/24", `${ADDRESS}/24`]);
	});

	it("our own announcement that comes back is no conflict", () => {
		const client = rig.client();
		rig.bound(client);
		for (let i = 0; i < 3; i++) {
			rig.server.arp(ARP_REQUEST, ADDRESS, ADDRESS, undefined, macOf(1));
			rig.world.run(100);
		}
		expect(client.state.state).toBe("bound");
	});
});
