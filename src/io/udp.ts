// ECMA-419's UDP over a UdpSocket. What is said of each method stands in types.ts.

import type { Stack } from "../stack.ts";
import { ERROR, READABLE, type SocketOwner } from "../transport/sockets.ts";
import { HEADERS, type Udp, type UdpSocket } from "../transport/udp.ts";
import { udpBuild, udpRead } from "#codec";
import { formatIpv4 } from "../ip/address.ts";
import type { Interface } from "../link/interface.ts";
import type { Core } from "../packet/core.ts";
import { PORTS, SOURCE } from "../packet/fields.ts";
import { AddressCache } from "./address.ts";
import * as check from "./options.ts";
import { closed, foreign, hidden, isObject, linkOf, report } from "./common.ts";
import type { Bytes, Sender, UDP, UDPOptions } from "./types.ts";

/** A group that was joined; without an interface on all. */
interface Membership {
	readonly group: number;
	readonly link: Interface | undefined;
}

export class UDPSocket implements UDP, SocketOwner {
	/** Undefined once closed. No private field: see TCPSocket. */
	declare openSocket: UdpSocket | undefined;
	readonly #view: DataView;
	readonly #core: Core;
	readonly #fields: Int32Array;
	readonly #udp: Udp;
	readonly #stack: Stack;
	/** The peer of the last datagram, received or sent: in an exchange with one, nothing is looked up. */
	#peer = 0;
	/** Port of the last datagram that was read. */
	#peerPort = 0;
	#peerText = "";
	readonly #cache = new AddressCache();
	readonly #onReadable: ((datagrams: number) => void) | undefined;
	readonly #onError: (() => void) | undefined;
	/** The interface that it is bound to. Not its slot, which another may have later. */
	readonly #bound: Interface | undefined;
	/** Groups that it has joined. */
	#groups: Membership[] = [];
	declare target?: unknown;

	constructor(stack: Stack, options: UDPOptions) {
		check.objectOption(options);
		hidden(this, "openSocket");
		this.#stack = stack;
		this.#udp = stack.udp;
		this.#view = stack.core.view;
		this.#core = stack.core;
		this.#fields = stack.core.fields;
		this.#onReadable = check.callbackOf("onReadable", options.onReadable);
		this.#onError = check.callbackOf("onError", options.onError);
		check.fixedFormat(options.format, "buffer");
		const address = check.localAddressOf(options);
		const port = check.localPortOf(options);
		const ttl = check.ttlOf("ttl", options.ttl) || check.ttlOf("timeToLive", options.timeToLive);
		const dscp = check.dscpOf(options.dscp);
		const group = options.multicast === undefined ? 0 : check.groupOf("multicast", options.multicast);
		this.#bound = linkOf(stack, options.interface);
		const socket = this.#udp.open(address, port, this.#bound?.slot ?? 0);
		socket.owner = this;
		this.openSocket = socket;
		if (ttl !== 0) this.#udp.setTtl(socket, ttl);
		if (dscp >= 0) this.#udp.setDscp(socket, dscp);
		if (group !== 0) this.#join(group, this.#bound);
		if (options.target !== undefined) this.target = options.target;
	}

	read(): (ArrayBuffer & Sender) | undefined;
	read(buffer: Bytes & Partial<Sender>): number | undefined;
	read(buffer?: Bytes & Partial<Sender>): (ArrayBuffer & Sender) | number | undefined {
		const socket = this?.openSocket;
		if (socket === undefined) return UDPSocket.#of(this) as never; // it throws
		if (buffer === undefined) return this.#readNew(socket);
		// As Udp.read, without the call: this is the data path.
		const size = buffer.byteLength;
		const bytes = udpRead(this.#view, socket.block, buffer, 0, size);
		if (bytes < 0) return undefined;
		const fields = this.#fields;
		const from = fields[SOURCE]!;
		buffer.address = from === this.#peer ? this.#peerText : this.#peerIs(from);
		buffer.port = this.#peerPort = (fields[PORTS]! >> 16) & 0xffff; // >>> makes XS take a long way for negative numbers
		return bytes < size ? bytes : size;
	}

	#readNew(socket: UdpSocket): (ArrayBuffer & Sender) | undefined {
		const length = this.#udp.next(socket);
		if (length < 0) return undefined;
		const buffer = new ArrayBuffer(length) as ArrayBuffer & Sender;
		this.read(buffer);
		return buffer;
	}

	/** Makes an address the present peer; answers its literal. */
	#peerIs(address: number): string {
		this.#peer = address;
		return (this.#peerText = this.#cache.print(address));
	}

