// TCP, RFC 9293, as the layers above have it: what applications call, and what was wrong with a call. All TCBs, their buffers and lists are made here, once.
// TCP itself is flat TypeScript: read packet/tcb-block.ts and states.ts, then stream.ts (what is as predicted) and receive.ts, send.ts, timers.ts.

import * as door from "#codec";
import { NETWORK_PATIENCE_MS, PAGE_SHIFT, poolOf } from "../../config.ts";
import { given, givenSource, unlessAny } from "../../address.ts";
import type { Ip } from "../../ip/ip.ts";
import type { Interface } from "../../link/interface.ts";
import type { Core } from "../../packet/core.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock } from "../../packet/tcp-block.ts";
import { DSCP_SHIFT, TOS_BITS } from "../../wire/build.ts";
import type { Bytes } from "../../wire/kernels/bytes.ts";
import { ERROR, READABLE, WRITABLE, type SocketEvents } from "../events.ts";
import { WAKE } from "./data.ts";
import { BEGUN, NO_PORTS, NO_WAY } from "./life.ts";
import { SOON } from "./seats.ts";
import * as tcbs from "./tcb.ts";
import { Tcb } from "./tcb.ts";
import { KEEP_ALIVE_INTERVAL, KEEP_ALIVE_PROBES } from "./timing.ts";
import { ALL_LOOKED_AT } from "./ways.ts";

/** Where its fields lie in a connection's block, and in that of all connections. */
const AT = TcbBlock.offsets;
const SHARED = TcpBlock.offsets;

export interface ConnectOptions {
	/** "" or absent: chosen by RFC 6724. */
	localAddress?: string;
	/** 0 or absent: an ephemeral one. */
	localPort?: number;
	/** Slot of the only interface to use, 0 or absent: any. */
	interfaceSlot?: number;
	/** How long the SYN waits, while there is no way, for an interface that is still coming up, ms; NETWORK_PATIENCE_MS when absent, 0: not at all. */
	networkTimeout?: number;
}

function checkPort(name: string, port: number, low: number): void {
	if (port !== Math.floor(port) || port < low || port > 65_535) throw new RangeError(`${name} ${port}: expected ${low} to 65535`);
}

export class Tcp {
	readonly core: Core;
	readonly events: SocketEvents;
	readonly tcbs: Tcb[] = [];
	#view: DataView;
	#ip: Ip;
	#routeVersion = -1;
	/** For readByte and writeByte. */
	#byte = new Uint8Array(1);

	constructor(core: Core, ip: Ip, events: SocketEvents) {
		const { view, layout, limits, random32 } = core;
		this.core = core;
		this.#ip = ip;
		this.events = events;
		this.#view = view;
		const { pages, receive, send, receiveFloor, sendFloor } = poolOf(limits);
		const shared = layout.tcp;
		view.setInt32(shared + SHARED.offers, limits.offers, true);
		if (hasFastOpen()) view.setInt32(shared + SHARED.fastOpen, layout.fastOpen, true);
		view.setInt32(shared + SHARED.receiveFloor, receiveFloor, true);
		view.setInt32(shared + SHARED.sendFloor, sendFloor, true);
		view.setInt32(shared + SHARED.pagesPromised, limits.tcp * (receiveFloor + sendFloor), true);
		let table = layout.pageTables;
		for (let i = 0; i < limits.tcp; i++) {
			const at = layout.tcbs + i * TcbBlock.bytes;
			view.setInt32(at + AT.receivePages, table, true);
			view.setInt32(at + AT.receiveRing, receive << PAGE_SHIFT, true);
			view.setInt32(at + AT.receiveSize, limits.receiveBuffer, true);
			view.setInt32(at + AT.receivePromised, receiveFloor, true);
			table += receive * 4;
			view.setInt32(at + AT.sendPages, table, true);
			view.setInt32(at + AT.sendRing, send << PAGE_SHIFT, true);
			view.setInt32(at + AT.sendSize, limits.sendBuffer, true);
			view.setInt32(at + AT.sendPromised, sendFloor, true);
			table += send * 4;
			this.tcbs.push(new Tcb(view, events, i, at));
		}
		door.tcpStart(view, layout.pool, pages, random32(), random32(), random32(), random32());
	}

