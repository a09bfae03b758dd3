// Redirects of IPv4: honoured by hosts, for a while, when the router that is used says so; never by routers. RFC 792, 1122 §3.2.2.2, 1812 §5.2.7.2. Those of IPv6, where routers are heard: test/rfc/ready/redirects.test.ts.

import { describe, expect, it } from "vitest";
import { concat, icmp, ip, ipText, ipv4, type IcmpFields } from "../../support/frames.ts";
import { icmp6, ip6, linkOption, REDIRECT } from "../../support/frames6.ts";
import { Port, Station } from "../../support/station.ts";
import { Station6 } from "../../support/station6.ts";

const OWN = "10.0.0.1";
const ROUTER = "10.0.0.254";
const OTHER = "10.0.0.253";
const FAR = "192.0.2.7";

interface Said extends Partial<IcmpFields> {
	gateway?: string;
	about?: string;
	/** Whose packet is quoted. */
	whose?: string;
	quoted?: number;
}

function redirect({ gateway = OTHER, about = FAR, whose = OWN, quoted = 28, ...fields }: Said = {}) {
	const packet = ipv4({ source: whose, destination: about, protocol: 17 }, new Uint8Array(8)).subarray(0, quoted);
	return icmp({ source: ROUTER, destination: OWN, type: 5, code: 1, rest: ip(gateway), ...fields }, packet);
}

function host(options = {}) {
	const station = new Station([[`${OWN}/24`], ["10.1.0.1/24"]], options);
	const port = station.ports[0]!;
	station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: ROUTER, interface: port.link });
	/** Who the packets to an address are handed to, by hardware address: an echo request from there is answered. */
	const hop = (address = FAR) => {
		port.ip(icmp({ source: address, destination: OWN, type: 8 }));
		station.world.run(10);
		const replies = port.packets().filter(({ icmp: said }) => said?.type === 0);
		return replies.map(({ destinationMac }) => destinationMac!.join());
	};
	return { station, port, hop, next: (address = FAR) => station.stack.ip.wayTo(address).nextHop };
}

const via = (address: string) => [Port.macOf(ip(address)).join()];

