// What a person or a monitoring program may ask of a stack. It reads, and changes nothing. `STATUS` says what is told, and how each value is found; pieces.ts tells it piece by piece.

import { NO_ADDRESS } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import { DROPS } from "../packet/drops.ts";
import type { Device } from "../device/device.ts";
import { canSend, type Route } from "../ip/routes.ts";
import type { Neighbor } from "../link/neighbor-list.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { CONTESTED, DELAY, FREE, INCOMPLETE, PROBE, REACHABLE, STALE } from "../packet/neighbor-block.ts";
import type { AutoconfigurationState } from "../link/autoconfiguration-state.ts";
import type { Interface } from "../link/interface.ts";
import type { LeaseState, LeaseView } from "../link/lease.ts";
import type { Conflict } from "../link/own-addresses.ts";
import type { PppState, PppView } from "../link/ppp/ppp.ts";
import { BRACKET, BRACKET_END, type JsonWriter } from "./json.ts";
import { WAY, type WayStatus } from "./way.ts";
import { JsonPieces, PIECE_BYTES, membersOf, type Members } from "./pieces.ts";
import type { SocketView } from "../transport/block-socket.ts";
import { CLOSED, type Tcb } from "../transport/tcp/tcb.ts";
import { read } from "../packet/counters.ts";
import type { Stack } from "../stack.ts";
import type { RouterView } from "../transport/router-view.ts";

/** Where these lie in an interface's block. */
const {
	mac: MAC,
	rxPackets: RX_PACKETS,
	rxBytes: RX_BYTES,
	txPackets: TX_PACKETS,
	txBytes: TX_BYTES,
	drops: DROPS_AT,
} = InterfaceBlock.offsets;

/** An interface, as a person or a monitoring program sees it. */
export interface InterfaceStatus {
	/** As given. */
	name: string;
	/** Never that of another interface, also of one that is gone. */
	id: number;
	/** "ethernet", "ppp", "slip", "vlan" or "loopback". */
	kind: string;
	/** Whether packets pass. */
	up: boolean;
	/** "02:00:00:00:00:01"; Ethernet only. */
	mac: string | null;
	/** Largest IP packet, bytes. */
	mtu: number;
	/** Added to that of its routes. */
	metric: number;
	/** "192.168.77.2/24". */
	addresses: string[];
	/** Packets and their bytes, link headers included. */
	received: { packets: number; bytes: number };
	/** The same of what was sent. */
	sent: { packets: number; bytes: number };
	/** Packets dropped, by reason; reasons that never came up are left out. */
	drops: Record<string, number>;
	/** The driver's counters, by name. */
	device: Record<string, number>;
	/** Packets that wait for the device. */
	queued: number;
	/** PPP only. */
	ppp?: PppState;
	/** With a DHCP client only. */
	dhcp?: LeaseState;
	/** Where it comes to addresses of IPv6 by itself. */
	ipv6?: AutoconfigurationState;
	/** Ethernet, when other stations use addresses of ours: who, how many ARP packets said so, and how long ago the last one did. RFC 5227 §2.4. */
	conflicts?: { address: string | null; mac: string; count: number; agoMs: number }[];
}

/** A socket that is open. */
export interface SocketStatus {
	/** "tcp", "udp" or "icmp". */
	protocol: string;
	/** "listen", "established" and so on; "" for protocols without states. */
	state: string;
	/** "192.168.77.2:80". */
	local: string;
	/** The peer; "" when there is none. */
	remote: string;
	/** Bytes (TCP) or datagrams (UDP) waiting for the application. */
	receiveQueue: number;
	/** Bytes not acknowledged yet. */
	sendQueue: number;
	/** Of a connection: a part of what `tcpInfo()` tells. */
	way?: WayStatus;
}

