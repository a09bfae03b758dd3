// IPv6 over PPP: RFC 5072, and what routers say on such a link, RFC 4861.

import { describe, expect, it } from "vitest";
import { statusOf } from "../../../../src/status/status.ts";
import { Autoconfiguration } from "../../../../src/service/ipv6/autoconfiguration.ts";
import { echo6, ECHO_REPLY6, full, ip6, ip6Text, mtuOption, parse6, prefixOption, ra, RS } from "../../../support/frames6.ts";
import { IPCP, IPV6CP, LCP, pair, Peer } from "./pair.ts";

const REQUEST = 1;
const ACK = 2;
const REJECT = 4;
const IPV6 = 0x57;
const PROTOCOL_REJECT = 8;
const THEIRS = [1, 10, 0, 0, 0, 0, 0, 0, 0, 9];
const ROUTER = "fe80::9";

const addresses = ({ us }: Peer) => us.link.addresses.map(({ address }) => address);

/** Both ends have agreed on LCP and IPV6CP; what IPCP does is the test's. */
function opened(options: ConstructorParameters<typeof Peer>[0] = {}, lcp: number[] = []): Peer {
	const peer = new Peer(options);
	peer.agree(LCP, lcp);
	peer.agree(IPV6CP, THEIRS);
	peer.run(10);
	return peer;
}

/** IPv6 packets that came since the last call. */
function packets(peer: Peer) {
	peer.run(100);
	return peer
		.take()
		.filter(({ protocol }) => protocol === IPV6)
		.map(({ packet }) => parse6(Uint8Array.from(packet)));
}

function send(peer: Peer, packet: ArrayLike<number>): void {
	peer.raws(IPV6, Array.from(packet));
	peer.run(100);
}

describe("a link-local address", () => {
	it("is there as soon as IPV6CP is opened, of the identifier agreed on, while IPCP is not", () => {
		const peer = opened();
		expect(peer.state).toMatchObject({ ipv6cp: "opened", phase: "network", local: null });
		const [own] = addresses(peer);
		expect(full(own!)).toBe(full(`fe80::${peer.state.identifier.match(/.{4}/g)!.join(":")}`));
		send(peer, echo6({ source: ROUTER, destination: own! }));
		const [reply] = packets(peer);
		expect(reply).toMatchObject({ source: full(own!), destination: full(ROUTER), sumRight: true });
		expect(reply!.payload[0]).toBe(ECHO_REPLY6);
	});

	it("is not there yet when packets come before IPV6CP is opened here: they are discarded in silence, RFC 1661 §3.7", () => {
		const peer = new Peer({ ipv6: true });
		peer.agree(LCP, []);
		peer.send(IPV6CP, REQUEST, 1, THEIRS);
		peer.next(IPV6CP, ACK);
		peer.take();
		// The peer is opened by our Ack; its own is still to come.
		send(peer, echo6({ source: ROUTER, destination: "ff02::2" }));
		expect(peer.take().filter(({ protocol, code }) => protocol === LCP && code === PROTOCOL_REJECT)).toEqual([]);
		expect(statusOf(peer.us.node.stack).interfaces[1]!.drops).toEqual({ pppNotOpen: 1 });
	});

	it("goes with IPV6CP, and IPv4 stays", () => {
		const peer = opened({ local: "10.0.0.1" });
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		expect(addresses(peer)).toContain("10.0.0.1");
		const [own] = addresses(peer);
		peer.send(IPV6CP, 5, 7); // Terminate-Request
		peer.run(100);
		expect(peer.us.link.up).toBe(true);
		expect(peer.us.node.stack.ip.wayTo("10.0.0.2").out?.name).toBe("ppp0");
		peer.take();
		send(peer, echo6({ source: ROUTER, destination: own! }));
		expect(packets(peer)).toEqual([]);
	});

	it("is there alone when the peer does not know IPv4: the link runs", () => {
		const peer = opened();
		const asked = peer.frames.find(({ protocol, code }) => protocol === IPCP && code === REQUEST) ?? peer.next(IPCP, REQUEST);
		peer.send(LCP, PROTOCOL_REJECT, 1, [0x80, 0x21, ...asked.packet]);
		peer.run(1000);
		expect(peer.state).toMatchObject({ phase: "running", local: null, remote: null, dns: [] });
		expect(peer.us.node.stack.ip.wayTo("10.0.0.2").out).toBe(undefined);
		const [own] = addresses(peer);
		send(peer, echo6({ source: ROUTER, destination: own! }));
		expect(packets(peer).length).toBe(1);
	});

	it("is not there where packets of 1,280 bytes do not pass, and the state says so", () => {
		const peer = opened({ local: "10.0.0.1" }, [1, 4, 0x04, 0xff]);
		peer.agree(IPCP, [3, 6, 10, 0, 0, 2]);
		peer.run(100);
		expect(addresses(peer)).toEqual(["10.0.0.1"]);
		expect(peer.state.refused).toBe("no IPv6: packets of 1279 bytes pass at most; expected 1280");
	});

	it("is another at both ends, whoever begins: neither collides", () => {
		const p = pair({ local: "10.0.0.1", remote: "10.0.0.2" }, {});
		expect(p.up()).toBe(true);
		p.world.run(1000);
		const [a, b] = [p.a, p.b].map(({ link }) => link.addresses.find(({ address }) => address.startsWith("fe80"))!.address);
		expect(a).not.toBe(b);
		expect(p.a.link.state.peerIdentifier).toBe(p.b.link.state.identifier);
	});

	it("may be one that no identifier was negotiated for, when the peer rejects the option", () => {
		const peer = new Peer({ ipv6: true });
		peer.agree(LCP, []);
		const { id, data } = peer.next(IPV6CP, REQUEST);
		peer.send(IPV6CP, REJECT, id, data);
		const second = peer.next(IPV6CP, REQUEST);
		expect(second.data).toEqual([]);
		peer.send(IPV6CP, ACK, second.id);
		peer.send(IPV6CP, REQUEST, 1, THEIRS);
		peer.run(100);
		expect(addresses(peer).length).toBe(1);
	});
});

