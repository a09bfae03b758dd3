// What routers say of a link itself, RFC 4861 §6.3.4 (IPv6 Ready Logo 2.2.13 has Reachable Time), and of domains, RFC 8106; and what of it cannot be: bounded, counted, told.

import { describe, expect, it } from "vitest";
import { UDPSocket } from "../../../src/io/udp.ts";
import { statusOf } from "../../../src/status/status.ts";
import { read16, u32 } from "../../support/frames.ts";
import { domainOption, ip6, linkOption, mtuOption, prefixOption, ra, tcp6 } from "../../support/frames6.ts";
import { Station6 } from "../../support/station6.ts";
import { Host, PREFIX, TN1, TR1 } from "./ready.ts";

type Says = Partial<Parameters<typeof ra>[0]>;

function says(host: Host, fields: Says, options: number[] = prefixOption(PREFIX)): void {
	host.put(
		ra({ source: TR1, destination: "ff02::1", lifetime: 1800, ...fields }, [...linkOption(1, Station6.macOf(TR1)), ...options]),
	);
	host.run(3000);
	host.sent();
}

const status = (host: Host) => statusOf(host.station.node.stack).interfaces.find(({ name }) => name === "eth0")!.ipv6!;

describe("RFC 4861 §6.3.4 Cur Hop Limit", () => {
	it("is that of all that leaves: replies, errors, TCP; 0 leaves it as it is", () => {
		const host = Host.ready();
		expect(host.ping()[0]!.hopLimit).toBe(64);
		says(host, { hopLimitSaid: 15 });
		expect(host.ping()[0]!.hopLimit).toBe(15);
		says(host, { hopLimitSaid: 0 });
		expect(host.ping()[0]!.hopLimit).toBe(15);
		host.put(tcp6({ source: TN1, destination: host.linkLocal, sourcePort: 1000, destinationPort: 99, seq: 1, flags: 2 }));
		const [reset] = host.answers();
		expect(reset).toMatchObject({ next: 6, hopLimit: 15 });
		expect(status(host).hopLimit).toBe(15);
	});

	it("is that of a connection, also from the middle of it on", () => {
		const host = Host.ready();
		host.station.node.stack.tcp.listen("::", 80, 4, 0);
		const segment = (flags: number, seq: number, ack: number, payload: number[] = []) =>
			host.put(
				tcp6({ source: TN1, destination: host.linkLocal, sourcePort: 1000, destinationPort: 80, seq, ack, flags }, payload),
			);
		segment(2, 100, 0);
		const [synAck] = host.answers();
		expect(synAck!.hopLimit).toBe(64);
		const theirs = (synAck!.payload[4]! << 24) | (synAck!.payload[5]! << 16) | read16(synAck!.payload, 6);
		segment(16, 101, theirs + 1);
		says(host, { hopLimitSaid: 33 });
		segment(24, 101, theirs + 1, [1, 2, 3]);
		host.run(500);
		const answers = host.answers().filter(({ next }) => next === 6);
		expect(answers.length).toBeGreaterThan(0);
		for (const { hopLimit } of answers) expect(hopLimit).toBe(33);
	});

	it("yields to what a program wants", () => {
		const host = Host.ready();
		says(host, { hopLimitSaid: 15 });
		const socket = new UDPSocket(host.station.node.stack, { address: "::", ttl: 7 });
		socket.write(Uint8Array.of(1), `${TN1}%eth0`, 5000);
		host.run(100);
		const sent = host.answers().filter(({ next }) => next === 17);
		expect(sent.map(({ hopLimit }) => hopLimit)).toEqual([7]);
		socket.close();
	});
});

describe("RFC 4861 §6.3.4 Reachable Time (v6LC.2.2.13) and Retrans Timer", () => {
	it("a neighbour is known for about as long as was said", () => {
		const host = Host.ready();
		says(host, { reachable: 10_000 });
		host.known("reachable");
		host.run(4900); // half of it at the least: MIN_RANDOM_FACTOR
		expect(host.neighbor(TN1)).toBe("reachable");
		host.run(10_200); // half as much again at the most
		expect(host.neighbor(TN1)).toBe("stale");
		expect(status(host).reachableMs).toBe(10_000);
	});

	it("is asked for as often as was said", () => {
		const host = Host.ready();
		says(host, { retrans: 5000 });
		host.station.answers = false;
		host.sent();
		const times: number[] = [];
		host.put(tcp6({ source: TN1, destination: host.linkLocal, sourcePort: 1000, destinationPort: 99, seq: 1, flags: 2 }));
		for (let ms = 0; ms < 16_000; ms += 100) {
			if (host.solicitations(TN1).length > 0) times.push(ms);
			host.run(100);
		}
		expect(times.map((ms) => Math.round(ms / 1000))).toEqual([0, 5, 10]);
	});

	it("an address is tried for as long", () => {
		const host = Host.ready();
		says(host, { retrans: 5000 }, prefixOption("2001:db8:7::"));
		const own = () => host.auto.state.addresses.find(({ address }) => address.startsWith("2001:db8:7:"))!.state;
		host.run(1900);
		expect(own()).toBe("tentative");
		host.run(1500);
		expect(own()).toBe("preferred");
	});
});