/** What there is to see of a stack. */
export interface Status {
	/** Another number after every change of addresses, routes and links. */
	version: number;
	/** In the order in which they were added. */
	interfaces: InterfaceStatus[];
	/** `active`: packets can leave by its interface; `connected`: made by an address. */
	routes: { prefix: string; gateway: string | null; interface: string; metric: number; connected: boolean; active: boolean }[];
	/** The same number after the routes: where a status is told in turns, one that differs says that interfaces and routes are of different moments. Ask again then. */
	versionAfter: number;
	/** Ethernet's neighbours, as ARP and neighbour discovery know them. */
	neighbors: { address: string; mac: string; interface: string; state: string }[];
	/** Those that are open. */
	sockets: SocketStatus[];
	/** Bytes of the arena, and how many packets and sockets there are and are free; `services`: UDP sockets of DHCP and DNS. */
	memory: {
		arena: number;
		packets: number;
		packetsFree: number;
		tcp: number;
		tcpFree: number;
		udp: number;
		udpFree: number;
		services: number;
		servicesFree: number;
		/** TCP's pool, bytes: all of it, what nobody has, and what is promised, that is, windows and room that were told, and what each socket has for good. */
		pool: number;
		poolFree: number;
		poolPromised: number;
	};
	/** Of a router (`multihome/router`): room and how much of it is used, counters, packets by rule, and a line for each session and mapping. */
	router?: Record<string, number | string>;
}

type Out = JsonWriter;

const within = (length: number, index: number) => (index < length ? index : -1);

/** Counters of packets and their bytes, the offset of which in the interface's block is given. */
function traffic(packetsAt: number, bytesAt: number): Members {
	// Constants: what functions share in flash does not change.
	const packets = packetsAt;
	const bytes = bytesAt;
	return membersOf<InterfaceStatus["received"], Interface>({
		packets: { write: (out: Out, link) => out.number(read(link.arena, link.block + packets)) },
		bytes: { write: (out: Out, link) => out.number(read(link.arena, link.block + bytes)) },
	});
}

const PPP = membersOf<PppState, PppView>({
	phase: { write: (out: Out, state) => out.text(state.phase) },
	reason: { write: (out: Out, state) => out.text(state.reason) },
	failures: { write: (out: Out, state) => out.number(state.failures) },
	retryInMs: { write: (out: Out, state) => out.number(state.retryInMs) },
	local: { write: (out: Out, state) => out.textOrNull(state.local) },
	remote: { write: (out: Out, state) => out.textOrNull(state.remote) },
	refused: { write: (out: Out, state) => out.text(state.refused) },
	dns: { write: (out: Out, state) => out.texts(state.dns) },
	auth: { write: (out: Out, state) => out.text(state.auth) },
	peerAuth: { write: (out: Out, state) => out.text(state.peerAuth) },
	peerName: { write: (out: Out, state) => out.text(state.peerName) },
	lcp: { write: (out: Out, state) => out.text(state.lcp) },
	ipcp: { write: (out: Out, state) => out.text(state.ipcp) },
	ipv6cp: { write: (out: Out, state) => out.text(state.ipv6cp) },
	identifier: { write: (out: Out, state) => out.text(state.identifier) },
	peerIdentifier: { write: (out: Out, state) => out.text(state.peerIdentifier) },
});

const DHCP = membersOf<LeaseState, LeaseView>({
	state: { write: (out: Out, lease) => out.text(lease.state) },
	reason: { write: (out: Out, lease) => out.text(lease.reason) },
	address: { write: (out: Out, lease) => out.textOrNull(lease.address) },
	prefixLength: { write: (out: Out, lease) => out.number(lease.prefixLength) },
	broadcast: { write: (out: Out, lease) => out.textOrNull(lease.broadcast) },
	server: { write: (out: Out, lease) => out.textOrNull(lease.server) },
	router: { write: (out: Out, lease) => out.textOrNull(lease.router) },
	dns: { write: (out: Out, lease) => out.texts(lease.dns) },
	ntp: { write: (out: Out, lease) => out.texts(lease.ntp) },
	domain: { write: (out: Out, lease) => out.text(lease.domain) },
	hostname: { write: (out: Out, lease) => out.text(lease.hostname) },
	mtu: { write: (out: Out, lease) => out.number(lease.mtu) },
	leaseSeconds: { write: (out: Out, lease) => out.number(lease.leaseSeconds) },
	renewsInMs: { write: (out: Out, lease) => out.number(lease.renewsInMs) },
	rebindsInMs: { write: (out: Out, lease) => out.number(lease.rebindsInMs) },
	expiresInMs: { write: (out: Out, lease) => out.number(lease.expiresInMs) },
	ignored: { write: (out: Out, lease) => out.number(lease.ignored) },
	refused: { write: (out: Out, lease) => out.number(lease.refused) },
	conflicts: { write: (out: Out, lease) => out.number(lease.conflicts) },
});

