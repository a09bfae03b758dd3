// What strangers cannot take: packet buffers for ARP, and neighbour entries of those we talk to.

import { describe, expect, it } from "vitest";
import type { StackOptions } from "../../../src/config.ts";
import { statusOf } from "../../../src/status/status.ts";
import { UdpEchoServer } from "../../support/apps.ts";
import { ARP_REPLY, ARP_REQUEST, BROADCAST_MAC, icmp, ip, ipText, udp } from "../../support/frames.ts";
import { Station, type Port } from "../../support/station.ts";
import { macOf } from "../../support/wire.ts";

const US = "10.0.0.1";
const HONEST = "10.0.0.2";

/** A board with so many packets and neighbours whose UDP port 7 echoes. Nobody but the test answers ARP. */
class Board extends Station {
	readonly port: Port;

	constructor(options: StackOptions, interfaces: string[][] = [["10.0.0.1/16"]]) {
		super(interfaces, options);
		this.port = this.ports[0]!;
		for (const port of this.ports) port.answersArp = false;
		new UdpEchoServer(this.node);
		this.world.run(3000);
		for (const port of this.ports) port.all();
	}

	/** A datagram for the echo service from a forged sender that nobody answers for. */
	forged(n: number): void {
		this.world.run(1);
		this.port.ip(
			udp({ source: `10.0.${100 + (n >> 8)}.${n & 255}`, destination: US, sourcePort: 9, destinationPort: 7 }, [1, 2, 3]),
		);
	}

	/** An honest exchange with somebody new: answered after `ms`. Answers whether the echo came. */
	exchange(from: string, ms: number, meanwhile: () => void = () => {}): boolean {
		this.port.ip(udp({ source: from, destination: US, sourcePort: 9, destinationPort: 7 }, [7, 7, 7]));
		const asked = this.port.all().some((parsed) => parsed.arp?.target === ip(from));
		if (!asked) return false;
		for (let i = 0; i < ms; i++) {
			meanwhile();
			this.world.run(1);
		}
		this.port.all();
		this.port.arp(ARP_REPLY, from, US);
		return this.port.packets().some((parsed) => ipText(parsed.ipv4!.destination) === from && parsed.udp !== undefined);
	}
}

