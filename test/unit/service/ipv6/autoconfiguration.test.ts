// An interface comes to addresses and routers of IPv6 by itself. RFC 4862, 7217, 7527, 4191.

import { describe, expect, it } from "vitest";
import { Autoconfiguration, type AutoconfigurationOptions } from "../../../../src/service/ipv6/autoconfiguration.ts";
import { ethernet, u32, type Bytes } from "../../../support/frames.ts";
import {
	ECHO_REPLY6,
	ETHERTYPE_IPV6,
	NS,
	RS,
	echo6,
	full,
	groupMac,
	ip6,
	linkOption,
	na,
	ns,
	prefixOption,
	ra,
	solicitedNode,
} from "../../../support/frames6.ts";
import { Station6, type Sent6 } from "../../../support/station6.ts";
import { macOf } from "../../../support/wire.ts";

const ROUTER = "fe80::1";

interface Said {
	lifetime?: number;
	flags?: number;
	options?: number[];
	hopLimit?: number;
	source?: string;
}

function advertisement({ lifetime = 1800, flags = 0, options = [], hopLimit = 255, source = ROUTER }: Said = {}): Bytes {
	return ra({ source, destination: "ff02::1", hopLimit, lifetime, flags }, [...linkOption(1, macOf(0x1001)), ...options]);
}

function made(options: AutoconfigurationOptions = {}): { s: Station6; auto: Autoconfiguration } {
	const s = new Station6([]);
	return { s, auto: new Autoconfiguration(s.node.stack, "eth0", options) };
}

const kind = ({ payload }: Sent6) => payload[0];
const addresses = (auto: Autoconfiguration) => auto.state.addresses.map(({ address, state }) => `${address} ${state}`);
const routes = (s: Station6) =>
	s.node.stack.routes.list.filter(({ link }) => link === s.link).map((route) => `${route.prefix} ${route.nextHop}`);
const linkLocal = (auto: Autoconfiguration) => auto.state.addresses.find(({ address }) => address.startsWith("fe80"))!.address;

describe("a link-local address", () => {
	it("is tried before it is used, and then routers are asked", () => {
		const { s, auto } = made();
		s.world.run(1000);
		expect(addresses(auto).length).toBe(1);
		expect(addresses(auto)[0]).toMatch(/^fe80::.* tentative$/);
		const own = linkLocal(auto);
		const [tried, ...more] = s.packets(true);
		expect(more).toEqual([]);
		expect(tried).toMatchObject({ source: full("::"), destination: full(solicitedNode(own)), hopLimit: 255 });
		expect([...tried!.payload.subarray(8, 26)]).toEqual([...ip6(own), 14, 1]);
		s.world.run(2500);
		expect(addresses(auto)).toEqual([`${own} preferred`]);
		const asked = s.packets(true).filter((each) => kind(each) === RS);
		expect(asked).toMatchObject([{ source: full(own), destination: full("ff02::2"), hopLimit: 255 }]);
		expect([...asked[0]!.payload.subarray(8)]).toEqual(linkOption(1, macOf(1)));
	});

	it("is the same at every start, and another on another interface", () => {
		const one = made();
		const two = made();
		const other = made({ secret: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) });
		for (const { s } of [one, two, other]) s.world.run(100);
		expect(linkLocal(one.auto)).toBe(linkLocal(two.auto));
		expect(linkLocal(one.auto)).not.toBe(linkLocal(other.auto));
	});

	it.each(["a neighbour that has it", "a station that tries it too"])("gives way to %s", (who) => {
		const { s, auto } = made();
		s.world.run(1100);
		const first = linkLocal(auto);
		if (who.endsWith("has it"))
			s.ip(na({ source: first, destination: "ff02::1", target: first, override: true }, linkOption(2, macOf(7))));
		else s.ip(ns({ source: "::", destination: solicitedNode(first), target: first }, [14, 1, 9, 9, 9, 9, 9, 9]));
		s.world.run(3000);
		expect(linkLocal(auto)).not.toBe(first);
		expect(addresses(auto)).toEqual([`${linkLocal(auto)} preferred`]);
	});

	it("does not give way to its own question, come back by a loop: RFC 7527", () => {
		const { s, auto } = made();
		s.world.run(1100);
		const own = linkLocal(auto);
		const [tried] = s.packets(true);
		s.ip(ns({ source: "::", destination: solicitedNode(own), target: own }, [...tried!.payload.subarray(24)]));
		s.world.run(3000);
		expect(addresses(auto)).toEqual([`${own} preferred`]);
	});

	it("is given up when three have been somebody's", () => {
		const { s, auto } = made();
		for (let i = 0; i < 4; i++) {
			s.world.run(1100);
			const address = linkLocal(auto);
			s.ip(na({ source: address, destination: "ff02::1", target: address, override: true }, linkOption(2, macOf(7))));
		}
		s.world.run(5000);
		expect(addresses(auto).length).toBe(1);
		expect(addresses(auto)[0]).toMatch(/duplicate$/);
		expect(s.packets(true).filter((each) => kind(each) === RS)).toEqual([]);
	});

	it("is tried again when the link comes back", () => {
		const { s, auto } = made();
		s.world.run(4000);
		const own = linkLocal(auto);
		s.device.setLink(false);
		s.world.run(100);
		s.packets(true);
		s.device.setLink(true);
		s.world.run(1200);
		expect(addresses(auto)).toEqual([`${own} tentative`]);
		expect(s.packets(true).filter((each) => kind(each) === NS).length).toBe(1);
		s.world.run(2000);
		expect(addresses(auto)).toEqual([`${own} preferred`]);
	});
});

