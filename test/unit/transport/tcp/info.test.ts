// What a connection tells people of its way.
import { expect, test } from "vitest";
import { FLAGS, OFFER_ALL } from "../../../../src/config.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { tcpInfo } from "../../../../src/transport/tcp/info.ts";
import { ipText } from "../../../support/frames.ts";
import { pair, SERVER } from "./pair.ts";
import { Peer, REMOTE } from "./peer.ts";

test("a connection that has just begun", () => {
	const peer = new Peer();
	const { tcb } = peer.connected();
	expect(tcpInfo(tcb!)).toEqual({
		state: "established",
		rtt: 0,
		rttVariation: 0,
		leastRtt: 0,
		timeout: 200,
		congestionWindow: 14_600,
		slowStartThreshold: undefined,
		segment: 1460,
		peerWindow: 65_535,
		inFlight: 0,
		sacked: 0,
		lost: 0,
		delivered: 0,
		received: 0,
		retransmissions: 0,
		recovery: "open",
		reordering: false,
		congestion: "cubic",
		options: [],
	});
});

test("what arrived, either way", () => {
	const peer = new Peer();
	const { tcb } = peer.connected({ length: 1000 });
	peer.run(0);
	peer.send({ flags: "A", seq: 1, ack: 601, length: 70 });
	expect(tcpInfo(tcb!)).toMatchObject({ delivered: 600, received: 70, inFlight: 400 });
	const asked = new Peer();
	expect(tcpInfo(asked.stack.tcp.connect(REMOTE, 80))).toMatchObject({
		state: "synSent",
		delivered: 0,
		received: 0,
		rtt: undefined,
	});
});

test("one that has lost a segment", () => {
	const peer = new Peer({ sockets: { sendBuffer: 32_000 }, tcp: { congestion: "newreno" } });
	const { tcb } = peer.connected({ length: 100_000 });
	peer.take();
	for (let i = 0; i < 3; i++) peer.send({ flags: "A", seq: 1, ack: 1 });
	expect(tcpInfo(tcb!)).toMatchObject({
		recovery: "recovery",
		retransmissions: 1,
		slowStartThreshold: 8760,
		congestion: "newreno",
	});
	peer.run(10_000);
	const later = tcpInfo(tcb!);
	// One segment, which is smaller by now, as large ones may be what is lost: RFC 4821.
	expect(later).toMatchObject({ recovery: "loss", congestionWindow: later.segment });
});

test("the status says the same of each connection, and nothing of a listener", () => {
	const peer = new Peer({ sockets: { sendBuffer: 32_000 } });
	const { tcb } = peer.connected({ length: 100_000 });
	const ways = () => statusOf(peer.stack).sockets.map(({ state, way }) => [state, way] as const);
	const same = () => {
		const info = tcpInfo(tcb!);
		const { rtt, congestionWindow, inFlight, lost, retransmissions, delivered, received, reordering } = info;
		const told = { rtt: rtt ?? null, congestionWindow, inFlight, lost, retransmissions, delivered, received, reordering };
		expect(ways().find(([, way]) => way !== undefined)).toEqual([info.state, told]);
		return told;
	};
	peer.send({ flags: "A", seq: 1, ack: 1461, length: 70 });
	expect(same()).toMatchObject({ delivered: 1460, received: 70, retransmissions: 0 });
	for (let i = 0; i < 3; i++) peer.send({ flags: "A", seq: 71, ack: 1461 });
	expect(same().retransmissions).toBe(1);
	peer.stack.tcp.listen("", 81, 1, 0);
	expect(ways().filter(([state]) => state === "listen")).toEqual([["listen", undefined]]);
});

test("two stacks agree on all that each offers, and on nothing that one of them does not", () => {
	const names = Object.entries(FLAGS)
		.filter(([, bit]) => (bit & OFFER_ALL) !== 0)
		.map(([name]) => name);
	for (const without of [undefined, ...names]) {
		const server = { tcp: without === undefined ? {} : { [without]: false } };
		const { world, a, b } = pair({ seed: 1, server });
		b.stack.tcp.listen("", 80, 1, 0);
		const tcb = a.stack.tcp.connect(ipText(SERVER), 80);
		world.run(1000);
		const wanted = names.filter((name) => name !== without);
		const others = b.stack.tcp.inUse().filter(({ stateName }) => stateName === "established");
		expect(others.length).toBe(1);
		for (const each of [tcb, ...others]) expect(tcpInfo(each)).toMatchObject({ state: "established", options: wanted });
	}
});
