// UDP, RFC 768 and 1122 §4.1. A datagram that came in waits in its socket's ring until the application reads it; `decode` has
// put it there already when there was room (wire/deliver.ts).

import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { DNS_LOOKUPS } from "../config.ts";
import { DATAGRAM, UdpBlock } from "../packet/udp-block.ts";
import { ARRIVED, DESTINATION, PAYLOAD_LENGTH, PORTS, SOURCE } from "../packet/fields.ts";
import type { Interface } from "../link/interface.ts";
import type { Path } from "../link/path.ts";
import type { Ip } from "../ip/ip.ts";
import { canSend } from "../ip/routes.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Bytes } from "../wire/kernels/bytes.ts";
import { SLOT_GONE } from "../wire/deliver.ts";
import { ANOTHER } from "../wire/kinds.ts";
import { DSCP_SHIFT, TOS_BITS } from "../wire/build.ts";
import { udpBuild, udpDeliver, udpForget, udpNext, udpRead, udpSend } from "#codec";
import { ERROR, READABLE, WRITABLE, type SocketOwner, type SocketEvents } from "./events.ts";
import { FIRST_LOOKUP, LOOKUPS, type Flows } from "./flows.ts";
import { Groups } from "./groups.ts";
import { BY_ALL, GIVEN, HEADERS, NO_GROUPS, UdpSocket } from "./udp-socket.ts";

export { HEADERS, type UdpSocket };

/** Answers of `send`. */
export const SENT = 0;
/** No packet buffer or route just now: counted, as if the network had lost it. */
export const DROPPED = 1;

const AT = UdpBlock.offsets;
const NO_ROUTE = "no route to the host";

function gone(): Error {
	return new Error("the socket's address or interface is gone");
}

export class Udp {
	#core: Core;
	#view: DataView;
	#fields: Int32Array;
	#ip: Ip;
	#flows: Flows;
	#events: SocketEvents;
	/** Those of programs, all made at once, and behind them those of the services, each made when it is first needed. */
	readonly sockets: UdpSocket[] = [];
	/** `join` and `leave` multicast groups here. */
	readonly groups: Groups;

