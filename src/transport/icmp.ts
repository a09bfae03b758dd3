// ICMP echo for a ping utility: a socket has an identifier, sends requests, and hears its replies, and errors about its requests.

import { ICMP_QUEUE, PACKET_HEADROOM } from "../config.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { PORTS, SOURCE, TTL_PROTOCOL } from "../packet/fields.ts";
import { NONE } from "../packet/pool.ts";
import type { Interface } from "../link/interface.ts";
import { PathBlock } from "../packet/path-block.ts";
import type { Path } from "../link/path.ts";
import type { Ip } from "../ip/ip.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { checksum, ipv4Build } from "#codec";
import { ERROR, READABLE, type EventSocket, type SocketOwner, type SocketEvents } from "./events.ts";

/** Words of what is queued: type, code and sequence number; who says so; bytes and TTL; when. */
const WORDS = 4;

export class EchoSocket implements EventSocket {
	open = false;
	/** Its interface was removed. */
	gone = false;
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = null;
	/** Source address of its requests, 0: chosen. */
	localAddress = 0;
	/** Identifier of its requests, 16 bits. */
	identifier = 0;
	/** TTL of its requests, and TOS_BITS, as `ipv4Build` takes them. */
	sendTtl = ipv4.DEFAULT_TTL;
	/** Replies that came. */
	replies = 0;
	/** Of what `take` has taken: the ICMP type (ECHO_REPLY or an error) and code, who sent it, which request it is about, payload bytes, TTL, and when it came (ms). */
	type = 0;
	code = 0;
	fromAddress = 0;
	sequence = 0;
	bytes = 0;
	ttl = 0;
	at = 0;
	readonly index: number;
	readonly path: Path;
	#queue = new Int32Array(ICMP_QUEUE * WORDS);
	#first = 0;
	#waiting = 0;

	constructor(index: number, path: Path) {
		this.index = index;
		this.path = path;
	}