describe("what routers say on it", () => {
	function heard(options: number[], lifetime = 1800): { peer: Peer; auto: Autoconfiguration } {
		const peer = new Peer({ ipv6: true, persist: true, holdoff: 0 });
		const auto = new Autoconfiguration(peer.us.node.stack, "ppp0");
		peer.agree(LCP, []);
		peer.agree(IPV6CP, THEIRS);
		const [asked] = packets(peer);
		expect(asked).toMatchObject({ destination: full("ff02::2"), hopLimit: 255, source: full(addresses(peer)[0]!) });
		expect([...asked!.payload]).toHaveLength(8); // no hardware address to tell
		expect(asked!.payload[0]).toBe(RS);
		send(peer, ra({ source: ROUTER, destination: "ff02::1", lifetime }, options));
		return { peer, auto };
	}

	it("gives an address of the same identifier at once, and a way out", () => {
		const { peer, auto } = heard([...prefixOption("2001:db8:7::"), ...mtuOption(1300)]);
		const own = auto.state.addresses[0]!;
		expect(own.state).toBe("preferred");
		expect(ip6(own.address).slice(8)).toEqual(ip6(addresses(peer)[0]!).slice(8));
		expect(auto.state).toMatchObject({ routers: [ROUTER], mtu: 1300, refused: 0 });
		peer.take();
		send(peer, echo6({ source: "2001:db8:99::5", destination: own.address }));
		expect(packets(peer)).toMatchObject([{ source: full(own.address), destination: full("2001:db8:99::5") }]);
		expect(peer.us.node.stack.ip.wayTo("2001:db8:99::5")).toMatchObject({ mtu: 1300 });
	});

	it("ends with the call: the next one has another identifier", () => {
		const { peer, auto } = heard(prefixOption("2001:db8:7::"));
		const before = auto.state.addresses[0]!.address;
		peer.send(LCP, 5, 9);
		peer.run(100);
		peer.agree(LCP, []);
		peer.agree(IPV6CP, THEIRS);
		peer.run(100);
		expect(auto.state).toMatchObject({ addresses: [], routers: [] });
		send(peer, ra({ source: ROUTER, destination: "ff02::1", lifetime: 1800 }, prefixOption("2001:db8:7::")));
		expect(auto.state.addresses.length).toBe(1);
		expect(auto.state.addresses[0]!.address).not.toBe(before);
	});

	it("is not to be had where IPv6 is not wanted", () => {
		const peer = new Peer({ ipv6: false });
		expect(() => new Autoconfiguration(peer.us.node.stack, "ppp0")).toThrow("expected Ethernet, or PPP with its option ipv6");
	});
});

it("a packet of another version than its protocol says is none", () => {
	const peer = opened();
	peer.raws(IPV6, [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
	peer.raws(IPV6, []);
	peer.run(100);
	expect(peer.us.link.up).toBe(true);
	expect(ip6Text(ip6("::1"))).toBe(full("::1"));
});
