// TCP, RFC 9293: what applications and the stack call. All TCBs, their buffers and lists are made here, once.
// Read tcb.ts first. A segment comes in by `receive`, which has the short way of what is expected; everything else goes the long
// way of receive.ts, in the order of RFC 9293 §3.10.7. What goes out goes by `output`, once a turn: send.ts.

import { ringPut, ringRead, ringWrite } from "#codec";
import { TRANSMIT_CHECKSUM } from "../../device/device.ts";
import type { Ip } from "../../ip/ip.ts";
import type { Interface } from "../../link/interface.ts";
import { Path } from "../../link/path.ts";
import {
	TCB_BLOCK,
	TCB_IP_HEADER,
	TCB_NO_CHECKSUM,
	TCB_OPTIONS_LENGTH,
	TCB_SEND_RING,
	TCB_SEND_SIZE,
} from "../../packet/blocks.ts";
import type { Core } from "../../packet/core.ts";
import { ACK as REGISTER_ACK, FLAGS_WINDOW, SEQ } from "../../packet/fields.ts";
import { receiveRing, sendRing } from "../../packet/layout.ts";
import { PacketQueue } from "../../packet/pool.ts";
import type { Bytes } from "../../wire/copies.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { ACK, DEFAULT_MSS, HEADER, PSH } from "../../wire/tcp.ts";
import { ERROR, READABLE, WRITABLE, type SocketSet } from "../sockets.ts";
import { Reno, type CongestionControl } from "./congestion.ts";
import { refuse, setIss } from "./handshake.ts";
import { Isn } from "./isn.ts";
import { icmpError } from "./icmp.ts";
import { Reassembly } from "./reassembly.ts";
import { acknowledge, arrive, offered } from "./receive.ts";
import { emitReset, mark, transmit } from "./send.ts";
import * as tcbs from "./tcb.ts";
import { Tcb, type TcpError } from "./tcb.ts";
import {
	arm,
	delayAck,
	FIN_WAIT_2_TIME,
	KEEP_ALIVE_INTERVAL,
	linger,
	RETRY_TIME,
	RTO_INITIAL,
	scan,
	startKeepAlive,
	USER_TIMEOUT,
} from "./timers.ts";

/** Flags that leave the short way; PSH makes no difference. */
const UNUSUAL = (0xff & ~PSH) << 16;
const PLAIN = ACK << 16;
/** Payload of an Ethernet frame without options: the unit in which windows are worth announcing. */
const FULL = 1460;

export interface ConnectOptions {
	/** 0 or absent: chosen by RFC 6724. */
	localAddress?: number;
	/** 0 or absent: an ephemeral one. */
	localPort?: number;
	/** Slot of the only interface to use, 0 or absent: any. */
	interfaceSlot?: number;
}

function checkPort(name: string, port: number, low: number): void {
	if (port !== Math.floor(port) || port < low || port > 65_535) throw new RangeError(`${name} ${port}: expected ${low} to 65535`);
}

export class Tcp {
	#fields: Int32Array;
	/** List of TCBs for `output`, threaded through nextPending. */
	pending: Tcb | undefined = undefined;
	readonly core: Core;
	readonly view: DataView;
	readonly receiveSize: number;
	readonly sendSize: number;
	readonly sockets: SocketSet;
	/** The delayed-ACK tick is running, and comes at ackTickAt. */
	ackTick = false;
	ackTickAt = 0;
	readonly ip: Ip;
	/** Least opening of the window worth telling with a segment that goes anyway, and worth one of its own. */
	readonly windowStep: number;
	readonly updateStep: number;
	readonly congestion: CongestionControl = new Reno();
	/** `scan` was asked for, at scanAt or earlier; and the list of TCBs with timers. */
	scanDue = false;
	scanAt = 0;
	timed: Tcb | undefined = undefined;
	#generation = -1;
	readonly tcbs: Tcb[] = [];
	readonly reassembly: Reassembly;
	readonly strayPath = new Path();
	readonly noQueue: PacketQueue;
	#free: Tcb | undefined = undefined;
	#isn: Isn;

