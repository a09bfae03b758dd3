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
import { DESTINATION, IP_AT, IP_END, PORTS, SEQ, SOURCE } from "./packet/fields.ts";
import { layoutOf } from "./packet/layout.ts";
import { NONE } from "./packet/pool.ts";
import { InterfaceSet } from "./ip/interfaces.ts";
import { Ip } from "./ip/ip.ts";
import { Routes } from "./ip/routes.ts";
import type { Interface } from "./link/interface.ts";
import { LoopbackInterface } from "./link/loopback.ts";
import { statusOf, type Status } from "./status.ts";
import { IcmpSockets } from "./transport/icmp.ts";
import { SocketSet } from "./transport/sockets.ts";
import type { Tcb } from "./transport/tcp/tcb.ts";
import { Tcp } from "./transport/tcp/tcp.ts";
import { Udp, type UdpSocket } from "./transport/udp.ts";
import * as icmpv4 from "./wire/icmpv4.ts";
import * as ipv4 from "./wire/ipv4.ts";
import * as kinds from "./wire/kinds.ts";
import { decode, decodeTransport, flowFind } from "#codec";

/** 127.0.0.1, RFC 1122 §3.2.1.3 (g). */
const LOCALHOST = 0x7f000001;

export class Stack {
	readonly core: Core;
	readonly ip: Ip;
	readonly sockets: SocketSet;
	readonly tcp: Tcp;
	readonly udp: Udp;
	readonly icmp: IcmpSockets;
	readonly interfaces: InterfaceSet;
	/** `add` and `remove` routes here. */
	readonly routes: Routes;
	#view: DataView;
	/** The packet that frames are received into, NONE while there is none, and where its IP header goes. */
	#packet = NONE;
	#at = 0;
	#flows: number;
	#tcbs: Tcb[];
	#udps: UdpSocket[];

	/** Allocates everything there will be. Throws RangeError or TypeError naming the option that is wrong. */
	constructor(options: CoreOptions) {
		const core = (this.core = new Core(options));
		this.#view = core.view;
		this.#nextPacket();
		this.routes = new Routes(core);
		this.interfaces = new InterfaceSet(core, this.routes, this);
		this.ip = new Ip(core, this.interfaces, this.routes);
		this.sockets = new SocketSet(core);
		this.#flows = this.sockets.flows.table;
		this.tcp = new Tcp(core, this.ip, this.sockets);
		this.#tcbs = this.tcp.tcbs;
		this.udp = new Udp(core, this.ip, this.sockets);
		this.#udps = this.udp.sockets;
		this.icmp = new IcmpSockets(core, this.ip, this.sockets);
		this.interfaces.add(new LoopbackInterface("lo", new LoopbackDevice())).addAddress(LOCALHOST, 8);
	}

	/** Bytes of the arena that `new Stack(options)` will allocate. Throws as it would. */
	static bytesFor(options: StackOptions): number {
		return layoutOf(limitsOf(options)).bytes;
	}

	/**
	 * Moves everything that can move. `now`: milliseconds of any steady clock, as an int32 that may wrap. Answers in how many milliseconds
	 * it wants to run again at the latest: 0 at once, -1 not before a device or the application says so. Callbacks run within.
	 */
	poll(now: number): number {
		const core = this.core;
		core.polling(now);
		const list = this.interfaces.list;
		let wanted = -1;
		for (let i = 0; i < list.length; i++) {
			const link = list[i]!;
			link.checkLink();
			link.ready = true;
			if (link.device.poll !== undefined) {
				const ms = link.device.poll(now);
				if (ms >= 0 && (wanted < 0 || ms < wanted)) wanted = ms;
			}
			if (link.waiting > 0) link.drain();
		}
		if (core.takeDeadline()) this.#timers();
		this.tcp.output(); // routes may have changed
		let busy = true;
		for (let turn = 0; busy && turn < TURNS_PER_POLL; turn++) busy = this.#turn();
		if (busy) return 0;
		const left = core.untilDeadline();
		return left >= 0 && (wanted < 0 || left < wanted) ? left : wanted;
	}

