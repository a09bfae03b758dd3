// Router advertisements: RFC 4861 §6.2 and §4.2, RFC 7084 §4.3.

import { describe, expect, it } from "vitest";
import { canonicalAddress } from "../../../../src/address.ts";
import { RouterAdvertiser, type RouterAdvertiserOptions } from "../../../../src/service/advertiser/advertiser.ts";
import { Autoconfiguration } from "../../../../src/service/ipv6/autoconfiguration.ts";
import type { Service } from "../../../../src/transport/services.ts";
import { read16, read32 } from "../../../support/frames.ts";
import { full, icmp6, ip6Text, linkOption, type Parsed6 } from "../../../support/frames6.ts";
import { Station6 } from "../../../support/station6.ts";
import { macOf } from "../../../support/wire.ts";

const LAN = "2001:db8:a:1::1";
const ALL_NODES = "ff02::1";

interface Heard {
	at: number;
	lifetime: number;
	mtu: number;
	mac: number[];
	/** "network/length preferred valid". */
	prefixes: string[];
	/** "network/length lifetime". */
	routes: string[];
	servers: string[];
}

/** Addresses as our stack writes them. */
function short(payload: Uint8Array, at: number): string {
	return canonicalAddress(ip6Text(payload, at))!;
}

/** Reads an advertisement as RFC 4861 §4.2 has it. */
function readRa({ payload, source, destination, hopLimit }: Parsed6, at: number): Heard {
	expect([payload[0], payload[1], hopLimit, destination]).toEqual([134, 0, 255, full(ALL_NODES)]);
	expect(source.startsWith("fe80:")).toBe(true);
	expect([payload[4], payload[5]]).toEqual([64, 0]);
	const heard: Heard = { at, lifetime: read16(payload, 6), mtu: 0, mac: [], prefixes: [], routes: [], servers: [] };
	for (let place = 16; place < payload.length; place += payload[place + 1]! * 8) {
		const type = payload[place]!;
		const word = (from: number) => read32(payload, place + from) >>> 0;
		if (type === 1) heard.mac = [...payload.subarray(place + 2, place + 8)];
		else if (type === 5) heard.mtu = word(4);
		else if (type === 3) {
			expect(payload[place + 3]).toBe(0xc0);
			heard.prefixes.push(`${short(payload, place + 16)}/${payload[place + 2]} ${word(8)} ${word(4)}`);
		} else if (type === 24) heard.routes.push(`${short(payload, place + 8)}/${payload[place + 2]} ${word(4)}`);
		else if (type === 25)
			for (let i = place + 8; i < place + payload[place + 1]! * 8; i += 16) heard.servers.push(short(payload, i));
		else throw new Error(`option ${type}`);
	}
	return heard;
}

class Lan {
	readonly s: Station6;
	readonly stack;
	readonly up;

	constructor(addresses = [`${LAN}/64`, "fe80::1/64"], options = {}) {
		this.s = new Station6(addresses, { forwarding: true, ...options });
		const { world, node } = this.s;
		this.stack = node.stack;
		this.up = node.ethernet("wan0", world.device({ mac: macOf(9), numbered: true }));
		this.up.addAddress("2001:db8:ffff::2/64");
		world.run(100);
	}

	advertise(options: RouterAdvertiserOptions = {}) {
		return new RouterAdvertiser(this.stack, "eth0", options);
	}

	/** Advertisements of the next `ms`. */
	heard(ms: number): Heard[] {
		const found: Heard[] = [];
		const { world } = this.s;
		const end = world.clock.now + ms;
		while (world.clock.now < end) {
			world.run(Math.min(100, end - world.clock.now));
			for (const packet of this.s.packets())
				if (packet.next === 58 && packet.payload[0] === 134) found.push(readRa(packet, world.clock.now));
		}
		return found;
	}

	solicit(source = "fe80::77", options: number[] = linkOption(1, macOf(0x77)), hopLimit = 255): void {
		this.s.ip(icmp6({ source, destination: "ff02::2", hopLimit, type: 133 }, [0, 0, 0, 0, ...options]), { from: macOf(0x77) });
	}

	everywhere() {
		return this.stack.routes.add({ prefix: "::/0", gateway: "2001:db8:ffff::1", interface: this.up });
	}
}

describe("misuse", () => {
	it.each([
		[{ intervalSeconds: 3 }, RangeError, "intervalSeconds 3: expected a whole number from 4 to 1800"],
		[{ nameServers: "::1" }, TypeError, 'nameServers "::1": expected an array'],
		[{ nameServers: ["192.0.2.1"] }, RangeError, 'nameServers "192.0.2.1": expected an address of IPv6'],
		[{ nameServers: Array(4).fill("2001:db8::1") }, RangeError, "nameServers: 4 addresses; expected at most 3"],
	])("with %j names what is wrong", (options, type, message) => {
		const lan = new Lan();
		const make = () => lan.advertise(options as RouterAdvertiserOptions);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		lan.advertise().close();
	});

	it("is refused for what does not forward, is no Ethernet, or has it already", () => {
		const lan = new Lan(undefined, { forwarding: false });
		expect(() => lan.advertise()).toThrow('a router forwards; make the stack with "forwarding": true');
		const router = new Lan();
		expect(() => new RouterAdvertiser(router.stack, "lo")).toThrow(
			"router advertisements on lo: is loopback; expected an Ethernet interface",
		);
		router.advertise();
		expect(() => router.advertise()).toThrow("there are some already");
	});
});

