// The packet path. Reception reads on this screen: device, decode, and then the layer that the packet is for.
//
//   in   Device ── decode ──┬─ ARP ── link          out   socket ── transport ── ip.output ── link.output ── Device
//                           ├─ for us ── transport ── socket
//                           └─ for others ── ip.forward
//
// On the way out each layer calls the next one down; there is nothing to dispatch.

import { FRAMES_PER_TURN, PACKET_HEADROOM, TURNS_PER_POLL, limitsOf, type StackOptions } from "./config.ts";
import { LoopbackDevice } from "./device/loopback.ts";
import { Core, type CoreOptions } from "./packet/core.ts";
import { DROP } from "./packet/drops.ts";
import { DESTINATION, IP_AT, IP_END, PAYLOAD_AT, PAYLOAD_LENGTH, PORTS, SEQ, SOURCE } from "./packet/fields.ts";
import { layoutOf } from "./packet/layout.ts";
import { NONE } from "./packet/pool.ts";
import { InterfaceSet } from "./ip/interfaces.ts";
import { Ip } from "./ip/ip.ts";
import { Routes } from "./ip/routes.ts";
import { EthernetInterface } from "./link/ethernet.ts";
import { ADDED, ROUTES, type Interface } from "./link/interface.ts";
import type { Path } from "./link/path.ts";
import { LoopbackInterface } from "./link/loopback.ts";
import { statusOf, type Status } from "./status.ts";
import { IcmpSockets } from "./transport/icmp.ts";
import { Flows } from "./transport/flows.ts";
import { Services } from "./transport/services.ts";
import { READABLE, SocketEvents } from "./transport/events.ts";
import type { Tcb } from "./transport/tcp/tcb.ts";
import { Tcp } from "./transport/tcp/tcp.ts";
import { Udp, type UdpSocket } from "./transport/udp.ts";
import { Watches, type Watch, type WatchListener } from "./transport/watch.ts";
import * as icmpv4 from "./wire/icmpv4.ts";
import * as ipv4 from "./wire/ipv4.ts";
import * as kinds from "./wire/kinds.ts";
import * as udp from "./wire/udp.ts";
import { decode, decodeTransport, flowFind } from "#codec";

/** 127.0.0.1, RFC 1122 §3.2.1.3 (g). */
const LOCALHOST = 0x7f000001;

const KIND_AND_GROUP = kinds.KIND | kinds.GROUP;

/**
 * A TCP/IP stack: interfaces, routes and one set of sockets, all in memory that is taken once. It runs by the host's timers;
 * with the option `onWake`, by the calls of `poll` of whoever made it.
 *
 * @example
 * ```ts
 * const stack = new Stack({ sockets: { tcp: 4 } });
 * stack.interfaces.add(new EthernetInterface("eth0", device)).addAddress("192.168.77.2/24");
 * useStack(stack);
 * ```
 */
export class Stack {
	readonly core: Core;
	readonly ip: Ip;
	/** Which socket gets which packets, and so the ports in use. */
	readonly flows: Flows;
	/** What sockets have to tell their owners. Set `onError` to hear what callbacks throw, which otherwise leaves `poll`. */
	readonly events: SocketEvents;
	readonly tcp: Tcp;
	readonly udp: Udp;
	readonly icmp: IcmpSockets;
	/** `add`, `remove` and `find` interfaces here. */
	readonly interfaces: InterfaceSet;
	/** `add` and `remove` routes here. */
	readonly routes: Routes;
	/** Who has `timers` called; whoever joins or leaves does so here. */
	readonly services: Services = new Services();
	#watches: Watches;
	#view: DataView;
	/** The packet that frames are received into, NONE while there is none, and where its IP header goes. */
	#packet = NONE;
	#at = 0;
	#lo: Interface;
	#wayVersion = -1;
	#flows: number;
	#echoPath: Path;
	#tcbs: Tcb[];
	#udps: UdpSocket[];

	/** Allocates everything there will be. Throws RangeError or TypeError naming the option that is wrong, or that the host cannot do without. */
	constructor(options: CoreOptions = {}) {
		const core = (this.core = new Core(
			options,
			(now) => this.poll(now),
			() => this.#yields(),
		));
		this.#view = core.view;
		this.#nextPacket();
		this.routes = new Routes(core);
		this.interfaces = new InterfaceSet(core, this.routes, this);
		this.ip = new Ip(core, this.interfaces, this.routes);
		this.#echoPath = this.ip.icmp.echoPath;
		this.flows = new Flows(core);
		this.events = new SocketEvents(core);
		this.#watches = new Watches(this.events);
		this.routes.onChange = (link) => this.changed(link, ROUTES);
		this.#flows = this.flows.table;
		this.tcp = new Tcp(core, this.ip, this.flows, this.events);
		this.#tcbs = this.tcp.tcbs;
		this.udp = new Udp(core, this.ip, this.flows, this.events);
		this.#udps = this.udp.sockets;
		this.icmp = new IcmpSockets(core, this.ip, this.events);
		this.#lo = this.interfaces.add(new LoopbackInterface("lo", new LoopbackDevice()));
		this.#lo.insertAddress(LOCALHOST, 8);
	}

