// As much work for a board as its sockets allow, from peers in the board's own time: every TCP socket busy and more peers asking than there are sockets,
// /status as often as it is answered, large pings and datagrams, names, leases. What the board says of its memory in /status is kept.

import { answer as lend } from "../../hosts/desktop/gateway/dhcp-server.ts";
import { parseIpv4 } from "../../src/address4.ts";
import type { TCP } from "../../src/io/types.ts";
import { icmpOf } from "../../src/transport/ping/sockets.ts";
import * as dns from "../support/dns.ts";
import { Answer } from "./answer.ts";
import type { Machine } from "./machine.ts";
import type { Peer } from "./peer.ts";

/** A peer, the board's address and its own there, and what it lends by DHCP. */
export interface Place {
	name: string;
	peer: Peer;
	board: string;
	own: string;
}

/** Of cables, those at whose other ends these peers are. */
export function placesOf(cables: readonly { name: string; address: string; peer: string }[], peers: readonly Peer[]): Place[] {
	return cables.map(({ name, address, peer }, i) => ({ name, peer: peers[i]!, board: address, own: peer.replace(/\/.*/, "") }));
}

const LEASE_SECONDS = 60;
/** After a connection was refused or reset the next one is tried, ms. */
const AGAIN_MS = 200;
const PING_MS = 100;
const DATAGRAM_MS = 50;
/** The largest that fit into a frame of 1,514 bytes. */
const PING_BYTES = 1472;
const DATAGRAM_BYTES = 1472;
/** A connection on which nothing has happened for so long is given up, ms. */
const PATIENCE_MS = 20_000;
/** Data before a connection ends and the next begins, bytes. */
const LONG = 400_000;

const bytes = (text: string) => new TextEncoder().encode(text);
const STATUS = bytes("GET /status HTTP/1.1\r\nHost: 192.168.77.2\r\n\r\n");
const PAGE = bytes("GET / HTTP/1.1\r\nHost: 192.168.77.2\r\nConnection: close\r\n\r\n");

export interface Figures {
	/** Answers of /status, those that said 503, and pages. */
	statuses: number;
	refused: number;
	pages: number;
	/** From a request of /status to the end of its answer at the most, ns. */
	longestStatus: number;
	/** The least that the board told in /status. */
	leastFree: number;
	/** What it told last. */
	heap: Record<string, number>;
	/** Bytes by TCP, as the peers count them. */
	toBoard: number;
	fromBoard: number;
	connections: number;
	failed: number;
	pings: number;
	pongs: number;
	datagrams: number;
	leases: number;
	names: number;
}

type Kind = "chargen" | "discard" | "echo" | "status" | "page";
const PORTS = { chargen: 19, discard: 9, echo: 7, status: 80, page: 80 };

export class Load {
	readonly figures: Figures = {
		statuses: 0,
		refused: 0,
		pages: 0,
		longestStatus: 0,
		leastFree: Infinity,
		heap: {},
		toBoard: 0,
		fromBoard: 0,
		connections: 0,
		failed: 0,
		pings: 0,
		pongs: 0,
		datagrams: 0,
		leases: 0,
		names: 0,
	};
	readonly #machine: Machine;

	constructor(machine: Machine) {
		this.#machine = machine;
	}

	/** Lends the board's address by DHCP, for so long, and answers every name, from now on. */
	serve({ peer, board, own }: Place, leaseSeconds = LEASE_SECONDS): void {
		const { UDP } = peer.io;
		const lent = { address: parseIpv4(board)!, prefixLength: 24, gateway: parseIpv4(own)!, leaseSeconds };
		const { figures } = this;
		const server: { write(data: Uint8Array, address: string, port: number): void } = new UDP({
			port: 67,
			onReadable(this: { read(): ArrayBuffer | undefined }) {
				for (let message = this.read(); message !== undefined; message = this.read()) {
					const given = lend(new Uint8Array(message), lent);
					if (given === undefined) continue;
					figures.leases++;
					server.write(given.bytes, given.to === 0 ? "255.255.255.255" : board, 68);
				}
			},
		} as never) as never;
		new UDP({
			port: 53,
			onReadable(this: {
				read(): (ArrayBuffer & { address: string; port: number }) | undefined;
				write(data: Uint8Array, address: string, port: number): void;
			}) {
				for (let query = this.read(); query !== undefined; query = this.read()) {
					figures.names++;
					this.write(answerOf(new Uint8Array(query), own), query.address, query.port);
				}
			},
		} as never);
	}

