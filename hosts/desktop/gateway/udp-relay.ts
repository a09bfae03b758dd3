// Datagrams between the board's stack and this machine. Each port of the board gets a socket of its own, which keeps its number
// for all peers (RFC 4787 §4.1), until it has been silent for a while.

import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import type { Udp, UdpSocket } from "../../../src/transport/udp/udp.ts";
import { CLIENT_PORT, SERVER_PORT } from "../../../src/wire/dhcp.ts";
import { BROADCAST } from "../../../src/wire/ipv4.ts";
import { PORT as DNS_PORT } from "../../../src/wire/dns.ts";
import { formatAddress, isUnicast, parseAddress } from "../ipv4.ts";
import { answer } from "./dhcp-server.ts";
import type { Resolver } from "./resolver.ts";

/** Ports of the board, and peers of forwarded ports, at the same time. The one silent for longest makes room. */
const LIMIT = 512;
const IDLE_MS = 60_000;
const SWEEP_MS = 10_000;
/** Source ports of the gateway's address that stand for peers of forwarded ports. */
const FIRST_PEER = 49_152;
const PEERS = 16_384;
const LOOPBACK = 0x7f00_0001;

interface Outward {
	address: number;
	port: number;
	socket: Socket;
	/** Asks the resolver, which may be an IPv6 address. */
	resolving: Socket | undefined;
	used: number;
}

interface Peer {
	/** At the gateway's address. */
	port: number;
	boardPort: number;
	socket: Socket;
	peer: RemoteInfo;
	key: string;
	used: number;
}

export interface UdpRelayOptions {
	udp: Udp;
	/** Takes the datagrams for any address and port. */
	any: UdpSocket;
	/** Stands for this machine. */
	gateway: number;
	/** The board, and the length of its subnet's prefix. */
	board: number;
	prefixLength: number;
	resolver: Resolver;
}

export class UdpRelay {
	readonly #options: UdpRelayOptions;
	readonly #outward = new Map<string, Outward>();
	readonly #peers = new Map<string, Peer>();
	readonly #peerPorts = new Map<number, Peer>();
	readonly #forwards: Socket[] = [];
	readonly #buffer = Buffer.alloc(65_536);
	readonly #sweeper: NodeJS.Timeout;
	#nextPeer = 0;
	/** Datagrams for the board that were too long for its wire, or had no wire. */
	lost = 0;

	constructor(options: UdpRelayOptions) {
		this.#options = options;
		options.any.owner = this;
		this.#sweeper = setInterval(() => this.#sweep(Date.now() - IDLE_MS), SWEEP_MS).unref();
	}

	/** How many ports and peers there are now. */
	get size(): number {
		return this.#outward.size + this.#peers.size;
	}

