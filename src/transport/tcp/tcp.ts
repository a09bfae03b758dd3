// TCP, RFC 9293: what applications and the stack call. All TCBs, their buffers and lists are made here, once.
// Read tcb.ts first. A segment comes in by `receive`: what is expected takes the short way of wire/stream.ts, everything else the long
// way of receive.ts, in the order of RFC 9293 §3.10.7. What goes out goes by `output`, once a turn: send.ts. Time is timers.ts.

import { streamByte, tcpRead, tcpWrite } from "#codec";
import type { Ip } from "../../ip/ip.ts";
import type { Interface } from "../../link/interface.ts";
import type { Path } from "../../link/path.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import type { Core } from "../../packet/core.ts";
import { receiveRing, sendRing } from "../../packet/layout.ts";
import type { Bytes } from "../../wire/kernels/bytes.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { ERROR, READABLE, WRITABLE, type SocketEvents } from "../events.ts";
import type { Flows } from "../flows.ts";
import { Barred } from "./barred.ts";
import { connect, listen, type ConnectOptions } from "./begin.ts";
import { Reno, type CongestionControl } from "./congestion.ts";
import { icmpError } from "./icmp.ts";
import { Isn } from "./isn.ts";
import { abort, addressGone, detach, end, interfaceGone, leaveListener, release, routesChanged } from "./life.ts";
import { Pace } from "./pace.ts";
import { Reassembly } from "./reassembly.ts";
import { arrive } from "./receive.ts";
import { keepFree, spare } from "./seats.ts";
import { WAKE } from "./data.ts";
import { mark, transmitLong } from "./send.ts";
import { refuse } from "./stray.ts";
import * as tcbs from "./tcb.ts";
import { SEND, Tcb } from "./tcb.ts";
import { arm, KEEP_ALIVE_INTERVAL, orphan, scan, startKeepAlive } from "./timers.ts";

/** Where its fields lie in a connection's block. */
const AT = TcbBlock.offsets;

/** Payload of an Ethernet frame without options: the unit in which windows are worth announcing. */
const FULL = 1460;

export class Tcp {
	#view: DataView;
	readonly core: Core;
	readonly view: DataView;
	readonly receiveSize: number;
	readonly sendSize: number;
	readonly flows: Flows;
	readonly events: SocketEvents;
	readonly ip: Ip;
	/** Least opening of the window that is worth telling. */
	readonly windowStep: number;
	readonly congestion: CongestionControl = new Reno();
	/** List of TCBs that nobody has. */
	free: Tcb | undefined = undefined;
	readonly tcbs: Tcb[] = [];
	readonly reassembly: Reassembly;
	/** For answers to strays. */
	readonly strayPath: Path;
	readonly isn: Isn;
	/** SYN cookies may be out, the last one since cookieAt. */
	cookies = false;
	cookieAt = 0;
	readonly pace: Pace;
	readonly barred = new Barred();
	#routeVersion = -1;
	/** For readByte and writeByte. */
	#byte = new Uint8Array(1);

	constructor(core: Core, ip: Ip, flows: Flows, events: SocketEvents) {
		const { view, layout, limits } = core;
		this.core = core;
		this.ip = ip;
		this.flows = flows;
		this.events = events;
		this.#view = this.view = view;
		this.strayPath = ip.path(CORE + CoreBlock.offsets.stray);
		this.receiveSize = limits.receiveBuffer;
		this.sendSize = limits.sendBuffer;
		const half = this.receiveSize >> 1;
		this.windowStep = Math.min(half, FULL);
		this.reassembly = new Reassembly(limits.tcp);
		this.isn = new Isn(core.random32);
		this.pace = new Pace(core);
		for (let i = 0; i < limits.tcp; i++) {
			const at = layout.tcbs + i * TcbBlock.bytes;
			const ring = receiveRing(layout, limits, i);
			view.setInt32(at + AT.sendRing, sendRing(layout, limits, i), true);
			view.setInt32(at + AT.sendSize, this.sendSize, true);
			view.setInt32(at + AT.ipHeader, ipv4.HEADER, true);
			view.setInt32(at + AT.receiveRing, ring, true);
			view.setInt32(at + AT.receiveSize, this.receiveSize, true);
			view.setInt32(at + AT.windowStep, this.windowStep, true);
			view.setInt32(at + AT.updateStep, Math.min(half, 2 * FULL), true);
			this.tcbs.push(new Tcb(view, events, i, at, ring, ip.interfaces));
		}
		for (let i = limits.tcp - 1; i >= 0; i--) release(this, this.tcbs[i]!);
	}

	/** A segment for this TCB that was not expected; the registers hold its header. Never keeps the packet. */
	receive(tcb: Tcb, link: Interface): void {
		arrive(this, tcb, link);
	}