	/** Begins: `kinds` of connections, one each at all times. */
	attack(place: Place, kinds: readonly Kind[]): void {
		for (const kind of kinds) this.#connect(place, kind);
		this.#ping(place);
		this.#datagrams(place);
	}

	#every(ms: number, act: () => void): void {
		const alarm = this.#machine.clock.createAlarm(() => {
			alarm.schedule(ms * 1e6);
			act();
		});
		alarm.schedule(ms * 1e6);
	}

	#ping({ peer, board }: Place): void {
		const icmp = icmpOf(peer.stack);
		const { figures } = this;
		const socket = icmp.open(0);
		socket.remoteAddress = board;
		let answered = 0;
		socket.owner = { onEvents: () => {} };
		this.#every(PING_MS, () => {
			figures.pongs += socket.replies - answered;
			answered = socket.replies;
			icmp.send(socket, figures.pings++ & 0xffff, PING_BYTES);
		});
	}

	#datagrams({ peer, board }: Place): void {
		const { figures } = this;
		const data = new Uint8Array(DATAGRAM_BYTES).fill(85);
		const socket = new peer.io.UDP({
			onReadable(this: { read(): unknown }) {
				while (this.read() !== undefined) figures.datagrams++;
			},
		} as never) as unknown as { write(data: Uint8Array, address: string, port: number): void };
		let turn = 0;
		// Echo, and now and then chargen, whose answers have lengths at random.
		this.#every(DATAGRAM_MS, () => socket.write(data, board, turn++ % 8 === 0 ? 19 : 7));
	}

	/** A connection, and the next one when it is over. */
	#connect(place: Place, kind: Kind): void {
		const { clock } = this.#machine;
		const { figures } = this;
		const buffer = new Uint8Array(4096);
		const out = new Uint8Array(1460).fill(65);
		const answer = new Answer(kind === "status");
		let room = 0;
		let passed = 0;
		let last = clock.nanos;
		let over = false;
		let asked = false;
		let askedAt = 0;
		const end = (failed: boolean) => {
			if (over) return;
			over = true;
			if (failed) figures.failed++;
			socket.close();
			next.schedule(AGAIN_MS * 1e6);
		};
		const next = clock.createAlarm(() => {
			if (over) this.#connect(place, kind);
			else if (clock.nanos - last > PATIENCE_MS * 1e6) end(true);
			else next.schedule(PATIENCE_MS * 1e6);
		});
		next.schedule(PATIENCE_MS * 1e6);
		const write = () => {
			if (kind === "discard" || kind === "echo")
				while (room > 0) {
					const count = Math.min(room, out.length);
					room = socket.write(out, 0, count);
					figures.toBoard += count;
					passed += count;
				}
			else if (kind !== "chargen" && !asked && room >= PAGE.length) {
				asked = true;
				askedAt = clock.nanos;
				room = socket.write(kind === "status" ? STATUS : PAGE);
			}
		};
		const socket: TCP = new place.peer.io.TCP({
			address: place.board,
			port: PORTS[kind],
			onReadable: () => {
				last = clock.nanos;
				for (let n = socket.read(buffer); n !== undefined; n = socket.read(buffer)) {
					figures.fromBoard += n;
					passed += n;
					if (kind === "status" || kind === "page") answer.add(buffer.subarray(0, n));
				}
				if (kind === "status" && answer.complete) {
					this.#account(answer, clock.nanos - askedAt);
					answer.clear();
					asked = false;
					write();
				} else if (passed > LONG) end(false);
			},
			onWritable: (now) => {
				last = clock.nanos;
				room = now;
				write();
				if (passed > 2 * LONG) end(false);
			},
			onError: () => {
				if (kind === "page" && answer.complete) figures.pages++;
				end(kind !== "page" || !answer.complete);
			},
		});
		figures.connections++;
	}

	#account(answer: Answer, nanos: number): void {
		const { figures } = this;
		if (!answer.good) {
			figures.refused++;
			return;
		}
		figures.statuses++;
		figures.longestStatus = Math.max(figures.longestStatus, nanos);
		figures.heap = JSON.parse(answer.body).heap;
		figures.leastFree = Math.min(figures.leastFree, figures.heap["freeBytes"]!);
	}
}

/** One address for whatever was asked; none for other types. */
function answerOf(query: Uint8Array, address: string): Uint8Array {
	let end = 12;
	while (query[end]! > 0) end += query[end]! + 1;
	end += 5;
	const isA = query[end - 3] === dns.A;
	const record = isA ? dns.a(address, { ttl: 1 }) : [];
	const result = new Uint8Array(end + record.length);
	result.set(query.subarray(0, end));
	result.set([0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0], 2);
	result.set(record, end);
	return result;
}
