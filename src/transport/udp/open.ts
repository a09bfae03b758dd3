// Sockets are opened, bound and closed, and end with the address or the interface that they are bound to. Flat TypeScript.

import { copyAddress, sameAddress, setNone } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { NO_ADDRESS } from "../../packet/fields.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import { ERROR, newsOwned, newsPost } from "../../packet/news.ts";
import { PathBlock, pathClear, pathForget } from "../../packet/path-block.ts";
import {
	UDP_FAMILY,
	UDP_GONE,
	UDP_OPEN,
	UDP_SHARED,
	UdpBlock,
	udpAt,
	udpFamily,
	udpHasPlace,
	udpSockets,
} from "../../packet/udp-block.ts";
import { udpForget } from "./deliver.ts";
import { errorsForget } from "./errors.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { familyPorts, inZone } from "../flow-find.ts";
import { flowInsert, flowRemove, flowValue, listenPort } from "../flow-table.ts";

/** Questions of resolvers come from any port from here on, above those that programs are likely to want: RFC 5452 §9.2. */
const FIRST_LOOKUP = 32_768;
const LOOKUPS = 32_768;

/** Answers of `udpOpen` and `udpOpenService` that are no block: no socket is free, the port is another's, or all ephemeral ones are. */
export const NO_SOCKET = 0;
export const PORT_IN_USE = -1;
export const NO_PORTS = -2;

/**
 * A socket for a program, bound to an address (none: any), a port (0: a free one, by `chance`) and an interface slot (0: any). With a slot and neither address nor port, and `anyPort`, it
 * gets every datagram of that interface that no other socket wants. `family`: the only one that it takes when it has no address, 4 or 6, or 0. `shared`: others that say so may be bound
 * to the same; of them the first gets what is for it alone. Answers its block, or why there is none.
 */
export function udpOpen(
	view: DataView,
	address: Address,
	port: number,
	slot: number,
	anyPort: boolean,
	family: number,
	shared: boolean,
	chance: number,
): number {
	const free = freeSocket(view, 0, CoreBlock.of(view, CORE).udpCount);
	if (free === 0) return NO_SOCKET;
	const meta = ipv4.UDP | (slot << 8);
	const chosen = port === 0 && !anyPort ? listenPort(view, meta, address, chance) : port;
	if (chosen === 0 && !anyPort) return NO_PORTS;
	return bind(view, UdpBlock.of(view, free), address, chosen, meta, family, shared ? UDP_SHARED : 0);
}

/** A socket for a service of the stack, bound to a port and an interface slot (0: any). Port 0: for a look-up, any port that nobody has. Answers as `udpOpen`. */
export function udpOpenService(view: DataView, port: number, slot: number, chance: number): number {
	const core = CoreBlock.of(view, CORE);
	if (port === 0 && lookups(view) >= core.lookupsMost) return NO_SOCKET;
	const free = freeSocket(view, core.udpCount, udpSockets(view));
	if (free === 0) return NO_SOCKET;
	return bind(
		view,
		UdpBlock.of(view, free),
		NO_ADDRESS,
		port === 0 ? lookupPort(view, chance) : port,
		ipv4.UDP | (slot << 8),
		0,
		0,
	);
}

/** The block of the first socket from index `first` on that nobody has, 0 for none. */
function freeSocket(view: DataView, first: number, end: number): Offset {
	for (let i = first; i < end; i++) {
		const at = udpAt(view, i);
		if (UdpBlock.of(view, at).bits === 0) return at;
	}
	return 0;
}

/** How many look-ups there are. */
function lookups(view: DataView): number {
	const end = udpSockets(view);
	let count = 0;
	for (let i = CoreBlock.of(view, CORE).udpCount; i < end; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (socket.bits !== 0 && socket.localPort >= FIRST_LOOKUP) count = (count + 1) | 0;
	}
	return count;
}

/** Whether a stranger is not told that a port is closed: one that a look-up could have, while there is one. Else those who try all find its port. RFC 5452 §9.2. */
export function hides(view: DataView, port: number): boolean {
	return port >= FIRST_LOOKUP && lookups(view) > 0;
}

/** A port for a question, that of no other socket, bound to an interface or not: answers must not go astray. */
function lookupPort(view: DataView, chance: number): number {
	let port = FIRST_LOOKUP + (chance & (LOOKUPS - 1));
	while (isTaken(view, port)) port = FIRST_LOOKUP + ((port + 1) & (LOOKUPS - 1));
	return port;
}

/** Whether any socket is bound to that port. There are fewer sockets than ports. */
function isTaken(view: DataView, port: number): boolean {
	const end = udpSockets(view);
	for (let i = 0; i < end; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (socket.bits !== 0 && socket.localPort === port) return true;
	}
	return false;
}

