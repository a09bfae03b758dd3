// How connections end: RFC 9293 §3.6, figures 12 and 13, TIME-WAIT, and what is left behind.
import { describe, expect, test } from "vitest";
import { Acceptor } from "./endpoint.ts";
import { Peer, REMOTE } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

function established(options = {}) {
	const peer = new Peer(options);
	const endpoint = peer.connected();
	peer.take();
	return { peer, endpoint, tcb: endpoint.tcb!, tcp: peer.stack.tcp };
}

describe("we close first", () => {
	test("FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and after a minute nothing is left", () => {
		const { peer, endpoint, tcb, tcp } = established();
		endpoint.close();
		peer.run(0);
		expect(peer.told()).toEqual(["FA 1 ack 1"]);
		expect(tcb.stateName).toBe("finWait1");
		peer.send({ flags: "A", seq: 1, ack: 2 });
		expect(tcb.stateName).toBe("finWait2");
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		expect(tcb.stateName).toBe("timeWait");
		expect(peer.told()).toEqual(["A 2 ack 2"]);
		peer.run(59_000);
		expect(tcb.stateName).toBe("timeWait");
		expect(tcp.available).toBe(8);
		peer.run(2000);
		expect(tcp.inUse()).toEqual([]);
		expect(peer.take()).toEqual([]);
	});
	test("FIN and ACK in one go straight to TIME-WAIT", () => {
		const { peer, endpoint, tcb } = established();
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		expect(tcb.stateName).toBe("timeWait");
	});
	test("both at once: CLOSING, then TIME-WAIT", () => {
		const { peer, endpoint, tcb } = established();
		endpoint.close();
		peer.run(0);
		peer.take();
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		expect(tcb.stateName).toBe("closing");
		expect(peer.told()).toEqual(["A 2 ack 2"]);
		peer.send({ flags: "A", seq: 2, ack: 2 });
		expect(tcb.stateName).toBe("timeWait");
	});
	test("everything written is sent before the FIN", () => {
		const peer = new Peer({ sockets: { sendBuffer: 20_000 } });
		const endpoint = peer.connected({ length: 20_000 });
		peer.take();
		endpoint.close();
		for (let acked = 1; acked < 20_002;) {
			acked = Math.min(acked + 2920, 20_002);
			peer.send({ flags: "A", seq: 1, ack: acked });
			const sent = peer.take();
			for (const segment of sent) expect(segment.flags.includes("F")).toBe(segment.seq + segment.length === 20_001);
		}
		expect(endpoint.tcb!.stateName).toBe("finWait2");
	});
	test("a lost FIN goes again", () => {
		const { peer, endpoint } = established();
		endpoint.close();
		peer.run(1500);
		expect(peer.told().slice(0, 3)).toEqual(["FA 1 ack 1", "FA 1 ack 1", "FA 1 ack 1"]);
	});
	test("FIN-WAIT-2 ends after a minute when the peer says nothing more", () => {
		const { peer, endpoint, tcp } = established();
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "A", seq: 1, ack: 2 });
		peer.run(61_000);
		expect(tcp.inUse()).toEqual([]);
		peer.take();
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		expect(peer.told()).toEqual(["R 2 ack -"]);
	});
	test("a peer that never acknowledges keeps nothing", () => {
		const { peer, endpoint, tcp } = established();
		endpoint.close();
		peer.run(101_000);
		expect(tcp.inUse()).toEqual([]);
	});
	test("nor does one that keeps its window closed", () => {
		const { peer, tcp, tcb } = established();
		peer.window = 0;
		peer.send({ flags: "A", seq: 1, ack: 1, window: 0 });
		tcp.write(tcb, new Uint8Array(100), 0, 100);
		tcp.close(tcb);
		for (let i = 0; i < 200; i++) {
			peer.run(1000);
			for (const _ of peer.take()) peer.send({ flags: "A", seq: 1, ack: 1, window: 0 });
		}
		expect(tcp.inUse()).toEqual([]);
	});
	test("closed before the handshake is done: nothing remains, or the FIN follows", () => {
		const peer = new Peer();
		const { tcp } = peer.stack;
		tcp.close(tcp.connect(REMOTE, 5000));
		expect(tcp.inUse()).toEqual([]);
		const tcb = tcp.connect(REMOTE, 5000);
		peer.localPort = tcb.localPort;
		peer.run(0);
		peer.send({ flags: "S", seq: 0 });
		tcp.close(tcb);
		peer.run(0);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(peer.told()).toEqual(["FA 1 ack 1"]);
	});
});