type Own6 = AutoconfigurationState["addresses"][0];

/** Nothing of it where there is no IPv6. */
const IPV6 = hasIpv6()
	? membersOf<AutoconfigurationState, AutoconfigurationState>({
			addresses: {
				rows: {
					members: membersOf<Own6, Own6>({
						address: { write: (out: Out, { address }) => out.text(address) },
						length: { write: (out: Out, { length }) => out.number(length) },
						state: { write: (out: Out, own) => out.text(own.state) },
						temporary: { write: (out: Out, { temporary }) => out.flag(temporary) },
					}),
				},
				next: ({ addresses }, index) => within(addresses.length, index),
				row: ({ addresses }, index) => addresses[index],
			},
			routers: { write: (out: Out, { routers }) => out.texts(routers) },
			nameServers: { write: (out: Out, { nameServers }) => out.texts(nameServers) },
			domains: { write: (out: Out, { domains }) => out.texts(domains) },
			managed: { write: (out: Out, { managed }) => out.flag(managed) },
			other: { write: (out: Out, { other }) => out.flag(other) },
			hopLimit: { write: (out: Out, { hopLimit }) => out.number(hopLimit) },
			mtu: { write: (out: Out, { mtu }) => out.number(mtu) },
			reachableMs: { write: (out: Out, { reachableMs }) => out.number(reachableMs) },
			retransMs: { write: (out: Out, { retransMs }) => out.number(retransMs) },
			heard: { write: (out: Out, { heard }) => out.number(heard) },
			refused: { write: (out: Out, { refused }) => out.number(refused) },
			reason: { write: (out: Out, { reason }) => out.text(reason) },
		})
	: DHCP;

/** So many reasons are looked at in one step. */
const REASONS_PER_STEP = 16;

/** Reasons that never came up are left out. */
function eachDrop(out: Out, { arena, block }: Interface, index: number): number {
	const count = DROPS.length;
	if (index >= count) return -1;
	const stop = index + REASONS_PER_STEP < count ? index + REASONS_PER_STEP : count;
	for (let at = block + DROPS_AT + 4 * index; index < stop; index++, at += 4) {
		const drops = arena.getInt32(at, true);
		if (drops === 0) continue;
		out.key(DROPS[index]!);
		out.number(drops >>> 0);
		return index + 1;
	}
	return stop;
}

/** The device, where it tells its counters one by one, else all of them at once. */
function countersOf(link: Interface): Device | [string, number][] {
	const { device } = link;
	return device.counterNames !== undefined ? device : Object.entries(device.counters ?? {});
}

function eachCounter(out: Out, from: Device | [string, number][], index: number): number {
	if (Array.isArray(from)) {
		const entry = from[index];
		if (entry === undefined) return -1;
		out.key(entry[0]);
		out.number(entry[1]);
	} else {
		const names = from.counterNames!;
		if (index >= names.length) return -1;
		out.key(names[index]!);
		out.number(from.count!(index));
	}
	return index + 1;
}

function writeAddresses(out: Out, { addresses }: Interface): void {
	out.open(BRACKET);
	for (let i = 0; i < addresses.length; i++) out.prefix(addresses[i]!.address, addresses[i]!.length);
	out.close(BRACKET_END);
}

function writeMac(out: Out, link: Interface): void {
	if (link.mac !== undefined) out.mac(link.arena, link.block + MAC);
	else out.null();
}

const CONFLICT = membersOf<NonNullable<InterfaceStatus["conflicts"]>[0], Conflict>({
	address: { write: (out: Out, conflict) => out.textOrNull(conflict.address) },
	mac: { write: (out: Out, conflict) => out.mac(conflict.mac, 0) },
	count: { write: (out: Out, conflict) => out.number(conflict.count) },
	agoMs: { write: (out: Out, conflict) => out.number(conflict.agoMs) },
});