	/** Looks whether routes have changed. Called once a poll. */
	checkRoutes(): void {
		const version = this.#ip.routes.version;
		if (this.#routeVersion === version) return;
		const first = this.#routeVersion === -1;
		const view = this.#view;
		this.#routeVersion = version;
		const { random32 } = this.core;
		let from = 0;
		for (;;) {
			const index = door.tcpWaysChanged(view, from, first, random32());
			if (index === ALL_LOOKED_AT) return;
			const path = this.#ip.path(this.tcbs[index]!.block + AT.path);
			door.tcpLost(view, index, this.#ip.awaited(path) !== undefined, first);
			from = index + 1;
		}
	}

	/** The TCB that `tcpTake` answered. Throws Error when it answered that there is none. */
	#take(): Tcb {
		const count = this.tcbs.length;
		const taken = door.tcpTake(this.#view);
		this.core.wake(); // whoever gave way hears of it, and so does its peer
		if (taken === SOON) throw new Error(`all ${count} TCP sockets are in use; one that was too slow was ended: try again`);
		if (taken === 0) throw new Error(`all ${count} TCP sockets are in use; raise the option "sockets.tcp"`);
		return this.#at(taken);
	}

	/** The TCB with that block. */
	#at(block: number): Tcb {
		return this.tcbs[this.#view.getInt32(block + AT.index, true)]!;
	}

	/** Opens a connection. Throws RangeError for a bad port, Error without a route or a free socket, or when the port is in use. While no way leads to the host, the SYN waits for one that may come. */
	connect(address: string, port: number, options: ConnectOptions = {}): Tcb {
		checkPort("port", port, 1);
		const { localAddress = "", localPort = 0, interfaceSlot = 0, networkTimeout = NETWORK_PATIENCE_MS } = options;
		checkPort("local port", localPort, 0);
		if (unlessAny(address) === "" || this.#ip.isGroup(address))
			throw new RangeError(`address "${address}": expected that of one host`);
		const tcb = this.#take();
		const view = this.#view;
		const chance = this.core.random32();
		const to = given(view, address);
		const from = givenSource(view, localAddress);
		const fault = door.tcpConnect(view, tcb.block, to, port, from, localPort, interfaceSlot, chance);
		if (fault === NO_WAY) {
			const waits = networkTimeout !== 0 && localAddress === "" && this.#ip.mayCome(this.#ip.path(tcb.block + AT.path));
			if (waits) door.tcpAwaitWay(view, tcb.block, networkTimeout);
			else this.#failed(tcb, "no route to the host");
		} else if (fault === NO_PORTS) this.#failed(tcb, "all ephemeral TCP ports are in use");
		else if (fault !== BEGUN) this.#failed(tcb, `TCP port ${localPort} is in use`);
		this.core.wake();
		return tcb;
	}

	/** Gives a TCB back that came to nothing, and throws. */
	#failed(tcb: Tcb, why: string): never {
		door.tcpRelease(this.#view, tcb.block);
		throw new Error(why);
	}

	/**
	 * Listens at address ("": all), port (0: a free one, or with an interface slot every port that has no other socket) and
	 * interface slot (0: all); `family`: without an address the only one, 4 or 6, or 0. At most `backlog` connections wait to be accepted. Throws as `connect` does.
	 */
	listen(address: string, port: number, backlog: number, interfaceSlot: number, family = 0): Tcb {
		checkPort("port", port, 0);
		if (backlog !== Math.floor(backlog) || backlog < 1)
			throw new RangeError(`backlog ${backlog}: expected a whole number from 1`);
		if (address !== "" && this.#ip.isGroup(address)) throw new RangeError(`address "${address}": expected that of one host`);
		const tcb = this.#take();
		const view = this.#view;
		const at = given(view, address);
		const fault = door.tcpListen(view, tcb.block, at, port, backlog, interfaceSlot, family, this.core.random32());
		if (fault !== BEGUN) this.#failed(tcb, `TCP port ${port} is in use`);
		return tcb;
	}

	/** The next connection of a listener that is established, or undefined. What has come for it is posted once it has an owner: `adopt`. */
	accept(listener: Tcb): Tcb | undefined {
		const block = door.tcpAccept(this.#view, listener.block);
		return block === 0 ? undefined : this.#at(block);
	}

	/** Connections that `accept` would hand out. */
	acceptable(listener: Tcb): number {
		return door.tcpAcceptable(this.#view, listener.block);
	}

	/** A new owner hears what has come already. */
	adopt(tcb: Tcb, owner: NonNullable<Tcb["owner"]>): void {
		tcb.owner = owner;
		let events = 0;
		if (tcb.pending > 0) events |= READABLE;
		else if (tcb.finReceived) events |= ERROR;
		if (tcb.ended !== tcbs.NO_ERROR) events |= ERROR;
		if (this.writable(tcb) > 0) events |= WRITABLE;
		if (events !== 0) this.events.post(tcb, events);
	}

	/** The interface that it goes by; undefined while there is no way. */
	interfaceOf(tcb: Tcb): Interface | undefined {
		return this.#ip.interfaces.linkAt(tcb.out);
	}

	/** Bytes that `read` has. */
	readable(tcb: Tcb): number {
		return tcb.pending;
	}

	/** Bytes that `write` takes now. */
	writable(tcb: Tcb): number {
		return tcb.sendable ? tcb.sndRoom : 0;
	}

	/** Copies up to `length` received bytes to `buffer` from its byte `start` on. Answers how many. */
	read(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const got = door.tcpRead(this.#view, tcb.block, buffer, start, length);
		return got < WAKE ? got : this.woken(got);
	}

	/** `tcpRead` or `tcpWrite` answered `count` and that a poll must be asked for. Answers the count. */
	woken(count: number): number {
		this.core.wake();
		return count - WAKE;
	}

	/** One received byte, or -1 when there is none. */
	readByte(tcb: Tcb): number {
		const byte = door.streamByte(this.#view, tcb.block);
		if (byte >= 0) return byte;
		return this.read(tcb, this.#byte, 0, 1) === 0 ? -1 : this.#byte[0]!;
	}

	/** Takes all `length` bytes of `buffer` from its byte `start` on. Answers the room left, or -1 when they do not fit or the connection is not open for sending. */
	writeAll(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const room = door.tcpWrite(this.#view, tcb.block, buffer, start, length);
		return room < WAKE ? room : this.woken(room);
	}

	/** Takes up to `length` bytes. Answers how many: 0 when the send ring is full, or the connection not open for sending. */
	write(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const room = this.writable(tcb);
		if (length > room) length = room;
		if (length > 0) this.writeAll(tcb, buffer, start, length);
		return length;
	}

	/** Writes one byte. False when there is no room. */
	writeByte(tcb: Tcb, byte: number): boolean {
		this.#byte[0] = byte;
		return this.writeAll(tcb, this.#byte, 0, 1) >= 0;
	}

	/** FIN after everything written; receiving goes on. */
	shutdown(tcb: Tcb): void {
		door.tcpShutdown(this.#view, tcb.block);
		this.core.wake();
	}

	/** Lets go of a connection or a listener: `tcpClose` of open.ts. */
	close(tcb: Tcb): void {
		if (tcb.detached) return;
		tcb.owner = null;
		door.tcpClose(this.#view, tcb.block);
		this.core.wake();
	}

	/** Ends a connection or a listener at once; the peer gets RST. */
	abort(tcb: Tcb): void {
		tcb.owner = null;
		door.tcpAbort(this.#view, tcb.block);
		this.core.wake();
	}

	/** Sends small segments at once: Nagle's algorithm off. */
	setNoDelay(tcb: Tcb, on: boolean): void {
		door.tcpSetNoDelay(this.#view, tcb.block, on);
		if (on) this.core.wake();
	}

	/** Time to live of its segments from now on, 1 to 255; of a listener, of its connections', SYN and ACK included. RFC 9293 §3.9.2.1 (MUST-49). */
	setTtl(tcb: Tcb, ttl: number): void {
		door.tcpSetHops(this.#view, tcb.block, (this.#hops(tcb) & ~255) | ttl);
	}

	/** Differentiated services code point of its segments from now on, 0 to 63; of a listener, of its connections'. RFC 9293 §3.9.2.1 (MUST-48), RFC 2474 §3. */
	setDscp(tcb: Tcb, dscp: number): void {
		door.tcpSetHops(this.#view, tcb.block, (this.#hops(tcb) & ~TOS_BITS) | (dscp << DSCP_SHIFT));
	}

	#hops(tcb: Tcb): number {
		return this.#view.getInt32(tcb.block + AT.path + PathBlock.offsets.hops, true);
	}

	/**
	 * How long data, or the SYN, may stay unacknowledged, ms; 0 for the default. Seen when a timer expires: no sooner than the first
	 * retransmission is due. RFC 9293 §3.8.3, RFC 5482.
	 */
	setUserTimeout(tcb: Tcb, ms: number): void {
		door.tcpSetUserTimeout(this.#view, tcb.block, ms);
		this.core.wake();
	}

	/** Probes a silent peer after `idle` ms, then every `interval` ms, and gives it up when `count` were not answered; 0 turns it off. */
	setKeepAlive(tcb: Tcb, idle: number, interval = KEEP_ALIVE_INTERVAL, count = KEEP_ALIVE_PROBES): void {
		door.tcpSetKeepAlive(this.#view, tcb.block, idle, interval, count);
		this.core.wake();
	}

	/** How long it may go on once it is closed, ms: then, or at once for 0, the peer gets RST. */
	setLinger(tcb: Tcb, ms: number): void {
		door.tcpSetLinger(this.#view, tcb.block, ms);
	}

	/** Bytes a second below which a connection, or each one of a listener, may be ended for a newcomer; 0 when it never is. `pace.ts`. */
	setLeastRate(tcb: Tcb, bytesPerSecond: number): void {
		door.tcpSetLeastRate(this.#view, tcb.block, bytesPerSecond);
		this.core.wake();
	}

	/**
	 * Where every socket is taken, ends the connection that would give way to a newcomer who has shown that he is there. A server that calls it once a second mostly has a free socket for
	 * newcomers: without one, a newcomer's first segment ends a slow connection and has to be sent once more, and others may be quicker.
	 */
	keepOneFree(): void {
		door.tcpKeepFree(this.#view);
		this.core.wake();
	}

	/** Bytes of the pool that nobody has, and that are promised: to sockets that are not in use too. transport/tcp/share.ts. */
	get poolFree(): number {
		const at = this.core.layout.tcp;
		const view = this.#view;
		const listed = view.getInt32(at + SHARED.pagesListed, true) << PAGE_SHIFT;
		return view.getInt32(at + SHARED.poolEnd, true) - view.getInt32(at + SHARED.freshPage, true) + listed;
	}
	get poolPromised(): number {
		return this.#view.getInt32(this.core.layout.tcp + SHARED.pagesPromised, true) << PAGE_SHIFT;
	}

	/** The TCBs that somebody has, for people to look at. Allocates. */
	inUse(): Tcb[] {
		return this.tcbs.filter((tcb) => tcb.state !== tcbs.CLOSED || !tcb.detached);
	}

	/** TCBs that a program could have: free ones, and those that give way without loss to another program. */
	get available(): number {
		return door.tcpAvailable(this.#view);
	}

	/** An interface is gone: what was bound to its slot ends. */
	interfaceGone(slot: number): void {
		door.tcpInterfaceGone(this.#view, slot);
		this.core.wake();
	}

	/** An address is gone, one of a single link on the interface in slot `zone`, else 0: what was bound to it ends. */
	addressGone(address: string, zone: number): void {
		door.tcpAddressGone(this.#view, given(this.#view, address), zone);
		this.core.wake();
	}
}

// No methods: a firmware without Fast Open has nothing of these.

/** Whether the stack has Fast Open, RFC 7413. */
export function fastOpens({ core }: Tcp): boolean {
	return core.layout.fastOpen !== 0;
}

/** A connection that has just been begun asks for Fast Open (`most` 1) and takes what is written at once; or as many connections of a listener may be open before their handshakes are done. */
export function setFastOpen({ core }: Tcp, tcb: Tcb, most: number): void {
	door.tcpFastOpen(core.view, tcb.block, most);
}
