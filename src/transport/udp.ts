// UDP, RFC 768 and 1122 §4.1. A datagram that came in waits in its socket's ring until the application reads it; `decode` has
// put it there already when there was room (wire/deliver.ts).

import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DNS_LOOKUPS } from "../config.ts";
import { UDP_AT, UDP_BLOCK, UDP_COUNT, UDP_RECORD, UDP_RING, UDP_SIZE, UDP_USED } from "../packet/blocks.ts";
import { DESTINATION, PAYLOAD_LENGTH, PORTS, SOURCE } from "../packet/fields.ts";
import { udpRing, udpRingSize } from "../packet/layout.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import type { Ip } from "../ip/ip.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import type { Bytes } from "../wire/copies.ts";
import { DSCP_SHIFT, NO_CHECKSUM, TOS_BITS } from "../wire/build.ts";
import { udpBuild, udpDeliver, udpNext, udpRead } from "#codec";
import {
	ERROR,
	FIRST_LOOKUP,
	LOOKUPS,
	READABLE,
	WRITABLE,
	type EventSocket,
	type SocketOwner,
	type SocketSet,
} from "./sockets.ts";

/** Bytes of the headers before a datagram's payload. */
export const HEADERS = ipv4.HEADER + udp.HEADER;

/** Answers of `send`. */
export const SENT = 0;
/** No packet buffer or route just now: counted, as if the network had lost it. */
export const DROPPED = 1;

export class UdpSocket implements EventSocket {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = null;
	/** Arena offset of its block, packet/blocks.ts. */
	readonly block: number;
	/** Of the datagram that `read` delivered last. */
	fromAddress = 0;
	fromPort = 0;
	/** 0: any of our addresses. */
	localAddress = 0;
	localPort = 0;
	/** The same << 16, as headers have it. */
	sourcePort = 0;
	readonly path = new Path();
	/** It gets the datagrams for every address and port, and wants to know which. */
	anyPort = false;
	toAddress = 0;
	toPort = 0;
	/** Whether somebody has it. */
	open = false;
	/** Its address or interface was removed: it hears and sends nothing any more. */
	gone = false;
	/** Interface slot it is bound to, or 0. */
	bound = 0;
	readonly index: number;
	readonly #view: DataView;

	constructor(core: Core, index: number) {
		this.index = index;
		this.#view = core.view;
		this.block = core.layout.udps + index * UDP_BLOCK;
		core.view.setInt32(this.block + UDP_RING, udpRing(core.layout.rings, core.limits, index), true);
		core.view.setInt32(this.block + UDP_SIZE, udpRingSize(core.limits, index), true);
	}

	/** Datagrams that wait. */
	get pending(): number {
		return this.#view.getInt32(this.block + UDP_COUNT, true);
	}
}

/** As `udpBuild` takes it. To groups 1 unless told: RFC 1112 §6.1. */
function ttlOf(path: Path): number {
	const asked = path.hops;
	const standard = path.out!.ttl;
	if (asked & 255) return asked | (standard & NO_CHECKSUM);
	return asked | (ipv4.isMulticast(path.destination) ? 1 | (standard & NO_CHECKSUM) : standard);
}

function gone(): Error {
	return new Error("the socket's address or interface is gone");
}

export class Udp {
	#core: Core;
	#view: DataView;
	#fields: Int32Array;
	#ip: Ip;
	#set: SocketSet;
	/** Those of programs, all made at once, and behind them those of the services, each made when it is first needed. */
	readonly sockets: UdpSocket[] = [];
	/** Groups joined on every interface, with a count of joins each. */
	readonly #groups: Map<number, number> = new Map();

	constructor(core: Core, ip: Ip, set: SocketSet) {
		this.#core = core;
		this.#view = core.view;
		this.#fields = core.fields;
		this.#ip = ip;
		this.#set = set;
		for (let i = 0; i < core.limits.udp; i++) this.sockets.push(new UdpSocket(core, i));
	}