describe("what is said", () => {
	it("is the prefix, the MTU, the hardware address; no way to everywhere while there is none", () => {
		const lan = new Lan();
		const advertiser = lan.advertise();
		const [first] = lan.heard(1000);
		expect(first).toMatchObject({
			lifetime: 0,
			mtu: 1500,
			mac: [...macOf(1)],
			prefixes: ["2001:db8:a:1::/64 2700 5400"],
			routes: [],
			servers: [],
		});
		expect(advertiser.state).toMatchObject({ isDefault: false, sent: 1, asked: 0 });
	});

	it("is a way to everywhere while another interface has a default route, told at once", () => {
		const lan = new Lan();
		lan.advertise();
		lan.heard(60_000);
		const route = lan.everywhere();
		const told = lan.heard(3500);
		expect(told[0]).toMatchObject({ lifetime: 1800 });
		lan.stack.routes.remove(route);
		expect(lan.heard(3500)[0]).toMatchObject({ lifetime: 0 });
		lan.everywhere();
		lan.heard(60_000);
		lan.up.enabled = false;
		expect(lan.heard(3500)[0]).toMatchObject({ lifetime: 0 });
		// One of this interface itself is none.
		lan.stack.routes.add({ prefix: "::/0", gateway: "fe80::99", interface: lan.s.link, onLink: true });
		expect(lan.heard(60_000).every(({ lifetime }) => lifetime === 0)).toBe(true);
	});

	it("is nothing without an address of the link, with a prefix that is not of 64 bits, of IPv4, or of the link", () => {
		expect(new Lan([`${LAN}/64`]).advertise().state.sent).toBe(0);
		const lan = new Lan([`${LAN}/63`, "fe80::1/64", "10.0.0.1/24"]);
		lan.advertise();
		expect(lan.heard(1000)[0]!.prefixes).toEqual([]);
	});

	it("are name servers: given ones, those of others, or this router where it answers for names", () => {
		const lan = new Lan();
		lan.up.nameServers = ["192.0.2.1", "2001:db8::53", "fe80::53", "2001:db8::54", "2001:db8::55", "2001:db8::56"];
		const advertiser = lan.advertise();
		expect(lan.heard(1000)[0]!.servers).toEqual(["2001:db8::53", "2001:db8::54", "2001:db8::55"]);
		const service: Service = { timers: () => undefined, servesNames: (link) => link === lan.s.link };
		lan.stack.services.add(service);
		advertiser.close();
		lan.heard(4000);
		lan.advertise();
		expect(lan.heard(1000)[0]!.servers).toEqual([LAN]);
		lan.stack.services.delete(service);
		const other = new Lan();
		other.advertise({ nameServers: ["2001:db8::1"] });
		expect(other.heard(1000)[0]!.servers).toEqual(["2001:db8::1"]);
	});
});

describe("when", () => {
	it("three at first within 32 s, then every 200 to 600 s", () => {
		const lan = new Lan();
		lan.advertise();
		const times = lan.heard(4_000_000).map(({ at }) => at);
		expect(times[2]! - times[0]!).toBeLessThanOrEqual(32_200);
		const gaps = times.slice(3).map((at, i) => at - times[i + 2]!);
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(199_000);
		expect(Math.max(...gaps)).toBeLessThanOrEqual(601_000);
		expect(new Set(gaps.map((gap) => Math.round(gap / 1000))).size).toBeGreaterThan(3);
	});

	it("who asks is answered within half a second, a hundred who ask at once by one, and 3 s lie between any two", () => {
		const lan = new Lan();
		lan.advertise();
		lan.heard(60_000);
		const before = lan.s.world.clock.now;
		for (let i = 0; i < 100; i++) lan.solicit();
		const [answer, ...others] = lan.heard(2500);
		expect(answer!.at - before).toBeLessThanOrEqual(700);
		expect(others).toEqual([]);
		const all = [answer!.at];
		for (let i = 0; i < 300; i++) {
			lan.solicit();
			for (const { at } of lan.heard(100)) all.push(at);
		}
		expect(all.length).toBeGreaterThanOrEqual(9);
		for (let i = 1; i < all.length; i++) expect(all[i]! - all[i - 1]!).toBeGreaterThanOrEqual(2900);
	});

	it.each([
		["a hop limit of 254", (lan: Lan) => lan.solicit("fe80::77", [], 254)],
		["no sender and a hardware address", (lan: Lan) => lan.solicit("::")],
		["an option of no length", (lan: Lan) => lan.solicit("fe80::77", [1, 0, 0, 0, 0, 0, 0, 0])],
	])("a question with %s is none", (_what, ask) => {
		const lan = new Lan();
		const advertiser = lan.advertise();
		lan.heard(60_000);
		ask(lan);
		expect(lan.heard(2000)).toEqual([]);
		expect(advertiser.state.asked).toBe(0);
		lan.solicit("::", []);
		expect(lan.heard(2000).length).toBe(1);
	});

	it("a stack that does not forward does not hear such questions, nor does an interface without", () => {
		const lan = new Lan();
		lan.solicit();
		expect(lan.heard(2000)).toEqual([]);
		const host = new Lan(undefined, { forwarding: false });
		host.stack.udp.groups.join(host.s.link, "ff02::2");
		host.solicit();
		expect(host.s.drops["ndIgnored"]).toBe(1);
	});
});