const INTERFACE = membersOf<InterfaceStatus, Interface>({
	name: { write: (out: Out, link) => out.text(link.name) },
	id: { write: (out: Out, link) => out.number(link.id) },
	kind: { write: (out: Out, link) => out.text(link.kind) },
	up: { write: (out: Out, link) => out.flag(link.up) },
	mac: { write: writeMac },
	mtu: { write: (out: Out, link) => out.number(link.mtu) },
	metric: { write: (out: Out, link) => out.number(link.ip.metric) },
	addresses: { write: writeAddresses },
	received: { members: traffic(RX_PACKETS, RX_BYTES) },
	sent: { members: traffic(TX_PACKETS, TX_BYTES) },
	drops: { each: eachDrop },
	device: { of: countersOf, each: eachCounter },
	queued: { write: (out: Out, link) => out.number(link.waiting) },
	ppp: { has: (link) => link.ppp !== undefined, of: (link) => link.ppp!.view, members: PPP },
	dhcp: { has: (link) => link.ip.lease !== undefined, of: (link) => link.ip.lease!.view, members: DHCP },
	ipv6: { has: (link) => hasIpv6() && link.ip.discovery !== undefined, of: (link) => link.ip.discovery!.state, members: IPV6 },
	conflicts: {
		has: (link) => link.conflicts.length > 0,
		rows: { members: CONFLICT },
		next: (link, index) => within(link.conflicts.length, index),
		row: (link, index) => link.conflicts[index],
	},
});

const ROUTE = membersOf<Status["routes"][0], Route>({
	prefix: { write: (out: Out, route) => out.prefix(route.network, route.length) },
	gateway: { write: (out: Out, route) => out.textOrNull(route.nextHop) },
	interface: { write: (out: Out, route) => out.text(route.link.name) },
	metric: { write: (out: Out, route) => out.number(route.metric + route.link.ip.metric) },
	connected: { write: (out: Out, route) => out.flag(route.connected) },
	active: { write: (out: Out, route) => out.flag(canSend(route.link)) },
});

const NEIGHBOR_STATES: string[] = [];
NEIGHBOR_STATES[FREE] = "free";
NEIGHBOR_STATES[INCOMPLETE] = "incomplete";
NEIGHBOR_STATES[REACHABLE] = "reachable";
NEIGHBOR_STATES[STALE] = "stale";
NEIGHBOR_STATES[PROBE] = "probe";
NEIGHBOR_STATES[CONTESTED] = "contested";
NEIGHBOR_STATES[DELAY] = "delay";
Object.freeze(NEIGHBOR_STATES);

function writeNeighborMac(out: Out, entry: Neighbor): void {
	const { link } = entry;
	if (entry.state === INCOMPLETE || link === undefined) out.text("");
	else out.mac(link.arena, entry.block);
}

const NEIGHBOR = membersOf<Status["neighbors"][0], Neighbor>({
	address: { write: (out: Out, entry) => out.addressAt(entry.view, entry.addressAt) },
	mac: { write: writeNeighborMac },
	interface: { write: (out: Out, entry) => out.text(entry.link?.name ?? "") },
	state: { write: (out: Out, entry) => out.text(NEIGHBOR_STATES[entry.state]!) },
});

const SOCKET = membersOf<SocketStatus, SocketView>({
	protocol: { write: (out: Out, socket) => out.text(socket.protocol) },
	state: { write: (out: Out, socket) => out.text(socket.stateName) },
	local: {
		write(out: Out, socket) {
			const { family, localPort } = socket;
			if (family === 0) out.endpoint(socket.view, socket.localAt, localPort);
			else out.text(`${family === 4 ? "0.0.0.0" : "[::]"}:${localPort}`);
		},
	},
	remote: { write: (out: Out, socket) => out.endpoint(socket.view, socket.remoteAt ?? NO_ADDRESS, socket.remotePort ?? 0) },
	receiveQueue: { write: (out: Out, socket) => out.number(socket.pending) },
	sendQueue: { write: (out: Out, socket) => out.number(socket.sndUsed ?? 0) },
	way: { has: (socket) => socket.hasWay === true, members: WAY },
});