	/** Answers a segment that no socket wants with RST: RFC 9293 §3.10.7.1. */
	refuse(link: Interface): void {
		refuse(this, link, undefined);
	}

	/** Sends for a TCB that has more to do than goes as expected. False when packet buffers ran out, or the device was busy. */
	transmit(tcb: Tcb): boolean {
		return transmitLong(this, tcb);
	}

	/** Looks whether routes have changed. Called once a poll. */
	checkRoutes(): void {
		const version = this.ip.routes.version;
		if (this.#routeVersion === version) return;
		const first = !this.polled;
		this.#routeVersion = version;
		routesChanged(this, first);
	}

	/** Whether there was a poll: until then `core.now` is no time. */
	get polled(): boolean {
		return this.#routeVersion !== -1;
	}

	/** Serves the timers that are due. */
	timers(now: number): void {
		scan(this, now);
	}

	/** ICMP said that a segment of this TCB did not arrive; its sequence number is in the registers. RFC 5927. */
	icmpError(tcb: Tcb, type: number, code: number, mtu: number): void {
		icmpError(this, tcb, type, code, mtu);
	}

	/** Opens a connection. Throws RangeError for a bad port, Error without a route or a free socket, or when the port is in use. */
	connect(address: number, port: number, options: ConnectOptions = {}): Tcb {
		const tcb = connect(this, address, port, options);
		this.#wakeFor(tcb, SEND);
		return tcb;
	}

	/**
	 * Listens at address (0: all), port (0: a free one, or with an interface slot every port that has no other socket) and
	 * interface slot (0: all). At most `backlog` connections wait to be accepted. Throws as `connect` does.
	 */
	listen(address: number, port: number, backlog: number, interfaceSlot: number): Tcb {
		return listen(this, address, port, backlog, interfaceSlot);
	}

	/** The next connection of a listener that is established, or undefined. What has come for it is posted once it has an owner: `adopt`. */
	accept(listener: Tcb): Tcb | undefined {
		const tcb = listener.acceptHead;
		if (tcb === undefined) return undefined;
		leaveListener(tcb);
		return tcb;
	}

	/** Connections that `accept` would hand out. */
	acceptable(listener: Tcb): number {
		let count = 0;
		for (let tcb = listener.acceptHead; tcb !== undefined; tcb = tcb.nextAccept) count++;
		return count;
	}

	/** A new owner hears what has come already. */
	adopt(tcb: Tcb, owner: NonNullable<Tcb["owner"]>): void {
		tcb.owner = owner;
		let events = 0;
		if (tcb.rcvUsed > 0) events |= READABLE;
		else if (tcb.finReceived) events |= ERROR;
		if (tcb.ended !== tcbs.NO_ERROR) events |= ERROR;
		if (this.writable(tcb) > 0) events |= WRITABLE;
		if (events !== 0) this.events.post(tcb, events);
	}

	/** Bytes that `read` has. */
	readable(tcb: Tcb): number {
		return tcb.rcvUsed;
	}

	/** Bytes that `write` takes now. */
	writable(tcb: Tcb): number {
		return tcb.sendable ? this.sendSize - tcb.sndUsed : 0;
	}

	/** Copies up to `length` received bytes to `buffer` from its byte `start` on. Answers how many. */
	read(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const got = tcpRead(this.#view, tcb.block, buffer, start, length);
		return got < WAKE ? got : this.woken(got);
	}

	/** `tcpRead` or `tcpWrite` answered `count` and that a poll must be asked for. Answers the count. */
	woken(count: number): number {
		this.core.wake();
		return count - WAKE;
	}

	/** One received byte, or -1 when there is none. */
	readByte(tcb: Tcb): number {
		const byte = streamByte(this.#view, tcb.block);
		if (byte >= 0) return byte;
		return this.read(tcb, this.#byte, 0, 1) === 0 ? -1 : this.#byte[0]!;
	}

	/** Takes all `length` bytes of `buffer` from its byte `start` on. Answers the room left, or -1 when they do not fit or the connection is not open for sending. */
	writeAll(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const room = tcpWrite(this.#view, tcb.block, buffer, start, length);
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
		if (tcb.finQueued || tcb.state < tcbs.SYN_RECEIVED) return;
		const mine = tcbs.load(this.#view, tcb);
		tcb.finQueued = true;
		if (tcb.state === tcbs.ESTABLISHED) tcbs.setState(tcb, tcbs.FIN_WAIT_1);
		else if (tcb.state === tcbs.CLOSE_WAIT) tcbs.setState(tcb, tcbs.LAST_ACK);
		if (mine) tcbs.store(this.#view, tcb);
		this.#wakeFor(tcb, SEND);
	}

	/**
	 * Lets go of a connection or a listener: what was written is still sent, then FIN. When received data was not read, or more
	 * comes, the peer is told by RST that nobody will: RFC 9293 §3.6.1, RFC 2525 §2.17. The peer has a minute to take everything and to
	 * close its side, and a second more for each 4 KB; when somebody needs the TCB, three seconds. RFC 6429 says why.
	 */
	close(tcb: Tcb): void {
		if (tcb.detached) return;
		const state = tcb.state;
		if (state > tcbs.SYN_SENT && state < tcbs.TIME_WAIT && tcb.rcvUsed > 0) return abort(this, tcb);
		detach(tcb);
		if (state === tcbs.CLOSED) release(this, tcb);
		else if (state <= tcbs.SYN_SENT) end(this, tcb, tcbs.NO_ERROR);
		else {
			if (state !== tcbs.TIME_WAIT) orphan(this, tcb);
			this.shutdown(tcb);
		}
	}

	/** Ends a connection or a listener at once; the peer gets RST. */
	abort(tcb: Tcb): void {
		abort(this, tcb);
	}

	/** Sends small segments at once: Nagle's algorithm off. */
	setNoDelay(tcb: Tcb, on: boolean): void {
		const mine = tcbs.load(this.#view, tcb);
		tcb.noDelay = on;
		if (mine) tcbs.store(this.#view, tcb);
		if (on) this.#wakeFor(tcb, SEND);
	}

	/** Time to live of its segments from now on, 1 to 255; of a listener, of its connections', SYN and ACK included. RFC 9293 §3.9.2.1 (MUST-49). */
	setTtl(tcb: Tcb, ttl: number): void {
		this.#view.setUint8(tcb.block + AT.template + ipv4.TTL, ttl);
	}

	/** Differentiated services code point of its segments from now on, 0 to 63; of a listener, of its connections'. RFC 9293 §3.9.2.1 (MUST-48), RFC 2474 §3. */
	setDscp(tcb: Tcb, dscp: number): void {
		this.#view.setUint8(tcb.block + AT.template + ipv4.TOS, dscp << 2);
	}

	/**
	 * How long data, or the SYN, may stay unacknowledged, ms; 0 for the default. Seen when a timer expires: no sooner than the first
	 * retransmission is due. RFC 9293 §3.8.3, RFC 5482.
	 */
	setUserTimeout(tcb: Tcb, ms: number): void {
		tcb.userTimeout = ms;
		const at = (tcb.stalledAt + ms) | 0;
		const stalled = tcb.backoff > 0 && tcb.work & (tcbs.RETRANSMIT | tcbs.PERSIST);
		if (ms === 0 || !stalled || ((at - tcb.retransmitAt) | 0) >= 0) return;
		tcb.retransmitAt = at;
		arm(this, tcb, at);
		this.core.wake();
	}

	/** Probes a silent peer after `idle` ms, then every `interval` ms; 0 turns it off. */
	setKeepAlive(tcb: Tcb, idle: number, interval = KEEP_ALIVE_INTERVAL): void {
		const mine = tcbs.load(this.#view, tcb);
		tcb.keepAliveIdle = idle;
		tcb.keepAliveInterval = interval;
		startKeepAlive(this, tcb);
		if (mine) tcbs.store(this.#view, tcb);
	}

	/** Bytes a second below which a connection, or each one of a listener, may be ended for a newcomer; 0 when it never is. `pace.ts`. */
	setLeastRate(tcb: Tcb, bytesPerSecond: number): void {
		this.pace.set(tcb, bytesPerSecond);
		this.core.wake();
	}

	/**
	 * Where every socket is taken, ends the connection that would give way to a newcomer who has shown that he is there. A server that calls it once a second mostly has a free socket for
	 * newcomers: without one, a newcomer's first segment ends a slow connection and has to be sent once more, and others may be quicker.
	 */
	keepOneFree(): void {
		keepFree(this);
	}

	/** The TCBs that somebody has, for people to look at. Allocates. */
	inUse(): Tcb[] {
		return this.tcbs.filter((tcb) => tcb.state !== tcbs.CLOSED || !tcb.detached);
	}

	/** TCBs that a program could have: free ones, and those that give way without loss to another program. */
	get available(): number {
		let count = 0;
		for (let i = 0; i < this.tcbs.length; i++) {
			if (spare(this, this.tcbs[i]!)) count++;
		}
		return count;
	}

	/** An interface is gone: what was bound to its slot ends. */
	interfaceGone(slot: number): void {
		interfaceGone(this, slot);
	}

	/** An address is gone: what was bound to it ends. */
	addressGone(address: number): void {
		addressGone(this, address);
	}

	#wakeFor(tcb: Tcb, bits: number): void {
		mark(this, tcb, bits);
		this.core.wake();
	}
}