describe("a prefix that is delegated", () => {
	const PART = "2001:db8:a::/56";

	function delegated(preferred: number, valid: number) {
		const lan = new Lan();
		const lent = { preferred, valid };
		lan.stack.services.add({
			timers: () => undefined,
			delegated: (entry) => (entry.address === LAN ? { prefix: PART, ...lent } : undefined),
		});
		return { lan, lent };
	}

	it.each([
		[1000, 2000, "1000 2000", 1800],
		[1000, 1200, "1000 1200", 1200],
		[0xffffffff, 0xffffffff, "2700 5400", 1800],
		[0, 60, "0 60", 60],
	])("holds no longer than that: %i and %i s; and there is a way to all of it", (preferred, valid, said, lifetime) => {
		const { lan } = delegated(preferred, valid);
		lan.advertise();
		expect(lan.heard(1000)[0]).toMatchObject({
			prefixes: [`2001:db8:a:1::/64 ${said}`],
			routes: [`2001:db8:a::/56 ${lifetime}`],
		});
	});

	it("that is replaced by another is over at once: RFC 7084 L-13", () => {
		const { lan } = delegated(1000, 2000);
		lan.advertise();
		lan.heard(100_000);
		const { link } = lan.s;
		link.removeAddress(link.addresses.find(({ address }) => address === LAN)!);
		link.addAddress("2001:db8:b:1::1/64");
		const [told] = lan.heard(3500);
		expect(told!.prefixes.map((each) => each.split(" ")[0])).toEqual(["2001:db8:a:1::/64", "2001:db8:b:1::/64"]);
		const [preferred, valid] = told!.prefixes[0]!.split(" ").slice(1).map(Number);
		expect(preferred).toBe(0);
		expect(valid).toBeLessThanOrEqual(2000);
		expect(valid).toBeGreaterThan(1800);
		// It counts down, and is gone in the end.
		lan.heard(2_000_000);
		lan.solicit();
		expect(
			lan
				.heard(4000)
				.at(-1)!
				.prefixes.map((each) => each.split(" ")[0]),
		).toEqual(["2001:db8:b:1::/64"]);
	});
});

describe("its end", () => {
	it("is told: no router, and prefixes that are over", () => {
		const lan = new Lan();
		lan.everywhere();
		const advertiser = lan.advertise();
		lan.heard(60_000);
		advertiser.close();
		advertiser.close();
		const last = lan.heard(10_000);
		expect(last.length).toBe(1);
		expect(last[0]).toMatchObject({ lifetime: 0, prefixes: ["2001:db8:a:1::/64 0 5400"] });
		lan.solicit();
		expect(lan.heard(10_000)).toEqual([]);
		expect(lan.s.link.ip.groups.size).toBe(0);
	});

	it("comes with that of its interface", () => {
		const lan = new Lan();
		const advertiser = lan.advertise();
		lan.heard(1000);
		lan.stack.interfaces.remove(lan.s.link);
		lan.heard(1000);
		expect(lan.stack.services.list).not.toContain(advertiser);
		advertiser.close();
	});
});

it("a station of ours makes an address of it, has a route, and loses it when the board ends", () => {
	const lan = new Lan();
	const { world } = lan.s;
	const host = world.node("host");
	const link = host.ethernet("eth0", world.device({ mac: macOf(0x55), numbered: true }));
	const { device } = lan.s;
	const { device: other } = link;
	// One wire between both.
	const toHost = device.onSend!;
	device.onSend = (frame) => {
		toHost(frame);
		(other as typeof device).inject(Uint8Array.from(frame));
	};
	(other as typeof device).onSend = (frame) => device.inject(Uint8Array.from(frame));
	lan.everywhere();
	const advertiser = lan.advertise();
	const heard = new Autoconfiguration(host.stack, "eth0", {});
	world.run(10_000);
	expect(heard.state.routers).toEqual(["fe80::1"]);
	const [own] = heard.state.addresses.filter(({ address }) => address.startsWith("2001:db8:a:1:"));
	expect(own).toMatchObject({ state: "preferred" });
	advertiser.close();
	world.run(1000);
	expect(heard.state.routers).toEqual([]);
	expect(heard.state.addresses.find(({ address }) => address === own!.address)).toMatchObject({ state: "deprecated" });
});