	constructor(core: Core, ip: Ip, flows: Flows, events: SocketEvents) {
		this.#core = core;
		this.#view = core.view;
		this.#fields = core.fields;
		this.#ip = ip;
		this.#flows = flows;
		this.#events = events;
		this.groups = new Groups(ip.interfaces);
		for (let i = 0; i < core.limits.udp; i++) this.sockets.push(new UdpSocket(core, ip, events, i));
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
			sockets.push((free = new UdpSocket(this.#core, this.#ip, this.#events, sockets.length)));
		if (lookups >= most || free === undefined) {
			const which = most < services ? `${most} UDP sockets for look-ups` : `${services} UDP sockets for services`;
			throw new Error(`all ${which} are in use; raise the option "sockets.services"`);
		}
		return this.#bind(free, 0, port === 0 ? this.#lookupPort(bound) : port, bound, false);
	}

	/** Whether a stranger is not told that a port is closed: one that a look-up could have, while there is one. Else those who try all find its port. RFC 5452 §9.2. */
	hides(port: number): boolean {
		if (port < FIRST_LOOKUP) return false;
		const sockets = this.sockets;
		for (let i = this.#core.limits.udp; i < sockets.length; i++)
			if (sockets[i]!.open && sockets[i]!.localPort >= FIRST_LOOKUP) return true;
		return false;
	}

	/** A port for a question, that of no other socket, bound to an interface or not: answers must not go astray. */
	#lookupPort(bound: number): number {
		for (;;) {
			const port = this.#flows.ephemeralPort(ipv4.UDP | (bound << 8), 0, 0, 0, FIRST_LOOKUP, LOOKUPS);
			if (!this.sockets.some((socket) => socket.open && socket.localPort === port)) return port;
		}
	}

	#bind(socket: UdpSocket, address: number, port: number, bound: number, anyPort: boolean): UdpSocket {
		const local = port === 0 && !anyPort ? this.#flows.ephemeralPort(ipv4.UDP | (bound << 8), address, 0, 0) : port;
		if (local === 0 && !anyPort) throw new Error("all ephemeral UDP ports are in use");
		if (!this.#flows.insert(address, 0, local, ipv4.UDP | (bound << 8), socket.index))
			throw new Error(`UDP port ${port} is in use`);
		this.#empty(socket);
		socket.open = true;
		socket.bits = socket.fromAddress = socket.toAddress = socket.fromSlot = 0;
		socket.localAddress = address;
		socket.localPort = local;
		socket.sourcePort = local << 16;
		this.#view.setInt32(socket.block + AT.localPort, local, true);
		socket.bound = bound;
		socket.gone = false;
		socket.path.clear();
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
		if (!socket.gone) this.#flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.open = false;
		this.#events.own(socket, null);
	}

	#empty(socket: UdpSocket): void {
		this.#view.setInt32(socket.block + AT.next, 0);
		this.#view.setInt32(socket.block + AT.used, 0);
		this.#view.setInt32(socket.block + AT.count, 0);
		this.#view.setInt32(socket.block + AT.lastSlot, 0);
	}

	/**
	 * A datagram that `decode` did not deliver: for a group, or there was no room. The registers describe it. Of one that is longer than the ring of a service
	 * ever holds the beginning is delivered: it is longer than what services look at, and they see that.
	 */
	receive(socket: UdpSocket, link: Interface, group: number): void {
		// A program's ring takes the longest datagram: it is full. Said first, as a program that is too slow for a burst comes here for each.
		if (group === 0 && socket.index < this.#core.limits.udp) return this.#core.count(link.block, DROP.udpQueueFull);
		const destination = this.#fields[DESTINATION]!;
		const length = this.#fields[PAYLOAD_LENGTH]!;
		const most = this.#view.getInt32(socket.block + AT.size, true) - DATAGRAM;
		if (ipv4.isMulticast(destination) && !this.groups.has(link, destination)) this.#core.count(link.block, DROP.ipv4NotLocal);
		else if (group !== 0 && socket.bits & NO_GROUPS) this.#core.count(link.block, DROP.udpGroup);
		else if (
			(group === 0 && length <= most) ||
			udpDeliver(this.#view, socket.block, length <= most ? length : most, link.slot) === 0
		)
			this.#core.count(link.block, DROP.udpQueueFull);
		else this.#events.post(socket, READABLE);
	}

	/** Datagrams that wait. */
	pending(socket: UdpSocket): number {
		return this.#view.getInt32(socket.block + AT.count, true);
	}

	/** Bytes of the datagram that `read` will deliver next, -1 when there is none. */
	next(socket: UdpSocket): number {
		return udpNext(this.#view, socket.block);
	}

	/**
	 * Copies up to `length` bytes of the first datagram to `buffer` from its byte `start` on, and forgets it. Answers the bytes copied,
	 * or -1 when there is none. The socket's fromAddress, fromPort, toAddress, toPort and fromSlot describe it.
	 */
	read(socket: UdpSocket, buffer: Bytes, start: number, length: number): number {
		let bytes = udpRead(this.#view, socket.block, buffer, start, length);
		if (bytes >= ANOTHER) {
			bytes -= ANOTHER;
			this.another(socket);
		}
		return bytes < length ? bytes : length;
	}

	/** The datagram that `udpRead` took is not like the one before: notes from the registers what describes it. */
	another(socket: UdpSocket): void {
		const fields = this.#fields;
		const ports = fields[PORTS]!;
		const from = (socket.fromAddress = fields[SOURCE]!);
		socket.fromPort = (ports >> 16) & 0xffff;
		socket.toAddress = fields[DESTINATION]!;
		socket.toPort = ports & 0xffff;
		socket.fromSlot = fields[ARRIVED]!;
		// An answer may have to come from another address than before.
		if (socket.path.destination !== from || socket.localAddress !== 0) return;
		socket.path.forget();
	}

	/** The largest datagram that `send` takes towards what the socket sent to last, bytes. */
	largest(socket: UdpSocket): number {
		return this.#ip.mtu(socket.path) - HEADERS;
	}

	/**
	 * Sends `length` bytes of `data` from `at` on. Answers SENT or DROPPED. To the sender of the datagram that was read last it goes from the address that
	 * one was sent to, RFC 1122 §4.1.3.5; when there is no way back it is dropped, as strangers choose what they call themselves.
	 * Throws RangeError when the datagram is larger than the interface carries; to all others Error when there is no route, or no source address yet.
	 */
	send(socket: UdpSocket, address: number, port: number, data: Bytes, at: number, length: number): number {
		const answer = udpSend(this.#view, socket.block, address, port, data, at, length);
		return answer >= 0 ? this.sent(socket, answer) : this.sendRest(socket, address, port, data, at, length);
	}

	/** What `udpSend` answered: a device in TypeScript has still to be given what was sent. */
	sent(socket: UdpSocket, answer: number): number {
		if (answer !== 0) socket.path.out!.drain();
		return SENT;
	}

	/** As `send`, when `udpSend` could not. */
	sendRest(socket: UdpSocket, address: number, port: number, data: Bytes, at: number, length: number): number {
		if (address === ipv4.BROADCAST && socket.bits & BY_ALL) return this.#sendByAll(socket, port, data, at, length);
		if (!this.#route(socket, address)) return this.#noWay(socket);
		return this.#transmit(socket.path, socket.sourcePort | port, data, at, length);
	}

	/** The same with a source address of ours (0: chosen), and by the interface in `slot` alone (0: as the routes say). */
	sendBy(
		socket: UdpSocket,
		address: number,
		port: number,
		data: Bytes,
		at: number,
		length: number,
		source: number,
		slot: number,
	): number {
		const path = socket.path;
		if (socket.gone) throw gone();
		const bound = slot === 0 ? socket.bound : slot;
		const known =
			socket.bits & GIVEN && path.destination === address && source !== 0 && path.source === source && path.bound === bound;
		if (!known || path.routeVersion !== this.#ip.routes.version) {
			socket.bits |= GIVEN;
			path.destination = address;
			path.source = source === 0 ? socket.localAddress : source;
			path.bound = bound;
			this.#ip.route(path);
		}
		if (path.out === undefined) return this.#noWay(socket);
		const answer = this.#transmit(path, socket.sourcePort | port, data, at, length);
		path.leave(); // not the way of what is sent without saying so
		return answer;
	}

	/** A broadcast by every interface that is up and has an address. */
	#sendByAll(socket: UdpSocket, port: number, data: Bytes, at: number, length: number): number {
		const list = this.#ip.interfaces.list;
		let answer = -1;
		for (let i = 1; i < list.length; i++) {
			const link = list[i]!;
			if (!canSend(link) || link.addresses.length === 0) continue;
			const sent = this.sendBy(socket, ipv4.BROADCAST, port, data, at, length, 0, link.slot);
			if (answer !== SENT) answer = sent;
		}
		if (answer >= 0) return answer;
		this.#route(socket, ipv4.BROADCAST);
		return this.#noWay(socket);
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
		socket.bits |= GIVEN;
		path.destination = address;
		path.source = from;
		path.bound = socket.bound;
		if (!this.#ip.route(path, 0, false)) throw new Error(NO_ROUTE);
		path.source = from; // to ourselves too
		const answer = this.#transmit(path, (fromPort << 16) | port, data, at, length);
		path.leave();
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

	/** Finds the way to another address, or the same after routes changed. False when there is none. */
	#route(socket: UdpSocket, address: number): boolean {
		const path = socket.path;
		if (socket.gone) throw gone();
		if (path.destination !== address || path.routeVersion !== this.#ip.routes.version || socket.bits & GIVEN) {
			socket.bits &= ~GIVEN;
			path.destination = address;
			path.bound = socket.bound;
			path.source = socket.localAddress;
			if (path.source === 0 && address === socket.fromAddress) path.source = this.#answerFrom(socket);
			this.#ip.route(path);
		}
		return path.out !== undefined;
	}

	/**
	 * The source address of an answer to the last datagram: that which it was sent to, or when that was everybody's one of the interface that it came by.
	 * 0: any will do, as that interface is down, or the address gone.
	 */
	#answerFrom(socket: UdpSocket): number {
		const { toAddress, fromAddress } = socket;
		const { interfaces } = this.#ip;
		if (ipv4.isLoopback(toAddress)) return toAddress;
		const owner = interfaces.owner(toAddress);
		if (owner !== undefined) return canSend(owner) ? toAddress : 0;
		const link = interfaces.at(socket.fromSlot);
		return link !== undefined && canSend(link) ? link.ip.sourceFor(fromAddress, fromAddress) : 0;
	}

	/** There is no way for the socket's path. An answer is dropped; else it throws. */
	#noWay(socket: UdpSocket): number {
		const { path } = socket;
		if (socket.fromSlot !== 0 && path.destination === socket.fromAddress) {
			this.#core.count(this.#ip.interfaces.list[0]!.block, DROP.noRoute);
			return DROPPED;
		}
		const link = this.#ip.awaited(path);
		if (link === undefined) throw new Error(NO_ROUTE);
		if (!link.up) throw new Error(`${NO_ROUTE}: ${link.name} is down`);
		throw new Error(`${link.name} has no address yet: write again when it has one, or give it one (nothing leaves from 0.0.0.0)`);
	}

	/** Whether it takes what is for broadcast addresses and groups. */
	hearsGroups(socket: UdpSocket): boolean {
		return (socket.bits & NO_GROUPS) === 0;
	}

	/** Broadcasts to 255.255.255.255 leave by every interface (`byAll`); nothing is taken that is for a broadcast address or a group (`none`). */
	setBroadcast(socket: UdpSocket, byAll: boolean, none: boolean): void {
		socket.bits = (byAll ? BY_ALL : 0) | (none ? NO_GROUPS : 0);
		socket.path.forget();
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
		path.forget();
	}

	/** An interface is gone: sockets bound to it end, and what came by it did not come by the next one in its slot. */
	interfaceGone(slot: number): void {
		this.#end((socket) => socket.bound === slot);
		for (const socket of this.sockets) {
			udpForget(this.#view, socket.block, slot);
			if (socket.fromSlot === slot) socket.fromSlot = SLOT_GONE;
		}
	}

	/** An address is gone: sockets bound to it end. */
	addressGone(address: number): void {
		this.#end((socket) => socket.localAddress === address);
	}

	#end(which: (socket: UdpSocket) => boolean): void {
		for (const socket of this.sockets) if (socket.open && !socket.gone && which(socket)) this.#gone(socket);
	}

	#gone(socket: UdpSocket): void {
		this.#flows.remove(socket.localAddress, 0, socket.localPort, ipv4.UDP | (socket.bound << 8));
		socket.gone = true;
		socket.path.leave();
		this.#events.post(socket, ERROR);
	}

	/** A new owner hears what waits. */
	adopt(socket: UdpSocket, owner: SocketOwner): void {
		this.#events.own(socket, owner);
		this.#events.post(socket, this.pending(socket) > 0 ? READABLE | WRITABLE : WRITABLE);
	}
}
