// NAT, a filter and tunnels: tunnels of hosts behind a translator, which has no ports to tell them by; a tunnel of the board itself beside its translation, and one that it translates by; TTL 1 and
// what is too large through all of it.

import { describe, expect, it } from "vitest";
import { TunnelInterface, type TunnelKind } from "../../../src/link/tunnel.ts";
import { icmp, ipText, ipv4, udp, type Bytes } from "../../support/frames.ts";
import { parsePacket } from "../../support/parse.ts";
import { datagram, HOST, OUTSIDE, packetOf, said, sent, SERVER, testRouter, type TestRouter } from "../../support/router.ts";
import { FOUR_IN, GRE, gre, parseGre, SIX_IN } from "../../support/tunnel.ts";

const REMOTE = "198.51.100.9";
const INNER = "10.9.0.1";
const FAR = "203.0.113.7";

/** A translator with a tunnel of its own by eth2, to whose other end `FAR` lies. */
function withTunnel(out: "eth2" | "t", kind: TunnelKind = "gre"): TestRouter & { tunnel: TunnelInterface } {
	// The tunnel is there before the router that names it.
	const made = testRouter({ nat: { out: "eth2" } }, { interfaces: 8, packets: 32 });
	const { stack } = made.station;
	const tunnel = stack.interfaces.add(new TunnelInterface("t", kind, { local: OUTSIDE, remote: REMOTE }));
	tunnel.addAddress(`${INNER}/30`);
	stack.routes.add({ prefix: "203.0.113.0/24", interface: tunnel });
	if (out === "eth2") return { ...made, tunnel };
	made.router.close();
	const router = new (made.router.constructor as new (...args: unknown[]) => TestRouter["router"])(stack, { nat: { out: "t" } });
	made.station.world.settle();
	return { ...made, router, tunnel };
}

/** What is within the packets of a tunnel that left by a port. */
function inner(router: TestRouter, protocol = GRE): Bytes[] {
	return router.wan.packets().map(({ ipv4: outer }) => {
		expect([outer!.protocol, ipText(outer!.source), ipText(outer!.destination)]).toEqual([protocol, OUTSIDE, REMOTE]);
		return protocol === GRE ? parseGre(outer!.payload).payload : outer!.payload.slice();
	});
}

/** A packet comes in by the tunnel. */
function comes({ wan }: TestRouter, packet: Bytes, protocol = GRE): void {
	const payload = protocol === GRE ? gre({}, packet) : packet;
	wan.ip(ipv4({ source: REMOTE, destination: OUTSIDE, protocol }, payload));
}

describe("tunnels of hosts behind a translator", () => {
	it.each([
		["GRE", GRE, gre({}, datagram(`${HOST}:1`, `${FAR}:2`))],
		["IP in IP", FOUR_IN, datagram(`${HOST}:1`, `${FAR}:2`)],
		["IPv6 in IPv4", SIX_IN, new Uint8Array(40).fill(0x60, 0, 1)],
		["ESP", 50, new Uint8Array(24)],
	])("%s has no ports, goes nowhere in either direction, and is counted", (_name, protocol, payload) => {
		const { station, lan, wan, used } = testRouter();
		lan.ip(ipv4({ source: HOST, destination: SERVER, protocol }, payload));
		expect(wan.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ natPorts: 1 });
		wan.ip(ipv4({ source: SERVER, destination: HOST, protocol }, payload));
		expect(lan.packets()).toEqual([]);
		expect(used()).toBe(0);
	});

	it("in packets of UDP is what any datagram is: such tunnels pass", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4500`, `${SERVER}:4500`));
		expect(sent(wan)).toEqual([`udp ${OUTSIDE}:4500 > ${SERVER}:4500`]);
	});
});

describe("a tunnel of the board itself, by the interface that it translates by", () => {
	it.each<[TunnelKind, number]>([
		["gre", GRE],
		["ipip", FOUR_IN],
	])(
		"%s: its packets are the board's and not translated, neither is what is within them, nor what comes back",
		(kind, protocol) => {
			const router = withTunnel("eth2", kind);
			router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`));
			const [packet] = inner(router, protocol);
			expect(said(parsePacket(packet!))).toBe(`udp ${HOST}:4000 > ${FAR}:53`);
			comes(router, datagram(`${FAR}:53`, `${HOST}:4000`), protocol);
			expect(sent(router.lan)).toEqual([`udp ${FAR}:53 > ${HOST}:4000`]);
		},
	);

	it("stands while others are translated by the same interface, and its other end is not theirs to forge", () => {
		const router = withTunnel("eth2");
		router.lan.ip(datagram(`${HOST}:4000`, `${SERVER}:53`));
		expect(sent(router.wan)).toEqual([`udp ${OUTSIDE}:4000 > ${SERVER}:53`]);
		router.wan.ip(ipv4({ source: SERVER, destination: OUTSIDE, protocol: GRE }, gre({}, datagram(`${FAR}:53`, `${HOST}:4000`))));
		expect(sent(router.lan)).toEqual([]);
	});

	it("TTL 1: a host is told by the board, about what it sent; TTL 2 ends beyond the tunnel, and who says so reaches the host", () => {
		const router = withTunnel("eth2");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, { ttl: 1 }));
		expect(router.wan.packets()).toEqual([]);
		const [late] = router.lan.packets();
		expect(late!.icmp).toMatchObject({ type: 11, code: 0 });
		expect(ipText(late!.ipv4!.source)).toBe("10.0.0.1");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, { ttl: 2 }));
		const [packet] = inner(router);
		expect(parsePacket(packet!).ipv4!.ttl).toBe(1);
		comes(router, icmp({ source: "10.9.0.2", destination: HOST, type: 11, code: 0 }, packet!.subarray(0, 28)));
		expect(sent(router.lan)[0]).toContain(`icmp 11 10.9.0.2 > ${HOST}`);
	});
});

