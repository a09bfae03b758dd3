// RFC 5961: blind in-window attacks.
import { describe, expect, test } from "vitest";
import { Peer, type Sent } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

describe("RST (§3.2)", () => {
	test("with exactly the expected number resets", () => {
		const peer = new Peer();
		const { tcb } = peer.connected();
		const endpoint = tcb!.owner as unknown as { error: string };
		peer.take();
		peer.send({ flags: "R", seq: 1 });
		expect(endpoint.error).toBe("reset");
		expect(peer.take()).toEqual([]);
	});
	test("elsewhere in the window is challenged", () => {
		const peer = new Peer();
		const { tcb } = peer.connected();
		peer.take();
		peer.send({ flags: "R", seq: 2 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		expect(tcb!.stateName).toBe("established");
	});
	test("outside the window nothing happens, and it is counted", () => {
		const peer = new Peer();
		const { tcb } = peer.connected();
		peer.take();
		for (const seq of [0, -5, 1 + 5840, 100_000, 1 + 0x40000000]) peer.send({ flags: "R", seq });
		expect(peer.take()).toEqual([]);
		expect(tcb!.stateName).toBe("established");
		expect(peer.drops("tcpUnacceptable")).toBe(5);
	});
});

describe("SYN (§4.2)", () => {
	test("anywhere is challenged, and changes nothing", () => {
		for (const seq of [0, 1, 2, 5000, 1_000_000, -1000]) {
			const peer = new Peer();
			const { tcb } = peer.connected();
			peer.take();
			peer.send({ flags: "S", seq });
			expect(peer.told()).toEqual(["A 1 ack 1"]);
			expect(tcb!.stateName).toBe("established");
		}
	});
	test("in the window of a connection that was never handed out frees its place. RFC 9293 §3.10.7.4", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 1, 0);
		peer.send({ flags: "S", seq: 0 });
		peer.send({ flags: "S", seq: 100 });
		expect(blockOf(listener).waiting).toBe(0);
	});
});

describe("ACK (§5.2)", () => {
	test("of what was never sent is challenged, its data dropped", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 2, length: 10 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		expect(endpoint.received).toBe(0);
	});
	test("older than the largest window is challenged, its data dropped", () => {
		const peer = new Peer();
		peer.window = 1000;
		const endpoint = peer.connected();
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1 - 1001, length: 10 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		expect(endpoint.received).toBe(0);
		peer.send({ flags: "A", seq: 1, ack: 1 - 1000, length: 10 });
		expect(endpoint.received).toBe(10);
	});
	test("a segment without ACK is dropped", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.take();
		peer.send({ flags: "P", seq: 1, length: 10 });
		expect(peer.take()).toEqual([]);
		expect(endpoint.received).toBe(0);
	});
});

