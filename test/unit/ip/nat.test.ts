// NAT44, requirement by requirement: RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP), RFC 7857.

import { describe, expect, it } from "vitest";
import { concat, FIN, icmp, ip, ipv4, ipText, onesSum, read16, RST, SYN, TCP_ACK, u16, UDP } from "../../support/frames.ts";
import { statusOf } from "../../../src/status/status.ts";
import { datagram, HOST, OTHER, OUTSIDE, packetOf, ping, said, segment, sent, SERVER, testRouter } from "../../support/router.ts";

const MINUTE = 60_000;

describe("NAT of UDP, RFC 4787", () => {
	it("REQ-1: one port of a host is the same one outside, whomever it speaks to (endpoint-independent mapping)", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		lan.ip(datagram(`${HOST}:4000`, "198.51.100.8:9"));
		expect(sent(wan)).toEqual([`udp ${OUTSIDE}:4000 > ${SERVER}:7`, `udp ${OUTSIDE}:4000 > 198.51.100.8:9`]);
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
		expect(sent(lan)).toEqual([`udp ${SERVER}:7 > ${HOST}:4000`]);
	});

	it("REQ-3, REQ-4: the port is kept where it is free; two hosts never share one, and the other's has the same parity", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4001`, `${SERVER}:7`));
		lan.ip(datagram(`${OTHER}:4001`, `${SERVER}:7`));
		lan.ip(datagram("10.0.0.7:4001", `${SERVER}:7`));
		const ports = wan.packets().map(({ udp }) => udp!.sourcePort);
		expect(ports[0]).toBe(4001);
		expect(new Set(ports).size).toBe(3);
		for (const port of ports) expect([port % 2, port >= 1024]).toEqual([1, true]);
		for (const [i, host] of [HOST, OTHER, "10.0.0.7"].entries()) {
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:${ports[i]!}`));
			expect(sent(lan)).toEqual([`udp ${SERVER}:7 > ${host}:4001`]);
		}
	});

	it("REQ-5, REQ-6: what is answered lasts five minutes from the last packet of either side, what is not two; then nothing is left of it", () => {
		for (const [answered, minutes] of [
			[true, 5],
			[false, 2],
		] as const) {
			const { station, lan, wan, used } = testRouter();
			lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
			if (answered) wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
			expect(used()).toBe(2);
			station.world.run(minutes * MINUTE - 5000);
			lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
			station.world.run(minutes * MINUTE - 5000);
			lan.all();
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
			expect(sent(lan)).toEqual([`udp ${SERVER}:7 > ${HOST}:4000`]);
			station.world.run(5 * MINUTE + 8000);
			expect(used()).toBe(0);
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
			expect(sent(lan)).toEqual([]);
		}
	});

	it("REQ-5 c: a question for a name is over half a minute after it", () => {
		const { station, lan, used } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:53`));
		station.world.run(25_000);
		expect(used()).toBe(2);
		station.world.run(10_000);
		expect(used()).toBe(0);
	});

	it("REQ-8: only whom a host has spoken to reaches it, by address and port; everybody, where that is wished", () => {
		for (const anybody of [false, true]) {
			const { station, lan, wan } = testRouter({ nat: { out: "eth2", anybody } });
			lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
			wan.ip(datagram(`${SERVER}:8`, `${OUTSIDE}:4000`));
			wan.ip(datagram("198.51.100.9:7", `${OUTSIDE}:4000`));
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4001`));
			const through = [`udp ${SERVER}:8 > ${HOST}:4000`, `udp 198.51.100.9:7 > ${HOST}:4000`];
			expect(sent(lan)).toEqual(anybody ? through : []);
			expect(station.drops("eth2")).toEqual({ filtered: anybody ? 1 : 3 });
			expect(sent(wan).slice(1)).toEqual([]);
		}
	});

	it("REQ-9: two hosts behind it reach each other by the address outside, and see each other there (hairpinning)", () => {
		const { lan, wan } = testRouter({ nat: { out: "eth2", anybody: true } });
		lan.ip(datagram(`${OTHER}:5000`, `${SERVER}:7`));
		lan.ip(datagram(`${HOST}:4000`, `${OUTSIDE}:5000`));
		expect(sent(lan)).toEqual([`udp ${OUTSIDE}:4000 > ${OTHER}:5000`]);
		lan.ip(datagram(`${OTHER}:5000`, `${OUTSIDE}:4000`));
		expect(sent(lan)).toEqual([`udp ${OUTSIDE}:5000 > ${HOST}:4000`]);
		expect(sent(wan).length).toBe(1);
	});

	it("REQ-11, REQ-12: a mapping does not depend on what else is done; an error of ICMP does not end it", () => {
		const { lan, wan, used } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		const [out] = wan.packets();
		wan.ip(icmp({ source: SERVER, destination: OUTSIDE, type: 3, code: 3 }, packetOf(out!, 28)));
		expect(lan.packets().length).toBe(1);
		expect(used()).toBe(2);
		lan.ip(datagram(`${HOST}:4000`, "198.51.100.8:7"));
		expect(sent(wan)).toEqual([`udp ${OUTSIDE}:4000 > 198.51.100.8:7`]);
	});

	it("REQ-13: a packet too long for the way that must not be cut is answered with the MTU, about what its sender sent", () => {
		const { lan, wan } = testRouter({}, {}, [1500, 600]);
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`, {}, 900));
		const [error] = lan.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4, rest: 600 });
		expect([...error!.icmp!.payload.subarray(12, 20)]).toEqual([10, 0, 0, 5, 198, 51, 100, 7]);
		expect(wan.packets()).toEqual([]);
	});

	it("REQ-14: fragments are translated in any order, both ways, of datagrams longer than a packet, too", () => {
		const { lan, wan, used } = testRouter();
		const data = Uint8Array.from({ length: 3000 }, (_, i) => i & 255);
		const whole = datagramOf(HOST, 4000, SERVER, 7, data);
		const pieces = cut(whole, HOST, SERVER, 1480);
		for (const piece of [pieces[2]!, pieces[0]!, pieces[1]!]) lan.ip(piece);
		const out = joined(wan.packets().map((parsed) => packetOf(parsed)));
		expect([ipText(out.source), read16(out.data, 0), read16(out.data, 2)]).toEqual([OUTSIDE, 4000, 7]);
		expect([...out.data.subarray(8)]).toEqual([...data]);
		expect(sumOf(out)).toBe(0xffff);
		expect(used()).toBe(2);
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`)); // whose answer is waited for by three packets at most
		lan.all();
		for (const piece of cut(datagramOf(SERVER, 7, OUTSIDE, 4000, data), SERVER, OUTSIDE, 1000).reverse()) wan.ip(piece);
		const back = joined(lan.packets().map((parsed) => packetOf(parsed)));
		expect([ipText(back.destination), read16(back.data, 2)]).toEqual([HOST, 4000]);
		expect([...back.data.subarray(8)]).toEqual([...data]);
		expect(sumOf(back)).toBe(0xffff);
	});

	it("leaves a checksum of 0 as it is: there is none", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`, { udpChecksum: 0 }));
		expect(read16(wan.packets()[0]!.ipv4!.payload, 6)).toBe(0);
	});
});

/** A UDP datagram with its checksum, without an IP header. */
function datagramOf(source: string, sourcePort: number, destination: string, port: number, data: Uint8Array): Uint8Array {
	return datagramBytes(datagram(`${source}:${sourcePort}`, `${destination}:${port}`, {}, 0), data, source, destination);
}

function datagramBytes(frame: Uint8Array, data: Uint8Array, source: string, destination: string): Uint8Array {
	const made = concat(frame.subarray(20, 24), u16(8 + data.length), [0, 0], data);
	const pseudo = concat(ipv4({ source, destination }).subarray(12, 20), [0, UDP], u16(made.length));
	made.set(u16(~onesSum(concat(pseudo, made)) & 0xffff), 6);
	return made;
}

function cut(whole: Uint8Array, source: string, destination: string, most: number): Uint8Array<ArrayBuffer>[] {
	const pieces = [];
	for (let at = 0; at < whole.length; at += most) {
		const more = at + most < whole.length ? 0x2000 : 0;
		pieces.push(ipv4({ source, destination, id: 99, fragment: (at >> 3) | more }, whole.subarray(at, at + most)));
	}
	return pieces;
}

function joined(packets: Uint8Array[]): { source: number; destination: number; data: Uint8Array } {
	const data = new Uint8Array(packets.reduce((sum, packet) => sum + read16(packet, 2) - 20, 0));
	for (const packet of packets) data.set(packet.subarray(20, read16(packet, 2)), (read16(packet, 6) & 0x1fff) << 3);
	const view = new DataView(packets[0]!.buffer, packets[0]!.byteOffset);
	return { source: view.getInt32(12), destination: view.getInt32(16), data };
}

function sumOf({ source, destination, data }: { source: number; destination: number; data: Uint8Array }): number {
	return onesSum(concat(ipv4({ source, destination }).subarray(12, 20), [0, UDP], u16(data.length), data));
}

describe("NAT of TCP, RFC 5382", () => {
	const out = `${HOST}:4000` as const;
	const far = `${SERVER}:80` as const;

	function connected(options = {}) {
		const made = testRouter(options);
		made.lan.ip(segment(out, far, SYN));
		made.wan.ip(segment(far, `${OUTSIDE}:4000`, SYN | TCP_ACK));
		made.lan.ip(segment(out, far, TCP_ACK));
		made.lan.all();
		made.wan.all();
		return made;
	}

	it("REQ-1: a port of a host is the same one outside for all connections from it", () => {
		const { lan, wan } = connected();
		lan.ip(segment(out, "198.51.100.8:81", SYN));
		expect(sent(wan)).toEqual([`tcp ${OUTSIDE}:4000 > 198.51.100.8:81`]);
	});

	it("REQ-2: both may open at once: a SYN from whom a SYN was sent to passes", () => {
		const { lan, wan } = testRouter();
		lan.ip(segment(out, far, SYN));
		wan.ip(segment(far, `${OUTSIDE}:4000`, SYN));
		expect(sent(lan)).toEqual([`tcp ${far} > ${out}`]);
	});

	it("REQ-3, REQ-4: a SYN that nobody has asked for is dropped without a word", () => {
		const { station, lan, wan } = testRouter();
		lan.ip(segment(out, far, SYN));
		wan.all();
		wan.ip(segment("198.51.100.9:80", `${OUTSIDE}:4000`, SYN));
		wan.ip(segment("198.51.100.9:80", `${OUTSIDE}:22`, SYN));
		station.world.run(10_000);
		expect(sent(wan)).toEqual([]);
		expect(sent(lan)).toEqual([]);
		expect(station.drops("eth2")).toEqual({ filtered: 2 });
	});

	it("REQ-5: a connection that stands lasts 2 hours and 4 minutes without a packet", () => {
		const { station, lan, wan, used } = connected();
		station.world.run(124 * MINUTE - 10_000);
		wan.ip(segment(far, `${OUTSIDE}:4000`, TCP_ACK));
		expect(sent(lan)).toEqual([`tcp ${far} > ${out}`]);
		station.world.run(124 * MINUTE + 10_000);
		expect(used()).toBe(0);
	});

	it("REQ-5: half open, after a reset, and after both FINs it lasts 4 minutes", () => {
		const half = testRouter();
		half.lan.ip(segment(out, far, SYN));
		const reset = connected();
		reset.wan.ip(segment(far, `${OUTSIDE}:4000`, RST));
		const ended = connected();
		ended.lan.ip(segment(out, far, FIN | TCP_ACK));
		ended.wan.ip(segment(far, `${OUTSIDE}:4000`, FIN | TCP_ACK));
		ended.lan.ip(segment(out, far, TCP_ACK));
		for (const { station, used } of [half, reset, ended]) {
			station.world.run(4 * MINUTE - 5000);
			expect(used()).toBe(2);
			station.world.run(15_000);
			expect(used()).toBe(0);
		}
	});

	it("keeps one that only one side has ended, and one that goes on after a reset that was forged: RFC 7857 §2.2", () => {
		const { station, lan, wan, used } = connected();
		wan.ip(segment(far, `${OUTSIDE}:4000`, FIN | TCP_ACK));
		wan.ip(segment(far, `${OUTSIDE}:4000`, RST));
		lan.ip(segment(out, far, TCP_ACK));
		station.world.run(100 * MINUTE);
		expect(used()).toBe(2);
	});

	it("REQ-8: hairpinning with a port that is forwarded", () => {
		const { lan } = testRouter({ forwardPorts: [{ protocol: "tcp", port: 8080, to: OTHER, toPort: 80 }] });
		lan.ip(segment(out, `${OUTSIDE}:8080`, SYN));
		expect(sent(lan)).toEqual([`tcp ${OUTSIDE}:4000 > ${OTHER}:80`]);
		lan.ip(segment(`${OTHER}:80`, `${OUTSIDE}:4000`, SYN | TCP_ACK));
		expect(sent(lan)).toEqual([`tcp ${OUTSIDE}:8080 > ${out}`]);
	});

	it("REQ-10: an error of ICMP about a connection goes to its host, and does not end it", () => {
		const { lan, wan, used } = connected();
		lan.ip(segment(out, far, TCP_ACK));
		const [sentOut] = wan.packets();
		wan.ip(icmp({ source: "198.51.100.254", destination: OUTSIDE, type: 3, code: 4, rest: 1400 }, packetOf(sentOut!, 28)));
		const [error] = lan.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4, rest: 1400 });
		expect([...error!.icmp!.payload.subarray(12, 22)]).toEqual([10, 0, 0, 5, 198, 51, 100, 7, 4000 >> 8, 4000 & 255]);
		expect(used()).toBe(2);
	});

	it("lets SYNs say no larger segments than the way carries, at odd places too", () => {
		const { lan, wan } = testRouter({}, {}, [1500, 600]);
		for (const tcpOptions of [
			[2, 4, 5, 0xb4],
			[1, 2, 4, 5, 0xb4, 1, 1, 0],
		]) {
			lan.ip(segment(out, far, SYN, { tcpOptions }));
			const [syn] = wan.packets();
			expect(read16(syn!.tcp!.options, tcpOptions.indexOf(2) + 2)).toBe(560);
		}
		wan.ip(segment(far, `${OUTSIDE}:4000`, SYN | TCP_ACK, { tcpOptions: [2, 4, 5, 0xb4] }));
		expect(read16(lan.packets()[0]!.tcp!.options, 2)).toBe(560);
		lan.ip(segment(out, far, SYN, { tcpOptions: [2, 4, 2, 0x30] }));
		expect(read16(wan.packets()[0]!.tcp!.options, 2)).toBe(560);
		lan.ip(segment(out, far, SYN, { tcpOptions: [2, 4, 2, 0x2f] }));
		expect(read16(wan.packets()[0]!.tcp!.options, 2)).toBe(559);
	});
});

describe("NAT of ICMP, RFC 5508", () => {
	it("REQ-1: identifiers of queries are translated as ports are, 0 too", () => {
		const { lan, wan } = testRouter();
		lan.ip(ping(HOST, SERVER, 77));
		lan.ip(ping(OTHER, SERVER, 77));
		const ids = wan.packets().map(({ icmp }) => icmp!.rest >>> 16);
		expect(ids[0]).toBe(77);
		expect(ids[1]).not.toBe(77);
		for (const [i, host] of [HOST, OTHER].entries()) {
			wan.ip(ping(SERVER, OUTSIDE, ids[i]!, 0));
			expect(sent(lan)).toEqual([`icmp 0 ${SERVER} > ${host} 77`]);
		}
		lan.ip(ping(HOST, SERVER, 0));
		const id = wan.packets()[0]!.icmp!.rest >>> 16;
		wan.ip(ping(SERVER, OUTSIDE, id, 0));
		expect(sent(lan)).toEqual([`icmp 0 ${SERVER} > ${HOST} 0`]);
	});

	it("REQ-2: a query is remembered a minute", () => {
		const { station, lan, wan, used } = testRouter();
		lan.ip(ping(HOST, SERVER, 77));
		station.world.run(55_000);
		wan.ip(ping(SERVER, OUTSIDE, 77, 0));
		expect(sent(lan).length).toBe(1);
		station.world.run(66_000);
		expect(used()).toBe(0);
	});

	it("REQ-3: an error whose checksum is wrong, or about nothing that is known, goes nowhere", () => {
		const { station, lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		const quoted = packetOf(wan.packets()[0]!, 28);
		wan.ip(icmp({ source: SERVER, destination: OUTSIDE, type: 3, code: 1, icmpChecksum: 1 }, quoted));
		const other = concat(quoted);
		other[21] = 99;
		wan.ip(icmp({ source: SERVER, destination: OUTSIDE, type: 3, code: 1 }, other));
		expect(sent(lan)).toEqual([]);
		expect(station.drops("eth2")).toEqual({ icmpChecksum: 1, filtered: 1 });
	});

	it("REQ-4: an error about what was sent goes to who sent it, and is about what that sent", () => {
		const { lan, wan } = testRouter();
		lan.ip(ping(HOST, SERVER, 500));
		const quoted = packetOf(wan.packets()[0]!, 28);
		wan.ip(icmp({ source: "198.51.100.254", destination: OUTSIDE, type: 11 }, quoted));
		const [error] = lan.packets();
		expect([ipText(error!.ipv4!.source), ipText(error!.ipv4!.destination)]).toEqual(["198.51.100.254", HOST]);
		const inner = error!.icmp!.payload;
		expect([...inner.subarray(12, 20)]).toEqual([10, 0, 0, 5, 198, 51, 100, 7]);
		expect(read16(inner, 24)).toBe(500);
		expect(onesSum(inner.subarray(0, 20))).toBe(0xffff);
	});

	it("REQ-5: an error from behind it is from its address, about a packet to that, whoever says it", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
		const inward = packetOf(lan.packets()[0]!, 28);
		wan.all();
		for (const source of [HOST, "10.0.0.254"]) {
			lan.ip(icmp({ source, destination: SERVER, type: 3, code: 3 }, inward));
			const [error] = wan.packets();
			expect(said(error!)).toBe(`icmp 3 ${OUTSIDE} > ${SERVER} 0`);
			expect([...error!.icmp!.payload.subarray(16, 20)]).toEqual([198, 51, 100, 1]);
			expect(read16(error!.icmp!.payload, 22)).toBe(4000);
		}
	});

	it("tells outside of a packet that it could not bring on, as it came", () => {
		const { lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		wan.all();
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`, { ttl: 1 }));
		const [error] = wan.packets();
		expect(said(error!)).toBe(`icmp 11 ${OUTSIDE} > ${SERVER} 0`);
		expect([...error!.icmp!.payload.subarray(16, 24)]).toEqual([198, 51, 100, 1, 0, 7, 4000 >> 8, 4000 & 255]);
	});

	it("tells a host whose packet has lived too long, about what it sent, and keeps no session of it", () => {
		const { lan, wan, used } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:33434`, { ttl: 1 }));
		const [error] = lan.packets();
		expect([error!.icmp!.type, ...error!.icmp!.payload.subarray(12, 16)]).toEqual([11, 10, 0, 0, 5]);
		expect([used(), sent(wan)]).toEqual([0, []]);
	});

	it("REQ-7: hairpinning of an error", () => {
		const { lan } = testRouter({ nat: { out: "eth2", anybody: true } });
		lan.ip(datagram(`${OTHER}:5000`, `${SERVER}:7`));
		lan.ip(datagram(`${HOST}:4000`, `${OUTSIDE}:5000`));
		const inward = packetOf(lan.packets()[0]!, 28);
		lan.ip(icmp({ source: OTHER, destination: OUTSIDE, type: 3, code: 3 }, inward));
		const [error] = lan.packets();
		expect(said(error!)).toBe(`icmp 3 ${OUTSIDE} > ${HOST} 0`);
		const quoted = error!.icmp!.payload;
		expect([...quoted.subarray(12, 20)]).toEqual([10, 0, 0, 5, 198, 51, 100, 1]);
		expect([read16(quoted, 20), read16(quoted, 22)]).toEqual([4000, 5000]);
	});
});

describe("a translator's table", () => {
	it("when it is full refuses new sessions and keeps those that are answered; those that nobody has answered give way", () => {
		const { station, lan, wan, used } = testRouter({}, { router: { entries: 8 } });
		for (let i = 0; i < 4; i++) {
			lan.ip(datagram(`${HOST}:${4000 + i}`, `${SERVER}:7`));
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:${4000 + i}`));
		}
		lan.all();
		wan.all();
		lan.ip(datagram(`${HOST}:5000`, `${SERVER}:7`));
		expect([used(), sent(wan)]).toEqual([8, []]);
		expect(station.drops("eth1")).toEqual({ sessionsFull: 1 });
		for (let i = 0; i < 4; i++) {
			wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:${4000 + i}`));
			expect(sent(lan)).toEqual([`udp ${SERVER}:7 > ${HOST}:${4000 + i}`]);
		}
		// Those that were ended give way, and within the board is spoken to all the same.
		lan.ip(ping(HOST, "10.0.0.1", 5));
		expect(sent(lan)).toEqual([`icmp 0 10.0.0.1 > ${HOST} 5`]);
		const reset = testRouter({}, { router: { entries: 8 } });
		for (let i = 0; i < 20; i++) {
			reset.lan.ip(segment(`${HOST}:${6000 + i}`, `${SERVER}:80`, SYN));
			reset.wan.ip(segment(`${SERVER}:80`, `${OUTSIDE}:${6000 + i}`, RST | TCP_ACK));
		}
		expect(sent(reset.wan).length).toBe(20);
		const scanned = testRouter({}, { router: { entries: 8 } });
		for (let i = 0; i < 50; i++) scanned.lan.ip(segment(`${HOST}:${6000 + i}`, `${SERVER}:${i + 1}`, SYN));
		expect(sent(scanned.wan).length).toBe(50);
		expect(scanned.used()).toBeLessThanOrEqual(8);
	});

	it("does not take a port that a socket of the board has, nor gives the board one that it has itself", () => {
		const { station, lan, wan } = testRouter();
		const socket = station.stack.udp.open("", 4000, 0);
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		expect(wan.packets()[0]!.udp!.sourcePort).not.toBe(4000);
		station.stack.udp.close(socket);
		lan.ip(datagram(`${OTHER}:4000`, `${SERVER}:7`));
		expect(wan.packets()[0]!.udp!.sourcePort).toBe(4000);
	});

	it("translates nothing without ports, and says so", () => {
		const { station, lan, wan } = testRouter();
		lan.ip(ipv4({ source: HOST, destination: SERVER, protocol: 47 }, new Uint8Array(20)));
		lan.ip(segment(`${HOST}:4000`, `${SERVER}:80`, RST));
		expect(wan.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ natPorts: 2 });
	});

	it("forgets what stood on an address that is gone; forwarded ports stay", () => {
		const { station, lan, wan, used } = testRouter({ forwardPorts: [{ protocol: "udp", port: 9, to: OTHER }] });
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		expect(used()).toBe(3);
		wan.link.ip.removeAddress(wan.link.ip.addresses[0]!);
		station.world.run(10);
		expect(used()).toBe(1);
		lan.all();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		wan.link.ip.insertAddress("198.51.100.2", 24);
		station.world.run(10);
		wan.all();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		expect(sent(wan)).toEqual([`udp 198.51.100.2:4000 > ${SERVER}:7`]);
		wan.ip(datagram(`${SERVER}:7`, "198.51.100.2:9"));
		expect(sent(lan).at(-1)).toBe(`udp ${SERVER}:7 > ${OTHER}:9`);
	});

	it("ends with its router: packets pass as they are", () => {
		const { station, router, lan, wan } = testRouter();
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		expect(sent(wan)).toEqual([`udp ${OUTSIDE}:4000 > ${SERVER}:7`]);
		router.close();
		router.close();
		station.world.run(10);
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		expect(sent(wan)).toEqual([`udp ${HOST}:4000 > ${SERVER}:7`]);
		expect(ip(HOST)).not.toBe(0);
	});
});

describe("the status of a stack", () => {
	it("has the router's counters, and a line for each session", () => {
		const { station, router, lan, wan } = testRouter({
			forwardPorts: [{ protocol: "tcp", port: 8080, to: OTHER, toPort: 80 }],
			filter: [{ in: "eth2", out: "lo", protocol: "icmp", action: "accept" }],
		});
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:7`));
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
		wan.ip(ping(SERVER, OUTSIDE, 5));
		expect(statusOf(station.stack).router).toEqual({
			entries: 64,
			used: 4,
			begun: 2,
			gaveWay: 0,
			translatedOut: 1,
			translatedIn: 1,
			"rule 0": 1,
			[`tcp ${OTHER} 80 at port 8080`]: "forwarded",
			[`udp ${HOST} 4000 at port 4000`]: "1 sessions",
			[`udp ${HOST} 4000 > ${SERVER} 7`]: "from port 4000, 300 s",
			[`icmp ${SERVER} 5 > 0.0.0.0 0`]: "60 s",
		});
		router.close();
		expect(statusOf(station.stack).router).toBeUndefined();
	});
});