	constructor(core: Core, ip: Ip, sockets: SocketSet) {
		this.core = core;
		this.ip = ip;
		this.sockets = sockets;
		this.view = core.view;
		this.#fields = core.fields;
		this.receiveSize = core.limits.receiveBuffer;
		this.sendSize = core.limits.sendBuffer;
		const half = this.receiveSize >> 1;
		this.windowStep = Math.min(half, FULL);
		this.updateStep = Math.min(half, 2 * FULL);
		this.reassembly = new Reassembly(core.limits.tcp);
		this.noQueue = new PacketQueue(core.pool);
		this.#isn = new Isn(core.random32);
		for (let i = 0; i < core.limits.tcp; i++) {
			const block = core.layout.tcbs + i * TCB_BLOCK;
			core.view.setInt32(block + TCB_SEND_RING, sendRing(core.layout, core.limits, i), true);
			core.view.setInt32(block + TCB_SEND_SIZE, this.sendSize, true);
			core.view.setInt32(block + TCB_IP_HEADER, ipv4.HEADER, true);
			this.tcbs.push(new Tcb(i, block, receiveRing(core.layout, core.limits, i)));
		}
		for (let i = core.limits.tcp - 1; i >= 0; i--) this.release(this.tcbs[i]!);
	}

	/** One valid segment for this TCB; the registers hold its header. Never keeps the packet. */
	receive(tcb: Tcb, iface: Interface, payloadAt: number, payloadLength: number): void {
		const fields = this.#fields;
		const seq = fields[SEQ]!;
		const flagsWindow = fields[FLAGS_WINDOW]!;
		const used = tcb.rcvUsed;
		const size = this.receiveSize;
		if (seq !== tcb.rcvNxt || !tcb.fast || (flagsWindow & UNUSUAL) !== PLAIN || payloadLength > size - used)
			return arrive(this, tcb, iface, payloadAt, payloadLength);
		const ack = fields[REGISTER_ACK]!;
		const una = tcb.sndUna;
		if (ack !== una) {
			const acked = (ack - una) | 0;
			if (acked < 0 || acked > ((tcb.sndNxt - una) | 0)) return arrive(this, tcb, iface, payloadAt, payloadLength);
			acknowledge(this, tcb, ack, acked);
		} else if (payloadLength === 0) return arrive(this, tcb, iface, payloadAt, payloadLength);
		const window = flagsWindow & 0xffff;
		if (window !== tcb.sndWnd) offered(this, tcb, window);
		if (payloadLength === 0) return;
		const at = tcb.rcvAt;
		ringPut(this.view, tcb.receiveRing, size, at, payloadAt, payloadLength);
		const next = at + payloadLength;
		tcb.rcvAt = next < size ? next : next - size;
		tcb.rcvUsed = used + payloadLength;
		tcb.rcvNxt = (seq + payloadLength) | 0;
		// RFC 5681 §4.2: every second segment is acknowledged, when the turn ends; the first waits for the tick.
		const work = tcb.work;
		if (work & tcbs.ACK_DELAYED) {
			if (!(work & tcbs.ACK_NOW)) mark(this, tcb, tcbs.ACK_NOW);
		} else if (this.ackTick && work & tcbs.LISTED) tcb.work = work | tcbs.ACK_DELAYED;
		else delayAck(this, tcb);
		if (!(tcb.events & READABLE)) this.sockets.post(tcb, READABLE);
	}

	/** Answers a segment that no socket wants with RST: RFC 9293 §3.10.7.1. */
	refuse(iface: Interface, payloadLength: number): void {
		refuse(this, iface, payloadLength);
	}

