// Connections to a board one after the other, of every kind of end, beside transfers that never end and /status again and again; peers are in the board's
// own time. Who asks for what is one of `KINDS`, in their order, by one cable after the other.

import { abortSocket } from "../../src/io/tcp.ts";
import type { TCP } from "../../src/io/types.ts";
import { statusOf } from "../../src/status/status.ts";
import { CLOSED, TIME_WAIT, type Tcb } from "../../src/transport/tcp/tcb.ts";
import { ARP_REQUEST, BROADCAST_MAC, ETHERTYPE_ARP, ETHERTYPE_IPV4, SYN, arp, ascii, ethernet, tcp } from "../support/frames.ts";
import { Answer } from "./answer.ts";
import { PLACES, type Bench, type BoardStatus } from "./bench.ts";

/** A connection on which nothing has happened for so long has failed, ms; it is far more than a SYN that is sent again three times takes. */
const PATIENCE_MS = 20_000;
/** As much as an answer or a request may have: 2^31 bytes and fewer. */
const LONG = 2 ** 31 - 1;
/** The period of /bytes. */
const PERIOD = 251;
const ECHO_BYTES = 64;
/** From when a client's stack is done to when the board's is, whose processor is never idle, s. */
const SETTLE_SECONDS = 0.02;
/** A SYN that is sent again comes a second after the first. */
const AGAIN_MS = 900;

const get = (path: string, fields = "") => ascii(`GET ${path} HTTP/1.1\r\nHost: board\r\n${fields}\r\n`);

interface Kind {
	name: string;
	/** None: a SYN is all there is, from an address that answers ARP, or one that nobody has. */
	port?: 7 | 80;
	known?: boolean;
	says?: Uint8Array<ArrayBuffer>;
	/** What the connection ends after: the board's end, a whole answer, its first bytes, the same bytes back, or nothing. */
	until: "end" | "answer" | "bytes" | "echo" | "nothing";
	reset?: boolean;
}

const KINDS: readonly Kind[] = [
	{ name: "closed by the board", port: 80, says: get("/none", "Connection: close\r\n"), until: "end" },
	{ name: "closed by the client", port: 80, says: get("/none"), until: "answer" },
	{ name: "echo, closed", port: 7, says: new Uint8Array(ECHO_BYTES).fill(69), until: "echo" },
	{ name: "echo, reset", port: 7, says: new Uint8Array(ECHO_BYTES).fill(70), until: "echo", reset: true },
	{ name: "half open", port: 80, known: true, until: "nothing" },
	{ name: "answer cut by a reset", port: 80, says: get("/bytes/20000"), until: "bytes", reset: true },
	{ name: "closed without a word", port: 80, until: "nothing" },
	{ name: "half a request, reset", port: 80, says: ascii("GET /sta"), until: "nothing", reset: true },
	{ name: "half a request, closed", port: 7, says: ascii("half"), until: "nothing" },
	{ name: "half open, of an address that nobody has", port: 80, known: false, until: "nothing" },
];

/** How many turns it takes to see each kind on each cable. */
export const ROUND = KINDS.length * PLACES.length;

export class Turns {
	/** By kind: how many, and how many of them failed, and how long all of them took, ms. */
	readonly counts = new Map(KINDS.map(({ name }) => [name, { done: 0, failed: 0, ms: 0 }]));
	readonly failures: string[] = [];
	/** Milliseconds that connections took until they were over, those by SYN alone left out: all, the longest, and how many had their SYN sent again. */
	readonly took = { all: 0, most: 0, again: 0, counted: 0 };
	/** Answers of /status, refusals, and connections for them; milliseconds that the slowest took. */
	readonly statuses = { good: 0, refused: 0, connections: 0, again: 0, failed: 0, most: 0, leastFree: Infinity };
	/** Bytes by TCP, as the peers count them; transfers that ended before they should. */
	readonly transfers = { toBoard: 0, fromBoard: 0, broken: [] as string[], wrong: 0 };
	readonly bench: Bench;
	#turn = 0;
	#port = 20_000;
	#running = false;
	readonly #open = new Set<TCP>();
	readonly #macs: string[] = [];

