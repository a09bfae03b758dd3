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
		const arps = rig.server.arps.filter(({ target }) => target === ip(ADDRESS));
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

	describe("forged ARP once a second", () => {
		const kinds: [string, () => void][] = [
			["announcements", () => rig.server.arp(ARP_REQUEST, ADDRESS, ADDRESS)],
			["replies to everybody", () => rig.server.arp(ARP_REPLY, ADDRESS, ADDRESS)],
			["replies to us", () => rig.server.arp(ARP_REPLY, ADDRESS, "0.0.0.0", macOf(1))],
			["requests for others", () => rig.server.arp(ARP_REQUEST, ADDRESS, "192.168.1.9")],
			["probes", () => rig.server.arp(ARP_REQUEST, "0.0.0.0", ADDRESS)],
			[
				"replies from a new station each time",
				() => rig.server.arp(ARP_REPLY, ADDRESS, ADDRESS, undefined, macOf(0x2000 + count)),
			],
		];
		let count = 0;
		it.each(kinds)("as %s keeps no client without an address", (kind, forge) => {
			const client = rig.client();
			for (count = 0; count < 600; count++) {
				forge();
				rig.world.run(1000);
			}
			expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
			const declines = rig.server.names().filter((name) => name === "decline").length;
			expect(declines).toBe(kind === "probes" ? 1 : 0);
			expect(client.state.conflicts).toBeGreaterThan(0);
		});

		it("and who answers when asked has the address: the client tries more seldom, and says why", () => {
			rig.server.taken.add(ADDRESS);
			const client = rig.client();
			rig.world.run(600_000);
			const declines = rig.server.names().filter((name) => name === "decline").length;
			expect(declines).toBe(18);
			expect(client.state.reason).toBe("in use by another station, 18 addresses in a row: one more each minute");
		});
	});

	it("a station that announces the address after the last probe has it, once it has answered", () => {
		const client = rig.client();
		rig.world.until(() => rig.server.arps.length === 3, 8000);
		rig.world.run(1900);
		rig.server.taken.add(ADDRESS);
		rig.server.arp(ARP_REQUEST, ADDRESS, ADDRESS);
		rig.world.run(500);
		expect(rig.server.names().at(-1)).toBe("decline");
		expect(client.address).toBeNull();
	});

	it("another station that probes for the same address has it", () => {
		const client = rig.client();
		rig.world.until(() => rig.server.arps.length === 1, 5000);
		rig.server.arp(ARP_REQUEST, "0.0.0.0", ADDRESS);
		rig.world.run(10);
		expect(rig.server.heard.at(-1)!.name).toBe("decline");
		expect(client.address).toBeNull();
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
		rig.links[1]!.ip.insertAddress(ADDRESS, 24);
		const client = rig.client();
		rig.world.run(2000);
		expect(rig.server.names()).toEqual(["discover", "request", "decline"]);
		expect(client.address).toBeNull();
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

	it("an address that is claimed every second stays ours, is defended at most once in ten seconds, and the client says so", () => {
		const client = rig.client();
		rig.bound(client);
		rig.world.run(5000);
		rig.server.names();
		rig.server.arps.length = 0;
		for (let i = 0; i < 100; i++) {
			claim();
			rig.world.run(1000);
		}
		expect(rig.server.names()).toEqual([]);
		expect(rig.addresses()).toEqual([`${ADDRESS}/24`]);
		expect(client.state).toMatchObject({
			state: "bound",
			reason: `another station uses ${ADDRESS} too`,
			conflicts: 100,
		});
		expect(rig.server.arps.length).toBe(10);
		for (const { sender, target } of rig.server.arps) expect([sender, target]).toEqual([ip(ADDRESS), ip(ADDRESS)]);
		client.renew();
		rig.world.run(100);
		expect(client.state.reason).toBe("");
		claim();
		rig.world.run(100);
		expect(client.state.reason).toBe(`another station uses ${ADDRESS} too`);
	});

	it("an address of the board's own on the same interface is defended as ever, and never given up", () => {
		rig.link.ip.insertAddress("10.0.0.1", 24);
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