describe("the peer closes first", () => {
	test("CLOSE-WAIT: writing goes on until we close, then LAST-ACK", () => {
		const { peer, endpoint, tcb, tcp } = established();
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		// The endpoint has nothing to write and closes when the FIN comes.
		expect(endpoint.finished).toBe(true);
		expect(tcb.stateName).toBe("lastAck");
		expect(peer.told()).toEqual(["FA 1 ack 2"]);
		peer.send({ flags: "A", seq: 2, ack: 2 });
		expect(tcp.inUse()).toEqual([]);
	});
	test("data goes on in CLOSE-WAIT", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 50_000 });
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		expect(endpoint.tcb!.stateName).toBe("closeWait");
		let acked = 1;
		for (let i = 0; i < 100 && acked < 50_002; i++) {
			for (const segment of peer.take())
				acked = Math.max(acked, segment.seq + segment.length + (segment.flags.includes("F") ? 1 : 0));
			peer.send({ flags: "A", seq: 2, ack: acked });
		}
		expect(acked).toBe(50_002);
		expect(peer.stack.tcp.inUse()).toEqual([]);
	});
	test("the program hears of it after it has read everything", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ paused: true });
		peer.send({ flags: "AF", seq: 1, ack: 1, length: 100 });
		expect(endpoint.finished).toBe(false);
		endpoint.resume();
		peer.run(0);
		expect(endpoint).toMatchObject({ finished: true, received: 100 });
	});
	test("their FIN again is acknowledged again", () => {
		const peer = new Peer();
		peer.window = 0;
		const endpoint = peer.connected({ length: 100 });
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		peer.take();
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		expect(peer.told()).toEqual(["A 1 ack 2"]);
		expect(endpoint.tcb!.stateName).toBe("lastAck");
	});
});

describe("shutdown", () => {
	test("sends FIN, and goes on receiving", () => {
		const { peer, endpoint, tcb, tcp } = established();
		tcp.shutdown(tcb);
		peer.run(0);
		expect(peer.told()).toEqual(["FA 1 ack 1"]);
		expect(tcp.writable(tcb)).toBe(0);
		expect(tcp.write(tcb, new Uint8Array(1), 0, 1)).toBe(0);
		peer.send({ flags: "A", seq: 1, ack: 2, length: 1000 });
		peer.run(100_000);
		peer.send({ flags: "A", seq: 1001, ack: 2, length: 1000 });
		expect(endpoint).toMatchObject({ received: 2000, finished: false });
		peer.send({ flags: "AF", seq: 2001, ack: 2 });
		expect(endpoint).toMatchObject({ finished: true, closed: true });
	});
	test("after TIME-WAIT is over the socket still is the program's, until it closes", () => {
		const { peer, tcb, tcp } = established();
		tcb.owner = null;
		tcp.shutdown(tcb);
		peer.run(0);
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		peer.run(61_000);
		expect(tcb.stateName).toBe("closed");
		expect(tcp.available).toBe(7);
		tcp.close(tcb);
		expect(tcp.available).toBe(8);
		tcp.close(tcb);
		tcp.abort(tcb);
		expect(tcp.available).toBe(8);
	});
});