	/**
	 * A socket bound to address (0: any), port (0: a free one) and interface slot (0: any). With an interface and neither address nor port, and
	 * `anyPort`, it gets every datagram of that interface that no other socket wants. Throws Error when the port is taken or no socket is free.
	 */
	open(address: number, port: number, bound: number, anyPort = false): UdpSocket {
		const most = this.#core.limits.udp;
		for (let i = 0; i < most; i++) {
			const socket = this.sockets[i]!;
			if (!socket.open) return this.#bind(socket, address, port, bound, anyPort);
		}
		throw new Error(`all ${most} UDP sockets are in use; raise the option "sockets.udp"`);
	}

	/**
	 * A socket for a service of the stack, of those that `sockets.services` sets apart: bound to an interface slot (0: any) and a port. Port 0: a free one, for
	 * a look-up, which leaves a socket for the DHCP client of each interface. Throws Error when no socket is free or the port is taken.
	 */
	openService(port: number, bound: number): UdpSocket {
		const { udp: first, services, interfaces } = this.#core.limits;
		const sockets = this.sockets;
		let free: UdpSocket | undefined;
		let lookups = 0;
		for (let i = first; i < sockets.length; i++) {
			const socket = sockets[i]!;
			if (!socket.open) free ??= socket;
			else if (socket.localPort >= FIRST_LOOKUP) lookups++;
		}
		const most = port === 0 ? Math.min(services, Math.max(DNS_LOOKUPS, services - (interfaces - 1))) : services;
		if (lookups < most && free === undefined && sockets.length - first < services)
			sockets.push((free = new UdpSocket(this.#core, sockets.length)));
		if (lookups >= most || free === undefined) {
			const which = most < services ? `${most} UDP sockets for look-ups` : `${services} UDP sockets for services`;
			throw new Error(`all ${which} are in use; raise the option "sockets.services"`);
		}
		return this.#bind(free, 0, port === 0 ? this.#lookupPort(bound) : port, bound, false);
	}

	/** A port for a question, that of no other socket, bound to an interface or not: answers must not go astray. */
	#lookupPort(bound: number): number {
		for (;;) {
			const port = this.#set.ephemeralPort(ipv4.UDP | (bound << 8), 0, 0, 0, FIRST_LOOKUP, LOOKUPS);
			if (!this.sockets.some((socket) => socket.open && socket.localPort === port)) return port;
		}
	}

	#bind(socket: UdpSocket, address: number, port: number, bound: number, anyPort: boolean): UdpSocket {
		const local = port === 0 && !anyPort ? this.#set.ephemeralPort(ipv4.UDP | (bound << 8), address, 0, 0) : port;
		if (local === 0 && !anyPort) throw new Error("all ephemeral UDP ports are in use");
		if (!this.#set.flows.insert(address, 0, local, ipv4.UDP | (bound << 8), socket.index))
			throw new Error(`UDP port ${port} is in use`);
		this.#empty(socket);
		socket.open = true;
		socket.anyPort = anyPort;
		socket.events = 0;
		socket.localAddress = address;
		socket.localPort = local;
		socket.sourcePort = local << 16;
		socket.bound = bound;
		socket.gone = false;
		socket.path.stamp = socket.path.generation = -1;
		socket.path.neighbor = undefined;
		socket.path.bound = bound;
		socket.path.hops = 0;
		return socket;
	}

	/** How many sockets of programs (0), or of the services (1), are open. */
	used(services: number): number {
		const { udp: first } = this.#core.limits;
		let open = 0;
		for (let i = 0; i < this.sockets.length; i++) if (this.sockets[i]!.open && i < first === (services === 0)) open++;
		return open;
	}

	close(socket: UdpSocket): void {
		if (!socket.open) return;
		if (!socket.gone) this.#set.flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.open = false;
		socket.owner = null;
		socket.events = 0;
	}

	#empty(socket: UdpSocket): void {
		this.#view.setInt32(socket.block + UDP_AT, 0);
		this.#view.setInt32(socket.block + UDP_USED, 0);
		this.#view.setInt32(socket.block + UDP_COUNT, 0);
	}

	/**
	 * A datagram that `decode` did not deliver: for a group, or there was no room. The registers describe it. Of one that is longer than the ring of a service
	 * ever holds the beginning is delivered: it is longer than what services look at, and they see that.
	 */
	receive(socket: UdpSocket, link: Interface, group: number): void {
		const destination = this.#fields[DESTINATION]!;
		const length = this.#fields[PAYLOAD_LENGTH]!;
		const most = this.#view.getInt32(socket.block + UDP_SIZE, true) - UDP_RECORD;
		if (ipv4.isMulticast(destination) && !link.groups.has(destination) && !this.#groups.has(destination))
			this.#core.count(link.block, DROP.ipv4NotLocal);
		else if ((group === 0 && length <= most) || udpDeliver(this.#view, socket.block, length <= most ? length : most) === 0)
			this.#core.count(link.block, DROP.udpQueueFull);
		else this.#set.post(socket, READABLE);
	}

	/** Datagrams that wait. */
	pending(socket: UdpSocket): number {
		return this.#view.getInt32(socket.block + UDP_COUNT, true);
	}

	/** Bytes of the datagram that `read` will deliver next, -1 when there is none. */
	next(socket: UdpSocket): number {
		return udpNext(this.#view, socket.block);
	}

	/**
	 * Copies up to `length` bytes of the first datagram to `buffer` from its byte `start` on, and forgets it. Answers the bytes copied,
	 * or -1 when there is none. The socket's fromAddress and fromPort describe it.
	 */
	read(socket: UdpSocket, buffer: Bytes, start: number, length: number): number {
		const bytes = udpRead(this.#view, socket.block, buffer, start, length);
		if (bytes >= 0) {
			const fields = this.#fields;
			const ports = fields[PORTS]!;
			socket.fromAddress = fields[SOURCE]!;
			socket.fromPort = (ports >> 16) & 0xffff;
			if (socket.anyPort) {
				socket.toAddress = fields[DESTINATION]!;
				socket.toPort = ports & 0xffff;
			}
		}
		return bytes < length ? bytes : length;
	}

	/** The largest datagram that `send` takes towards what the socket sent to last, bytes. */
	largest(socket: UdpSocket): number {
		return this.#ip.mtu(socket.path) - HEADERS;
	}

	/**
	 * Sends `length` bytes of `data` from `at` on. Answers SENT or DROPPED.
	 * Throws RangeError when the datagram is larger than the interface carries, Error when there is no route, or no source address yet.
	 */
	send(socket: UdpSocket, address: number, port: number, data: Bytes, at: number, length: number): number {
		const path = socket.path;
		const core = this.#core;
		if (path.destination !== address || path.stamp !== core.stamp || length + HEADERS > path.mtu || core.spare < 0) {
			this.#route(socket, address);
			return this.#transmit(path, socket.sourcePort | port, data, at, length);
		}
		const ip = core.spareAt;
		const end = udpBuild(this.#view, ip, path.source, address, socket.sourcePort | port, path.ttl, data, at, length);
		if (path.out!.send(core.spare, ip, end, path.header)) core.takeSpare();
		return SENT;
	}

	/** The same from a source address and port that are not the socket's, as the desktop gateway does; from 0.0.0.0 as DHCP does before it has an address. */
	sendFrom(
		socket: UdpSocket,
		address: number,
		port: number,
		data: Bytes,
		at: number,
		length: number,
		from: number,
		fromPort: number,
	): number {
		const path = socket.path;
		if (socket.gone) throw gone();
		path.destination = address;
		path.source = from;
		if (!this.#ip.way(path)) this.#noWay(path);
		path.ttl = ttlOf(path);
		path.source = from;
		const answer = this.#transmit(path, (fromPort << 16) | port, data, at, length);
		path.stamp = path.generation = -1; // not the way of what the socket itself sends
		return answer;
	}

	/** By a path that has a way, from its source address. */
	#transmit(path: Path, ports: number, data: Bytes, at: number, length: number): number {
		const core = this.#core;
		if (length + HEADERS > path.mtu || core.spare < 0) return this.#cannot(path, length);
		const start = core.spareAt;
		const end = udpBuild(this.#view, start, path.source, path.destination, ports, path.ttl, data, at, length);
		if (this.#ip.output(core.spare, start, end, path)) core.takeSpare();
		return SENT;
	}

	/** Finds the way to another address, or the same after routes changed. Throws when there is none. */
	#route(socket: UdpSocket, address: number): void {
		const path = socket.path;
		if (socket.gone) throw gone();
		if (path.destination !== address || path.generation !== this.#ip.routes.generation) {
			path.destination = address;
			path.source = socket.localAddress;
			if (this.#ip.route(path)) path.ttl = ttlOf(path);
		}
		if (path.out === undefined) this.#noWay(path);
	}

	#noWay(path: Path): never {
		const link = this.#ip.awaited(path);
		if (link !== undefined && link.up)
			throw new Error(
				`${link.name} has no address yet: write again when it has one, or give it one (nothing leaves from 0.0.0.0)`,
			);
		throw new Error(link === undefined ? "no route to the host" : `no route to the host: ${link.name} is down`);
	}

	/** Too long, or no packet buffer just now. */
	#cannot(path: Path, length: number): number {
		if (length + HEADERS > path.mtu) throw new RangeError(`datagram of ${length} bytes: expected at most ${path.mtu - HEADERS}`);
		this.#core.count(path.out!.block, DROP.noPacketBuffer);
		return DROPPED;
	}

	/** Sets the time to live of what the socket sends from now on, 1 to 255; 0: the default. RFC 1122 §4.1.3.5 and §3.2.1.7. */
	setTtl(socket: UdpSocket, ttl: number): void {
		this.#setHops(socket.path, (socket.path.hops & TOS_BITS) | ttl);
	}

	/** Sets the differentiated services code point of what the socket sends from now on, 0 to 63. RFC 2474 §3. */
	setDscp(socket: UdpSocket, dscp: number): void {
		this.#setHops(socket.path, (socket.path.hops & 255) | (dscp << DSCP_SHIFT));
	}

	#setHops(path: Path, hops: number): void {
		path.hops = hops;
		path.stamp = path.generation = -1;
	}

	/**
	 * Joins an IPv4 multicast group on an interface, or without one on all that there are or will be: its datagrams are accepted. (No IGMP:
	 * switches that snoop may not forward them.)
	 */
	join(link: Interface | undefined, group: number): void {
		const groups = link === undefined ? this.#groups : link.groups;
		groups.set(group, (groups.get(group) ?? 0) + 1);
		this.#groupsChanged(link);
	}

	leave(link: Interface | undefined, group: number): void {
		const groups = link === undefined ? this.#groups : link.groups;
		const joins = groups.get(group) ?? 0;
		if (joins > 1) groups.set(group, joins - 1);
		else groups.delete(group);
		this.#groupsChanged(link);
	}

	/** An interface is gone: sockets bound to it end. */
	interfaceGone(slot: number): void {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (socket.open && !socket.gone && socket.bound === slot) this.#gone(socket);
		}
	}

	/** An address is gone: sockets bound to it end. */
	addressGone(address: number): void {
		for (let i = 0; i < this.sockets.length; i++) {
			const socket = this.sockets[i]!;
			if (socket.open && !socket.gone && socket.localAddress === address) this.#gone(socket);
		}
	}

	#gone(socket: UdpSocket): void {
		this.#set.flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.gone = true;
		socket.path.stamp = -1;
		this.#set.post(socket, ERROR);
	}

	/** Tells an interface that was added, or on which groups were joined or left, whether it is to hear any. */
	tellGroups(link: Interface): void {
		link.wantGroups(link.groups.size > 0 || this.#groups.size > 0);
	}

	/** Groups were joined or left on that interface, or without one on all. */
	#groupsChanged(link: Interface | undefined): void {
		if (link !== undefined) this.tellGroups(link);
		else for (const each of this.#ip.interfaces.list) this.tellGroups(each);
	}

	/** A new owner hears what waits. */
	adopt(socket: UdpSocket, owner: SocketOwner): void {
		socket.owner = owner;
		this.#set.post(socket, this.pending(socket) > 0 ? READABLE | WRITABLE : WRITABLE);
	}
}
