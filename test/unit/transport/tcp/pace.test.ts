// Slow peers keep everybody out of a small set of sockets; a listener may say how slow one may be while others wait: `leastRate`.
import { FAST, slowness } from "../../../../src/transport/tcp/pace.ts";
import { describe, expect, test } from "vitest";
import type { ParsedTcp } from "../../../support/parse.ts";
import { Crowd, CrowdPeer, Service, type PartOptions, type ServiceOptions } from "./crowd.ts";
import { Acceptor } from "./endpoint.ts";
import { Peer, REMOTE } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";
import { TcpBlock, tcpAt } from "../../../../src/packet/tcp-block.ts";

/** Whether the pace of connections is looked at. */
function looking(peer: Peer): boolean {
	const { view } = peer.stack.core;
	return TcpBlock.of(view, tcpAt(view)).looking !== 0;
}

/** Keeps its connection busy with as little as possible, and comes again when it is thrown out. */
abstract class SlowPeer extends CrowdPeer {
	readonly index: number;

	constructor(crowd: Crowd, index: number, options: PartOptions) {
		super(crowd, index, { patience: 1e9, ...options });
		this.index = index;
	}

	override end(): void {
		const again = !this.over;
		super.end();
		const { clock, prng } = this.crowd.world;
		if (again) clock.after(prng.between(500, 1500), () => this.again(this.index + 1000));
	}

	every(ms: number, step: () => void): void {
		this.crowd.world.clock.after(ms, () => {
			if (this.over) return;
			step();
			this.every(ms, step);
		});
	}

	abstract again(index: number): void;
}

/** POSTs a byte in 25 s. */
class SlowPost extends SlowPeer {
	constructor(crowd: Crowd, index: number) {
		super(crowd, index, { request: 1 });
	}
	override again(index: number): void {
		new SlowPost(this.crowd, index);
	}
	override opened(): void {
		this.every(25_000, () => this.say(1));
	}
}

/** GETs something long, and takes a segment of it in 8 s. */
class SlowGet extends SlowPeer {
	constructor(crowd: Crowd, index: number) {
		super(crowd, index, { request: 100, window: 1000 });
	}
	override again(index: number): void {
		new SlowGet(this.crowd, index);
	}
	override opened(): void {
		this.every(8000, () => this.acknowledge());
	}
	override takes(segment: ParsedTcp): void {
		// What came is acknowledged by the timer.
		if (segment.seq === this.rcvNxt) this.rcvNxt = (this.rcvNxt + segment.payload.length) | 0;
	}
}

/** Has a byte echoed in 9 s. */
class SlowEcho extends SlowPeer {
	constructor(crowd: Crowd, index: number) {
		super(crowd, index, { request: 1 });
	}
	override again(index: number): void {
		new SlowEcho(this.crowd, index);
	}
	override opened(): void {
		this.every(9000, () => this.say(1));
	}
}

/** An honest client of the echo service: closes when everything has come back. */
class EchoClient extends CrowdPeer {
	override takes(segment: ParsedTcp): void {
		super.takes(segment);
		if (!this.over && this.received === 100 && this.took < 0) {
			this.took = this.crowd.world.clock.now - this.begun;
			this.finished = true;
			this.ends();
		}
	}
}

describe("20 slow peers, and a client a minute: all are served within seconds", () => {
	test.each([
		["POST a byte in 25 s", SlowPost, CrowdPeer, { request: 100 }],
		["GET a segment in 8 s", SlowGet, CrowdPeer, { request: 100, answer: 5840 }],
		["echo a byte in 9 s", SlowEcho, EchoClient, { echo: true }],
	] as const)("%s", (_name, Slow, Honest, options: ServiceOptions) => {
		const crowd = new Crowd({ sockets: { tcp: 8 } }, 40);
		const service = new Service(crowd, { leastRate: 200, ...options });
		for (let i = 0; i < 20; i++) new Slow(crowd, i);
		crowd.world.run(30_000);
		const honest: CrowdPeer[] = [];
		for (let minute = 0; minute < 20; minute++) {
			honest.push(new Honest(crowd, 30_100 + minute));
			crowd.world.run(60_000);
		}
		expect(honest.filter((peer) => peer.served).length).toBe(20);
		expect(honest.filter((peer) => peer.reset).length).toBe(0);
		expect(Math.max(...honest.map((peer) => peer.took))).toBeLessThan(5000);
		if (Slow !== SlowGet) expect(service.errors.slow).toBe(crowd.drops("tcpTooSlow"));
		expect(crowd.drops("tcpTooSlow") + crowd.drops("tcpOrphan")).toBeGreaterThan(0);
	});
});