describe("RST", () => {
	test("abort sends it", () => {
		const { peer, tcb, tcp } = established();
		tcp.abort(tcb);
		expect(peer.told()).toEqual(["RA 1 ack 1"]);
		expect(tcp.inUse()).toEqual([]);
	});
	test("so does close, when received data was not read. RFC 2525 §2.17", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ paused: true });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
		peer.take();
		endpoint.close();
		expect(peer.told()).toEqual(["RA 1 ack 101"]);
		expect(peer.stack.tcp.inUse()).toEqual([]);
	});
	test("and data that comes after close", () => {
		const { peer, endpoint, tcp } = established();
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "A", seq: 1, ack: 2 });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 2, length: 100 });
		expect(peer.told()[0]!.slice(0, 2)).toBe("RA");
		expect(tcp.inUse()).toEqual([]);
	});
	test("from the peer ends every state without a word", () => {
		const { peer, endpoint, tcp } = established();
		endpoint.close();
		peer.run(0);
		peer.take();
		peer.send({ flags: "R", seq: 1 });
		expect(tcp.inUse()).toEqual([]);
		expect(peer.take()).toEqual([]);
	});
	test("an ended connection stays the program's until it closes, and is never reused before", () => {
		const { peer, endpoint, tcb, tcp } = established({ sockets: { tcp: 1 } });
		endpoint.close = () => {};
		peer.send({ flags: "R", seq: 1 });
		expect(tcb.error).toBe("reset");
		expect(() => tcp.connect(REMOTE, 80)).toThrow("in use");
		tcp.close(tcb);
		tcp.connect(REMOTE, 80);
	});
});

describe("TIME-WAIT", () => {
	function waiting(tcp = 2) {
		const peer = new Peer({ sockets: { tcp } });
		const endpoint = peer.accepted();
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		peer.take();
		expect(endpoint.tcb!.stateName).toBe("timeWait");
		return { peer, tcb: endpoint.tcb! };
	}
	test("acknowledges the peer's FIN again and begins anew", () => {
		const { peer, tcb } = waiting();
		peer.run(50_000);
		peer.send({ flags: "AF", seq: 1, ack: 2 });
		expect(peer.told()).toEqual(["A 2 ack 2"]);
		peer.run(50_000);
		expect(tcb.stateName).toBe("timeWait");
		peer.run(11_000);
		expect(tcb.stateName).toBe("closed");
	});
	test("gives way to a newcomer when no socket is free, the oldest first", () => {
		const { peer, tcb } = waiting(2);
		peer.send({ flags: "S", seq: 0, remotePort: 5001, mss: 1460 });
		expect(peer.told()).toEqual(["SA 0 ack 1"]);
		expect(tcb.remotePort).toBe(5001);
		const other = waiting(2);
		other.peer.stack.tcp.connect(REMOTE, 99);
		expect(() => other.peer.stack.tcp.connect(REMOTE, 99)).toThrow("in use");
	});
	test("so does an abandoned FIN-WAIT-2, but one that the program holds does not", () => {
		const peer = new Peer({ sockets: { tcp: 1 } });
		const endpoint = peer.connected();
		endpoint.tcb!.owner = null;
		peer.stack.tcp.shutdown(endpoint.tcb!);
		peer.run(0);
		peer.send({ flags: "A", seq: 1, ack: 2 });
		expect(endpoint.tcb!.stateName).toBe("finWait2");
		expect(() => peer.stack.tcp.connect(REMOTE, 99)).toThrow("in use");
		peer.stack.tcp.close(endpoint.tcb!);
		expect(peer.stack.tcp.available).toBe(1);
		peer.stack.tcp.connect(REMOTE, 99);
	});
	test("becomes a new connection by a SYN with a higher number, from a higher number of ours. RFC 6191, RFC 9293 §3.10.7.4", () => {
		const { peer, tcb } = waiting();
		const before = (blockOf(tcb).iss + 2) | 0;
		peer.iss = (peer.iss + 1000) | 0;
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		const [answer] = peer.take();
		expect(answer).toMatchObject({ flags: "SA", ack: 1 });
		expect((answer!.rawSeq - before) | 0).toBeGreaterThan(0);
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(tcb.stateName).toBe("established");
	});
	test("does not by one with an old number", () => {
		const { peer, tcb } = waiting();
		peer.send({ flags: "S", seq: -1000, mss: 1460 });
		expect(tcb.stateName).toBe("timeWait");
		expect(peer.told()).toEqual(["A 2 ack 2"]);
	});
	test("does not exhaust the set: a thousand connections, one after the other, through two sockets", () => {
		const peer = new Peer({ sockets: { tcp: 2 } });
		peer.localPort = 80;
		const acceptor = new Acceptor(peer.stack, 80, 1);
		for (let i = 0; i < 1000; i++) {
			peer.remotePort = 10_000 + i;
			peer.send({ flags: "S", seq: 0, mss: 1460 });
			peer.send({ flags: "A", seq: 1, ack: 1 });
			expect(acceptor.endpoints).toHaveLength(i + 1);
			acceptor.endpoints[i]!.close();
			peer.run(0);
			peer.send({ flags: "AF", seq: 1, ack: 2 });
			expect(acceptor.endpoints[i]!.tcb!.stateName).toBe("timeWait");
		}
		expect(peer.drops("tcpBacklogFull")).toBe(0);
	});
});

