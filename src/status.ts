// What a person or a monitoring program may ask of a stack. It reads, and changes nothing.

import { BLOCK_DROPS, BLOCK_RX_BYTES, BLOCK_RX_PACKETS, BLOCK_TX_BYTES, BLOCK_TX_PACKETS } from "./packet/blocks.ts";
import { DROPS } from "./packet/drops.ts";
import { formatIpv4 } from "./ip/address.ts";
import { FREE, STATE_NAMES } from "./link/neighbors.ts";
import type { Interface } from "./link/interface.ts";
import type { LeaseState } from "./link/lease.ts";
import { EthernetInterface } from "./link/ethernet.ts";
import { PppInterface, type PppState } from "./link/ppp/ppp.ts";
import { read } from "./wire/counters.ts";
import { formatMac } from "./wire/ethernet.ts";
import type { Stack } from "./stack.ts";

/** An interface, as a person or a monitoring program sees it. */
export interface InterfaceStatus {
	/** As given. */
	name: string;
	/** Never that of another interface, also of one that is gone. */
	id: number;
	/** "ethernet", "ppp", "slip" or "loopback". */
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
	ppp?: PppStatus;
	/** With a DHCP client only. */
	dhcp?: DhcpStatus;
}

/** PppState with addresses as text, null while unknown. */
export type PppStatus = Omit<PppState, "local" | "remote" | "dns"> & {
	local: string | null;
	remote: string | null;
	dns: string[];
};

/** LeaseState with addresses as text, null while there is none. */
export type DhcpStatus = Omit<LeaseState, "address" | "broadcast" | "server" | "router" | "dns" | "ntp"> & {
	address: string | null;
	broadcast: string | null;
	server: string | null;
	router: string | null;
	dns: string[];
	ntp: string[];
};

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
}

/** What there is to see of a stack. */
export interface Status {
	/** In the order in which they were added. */
	interfaces: InterfaceStatus[];
	/** `active`: its interface is up; `connected`: made by an address. */
	routes: { prefix: string; gateway: string | null; interface: string; metric: number; connected: boolean; active: boolean }[];
	/** Ethernet's neighbours, as ARP knows them. */
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
	};
}

function interfaceStatus(stack: Stack, link: Interface): InterfaceStatus {
	const view = stack.core.view;
	const drops: Record<string, number> = {};
	for (let i = 0; i < DROPS.length; i++) {
		const count = view.getUint32(link.block + BLOCK_DROPS + i * 4, true);
		if (count > 0) drops[DROPS[i]!] = count;
	}
	return {
		name: link.name,
		id: link.id,
		kind: link.kind,
		up: link.up,
		mac: link instanceof EthernetInterface ? formatMac(link.mac) : null,
		mtu: link.mtu,
		metric: link.metric,
		addresses: link.addresses.map((own) => `${formatIpv4(own.address)}/${own.length}`),
		received: { packets: read(view, link.block + BLOCK_RX_PACKETS), bytes: read(view, link.block + BLOCK_RX_BYTES) },
		sent: { packets: read(view, link.block + BLOCK_TX_PACKETS), bytes: read(view, link.block + BLOCK_TX_BYTES) },
		drops,
		device: { ...link.device.counters },
		queued: link.queue.length,
		...(link instanceof PppInterface && { ppp: pppStatus(link.state) }),
		...(link instanceof EthernetInterface && link.lease && { dhcp: dhcpStatus(link.lease.state) }),
	};
}

function text(address: number): string | null {
	return address === 0 ? null : formatIpv4(address);
}

function dhcpStatus(state: LeaseState): DhcpStatus {
	return {
		...state,
		address: text(state.address),
		broadcast: text(state.broadcast),
		server: text(state.server),
		router: text(state.router),
		dns: state.dns.map(formatIpv4),
		ntp: state.ntp.map(formatIpv4),
	};
}

function pppStatus(state: PppState): PppStatus {
	return { ...state, local: text(state.local), remote: text(state.remote), dns: state.dns.map(formatIpv4) };
}

function endpoint(address: number, port: number): string {
	return `${address === 0 ? "*" : formatIpv4(address)}:${port === 0 ? "*" : port}`;
}

export function statusOf(stack: Stack): Status {
	const { core, tcp, udp } = stack;
	const sockets: SocketStatus[] = [];
	for (const tcb of tcp.inUse())
		sockets.push({
			protocol: "tcp",
			state: tcb.stateName,
			local: endpoint(tcb.localAddress, tcb.localPort),
			remote: endpoint(tcb.remoteAddress, tcb.remotePort),
			receiveQueue: tcb.rcvUsed,
			sendQueue: tcb.sndUsed,
		});
	const tcpUsed = sockets.length;
	for (const socket of udp.sockets)
		if (socket.open)
			sockets.push({
				protocol: "udp",
				state: "open",
				local: endpoint(socket.localAddress, socket.localPort),
				remote: "*:*",
				receiveQueue: udp.pending(socket),
				sendQueue: 0,
			});
	return {
		interfaces: stack.interfaces.list.map((link) => interfaceStatus(stack, link)),
		routes: stack.routes.list.map((route) => ({
			prefix: route.toString(),
			gateway: route.gateway === 0 ? null : formatIpv4(route.gateway),
			interface: route.link.name,
			metric: route.metric + route.link.metric,
			connected: route.connected,
			active: route.link.up,
		})),
		neighbors: stack.interfaces.neighbors.entries
			.filter((entry) => entry.state !== FREE)
			.map((entry) => ({
				address: formatIpv4(entry.address),
				mac: entry.state === 1 ? "" : formatMac(new Uint8Array(core.view.buffer, entry.header, 6)),
				interface: entry.link!.name,
				state: STATE_NAMES[entry.state]!,
			})),
		sockets,
		memory: {
			arena: core.layout.bytes,
			packets: core.pool.size,
			packetsFree: core.pool.free,
			tcp: core.limits.tcp,
			tcpFree: core.limits.tcp - tcpUsed,
			udp: core.limits.udp,
			udpFree: core.limits.udp - udp.used(0),
			services: core.limits.services,
			servicesFree: core.limits.services - udp.used(1),
		},
	};
}
