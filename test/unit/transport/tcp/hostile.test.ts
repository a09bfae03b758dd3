// Segments that nobody's TCP would send, into connections in every state: no exception, no loop, nothing that does not add up.
import { afterAll, expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import * as tcbs from "../../../../src/transport/tcp/tcb.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { lastAhead } from "../../../../src/transport/tcp/reassembly.ts";
import { PENDING, PERSIST, RETRANSMIT, TIMERS } from "../../../../src/transport/tcp/work.ts";
import { TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { timerNext } from "#codec";
import { Peer } from "./peer.ts";
import { Acceptor, Endpoint } from "./endpoint.ts";
import { checkPool } from "../../../support/pool.ts";
import { blockOf } from "../../../support/tcb.ts";

/** All buffers for all sockets; and of odd seeds a pool that they share. */
const LIMITS = { sockets: { tcp: 6, receiveBuffer: 3000, sendBuffer: 2000 } };
const SHARED = { sockets: { ...LIMITS.sockets, buffers: 22_528 } };
const FLAGS = ["A", "PA", "S", "SA", "F", "FA", "R", "RA", "FPA", "SF", "SFRPAU", "", "U", "UA", "SRA"];

/** How often a connection was met in each state, over all seeds. */
const met = Array.from({ length: 11 }, () => 0);

function check(peer: Peer, seed: number): void {
	const { tcp } = peer.stack;
	let inUse = 0;
	for (const tcb of tcp.tcbs) {
		const holds = (condition: boolean, what: string) => {
			if (!condition) throw new Error(`seed ${seed}, ${tcb.stateName}: ${what} ${JSON.stringify(numbers(tcb))}`);
		};
		met[tcb.state]!++;
		holds(blockOf(tcb).rcvQueued >= 0 && blockOf(tcb).rcvQueued <= 3000, "rcvUsed");
		holds(blockOf(tcb).sndQueued >= 0 && blockOf(tcb).sndQueued <= 2000, "sndUsed");
		holds(
			blockOf(tcb).rcvAt >= 0 &&
				blockOf(tcb).rcvAt < blockOf(tcb).receiveRing &&
				blockOf(tcb).sndAt >= 0 &&
				blockOf(tcb).sndAt < blockOf(tcb).sendRing,
			"ring offsets",
		);
		holds(blockOf(tcb).ranges >= 0 && blockOf(tcb).ranges <= 4, "ranges");
		if (tcb.state === tcbs.CLOSED) continue;
		inUse++;
		if (tcb.state < tcbs.SYN_SENT) continue;
		const flight = (blockOf(tcb).sndNxt - blockOf(tcb).sndUna) | 0;
		const most = (blockOf(tcb).sndMax - blockOf(tcb).sndUna) | 0;
		holds(flight >= 0 && flight <= most && most <= blockOf(tcb).sndQueued + 1, "flight");
		if (tcb.state >= tcbs.ESTABLISHED) {
			holds(blockOf(tcb).cwnd >= blockOf(tcb).sndMss, "cwnd");
			holds(blockOf(tcb).rto >= 200 && blockOf(tcb).rto <= 60_000, "rto");
			// What is in flight, or waits for a window, has a timer.
			const timed = blockOf(tcb).work & (RETRANSMIT | PERSIST | PENDING);
			holds(timed !== 0 || (most === 0 && blockOf(tcb).sndQueued === 0), "no timer");
		}
		holds((blockOf(tcb).work & TIMERS) === 0 || timerNext(tcp.core.view, tcp.core.now) >= 0, "no timer is waited for");
		holds(
			blockOf(tcb).ranges === 0 ||
				((lastAhead(tcp.core.view, blockOf(tcb)) - blockOf(tcb).rcvNxt) | 0) <= 3000 - blockOf(tcb).rcvQueued,
			"range beyond the ring",
		);
	}
	checkPool(peer.stack);
	if (inUse > 6) throw new Error(`seed ${seed}: ${inUse} in use`);
	if (peer.stack.core.pool.free <= 8) throw new Error(`seed ${seed}: ${peer.stack.core.pool.free} packet buffers free`);
}

function numbers(tcb: Tcb): object {
	const block = blockOf(tcb);
	return Object.fromEntries(Object.keys(TcbBlock.offsets).map((name) => [name, block[name as keyof TcbBlock]]));
}

afterAll(() => {
	// The segments did come into every state.
	expect(
		met.every((count) => count > 0),
		met.join(" "),
	).toBe(true);
});

for (let seed = 1; seed <= 60; seed++) {
	test(`seed ${seed}`, () => {
		const prng = new Prng(seed);
		const peer = new Peer(seed & 1 ? SHARED : LIMITS, seed);
		peer.iss = prng.next();
		const acceptor = new Acceptor(peer.stack, 80, 3, { length: 4000, closeFirst: prng.chance(0.5) });
		peer.localPort = 80;
		const ports = [5000, 5001, 5002, 5003];
		const open = () => acceptor.endpoints.filter((endpoint) => !endpoint.closed);
		for (let step = 0; step < 800; step++) {
			const remotePort = prng.pick(ports);
			const tcb = peer.stack.tcp.tcbs.find((candidate) => candidate.remotePort === remotePort && candidate.state > tcbs.LISTEN);
			let rcvNxt = 0;
			let sndNxt = 0;
			if (tcb) {
				peer.irs = blockOf(tcb).iss;
				rcvNxt = (blockOf(tcb).rcvNxt - peer.iss) | 0;
				sndNxt = (blockOf(tcb).sndMax - blockOf(tcb).iss) | 0;
			}
			const near = () =>
				prng.pick([0, 0, 0, 0, 1, -1, 100, -100, 1460, 2999, 3000, 3001, -3000, 70_000, 0x7fffffff, prng.next()]);
			const flags = prng.chance(0.6) ? prng.pick(["A", "PA"]) : prng.pick(FLAGS);
			peer.queue({
				flags,
				remotePort,
				localPort: 80,
				seq: prng.chance(0.1) && !tcb ? 0 : (rcvNxt + near()) | 0,
				ack: (sndNxt + prng.pick([0, 0, 0, -1, -100, -1460, 1, 100, prng.next()])) | 0,
				length: prng.chance(0.5) ? 0 : prng.between(1, 1460),
				window: prng.pick([0, 1, 10, 1000, 3000, 65_535, prng.below(65_536)]),
				mss: flags.includes("S") ? prng.pick([0, 1, 27, 28, 100, 536, 1460, 65_535]) : 0,
			});
			// Now and then one that a true peer would send, so that connections come on.
			const told = { remotePort, localPort: 80, seq: rcvNxt, ack: sndNxt };
			if (prng.chance(0.2)) peer.queue({ ...told, flags: prng.pick(["A", "A", "FA"]) });
			if (prng.chance(0.05)) peer.queue({ flags: "S", remotePort, localPort: 80, seq: 0, mss: prng.pick([1, 100, 1460]) });
			if (prng.chance(0.5)) peer.run(prng.pick([0, 0, 0, 1, 50, 300, 3000]));
			if (prng.chance(0.01)) peer.run(120_000);
			if (prng.chance(0.02) && open().length > 0) prng.pick(open()).close();
			if (prng.chance(0.02) && open().length > 0) peer.stack.tcp.abort(prng.pick(open()).tcb!);
			if (prng.chance(0.02)) for (const endpoint of open()) endpoint.paused = !endpoint.paused;
			if (prng.chance(0.01) && peer.stack.tcp.available > 0) {
				const endpoint = new Endpoint(peer.stack, { length: 1000 });
				endpoint.own(peer.stack.tcp.connect("10.0.0.2", prng.pick(ports), { localPort: 1024 + step }));
			}
			peer.take();
			check(peer, seed);
		}
	});
}
