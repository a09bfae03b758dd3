// UDP, RFC 768 and 1122 §4.1. A datagram that came in waits in its packet buffer until the application reads it.

import { PACKET_HEADROOM, UDP_QUEUE } from "../config.ts";
import { TRANSMIT_CHECKSUM } from "../device/device.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION, IP_AT } from "../packet/fields.ts";
import { NONE, PacketQueue } from "../packet/pool.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import type { Ip } from "../ip/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import type { Bytes } from "../wire/copies.ts";
import { copyOut, NO_CHECKSUM, udpBuild } from "#codec";
import { ERROR, READABLE, WRITABLE, type EventSocket, type SocketOwner, type SocketSet } from "./sockets.ts";

/** Answers of `send`. */
export const SENT = 0;
/** No packet buffer or route just now: counted, as if the network had lost it. */
export const DROPPED = 1;

export class UdpSocket implements EventSocket {
	/** Whether somebody has it. */
	open = false;
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = null;
	/** 0: any of our addresses. */
	localAddress = 0;
	localPort = 0;
	/** Interface slot it is bound to, or 0. */
	bound = 0;
	/** Of the datagram that `read` delivered last. */
	fromAddress = 0;
	fromPort = 0;
	toAddress = 0;
	toPort = 0;
	readonly index: number;
	readonly path = new Path();
	readonly queue: PacketQueue;

	constructor(core: Core, index: number) {
		this.index = index;
		this.queue = new PacketQueue(core.pool);
	}
}

export class Udp {
	readonly sockets: UdpSocket[] = [];
	#core: Core;
	#ip: Ip;
	#set: SocketSet;

	constructor(core: Core, ip: Ip, set: SocketSet) {
		this.#core = core;
		this.#ip = ip;
		this.#set = set;
		for (let i = 0; i < core.limits.udp; i++) this.sockets.push(new UdpSocket(core, i));
	}

