// What connections send while their device takes nothing, and all places before it are taken: it waits in the connection and is not dropped.

import { describe, expect, it } from "vitest";
import { FIN, RST, SYN, TCP_ACK, icmp, tcp, u16 } from "../../support/frames.ts";
import type { Parsed } from "../../support/parse.ts";
import { Station } from "../../support/station.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";

const ECHO_REQUEST = 8;
const ISS = 1000;
/** As a board has. */
const PACKETS = 8;
/** Polls in a second when there is something that waits, at most; and when there is nothing. */
const WAITING = 150;
const QUIET = 5;

/** A device in TypeScript, and one with a number, by which compiled code moves its frames. */
describe.each([
	["eth1", 0],
	["eth2", 1],
] as const)("before a busy device, %s,", (name, index) => {
	const own = `10.${index + 1}.0.1`;
	const peer = `10.${index + 1}.0.9`;

	class Crowd {
		readonly all = new Station([["10.1.0.1/24"], ["10.2.0.1/24"]], { packets: PACKETS });
		readonly port = this.all.ports[index]!;
		readonly stack = this.all.stack;
		readonly #listener = this.stack.tcp.listen("", 80, 4, 0);
		readonly #socket = this.stack.udp.open("", 7, 0);
		#drops = 0;

		constructor() {
			// The neighbour is known from here on.
			this.port.ip(icmp({ source: peer, destination: own, type: ECHO_REQUEST }));
			this.port.packets();
		}

		run(ms: number): void {
			this.all.world.run(ms);
		}

		/** It takes none any more, and so many datagrams wait for it as may. */
		fill(): void {
			this.port.device.setBusy(true);
			for (let i = 0; i < PACKETS; i++) {
				this.stack.udp.send(this.#socket, peer, 9, Uint8Array.of(i), 0, 1);
				this.run(0);
			}
			this.#drops = this.drops;
			expect(this.#drops).toBeGreaterThan(0);
		}

		get drops(): number {
			return this.all.drops(name)["transmitQueueFull"]!;
		}

		/** It takes what waits. */
		clear(): void {
			this.port.device.setBusy(false);
			this.run(20);
		}

		/** Nothing was dropped since `fill`. */
		noneDropped(): void {
			expect(this.drops).toBe(this.#drops);
		}

		polls(): number {
			const before = this.all.node.polls;
			this.run(1000);
			return this.all.node.polls - before;
		}

		/** A segment to port 80 comes in. */
		comes(flags: number, seq: number, ack = 0, data: number[] = []): void {
			const ports = { sourcePort: 5000, destinationPort: 80, seq: ISS + seq, ack, flags };
			const tcpOptions = (flags & SYN) !== 0 ? [2, 4, ...u16(1460)] : [];
			this.port.ip(tcp({ source: peer, destination: own, ...ports, tcpOptions }, data));
		}

		segments(): NonNullable<Parsed["tcp"]>[] {
			return this.port.packets().flatMap(({ tcp: sent }) => (sent === undefined ? [] : [sent]));
		}

		/** The peer has connected; answers our next sequence number too. */
		connected(): { tcb: Tcb; next: number } {
			this.comes(SYN, 0);
			const next = (this.segments()[0]!.seq + 1) | 0;
			this.comes(TCP_ACK, 1, next);
			return { tcb: this.stack.tcp.accept(this.#listener)!, next };
		}
	}

	it("a SYN is answered as soon as it takes something", () => {
		const crowd = new Crowd();
		crowd.fill();
		crowd.comes(SYN, 0);
		crowd.run(20);
		crowd.clear();
		expect(crowd.segments().map(({ flags }) => flags)).toEqual([SYN | TCP_ACK]);
		crowd.noneDropped();
	});

	it("a connection that cannot even answer a SYN comes to its end all the same", () => {
		const crowd = new Crowd();
		crowd.fill();
		crowd.comes(SYN, 0);
		expect(crowd.stack.tcp.inUse()).toHaveLength(2);
		crowd.run(70_000);
		expect(crowd.stack.tcp.inUse()).toHaveLength(1);
	});

	it("a SYN of ours waits, and has all of its time from when it goes", () => {
		const crowd = new Crowd();
		crowd.fill();
		crowd.stack.tcp.connect(peer, 5000);
		crowd.run(900);
		crowd.clear();
		expect(crowd.segments().map(({ flags }) => flags)).toEqual([SYN]);
		crowd.run(900);
		expect(crowd.segments()).toEqual([]);
		crowd.run(200);
		expect(crowd.segments().map(({ flags }) => flags)).toEqual([SYN]);
		crowd.noneDropped();
	});

	it("a SYN of ours that never goes is given up", () => {
		const crowd = new Crowd();
		crowd.fill();
		const tcb = crowd.stack.tcp.connect(peer, 5000);
		crowd.stack.tcp.setUserTimeout(tcb, 5000);
		crowd.run(4000);
		expect(tcb.stateName).toBe("synSent");
		crowd.run(2000);
		expect(tcb.error).toBe("timeout");
		crowd.clear();
		expect(crowd.segments()).toEqual([]);
		expect(crowd.polls()).toBeLessThan(QUIET);
	});

	it("what is acknowledged is all that has come until it goes, once", () => {
		const crowd = new Crowd();
		const { tcb, next } = crowd.connected();
		crowd.fill();
		crowd.comes(TCP_ACK, 1, next, [1, 2]);
		crowd.run(100);
		crowd.comes(TCP_ACK, 3, next, [3, 4]);
		crowd.comes(TCP_ACK, 7, next, [7, 8]);
		crowd.run(100);
		expect(crowd.polls()).toBeLessThan(WAITING);
		crowd.comes(TCP_ACK, 5, next, [5, 6]);
		crowd.clear();
		expect(crowd.segments().map(({ flags, seq, ack }) => [flags, seq, ack])).toEqual([[TCP_ACK, next, ISS + 9]]);
		expect(crowd.stack.tcp.readable(tcb)).toBe(8);
		crowd.noneDropped();
		expect(crowd.polls()).toBeLessThan(QUIET);
	});

	it("the last acknowledgment goes in TIME-WAIT, and nothing waits when that is over", () => {
		for (const clears of [true, false]) {
			const crowd = new Crowd();
			const { tcb, next } = crowd.connected();
			crowd.stack.tcp.close(tcb);
			crowd.run(0);
			crowd.comes(TCP_ACK, 1, (next + 1) | 0);
			crowd.segments();
			crowd.fill();
			crowd.comes(FIN | TCP_ACK, 1, (next + 1) | 0);
			crowd.run(50);
			expect(tcb.stateName).toBe("timeWait");
			if (clears) {
				crowd.clear();
				expect(crowd.segments().map(({ flags, ack }) => [flags, ack])).toEqual([[TCP_ACK, ISS + 2]]);
				crowd.noneDropped();
			}
			crowd.run(61_000);
			expect(crowd.stack.tcp.inUse()).toHaveLength(1);
			crowd.clear();
			expect(crowd.segments()).toEqual([]);
			expect(crowd.polls()).toBeLessThan(QUIET);
		}
	});

	it("nothing goes any more of a connection that ended meanwhile, nor in the name of the next one", () => {
		const crowd = new Crowd();
		const { tcb, next } = crowd.connected();
		crowd.fill();
		crowd.comes(TCP_ACK, 1, next, [1, 2]);
		crowd.run(50);
		crowd.comes(RST, 3);
		expect(tcb.error).toBe("reset");
		crowd.stack.tcp.close(tcb);
		crowd.run(0);
		// It has the place of the one before.
		crowd.comes(SYN, 100_000);
		crowd.run(50);
		crowd.clear();
		const sent = crowd.segments().map(({ flags, ack }) => [flags, ack]);
		expect(sent).toEqual([[SYN | TCP_ACK, ISS + 100_001]]);
	});

	it("an acknowledgment does not wait for a link that is down, nor for an interface that is gone", () => {
		for (const happens of ["link", "interface"]) {
			const crowd = new Crowd();
			const { next } = crowd.connected();
			crowd.fill();
			crowd.comes(TCP_ACK, 1, next, [1, 2]);
			crowd.run(50);
			if (happens === "link") crowd.port.device.setLink(false);
			else crowd.stack.interfaces.remove(crowd.port.link);
			crowd.run(100);
			expect([happens, crowd.polls() < QUIET]).toEqual([happens, true]);
		}
	});

	it("keep-alive gives a peer up whom no probe can reach", () => {
		const crowd = new Crowd();
		const { tcb } = crowd.connected();
		crowd.stack.tcp.setKeepAlive(tcb, 1000, 1000);
		crowd.fill();
		crowd.run(20_000);
		expect(tcb.error).toBe("timeout");
	});
});
