// UDP, RFC 768 and 1122 §4.1, as the layers above have it: what they call, and what was wrong with a call. UDP itself is flat TypeScript: packet/udp-block.ts, then deliver.ts
// (a datagram goes into its socket's ring, until the application reads it), receive.ts, send.ts and open.ts.

import * as door from "#codec";
import { addressText, given, givenSource } from "../../address.ts";
import { lookups } from "../../config.ts";
import type { Core } from "../../packet/core.ts";
import { DatagramError } from "../../packet/datagram-error.ts";
import { socketNumbers, udpRing, udpRingSize } from "../../packet/layout.ts";
import { NONE } from "../../packet/packets.ts";
import { UDP_BY_ALL, UDP_ERRORS, UDP_GROUP_TTL, UDP_NO_GROUPS, UDP_NO_LOOP, UdpBlock } from "../../packet/udp-block.ts";
import type { Ip } from "../../ip/ip.ts";
import type { Bytes } from "../../wire/kernels/bytes.ts";
import { DSCP_SHIFT, TOS_BITS } from "../../wire/build.ts";
import { READABLE, WRITABLE, type SocketOwner, type SocketEvents } from "../events.ts";
import { Groups } from "../groups.ts";
import { ANOTHER } from "./deliver.ts";
import { NO_PORTS, NO_SOCKET, PORT_IN_USE } from "./open.ts";
import { BY_ALL, DROPPED, GONE, TOO_LONG } from "../answers.ts";
import { UdpSocket } from "./socket.ts";

export { HEADERS } from "./send.ts";
export type { UdpSocket } from "./socket.ts";

/** Where its fields lie in a socket's block. */
const AT = UdpBlock.offsets;
const ERROR = DatagramError.offsets;
const NO_ROUTE = "no route to the host";

/** What ICMP says of a datagram: where it was to go, who says so, type and code, those of IPv4's for either family, and the MTU where that was too small. */
export interface TakenError {
	address: string;
	port: number;
	from: string;
	type: number;
	code: number;
	mtu?: number;
}

export class Udp {
	/** Those of programs, all made at once, and behind them those of the services, each made when it is first needed. */
	readonly sockets: UdpSocket[] = [];
	/** `join` and `leave` multicast groups here. */
	readonly groups: Groups;
	#core: Core;
	#view: DataView;
	#ip: Ip;
	#events: SocketEvents;

	constructor(core: Core, ip: Ip, events: SocketEvents) {
		const { view, layout, limits } = core;
		this.#core = core;
		this.#view = view;
		this.#ip = ip;
		this.#events = events;
		this.groups = new Groups(ip.interfaces);
		const first = socketNumbers(limits).udp;
		for (let i = 0; i < limits.udp + limits.services; i++) {
			const at = layout.udps + i * UdpBlock.bytes;
			const news = first + i;
			view.setInt32(at + AT.ring, udpRing(layout.udpRings, limits, i), true);
			view.setInt32(at + AT.size, udpRingSize(limits, i), true);
			view.setInt32(at + AT.news, news, true);
			view.setInt32(at + AT.index, i, true);
			if (i < limits.udp) this.sockets.push(new UdpSocket(view, events, at));
		}
	}