	/** A few frames of every interface, then what applications and connections make of them. Answers whether there may be more. */
	#turn(): boolean {
		const list = this.interfaces.list;
		let busy = false;
		for (let i = 0; i < list.length; i++) if (list[i]!.ready && this.#receive(list[i]!)) busy = true;
		const core = this.core;
		if (core.spare === NONE) core.takeSpare();
		if (this.sockets.posted) {
			this.sockets.dispatch();
			// What was read gave its packet back.
			if (this.sockets.posted || (this.#packet === NONE && this.#nextPacket())) busy = true;
		}
		if (this.tcp.pending !== undefined) this.tcp.output();
		return busy;
	}

	/** Takes frames from an interface's device and dispatches them. Answers whether there may be more. */
	#receive(link: Interface): boolean {
		if (!link.up || this.#packet === NONE) return this.#cannot(link);
		const view = this.#view;
		const device = link.device;
		const block = link.block;
		const space = link.space;
		const at = this.#at - link.linkHeader;
		let frames = FRAMES_PER_TURN;
		let kept = false;
		do {
			const length = device.receive(at, space);
			if (length <= 0) {
				if (length < 0) this.core.count(block, DROP.truncated);
				else {
					link.ready = link.polled;
					return false;
				}
			} else {
				const result = decode(view, at, at + length, block);
				// The likeliest first; the group bit makes it another kind.
				const kind = result & (kinds.KIND | kinds.GROUP);
				const payload = at + ((result >> kinds.OFFSET_SHIFT) & kinds.OFFSET_MASK);
				if (kind === kinds.TCP && result >= 0) {
					const index = flowFind(view, this.#flows, ipv4.TCP | (link.slot << 8));
					if (index >= 0) this.tcp.receive(this.#tcbs[index]!, link, payload, result >> kinds.LENGTH_SHIFT);
					else this.tcp.refuse(link, result >> kinds.LENGTH_SHIFT);
				} else if (kind === kinds.UDP && result >= 0) {
					const index = flowFind(view, this.#flows, ipv4.UDP | (link.slot << 8));
					if (index >= 0) kept = this.udp.receive(this.#udps[index]!, this.#packet, link, payload, result >> kinds.LENGTH_SHIFT);
					else this.#noSocket(link, result);
				} else if (kind === kinds.ICMP && result >= 0) kept = this.#icmp(link, payload, result >> kinds.LENGTH_SHIFT, 0);
				else kept = this.#other(link, result, payload);
				if (kept) return this.#nextPacket();
			}
		} while (--frames > 0);
		return true;
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
	#other(link: Interface, result: number, payload: number): boolean {
		if (result < 0) return this.#drop(link, -1 - result);
		const length = result >> kinds.LENGTH_SHIFT;
		const group = result & kinds.GROUP;
		switch (result & kinds.KIND) {
			case kinds.ARP:
				link.control(payload);
				return false;
			case kinds.TRANSIT:
				return this.#transit(link, group);
			case kinds.UDP: {
				const index = flowFind(this.#view, this.#flows, ipv4.UDP | (link.slot << 8));
				if (index >= 0) return this.udp.receive(this.#udps[index]!, this.#packet, link, payload, length);
				return this.#noSocket(link, result);
			}
			case kinds.ICMP:
				return this.#icmp(link, payload, length, group);
			case kinds.FRAGMENT:
				return this.#drop(link, DROP.ipv4Fragment);
			case kinds.TCP: // to a group: RFC 9293 §3.9.2.3
				return this.#drop(link, DROP.tcpUnacceptable);
			default:
				if (!group) this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PROTOCOL_UNREACHABLE, 0);
				return this.#drop(link, DROP.unknownProtocol);
		}
	}

	#noSocket(link: Interface, result: number): boolean {
		if (!(result & kinds.GROUP)) this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
		return this.#drop(link, DROP.udpNoSocket);
	}

	/** IPv4 for an address that is not the interface's: another interface's (weak host), or somebody else's. Answers whether the packet was kept. */
	#transit(link: Interface, group: number): boolean {
		const core = this.core;
		const at = core.fields[IP_AT]!;
		const end = core.fields[IP_END]!;
		const destination = core.fields[DESTINATION]!;
		if (!this.ip.isLocal(destination)) {
			if (!core.limits.forwarding) return this.#drop(link, DROP.ipv4NotLocal);
			return this.ip.forward(link, this.#packet, at, end, group);
		}
		if (core.limits.strongHost || ipv4.isLoopback(destination)) return this.#drop(link, DROP.ipv4StrongHost);
		const result = decodeTransport(this.#view, at, end, 0, group);
		const payload = at + ((result >> kinds.OFFSET_SHIFT) & kinds.OFFSET_MASK);
		if (result < 0 || (result & (kinds.KIND | kinds.GROUP)) !== kinds.TCP) return this.#other(link, result, payload);
		const index = flowFind(this.#view, this.#flows, ipv4.TCP | (link.slot << 8));
		if (index >= 0) this.tcp.receive(this.#tcbs[index]!, link, payload, result >> kinds.LENGTH_SHIFT);
		else this.tcp.refuse(link, result >> kinds.LENGTH_SHIFT);
		return false;
	}

	#icmp(link: Interface, at: number, length: number, group: number): boolean {
		const type = icmpv4.type(this.#view, at);
		if (type === icmpv4.ECHO_REQUEST && group === 0)
			return this.ip.icmp.echo(this.#packet, this.core.fields[IP_AT]!, at + length);
		if (type === icmpv4.ECHO_REPLY && this.icmp.receive(length)) return false;
		if (type === icmpv4.UNREACHABLE || type === icmpv4.TIME_EXCEEDED || type === icmpv4.PARAMETER_PROBLEM) {
			if (this.#icmpError(type, at, at + length)) return false;
		}
		return this.#drop(link, DROP.icmpUnhandled);
	}

	/** An error about a packet of ours: told to the connection that the quoted header names. RFC 1122 §3.2.2, RFC 5927 §4. */
	#icmpError(type: number, at: number, end: number): boolean {
		const core = this.core;
		const view = core.view;
		const fields = core.fields;
		const quoted = at + icmpv4.HEADER;
		if (end - quoted < ipv4.HEADER + 8 || view.getUint8(quoted) >> 4 !== 4) return false;
		const transport = quoted + ipv4.headerLength(view, quoted);
		if (ipv4.protocol(view, quoted) !== ipv4.TCP || transport + 8 > end || transport < quoted + ipv4.HEADER) return false;
		// The quoted packet went out: turned round, its addresses and ports are the connection's key.
		const ports = view.getInt32(transport);
		fields[SOURCE] = ipv4.destination(view, quoted);
		fields[DESTINATION] = ipv4.source(view, quoted);
		fields[PORTS] = (ports << 16) | (ports >>> 16);
		fields[SEQ] = view.getInt32(transport + 4);
		const index = flowFind(view, this.#flows, ipv4.TCP);
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
		const now = this.core.now;
		const list = this.interfaces.list;
		for (let i = 0; i < list.length; i++) list[i]!.timers(now);
		this.tcp.timers(now);
	}

	/** Told by the interface set. */
	addressGone(address: number): void {
		this.tcp.addressGone(address);
		this.udp.addressGone(address);
	}

	interfaceGone(slot: number): void {
		this.tcp.interfaceGone(slot);
		this.udp.interfaceGone(slot);
	}

	/** Everything there is to see, as a plain object for JSON. Allocates. */
	status(): Status {
		return statusOf(this);
	}
}
