// A peer that lies about what it has: SACK blocks of what was never sent, overlapping, taken back, turned round; duplicates that it never had; echoes and timestamps out of the air. The sender's
// account of what is in flight adds up all the while, and when the peer turns honest everything arrives. RFC 2018 §8, RFC 2883, RFC 7323 §7.
import { expect, test } from "vitest";
import { Run, RUNS, type TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { AGAIN, LOST, SACKED, pipe } from "../../../../src/transport/tcp/flight.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { Prng } from "../../../support/prng.ts";
import { blockOf } from "../../../support/tcb.ts";
import { Acceptor } from "./endpoint.ts";
import { Peer } from "./peer.ts";

const BYTES = 60_000;
const LIE_STEPS = 150;
const LIMITS = { sockets: { tcp: 3, sendBuffer: 30_000 } };

const word = (value: number) => [(value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];

/** Reads the runs as they lie there. */
function runs(view: DataView, tcb: TcbBlock): { start: number; end: number; bits: number }[] {
	let start = tcb.sndUna;
	return Array.from({ length: tcb.runCount }, (_, i) => {
		const at = tcb.runs + ((tcb.runFirst + i) & (RUNS - 1)) * Run.bytes;
		const run = { start, end: view.getInt32(at, true), bits: view.getUint16(at + Run.offsets.bits, true) };
		start = run.end;
		return run;
	});
}

/** The account adds up. */
function check(tcb: Tcb, label: string): void {
	const block = blockOf(tcb);
	const all = runs(tcb.view, block);
	const sum = (bit: number) => all.reduce((bytes, run) => bytes + (run.bits & bit ? run.end - run.start : 0), 0);
	const flight = (block.sndMax - block.sndUna) | 0;
	const seen = {
		ascending: all.every((run) => ((run.end - run.start) | 0) > 0),
		complete: all.length === 0 || all.at(-1)!.end === block.sndMax,
		alone: all.every((run) => (run.bits & (SACKED | LOST)) !== (SACKED | LOST)),
		known: all.every((run) => (run.bits & ~(SACKED | LOST | AGAIN)) === 0),
		sacked: block.sackedBytes,
		lost: block.lostBytes,
		inFlight: pipe(block) >= 0 && pipe(block) <= flight,
		cwnd: block.cwnd >= 1,
	};
	const right = { ascending: true, complete: true, alone: true, known: true, inFlight: true, cwnd: true };
	expect({ label, ...seen }).toEqual({ label, ...right, sacked: sum(SACKED), lost: sum(LOST) });
}

class Liar {
	readonly peer: Peer;
	readonly tcb: Tcb;
	readonly #stamps: boolean;
	readonly #prng: Prng;
	/** What has come, as pairs of sequence numbers, and how much of it in order. */
	#got: [number, number][] = [];
	inOrder = 1;
	#stamp = 1;
	#echo = 0;

	constructor(prng: Prng, stamps: boolean, congestion: "cubic" | "newreno") {
		this.#prng = prng;
		this.#stamps = stamps;
		this.peer = new Peer({ ...LIMITS, tcp: { congestion } });
		this.peer.localPort = 80;
		const acceptor = new Acceptor(this.peer.stack, 80, 4, { sends: 1, expects: 2, length: BYTES });
		this.peer.send({
			flags: "S",
			seq: 0,
			mss: 1000,
			options: stamps ? [4, 2, 8, 10, ...word(this.#stamp), ...word(0)] : [4, 2, 0, 0],
		});
		this.listen();
		this.peer.send({ flags: "A", seq: 1, ack: 1, options: this.#options([], this.#echo) });
		this.tcb = acceptor.endpoints[0]!.tcb!;
		this.listen();
	}

	/** Takes what the stack has sent. */
	listen(): void {
		for (const segment of this.peer.take()) {
			const at = 14 + 20 + 20;
			const view = new DataView(segment.frame.buffer, segment.frame.byteOffset);
			if (this.#stamps) this.#echo = view.getInt32(segment.flags.includes("S") ? at + 8 : at + 4);
			if (segment.length > 0) this.#got.push([segment.seq, segment.seq + segment.length]);
		}
		for (let moved = true; moved;) {
			moved = false;
			for (const [start, end] of this.#got)
				if (start <= this.inOrder && end > this.inOrder) {
					this.inOrder = end;
					moved = true;
				}
		}
	}

	#options(blocks: readonly (readonly [number, number])[], echo: number): number[] {
		const stamps = this.#stamps ? [1, 1, 8, 10, ...word(this.#stamp), ...word(echo)] : [];
		if (blocks.length === 0) return stamps;
		const edges = blocks.flatMap((pair) => pair.flatMap((seq) => word((this.peer.irs + seq) | 0)));
		return [...stamps, 1, 1, 5, 2 + 8 * blocks.length, ...edges];
	}

	/** Any pair of numbers about what is in flight. */
	#pair(): [number, number] {
		const prng = this.#prng;
		const block = blockOf(this.tcb);
		const una = (block.sndUna - this.peer.irs) | 0;
		const flight = (block.sndMax - block.sndUna) | 0;
		const start = una + prng.between(-2000, flight + 2000);
		return [start, start + prng.pick([0, 1, -500, 500, 1000, 3000, prng.below(flight + 1), 0x7fffffff])];
	}

	lie(): void {
		const prng = this.#prng;
		const blocks = Array.from({ length: prng.below(this.#stamps ? 4 : 5) }, () => this.#pair());
		const una = (blockOf(this.tcb).sndUna - this.peer.irs) | 0;
		const ack = prng.chance(0.3) ? una + prng.below(Math.max(this.inOrder - una, 0) + 1) : una;
		if (prng.chance(0.5)) this.#stamp += prng.below(3);
		const echo = prng.pick([this.#echo, this.#echo, 0, this.#echo - prng.below(500), prng.next()]);
		this.peer.send({
			flags: "A",
			seq: 1,
			ack,
			window: prng.pick([65_535, 65_535, 3000, 0]),
			options: this.#options(blocks, echo),
		});
		this.peer.run(prng.pick([0, 1, 10, 100, 700]));
		this.listen();
	}

	/** As a peer without SACK blocks would. */
	honest(): void {
		this.#stamp++;
		this.peer.send({ flags: "A", seq: 1, ack: this.inOrder, options: this.#options([], this.#echo) });
		this.peer.run(50);
		this.listen();
	}
}

for (const stamps of [false, true])
	for (let seed = 1; seed <= 20; seed++)
		test(`what it says of what it has is no truth, ${stamps ? "with" : "without"} timestamps, seed ${seed}`, () => {
			const prng = new Prng(seed);
			const liar = new Liar(prng, stamps, seed % 2 === 0 ? "cubic" : "newreno");
			for (let i = 0; i < LIE_STEPS; i++) {
				liar.lie();
				check(liar.tcb, `seed ${seed}, step ${i}`);
			}
			for (let i = 0; i < 5000 && liar.inOrder <= BYTES; i++) {
				liar.honest();
				check(liar.tcb, `seed ${seed}, honest ${i}`);
			}
			expect(liar.inOrder).toBe(BYTES + 1);
		});