	/** Sends for every TCB that has something to say. Called once a turn. */
	output(): void {
		if (this.#generation !== this.ip.routes.generation) this.#routesChanged();
		let tcb = this.pending;
		if (tcb === undefined) return;
		this.pending = undefined;
		let complete = true;
		do {
			const next: Tcb | undefined = tcb.nextPending;
			tcb.nextPending = undefined;
			tcb.work &= ~tcbs.PENDING;
			if (!transmit(this, tcb)) {
				mark(this, tcb, 0);
				complete = false;
			}
			tcb = next;
		} while (tcb !== undefined);
		if (!complete) this.core.deadline((this.core.now + RETRY_TIME) | 0);
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
		checkPort("port", port, 1);
		const localPort = options.localPort ?? 0;
		checkPort("local port", localPort, 0);
		if (address === 0 || this.ip.isGroup(address)) throw new RangeError("remote address: expected that of one host");
		const tcb = this.#takeOrThrow();
		const path = tcb.path;
		path.destination = tcb.remoteAddress = address;
		path.bound = options.interfaceSlot ?? 0;
		path.source = options.localAddress ?? 0;
		tcb.remotePort = port;
		tcb.meta = ipv4.TCP | (path.bound << 8);
		if (!this.ip.route(path)) {
			this.release(tcb);
			throw new Error("no route to the host");
		}
		tcb.localAddress = path.source;
		tcb.localPort = localPort !== 0 ? localPort : this.sockets.ephemeralPort(tcb.meta, path.source, address, port);
		if (tcb.localPort === 0 || !this.open(tcb)) {
			this.release(tcb);
			throw new Error(localPort !== 0 ? `TCP port ${localPort} is in use` : "all ephemeral TCP ports are in use");
		}
		tcbs.setState(tcb, tcbs.SYN_SENT);
		this.#wakeFor(tcb);
		return tcb;
	}

	/**
	 * Listens at address (0: all), port (0: a free one, or with an interface slot every port that has no other socket) and
	 * interface slot (0: all). At most `backlog` connections wait to be accepted. Throws as `connect` does.
	 */
	listen(address: number, port: number, backlog: number, interfaceSlot: number): Tcb {
		checkPort("port", port, 0);
		if (backlog !== Math.floor(backlog) || backlog < 1)
			throw new RangeError(`backlog ${backlog}: expected a whole number from 1`);
		const tcb = this.#takeOrThrow();
		tcb.localAddress = address;
		tcb.remoteAddress = tcb.remotePort = 0;
		tcb.meta = ipv4.TCP | (interfaceSlot << 8);
		tcb.localPort = port !== 0 || interfaceSlot !== 0 ? port : this.sockets.ephemeralPort(tcb.meta, address, 0, 0);
		if (!this.sockets.flows.insert(address, 0, tcb.localPort, tcb.meta, tcb.index)) {
			this.release(tcb);
			throw new Error(`TCP port ${port} is in use`);
		}
		tcb.path.bound = interfaceSlot;
		tcb.backlog = backlog;
		tcbs.setState(tcb, tcbs.LISTEN);
		return tcb;
	}

	/** The next connection of a listener that is established, or undefined. What has come for it is posted once it has an owner: `adopt`. */
	accept(listener: Tcb): Tcb | undefined {
		const tcb = listener.acceptHead;
		if (tcb === undefined) return undefined;
		this.#leaveListener(tcb);
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
		if (tcb.error !== "") events |= ERROR;
		if (this.writable(tcb) > 0) events |= WRITABLE;
		if (events !== 0) this.sockets.post(tcb, events);
	}

	/** Bytes that `read` has. */
	readable(tcb: Tcb): number {
		return tcb.rcvUsed;
	}

	/** Bytes that `write` takes now. */
	writable(tcb: Tcb): number {
		const state = tcb.state;
		if ((state !== tcbs.ESTABLISHED && state !== tcbs.CLOSE_WAIT) || tcb.finQueued) return 0;
		return this.sendSize - tcb.sndUsed;
	}

	/** Copies up to `length` received bytes to `buffer` from its byte `start` on. Answers how many. */
	read(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const used = tcb.rcvUsed;
		if (length > used) length = used;
		if (length <= 0) return 0;
		const size = this.receiveSize;
		let from = tcb.rcvAt - used;
		if (from < 0) from += size;
		ringRead(this.view, tcb.receiveRing, size, from, buffer, start, length);
		this.#consumed(tcb, used - length);
		return length;
	}

	/** One received byte, or -1 when there is none. */
	readByte(tcb: Tcb): number {
		const used = tcb.rcvUsed;
		if (used === 0) return -1;
		let from = tcb.rcvAt - used;
		if (from < 0) from += this.receiveSize;
		const byte = this.view.getUint8(tcb.receiveRing + from);
		this.#consumed(tcb, used - 1);
		return byte;
	}

	/** The application has read, `used` bytes are left: the window has opened. */
	#consumed(tcb: Tcb, used: number): void {
		tcb.rcvUsed = used;
		if (tcb.finReceived) {
			if (used === 0) this.sockets.post(tcb, ERROR);
			return;
		}
		const work = tcb.work;
		if (work & tcbs.ACK_NOW) return;
		if (this.receiveSize - used - ((tcb.rcvAdv - tcb.rcvNxt) | 0) < this.updateStep || tcb.state < tcbs.ESTABLISHED) return;
		mark(this, tcb, tcbs.ACK_NOW);
		this.core.wake();
	}