describe("a redirect", () => {
	it.each([0, 1, 2, 3])("of the router that is used counts for its destination alone: code %i", (code) => {
		const { port, hop, next } = host();
		expect(hop()).toEqual(via(ROUTER));
		port.ip(redirect({ code }));
		expect(hop()).toEqual(via(OTHER));
		expect(next("192.0.2.8")).toBe(ROUTER);
	});

	it("may take another's place, and the way back", () => {
		const { port, next } = host();
		port.ip(redirect());
		expect(next()).toBe(OTHER);
		port.ip(redirect({ gateway: "10.0.0.252" })); // of a router that is used no more
		expect(next()).toBe(OTHER);
		port.ip(redirect({ source: OTHER, gateway: ROUTER }));
		expect(next()).toBe(ROUTER);
	});

	it.each<[string, Said]>([
		["another than the router that is used", { source: "10.0.0.9" }],
		["one beyond the link", { source: "192.0.2.1" }],
	])("does not count from %s", (_who, said) => {
		const { port, next } = host();
		port.ip(redirect(said));
		expect(next()).toBe(ROUTER);
	});

	it.each<[string, Said]>([
		["to a gateway in no subnet of the interface", { gateway: "192.0.2.1" }],
		["to one in a subnet of another interface", { gateway: "10.1.0.9" }],
		["to ourselves", { gateway: OWN }],
		["to all of the subnet", { gateway: "10.0.0.255" }],
		["to nobody", { gateway: "0.0.0.0" }],
		["of a group", { about: "239.1.2.3" }],
		["of a neighbour", { about: "10.0.0.77" }],
		["of our own address", { about: OWN }],
	])("does not count %s", (_what, said) => {
		const { port, next, station } = host();
		port.ip(redirect(said));
		expect(next()).toBe(ROUTER);
		expect(station.stack.routes.list.filter(({ redirect }) => redirect)).toEqual([]);
	});

	it.each<[string, Said]>([
		["about a packet of another", { whose: "10.0.0.7" }],
		["with a code that there is not", { code: 4 }],
		["that quotes too little", { quoted: 27 }],
	])("is dropped and counted %s", (_what, said) => {
		const { port, next, station } = host();
		port.ip(redirect(said));
		expect(next()).toBe(ROUTER);
		expect(station.drops("eth1")).toEqual({ icmpUnhandled: 1 });
	});

	it("with a wrong checksum is none", () => {
		const { port, next, station } = host();
		port.ip(redirect({ icmpChecksum: 0x1234 }));
		expect(next()).toBe(ROUTER);
		expect(station.drops("eth1")).toEqual({ icmpChecksum: 1 });
	});

	it("means nothing to a router: RFC 1812 §5.2.7.2", () => {
		const { port, next, station } = host({ forwarding: true });
		port.ip(redirect());
		expect(next()).toBe(ROUTER);
		expect(station.drops("eth1")).toEqual({ icmpUnhandled: 1 });
	});

	it("counts for five minutes", () => {
		const { station, port, next } = host();
		port.ip(redirect());
		station.world.run(299_000);
		expect(next()).toBe(OTHER);
		station.world.run(1100);
		expect(next()).toBe(ROUTER);
		expect(station.stack.routes.list.some(({ redirect }) => redirect)).toBe(false);
	});

	it("counts no more once its gateway does not answer: RFC 1122 §3.3.1.4", () => {
		const { station, port, hop, next } = host();
		port.ip(redirect());
		port.answersArp = false;
		hop();
		expect(next()).toBe(OTHER);
		station.world.run(5000);
		expect(next()).toBe(ROUTER);
		port.answersArp = true;
		expect(hop()).toEqual(via(ROUTER));
	});

	it("counts no more once the link was gone", () => {
		const { station, port, next } = host();
		port.ip(redirect());
		port.device.setLink(false);
		station.world.settle();
		port.device.setLink(true);
		station.world.settle();
		expect(next()).toBe(ROUTER);
		port.ip(redirect());
		station.stack.interfaces.remove(port.link);
		expect(station.stack.routes.list.some(({ redirect }) => redirect)).toBe(false);
		station.world.run(400_000);
	});

	it("is one of eight at most, of which the oldest gives way", () => {
		const { station, port, next } = host();
		const about = (i: number) => ipText(ip("192.0.2.0") + i);
		for (let i = 1; i <= 20; i++) port.ip(redirect({ about: about(i) }));
		for (let i = 1; i <= 20; i++) expect(next(about(i))).toBe(i > 12 ? OTHER : ROUTER);
		expect(station.stack.routes.list.filter(({ redirect }) => redirect).length).toBe(8);
	});

	it("takes no route that others need", () => {
		const { station, port, next } = host({ routes: 5 });
		const { routes } = station.stack;
		routes.add({ prefix: "10.2.0.0/16", gateway: ROUTER, interface: port.link });
		port.ip(redirect()); // all are in use
		expect(next()).toBe(ROUTER);
		expect(routes.list.length).toBe(5);
	});
});

describe("a redirect of IPv6", () => {
	function taken(options = {}) {
		const station = new Station6(["2001:db8::1/64"], options);
		const { stack } = station.node;
		stack.routes.add({ prefix: "::/0", gateway: "fe80::1", interface: station.link });
		const far = "2001:db8:2::7";
		const said = concat([0, 0, 0, 0], ip6("fe80::2"), ip6(far), linkOption(2, Station6.macOf("fe80::2")));
		station.ip(icmp6({ source: "fe80::1", destination: "2001:db8::1", hopLimit: 255, type: REDIRECT }, said));
		return stack.ip.wayTo(far).nextHop;
	}

	it("counts where addresses and routers are set and not heard, too: RFC 4861 §8.3", () => {
		expect(taken()).toBe("fe80::2");
	});

	it("does not where packets are forwarded: §8.2", () => {
		expect(taken({ forwarding: true })).toBe("fe80::1");
	});
});