describe("what a peer sends behind its FIN", () => {
	const behind = [
		{ flags: "A", seq: 2, ack: 1, length: 100 },
		{ flags: "A", seq: 1000, ack: 1, length: 100 },
		{ flags: "AF", seq: 2, ack: 1 },
		{ flags: "AF", seq: 500, ack: 1, length: 5 },
	];
	test("is dropped and counted: CLOSE-WAIT, LAST-ACK", () => {
		const { peer, endpoint, tcb } = established();
		tcb.owner = { onEvents: () => {} }; // as a program that goes on
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		peer.take();
		for (const state of ["closeWait", "lastAck"]) {
			expect(tcb.stateName).toBe(state);
			const before = peer.drops("tcpUnacceptable");
			for (const segment of behind) peer.send(segment);
			expect(peer.drops("tcpUnacceptable")).toBe(before + behind.length);
			expect(blockOf(endpoint.tcb!).rcvNxt).toBe((peer.iss + 2) | 0);
			if (state === "closeWait") peer.stack.tcp.shutdown(tcb);
			peer.run(0);
		}
		expect(endpoint.received).toBe(0);
	});
	test("the same in CLOSING; in TIME-WAIT a FIN is answered besides", () => {
		const { peer, endpoint, tcb } = established();
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		peer.take();
		expect(tcb.stateName).toBe("closing");
		for (const segment of behind) peer.send(segment);
		expect(peer.drops("tcpUnacceptable")).toBe(4);
		expect(peer.take()).toEqual([]);
		peer.send({ flags: "A", seq: 2, ack: 2 });
		expect(tcb.stateName).toBe("timeWait");
		for (const segment of behind) peer.send({ ...segment, ack: 2 });
		expect(peer.drops("tcpUnacceptable")).toBe(8);
		expect(peer.told()).toEqual(["A 2 ack 2", "A 2 ack 2", "A 2 ack 2", "A 2 ack 2"]);
	});
	test("is dropped and counted before the FIN's turn has come, too; and so is a FIN before data that was there", () => {
		const { peer, endpoint, tcb } = established();
		peer.send({ flags: "AF", seq: 101, ack: 1, length: 100 });
		peer.send({ flags: "A", seq: 201, ack: 1, length: 100 });
		expect(peer.drops("tcpUnacceptable")).toBe(1);
		peer.send({ flags: "AF", seq: 101, ack: 1, length: 50 });
		expect(peer.drops("tcpUnacceptable")).toBe(2);
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
		expect(endpoint.received).toBe(200);
		expect(tcb.stateName).not.toBe("established");
	});
});
