// Raw and Packet: protocols of IP of a program's own, and whole frames. What is said of each method stands in raw-types.ts.

import { udpNext, udpRead } from "#codec";
import { unlessAny } from "../address.ts";
import type { Interface } from "../link/interface.ts";
import type { Stack } from "../stack.ts";
import { ERROR, READABLE, TROUBLE, type SocketOwner } from "../transport/events.ts";
import { rawOf, type RawSockets } from "../transport/raw/sockets.ts";
import { ANOTHER } from "../transport/udp/deliver.ts";
import type { UdpSocket } from "../transport/udp/socket.ts";
import { DSCP_SHIFT } from "../wire/build.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { closed, linkOf, report } from "./common.ts";
import { inWords } from "./icmp-words.ts";
import * as check from "./options.ts";
import { scopedOf, zoned, zoneOrOption } from "./zones.ts";
import type { FrameHeader, Packet, PacketOptions, Raw, RawHeader, RawOptions, RawSending } from "./raw-types.ts";
import type { Bytes, DatagramError } from "./types.ts";

export type * from "./raw-types.ts";

/** What both have: a socket whose ring has what waits. */
abstract class RingSocket implements SocketOwner {
	protected readonly stack: Stack;
	protected readonly raw: RawSockets;
	#socket: UdpSocket | undefined;
	readonly #onReadable: ((count: number) => void) | undefined;
	readonly #onError: ((error?: DatagramError) => void) | undefined;
	target?: unknown;

	constructor(
		stack: Stack,
		options: { target?: unknown },
		onReadable: ((count: number) => void) | undefined,
		onError: ((error?: DatagramError) => void) | undefined,
	) {
		this.stack = stack;
		this.raw = rawOf(stack);
		this.#onReadable = check.callbackOf("onReadable", onReadable);
		this.#onError = check.callbackOf("onError", onError);
		if (options.target !== undefined) this.target = options.target;
	}

	/** It has a socket from now on. */
	protected take(socket: UdpSocket): void {
		this.#socket = socket;
		socket.owner = this;
	}

	/** SyntaxError when it is closed. */
	protected get socket(): UdpSocket {
		if (this.#socket === undefined) throw closed();
		return this.#socket;
	}

	protected get hearsErrors(): boolean {
		return this.#onError !== undefined;
	}

	/** The next of what waits, to a buffer or a new one, undefined when there is none; `more`: sets on it what is known of it. */
	protected readTo<Header>(
		buffer: (Bytes & Partial<Header>) | undefined,
		more: (socket: UdpSocket) => Header,
	): number | (ArrayBuffer & Header) | undefined {
		const { view } = this.stack.core;
		const { socket } = this;
		const length = udpNext(view, socket.block);
		if (length < 0) return undefined;
		const to = buffer ?? new ArrayBuffer(length);
		const size = check.sizeOf(to);
		let bytes = udpRead(view, socket.block, to, 0, size);
		if (bytes >= ANOTHER) bytes -= ANOTHER;
		Object.assign(to, more(socket));
		return buffer === undefined ? (to as ArrayBuffer & Header) : Math.min(bytes, size);
	}

	close(): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		this.#socket = undefined;
		this.raw.close(socket);
	}

	/** For SocketEvents. Callbacks may close us at any time. */
	onEvents(events: number, waiting: number): void {
		const socket = this.#socket;
		if (socket === undefined) return;
		if (events & READABLE && waiting > 0) this.#onReadable?.(waiting);
		if (events & TROUBLE) {
			while (this.#socket === socket) {
				const error = this.stack.udp.takeError(socket);
				if (error === undefined) break;
				this.#onError?.({ kind: inWords(error.type, error.code), ...error });
			}
		}
		if (events & ERROR && this.#socket === socket) this.#onError?.();
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		this.close();
		report(this.stack.events, error);
	}
}

export class RawSocket extends RingSocket implements Raw {
	/** Number of the protocol. */
	readonly protocol: number;
	readonly #ttl: number;
	readonly #dscp: number;
	/** The interface that it is bound to. */
	readonly #bound: Interface | undefined;