describe("a tunnel that the board translates by", () => {
	it("carries hosts by the tunnel's address, there and back, and nothing that nobody asked for", () => {
		const router = withTunnel("t");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`));
		const [packet] = inner(router);
		expect(said(parsePacket(packet!))).toBe(`udp ${INNER}:4000 > ${FAR}:53`);
		comes(router, datagram(`${FAR}:53`, `${INNER}:4000`));
		expect(sent(router.lan)).toEqual([`udp ${FAR}:53 > ${HOST}:4000`]);
		comes(router, datagram(`${FAR}:54`, `${INNER}:4000`));
		comes(router, datagram(`${FAR}:53`, `${HOST}:4000`));
		expect(sent(router.lan)).toEqual([]);
	});

	it("too large for the tunnel: the host hears the tunnel's MTU, about what it sent", () => {
		const router = withTunnel("t");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, {}, 1476 - 28));
		expect(inner(router).length).toBe(1);
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, {}, 1477 - 28));
		expect(router.wan.packets()).toEqual([]);
		const [error] = router.lan.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4, rest: 1476 });
		const about = error!.icmp!.payload;
		expect([ipText(readWord(about, 12)), ipText(readWord(about, 16))]).toEqual([HOST, FAR]);
	});

	it("a router on the tunnel's way carries less: what it says of the outer packet shrinks the tunnel, and hosts hear of that", () => {
		const router = withTunnel("t", "ipip");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, {}, 1400));
		const [packet] = router.wan.packets();
		const quoted = packetOf(packet!, 28);
		router.wan.ip(icmp({ source: "198.51.100.2", destination: OUTSIDE, type: 3, code: 4, rest: 1000 }, quoted));
		expect(router.tunnel.mtu).toBe(980);
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, {}, 1400));
		expect(router.lan.packets()[0]!.icmp).toMatchObject({ type: 3, code: 4, rest: 980 });
	});

	it("a router beyond the tunnel carries less: what it says of the translated packet is told to the host, about what that sent", () => {
		const router = withTunnel("t");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, {}, 1400));
		const [packet] = inner(router);
		comes(router, icmp({ source: "10.9.0.2", destination: INNER, type: 3, code: 4, rest: 1200 }, packet!.subarray(0, 28)));
		const [error] = router.lan.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4, rest: 1200 });
		expect(ipText(error!.ipv4!.destination)).toBe(HOST);
		const about = error!.icmp!.payload;
		expect([ipText(readWord(about, 12)), ipText(readWord(about, 16))]).toEqual([HOST, FAR]);
	});

	it("TTL 1 and 2: the board says so, and then who is beyond; both about what the host sent", () => {
		const router = withTunnel("t");
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, { ttl: 1 }));
		expect(router.wan.packets()).toEqual([]);
		expect(router.lan.packets()[0]!.icmp).toMatchObject({ type: 11, code: 0 });
		router.lan.ip(datagram(`${HOST}:4000`, `${FAR}:53`, { ttl: 2 }));
		const [packet] = inner(router);
		comes(router, icmp({ source: "10.9.0.2", destination: INNER, type: 11, code: 0 }, packet!.subarray(0, 28)));
		const [late] = router.lan.packets();
		expect(late!.icmp!.type).toBe(11);
		expect(ipText(readWord(late!.icmp!.payload, 12))).toBe(HOST);
	});

	it("fragments are translated before they are wrapped", () => {
		const router = withTunnel("t");
		const whole = udp({ source: HOST, destination: FAR, sourcePort: 4000, destinationPort: 53 }, new Uint8Array(2000));
		const { payload } = parsePacket(whole).ipv4!;
		const head = { source: HOST, destination: FAR, protocol: 17, id: 9 };
		router.lan.ip(ipv4({ ...head, fragment: 0x2000 }, payload.subarray(0, 1400)));
		router.lan.ip(ipv4({ ...head, fragment: 1400 >> 3 }, payload.subarray(1400)));
		const pieces = inner(router);
		expect(pieces.length).toBe(2);
		for (const piece of pieces) expect(ipText(readWord(piece, 12))).toBe(INNER);
	});
});

function readWord(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
