// Where everything lies in the arena. Read from top to bottom: it is the memory map.

import {
	ADDRESSES_PER_INTERFACE,
	FAST_OPEN,
	MAX_MTU,
	PACKET_BYTES,
	PAGE_SHIFT,
	poolOf,
	SERVICE_BUFFER,
	type Limits,
} from "../config.ts";
import { fastOpenBytes } from "./fast-open-block.ts";
import { FlowEntry, FlowTable } from "./flow-table.ts";
import { InterfaceBlock } from "./interface-block.ts";
import { NeighborBlock } from "./neighbor-block.ts";
import { OwnEntry, OwnTable } from "./own-table.ts";
import { RouteEntry, RouteRow, RouteTable } from "./route-table.ts";
import { CHANCE_END } from "./chance-block.ts";
import { EchoBlock } from "./echo-block.ts";
import { hasFastOpen, hasRouter } from "./kernels/parts.ts";
import { FIRST_SOCKET, News } from "./news.ts";
import { RouterBlock, RuleRow, SessionRow } from "./router-block.ts";
import { TcbBlock } from "./tcb-block.ts";
import { TcpBlock } from "./tcp-block.ts";
import { Timer, TimerHeap } from "./timers.ts";
import { DATAGRAM, UdpBlock } from "./udp-block.ts";

/** Bytes before the IP packet in a frame of Ethernet. */
const LINK_HEADER = 14;

/** Byte offsets of the areas, and the size of the whole. */
export interface Layout {
	readonly interfaces: number;
	/** The table of VLANs and tunnels, and its places, a power of two. */
	readonly vlans: number;
	readonly vlanCapacity: number;
	readonly neighbors: number;
	/** Heads of their hash chains. */
	readonly neighborChains: number;
	/** How many, a power of two. */
	readonly neighborChainCount: number;
	readonly tcbs: number;
	/** What all connections share. */
	readonly tcp: number;
	readonly udps: number;
	readonly flows: number;
	/** Entries of the flow table, a power of two. */
	readonly flowCapacity: number;
	readonly routes: number;
	/** Rows of the routes. */
	readonly routeRows: number;
	/** Entries of the route table, a power of two. */
	readonly routeCapacity: number;
	/** The table of our own addresses. */
	readonly own: number;
	/** Its entries, a power of two. */
	readonly ownCapacity: number;
	/** Who has joined groups, and words of each group's row: CoreBlock's `members`. */
	readonly members: number;
	readonly memberWords: number;
	/** The heap of the connections' timers. */
	readonly timers: number;
	/** What there is of Fast Open, packet/fast-open-block.ts; 0: the stack is not asked for it. */
	readonly fastOpen: number;
	/** Buffers of sockets begin here: tables of the pages of TCP's rings, two for each connection; TCP's pool of pages; rings of UDP sockets. */
	readonly rings: number;
	readonly pageTables: number;
	readonly pool: number;
	readonly udpRings: number;
	/** The blocks of ICMP echo sockets. */
	readonly echoes: number;
	/** What a router has, packet/router-block.ts: its RouterBlock, rules, heads of hash chains, a power of two, and sessions; 0: the stack is not asked for it. */
	readonly router: number;
	readonly rules: number;
	readonly buckets: number;
	readonly bucketCount: number;
	readonly sessions: number;
	/** The News of every socket, packet/news.ts. */
	readonly news: number;
	/** Four words for each packet: where it begins and ends, the next one, and the list of those that are free. */
	readonly columns: number;
	readonly packets: number;
	readonly bytes: number;
}

/** The smallest power of two that is at least `count`. */
function powerOfTwo(count: number): number {
	let power = 2;
	while (power < count) power *= 2;
	return power;
}

function align(bytes: number): number {
	return (bytes + 7) & ~7;
}

