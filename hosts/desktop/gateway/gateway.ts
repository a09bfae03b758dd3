// The embedded gateway: the far end of a `gateway` wire. A stack of its own takes whatever the board sends anywhere, and joins
// it to sockets of this machine; ports of 127.0.0.1 lead to the board. Needs no privileges.

import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import { Stack } from "../../../src/stack.ts";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";
import * as ethernet from "../../../src/wire/ethernet.ts";
import * as ipv4 from "../../../src/wire/ipv4.ts";
import { PORT as DNS_PORT } from "../../../src/wire/dns.ts";
import type { Forward } from "../board.ts";
import { formatAddress, isUnicast, parseAddress } from "../ipv4.ts";
import { NodeStreamDevice } from "../node-stream-device.ts";
import { NodeLoop } from "./node-loop.ts";
import { systemResolver } from "./resolver.ts";
import type { Resolver } from "./resolver.ts";
import { SynGate, flow } from "./syn-gate.ts";
import { TcpRelay } from "./tcp-relay.ts";
import { UdpRelay } from "./udp-relay.ts";

/** Connections at the same time; the buffers are touched, and so cost memory, only when used. */
const CONNECTIONS = 512;
const BUFFER_BYTES = 65_535;
const BACKLOG = CONNECTIONS;
/** How long a connection waits for a board that is starting, ms, and how often it looks. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 20;

export interface GatewayOptions {
	/** Stands for this machine, and is the board's gateway. */
	address: number;
	prefixLength: number;
	/** The board; by DHCP it gets this address. */
	board: number;
	mtu?: number;
	forwards?: Forward[];
	resolver?: Resolver;
	/** The operating system's by default. */
	random32?: () => number;
}

/** A port of 127.0.0.1 that cannot be had. */
export class ForwardError extends Error {
	readonly forward: Forward;
	readonly code: string;

	constructor(forward: Forward, code: string) {
		super(`port ${forward.from} of 127.0.0.1: ${code}`);
		this.forward = forward;
		this.code = code;
	}
}

export class Gateway {
	readonly device = new NodeStreamDevice(new Uint8Array([0x02, 0x6d, 0x68, 0x67, 0x77, 0x01]));
	readonly stack: Stack;
	readonly #options: GatewayOptions;
	readonly #loop = new NodeLoop();
	readonly #relays = new Set<TcpRelay>();
	readonly #servers: Server[] = [];
	readonly #gate: SynGate;
	readonly #udp: UdpRelay;
	readonly #listener: Tcb;
	readonly #link: EthernetInterface;
	#closed = false;
	readonly #resolver: Resolver;

