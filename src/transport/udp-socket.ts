// What there is of a UDP socket besides its block in the arena. Read udp.ts for what is done with it.

import type { Core } from "../packet/core.ts";
import { UdpBlock } from "../packet/udp-block.ts";
import { udpRing, udpRingSize } from "../packet/layout.ts";
import type { Ip } from "../ip/ip.ts";
import type { Path } from "../link/path.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import { FIRST_SOCKET } from "../packet/news.ts";
import type { NewsSocket, SocketEvents, SocketOwner } from "./events.ts";

/** Bytes of the headers before a datagram's payload. */
export const HEADERS = ipv4.HEADER + udp.HEADER;

/** Bits of a socket: what goes to 255.255.255.255 leaves by every interface. */
export const BY_ALL = 1;
/** It takes nothing that is for a broadcast address or a group. */
export const NO_GROUPS = 2;
/** Its path is that of one datagram whose source address or interface was given. */
export const GIVEN = 4;

/** Where a socket's words are in its block. */
const AT = UdpBlock.offsets;

export class UdpSocket implements NewsSocket {
	/** Its number among the sockets that have news. */
	readonly news: number;
	/** Arena offset of its block, packet/udp-block.ts. */
	readonly block: number;
	/** `localPort` << 16, as headers have it. */
	sourcePort = 0;
	readonly path: Path;
	/** 0: any of our addresses. */
	localAddress = 0;
	localPort = 0;
	/** Of the datagram that was read last: its sender, what it was sent to, and the slot of the interface that it came by. 0 while none was read. */
	fromAddress = 0;
	fromPort = 0;
	toAddress = 0;
	toPort = 0;
	fromSlot = 0;
	/** Bits as above. */
	bits = 0;
	/** Whether somebody has it. */
	open = false;
	/** Its address or interface was removed: it hears and sends nothing any more. */
	gone = false;
	/** Interface slot it is bound to, or 0. */
	bound = 0;
	readonly index: number;
	readonly #view: DataView;
	readonly #events: SocketEvents;

	constructor(core: Core, ip: Ip, events: SocketEvents, index: number) {
		this.index = index;
		this.#view = core.view;
		this.#events = events;
		this.news = FIRST_SOCKET + core.limits.tcp + index;
		this.block = core.layout.udps + index * UdpBlock.bytes;
		core.view.setInt32(this.block + AT.ring, udpRing(core.layout.rings, core.limits, index), true);
		core.view.setInt32(this.block + AT.size, udpRingSize(core.limits, index), true);
		core.view.setInt32(this.block + AT.news, this.news, true);
		this.path = ip.path(this.block + AT.path);
		events.owners[this.news] = null;
	}

	/** Who is told of its events. */
	get owner(): SocketOwner | null {
		return this.#events.owners[this.news]!;
	}
	set owner(owner: SocketOwner | null) {
		this.#events.own(this, owner);
	}

	/** Datagrams that wait. */
	get pending(): number {
		return this.#view.getInt32(this.block + AT.count, true);
	}
}