	/** Takes up to `length` bytes of `buffer` from its byte `start` on. Answers how many: 0 when the send ring is full, or the connection not open for sending. */
	write(tcb: Tcb, buffer: Bytes, start: number, length: number): number {
		const room = this.writable(tcb);
		if (length > room) length = room;
		if (length <= 0) return 0;
		const size = this.sendSize;
		const used = tcb.sndUsed;
		let to = tcb.sndAt + used;
		if (to >= size) to -= size;
		ringWrite(this.view, this.view.getInt32(tcb.block + TCB_SEND_RING, true), size, to, buffer, start, length);
		tcb.sndUsed = used + length;
		this.#wakeFor(tcb);
		return length;
	}

	/** Writes one byte. False when there is no room. */
	writeByte(tcb: Tcb, byte: number): boolean {
		if (this.writable(tcb) === 0) return false;
		const used = tcb.sndUsed;
		let to = tcb.sndAt + used;
		if (to >= this.sendSize) to -= this.sendSize;
		this.view.setUint8(this.view.getInt32(tcb.block + TCB_SEND_RING, true) + to, byte);
		tcb.sndUsed = used + 1;
		this.#wakeFor(tcb);
		return true;
	}

	/** FIN after everything written; receiving goes on. */
	shutdown(tcb: Tcb): void {
		if (tcb.finQueued || tcb.state < tcbs.SYN_RECEIVED) return;
		tcb.finQueued = true;
		if (tcb.state === tcbs.ESTABLISHED) tcbs.setState(tcb, tcbs.FIN_WAIT_1);
		else if (tcb.state === tcbs.CLOSE_WAIT) tcbs.setState(tcb, tcbs.LAST_ACK);
		this.#wakeFor(tcb);
	}

	/**
	 * Lets go of a connection or a listener: what was written is still sent, then FIN. When received data was not read, or more
	 * comes, the peer is told by RST that nobody will: RFC 9293 §3.6.1, RFC 2525 §2.17.
	 */
	close(tcb: Tcb): void {
		if (tcb.detached) return;
		const state = tcb.state;
		if (state > tcbs.SYN_SENT && state < tcbs.TIME_WAIT && tcb.rcvUsed > 0) return this.abort(tcb);
		this.#detach(tcb);
		if (state === tcbs.CLOSED) this.release(tcb);
		else if (state <= tcbs.SYN_SENT) this.end(tcb, "");
		else if (state === tcbs.FIN_WAIT_2) linger(this, tcb, FIN_WAIT_2_TIME);
		else this.shutdown(tcb);
	}

	/** Ends a connection or a listener at once; the peer gets RST. */
	abort(tcb: Tcb): void {
		const state = tcb.state;
		if (state === tcbs.CLOSED && tcb.detached) return;
		this.#detach(tcb);
		if (state === tcbs.CLOSED) return this.release(tcb);
		if (state >= tcbs.SYN_RECEIVED && state <= tcbs.CLOSE_WAIT) emitReset(this, tcb);
		this.end(tcb, "");
	}