	constructor(stack: Stack, options: RawOptions) {
		check.objectOption(options);
		super(stack, options, options.onReadable, options.onError);
		const protocol = (this.protocol = check.wholeOf("protocol", options.protocol, 0, 255));
		if (protocol === ipv4.TCP || protocol === ipv4.UDP)
			throw new RangeError(
				`protocol ${protocol}: expected none that has sockets of its own, TCP and UDP; Packet sees their frames`,
			);
		const { family } = options;
		if (family !== undefined && family !== 4 && family !== 6)
			throw new RangeError(`family ${check.show(family)}: expected 4 or 6, or the option left out`);
		const local = options.address === undefined ? undefined : scopedOf(stack, "address", options.address);
		const address = unlessAny(local?.address ?? "");
		if (address !== "" && family !== undefined && address.includes(":") !== (family === 6))
			throw new RangeError(`family ${family}: expected that of the address "${address}"`);
		this.#ttl = check.ttlOf("ttl", options.ttl);
		this.#dscp = Math.max(0, check.dscpOf(options.dscp));
		this.#bound = zoneOrOption(stack, options, local);
		this.take(this.raw.open(protocol, family ?? 0, address, this.#bound?.slot ?? 0));
		if (this.hearsErrors) this.raw.wantErrors(this.socket);
	}

	read(): (ArrayBuffer & RawHeader) | undefined;
	read(buffer: Bytes & Partial<RawHeader>): number | undefined;
	read(buffer?: Bytes & Partial<RawHeader>): number | (ArrayBuffer & RawHeader) | undefined {
		return this.readTo<RawHeader>(buffer, (socket) => {
			const link = this.stack.interfaces.at(socket.fromSlot);
			return {
				source: zoned(socket.fromAddress, link),
				destination: zoned(socket.toAddress, link),
				ttl: socket.fromPort & 255,
				dscp: ((socket.fromPort >> 8) & 255) >> 2,
				interface: link?.name ?? "",
			};
		});
	}

	write(data: Bytes, destination: string, header: RawSending = {}): void {
		const { socket } = this;
		const size = check.sizeOf(data);
		const given = linkOf(this.stack, header.interface);
		const to = scopedOf(this.stack, "destination", destination, given ?? this.#bound);
		const from = header.source === undefined ? undefined : scopedOf(this.stack, "source", header.source, to.link);
		const source = unlessAny(from?.address ?? "");
		if (source !== "" && !this.stack.ip.isLocal(source))
			throw new RangeError(`source ${check.show(source)}: expected an address of this stack`);
		const ttl = header.ttl === undefined ? this.#ttl : check.ttlOf("ttl", header.ttl);
		const dscp = header.dscp === undefined ? this.#dscp : check.dscpOf(header.dscp);
		const slot = (from?.link ?? to.link ?? given)?.slot ?? 0;
		this.raw.send(socket, to.address, data, size, source, slot, ttl | (dscp << DSCP_SHIFT));
	}
}

export class PacketSocket extends RingSocket implements Packet {
	readonly interface: string;

	constructor(stack: Stack, options: PacketOptions) {
		check.objectOption(options);
		super(stack, options, options.onReadable, options.onError);
		const link: Interface | undefined = linkOf(stack, options.interface);
		if (link === undefined) throw new TypeError("interface: expected one, by name or instance");
		this.interface = link.name;
		this.take(this.raw.tap(link));
	}

	read(): (ArrayBuffer & FrameHeader) | undefined;
	read(buffer: Bytes & Partial<FrameHeader>): number | undefined;
	read(buffer?: Bytes & Partial<FrameHeader>): number | (ArrayBuffer & FrameHeader) | undefined {
		return this.readTo<FrameHeader>(buffer, (socket) => ({ outgoing: socket.toPort === 1 }));
	}

	write(frame: Bytes): void {
		const { socket } = this;
		this.raw.sendFrame(socket, frame, check.sizeOf(frame));
	}
}