describe("what a router says", () => {
	function ready(said: Said, options: AutoconfigurationOptions = {}): { s: Station6; auto: Autoconfiguration } {
		const both = made(options);
		both.s.world.run(4000);
		both.s.ip(advertisement(said));
		both.s.world.run(3000);
		both.s.packets(true);
		return both;
	}

	it("gives an address, which answers, a network and a way out", () => {
		const { s, auto } = ready({ options: prefixOption("2001:db8:77::") });
		const own = auto.state.addresses.find(({ address }) => address.startsWith("2001"))!;
		expect(own).toMatchObject({ state: "preferred", length: 128 });
		expect(auto.state).toMatchObject({ routers: [ROUTER], heard: 1, refused: 0, managed: false });
		expect(routes(s)).toEqual(["fe80::/64 ", `::/0 ${ROUTER}`, "2001:db8:77::/64 "]);
		s.ip(echo6({ source: "2001:db8:99::5", destination: own.address }));
		const [reply] = s.packets();
		expect(reply).toMatchObject({ destination: full("2001:db8:99::5"), to: macOf(0x1001) });
		expect(kind(reply!)).toBe(ECHO_REPLY6);
		s.ip(echo6({ source: "2001:db8:77::5", destination: own.address }));
		expect(s.packets()).toMatchObject([{ to: Station6.macOf("2001:db8:77::5") }]);
	});

	it("names servers, each for as long as it says; those of the program come first: RFC 8106", () => {
		const option = (lifetime: number, ...list: string[]) => [
			25,
			1 + 2 * list.length,
			0,
			0,
			...u32(lifetime),
			...list.flatMap(ip6),
		];
		const { s, auto } = ready({
			options: [...option(60, "2001:db8::53", "ff02::fb", "fe80::53"), ...option(30, "2001:db8::54", "2001:db8::55")],
		});
		const servers = () => s.link.nameServers;
		expect(servers()).toEqual(["2001:db8::53", "fe80::53", "2001:db8::54"]);
		expect(auto.state.refused).toBe(1);
		s.link.nameServers = ["192.168.77.1", "2001:db8::54"];
		expect(servers()).toEqual(["192.168.77.1", "2001:db8::54", "2001:db8::53", "fe80::53"]);
		s.link.nameServers = [];
		s.world.run(30_000);
		expect(servers()).toEqual(["2001:db8::53", "fe80::53"]);
		s.ip(advertisement({ options: option(0, "2001:db8::53") }));
		s.world.run(100);
		expect(servers()).toEqual(["fe80::53"]);
		s.ip(advertisement({ options: option(0xffffffff, "fe80::53") }));
		s.world.run(86_400_000);
		expect(servers()).toEqual(["fe80::53"]);
		auto.close();
		expect(servers()).toEqual([]);
	});

	it("ends the questions", () => {
		const { s } = ready({});
		s.world.run(60_000);
		expect(s.packets(true).filter((each) => kind(each) === RS)).toEqual([]);
	});

	it("is asked for again and again while nobody answers, ever more rarely: RFC 7559", () => {
		const { s } = made();
		s.world.run(4000);
		s.packets(true);
		const count = (ms: number) => {
			s.world.run(ms);
			return s.packets(true).filter((each) => kind(each) === RS).length;
		};
		expect(count(60_000)).toBeGreaterThanOrEqual(3);
		expect(count(60_000)).toBeLessThanOrEqual(1);
	});

	it.each([
		["from a router beyond the link", { hopLimit: 254 }],
		["from no link-local address", { source: "2001:db8::1" }],
	])("is nothing when it comes %s", (_, said) => {
		const { s, auto } = ready({ ...said, options: prefixOption("2001:db8:77::") });
		expect(auto.state.heard).toBe(0);
		expect(routes(s)).toEqual(["fe80::/64 "]);
		expect(s.drops).toEqual({ ndMalformed: 1 });
	});

	it("is believed for as long as it says", () => {
		const { s, auto } = ready({ lifetime: 30, options: prefixOption("2001:db8:77::", { valid: 50, preferred: 20 }) });
		const own = auto.state.addresses[1]!.address;
		s.world.run(18_000);
		expect(addresses(auto)[1]).toBe(`${own} deprecated`);
		expect(auto.state.routers).toEqual([ROUTER]);
		s.world.run(10_000);
		expect(auto.state.routers).toEqual([]);
		s.world.run(20_000);
		expect(addresses(auto).length).toBe(1);
		expect(routes(s)).toEqual(["fe80::/64 "]);
	});

	it("takes a router away with a lifetime of 0, and a network with one of 0", () => {
		const { s, auto } = ready({ options: prefixOption("2001:db8:77::") });
		s.ip(advertisement({ lifetime: 0, options: prefixOption("2001:db8:77::", { valid: 0, preferred: 0 }) }));
		s.world.run(100);
		expect(auto.state.routers).toEqual([]);
		expect(routes(s)).toEqual(["fe80::/64 "]);
		// The address stays for two hours, but is no source where there is another: RFC 4862 §5.5.3 (e).
		expect(addresses(auto)[1]).toMatch(/ deprecated$/);
		s.world.run(7_190_000);
		expect(addresses(auto).length).toBe(2);
		s.world.run(20_000);
		expect(addresses(auto).length).toBe(1);
	});

	const bad: [string, number[]][] = [
		["of one link", prefixOption("fe80::")],
		["of another length", prefixOption("2001:db8:77::", { length: 56 })],
		["preferred for longer than it is valid", prefixOption("2001:db8:77::", { valid: 10, preferred: 20 })],
		["that does not say that addresses may be made of it", prefixOption("2001:db8:77::", { flags: 0x80 })],
	];
	it.each(bad)("makes no address of a prefix %s", (_, options) => {
		const { auto } = ready({ options });
		expect(addresses(auto).length).toBe(1);
	});

	it("makes no more addresses and routes than there is room for, and counts the others", () => {
		const { s, auto } = ready({ options: [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => prefixOption(`2001:db8:${n}::`)) });
		expect(addresses(auto).length).toBe(3);
		expect(routes(s).length).toBe(7);
		expect(auto.state.refused).toBe(9);
	});

	it("chooses between routers by their preference: RFC 4191", () => {
		const { s } = ready({ flags: 0x18 });
		s.ip(advertisement({ source: "fe80::9", flags: 0x08 }), { from: macOf(0x1009) });
		s.world.run(100);
		const way = s.node.stack.ip.wayTo("2001:db8:5::1");
		expect(way.nextHop).toBe("fe80::9");
	});

	it("has routes to some destinations", () => {
		const { s } = ready({ options: [24, 2, 48, 0, ...u32(600), ...ip6("2001:db8:aa::").slice(0, 8)] });
		expect(routes(s)).toContain(`2001:db8:aa::/48 ${ROUTER}`);
	});

	it("is not heard when addresses are given", () => {
		const { s, auto } = made({ mode: "static", addresses: ["2001:db8:5::7/64"] });
		s.world.run(4000);
		s.ip(advertisement({ options: prefixOption("2001:db8:77::") }));
		s.world.run(3000);
		expect(addresses(auto)).toEqual([`${linkLocal(auto)} preferred`, "2001:db8:5::7 preferred"]);
		expect(routes(s)).toEqual(["fe80::/64 ", "2001:db8:5::/64 "]);
	});

	it("that means everything, or IPv4, does no harm", () => {
		const { s, auto } = ready({
			options: [
				...prefixOption("::", { length: 0 }),
				...prefixOption("::", { length: 32, flags: 0x80 }),
				...prefixOption("::ffff:0:0", { length: 0, flags: 0x80 }),
				...prefixOption("::ffff:a00:0", { length: 96 }),
				...prefixOption("2001:db8:5::", { length: 200 }),
				24,
				3,
				1,
				0,
				...u32(600),
				...ip6("::ffff:8000:0"),
				24,
				3,
				97,
				0,
				...u32(600),
				...ip6("::ffff:8000:0"),
			],
		});
		expect(auto.state.heard).toBe(1);
		expect(addresses(auto).length).toBe(1);
		expect(routes(s).filter((route) => /^[0-9.]+\//.test(route))).toEqual([]);
		expect(routes(s)).toContain("::/0 ");
	});

	it("waits for a link without a poll in vain", () => {
		const { s } = ready({ lifetime: 30, options: prefixOption("2001:db8:77::", { valid: 50, preferred: 20 }) });
		s.device.setLink(false);
		s.world.run(1000);
		const before = s.node.polls;
		s.world.run(100_000);
		expect(s.node.polls - before).toBeLessThan(50);
	});

	it("of two routers at once counts, both", () => {
		const { s, auto } = made();
		s.world.run(4000);
		s.device.inject(ethernet(groupMac("ff02::1"), macOf(0x1001), ETHERTYPE_IPV6, advertisement()));
		s.device.inject(ethernet(groupMac("ff02::1"), macOf(0x1009), ETHERTYPE_IPV6, advertisement({ source: "fe80::9" })));
		s.world.run(100);
		expect(auto.state.routers).toEqual([ROUTER, "fe80::9"]);
	});

	it("counts no more when it says that it is no router: RFC 4861 §6.3.5", () => {
		const { s, auto } = ready({});
		s.ip(
			na(
				{ source: ROUTER, destination: linkLocal(auto), target: ROUTER, solicited: true, override: true },
				linkOption(2, macOf(0x1001)),
			),
		);
		s.world.run(100);
		expect(auto.state.routers).toEqual([]);
	});

	it("counts for ten seconds more when the link was gone, unless it is said again", () => {
		const { s, auto } = ready({ options: prefixOption("2001:db8:77::") });
		s.device.setLink(false);
		s.world.run(100);
		s.device.setLink(true);
		s.world.run(9000);
		expect(auto.state.routers).toEqual([ROUTER]);
		s.world.run(2000);
		expect(auto.state.routers).toEqual([]);
		expect(addresses(auto)[1]).toMatch(/deprecated$/);
	});

	it.each(["2001:db8::5", "2001:db8::6/999", "10.0.0.9/24", "nonsense"])("cannot be had with the address %s", (text) => {
		const s = new Station6([]);
		expect(() => new Autoconfiguration(s.node.stack, "eth0", { addresses: [text] })).toThrow(RangeError);
		expect(s.link.onDiscovery).toBe(undefined);
	});

	it("goes with `close`", () => {
		const { s, auto } = ready({ options: prefixOption("2001:db8:77::") });
		auto.close();
		expect(s.link.ip.addresses).toEqual([]);
		expect(routes(s)).toEqual([]);
		expect(() => new Autoconfiguration(s.node.stack, "eth0")).not.toThrow();
	});
});