describe("challenge ACKs are limited (§7)", () => {
	test("to one in 500 ms and connection", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		for (let i = 0; i < 100; i++) peer.send({ flags: "R", seq: 2 });
		expect(peer.take()).toHaveLength(1);
		peer.run(500);
		for (let i = 0; i < 100; i++) peer.send({ flags: "S", seq: 2 });
		expect(peer.take()).toHaveLength(1);
	});
	test("and two hosts that disagree do not answer each other forever", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		for (let i = 0; i < 100; i++) {
			peer.send({ flags: "A", seq: -1, ack: 1 });
			peer.run(1);
		}
		expect(peer.take()).toHaveLength(1);
	});
	test("of whatever kind: 1,000 segments outside the window in a second bring few", () => {
		const kinds: [string, Sent][] = [
			["data beyond", { flags: "A", seq: 1 + 5840, ack: 1, length: 100 }],
			["data far away", { flags: "PA", seq: 0x40000000, ack: 1, length: 100 }],
			["data long past", { flags: "A", seq: -100_000, ack: 1, length: 100 }],
			["data that was here", { flags: "A", seq: -50, ack: 1, length: 51 }],
			["data of nothing that was sent", { flags: "A", seq: 1, ack: 5000, length: 10 }],
			["FIN beyond", { flags: "FA", seq: 100_000, ack: 1 }],
			["FIN that was here", { flags: "FA", seq: 0, ack: 1 }],
			["SYN", { flags: "S", seq: 100_000 }],
			["SYN and ACK", { flags: "SA", seq: 0, ack: 1 }],
			["SYN and FIN", { flags: "SF", seq: 0 }],
			["bare ACK", { flags: "A", seq: -1, ack: 1 }],
			["RST in the window", { flags: "R", seq: 2 }],
			["RST with data", { flags: "RA", seq: 2, ack: 1, length: 20 }],
			["RST and SYN", { flags: "RS", seq: 2 }],
			["urgent data beyond", { flags: "UA", seq: 100_000, ack: 1, length: 1 }],
			["all flags but RST", { flags: "FSPAU", seq: 100_000, ack: 1 }],
			["no flags", { flags: "", seq: 1 }],
		];
		for (const [name, segment] of kinds) {
			const peer = new Peer();
			const { tcb } = peer.connected();
			peer.take();
			const count = name === "data beyond" ? 1000 : 200;
			for (let i = 0; i < count; i++) {
				peer.send(segment);
				peer.run(1);
			}
			const answers = peer.take().length;
			const most = name.endsWith("that was here") ? 4 + count / 100 : 1 + Math.ceil(count / 500);
			expect({ name, state: tcb!.stateName, few: answers <= most, counted: peer.drops("tcpUnacceptable") }).toEqual({
				name,
				state: "established",
				few: true,
				counted: count,
			});
		}
	});
	test("nor does a closed window bring one for each probe", () => {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		peer.connected({ paused: true });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.take();
		for (let i = 0; i < 1000; i++) {
			peer.send({ flags: "A", seq: 1001, ack: 1, length: 1 });
			peer.run(1);
		}
		expect(peer.take().length).toBeLessThanOrEqual(14);
		peer.run(200);
		peer.send({ flags: "A", seq: 1001, ack: 1, length: 1 });
		expect(peer.told()).toEqual(["A 1 ack 1001"]);
	});
	test("nor a SYN that comes again and again", () => {
		const peer = new Peer();
		peer.localPort = 80;
		peer.stack.tcp.listen("", 80, 4, 0);
		for (let i = 0; i < 500; i++) {
			peer.send({ flags: "S", seq: 0 });
			peer.run(1);
		}
		const sent = peer.take();
		expect(sent.every((segment) => segment.flags === "SA")).toBe(true);
		expect(sent.length).toBeLessThanOrEqual(10);
	});
	test("what is sent again at the pace of a timer is answered each time", () => {
		const peer = new Peer();
		peer.connected();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
		peer.run(100);
		peer.take();
		for (let i = 0; i < 20; i++) {
			peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
			peer.run(200);
		}
		expect(peer.told()).toEqual(Array.from({ length: 20 }, () => "A 1 ack 101"));
	});
	test("and what others have sent to other connections makes no difference: there is no budget for all", () => {
		const peer = new Peer();
		peer.connected();
		const other = { localPort: peer.localPort, remotePort: peer.remotePort };
		peer.remotePort = 5001;
		peer.iss = 0x1000;
		peer.connected();
		peer.take();
		for (let i = 0; i < 500; i++) peer.send({ flags: "R", seq: 2 });
		expect(peer.take()).toHaveLength(1);
		peer.iss = 0x7ffffff0;
		peer.send({ flags: "R", seq: 2, ...other });
		expect(peer.take()).toHaveLength(1);
	});
	test("a connection that was idle for longer than half the clock's range answers", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		peer.send({ flags: "R", seq: 2 });
		peer.send({ flags: "A", seq: -10, ack: 1, length: 11 });
		expect(peer.take()).toHaveLength(2);
		peer.run(0x80001000);
		peer.take();
		peer.send({ flags: "R", seq: 2 });
		peer.send({ flags: "A", seq: -10, ack: 1, length: 11 });
		expect(peer.take()).toHaveLength(2);
	});
});
