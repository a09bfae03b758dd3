// Keep-alive, ICMP errors, interfaces and routes that go, packet buffers that run out.
import { describe, expect, test } from "vitest";
import { World } from "../../../support/world.ts";
import { patternAt } from "./endpoint.ts";
import { Acceptor, Endpoint } from "./endpoint.ts";
import { LOCAL, Peer, REMOTE } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

describe("keep-alive (RFC 9293 §3.8.4)", () => {
	test("is off until asked for", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		peer.run(20_000_000);
		expect(peer.take()).toEqual([]);
	});
	test("probes a silent peer, and ends the connection when nobody answers", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.stack.tcp.setKeepAlive(endpoint.tcb!, 10_000, 1000);
		peer.take();
		peer.run(10_000);
		expect(peer.told()).toEqual(["A 0 ack 1"]);
		peer.run(8500);
		expect(peer.take()).toHaveLength(8);
		expect(endpoint.error).toBe("");
		peer.run(1000);
		expect(endpoint.error).toBe("timeout");
		expect(peer.take().at(-1)!.flags).toBe("RA");
	});
	test("gives up after as many probes as the program says", () => {
		for (const count of [1, 3]) {
			const peer = new Peer();
			const endpoint = peer.connected();
			peer.stack.tcp.setKeepAlive(endpoint.tcb!, 10_000, 1000, count);
			peer.take();
			peer.run(10_000 + 1000 * (count - 1) + 900);
			expect(peer.take()).toHaveLength(count);
			expect(endpoint.error).toBe("");
			peer.run(200);
			expect(endpoint.error).toBe("timeout");
		}
	});
	test("a peer that answers stays", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.stack.tcp.setKeepAlive(endpoint.tcb!, 10_000, 1000);
		let probes = 0;
		for (let i = 0; i < 300; i++) {
			peer.run(1000);
			for (const segment of peer.take()) {
				if (segment.seq === 0) probes++;
				peer.send({ flags: "A", seq: 1, ack: 1 });
			}
		}
		expect(endpoint.error).toBe("");
		expect(probes).toBeGreaterThan(10);
		expect(probes).toBeLessThan(32);
	});
	test("a probe of the peer's is answered", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		peer.send({ flags: "A", seq: 0, ack: 1 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		peer.run(1000);
		peer.send({ flags: "A", seq: 0, ack: 1, length: 1 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
	});
});

describe("ICMP errors (RFC 5927)", () => {
	function connecting() {
		const peer = new Peer();
		const endpoint = new Endpoint(peer.stack);
		const tcb = peer.stack.tcp.connect(REMOTE, 5000);
		endpoint.own(tcb);
		peer.run(0);
		return { peer, endpoint, tcb, syn: peer.take()[0]!.frame };
	}
	test.each([
		["port", 3],
		["protocol", 2],
	])("%s unreachable ends what has not begun", (_what, code) => {
		const { peer, endpoint, syn } = connecting();
		peer.icmp(syn, 3, code);
		expect(endpoint.error).toBe("refused");
	});
	test("host unreachable is remembered as the reason of the timeout", () => {
		const { peer, endpoint, syn } = connecting();
		peer.icmp(syn, 3, 1);
		expect(endpoint.error).toBe("");
		peer.run(200_000);
		expect(endpoint.error).toBe("unreachable");
	});
	test("none ends a connection that is established", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 1000 });
		const [data] = peer.take().slice(-1);
		for (const code of [0, 1, 2, 3, 5, 13]) peer.icmp(data!.frame, 3, code);
		peer.icmp(data!.frame, 11, 0);
		expect(endpoint.error).toBe("");
		expect(endpoint.tcb!.stateName).toBe("established");
	});
	test("a quotation of something not in flight is not believed", () => {
		const { peer, endpoint, syn } = connecting();
		const other = syn.slice();
		other[14 + 20 + 4]! ^= 1;
		peer.icmp(other, 3, 3);
		expect(endpoint.error).toBe("");
	});
	test("fragmentation needed: smaller segments, at once. RFC 1191", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 5000 });
		const sent = peer.take();
		peer.icmp(sent[0]!.frame, 3, 4, 1000);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(960);
		expect(peer.take()[0]).toMatchObject({ seq: 1, length: 960 });
		peer.icmp(sent[0]!.frame, 3, 4, 1400);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(960);
	});
	test("a router that does not say how large: the next plateau", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 5000 });
		const sent = peer.take();
		peer.icmp(sent[0]!.frame, 3, 4, 0);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(1452);
		peer.icmp(sent[0]!.frame, 3, 4, 0);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(966);
		peer.icmp(sent[0]!.frame, 3, 4, 20);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(512);
	});
});