describe("leastRate", () => {
	function set(rate: number, tcp = 3) {
		const peer = new Peer({ sockets: { tcp } });
		peer.localPort = 80;
		const acceptor = new Acceptor(peer.stack, 80, 4, { sends: 1, expects: 2, length: 1_000_000 });
		peer.stack.tcp.setLeastRate(acceptor.listener, rate);
		return { peer, acceptor };
	}
	function opens(peer: Peer, remotePort: number): boolean {
		peer.take();
		peer.send({ flags: "S", seq: 0, remotePort, mss: 1000, window: 0 });
		if (peer.take().every((segment) => segment.remotePort !== remotePort)) return false;
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort, window: 0 });
		return true;
	}
	test("without it nobody gives way, however long it takes", () => {
		const { peer, acceptor } = set(0);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(90_000);
		expect(opens(peer, 3)).toBe(false);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error)).toEqual(["", ""]);
	});
	test("nobody gives way while there is a free socket", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		peer.run(90_000);
		expect(acceptor.endpoints[0]!.error).toBe("");
	});
	test("a SYN alone ends nothing; the end of its handshake ends the slowest, whose owner is told", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(4000);
		peer.send({
			flags: "A",
			seq: 1,
			rawAck: (blockOf(acceptor.endpoints[0]!.tcb!).iss + 1) | 0,
			remotePort: 1,
			length: 300,
			window: 0,
		});
		peer.run(4000);
		peer.take();
		peer.send({ flags: "S", seq: 0, remotePort: 3, mss: 1000 });
		expect(peer.take()).toMatchObject([{ flags: "SA", remotePort: 3 }]);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error)).toEqual(["", ""]);
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 3 });
		// The other one gets its RST. The newcomer, which may be waiting for us to speak, is asked once more.
		expect(peer.take()).toMatchObject([
			{ flags: "RA", remotePort: 2 },
			{ flags: "SA", remotePort: 3 },
		]);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error)).toEqual(["", "slow"]);
		expect(peer.drops("tcpTooSlow")).toBe(1);
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 3 });
		expect(acceptor.endpoints[2]!.tcb).toMatchObject({ remotePort: 3, stateName: "established" });
		expect(peer.take()[0]).toMatchObject({ remotePort: 3, length: 536 });
	});
	test("while the program has not closed what was ended, no other is ended", () => {
		const { peer, acceptor } = set(100, 4);
		for (const port of [1, 2, 3]) opens(peer, port);
		for (const endpoint of acceptor.endpoints) endpoint.close = () => {};
		peer.run(8000);
		peer.send({ flags: "S", seq: 0, remotePort: 4 });
		for (let i = 0; i < 5; i++) {
			peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 4 });
			peer.run(1000);
		}
		expect(acceptor.endpoints.map((endpoint) => endpoint.error).filter((error) => error === "slow")).toHaveLength(1);
	});
	test("a place that its newcomer never came for is anybody's, also when that is longer ago than half the clock's range", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(8000);
		opens(peer, 3);
		peer.run(0);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error).sort()).toEqual(["", "slow"]);
		peer.world.clock.advance(peer.world.clock.now + 0x80001000);
		opens(peer, 4);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error).sort()).toEqual(["", "", "slow"]);
		expect(acceptor.endpoints[2]!.tcb).toMatchObject({ remotePort: 4, stateName: "established" });
	});
	test("a young connection has three seconds", () => {
		const { peer } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(2900);
		expect(opens(peer, 3)).toBe(false);
		peer.run(200);
		expect(opens(peer, 3)).toBe(true);
	});
	test("who moves enough stays, by receiving, by sending, and after a pause of a few seconds", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		const first = acceptor.endpoints[0]!.tcb!;
		const second = acceptor.endpoints[1]!.tcb!;
		peer.send({ flags: "A", seq: 1, rawAck: (blockOf(second).iss + 1) | 0, remotePort: 2, window: 700 });
		let seq = 1;
		for (let i = 0; i < 10; i++) {
			peer.run(3000);
			peer.send({ flags: "A", seq, rawAck: (blockOf(first).iss + 1) | 0, remotePort: 1, length: 700, window: 0 });
			seq += 700;
			peer.send({ flags: "A", seq: 1, rawAck: blockOf(second).sndMax, remotePort: 2, window: 700 });
			expect(opens(peer, 100 + i)).toBe(false);
		}
		peer.run(10_000);
		expect(opens(peer, 3)).toBe(true);
	});
	test("what waits to be accepted is not slow", () => {
		const peer = new Peer({ sockets: { tcp: 3 } });
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 4, 0);
		peer.stack.tcp.setLeastRate(listener, 1000);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(60_000);
		expect(opens(peer, 3)).toBe(false);
		expect(peer.stack.tcp.acceptable(listener)).toBe(2);
	});
	test("a program's own connection ends the slowest too, and has its socket the next time", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		peer.run(8000);
		expect(() => peer.stack.tcp.connect("10.0.0.2", 99)).toThrow("one that was too slow was ended: try again");
		peer.run(0);
		expect(acceptor.endpoints.map((endpoint) => endpoint.error).sort()).toEqual(["", "slow"]);
		expect(peer.stack.tcp.connect("10.0.0.2", 99).stateName).toBe("synSent");
	});
	test("of one connection replaces its listener's, also by none", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		opens(peer, 2);
		for (const endpoint of acceptor.endpoints) peer.stack.tcp.setLeastRate(endpoint.tcb!, 0);
		peer.run(60_000);
		expect(opens(peer, 3)).toBe(false);
	});
	test("does not pass on to whom the TCB goes next", () => {
		const { peer, acceptor } = set(100, 2);
		opens(peer, 1);
		peer.stack.tcp.abort(acceptor.endpoints[0]!.tcb!);
		peer.stack.tcp.connect("10.0.0.2", 5000);
		peer.run(0);
		const [syn] = peer.take().filter((segment) => segment.flags === "S");
		peer.send({ flags: "SA", seq: 0, ack: 1, localPort: syn!.localPort });
		peer.run(60_000);
		expect(opens(peer, 3)).toBe(false);
	});
	test("counts from when a connection of our own is open, whatever numbers its peer begins with", () => {
		for (let i = 0; i < 16; i++) {
			const peer = new Peer({}, i + 1);
			peer.iss = Math.imul(i, 0x10000001);
			const tcb = peer.stack.tcp.connect(REMOTE, 5000);
			peer.stack.tcp.setLeastRate(tcb, 1000);
			peer.localPort = tcb.localPort;
			peer.run(1);
			peer.take();
			peer.run(2900);
			peer.send({ flags: "SA", seq: 0, ack: 1 });
			expect(tcb.stateName).toBe("established");
			peer.run(200);
			expect(slowness(peer.stack.core.view, blockOf(tcb))).toBe(FAST);
		}
	});
	test("costs no timer while nobody has one", () => {
		const { peer, acceptor } = set(100);
		opens(peer, 1);
		peer.run(20_000);
		expect(looking(peer)).toBe(true);
		peer.stack.tcp.abort(acceptor.endpoints[0]!.tcb!);
		peer.run(6000);
		expect(looking(peer)).toBe(false);
	});
});