	/** Takes the oldest reply or error that waits. Answers false when there is none. */
	take(): boolean {
		if (this.#waiting === 0) return false;
		const queue = this.#queue;
		const at = this.#first * WORDS;
		const what = queue[at]!;
		const size = queue[at + 2]!;
		this.type = (what >> 24) & 0xff;
		this.code = (what >> 16) & 0xff;
		this.sequence = what & 0xffff;
		this.fromAddress = queue[at + 1]!;
		this.bytes = size & 0xffff;
		this.ttl = size >>> 16;
		this.at = queue[at + 3]!;
		this.#first = (this.#first + 1) % ICMP_QUEUE;
		this.#waiting--;
		return true;
	}

	/** Queues one. Answers false when there is no room. */
	put(what: number, from: number, size: number, now: number): boolean {
		if (this.#waiting === ICMP_QUEUE) return false;
		const queue = this.#queue;
		const at = ((this.#first + this.#waiting) % ICMP_QUEUE) * WORDS;
		queue[at] = what;
		queue[at + 1] = from;
		queue[at + 2] = size;
		queue[at + 3] = now;
		this.#waiting++;
		return true;
	}

	/** Nothing waits any more. */
	empty(): void {
		this.#waiting = 0;
	}
}

export class IcmpSockets {
	readonly sockets: EchoSocket[] = [];
	#core: Core;
	#ip: Ip;
	#events: SocketEvents;

	constructor(core: Core, ip: Ip, events: SocketEvents) {
		this.#core = core;
		this.#ip = ip;
		this.#events = events;
		for (let i = 0; i < core.limits.icmp; i++)
			this.sockets.push(new EchoSocket(i, ip.path(core.layout.echoPaths + i * PathBlock.bytes)));
	}

	/** An echo socket, bound to an interface slot or 0. Throws Error when none is free. */
	open(bound: number): EchoSocket {
		const socket = this.sockets.find((candidate) => !candidate.open);
		if (socket === undefined)
			throw new Error(`all ${this.sockets.length} ICMP sockets are in use; raise the option "sockets.icmp"`);
		do socket.identifier = this.#core.random32() & 0xffff;
		while (this.sockets.some((other) => other.open && other.identifier === socket.identifier));
		socket.open = true;
		socket.gone = false;
		socket.path.clear();
		socket.events = socket.replies = 0;
		socket.sendTtl = ipv4.DEFAULT_TTL;
		socket.empty();
		socket.localAddress = 0;
		socket.path.bound = bound;
		return socket;
	}

	close(socket: EchoSocket): void {
		socket.open = false;
		socket.owner = null;
		socket.events = 0;
	}

	/** Whether there is a way to that address, and an address of ours to ask from; the socket's path then has them. */
	hasWay(socket: EchoSocket, address: number): boolean {
		const path = socket.path;
		if (path.destination !== address || path.routeVersion !== this.#ip.routes.version) {
			path.destination = address;
			path.source = socket.localAddress;
			this.#ip.route(path);
		}
		return path.out !== undefined;
	}

	/** Sends an echo request with `bytes` bytes of payload, 0 to the MTU less 28. Answers false when it could not leave. */
	send(socket: EchoSocket, address: number, sequence: number, bytes: number): boolean {
		if (socket.gone) return false;
		const core = this.#core;
		const path = socket.path;
		const packet = core.spare;
		if (!this.hasWay(socket, address) || packet === NONE) return false;
		const total = ipv4.HEADER + icmpv4.HEADER + bytes;
		const { mtu } = path;
		if (bytes < 0 || total > mtu)
			throw new RangeError(`echo of ${bytes} bytes: expected 0 to ${mtu - ipv4.HEADER - icmpv4.HEADER}`);
		const at = core.pool.base(packet) + PACKET_HEADROOM;
		const icmp = at + ipv4.HEADER;
		ipv4Build(core.view, at, path.source, address, ipv4.ICMP, socket.sendTtl, total);
		core.view.setInt32(icmp, icmpv4.ECHO_REQUEST << 24);
		core.view.setInt32(icmp + icmpv4.REST, (socket.identifier << 16) | (sequence & 0xffff));
		for (let i = 0; i < bytes; i++) core.view.setUint8(icmp + icmpv4.HEADER + i, i);
		core.view.setUint16(icmp + icmpv4.CHECKSUM, ~checksum(core.view, icmp, at + total, 0));
		if (this.#ip.output(packet, at, at + total, path)) core.takeSpare();
		return true;
	}

	/** An interface is gone: sockets bound to it end. */
	interfaceGone(slot: number): void {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (!socket.open || socket.gone || socket.path.bound !== slot) continue;
			socket.gone = true;
			this.#events.post(socket, ERROR);
		}
	}

	/** An echo reply, `bytes` of ICMP message; the registers describe it. Answers whether a socket had asked. */
	receive(link: Interface, bytes: number): boolean {
		const fields = this.#core.fields;
		const echo = fields[PORTS]!;
		const socket = this.#find(echo >>> 16);
		if (socket === undefined) return false;
		socket.replies++;
		const size = ((fields[TTL_PROTOCOL]! >>> 8) << 16) | (bytes - icmpv4.HEADER);
		this.#tell(link, socket, (icmpv4.ECHO_REPLY << 24) | (echo & 0xffff), fields[SOURCE]!, size);
		return true;
	}

	/**
	 * An ICMP error about the IPv4 packet in bytes `at` to `end`, from that address. Answers whether it is a request of a socket here: who cannot see
	 * the requests must guess the identifier.
	 */
	error(link: Interface, type: number, code: number, from: number, at: number, end: number): boolean {
		const view = this.#core.view;
		const message = at + ipv4.headerLength(view, at);
		if (ipv4.protocol(view, at) !== ipv4.ICMP || message + icmpv4.HEADER > end || message < at + ipv4.HEADER) return false;
		if (icmpv4.type(view, message) !== icmpv4.ECHO_REQUEST) return false;
		const echo = icmpv4.identifierAndSequence(view, message);
		const socket = this.#find(echo >>> 16);
		if (socket === undefined || socket.path.destination !== ipv4.destination(view, at)) return false;
		this.#tell(link, socket, (type << 24) | (code << 16) | (echo & 0xffff), from, 0);
		return true;
	}

	#find(identifier: number): EchoSocket | undefined {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (socket.open && socket.identifier === identifier) return socket;
		}
		return undefined;
	}

	#tell(link: Interface, socket: EchoSocket, what: number, from: number, size: number): void {
		if (socket.put(what, from, size, this.#core.now)) this.#events.post(socket, READABLE);
		else this.#core.count(link.block, DROP.icmpQueueFull);
	}
}