/** Its ring is empty, and nobody has sent anything to it. */
export function nothingCame(view: DataView, socket: UdpBlock): void {
	socket.next = 0;
	socket.used = 0;
	socket.count = 0;
	setNone(view, socket.lastSource);
	setNone(view, socket.lastDestination);
	socket.lastPorts = 0;
	socket.lastSlot = 0;
}

/** Nobody has the socket any more, nor what waits in it. */
export function nobodyHas(view: DataView, socket: UdpBlock): void {
	errorsForget(view, socket);
	socket.bits = 0;
	socket.used = 0;
	socket.count = 0;
	newsOwned(view, socket.news, false);
}

/** Answers the socket's block, or PORT_IN_USE. `shared`: UDP_SHARED, or 0. */
function bind(
	view: DataView,
	socket: UdpBlock,
	local: Address,
	port: number,
	meta: number,
	family: number,
	shared: number,
): number {
	const ports = familyPorts(port, family);
	if (!flowInsert(view, local, NO_ADDRESS, ports, meta, socket.index)) {
		const first = UdpBlock.of(view, udpAt(view, flowValue(view, local, NO_ADDRESS, ports, meta)));
		if ((first.bits & shared) === 0) return PORT_IN_USE;
	}
	nothingCame(view, socket);
	socket.bits = UDP_OPEN | shared | (family << UDP_FAMILY);
	copyAddress(view, socket.localAddress, local);
	socket.localPort = port;
	socket.meta = meta;
	const path = PathBlock.of(view, socket.path);
	pathClear(path);
	path.bound = meta >> 8;
	path.hops = 0;
	return socket.at;
}

/** Nobody has the socket any more. */
export function udpClose(view: DataView, block: Offset): void {
	const socket = UdpBlock.of(view, block);
	if (socket.bits === 0) return;
	leave(view, socket);
	PathBlock.of(view, socket.path).wayVersion = -1;
	nobodyHas(view, socket);
}

/** Nothing comes for the socket any more. */
function leave(view: DataView, socket: UdpBlock): void {
	const ports = familyPorts(socket.localPort, udpFamily(socket));
	if ((socket.bits & UDP_GONE) !== 0) return;
	// Of those that share a port the first has the entry.
	if (flowValue(view, socket.localAddress, NO_ADDRESS, ports, socket.meta) !== socket.index) return;
	flowRemove(view, socket.localAddress, NO_ADDRESS, ports, socket.meta);
	if ((socket.bits & UDP_SHARED) !== 0) inherit(view, socket, ports);
}

/** Another socket that shares what `first` was bound to gets what is for one alone from now on. */
function inherit(view: DataView, first: UdpBlock, ports: number): void {
	const count = udpSockets(view);
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (i === first.index || !udpHasPlace(socket) || socket.meta !== first.meta) continue;
		if (familyPorts(socket.localPort, udpFamily(socket)) !== ports) continue;
		if (!sameAddress(view, socket.localAddress, first.localAddress)) continue;
		flowInsert(view, socket.localAddress, NO_ADDRESS, ports, socket.meta, i);
		return;
	}
}

/** The socket's address or interface is gone. */
function end(view: DataView, socket: UdpBlock): void {
	leave(view, socket);
	socket.bits = socket.bits | UDP_GONE;
	PathBlock.of(view, socket.path).wayVersion = -1;
	newsPost(view, socket.news, ERROR);
}

/** An interface is gone: sockets bound to its slot end, and what came by it did not come by the next one that has the slot. */
export function udpInterfaceGone(view: DataView, slot: number): void {
	const count = udpSockets(view);
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (udpHasPlace(socket) && socket.meta >> 8 === slot) end(view, socket);
		udpForget(view, socket.at, slot);
	}
}

/** An address is gone: sockets bound to it end. */
export function udpAddressGone(view: DataView, address: Address, zone: number): void {
	const count = udpSockets(view);
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (udpHasPlace(socket) && sameAddress(view, socket.localAddress, address) && inZone(socket.meta, zone)) end(view, socket);
	}
}

/** What the socket sends has that time to live, 0 for the default, and TOS_BITS, as `ipv4Build` has them. RFC 1122 §4.1.3.5 and §3.2.1.7, RFC 2474 §3. */
export function udpSetHops(view: DataView, block: Offset, hops: number): void {
	const path = PathBlock.of(view, UdpBlock.of(view, block).path);
	path.hops = hops;
	pathForget(path);
}

/** Sets some of its bits, UDP_BY_ALL, UDP_NO_GROUPS, UDP_ERRORS and what is for groups. */
export function udpSetBits(view: DataView, block: Offset, bits: number): void {
	const socket = UdpBlock.of(view, block);
	socket.bits = socket.bits | bits;
	pathForget(PathBlock.of(view, socket.path));
}