	#detach(tcb: Tcb): void {
		tcb.detached = true;
		tcb.owner = null;
		tcb.events = 0;
	}

	/** Sends small segments at once: Nagle's algorithm off. */
	setNoDelay(tcb: Tcb, on: boolean): void {
		tcb.noDelay = on;
		if (on) this.#wakeFor(tcb);
	}

	/** Probes a silent peer after `idle` ms, then every `interval` ms; 0 turns it off. */
	setKeepAlive(tcb: Tcb, idle: number, interval = KEEP_ALIVE_INTERVAL): void {
		tcb.keepAliveIdle = idle;
		tcb.keepAliveInterval = interval;
		startKeepAlive(this, tcb);
	}

	/** The TCBs that somebody has, for people to look at. Allocates. */
	inUse(): Tcb[] {
		return this.tcbs.filter((tcb) => tcb.state !== tcbs.CLOSED || !tcb.detached);
	}

	/** TCBs that a newcomer could have: free ones, and those that only wait for the network to forget them. */
	get available(): number {
		let count = 0;
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb = this.tcbs[i]!;
			if (tcb.detached && (tcb.state === tcbs.CLOSED || tcb.state === tcbs.TIME_WAIT)) count++;
		}
		return count;
	}

	/** An interface is gone: what was bound to its slot ends. */
	interfaceGone(slot: number): void {
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb = this.tcbs[i]!;
			if (tcb.state !== tcbs.CLOSED && tcb.path.bound === slot) this.end(tcb, "unreachable");
		}
	}

	/** An address is gone: what was bound to it ends. */
	addressGone(address: number): void {
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb = this.tcbs[i]!;
			if (tcb.state !== tcbs.CLOSED && tcb.localAddress === address) this.end(tcb, "unreachable");
		}
	}

	/**
	 * Routes changed. A connection that has lost its way is given its user timeout to find another; one that found one again
	 * sends at once what waits for its acknowledgment.
	 */
	#routesChanged(): void {
		this.#generation = this.ip.routes.generation;
		const now = this.core.now;
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb = this.tcbs[i]!;
			if (tcb.state < tcbs.SYN_SENT) continue;
			if (!this.#resolve(tcb)) {
				if (tcb.work & tcbs.ROUTE_LOST) continue;
				tcb.work |= tcbs.ROUTE_LOST;
				tcb.routeLostAt = (now + (tcb.userTimeout || USER_TIMEOUT)) | 0;
				arm(this, tcb, tcb.routeLostAt);
			} else if (tcb.work & tcbs.ROUTE_LOST) {
				tcb.work &= ~tcbs.ROUTE_LOST;
				if (!(tcb.work & (tcbs.RETRANSMIT | tcbs.PERSIST))) continue;
				tcb.retransmitAt = now;
				arm(this, tcb, now);
			}
		}
	}

	/** Looks the way to the peer up. */
	#resolve(tcb: Tcb): boolean {
		const path = tcb.path;
		const found = this.ip.route(path);
		const offload = path.out !== undefined && path.out.device.abilities & TRANSMIT_CHECKSUM ? 1 : 0;
		this.view.setInt32(tcb.block + TCB_NO_CHECKSUM, offload, true);
		return found;
	}

	/** The largest payload that we can be sent in one segment: our MSS option. RFC 9293 §3.7.1. */
	receiveMss(tcb: Tcb): number {
		return this.ip.mtu(tcb.path) - ipv4.HEADER - HEADER;
	}

	/** The largest that we send, from the peer's MSS option (0: none). Two fit the send ring, so that acknowledgments need not wait for a timer. */
	sendMss(tcb: Tcb, offer: number): number {
		const peer = offer === 0 ? DEFAULT_MSS : offer;
		const mss = Math.min(peer, this.ip.mtu(tcb.path) - ipv4.HEADER - HEADER, Math.max(1, this.sendSize >> 1));
		return mss < 28 && peer < 28 ? 28 : mss;
	}

	/** Enters a TCB with both addresses into the flow table, and makes its headers. False when there is no route, or the key is taken. */
	open(tcb: Tcb): boolean {
		if (!this.#resolve(tcb)) return false;
		const ports = (tcb.remotePort << 16) | tcb.localPort;
		if (!this.sockets.flows.insert(tcb.localAddress, tcb.remoteAddress, ports, tcb.meta, tcb.index)) return false;
		const view = this.view;
		const block = tcb.block;
		view.setInt32(block, 0x45000000);
		view.setInt32(block + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
		view.setInt32(block + ipv4.TTL, (ipv4.DEFAULT_TTL << 24) | (ipv4.TCP << 16));
		view.setInt32(block + ipv4.SOURCE, tcb.localAddress);
		view.setInt32(block + ipv4.DESTINATION, tcb.remoteAddress);
		view.setInt32(block + ipv4.HEADER, (tcb.localPort << 16) | tcb.remotePort);
		view.setInt32(block + TCB_OPTIONS_LENGTH, 0);
		setIss(tcb, this.#isn.next(this.core.now, tcb.localAddress, tcb.remoteAddress, ports));
		tcb.rto = RTO_INITIAL;
		return true;
	}

	/** A new TCB: a free one, or the one that has been in TIME-WAIT longest. */
	take(): Tcb | undefined {
		if (this.#free === undefined) this.#recycle();
		const tcb = this.#free;
		if (tcb === undefined) return undefined;
		this.#free = tcb.nextFree;
		tcb.nextFree = undefined;
		tcbs.renew(tcb);
		return tcb;
	}

	#takeOrThrow(): Tcb {
		const tcb = this.take();
		if (tcb === undefined) throw new Error(`all ${this.tcbs.length} TCP sockets are in use; raise the option "sockets.tcp"`);
		return tcb;
	}

	/** TIME-WAIT does not keep newcomers out. RFC 9293 §3.10.1 would have them wait; a small set cannot. */
	#recycle(): void {
		let oldest: Tcb | undefined = undefined;
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb: Tcb = this.tcbs[i]!;
			if (tcb.state !== tcbs.TIME_WAIT || !tcb.detached) continue;
			if (oldest === undefined || ((tcb.lingerAt - oldest.lingerAt) | 0) < 0) oldest = tcb;
		}
		if (oldest !== undefined) this.end(oldest, "");
	}

	/** Gives a TCB back that is in no table. */
	release(tcb: Tcb): void {
		tcbs.setState(tcb, tcbs.CLOSED);
		tcb.work &= tcbs.PENDING | tcbs.LISTED;
		this.#detach(tcb);
		tcb.nextFree = this.#free;
		this.#free = tcb;
	}

	/** The connection or the listener is over; with an error its owner hears of it. The TCB stays the application's until it lets go. */
	end(tcb: Tcb, error: TcpError): void {
		if (tcb.state === tcbs.CLOSED) return;
		const ports = (tcb.remotePort << 16) | tcb.localPort;
		this.sockets.flows.remove(tcb.localAddress, tcb.remoteAddress, ports, tcb.meta);
		const listened = tcb.state === tcbs.LISTEN;
		tcbs.setState(tcb, tcbs.CLOSED);
		tcb.work &= tcbs.PENDING | tcbs.LISTED;
		tcb.error = error;
		if (listened) this.#endChildren(tcb);
		if (tcb.listener !== undefined) {
			this.#leaveListener(tcb);
			tcb.detached = true;
		}
		if (tcb.detached) this.release(tcb);
		else if (error !== "") this.sockets.post(tcb, ERROR);
	}

	/** Nobody will accept what waits for this listener. */
	#endChildren(listener: Tcb): void {
		for (let i = 0; i < this.tcbs.length; i++) {
			const tcb = this.tcbs[i]!;
			if (tcb.listener === listener) this.abort(tcb);
		}
	}

	/** Takes a connection off its listener's books. */
	#leaveListener(tcb: Tcb): void {
		const listener = tcb.listener!;
		tcb.listener = undefined;
		listener.waiting--;
		let before: Tcb | undefined = undefined;
		for (let other = listener.acceptHead; other !== undefined; other = other.nextAccept) {
			if (other === tcb) {
				if (before === undefined) listener.acceptHead = tcb.nextAccept;
				else before.nextAccept = tcb.nextAccept;
				if (listener.acceptTail === tcb) listener.acceptTail = before;
				break;
			}
			before = other;
		}
		tcb.nextAccept = undefined;
	}

	#wakeFor(tcb: Tcb): void {
		mark(this, tcb, 0);
		this.core.wake();
	}
}