describe("RFC 4861 §6.3.4 MTU", () => {
	it("is that of IPv6 alone, and goes with the link", () => {
		const host = Host.ready();
		const { stack } = host.station.node;
		host.station.link.addAddress("10.0.0.2/24");
		const mtu = (address: string) => stack.ip.wayTo(address).mtu;
		expect(mtu(TN1)).toBe(1500);
		says(host, {}, mtuOption(1280));
		expect([mtu(TN1), mtu("2001:db8:99::1"), mtu("10.0.0.9")]).toEqual([1280, 1280, 1500]);
		expect(status(host).mtu).toBe(1280);
		host.auto.close();
		expect(mtu("10.0.0.9")).toBe(1500);
	});

	it.each([0, 1279, 1501, 9000, 0xffffffff])("of %d bytes is refused, counted and told", (said) => {
		const host = Host.ready();
		const { refused } = host.auto.state;
		says(host, {}, mtuOption(said));
		expect(host.station.node.stack.ip.wayTo(TN1).mtu).toBe(1500);
		expect(status(host)).toMatchObject({ mtu: 0, refused: refused + 1, reason: `MTU ${said}: expected 1280 to 1500` });
	});
});

describe("what cannot be", () => {
	const told: [string, Says, number[], string][] = [
		["a reachable time", { reachable: 3_600_001 }, [], "reachable time of 3600001 ms: expected at most 3600000"],
		["a timer, short", { retrans: 1 }, [], "retransmission timer of 1 ms: expected 100 to 10000"],
		["a timer, long", { retrans: 0xffffffff }, [], "retransmission timer of 4294967295 ms: expected 100 to 10000"],
		[
			"lifetimes",
			{},
			prefixOption("2001:db8:5::", { valid: 10, preferred: 20 }),
			"prefix 2001:db8:5::/64: preferred for 20 s, which is longer than valid, 10 s",
		],
		["a prefix", {}, prefixOption("2001:db8:5::", { length: 129 }), "prefix 2001:db8:5::/129: expected one of IPv6"],
	];
	it.each(told)("%s is counted, and told in the status", (_, fields, options, reason) => {
		const host = Host.ready();
		says(host, fields, options);
		expect(status(host)).toMatchObject({ refused: 1, reason });
		host.alive();
	});

	it("more prefixes, routers, name servers and domains than there is room for are counted", () => {
		const host = Host.ready();
		const numbers = Array.from({ length: 20 }, (_, n) => n + 1);
		says(
			host,
			{},
			numbers.flatMap((n) => prefixOption(`2001:db8:${n}::`)),
		);
		expect(status(host).reason).toMatch(/^prefix 2001:db8:[0-9a-f]+::\/64: there is room for addresses of 2$/);
		expect(status(host).addresses.length).toBe(3);
		const before = status(host).refused;
		expect(before).toBeGreaterThanOrEqual(12); // twelve in the advertisement alone
		for (const n of numbers) {
			host.put(ra({ source: `fe80::${n}`, destination: "ff02::1", lifetime: 1800 }), Station6.macOf(TR1));
			host.run(100);
		}
		expect(status(host).routers.length).toBeLessThanOrEqual(6);
		expect(status(host).refused).toBeGreaterThan(before);
		const servers = [25, 41, 0, 0, ...u32(600), ...numbers.flatMap((n) => ip6(`2001:db8::${n}`))];
		says(host, {}, [...servers, ...domainOption(600, ...numbers.map((n) => `d${n}.example`))]);
		expect(status(host)).toMatchObject({
			nameServers: ["2001:db8::1", "2001:db8::2", "2001:db8::3"],
			domains: ["d1.example", "d2.example", "d3.example"],
			reason: "domain d8.example: there is room for 3",
		});
		host.alive();
	});
});

describe("RFC 8106 §5.2 DNS Search List", () => {
	it("is told for as long as it says", () => {
		const host = Host.ready();
		says(host, {}, [...domainOption(30, "home.example", "example.com"), ...domainOption(60, "lab.example")]);
		expect(host.auto.state.domains).toEqual(["home.example", "example.com", "lab.example"]);
		host.run(30_000);
		expect(status(host).domains).toEqual(["lab.example"]);
		says(host, {}, domainOption(0, "lab.example"));
		expect(host.auto.state.domains).toEqual([]);
	});

	it("that makes no sense is nothing", () => {
		const host = Host.ready();
		says(host, {}, [31, 2, 0, 0, ...u32(600), 63, 65, 65, 65, 65, 65, 65, 65]);
		says(host, {}, [31, 2, 0, 0, ...u32(600), 2, 0, 7, 0, 0, 0, 0, 0]);
		expect(host.auto.state.domains).toEqual([]);
	});
});

it("what was said of a link is forgotten when it comes back, perhaps as another", () => {
	const host = Host.ready();
	says(host, { hopLimitSaid: 15, reachable: 10_000, retrans: 5000 }, mtuOption(1280));
	host.station.device.setLink(false);
	host.run(100);
	host.station.device.setLink(true);
	host.run(100);
	expect(status(host)).toMatchObject({ hopLimit: 0, mtu: 0, reachableMs: 0, retransMs: 0 });
});
