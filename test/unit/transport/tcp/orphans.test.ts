// A program that closes a connection gets its TCB back, whatever the peer does. RFC 6429 tells of peers that hold closed connections.
import { describe, expect, test } from "vitest";
import type { ParsedTcp } from "../../../support/parse.ts";
import { Crowd, CrowdPeer, FIN, Service } from "./crowd.ts";
import { Peer } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

/** Holds its connection as long as it can, and comes again when it is thrown out. */
class Holder extends CrowdPeer {
	readonly #index: number;

	constructor(crowd: Crowd, index: number, window?: number) {
		super(crowd, index, { patience: 1e9, ...(window === undefined ? {} : { window }) });
		this.#index = index;
	}

	override end(): void {
		const again = !this.over;
		super.end();
		const { clock, prng } = this.crowd.world;
		if (again) clock.after(prng.between(500, 1500), () => this.again(this.#index + 1000));
	}

	again(_index: number): void {}
}

/** Acknowledges one byte a minute. */
class OneByteAMinute extends Holder {
	override again(index: number): void {
		new OneByteAMinute(this.crowd, index);
	}
	override opened(): void {
		const step = () => {
			if (this.over) return;
			this.rcvNxt = (this.rcvNxt + 1) | 0;
			this.acknowledge();
			this.crowd.world.clock.after(60_000, step);
		};
		this.crowd.world.clock.after(60_000, step);
	}
	override takes(): void {}
}

/** Acknowledges a byte every 100 ms: it takes something, but for ever little. */
class Crumbs extends Holder {
	override opened(): void {
		const step = () => {
			if (this.over) return;
			this.rcvNxt = (this.rcvNxt + 1) | 0;
			this.acknowledge();
			this.crowd.world.clock.after(100, step);
		};
		this.crowd.world.clock.after(100, step);
	}
	override takes(): void {}
}

/** Offers no window, and confirms that whenever it is asked. */
class ClosedWindow extends Holder {
	constructor(crowd: Crowd, index: number) {
		super(crowd, index, 0);
	}
	override again(index: number): void {
		new ClosedWindow(this.crowd, index);
	}
	override takes(segment: ParsedTcp): void {
		if (segment.payload.length > 0) this.acknowledge();
	}
}

/** Acknowledges everything but the FIN. */
class NoFin extends Holder {
	override again(index: number): void {
		new NoFin(this.crowd, index);
	}
	override takes(segment: ParsedTcp): void {
		if (segment.seq === this.rcvNxt) this.rcvNxt = (this.rcvNxt + segment.payload.length) | 0;
		if (segment.payload.length > 0 || segment.flags & FIN) this.acknowledge();
	}
}

/** Acknowledges the FIN, and never sends its own. */
class NeverCloses extends Holder {
	override again(index: number): void {
		new NeverCloses(this.crowd, index);
	}
	override ends(): void {
		this.acknowledge();
	}
}

describe("20 peers that hold connections which the program has closed: 60 of 60 honest clients in an hour are served", () => {
	test.each([
		["acknowledge one byte a minute", OneByteAMinute],
		["keep a zero window", ClosedWindow],
		["never acknowledge the FIN", NoFin],
		["never close their side", NeverCloses],
	] as const)("peers that %s", (_name, Kind) => {
		const crowd = new Crowd({ sockets: { tcp: 8 } }, 40);
		new Service(crowd);
		for (let i = 0; i < 20; i++) new Kind(crowd, i);
		crowd.world.run(30_000);
		const honest: CrowdPeer[] = [];
		for (let minute = 0; minute < 60; minute++) {
			honest.push(new CrowdPeer(crowd, 20_100 + minute, { patience: 60_000 }));
			crowd.world.run(60_000);
		}
		expect(honest.filter((peer) => peer.served).length).toBe(60);
		expect(honest.filter((peer) => peer.reset).length).toBe(0);
		expect(Math.max(...honest.map((peer) => peer.took))).toBeLessThan(5000);
		expect(crowd.drops("tcpOrphan")).toBeGreaterThan(0);
	});
});

describe("a connection that its program has closed", () => {
	function closed(length: number, sendBuffer = 5840) {
		const peer = new Peer({ sockets: { sendBuffer } });
		const endpoint = peer.connected({ length, paused: true });
		peer.take();
		endpoint.close();
		peer.run(0);
		return { peer, tcb: endpoint.tcb!, tcp: peer.stack.tcp };
	}
	test("ends after a minute, and a second more for each 4 KB, with RST and counted", () => {
		const { peer, tcb } = closed(4096);
		for (let second = 0; second < 60; second++) {
			peer.run(1000);
			peer.send({ flags: "A", seq: 1, ack: 2 + second });
		}
		expect(tcb.stateName).toBe("finWait1");
		peer.take();
		peer.run(1100);
		expect(tcb.stateName).toBe("closed");
		expect(peer.told().at(-1)!.slice(0, 2)).toBe("RA");
		expect(peer.drops("tcpOrphan")).toBe(1);
		expect(peer.stack.tcp.available).toBe(8);
	});
	test.each([0, 1, 5000])("ends %i ms after close where the program said so", (ms) => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 5000 });
		peer.stack.tcp.setLinger(endpoint.tcb!, ms);
		peer.take();
		endpoint.close();
		if (ms > 0) {
			peer.run(ms - 1);
			expect(endpoint.tcb!.stateName).toBe("finWait1");
			expect(peer.take().every(({ flags }) => !flags.includes("R"))).toBe(true);
		}
		peer.run(1);
		expect(endpoint.tcb!.stateName).toBe("closed");
		expect(peer.told().at(-1)!.slice(0, 2)).toBe("RA");
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("lingers no longer than it takes", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 100 });
		peer.stack.tcp.setLinger(endpoint.tcb!, 5000);
		endpoint.close();
		peer.run(0);
		peer.send({ flags: "FA", seq: 1, ack: 102 });
		expect(endpoint.tcb!.stateName).toBe("timeWait");
		expect(peer.told().some((text) => text.startsWith("R"))).toBe(false);
	});
	test("a new connection in its place lingers as usual", () => {
		const peer = new Peer({ sockets: { tcp: 1 } });
		const first = peer.connected();
		peer.stack.tcp.setLinger(first.tcb!, 0);
		first.close();
		expect(blockOf(first.tcb!).lingerMs).toBe(0);
		const next = peer.connected();
		expect(blockOf(next.tcb!).lingerMs).toBe(-1);
	});
	test("has the same limit when its peer keeps the window closed", () => {
		const { peer, tcb } = closed(100);
		peer.send({ flags: "A", seq: 1, ack: 1, window: 0 });
		for (let second = 0; second < 61; second++) {
			peer.run(1000);
			for (const _ of peer.take()) peer.send({ flags: "A", seq: 1, ack: 1, window: 0 });
		}
		expect(tcb.stateName).toBe("closed");
	});
	test("and the same while no way leads to its peer, however long its user timeout is", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 0 });
		const tcb = endpoint.tcb!;
		peer.stack.tcp.setUserTimeout(tcb, 86_400_000);
		peer.stack.interfaces.find("eth0")!.enabled = false;
		peer.run(100);
		endpoint.close();
		peer.run(59_000);
		expect(tcb.stateName).toBe("finWait1");
		peer.run(2000);
		expect(tcb.stateName).toBe("closed");
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("and the same when it had been half-closed before", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ paused: true });
		peer.stack.tcp.shutdown(endpoint.tcb!);
		peer.run(0);
		peer.send({ flags: "A", seq: 1, ack: 2 });
		peer.run(100_000);
		expect(endpoint.tcb!.stateName).toBe("finWait2");
		endpoint.close();
		peer.run(61_000);
		expect(peer.stack.tcp.available).toBe(8);
		expect(peer.drops("tcpOrphan")).toBe(1);
	});
	test("in LAST-ACK too", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.send({ flags: "AF", seq: 1, ack: 1 });
		expect(endpoint.tcb!.stateName).toBe("lastAck");
		for (let second = 0; second < 61; second++) {
			peer.run(1000);
			peer.send({ flags: "A", seq: 2, ack: 1 });
		}
		expect(peer.stack.tcp.available).toBe(8);
	});
	test("is let in peace for three seconds, then gives way, the oldest first", () => {
		const crowd = new Crowd({ sockets: { tcp: 4 } }, 20);
		new Service(crowd);
		for (let i = 0; i < 3; i++) {
			new Crumbs(crowd, i);
			crowd.world.run(500);
		}
		const ports = () => crowd.stack.tcp.tcbs.map((tcb) => tcb.remotePort).sort();
		const early = new CrowdPeer(crowd, 100, { patience: 1500 });
		crowd.world.run(1000);
		expect(early.open).toBe(false);
		expect(ports()).toEqual([0, 10_000, 10_001, 10_002]);
		crowd.world.run(1500);
		const late = new CrowdPeer(crowd, 101);
		crowd.world.run(100);
		expect(late.served).toBe(true);
		expect(ports()).toEqual([0, 10_001, 10_002, 10_101]);
	});
	test("in FIN-WAIT-2 gives way without RST, which could cost the peer what it has not read", () => {
		const crowd = new Crowd({ sockets: { tcp: 2 } }, 20);
		new Service(crowd);
		const holder = new NeverCloses(crowd, 0);
		crowd.world.run(4000);
		const honest = new CrowdPeer(crowd, 100);
		crowd.world.run(1000);
		expect(honest.served).toBe(true);
		expect(holder.reset).toBe(false);
		expect(crowd.drops("tcpOrphan")).toBe(1);
	});
	test("delivers its last bytes while others wait for its place, as long as its peer takes them", () => {
		const crowd = new Crowd({ sockets: { tcp: 3 } }, 400);
		new Service(crowd, { answer: 5840 });
		const peers: CrowdPeer[] = [];
		for (let i = 0; i < 40; i++) {
			peers.push(new CrowdPeer(crowd, i, { patience: 300_000 }));
			crowd.world.run(100);
		}
		crowd.world.run(300_000);
		expect(peers.filter((peer) => peer.served && peer.received === 5840).length).toBe(40);
		expect(crowd.resets.size).toBe(0);
	});
	test("gives way to a program's own connection", () => {
		const crowd = new Crowd({ sockets: { tcp: 2 } }, 20);
		new Service(crowd);
		new Crumbs(crowd, 0);
		crowd.world.run(1000);
		expect(() => crowd.stack.tcp.connect("10.0.0.254", 99)).toThrow("all 2 TCP sockets are in use");
		crowd.world.run(3000);
		expect(crowd.stack.tcp.connect("10.0.0.254", 99).stateName).toBe("synSent");
	});
});