	/** The stack has datagrams. */
	onEvents(): void {
		const { udp, any } = this.#options;
		while (udp.pending(any) > 0) {
			const length = udp.read(any, this.#buffer, 0, this.#buffer.length);
			this.#fromBoard(Buffer.from(this.#buffer.subarray(0, length)));
		}
	}

	/** Forwards port `from` of 127.0.0.1 to port `to` of the board. */
	async forward(from: number, to: number): Promise<void> {
		const socket = createSocket("udp4");
		await new Promise<void>((done, failed) => {
			socket.once("error", failed);
			socket.bind({ port: from, address: "127.0.0.1", exclusive: true }, done);
		});
		socket.on("error", () => undefined);
		socket.on("message", (data, peer) => this.#fromPeer(socket, peer, to, data));
		this.#forwards.push(socket);
	}

	close(): void {
		clearInterval(this.#sweeper);
		this.#sweep(Number.POSITIVE_INFINITY);
		for (const socket of this.#forwards) socket.close();
	}

	#fromBoard(data: Buffer): void {
		const { any, gateway, resolver } = this.#options;
		const { fromPort, toPort } = any;
		const fromAddress = parseAddress(any.fromAddress);
		const toAddress = parseAddress(any.toAddress);
		if (toPort === SERVER_PORT && (toAddress === gateway || toAddress === BROADCAST)) return this.#lend(data);
		if (toAddress === gateway) {
			const peer = this.#peerPorts.get(toPort);
			if (peer !== undefined && fromPort === peer.boardPort) {
				peer.used = Date.now();
				peer.socket.send(data, peer.peer.port, peer.peer.address);
				return;
			}
		} else if (!isUnicast(toAddress)) return;
		const outward = this.#outwardOf(fromAddress, fromPort);
		if (toAddress !== gateway) outward.socket.send(data, toPort, formatAddress(toAddress));
		else if (toPort !== DNS_PORT) outward.socket.send(data, toPort, "127.0.0.1");
		else {
			outward.resolving ??= this.#open(outward, resolver.address.includes(":") ? "udp6" : "udp4", true);
			outward.resolving.send(data, resolver.port, resolver.address);
		}
	}

	/** DHCP. */
	#lend(data: Buffer): void {
		const { board, prefixLength, gateway } = this.#options;
		const answered = answer(data, { address: board, prefixLength, gateway });
		if (answered === undefined) return;
		this.#toBoard(answered.to === 0 ? BROADCAST : answered.to, CLIENT_PORT, answered.bytes, gateway, SERVER_PORT);
	}

	#outwardOf(address: number, port: number): Outward {
		const key = `${address} ${port}`;
		let found = this.#outward.get(key);
		if (found === undefined) {
			if (this.#outward.size >= LIMIT) this.#drop(oldest(this.#outward.values()));
			found = { address, port, socket: undefined!, resolving: undefined, used: 0 };
			found.socket = this.#open(found, "udp4", false);
			this.#outward.set(key, found);
		}
		found.used = Date.now();
		return found;
	}

	/** A socket whose datagrams go to that port of the board. */
	#open(outward: Outward, type: "udp4" | "udp6", resolving: boolean): Socket {
		const { gateway } = this.#options;
		const socket = createSocket(type);
		// A datagram that cannot be sent is lost, as on any network.
		socket.on("error", () => undefined);
		socket.on("message", (data, from) => {
			outward.used = Date.now();
			let source = gateway;
			if (!resolving) {
				const address = parseAddress(from.address);
				if (address !== LOOPBACK) source = address;
			}
			this.#toBoard(outward.address, outward.port, data, source, resolving ? DNS_PORT : from.port);
		});
		return socket;
	}

	#fromPeer(socket: Socket, peer: RemoteInfo, boardPort: number, data: Buffer): void {
		const { gateway, board } = this.#options;
		const key = `${peer.address} ${peer.port} ${boardPort}`;
		let found = this.#peers.get(key);
		if (found === undefined) {
			if (this.#peers.size >= LIMIT) this.#forget(oldest(this.#peers.values()));
			do this.#nextPeer = (this.#nextPeer + 1) % PEERS;
			while (this.#peerPorts.has(FIRST_PEER + this.#nextPeer));
			found = { port: FIRST_PEER + this.#nextPeer, boardPort, socket, peer, key, used: 0 };
			this.#peers.set(key, found);
			this.#peerPorts.set(found.port, found);
		}
		found.used = Date.now();
		this.#toBoard(board, boardPort, data, gateway, found.port);
	}

	#toBoard(address: number, port: number, data: Uint8Array, source: number, sourcePort: number): void {
		const { udp, any } = this.#options;
		try {
			udp.sendFrom(any, formatAddress(address), port, data, 0, data.length, formatAddress(source), sourcePort);
		} catch {
			// The wire is out: lost.
			this.lost++;
		}
	}

	#drop(outward: Outward): void {
		this.#outward.delete(`${outward.address} ${outward.port}`);
		outward.socket.close();
		outward.resolving?.close();
	}

	#forget(peer: Peer): void {
		this.#peers.delete(peer.key);
		this.#peerPorts.delete(peer.port);
	}

	#sweep(before: number): void {
		for (const outward of this.#outward.values()) if (outward.used < before) this.#drop(outward);
		for (const peer of this.#peers.values()) if (peer.used < before) this.#forget(peer);
	}
}

function oldest<T extends { used: number }>(all: Iterable<T>): T {
	let found: T | undefined;
	for (const each of all) if (found === undefined || each.used < found.used) found = each;
	return found!;
}