describe("interfaces and routes", () => {
	test("an interface that is removed ends its connections with an error", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.stack.interfaces.remove(peer.link);
		peer.run(0);
		expect(endpoint.error).toBe("unreachable");
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("an address that is removed ends what was bound to it, and nothing else", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.link.ip.insertAddress("10.0.0.9", 24);
		peer.link.removeAddress(peer.link.addresses[1]!);
		peer.run(0);
		expect(endpoint.error).toBe("");
		peer.link.removeAddress(peer.link.addresses[0]!);
		peer.run(0);
		expect(endpoint.error).toBe("unreachable");
	});
	test("a listener bound to an interface that goes hears of it, one on all does not", () => {
		const peer = new Peer();
		const all = new Acceptor(peer.stack, 80, 4);
		const bound = peer.stack.tcp.listen("", 81, 4, peer.link.slot);
		peer.stack.tcp.adopt(bound, all);
		peer.stack.interfaces.remove(peer.link);
		peer.run(0);
		expect(bound).toMatchObject({ error: "unreachable", stateName: "closed" });
		expect(all.listener.stateName).toBe("listen");
	});
	test("the only way lost: an error within the user timeout, even when there is nothing to send", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.run(0);
		peer.device.setLink(false);
		peer.run(99_000);
		expect(endpoint.error).toBe("");
		peer.run(2000);
		expect(endpoint.error).toBe("unreachable");
	});
	test("found again in time, what waited goes at once", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.device.setLink(false);
		peer.run(10);
		peer.stack.tcp.write(endpoint.tcb!, new Uint8Array(10), 0, 10);
		peer.run(50_000);
		expect(peer.take()).toHaveLength(1);
		peer.device.setLink(true);
		peer.run(5);
		expect(peer.take().at(-1)).toMatchObject({ seq: 1, length: 10 });
		peer.send({ flags: "A", seq: 1, ack: 11 });
		peer.run(200_000);
		expect(endpoint.error).toBe("");
	});
	test("a connection to ourselves goes through the loopback", () => {
		const world = new World();
		const node = world.node("a");
		const acceptor = new Acceptor(node.stack, 80, 4, { expects: 1 });
		const client = new Endpoint(node.stack, { sends: 1, length: 100_000, closeFirst: true });
		client.own(node.stack.tcp.connect("127.0.0.1", 80));
		expect(world.until(() => client.closed && acceptor.endpoints[0]!.closed, 60_000)).toBe(true);
		expect(acceptor.endpoints[0]).toMatchObject({ received: 100_000, wrongAt: -1 });
	});
});

describe("when packet buffers run out, or the device is busy", () => {
	test("nothing is lost, and sending goes on when it can", () => {
		const peer = new Peer({ packets: 4, sockets: { sendBuffer: 30_000 } });
		const endpoint = peer.connected({ length: 30_000 });
		let acked = 1;
		let received = 0;
		for (let i = 0; i < 2000 && acked <= 30_000; i++) {
			peer.device.setBusy(i % 3 !== 0);
			peer.run(1);
			for (const segment of peer.take()) {
				if (segment.length === 0 || segment.seq !== received + 1) continue;
				for (let j = 0; j < segment.length; j++) expect(segment.payload[j]).toBe(patternAt(1, received + j));
				received += segment.length;
				acked = received + 1;
			}
			peer.send({ flags: "A", seq: 1, ack: acked });
		}
		expect(received).toBe(30_000);
		expect(endpoint.tcb!.sndUsed).toBe(0);
		expect(peer.drops("transmitQueueFull")).toBe(0);
		expect(peer.stack.core.pool.free).toBe(2);
	});
	test("a device that never takes anything does not make the stack spin", () => {
		const peer = new Peer();
		peer.connected({ length: 5000 });
		peer.device.setBusy(true);
		const polls = peer.node.polls;
		peer.stack.tcp.write(peer.stack.tcp.inUse()[0]!, new Uint8Array(100), 0, 100);
		peer.run(1000);
		expect(peer.node.polls - polls).toBeLessThan(150);
	});
});

test("the stack's own address is not taken for the peer's", () => {
	const peer = new Peer();
	expect(() => peer.stack.tcp.connect(LOCAL, 80)).not.toThrow();
});