describe("packet buffers", () => {
	it.each([4, 5, 8, 16, 32])("of %i: 20 forged datagrams a second leave ARP its own, and honest exchanges work", (packets) => {
		const board = new Board({ packets, neighbors: 8 });
		const { pool } = board.stack.core;
		let honest = 0;
		for (let second = 0; second < 30; second++) {
			for (let i = 0; i < 20; i++) {
				board.forged(second * 20 + i);
				expect(pool.free).toBeGreaterThan(0);
				board.world.run(50);
			}
			if (board.exchange(`10.0.1.${second + 1}`, 2)) honest++;
			// Somebody asks for us: ARP always has a buffer.
			board.port.all();
			board.port.arp(ARP_REQUEST, HONEST, US, { to: BROADCAST_MAC });
			expect(board.port.all().some((parsed) => parsed.arp?.operation === ARP_REPLY)).toBe(true);
		}
		expect(honest).toBe(30);
		expect(board.drops("eth1").noPacketBuffer).toBeUndefined();
	});

	it.each([
		[4, 1],
		[8, 3],
		[16, 6],
		[32, 12],
	])("of %i: %i wait for neighbours at most, the newest", (packets, most) => {
		const board = new Board({ packets, neighbors: 64 });
		const { pool } = board.stack.core;
		const { free } = pool;
		for (let n = 0; n < 100; n++) board.forged(n);
		expect(board.stack.interfaces.neighbors.waiting).toBe(most);
		expect(free - pool.free).toBe(most);
		expect(board.drops("eth1").neighborQueueFull).toBe(100 - most);
		board.port.all();
		for (let n = 0; n < 100; n++) board.port.arp(ARP_REPLY, `10.0.100.${n}`, US);
		expect(board.port.packets().map((parsed) => parsed.ipv4!.destination & 255)).toEqual(
			Array.from({ length: most }, (_, i) => 100 - most + i),
		);
		expect(pool.free).toBe(free);
		expect(board.stack.interfaces.neighbors.waiting).toBe(0);
	});

	it("that wait for somebody with many give way before those of somebody with few", () => {
		const board = new Board({ packets: 16, neighbors: 8 });
		for (const from of [1, 1, 1, 2, 2, 2, 3]) board.forged(from);
		const waiting = (n: number): number =>
			board.stack.interfaces.neighbors.entries.find((entry) => entry.address === `10.0.100.${n}`)!.waiting;
		expect([waiting(1), waiting(2), waiting(3)]).toEqual([2, 3, 1]);
	});

	it("come back when a neighbour does not answer, its entry is taken, or the link goes", () => {
		const board = new Board({ packets: 16, neighbors: 4 });
		const { free } = board.stack.core.pool;
		for (let round = 0; round < 5; round++) {
			for (let n = 0; n < 20; n++) board.forged(round * 20 + n);
			if (round % 2 === 0) board.world.run(5000);
			else {
				board.port.device.setLink(false);
				board.world.run(10);
				board.port.device.setLink(true);
				board.world.run(10);
			}
			expect(board.stack.core.pool.free).toBe(free);
			expect(board.stack.interfaces.neighbors.waiting).toBe(0);
		}
	});

	it("are not all taken by what is forwarded to absent stations", () => {
		const board = new Board({ packets: 8, neighbors: 8, forwarding: true }, [["10.0.0.1/16"], ["10.9.0.1/16"]]);
		for (let n = 0; n < 200; n++) {
			board.port.ip(udp({ source: HONEST, destination: `10.9.3.${n}`, sourcePort: 1, destinationPort: 2 }, [1]));
			expect(board.stack.core.pool.available).toBeGreaterThan(0);
			board.world.run(10);
		}
		expect(board.exchange("10.0.1.1", 2)).toBe(true);
	});

	it("are not all taken by a device that is jammed: the other interface goes on", () => {
		const board = new Board({ packets: 8, neighbors: 8 }, [["10.0.0.1/16"], ["10.9.0.1/16"]]);
		expect(board.exchange(HONEST, 1)).toBe(true);
		const jammed = board.ports[1]!;
		jammed.arp(ARP_REQUEST, "10.9.0.2", "10.9.0.1", { to: BROADCAST_MAC });
		jammed.all();
		jammed.device.setBusy(true);
		for (let n = 0; n < 50; n++) {
			jammed.ip(icmp({ source: "10.9.0.2", destination: "10.9.0.1", type: 8, rest: n }, [1]));
			jammed.arp(ARP_REQUEST, "10.9.0.2", "10.9.0.1", { to: BROADCAST_MAC });
			board.world.settle();
			expect(board.stack.core.pool.free).toBeGreaterThan(0);
		}
		for (let i = 1; i < 20; i++) expect(board.exchange(`10.0.1.${i}`, 2)).toBe(true);
		board.port.device.setBusy(true);
		board.port.arp(ARP_REQUEST, HONEST, US, { to: BROADCAST_MAC });
		board.world.settle();
		board.port.device.setBusy(false);
		expect(board.port.all().some((parsed) => parsed.arp?.operation === ARP_REPLY)).toBe(true);
	});

	it("a device with a full queue still takes ARP", () => {
		const board = new Board({ packets: 64, neighbors: 8 });
		expect(board.exchange(HONEST, 1)).toBe(true);
		board.port.device.setBusy(true);
		for (let n = 0; n < 20; n++) board.port.ip(icmp({ source: HONEST, destination: US, type: 8, rest: n }, [1]));
		board.port.arp(ARP_REQUEST, HONEST, US, { to: BROADCAST_MAC });
		board.world.settle();
		board.port.device.setBusy(false);
		const sent = board.port.all();
		expect(sent.map((parsed) => (parsed.arp ? "arp" : "ip"))).toEqual([...Array.from({ length: 8 }, () => "ip"), "arp"]);
	});
});

