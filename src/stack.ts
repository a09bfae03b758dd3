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
import { Tcp } from "./transport/tcp/tcp.ts";
import { Udp } from "./transport/udp.ts";
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
	#packet = NONE;
	#flows: number;

	/** Allocates everything there will be. Throws RangeError or TypeError naming the option that is wrong. */
	constructor(options: CoreOptions) {
		const core = (this.core = new Core(options));
		this.#packet = core.pool.acquire();
		this.routes = new Routes(core);
		this.interfaces = new InterfaceSet(core, this.routes, this);
		this.ip = new Ip(core, this.interfaces, this.routes);
		this.sockets = new SocketSet(core);
		this.#flows = this.sockets.flows.table;
		this.tcp = new Tcp(core, this.ip, this.sockets);
		this.udp = new Udp(core, this.ip, this.sockets);
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
			if (link.device.poll !== undefined) {
				const ms = link.device.poll(now);
				if (ms >= 0 && (wanted < 0 || ms < wanted)) wanted = ms;
			}
			if (link.queue.head !== NONE) link.drain();
		}
		if (core.takeDeadline()) this.#timers();
		let busy = true;
		for (let turn = 0; busy && turn < TURNS_PER_POLL; turn++) busy = this.#turn();
		if (busy) return 0;
		const left = core.untilDeadline();
		return left >= 0 && (wanted < 0 || left < wanted) ? left : wanted;
	}

	/** A few frames of every interface, then what applications and connections make of them. Answers whether there may be more. */
	#turn(): boolean {
		const core = this.core;
		let busy = false;
		if (core.spare === NONE) core.takeSpare();
		const list = this.interfaces.list;
		for (let i = 0; i < list.length; i++) if (this.#receive(list[i]!)) busy = true;
		if (this.sockets.posted) {
			this.sockets.dispatch();
			busy = busy || this.sockets.posted;
		}
		this.tcp.output();
		return busy;
	}

	/** Takes frames from an interface's device. Answers whether there may be more. */
	#receive(link: Interface): boolean {
		const core = this.core;
		const header = link.linkHeader;
		const space = link.receiveSpace;
		for (let i = 0; i < FRAMES_PER_TURN; i++) {
			let packet = this.#packet;
			if (packet === NONE) {
				packet = this.#packet = core.pool.acquire();
				if (packet === NONE) return false; // nothing is lost yet: the device keeps the frame
			}
			const at = core.pool.base(packet) + PACKET_HEADROOM - header;
			const length = link.device.receive(at, space);
			if (length === 0) return false;
			if (length < 0) core.count(link.block, DROP.truncated);
			else if (!link.up) core.count(link.block, DROP.interfaceDown);
			else if (this.#input(link, packet, at, at + length)) this.#packet = core.pool.acquire();
		}
		return true;
	}

	/** Dispatches one frame. Answers whether the packet was kept. */
	#input(link: Interface, packet: number, at: number, end: number): boolean {
		const core = this.core;
		let result = decode(core.view, at, end, link.block);
		if (result < 0) return this.#drop(link, -1 - result);
		if ((result & kinds.KIND) === kinds.TRANSIT) {
			if (!this.ip.isLocal(core.fields[DESTINATION]!)) return this.#transit(link, packet, result & kinds.GROUP);
			if (core.limits.strongHost || ipv4.isLoopback(core.fields[DESTINATION]!)) return this.#drop(link, DROP.ipv4StrongHost);
			at = core.fields[IP_AT]!;
			result = decodeTransport(core.view, at, core.fields[IP_END]!, 0, result & kinds.GROUP);
			if (result < 0) return this.#drop(link, -1 - result);
		}
		const payload = at + ((result >> kinds.OFFSET_SHIFT) & kinds.OFFSET_MASK);
		const length = result >> kinds.LENGTH_SHIFT;
		switch (result & kinds.KIND) {
			case kinds.TCP: {
				if (result & kinds.GROUP) return this.#drop(link, DROP.tcpUnacceptable); // RFC 9293 §3.9.2.3
				const index = flowFind(core.view, this.#flows, ipv4.TCP | (link.slot << 8));
				if (index >= 0) this.tcp.receive(this.tcp.tcbs[index]!, link, payload, length);
				else this.tcp.refuse(link, length);
				return false;
			}
			case kinds.UDP: {
				const index = flowFind(core.view, this.#flows, ipv4.UDP | (link.slot << 8));
				if (index >= 0) return this.udp.receive(this.udp.sockets[index]!, packet, link, payload, length);
				if (!(result & kinds.GROUP)) this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
				return this.#drop(link, DROP.udpNoSocket);
			}
			case kinds.ICMP:
				return this.#icmp(link, packet, payload, length, result & kinds.GROUP);
			case kinds.ARP:
				link.control(payload, packet);
				return false;
			case kinds.FRAGMENT:
				return this.#drop(link, DROP.ipv4Fragment);
			default:
				if (!(result & kinds.GROUP)) this.ip.icmp.error(link, icmpv4.UNREACHABLE, icmpv4.PROTOCOL_UNREACHABLE, 0);
				return this.#drop(link, DROP.unknownProtocol);
		}
	}

	/** IPv4 for somebody else. Answers whether the packet was kept. */
	#transit(link: Interface, packet: number, group: number): boolean {
		if (!this.core.limits.forwarding) return this.#drop(link, DROP.ipv4NotLocal);
		return this.ip.forward(link, packet, this.core.fields[IP_AT]!, this.core.fields[IP_END]!, group);
	}

	#icmp(link: Interface, packet: number, at: number, length: number, group: number): boolean {
		const core = this.core;
		const type = icmpv4.type(core.view, at);
		if (type === icmpv4.ECHO_REQUEST && !group) return this.ip.icmp.echo(packet, core.fields[IP_AT]!, core.fields[IP_END]!);
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