	constructor(bench: Bench) {
		this.bench = bench;
	}

	get #ms(): number {
		return this.bench.machine.clock.nanos / 1e6;
	}

	/** `transfers` that go on beside: one in, one out by each cable, and so on. */
	begin(transfers: number): void {
		this.#running = true;
		for (let i = 0; i < transfers; i++) this.#transfer(i % 2 === 0 ? "in" : "out", (i >> 1) % PLACES.length);
		this.#status(0);
	}

	end(): void {
		this.#running = false;
		for (const socket of this.#open) socket.close();
		this.#open.clear();
	}

	/** One connection, from its first segment to its last. */
	next(): void {
		const turn = this.#turn++;
		const kind = KINDS[(turn >> 1) % KINDS.length]!;
		const which = turn % PLACES.length;
		const count = this.counts.get(kind.name)!;
		count.done++;
		if (kind.known !== undefined) return this.#halfOpen(which, kind.known);
		const from = this.#ms;
		let failure: string | undefined;
		let over = false;
		const end = (reason?: string) => {
			if (over) return;
			over = true;
			failure = reason;
			if (kind.reset === true && reason === undefined) abortSocket(socket as never);
			else socket.close();
		};
		const answer = new Answer(true);
		let echoed = 0;
		let said = false;
		const buffer = new Uint8Array(2048);
		const socket: TCP = new this.bench.peers[which]!.io.TCP({
			address: PLACES[which]!.address,
			port: kind.port!,
			onWritable: () => {
				if (said) return;
				said = true;
				if (kind.says !== undefined) socket.write(kind.says);
				if (kind.until === "nothing") end();
			},
			onReadable: () => {
				for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer)) {
					if (kind.until === "bytes") return end();
					if (kind.until === "echo") {
						echoed += n;
						if (buffer[0] !== kind.says![0]) return end("another echo");
						if (echoed === kind.says!.length) return end();
					} else answer.add(buffer.subarray(0, n));
				}
				if (kind.until === "answer" && answer.complete) end(answer.is(404) ? undefined : answer.firstLine);
			},
			onError: () => {
				if (kind.until === "end" && socket.error === "closed" && answer.is(404)) end();
				else end(`${socket.error} ${answer.firstLine}`);
			},
		});
		const tcb = (socket as unknown as { openTCB: Tcb }).openTCB;
		if (!this.bench.until(() => over, PATIENCE_MS / 1e3)) end("no progress");
		const ms = this.#ms - from;
		// In turn: both ends are done before the next one begins. What the client says last takes its time to the board, and to its program.
		this.bench.until(() => tcb.state === CLOSED || tcb.state === TIME_WAIT, PATIENCE_MS / 1e3);
		this.bench.run(SETTLE_SECONDS);
		count.ms += ms;
		this.took.all += ms;
		this.took.counted++;
		if (ms > this.took.most) this.took.most = ms;
		if (ms > AGAIN_MS) this.took.again++;
		if (failure === undefined) return;
		count.failed++;
		this.failures.push(`${kind.name}, ${PLACES[which]!.name}: ${failure.trim()}`);
	}

	/** A SYN, and nothing after it. Whoever answers ARP is told to the board before. */
	#halfOpen(which: number, known: boolean): void {
		const chip = this.bench.chips[which]!;
		const { address } = PLACES[which]!;
		const source = address.replace(/\d+$/, String((known ? 100 : 200) + (this.#turn % 50)));
		const { mac } = this.bench.peers[which]!.stack.interfaces.list.find((link) => link.kind === "ethernet")!;
		if (known)
			chip.send(
				ethernet(
					BROADCAST_MAC,
					mac!,
					ETHERTYPE_ARP,
					arp({ operation: ARP_REQUEST, senderMac: mac!, sender: source, target: address }),
				),
			);
		const sourcePort = (this.#port = this.#port === 60_000 ? 20_000 : this.#port + 1);
		const segment = tcp({ source, destination: address, sourcePort, destinationPort: 80, seq: this.#turn * 70_000, flags: SYN });
		chip.send(ethernet(this.#boardMac(which), mac!, ETHERTYPE_IPV4, segment));
		this.bench.run(0.002);
	}

	/** The board's hardware address, as its peer has found it. */
	#boardMac(which: number): number[] {
		const known = (this.#macs[which] ??= statusOf(this.bench.peers[which]!.stack).neighbors.find(
			({ address }) => address === PLACES[which]!.address,
		)!.mac);
		return known.split(":").map((each) => Number.parseInt(each, 16));
	}

	#transfer(way: "in" | "out", which: number): void {
		if (!this.#running) return;
		const { transfers } = this;
		const chunk = new Uint8Array(4 * 1460).fill(90);
		const answer = new Answer(false);
		let at = -1;
		let room = 0;
		let asked = false;
		const socket: TCP = new this.bench.peers[which]!.io.TCP({
			address: PLACES[which]!.address,
			port: 80,
			onWritable: (now) => {
				room = now;
				if (!asked) {
					asked = true;
					room = socket.write(
						way === "out"
							? get(`/bytes/${LONG}`)
							: ascii(`POST /sink HTTP/1.1\r\nHost: board\r\nContent-Length: ${LONG}\r\n\r\n`),
					);
				}
				while (way === "in" && room > 0) {
					const count = Math.min(room, chunk.length);
					room = socket.write(chunk, 0, count);
					transfers.toBoard += count;
				}
			},
			onReadable: () => {
				for (let n = socket.read(chunk); n !== undefined; n = socket.read(chunk)) {
					if (at < 0) {
						answer.add(chunk.subarray(0, n));
						if (answer.headLength !== undefined) at = answer.length - answer.headLength;
						continue;
					}
					if (chunk[0] !== at % PERIOD) transfers.wrong++;
					at += n;
					transfers.fromBoard += n;
				}
			},
			onError: () => {
				this.#open.delete(socket);
				if (this.#running) transfers.broken.push(`${way}, ${PLACES[which]!.name}: ${socket.error} ${answer.firstLine}`);
				socket.close();
				this.#transfer(way, which);
			},
		});
		this.#open.add(socket);
	}

	#status(which: number): void {
		if (!this.#running) return;
		const { statuses } = this;
		const buffer = new Uint8Array(4096);
		const answer = new Answer(true);
		let asked = this.#ms;
		let said = false;
		let over = false;
		statuses.connections++;
		const socket: TCP = new this.bench.peers[which]!.io.TCP({
			address: PLACES[which]!.address,
			port: 80,
			onWritable: () => {
				if (said) return;
				said = true;
				socket.write(get("/status"));
			},
			onReadable: () => {
				for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer)) answer.add(buffer.subarray(0, n));
				if (!answer.complete) return;
				statuses.most = Math.max(statuses.most, this.#ms - asked);
				if (answer.is(200)) {
					statuses.good++;
					const { heap } = JSON.parse(answer.body) as BoardStatus;
					statuses.leastFree = Math.min(statuses.leastFree, heap["freeBytes"]!);
				} else statuses.refused++;
				answer.clear();
				asked = this.#ms;
				// Where the board closes, it has said so.
				over = true;
				if (!answer.closes) {
					over = false;
					socket.write(get("/status"));
				}
			},
			onError: () => {
				this.#open.delete(socket);
				// Of a connection that was idle for a moment, and had to make room: the request is repeated (RFC 9112 §9.3.1).
				if (!over && said && answer.length === 0) statuses.again++;
				else if (!over) statuses.failed++;
				socket.close();
				const next = this.bench.machine.clock.createAlarm(() => this.#status(1 - which));
				next.schedule(SETTLE_SECONDS * 1e9);
			},
		});
		this.#open.add(socket);
	}
}