	write(data: Bytes, address: string, port: number, byteLength?: number): void;
	write(address: string, port: number, data: Bytes): void;
	write(first: Bytes | string, second: string | number, third: number | Bytes, byteLength?: number): void {
		const socket = this?.openSocket;
		if (socket === undefined) return UDPSocket.#of(this) as never;
		const size = (first as Bytes | undefined)?.byteLength as number;
		// To the peer of the last datagram, whichever way that one went; all of a buffer. A size that is no number fails the comparison.
		if (second === this.#peerText && third === this.#peerPort && byteLength === undefined && size >= 0 && third !== 0) {
			const path = socket.path;
			const core = this.#core;
			if (path.stamp !== core.stamp || path.destination !== this.#peer || size + HEADERS > path.mtu || core.spare < 0) {
				this.#udp.send(socket, this.#peer, third as number, first as Bytes, 0, size);
				return;
			}
			// As Udp.send, without the call.
			const ip = core.spareAt;
			const ports = socket.sourcePort | (third as number);
			const end = udpBuild(this.#view, ip, path.source, path.destination, ports, path.ttl, first as Bytes, 0, size);
			if (path.out!.send(core.spare, ip, end, path.header)) core.takeSpare();
			return;
		}
		this.#write(socket, first, second, third, byteLength);
	}

	/** To another peer than the last one, a part of a buffer, in Moddable's order of arguments, or a mistake. */
	#write(
		socket: UdpSocket,
		first: Bytes | string,
		second: string | number,
		third: number | Bytes,
		byteLength: number | undefined,
	): void {
		const standard = (first as Bytes | undefined)?.byteLength !== undefined;
		const data = (standard ? first : third) as Bytes;
		const text = (standard ? second : first) as string;
		const port = check.portOf(standard ? third : second, 1);
		const size = check.sizeOf(data);
		const address = this.#cache.known(text) ?? this.#cache.add(check.addressOf("address", text), text);
		if (byteLength !== undefined && (byteLength !== byteLength >>> 0 || byteLength > size)) check.badPart(0, byteLength, size);
		this.#peer = address;
		this.#peerText = text;
		this.#peerPort = port;
		this.#udp.send(socket, address, port, data, 0, byteLength ?? size);
	}

	add(group: string, link?: string | Interface): void {
		const socket = UDPSocket.#of(this);
		const address = check.groupOf("group", group);
		if (socket.gone) throw new Error("the socket's address or interface is gone");
		this.#join(address, linkOf(this.#stack, link) ?? this.#bound);
	}

	#join(group: number, link: Interface | undefined): void {
		if (this.#groups.some((one) => one.group === group && one.link === link)) return;
		this.#groups.push({ group, link });
		this.#udp.join(link, group);
	}

	remove(group: string, link?: string | Interface): void {
		UDPSocket.#of(this);
		const address = check.groupOf("group", group);
		const where = linkOf(this.#stack, link) ?? this.#bound;
		const at = this.#groups.findIndex((one) => one.group === address && one.link === where);
		if (at < 0) throw new Error(`group ${check.show(group)}: expected one that was joined`);
		this.#groups.splice(at, 1);
		this.#udp.leave(where, address);
	}

	close(): void {
		if (!isObject(this) || !(#udp in this)) throw foreign("UDP");
		const socket = this.openSocket;
		if (socket === undefined) return;
		this.openSocket = undefined;
		for (const { group, link } of this.#groups) this.#udp.leave(link, group);
		this.#groups = [];
		this.#udp.close(socket);
	}

	/** The socket of an instance that is open. */
	static #of(instance: UDPSocket): UdpSocket {
		if (!isObject(instance) || !(#udp in instance)) throw foreign("UDP");
		const socket = instance.openSocket;
		if (socket === undefined) throw closed();
		return socket;
	}

	get port(): number {
		return UDPSocket.#of(this).localPort;
	}

	get address(): string {
		return formatIpv4(UDPSocket.#of(this).localAddress);
	}

	get interface(): string | undefined {
		const { gone, path } = UDPSocket.#of(this);
		return gone ? undefined : (this.#bound ?? path.out)?.name;
	}

	get format(): "buffer" {
		UDPSocket.#of(this);
		return "buffer";
	}
	set format(value: "buffer") {
		UDPSocket.#of(this);
		check.fixedFormat(value, "buffer");
	}

	/** For SocketSet. */
	onEvents(events: number): void {
		const socket = this.openSocket;
		if (socket === undefined) return;
		if (events & READABLE && this.#onReadable !== undefined) {
			const datagrams = this.#udp.pending(socket);
			if (datagrams > 0) this.#onReadable(datagrams);
		}
		if (events === READABLE) return;
		if (events & ERROR && this.openSocket === socket && this.#onError !== undefined) this.#onError();
	}

	/** For SocketSet: a callback threw. */
	onFailure(error: unknown): void {
		try {
			this.close();
		} finally {
			report(this.#stack.sockets, error); // also what a frozen instance threw, which cannot be closed
		}
	}
}
