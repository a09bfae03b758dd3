// How connections begin: RFC 9293 §3.5 and §3.10.7.2 to 4, RFC 6298 for lost SYNs.
import { describe, expect, test } from "vitest";
import { Acceptor, Endpoint } from "./endpoint.ts";
import { Peer, REMOTE } from "./peer.ts";
import { ESTABLISHED } from "../../../../src/transport/tcp/states.ts";
import { blockOf } from "../../../support/tcb.ts";

function connecting(peer = new Peer()) {
	const endpoint = new Endpoint(peer.stack);
	const tcb = peer.stack.tcp.connect(REMOTE, 5000);
	peer.localPort = tcb.localPort;
	endpoint.own(tcb);
	peer.run(0);
	return { peer, endpoint, tcb };
}

describe("active open", () => {
	test("of many connections at once sends all their SYNs at once; ended all at once they send all their RSTs", () => {
		const { peer } = connecting(new Peer({ packets: 48, sockets: { tcp: 17 } }));
		peer.take();
		const connections = Array.from({ length: 16 }, (_, i) => peer.stack.tcp.connect(REMOTE, 6000 + i));
		const syns = peer.take().map(({ flags, remotePort }) => `${flags} ${remotePort}`);
		expect(syns.sort()).toEqual(connections.map((_, i) => `S ${6000 + i}`));
		for (const [i, tcb] of connections.entries())
			peer.send({ flags: "SA", rawAck: (blockOf(tcb).iss + 1) | 0, localPort: tcb.localPort, remotePort: 6000 + i });
		peer.take();
		for (const tcb of connections) peer.stack.tcp.abort(tcb);
		expect(peer.take().filter(({ flags }) => flags === "RA")).toHaveLength(16);
		expect(peer.drops("transmitQueueFull")).toBe(0);
	});
	test("SYN with MSS, then ACK, then the owner hears that it may write", () => {
		const { peer, endpoint, tcb } = connecting();
		const [syn] = peer.take();
		expect(syn).toMatchObject({ flags: "S", mss: 1460, window: 5840, length: 0 });
		expect(syn!.localPort).toBeGreaterThanOrEqual(49_152);
		expect(peer.state(tcb)).toBe("synSent");
		peer.send({ flags: "SA", seq: 0, ack: 1, mss: 1000 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		expect(peer.state(tcb)).toBe("established");
		expect(endpoint.connected).toBe(true);
		expect(blockOf(tcb).sndMss).toBe(1000);
	});
	test("without an MSS option segments have 536 bytes", () => {
		const { peer, tcb } = connecting();
		peer.send({ flags: "SA", seq: 0, ack: 1 });
		expect(blockOf(tcb).sndMss).toBe(536);
	});
	test("a lost SYN goes again after 1, 2, 4… seconds, and the connection ends after three minutes", () => {
		const { peer, endpoint, tcb } = connecting();
		peer.run(200_000);
		const times = peer.take().map((segment) => segment.at);
		expect(times.slice(0, 7)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 63_000]);
		expect(endpoint.error).toBe("timeout");
		expect(tcb.stateName).toBe("closed");
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("after a lost SYN, one segment, and a timeout of 3 s. RFC 5681 §3.1, RFC 6298 §5.7", () => {
		const peer = new Peer();
		const endpoint = new Endpoint(peer.stack, { sends: 1, length: 10_000 });
		const tcb = peer.stack.tcp.connect(REMOTE, 5000);
		peer.localPort = tcb.localPort;
		endpoint.own(tcb);
		peer.run(1500);
		peer.take();
		peer.send({ flags: "SA", seq: 0, ack: 1, mss: 1460 });
		expect(peer.told()).toEqual(["A 1+1460 ack 1"]);
		expect(blockOf(tcb).rto).toBe(3000);
	});
	test("RST with the right ACK refuses, with a wrong one nothing happens", () => {
		const { peer, endpoint, tcb } = connecting();
		peer.send({ flags: "RA", seq: 0, ack: 2 });
		peer.send({ flags: "R", seq: 0 });
		expect(peer.state(tcb)).toBe("synSent");
		peer.send({ flags: "RA", seq: 0, ack: 1 });
		expect(endpoint.error).toBe("refused");
	});
	test("an ACK of something never sent is answered by RST", () => {
		const { peer, tcb } = connecting();
		peer.take();
		peer.send({ flags: "SA", seq: 0, ack: 77 });
		expect(peer.told()).toEqual(["R 77 ack -"]);
		expect(peer.state(tcb)).toBe("synSent");
	});
	test("no route, no free socket, a bad port: said at once", () => {
		const peer = new Peer({ sockets: { tcp: 1 } });
		expect(() => peer.stack.tcp.connect("192.168.9.9", 80)).toThrow("no route");
		expect(() => peer.stack.tcp.connect(REMOTE, 70_000)).toThrow(RangeError);
		expect(() => peer.stack.tcp.connect("255.255.255.255", 80)).toThrow(RangeError);
		peer.stack.tcp.connect(REMOTE, 80, { localPort: 1234 });
		expect(() => peer.stack.tcp.connect(REMOTE, 80)).toThrow("all 1 TCP sockets are in use");
	});
	test("a local port in use is refused by name", () => {
		const peer = new Peer();
		peer.stack.tcp.connect(REMOTE, 80, { localPort: 1234 });
		expect(() => peer.stack.tcp.connect(REMOTE, 80, { localPort: 1234 })).toThrow("TCP port 1234 is in use");
		peer.stack.tcp.connect(REMOTE, 81, { localPort: 1234 });
	});
});

describe("simultaneous open (RFC 9293 §3.5, figure 8)", () => {
	test("with SYN and ACK from both", () => {
		const { peer, endpoint, tcb } = connecting();
		peer.take();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		expect(peer.state(tcb)).toBe("synReceived");
		expect(peer.told()).toEqual(["SA 0 ack 1"]);
		peer.send({ flags: "SA", seq: 0, ack: 1, mss: 1460 });
		expect(peer.state(tcb)).toBe("established");
		expect(endpoint.connected).toBe(true);
	});
	test("with a plain ACK", () => {
		const { peer, tcb } = connecting();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(peer.state(tcb)).toBe("established");
	});
	test("RST in SYN-RECEIVED of an active open refuses", () => {
		const { peer, endpoint } = connecting();
		peer.send({ flags: "S", seq: 0 });
		peer.send({ flags: "R", seq: 1 });
		expect(endpoint.error).toBe("refused");
	});
});

describe("passive open", () => {
	function listening(backlog = 4, tcp = 8) {
		const peer = new Peer({ sockets: { tcp } });
		peer.localPort = 80;
		const acceptor = new Acceptor(peer.stack, 80, backlog);
		return { peer, acceptor };
	}
	test("SYN, SYN and ACK, ACK, and the owner may accept", () => {
		const { peer, acceptor } = listening();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		expect(peer.take()).toMatchObject([{ flags: "SA", ack: 1, mss: 1460 }]);
		expect(acceptor.endpoints).toHaveLength(0);
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(acceptor.endpoints).toHaveLength(1);
		expect(acceptor.endpoints[0]!.tcb).toMatchObject({ localPort: 80, remotePort: 5000, remoteAddress: REMOTE });
	});
	test("data with the last ACK of the handshake is not lost", () => {
		const { peer, acceptor } = listening();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 5 });
		expect(acceptor.endpoints[0]!.received).toBe(5);
	});
	test("data with the SYN is left to be sent again", () => {
		const { peer } = listening();
		peer.send({ flags: "S", seq: 0, mss: 1460, length: 10 });
		expect(peer.told()).toEqual(["SA 0 ack 1"]);
	});
	test("a repeated SYN brings the same SYN and ACK", () => {
		const { peer } = listening();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		const [first] = peer.take();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		expect(peer.take()).toMatchObject([{ flags: "SA", rawSeq: first!.rawSeq, ack: 1 }]);
	});
	test("SYN and ACK go again, and after a minute the place is free", () => {
		const { peer, acceptor } = listening(1);
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		peer.run(62_000);
		expect(peer.take().map((segment) => segment.at)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
		peer.run(2000);
		expect(blockOf(acceptor.listener).waiting).toBe(0);
		expect(peer.stack.tcp.available).toBe(7);
	});
	test("RST gives the place back", () => {
		const { peer, acceptor } = listening(1);
		peer.send({ flags: "S", seq: 0 });
		expect(blockOf(acceptor.listener).waiting).toBe(1);
		peer.send({ flags: "R", seq: 1 });
		expect(blockOf(acceptor.listener).waiting).toBe(0);
	});
	test("RST after the handshake but before accept takes the connection off the queue", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 4, 0);
		for (const remotePort of [1, 2, 3]) {
			peer.send({ flags: "S", seq: 0, remotePort });
			peer.send({ flags: "A", seq: 1, ack: 1, remotePort });
		}
		expect(peer.stack.tcp.acceptable(listener)).toBe(3);
		peer.send({ flags: "R", seq: 1, remotePort: 2 });
		peer.send({ flags: "R", seq: 1, remotePort: 3 });
		expect(peer.stack.tcp.acceptable(listener)).toBe(1);
		peer.send({ flags: "S", seq: 0, remotePort: 4 });
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 4 });
		expect(peer.stack.tcp.accept(listener)!.remotePort).toBe(1);
		expect(peer.stack.tcp.accept(listener)!.remotePort).toBe(4);
		expect(peer.stack.tcp.accept(listener)).toBe(undefined);
		expect(blockOf(listener).waiting).toBe(0);
	});
	test("a wrong ACK in SYN-RECEIVED is answered by RST and changes nothing", () => {
		const { peer, acceptor } = listening();
		peer.send({ flags: "S", seq: 0 });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 99 });
		expect(peer.told()).toEqual(["R 99 ack -"]);
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(acceptor.endpoints).toHaveLength(1);
	});
	test("beyond the backlog a SYN is answered without a socket, counted, and its ACK brings the connection", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 2, 0);
		for (const remotePort of [1, 2, 3]) {
			peer.send({ flags: "S", seq: 0, remotePort, mss: 1460 });
			peer.run(1);
		}
		expect(peer.take()).toMatchObject(
			[1, 2, 3].map((remotePort) => ({ flags: "SA", ack: 1, mss: 1460, window: 5840, remotePort })),
		);
		expect(peer.drops("tcpCookie")).toBe(1);
		expect(blockOf(listener).waiting).toBe(2);
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 3 });
		expect(peer.told()).toEqual([]);
		const { remotePort, state, sndMss } = blockOf(peer.stack.tcp.accept(listener)!);
		expect([remotePort, state, sndMss]).toEqual([3, ESTABLISHED, 1460]);
	});
	test("beyond a backlog of established ones the SYN is dropped", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 2, 0);
		for (const remotePort of [1, 2]) {
			peer.send({ flags: "S", seq: 0, remotePort });
			peer.send({ flags: "A", seq: 1, ack: 1, remotePort });
		}
		peer.take();
		peer.send({ flags: "S", seq: 0, remotePort: 3 });
		expect(peer.take()).toEqual([]);
		expect(peer.drops("tcpBacklogFull")).toBe(1);
		peer.stack.tcp.accept(listener);
		peer.send({ flags: "S", seq: 0, remotePort: 3 });
		expect(peer.told()).toEqual(["SA 0 ack 1"]);
	});
	test("a flood of SYNs does not shut out who answers", () => {
		const { peer, acceptor } = listening(4);
		for (let i = 0; i < 1000; i++) peer.send({ flags: "S", seq: 0, source: `10.0.0.${10 + (i % 200)}`, remotePort: 1000 + i });
		expect(blockOf(acceptor.listener).waiting).toBe(4);
		peer.run(1);
		peer.take();
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		expect(peer.take()).toHaveLength(1);
		for (let i = 0; i < 3; i++) peer.send({ flags: "S", seq: 0, source: "10.0.0.77", remotePort: 6000 + i });
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(acceptor.endpoints).toHaveLength(1);
	});
	test("without a free socket too", () => {
		const { peer, acceptor } = listening(8, 3);
		for (const remotePort of [1, 2, 3]) {
			peer.send({ flags: "S", seq: 0, remotePort });
			peer.run(1);
		}
		expect(peer.take()).toHaveLength(3);
		expect(peer.drops("tcpCookie")).toBe(1);
		expect(blockOf(acceptor.listener).waiting).toBe(2);
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 3 });
		const { remotePort, sndMss } = blockOf(acceptor.endpoints[0]!.tcb!);
		expect([remotePort, sndMss]).toEqual([3, 536]);
		// The one that had waited longest has given way, and comes back by its ACK.
		expect(peer.stack.tcp.tcbs.filter((tcb) => tcb.stateName === "synReceived").map((tcb) => tcb.remotePort)).toEqual([2]);
	});
	test("a half-open connection gives way to a program that connects", () => {
		const { peer } = listening(8, 2);
		peer.send({ flags: "S", seq: 0, remotePort: 1 });
		expect(peer.stack.tcp.available).toBe(1);
		expect(peer.stack.tcp.connect(REMOTE, 99).stateName).toBe("synSent");
		expect(peer.stack.tcp.available).toBe(0);
	});
	test("when no socket is free and none gives way the SYN is dropped and counted", () => {
		const { peer } = listening(8, 2);
		peer.stack.tcp.connect(REMOTE, 99);
		peer.run(0);
		peer.take();
		peer.send({ flags: "S", seq: 0 });
		expect(peer.take()).toEqual([]);
		expect(peer.drops("tcpSocketsFull")).toBe(1);
	});
	test("a listener that is closed resets what waited for it", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 4, 0);
		peer.send({ flags: "S", seq: 0, remotePort: 1 });
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 1 });
		peer.send({ flags: "S", seq: 0, remotePort: 2 });
		peer.take();
		peer.stack.tcp.close(listener);
		peer.run(0);
		expect(peer.told().map((text) => text.slice(0, 2))).toEqual(["RA", "RA"]);
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("ACK to a listener is answered by RST, RST by nothing", () => {
		const { peer } = listening();
		peer.send({ flags: "A", seq: 5, ack: 0, rawAck: 12345 });
		expect(peer.take()).toMatchObject([{ flags: "R", rawSeq: 12345 }]);
		peer.send({ flags: "R", seq: 5 });
		expect(peer.take()).toEqual([]);
	});
	test("SYN to a broadcast address opens nothing. RFC 9293 MUST-57", () => {
		const { peer } = listening();
		peer.send({ flags: "S", seq: 0, destination: "10.0.0.255" });
		peer.send({ flags: "S", seq: 0, source: "10.0.0.255" });
		expect(peer.take()).toEqual([]);
	});
	test("two listeners on one port are refused by name", () => {
		const { peer } = listening();
		expect(() => peer.stack.tcp.listen("", 80, 1, 0)).toThrow("TCP port 80 is in use");
		expect(() => peer.stack.tcp.listen("", 81, 0, 0)).toThrow(RangeError);
	});
});

describe("nobody listens", () => {
	test("SYN is answered by RST and ACK of it", () => {
		const peer = new Peer();
		peer.send({ flags: "S", seq: 0 });
		expect(peer.take()).toMatchObject([{ flags: "RA", rawSeq: 0, ack: 1 }]);
	});
	test("data without ACK is acknowledged by the RST", () => {
		const peer = new Peer();
		peer.send({ flags: "F", seq: 0, length: 10 });
		expect(peer.take()).toMatchObject([{ flags: "RA", rawSeq: 0, ack: 11 }]);
	});
	test("ACK is answered by RST with its number, RST by nothing", () => {
		const peer = new Peer();
		peer.send({ flags: "A", seq: 0, rawAck: 4711 });
		expect(peer.take()).toMatchObject([{ flags: "R", rawSeq: 4711 }]);
		peer.send({ flags: "R", seq: 0 });
		peer.send({ flags: "RA", seq: 0, rawAck: 4711 });
		expect(peer.take()).toEqual([]);
	});
});