	/**
	 * A socket bound to address (0: any), port (0: a free one) and interface slot (0: any). With an interface and neither address nor port, and
	 * `anyPort`, it gets every datagram of that interface that no other socket wants. Throws Error when the port is taken or no socket is free.
	 */
	open(address: number, port: number, bound: number, anyPort = false): UdpSocket {
		const socket = this.sockets.find((candidate) => !candidate.open);
		if (socket === undefined)
			throw new Error(`all ${this.sockets.length} UDP sockets are in use; raise the option "sockets.udp"`);
		const local = port === 0 && !anyPort ? this.#set.ephemeralPort(ipv4.UDP, address, 0, 0) : port;
		if (!this.#set.flows.insert(address, 0, local, ipv4.UDP | (bound << 8), socket.index))
			throw new Error(`UDP port ${port} is in use`);
		socket.open = true;
		socket.events = 0;
		socket.localAddress = address;
		socket.localPort = local;
		socket.bound = bound;
		socket.path.generation = -1;
		socket.path.neighbor = undefined;
		socket.path.bound = bound;
		return socket;
	}

	close(socket: UdpSocket): void {
		if (!socket.open) return;
		this.#set.flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.open = false;
		socket.owner = null;
		socket.events = 0;
		socket.queue.clear();
	}

	/** A datagram for this socket; the registers hold its addresses. Answers whether the packet was kept. */
	receive(socket: UdpSocket, packet: number, link: Interface, at: number, length: number): boolean {
		const core = this.#core;
		const pool = core.pool;
		if (ipv4.isMulticast(core.fields[DESTINATION]!) && !link.groups.has(core.fields[DESTINATION]!)) {
			core.count(link.block, DROP.ipv4NotLocal);
			return false;
		}
		if (socket.queue.length >= UDP_QUEUE || pool.free === 0) {
			core.count(link.block, pool.free === 0 ? DROP.noPacketBuffer : DROP.udpQueueFull);
			return false;
		}
		pool.start[packet] = at;
		pool.end[packet] = at + length;
		pool.tag[packet] = core.fields[IP_AT]!;
		socket.queue.push(packet);
		this.#set.post(socket, READABLE);
		return true;
	}

	/** Datagrams that wait. */
	pending(socket: UdpSocket): number {
		return socket.queue.length;
	}

	/** Bytes of the datagram that `read` will deliver next, -1 when there is none. */
	next(socket: UdpSocket): number {
		const packet = socket.queue.head;
		return packet === NONE ? -1 : this.#core.pool.end[packet]! - this.#core.pool.start[packet]!;
	}

	/** Copies the first datagram out, cut to `length` bytes, and forgets it. Answers its bytes copied; the socket's from… and to… describe it. */
	read(socket: UdpSocket, buffer: Bytes, start: number, length: number): number {
		const core = this.#core;
		const view = core.view;
		const pool = core.pool;
		const packet = socket.queue.shift();
		if (packet === NONE) return -1;
		const at = pool.start[packet]!;
		const ip = pool.tag[packet]!;
		const ports = udp.ports(view, at - udp.HEADER);
		socket.fromAddress = ipv4.source(view, ip);
		socket.toAddress = ipv4.destination(view, ip);
		socket.fromPort = ports >>> 16;
		socket.toPort = ports & 0xffff;
		let bytes = pool.end[packet]! - at;
		if (bytes > length) bytes = length;
		copyOut(view, at, buffer, start, bytes);
		if (pool.free === 0) core.wake(); // a device may be waiting for this one
		pool.release(packet);
		if (core.spare === NONE) core.takeSpare();
		return bytes;
	}

	/** The largest datagram that `send` takes towards what the socket sent to last, bytes. */
	largest(socket: UdpSocket): number {
		return this.#ip.mtu(socket.path) - ipv4.HEADER - udp.HEADER;
	}

	/**
	 * Sends `length` bytes of `data` from `at` on. Source address and port are the socket's unless given. Answers SENT or DROPPED.
	 * Throws RangeError when the datagram is larger than the interface carries, Error when there is no route.
	 */
	send(
		socket: UdpSocket,
		address: number,
		port: number,
		data: Bytes,
		at: number,
		length: number,
		fromAddress = 0,
		fromPort = 0,
	): number {
		const core = this.#core;
		const path = socket.path;
		if (path.destination !== address || path.generation !== this.#ip.routes.generation) {
			path.destination = address;
			path.source = socket.localAddress;
			this.#ip.route(path);
		}
		const out = path.out;
		if (out === undefined) throw new Error("no route to the host");
		if (length + ipv4.HEADER + udp.HEADER > out.mtu)
			throw new RangeError(`datagram of ${length} bytes: expected at most ${out.mtu - ipv4.HEADER - udp.HEADER}`);
		const packet = core.spare;
		if (packet === NONE) {
			core.count(out.block, DROP.noPacketBuffer);
			return DROPPED;
		}
		const start = core.pool.base(packet) + PACKET_HEADROOM;
		const source = fromAddress !== 0 ? fromAddress : path.source;
		const ports = ((fromPort !== 0 ? fromPort : socket.localPort) << 16) | port;
		const ttl = out.device.abilities & TRANSMIT_CHECKSUM ? ipv4.DEFAULT_TTL | NO_CHECKSUM : ipv4.DEFAULT_TTL;
		const end = udpBuild(core.view, start, source, address, ports, ttl, data, at, length);
		if (this.#ip.output(packet, start, end, path)) core.takeSpare();
		return SENT;
	}

	/** Joins an IPv4 multicast group on an interface: its datagrams are accepted. (No IGMP: switches that snoop may not forward them.) */
	join(link: Interface, group: number): void {
		link.groups.set(group, (link.groups.get(group) ?? 0) + 1);
	}

	leave(link: Interface, group: number): void {
		const joins = link.groups.get(group) ?? 0;
		if (joins > 1) link.groups.set(group, joins - 1);
		else link.groups.delete(group);
	}

	/** An interface is gone: sockets bound to it end. */
	interfaceGone(slot: number): void {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (socket.open && socket.bound === slot) this.#gone(socket);
		}
	}

	/** An address is gone: sockets bound to it end. */
	addressGone(address: number): void {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (socket.open && socket.localAddress === address) this.#gone(socket);
		}
	}

	#gone(socket: UdpSocket): void {
		this.#set.flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.queue.clear();
		this.#set.post(socket, ERROR);
	}

	/** A new owner hears what waits. */
	adopt(socket: UdpSocket, owner: SocketOwner): void {
		socket.owner = owner;
		this.#set.post(socket, socket.queue.length > 0 ? READABLE | WRITABLE : WRITABLE);
	}
}
