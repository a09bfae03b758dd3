// RFC 5961: blind in-window attacks.
import { describe, expect, test } from "vitest";
import { Peer } from "./peer.ts";

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
		const listener = peer.stack.tcp.listen(0, 80, 1, 0);
		peer.send({ flags: "S", seq: 0 });
		peer.send({ flags: "S", seq: 100 });
		expect(listener.waiting).toBe(0);
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
});