/** The memory map for these limits. */
export function layoutOf(limits: Limits): Layout {
	// Half full at most, so that probing ends soon. A connection and a binding have one entry each.
	const flowCapacity = powerOfTwo(2 * (limits.tcp + limits.udp + limits.services + limits.icmp));
	// Each route stands under "any interface" and under its own.
	const routeCapacity = powerOfTwo(4 * limits.routes);
	// An entry for each address, one for the broadcast address of its subnet, and one for each group: two thirds full at most, which few come near.
	const ownCapacity = powerOfTwo((3 * (2 * ADDRESSES_PER_INTERFACE * limits.interfaces + limits.groups)) >> 1);
	const interfaces = CHANCE_END;
	// Half full at most.
	const vlanCapacity = powerOfTwo(2 * limits.interfaces);
	const vlans = interfaces + limits.interfaces * InterfaceBlock.bytes;
	const neighbors = vlans + vlanCapacity * 4;
	const neighborChainCount = powerOfTwo(limits.neighbors);
	const neighborChains = neighbors + limits.neighbors * NeighborBlock.bytes;
	const tcbs = align(neighborChains + neighborChainCount * 4);
	const tcp = tcbs + limits.tcp * TcbBlock.bytes;
	const udps = align(tcp + TcpBlock.bytes);
	const flows = udps + (limits.udp + limits.services + limits.raw) * UdpBlock.bytes;
	const routes = align(flows + FlowTable.bytes + flowCapacity * FlowEntry.bytes);
	const routeRows = routes + RouteTable.bytes + routeCapacity * RouteEntry.bytes;
	const own = align(routeRows + limits.routes * RouteRow.bytes);
	const members = own + OwnTable.bytes + ownCapacity * OwnEntry.bytes;
	// Each UDP socket has a bit, and all together have one.
	const memberWords = (limits.udp + limits.services + 32) >> 5;
	const timers = members + limits.groups * memberWords * 4;
	const fastOpen = align(timers + TimerHeap.bytes + limits.tcp * Timer.bytes);
	const rings = hasFastOpen() && (limits.offers & FAST_OPEN) !== 0 ? align(fastOpen + fastOpenBytes(limits.tcp)) : fastOpen;
	const pageTables = rings;
	const { pages, receive, send } = poolOf(limits);
	const pool = align(pageTables + limits.tcp * (receive + send) * 4);
	const udpRings = pool + (pages << PAGE_SHIFT);
	const news = udpRing(udpRings, limits, limits.udp + limits.services + limits.raw);
	const echoes = news + socketNumbers(limits).count * News.bytes;
	const router = align(echoes + limits.icmp * EchoBlock.bytes);
	const hasSessions = hasRouter() && limits.entries > 0;
	const rules = router + RouterBlock.bytes;
	const buckets = rules + limits.rules * RuleRow.bytes;
	// Each session is in two chains.
	const bucketCount = powerOfTwo(2 * limits.entries);
	const sessions = buckets + bucketCount * 4;
	const columns = hasSessions ? align(sessions + limits.entries * SessionRow.bytes) : router;
	const packets = align(columns + limits.packets * 16);
	const bytes = packets + limits.packets * PACKET_BYTES;
	return {
		interfaces,
		vlans,
		vlanCapacity,
		neighbors,
		neighborChains,
		neighborChainCount,
		tcbs,
		tcp,
		udps,
		flows,
		flowCapacity,
		routes,
		routeRows,
		routeCapacity,
		own,
		ownCapacity,
		members,
		memberWords,
		timers,
		fastOpen: rings === fastOpen ? 0 : fastOpen,
		rings,
		pageTables,
		pool,
		udpRings,
		news,
		echoes,
		router: hasSessions ? router : 0,
		rules,
		buckets,
		bucketCount,
		sessions,
		columns,
		packets,
		bytes,
	};
}

/** Numbers of sockets, by which their news lie (news.ts) and their owners are found: the first of UDP's, of pings' and of raw ones, TCP's begin with FIRST_SOCKET; and how many numbers there are. */
export function socketNumbers({ tcp, udp, services, icmp, raw }: Limits): {
	readonly udp: number;
	readonly icmp: number;
	readonly raw: number;
	readonly count: number;
} {
	const first = FIRST_SOCKET + tcp;
	const pings = first + udp + services;
	return { udp: first, icmp: pings, raw: pings + icmp, count: pings + icmp + raw };
}

/** Arena offset of the ring of the UDP socket with that index. Those of the services come after those of programs, and then those of raw sockets. */
export function udpRing(first: number, limits: Limits, index: number): number {
	const programs = Math.min(index, limits.udp);
	const services = Math.min(index - programs, limits.services);
	const raw = index - programs - services;
	return (
		first +
		programs * ringSize(limits, MAX_MTU) +
		services * align(SERVICE_BUFFER) +
		raw * ringSize(limits, MAX_MTU + LINK_HEADER)
	);
}

/** Its size, bytes: a program's has room for the largest datagram at least, a raw socket's for a whole frame. */
export function udpRingSize(limits: Limits, index: number): number {
	if (index < limits.udp) return ringSize(limits, MAX_MTU);
	return index < limits.udp + limits.services ? align(SERVICE_BUFFER) : ringSize(limits, MAX_MTU + LINK_HEADER);
}

function ringSize(limits: Limits, most: number): number {
	return Math.max(align(limits.datagramBuffer), align(most + DATAGRAM));
}