	/** Bytes of the arena that `new Stack(options)` will allocate. Throws as it would. */
	static bytesFor(options: StackOptions): number {
		return layoutOf(limitsOf(options)).bytes;
	}

	/** For the host's timers: whether a poll ended early, so that timers of programs that are due come first. */
	#yields(): boolean {
		const { unread } = this.events;
		this.events.unread = false;
		return unread;
	}

	/**
	 * Moves everything that can move; only for those who gave `onWake`. `now`: milliseconds of any steady clock, as an int32 that may wrap. Answers in how many milliseconds
	 * it wants to run again at the latest: 0 at once, -1 not before a device or the application says so. Callbacks run within.
	 */
	poll(now: number): number {
		const core = this.core;
		const links = this.interfaces.list;
		core.now = now |= 0;
		core.awake = true; // whoever wakes us from here on is served before the end
		core.noticed = false;
		const lo = this.#lo; // links[0], which speaks up when it has something
		let wanted = -1;
		for (let i = 1; i < links.length; i++) {
			const link = links[i]!;
			if (link.ready || link.polled) {
				const ms = link.begin(now);
				if (ms >= 0 && (wanted < 0 || ms < wanted)) wanted = ms;
			}
		}
		if (core.armed && ((now - core.due) | 0) >= 0) this.#timers();
		if (this.#wayVersion !== core.wayVersion) {
			this.#wayVersion = core.wayVersion;
			this.tcp.checkRoutes(); // a way may be lost or found
		}
		if (core.spare < 0) core.takeSpare();
		const events = this.events;
		const tcp = this.tcp;
		let turns = TURNS_PER_POLL;
		let busy;
		do {
			busy = false;
			const count = links.length; // applications may have added or removed one
			if (lo.ready) {
				if (lo.waiting !== 0) lo.drain();
				if (this.#receive(lo)) busy = true;
			}
			for (let i = 1; i < count; i++) {
				const link = links[i]!;
				if (link.ready && this.#receive(link)) busy = true;
			}
			if (events.head !== null) {
				events.dispatch();
				if (events.putOff) {
					events.putOff = false;
					events.unread = true;
					turns = 1;
				}
				// What applications did may go on at once, and what they read may have given a packet back.
				if (events.head !== null || this.#packet < 0) busy = true;
			}
			if (tcp.pending !== undefined) tcp.output();
		} while (busy && --turns > 0);
		core.awake = false;
		if (busy || core.noticed) return 0;
		if (core.armed) {
			const left = (core.due - now) | 0;
			if (wanted < 0 || left < wanted) wanted = left < 0 ? 0 : left;
		}
		return wanted;
	}

	/** Takes frames from an interface's device and dispatches them. Answers whether there may be more. */
	#receive(link: Interface): boolean {
		if (!link.up || this.#packet < 0) return this.#cannot(link);
		const view = this.#view;
		const device = link.device;
		const block = link.block;
		const space = link.space;
		const ip = this.#at;
		const at = ip - link.linkHeader;
		const fused = link.fused;
		const tcp = this.tcp;
		let frames = FRAMES_PER_TURN;
		do {
			let result;
			if (fused) result = device.take!(at, space, block);
			else {
				const length = device.receive(at, space);
				result = length > 0 ? decode(view, at, at + length, block) : length === 0 ? -1 : this.#lost(link);
			}
			if (result < 0) {
				link.ready = link.polled;
				return false;
			}
			// The likeliest first; a group bit makes it another kind.
			const kind = result & KIND_AND_GROUP;
			if (kind === kinds.SEGMENT) {
				tcp.taken(this.#tcbs[result >> kinds.VALUE_SHIFT]!, result);
				// An acknowledgment is due: it should not wait for frames that the peer may hold back for it.
				if (tcp.pending !== undefined) return true;
			} else if (kind === kinds.ECHO) {
				const bytes = result >> kinds.VALUE_SHIFT;
				const path = this.#echoPath;
				const known = (result & kinds.ECHO_AGAIN) !== 0 && path.wayVersion === this.core.wayVersion && bytes <= path.mtu;
				if (known ? path.out!.send(this.#packet, ip, ip + bytes, path.header) : this.ip.icmp.echo(this.#packet, ip, ip + bytes))
					return this.#nextPacket();
			} else if (kind === kinds.DATAGRAM) {
				const socket = this.#udps[result >> kinds.VALUE_SHIFT]!;
				if (!socket.queued) this.events.post(socket, READABLE);
			} else if (result !== 0 && this.#other(link, result)) return this.#nextPacket();
		} while (--frames > 0);
		return true;
	}

	/** The device lost a frame. */
	#lost(link: Interface): number {
		this.core.count(link.block, DROP.truncated);
		return 0;
	}

	/** A link that is down discards what comes; without a packet buffer the device keeps it. Answers whether there may be more. */
	#cannot(link: Interface): boolean {
		if (this.#packet === NONE && !this.#nextPacket()) return false;
		if (link.up) return this.#receive(link);
		const length = link.device.receive(this.#at - link.linkHeader, link.space);
		if (length !== 0) this.core.count(link.block, DROP.interfaceDown);
		return length !== 0;
	}

	/** A packet to receive into, in place of one that was kept. Answers false when there is none: the device keeps its frames until there is. */
	#nextPacket(): boolean {
		const pool = this.core.pool;
		const packet = (this.#packet = pool.acquire());
		if (packet === NONE) return false;
		this.#at = pool.base(packet) + PACKET_HEADROOM;
		return true;
	}

	/** The less frequent of what `decode` answers. Answers whether the packet was kept. */
	#other(link: Interface, result: number): boolean {
		const group = result & kinds.GROUP;
		const index = result >> kinds.VALUE_SHIFT;
		switch (result & kinds.KIND) {
			case kinds.ARP:
				link.control(this.core.fields[PAYLOAD_AT]!);
				return false;
			case kinds.TRANSIT:
				return this.#transit(link, group);
			case kinds.UDP:
				if (index !== kinds.NO_SOCKET) {
					this.udp.receive(this.#udps[index]!, link, group);
					return false;
				}
				if (!group && !this.udp.hides(this.core.fields[PORTS]! & 0xffff))
					this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
				return this.#drop(link, DROP.udpNoSocket);
			case kinds.ICMP:
				return this.#icmp(link);
			case kinds.FRAGMENT:
				return this.#drop(link, DROP.ipv4Fragment);
			case kinds.TCP:
			case kinds.STRAY:
				if (group) return this.#drop(link, DROP.tcpUnacceptable); // RFC 9293 §3.9.2.3
				if (index === kinds.NO_SOCKET) {
					this.tcp.refuse(link);
					return this.#drop(link, DROP.tcpNoSocket);
				}
				this.tcp.receive(this.#tcbs[index]!, link);
				return false;
			case kinds.BAD_OPTION:
				if (!group) this.#badOption(link, index);
				return this.#drop(link, DROP.ipv4Malformed);
			case kinds.OTHER:
				if (!group) this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PROTOCOL_UNREACHABLE, 0);
				return this.#drop(link, DROP.unknownProtocol);
		}
		return false;
	}

	/** Tells the sender which octet of its options is wrong: hosts for what is theirs, routers for what they forward. RFC 1122 §3.2.2.5, 1812 §4.3.3.5. */
	#badOption(link: Interface, pointer: number): void {
		const ours = link.anyAddress || this.ip.isLocal(this.core.fields[DESTINATION]!);
		if (ours || this.core.limits.forwarding) this.ip.icmp.error(link, icmpv4.PARAMETER_PROBLEM, 0, pointer << 24);
	}

	/** IPv4 for an address that is not the interface's: another interface's (weak host), or somebody else's. Answers whether the packet was kept. */
	#transit(link: Interface, group: number): boolean {
		const core = this.core;
		const at = core.fields[IP_AT]!;
		const end = core.fields[IP_END]!;
		const destination = core.fields[DESTINATION]!;
		// RFC 2131 §4.1: to our hardware address, and to the IP address that is offered.
		const port = link instanceof EthernetInterface ? link.anyAddressPort : 0;
		const offered = port !== 0 && group === 0 && this.#isForPort(port, at, end);
		if (!offered && !this.ip.isLocal(destination)) {
			if (!core.limits.forwarding) return this.#drop(link, DROP.ipv4NotLocal);
			return this.ip.forward(link, this.#packet, at, end, group);
		}
		// RFC 1122 §3.3.6, as `decode` for this interface's own.
		if (group !== 0 && !offered) return this.#drop(link, DROP.ipv4LinkBroadcast);
		if ((core.limits.strongHost && !offered) || ipv4.isLoopback(destination)) return this.#drop(link, DROP.ipv4StrongHost);
		const result = decodeTransport(this.#view, at, end, link.block, group);
		const value = result >> kinds.VALUE_SHIFT;
		const kind = result & KIND_AND_GROUP;
		if (kind === kinds.ECHO) return this.ip.icmp.echo(this.#packet, at, at + value);
		if (kind === kinds.DATAGRAM) this.events.post(this.#udps[value]!, READABLE);
		else if (kind === kinds.SEGMENT) this.tcp.taken(this.#tcbs[value]!, result);
		else return this.#other(link, result);
		return false;
	}

	/** Whether the valid IPv4 packet in bytes `at` to `end` has a UDP datagram for that port. */
	#isForPort(port: number, at: number, end: number): boolean {
		const view = this.#view;
		if (ipv4.protocol(view, at) !== ipv4.UDP || ipv4.isFragment(view, at)) return false;
		const header = at + ipv4.headerLength(view, at);
		return udp.valid(view, header, end) && (udp.ports(view, header) & 0xffff) === port;
	}

	/** ICMP but echo requests for us. */
	#icmp(link: Interface): boolean {
		const at = this.core.fields[PAYLOAD_AT]!;
		const length = this.core.fields[PAYLOAD_LENGTH]!;
		const type = icmpv4.type(this.#view, at);
		if (type === icmpv4.ECHO_REPLY && this.icmp.receive(link, length)) return false;
		if (type === icmpv4.UNREACHABLE || type === icmpv4.TIME_EXCEEDED || type === icmpv4.PARAMETER_PROBLEM) {
			if (this.#icmpError(link, type, at, at + length)) return false;
		}
		return this.#drop(link, DROP.icmpUnhandled);
	}

	/** An error about a packet of ours: told to the connection or the ping that the quoted header names. RFC 1122 §3.2.2, RFC 5927 §4. */
	#icmpError(link: Interface, type: number, at: number, end: number): boolean {
		const core = this.core;
		const view = core.view;
		const fields = core.fields;
		const quoted = at + icmpv4.HEADER;
		if (end - quoted < ipv4.HEADER + 8 || view.getUint8(quoted) >> 4 !== 4) return false;
		if (this.icmp.error(link, type, icmpv4.code(view, at), fields[SOURCE]!, quoted, end)) return true;
		const transport = quoted + ipv4.headerLength(view, quoted);
		if (ipv4.protocol(view, quoted) !== ipv4.TCP || transport + 8 > end || transport < quoted + ipv4.HEADER) return false;
		// The quoted packet went out: turned round, its addresses and ports are the connection's key.
		const ports = view.getInt32(transport);
		fields[SOURCE] = ipv4.destination(view, quoted);
		fields[DESTINATION] = ipv4.source(view, quoted);
		fields[PORTS] = (ports << 16) | (ports >>> 16);
		fields[SEQ] = view.getInt32(transport + 4);
		const index = flowFind(view, this.#flows, ipv4.TCP | (link.slot << 8));
		if (index < 0) return false;
		const mtu =
			type === icmpv4.UNREACHABLE && icmpv4.code(view, at) === icmpv4.FRAGMENTATION_NEEDED ? icmpv4.nextHopMtu(view, at) : 0;
		this.tcp.icmpError(this.tcp.tcbs[index]!, type, icmpv4.code(view, at), mtu);
		return true;
	}

	#drop(link: Interface, reason: number): boolean {
		this.core.count(link.block, reason);
		return false;
	}

	#timers(): void {
		this.core.armed = false; // who still waits for something says so again
		const now = this.core.now;
		const list = this.interfaces.list;
		for (let i = 0; i < list.length; i++) list[i]!.timers(now);
		this.tcp.timers(now);
		this.services.timers(now);
	}

	/** Calls `listener` after processing when something became of an interface, until the answer's `close()`. */
	watch(listener: WatchListener): Watch {
		return this.#watches.add(listener);
	}

	/** Told by the interface set. */
	changed(link: Interface, what: number): void {
		if (what === ADDED) this.udp.tellGroups(link);
		this.#watches.changed(link, what);
	}

	addressGone(address: number): void {
		this.tcp.addressGone(address);
		this.udp.addressGone(address);
	}

	interfaceGone(slot: number): void {
		this.tcp.interfaceGone(slot);
		this.udp.interfaceGone(slot);
		this.icmp.interfaceGone(slot);
	}

	undeliverable(link: Interface, at: number, end: number): void {
		const from = ipv4.source(this.#view, at); // ours, or the sender's of a packet that we forwarded
		if (!this.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, from, at, end)) this.ip.undeliverable(link, at, end);
	}

	/** Everything there is to see, as a plain object for JSON. Allocates. */
	status(): Status {
		return statusOf(this);
	}
}
