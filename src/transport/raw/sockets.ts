// Raw sockets, and those for whole frames, as the layers above have them: what they call, and what was wrong with a call. What is done for one is flat TypeScript beside this; all that there is
// of one lies in a block like that of a UDP socket (packet/udp-block.ts).

import * as door from "#codec";
import { given, givenSource } from "../../address.ts";
import type { Core } from "../../packet/core.ts";
import { FLAG_TAPPED } from "../../packet/interface-block.ts";
import { socketNumbers, udpRing, udpRingSize } from "../../packet/layout.ts";
import { NONE } from "../../packet/packets.ts";
import { UDP_ERRORS, UdpBlock } from "../../packet/udp-block.ts";
import type { Interface } from "../../link/interface.ts";
import type { Ip } from "../../ip/ip.ts";
import type { Bytes } from "../../wire/kernels/bytes.ts";
import type { SocketEvents } from "../events.ts";
import { HEADER as UDP_HEADER } from "../../wire/udp.ts";
import { DROPPED, GONE, TOO_LONG } from "../answers.ts";
import { UdpSocket } from "../udp/socket.ts";

const AT = UdpBlock.offsets;

/** What a stack has for them. */
interface Host {
	readonly core: Core;
	readonly ip: Ip;
	readonly events: SocketEvents;
}

/** A stack's sockets, which are made when they are first asked for. */
export function rawOf(stack: Host): RawSockets {
	return (stack.events.raw ??= new RawSockets(stack.core, stack.ip, stack.events)) as RawSockets;
}

export class RawSockets {
	readonly sockets: UdpSocket[] = [];
	#core: Core;
	#view: DataView;
	#ip: Ip;
	/** Those for frames that are open, and their interfaces. */
	#taps = new Map<UdpSocket, Interface>();

	constructor(core: Core, ip: Ip, events: SocketEvents) {
		const { view, layout, limits } = core;
		this.#core = core;
		this.#view = view;
		this.#ip = ip;
		const first = socketNumbers(limits).raw;
		for (let i = 0; i < limits.raw; i++) {
			const index = limits.udp + limits.services + i;
			const at = layout.udps + index * UdpBlock.bytes;
			const news = first + i;
			view.setInt32(at + AT.ring, udpRing(layout.udpRings, limits, index), true);
			view.setInt32(at + AT.size, udpRingSize(limits, index), true);
			view.setInt32(at + AT.news, news, true);
			view.setInt32(at + AT.index, index, true);
			this.sockets.push(new UdpSocket(view, events, at));
		}
	}

	/** A socket for a protocol, of one family (4, 6; 0: both), bound to an address ("": any) and an interface slot (0: any). Throws Error when none is free. */
	open(protocol: number, family: number, address: string, bound: number): UdpSocket {
		return this.#opened(door.rawOpen(this.#view, given(this.#view, address), protocol, family, bound, false));
	}

	/** A socket for the frames of an interface, likewise. */
	tap(link: Interface): UdpSocket {
		const socket = this.#opened(door.rawOpen(this.#view, given(this.#view, ""), 0, 0, link.slot, true));
		this.#taps.set(socket, link);
		link.setFlag(FLAG_TAPPED, true);
		return socket;
	}

	#opened(block: number): UdpSocket {
		const { length } = this.sockets;
		if (block === 0)
			throw new Error(
				length === 0
					? `there is no raw socket; set the option "sockets.raw"`
					: `all ${length} raw sockets are in use; raise the option "sockets.raw"`,
			);
		const { udp, services } = this.#core.limits;
		return this.sockets[this.#view.getInt32(block + AT.index, true) - udp - services]!;
	}

	/** It wants ICMP errors about what it sends. */
	wantErrors(socket: UdpSocket): void {
		door.udpSetBits(this.#view, socket.block, UDP_ERRORS);
	}

	close(socket: UdpSocket): void {
		door.rawClose(this.#view, socket.block);
		socket.owner = null;
		const link = this.#taps.get(socket);
		if (link === undefined) return;
		this.#taps.delete(socket);
		for (const other of this.#taps.values()) if (other === link) return;
		link.setFlag(FLAG_TAPPED, false);
	}

	/** Sends `length` bytes of `data` in an IP packet. Throws as `Udp.send`. */
	send(socket: UdpSocket, to: string, data: Bytes, length: number, from: string, slot: number, hops: number): void {
		const view = this.#view;
		const answer = door.rawSend(view, socket.block, given(view, to), data, length, givenSource(view, from), slot, hops);
		this.#sent(socket, answer, length, answer === TOO_LONG ? door.udpMost(view, socket.block) + UDP_HEADER : 0);
	}

	/** Sends a whole frame. */
	sendFrame(socket: UdpSocket, data: Bytes, length: number): void {
		this.#sent(
			socket,
			door.frameSend(this.#view, socket.block, data, length),
			length,
			socket.mtu + this.#taps.get(socket)!.linkHeader,
		);
	}

	/** Does what is to be done, or throws why nothing was sent; `most`: bytes that may be sent. */
	#sent(socket: UdpSocket, answer: number, length: number, most: number): void {
		if (answer === TOO_LONG) throw new RangeError(`packet of ${length} bytes: expected at most ${most}`);
		if (answer === GONE) throw new Error("the socket's address or interface is gone");
		if (answer < DROPPED) throw new Error("no route to the host, the interface is down, or it has no address yet");
		if (answer > 0) this.#ip.interfaces.linkAt(socket.out)!.follow(answer);
		if (this.#core.spare === NONE) this.#core.takeSpare();
	}

	/** An interface is gone: sockets bound to its slot end. */
	interfaceGone(slot: number): void {
		door.rawInterfaceGone(this.#view, slot);
		this.#core.wake();
	}

	/** An address is gone, one of a single link on the interface in slot `zone`, else 0: sockets bound to it end. */
	addressGone(address: string, zone: number): void {
		door.rawAddressGone(this.#view, given(this.#view, address), zone);
		this.#core.wake();
	}
}