	constructor(options: GatewayOptions) {
		this.#options = options;
		this.#resolver = options.resolver ?? systemResolver();
		this.stack = new Stack({
			sockets: { tcp: CONNECTIONS, udp: 1, icmp: 0, receiveBuffer: BUFFER_BYTES, sendBuffer: BUFFER_BYTES },
			packets: 1024,
			interfaces: 2,
			random32: options.random32,
			onWake: () => this.#loop.wake(),
		});
		const { stack, device } = this;
		const link = stack.interfaces.add(new EthernetInterface("gateway", device, { mtu: options.mtu }));
		link.ip.anyAddress = true;
		link.ip.insertAddress(formatAddress(options.address), options.prefixLength);
		this.#link = link;
		this.#gate = new SynGate({
			connect: (destination, port) => this.#connect(destination, port),
			inject: (frame) => device.inject(frame),
			send: (frame) => device.send(frame),
			limit: CONNECTIONS,
		});
		device.admit = (frame) => !isLoopback(frame) && this.#gate.admit(frame);
		this.#listener = stack.tcp.listen("", 0, BACKLOG, link.slot);
		this.#listener.owner = { onEvents: () => this.#accept() };
		const any: UdpSocket = stack.udp.open("", 0, link.slot, true);
		const { address: gateway, board, prefixLength } = options;
		this.#udp = new UdpRelay({ udp: stack.udp, any, gateway, board, prefixLength, resolver: this.#resolver });
		this.#loop.run(stack);
	}

	/** Opens the forwarded ports. Throws ForwardError. */
	async open(): Promise<void> {
		for (const forward of this.#options.forwards ?? []) {
			try {
				if (forward.udp) await this.#udp.forward(forward.from, forward.to);
				else await this.#forward(forward.from, forward.to);
			} catch (error) {
				throw new ForwardError(forward, (error as NodeJS.ErrnoException).code ?? String(error));
			}
		}
	}

	/** Waits for the board's end of the wire at the UNIX socket `path`. */
	async listen(path: string): Promise<void> {
		const server = createServer((socket) => this.device.plug(socket));
		this.#servers.push(server);
		await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
	}

	/** TCP connections, and UDP ports and peers, that are relayed now. */
	get connections(): { tcp: number; udp: number } {
		return { tcp: this.#relays.size, udp: this.#udp.size };
	}

	close(): void {
		this.#closed = true;
		for (const server of this.#servers) server.close();
		for (const relay of this.#relays) relay.close();
		this.#gate.close();
		this.#udp.close();
		this.#loop.close();
		this.device.close();
	}

	/** The board wants to connect to this. */
	#connect(destination: number, port: number): Socket | undefined {
		const { address } = this.#options;
		if (destination === address) {
			const target = port === DNS_PORT ? this.#resolver : { address: "127.0.0.1", port };
			return connect({ host: target.address, port: target.port, allowHalfOpen: true });
		}
		return isUnicast(destination) ? connect({ host: formatAddress(destination), port, allowHalfOpen: true }) : undefined;
	}

	/** The stack has connections whose outward half stands already. */
	#accept(): void {
		const { tcp } = this.stack;
		for (let tcb = tcp.accept(this.#listener); tcb !== undefined; tcb = tcp.accept(this.#listener)) {
			const socket = this.#gate.take(
				flow(parseAddress(tcb.remoteAddress), tcb.remotePort, parseAddress(tcb.localAddress), tcb.localPort),
			);
			if (socket === undefined) tcp.abort(tcb);
			else this.#join(tcb, socket, true);
		}
	}

	/** Opens a port for whoever on this machine wants to connect to the board. */
	async #forward(from: number, to: number): Promise<void> {
		const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#dial(socket, to, 0));
		this.#servers.push(server);
		await new Promise<void>((done, failed) => {
			server.once("error", failed);
			server.listen({ port: from, host: "127.0.0.1", exclusive: true }, done);
		});
	}

	/** Connects to the board's port. A board that is still starting is waited for. */
	#dial(socket: Socket, to: number, waited: number): void {
		if (!this.#link.up && waited < PATIENCE_MS && !this.#closed) {
			setTimeout(() => this.#dial(socket, to, waited + RETRY_MS), RETRY_MS);
			return;
		}
		const { address, board } = this.#options;
		try {
			const from = { localAddress: formatAddress(address), interfaceSlot: this.#link.slot };
			this.#join(this.stack.tcp.connect(formatAddress(board), to, from), socket, false);
		} catch {
			// No link, or no free connection. The peer sees a reset, and may try again.
			socket.on("error", () => undefined);
			socket.resetAndDestroy();
		}
	}

	#join(tcb: Tcb, socket: Socket, connected: boolean): void {
		this.stack.tcp.setNoDelay(tcb, true); // whole turns of bytes arrive; Nagle's algorithm would only delay their ends
		this.#relays.add(new TcpRelay(this.stack.tcp, tcb, socket, connected, (relay) => this.#relays.delete(relay)));
	}
}

/** A frame from or for 127.0.0.0/8, which has no business on a wire: RFC 1122 §3.2.1.3 (g). */
function isLoopback(frame: Buffer): boolean {
	if (frame.length < ethernet.HEADER + ipv4.HEADER || frame.readUInt16BE(ethernet.TYPE) !== ethernet.TYPE_IPV4) return false;
	const source = frame.readInt32BE(ethernet.HEADER + ipv4.SOURCE);
	const destination = frame.readInt32BE(ethernet.HEADER + ipv4.DESTINATION);
	return ipv4.isLoopback(source) || ipv4.isLoopback(destination);
}