describe("neighbour entries", () => {
	/** 200 strangers a second ask for us. */
	function strangers(board: Board): () => void {
		let n = 0;
		let part = 0;
		return () => {
			for (part += 0.2; part >= 1; part--) {
				n++;
				board.port.arp(ARP_REQUEST, `10.0.${50 + ((n >> 8) & 31)}.${n & 255}`, US, { to: BROADCAST_MAC });
			}
		};
	}

	it("that somebody waits for are not lost to 200 strangers a second that ask for us", () => {
		const board = new Board({ packets: 16, neighbors: 8 });
		const ask = strangers(board);
		for (let i = 1; i <= 20; i++) expect(board.exchange(`10.0.1.${i}`, 300, ask)).toBe(true);
	});

	it("in use are not lost to them either", () => {
		const board = new Board({ packets: 16, neighbors: 8 });
		const ask = strangers(board);
		const peers = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `10.0.1.${i}`);
		for (const peer of peers) expect(board.exchange(peer, 1)).toBe(true);
		for (let ms = 0; ms < 20_000; ms++) {
			ask();
			board.world.run(1);
		}
		expect(peers.map((peer) => board.neighbor(peer))).toEqual(peers.map(() => "reachable"));
	});

	it("that somebody waits for 50 ms are not lost to 20 forged datagrams a second, with the entries of live exchanges in use", () => {
		const board = new Board({ packets: 8, neighbors: 8 });
		for (let i = 1; i <= 4; i++) expect(board.exchange(`10.0.2.${i}`, 1)).toBe(true);
		let n = 0;
		let ms = 0;
		const forge = () => {
			if (ms++ % 50 === 0) board.forged(n++);
		};
		for (let i = 1; i <= 20; i++) {
			for (let j = 0; j < 100; j++) {
				forge();
				board.world.run(1);
			}
			expect(board.exchange(`10.0.1.${i}`, 50, forge)).toBe(true);
		}
	});

	it("of strangers that only asked go first, then those that are idle, then those that do not answer", () => {
		const board = new Board({ packets: 16, neighbors: 4 });
		expect(board.exchange("10.0.1.1", 1)).toBe(true);
		board.world.run(31_000); // idle
		expect(board.exchange("10.0.1.2", 1)).toBe(true);
		board.port.arp(ARP_REQUEST, "10.0.1.3", US, { to: BROADCAST_MAC });
		board.world.settle();
		board.forged(4);
		const there = () =>
			statusOf(board.stack)
				.neighbors.map(({ address, state }) => `${address} ${state}`)
				.sort();
		expect(there()).toEqual(["10.0.1.1 stale", "10.0.1.2 reachable", "10.0.1.3 stale", "10.0.100.4 incomplete"]);
		board.forged(5);
		expect(there()).toEqual(["10.0.1.1 stale", "10.0.1.2 reachable", "10.0.100.4 incomplete", "10.0.100.5 incomplete"]);
		board.forged(6);
		board.forged(7);
		expect(there().slice(0, 2)).toEqual(["10.0.1.2 reachable", "10.0.100.5 incomplete"]);
		board.port.arp(ARP_REQUEST, "10.0.1.9", US, { to: BROADCAST_MAC });
		board.world.settle();
		expect(board.neighbor("10.0.1.9")).toBe(""); // a stranger takes nobody's place
	});

	it("of a stranger that we answer count as used", () => {
		const board = new Board({ packets: 16, neighbors: 2 });
		board.port.arp(ARP_REQUEST, HONEST, US, { mac: macOf(0x22), to: BROADCAST_MAC });
		board.port.ip(udp({ source: HONEST, destination: US, sourcePort: 9, destinationPort: 7 }, [1]));
		for (let i = 0; i < 10; i++) board.port.arp(ARP_REQUEST, `10.0.3.${i}`, US, { to: BROADCAST_MAC });
		board.world.settle();
		expect(board.neighbor(HONEST)).toBe("probe");
	});
});