/** TCP's sockets, then UDP's. */
function nextSocket({ tcp, udp }: Stack, index: number): number {
	const { tcbs } = tcp;
	for (; index < tcbs.length; index++) if (inUse(tcbs[index]!)) return index;
	for (; index < tcbs.length + udp.sockets.length; index++) if (udp.sockets[index - tcbs.length]!.open) return index;
	return -1;
}

function inUse(tcb: Tcb): boolean {
	return tcb.state !== CLOSED || !tcb.detached;
}

function nextNeighbor({ interfaces }: Stack, index: number): number {
	const { entries } = interfaces.neighbors;
	for (; index < entries.length; index++) if (entries[index]!.state !== FREE) return index;
	return -1;
}

function tcpFree({ tcp }: Stack): number {
	let free = 0;
	for (let i = 0; i < tcp.tcbs.length; i++) if (!inUse(tcp.tcbs[i]!)) free++;
	return free;
}

const MEMORY = membersOf<Status["memory"], Stack>({
	arena: { write: (out: Out, { core }) => out.number(core.layout.bytes) },
	packets: { write: (out: Out, { core }) => out.number(core.pool.size) },
	packetsFree: { write: (out: Out, { core }) => out.number(core.pool.free) },
	tcp: { write: (out: Out, { core }) => out.number(core.limits.tcp) },
	tcpFree: { write: (out: Out, stack) => out.number(tcpFree(stack)) },
	udp: { write: (out: Out, { core }) => out.number(core.limits.udp) },
	udpFree: { write: (out: Out, { core, udp }) => out.number(core.limits.udp - udp.used(0)) },
	services: { write: (out: Out, { core }) => out.number(core.limits.services) },
	servicesFree: { write: (out: Out, { core, udp }) => out.number(core.limits.services - udp.used(1)) },
	pool: { write: (out: Out, { core }) => out.number(core.limits.buffers) },
	poolFree: { write: (out: Out, { tcp }) => out.number(tcp.poolFree) },
	poolPromised: { write: (out: Out, { tcp }) => out.number(tcp.poolPromised) },
});

function writeVersion(out: Out, { routes }: Stack): void {
	out.number(routes.version);
}

/** What `statusOf(stack)` tells, for `new JsonPieces(STATUS, stack)`: as JSON, and piece by piece. */
export const STATUS: Members = membersOf<Status, Stack>({
	version: { write: writeVersion },
	interfaces: {
		rows: { members: INTERFACE },
		next: (stack, index) => within(stack.interfaces.list.length, index),
		row: (stack, index) => stack.interfaces.list[index],
	},
	routes: {
		rows: { members: ROUTE },
		next: (stack, index) => within(stack.routes.list.length, index),
		row: (stack, index) => stack.routes.list[index],
	},
	versionAfter: { write: writeVersion },
	neighbors: {
		rows: { members: NEIGHBOR },
		next: nextNeighbor,
		row: (stack, index) => stack.interfaces.neighbors.entries[index],
	},
	sockets: {
		rows: { members: SOCKET },
		next: nextSocket,
		row: ({ tcp, udp }, index) => tcp.tcbs[index] ?? udp.sockets[index - tcp.tcbs.length],
	},
	memory: { members: MEMORY },
	router: {
		has: ({ router }) => router !== undefined,
		of: ({ router }) => router,
		each: (out: Out, router: RouterView, index) => router.tell(out, index),
	},
});

/**
 * Everything there is to see of a stack, as a plain object for JSON. Allocates.
 *
 * @example
 * ```ts
 * for (const { name, up, addresses } of statusOf(stack).interfaces) trace(`${name} ${up ? "up" : "down"} ${addresses.join()}\n`);
 * ```
 */
export function statusOf(stack: Stack): Status {
	const pieces = new JsonPieces(STATUS, stack);
	const bytes = new Uint8Array(2 * PIECE_BYTES);
	let text = "";
	for (let end = pieces.put(bytes, 0, bytes.length); end > 0; end = pieces.put(bytes, 0, bytes.length))
		for (let i = 0; i < end; i++) text += String.fromCharCode(bytes[i]!);
	return JSON.parse(text);
}
