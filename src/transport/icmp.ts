// ICMP echo for a ping utility: a socket has an identifier, sends requests, and hears its replies.

import { PACKET_HEADROOM } from "../config.ts";
import type { Core } from "../packet/core.ts";
import { PORTS, SOURCE, TTL_PROTOCOL } from "../packet/fields.ts";
import { NONE } from "../packet/pool.ts";
import { Path } from "../link/path.ts";
import type { Ip } from "../ip/ip.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { checksum, ipv4Build } from "#codec";
import { ERROR, READABLE, type EventSocket, type SocketOwner, type SocketSet } from "./sockets.ts";

export class EchoSocket implements EventSocket {
	open = false;
	/** Its interface was removed. */
	gone = false;
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = null;
	/** Identifier of its requests, 16 bits. */
	identifier = 0;
	/** Of the newest reply: who answered, which sequence number, payload bytes, TTL, and when (ms). `replies` counts them. */
	replies = 0;
	fromAddress = 0;
	sequence = 0;
	bytes = 0;
	ttl = 0;
	at = 0;
	readonly index: number;
	readonly path = new Path();

	constructor(index: number) {
		this.index = index;
	}
}

export class IcmpSockets {
	readonly sockets: EchoSocket[] = [];
	#core: Core;
	#ip: Ip;
	#set: SocketSet;

	constructor(core: Core, ip: Ip, set: SocketSet) {
		this.#core = core;
		this.#ip = ip;
		this.#set = set;
		for (let i = 0; i < core.limits.icmp; i++) this.sockets.push(new EchoSocket(i));
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
		socket.path.stamp = -1;
		socket.events = socket.replies = 0;
		socket.path.generation = -1;
		socket.path.bound = bound;
		return socket;
	}

	close(socket: EchoSocket): void {
		socket.open = false;
		socket.owner = null;
		socket.events = 0;
	}

	/** Sends an echo request with `bytes` bytes of payload, 0 to the MTU less 28. Answers false when it could not leave. */
	send(socket: EchoSocket, address: number, sequence: number, bytes: number): boolean {
		if (socket.gone) return false;
		const core = this.#core;
		const path = socket.path;
		if (path.destination !== address || path.generation !== this.#ip.routes.generation) {
			path.destination = address;
			path.source = 0;
			this.#ip.route(path);
		}
		const packet = core.spare;
		if (path.out === undefined || packet === NONE) return false;
		const total = ipv4.HEADER + icmpv4.HEADER + bytes;
		if (bytes < 0 || total > path.out.mtu)
			throw new RangeError(`echo of ${bytes} bytes: expected 0 to ${path.out.mtu - ipv4.HEADER - icmpv4.HEADER}`);
		const at = core.pool.base(packet) + PACKET_HEADROOM;
		const icmp = at + ipv4.HEADER;
		ipv4Build(core.view, at, path.source, address, ipv4.ICMP, ipv4.DEFAULT_TTL, total);
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
			this.#set.post(socket, ERROR);
		}
	}

	/** An echo reply, `bytes` of ICMP message; the registers describe it. Answers whether a socket had asked. */
	receive(bytes: number): boolean {
		const core = this.#core;
		const identifier = core.fields[PORTS]! >>> 16;
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (!socket.open || socket.identifier !== identifier) continue;
			socket.replies++;
			socket.fromAddress = core.fields[SOURCE]!;
			socket.sequence = core.fields[PORTS]! & 0xffff;
			socket.bytes = bytes - icmpv4.HEADER;
			socket.ttl = core.fields[TTL_PROTOCOL]! >>> 8;
			socket.at = core.now;
			this.#set.post(socket, READABLE);
			return true;
		}
		return false;
	}
}