	/**
	 * A socket bound to address ("": any), port (0: a free one) and interface slot (0: any). With an interface and neither address nor port, and
	 * `anyPort`, it gets every datagram of that interface that no other socket wants. `family`: the only one that it takes when it has no address, 4 or 6, or 0. `shared`: others that say
	 * so may be bound to the same. Throws Error when the port is taken or no socket is free.
	 */
	open(address: string, port: number, bound: number, anyPort = false, family = 0, shared = false): UdpSocket {
		const view = this.#view;
		const opened = door.udpOpen(view, given(view, address), port, bound, anyPort, family, shared, this.#core.random32());
		return this.#opened(opened, port, `${this.#core.limits.udp} UDP sockets`, "udp");
	}

	/**
	 * A socket for a service of the stack, of those that `sockets.services` sets apart: bound to an interface slot (0: any) and a port. Port 0: a free one, for
	 * a look-up, which leaves a socket for the DHCP client of each interface. Throws Error when no socket is free or the port is taken.
	 */
	openService(port: number, bound: number): UdpSocket {
		const { limits } = this.#core;
		const most = port === 0 ? lookups(limits) : limits.services;
		const opened = door.udpOpenService(this.#view, port, bound, this.#core.random32());
		return this.#opened(opened, port, `${most} UDP sockets for ${most < limits.services ? "look-ups" : "services"}`, "services");
	}

	/** The socket with the block that was answered. Throws what the answer says when there is none. */
	#opened(answer: number, port: number, all: string, option: string): UdpSocket {
		if (answer === NO_SOCKET) throw new Error(`all ${all} are in use; raise the option "sockets.${option}"`);
		if (answer === PORT_IN_USE) throw new Error(`UDP port ${port} is in use`);
		if (answer === NO_PORTS) throw new Error("all ephemeral UDP ports are in use");
		return (this.sockets[this.#view.getInt32(answer + AT.index, true)] ??= new UdpSocket(this.#view, this.#events, answer));
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
		door.udpClose(this.#view, socket.block);
		socket.owner = null;
	}

	/** Datagrams that wait. */
	pending(socket: UdpSocket): number {
		return socket.pending;
	}

	/** Bytes of the datagram that `read` will deliver next, -1 when there is none. */
	next(socket: UdpSocket): number {
		return door.udpNext(this.#view, socket.block);
	}

	/**
	 * Copies up to `length` bytes of the first datagram to `buffer` from its byte `start` on, and forgets it. Answers the bytes copied,
	 * or -1 when there is none. The socket's fromAddress, fromPort, toAddress, toPort and fromSlot describe it.
	 */
	read(socket: UdpSocket, buffer: Bytes, start: number, length: number): number {
		let bytes = door.udpRead(this.#view, socket.block, buffer, start, length);
		if (bytes >= ANOTHER) bytes -= ANOTHER;
		return bytes < length ? bytes : length;
	}

	/**
	 * Sends `length` bytes of `data` from `at` on: `udpSend` of send.ts. What the network might have lost is counted. Throws RangeError when the datagram is larger than the interface
	 * carries; Error when there is no route, or no source address yet.
	 */
	send(socket: UdpSocket, address: string, port: number, data: Bytes, at: number, length: number): void {
		const view = this.#view;
		this.sent(socket, length, door.udpSend(view, socket.block, given(view, address), port, data, at, length));
	}

	/** The same from a source address and port that are not the socket's, as the desktop gateway does; from none ("") as DHCP does before it has an address. */
	sendFrom(
		socket: UdpSocket,
		address: string,
		port: number,
		data: Bytes,
		at: number,
		length: number,
		from: string,
		fromPort: number,
	): void {
		const view = this.#view;
		const to = given(view, address);
		const source = givenSource(view, from);
		this.sent(socket, length, door.udpSendFrom(view, socket.block, to, port, data, at, length, source, fromPort));
	}

	/** Does what is to be done after `length` bytes were sent, or throws why they were not. */
	sent(socket: UdpSocket, length: number, answer: number): void {
		if (answer === 0 || answer === DROPPED) return;
		if (answer < 0) throw this.#fault(socket, length, answer);
		const { interfaces } = this.#ip;
		if (!(answer & BY_ALL)) interfaces.linkAt(socket.out)!.follow(answer);
		else for (let i = 1; i < interfaces.list.length; i++) interfaces.list[i]!.follow(answer);
		if (this.#core.spare === NONE) this.#core.takeSpare(); // devices in TypeScript have given packets back
	}

	#fault(socket: UdpSocket, length: number, answer: number): Error {
		if (answer === TOO_LONG)
			return new RangeError(
				`datagram of ${length} bytes: expected at most ${door.udpMost(this.#view, socket.block)}; the option "packets" makes room for more`,
			);
		if (answer === GONE) return new Error("the socket's address or interface is gone");
		const link = this.#ip.awaited(this.#ip.path(socket.block + AT.path));
		if (link === undefined) return new Error(NO_ROUTE);
		if (!link.up) return new Error(`${NO_ROUTE}: ${link.name} is down`);
		return new Error(
			`${link.name} has no address yet: write again when it has one, or give it one (nothing leaves from 0.0.0.0)`,
		);
	}

	/** Broadcasts to 255.255.255.255 leave by every interface (`byAll`); nothing is taken that is for a broadcast address or a group (`none`). */
	setBroadcast(socket: UdpSocket, byAll: boolean, none: boolean): void {
		door.udpSetBits(this.#view, socket.block, (byAll ? UDP_BY_ALL : 0) | (none ? UDP_NO_GROUPS : 0));
	}

	/** What it sends to groups has that time to live, 0 to 255 (-1: as `setTtl` says, else 1), and reaches the sockets of this stack that have joined them, unless `loop` is false. */
	setGroups(socket: UdpSocket, ttl: number, loop: boolean): void {
		door.udpSetBits(this.#view, socket.block, ((ttl + 1) << UDP_GROUP_TTL) | (loop ? 0 : UDP_NO_LOOP));
	}

	/** Sets the time to live of what the socket sends from now on, 1 to 255; 0: the default. RFC 1122 §4.1.3.5 and §3.2.1.7. */
	setTtl(socket: UdpSocket, ttl: number): void {
		door.udpSetHops(this.#view, socket.block, (socket.hops & TOS_BITS) | ttl);
	}

	/** Sets the differentiated services code point of what the socket sends from now on, 0 to 63. RFC 2474 §3. */
	setDscp(socket: UdpSocket, dscp: number): void {
		door.udpSetHops(this.#view, socket.block, (socket.hops & 255) | (dscp << DSCP_SHIFT));
	}

	/** An interface is gone: sockets bound to its slot end. */
	interfaceGone(slot: number): void {
		door.udpInterfaceGone(this.#view, slot);
		this.#core.wake();
	}

	/** An address is gone, one of a single link on the interface in slot `zone`, else 0: sockets bound to it end. */
	addressGone(address: string, zone: number): void {
		door.udpAddressGone(this.#view, given(this.#view, address), zone);
		this.#core.wake();
	}

	/** The oldest ICMP error that waits for a socket that wants them, undefined when there is none. */
	takeError(socket: UdpSocket): TakenError | undefined {
		const view = this.#view;
		const at = door.errorTake(view, socket.block);
		if (at === 0) return undefined;
		const mtu = view.getUint16(at + ERROR.mtu, true);
		return {
			address: addressText(view, at + ERROR.to),
			port: view.getUint16(at + ERROR.port, true),
			from: addressText(view, at + ERROR.from),
			type: view.getUint8(at + ERROR.type),
			code: view.getUint8(at + ERROR.code),
			...(mtu !== 0 && { mtu }),
		};
	}

	/** It wants ICMP errors about what it sends. */
	wantErrors(socket: UdpSocket): void {
		door.udpSetBits(this.#view, socket.block, UDP_ERRORS);
	}

	/** A new owner hears what waits. */
	adopt(socket: UdpSocket, owner: SocketOwner): void {
		socket.owner = owner;
		this.#events.post(socket, socket.pending > 0 ? READABLE | WRITABLE : WRITABLE);
	}
}
