// What programs call of TCP and UDP for every packet or byte. On XS the module `multihome/sockets` takes this one's place: native methods on host data, which
// call a method of the derived class, its name ending in "Rest", for what is not usual. Programs put properties of their own on sockets, so that the names of those methods are none that one
// would think of: `sent` was.

import { streamByte, tcpRead, tcpWrite, udpRead, udpSend } from "#codec";
import { UdpBlock } from "../packet/udp-block.ts";
import { WAKE } from "../transport/tcp/data.ts";
import { DROPPED } from "../transport/answers.ts";
import { ANOTHER } from "../transport/udp/deliver.ts";
import { foreign, isObject } from "./common.ts";
import type { Bytes, Format, Origin, Sender, WriteOptions } from "./types.ts";

/** Where these lie in a UDP socket's block. */
const { peer: PEER, peerPort: PEER_PORT } = UdpBlock.offsets;

/** Says where in the arena the block of a socket's connection is; 0: it is closed. Its format is "buffer" then. */
export let placeStream: (socket: StreamSocket, block: number) => void;

/** Bytes of the part of a buffer of `size` bytes that the arguments name: the whole without them; -1 when there is none. */
function partOf(size: number, byteOffset: number | undefined, byteLength: number | undefined): number {
	if (byteOffset === undefined && byteLength === undefined) return size;
	if (byteOffset !== (byteOffset! | 0) || byteLength !== (byteLength! | 0)) return -1;
	return byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= size ? byteLength : -1;
}

/** TCP's methods for buffers, parts of them and single bytes. */
export abstract class StreamSocket {
	readonly #view: DataView;
	#block = 0;
	#byBytes = false;

	/** `view`: the arena, to which the derived class refers as long as it lives. */
	constructor(view: DataView) {
		this.#view = view;
	}

	static {
		placeStream = (socket, block) => {
			socket.#block = block;
			socket.#byBytes = false;
		};
	}

	/** SyntaxError for what is no instance. */
	static #check(instance: StreamSocket): void {
		if (!isObject(instance) || !(#view in instance)) throw foreign("TCP");
	}

	/** Everything but filling a buffer or a part of it, and single bytes that are there. */
	abstract readRest(option?: number | Bytes, byteOffset?: number, byteLength?: number): ArrayBuffer | number | undefined;
	/** Everything but writing a buffer, or a part of it, that fits. */
	abstract writeRest(data: Bytes | number, byteOffset?: number | WriteOptions, byteLength?: number): number;
	/** For a format that is none, and of an instance without a connection: without an argument it answers the format, else it sets it; of a closed one it throws. */
	abstract formatRest(...value: unknown[]): Format;
	/** `tcpRead` or `tcpWrite` answered `count` and that a poll must be asked for. Answers the count. */
	abstract pollWanted(count: number): number;

	read(): ArrayBuffer | number | undefined;
	read(bytes: number): ArrayBuffer | number | undefined;
	read(buffer: Bytes, byteOffset?: number, byteLength?: number): number | undefined;
	read(option?: number | Bytes, byteOffset?: number, byteLength?: number): ArrayBuffer | number | undefined {
		StreamSocket.#check(this);
		const block = this.#block;
		if (this.#byBytes) {
			const byte = streamByte(this.#view, block);
			if (byte >= 0) return byte;
		} else if (block !== 0 && isObject(option)) {
			const length = partOf(option.byteLength, byteOffset, byteLength);
			if (length >= 0) {
				const count = tcpRead(this.#view, block, option, byteOffset ?? 0, length);
				return (count < WAKE ? count : this.pollWanted(count)) || undefined;
			}
		}
		return this.readRest(option, byteOffset, byteLength);
	}

	write(data: Bytes | number, byteOffset?: number, byteLength?: number): number;
	write(data: Bytes | number, options: WriteOptions): number;
	write(data: Bytes | number, byteOffset?: number | WriteOptions, byteLength?: number): number {
		StreamSocket.#check(this);
		const block = this.#block;
		if (block !== 0 && !this.#byBytes && isObject(data) && !isObject(byteOffset)) {
			const length = partOf(data.byteLength, byteOffset, byteLength);
			const room = length < 0 ? -1 : tcpWrite(this.#view, block, data, byteOffset ?? 0, length);
			if (room >= 0) return room < WAKE ? room : this.pollWanted(room);
		}
		return this.writeRest(data, byteOffset, byteLength);
	}

	get format(): Format {
		StreamSocket.#check(this);
		if (this.#block === 0) return this.formatRest();
		return this.#byBytes ? "number" : "buffer";
	}
	/** HTTP and WebSocket modules set it for every header byte or two. */
	set format(value: Format) {
		// No `return` in here: on XS it would make `a.format = b.format = value` assign undefined to `a.format`.
		StreamSocket.#check(this);
		if (this.#block === 0 || (value !== "number" && value !== "buffer")) this.formatRest(value);
		else this.#byBytes = value === "number";
	}
}

/** Says where in the arena the block of a UDP socket is; 0: it is closed. */
export let placeDatagrams: (socket: DatagramSocket, block: number) => void;
/** UDP's methods for whole buffers, and datagrams to the peer of the last one. */
export abstract class DatagramSocket {
	readonly #view: DataView;
	#block = 0;
	/** From where the datagram came that was read last; `address` is that of the present peer. The instance's own property. */
	abstract readonly sender: Sender;

	/** `view`: the arena, to which the derived class refers as long as it lives. */
	constructor(view: DataView) {
		this.#view = view;
	}

	static {
		placeDatagrams = (socket, block) => {
			socket.#block = block;
		};
	}

	/** SyntaxError for what is no instance. */
	static #check(instance: DatagramSocket): void {
		if (!isObject(instance) || !(#view in instance)) throw foreign("UDP");
	}

	/** Everything but filling a buffer. */
	abstract readRest(buffer?: Bytes & Partial<Sender>): (ArrayBuffer & Sender) | number | undefined;
	/** Everything but a buffer, or its beginning, to the peer of the last datagram. */
	abstract writeRest(first: Bytes | string, second: string | number, third: number | Bytes, byteLength?: number | Origin): void;
	/** A datagram was read to `buffer`, which is told from where it came. `another`: `udpRead` answered that it is not like the one before, which `sender` is told as well. */
	abstract senderChanged(buffer: Bytes & Partial<Sender>, another: boolean): void;
	/** `udpSend` answered what is to be done by the interface that the datagram went by. */
	abstract packetWaits(what: number): void;

	read(): (ArrayBuffer & Sender) | undefined;
	read(buffer: Bytes & Partial<Sender>): number | undefined;
	read(buffer?: Bytes & Partial<Sender>): (ArrayBuffer & Sender) | number | undefined {
		DatagramSocket.#check(this);
		if (this.#block === 0 || !isObject(buffer)) return this.readRest(buffer);
		const size = buffer.byteLength;
		let bytes = udpRead(this.#view, this.#block, buffer, 0, size);
		if (bytes < 0) return undefined;
		const another = bytes >= ANOTHER;
		if (another) bytes -= ANOTHER;
		this.senderChanged(buffer, another);
		return bytes < size ? bytes : size;
	}

	write(data: Bytes, address: string, port: number, byteLength?: number | Origin): void;
	write(address: string, port: number, data: Bytes, from?: Origin): void;
	write(first: Bytes | string, second: string | number, third: number | Bytes, byteLength?: number | Origin): void {
		DatagramSocket.#check(this);
		const port = this.#block === 0 ? 0 : this.#view.getInt32(this.#block + PEER_PORT, true);
		const usual = port !== 0 && third === port && second === this.sender.address && !isObject(byteLength);
		const length = usual && isObject(first) ? partOf(first.byteLength, byteLength === undefined ? undefined : 0, byteLength) : -1;
		if (this.#block !== 0 && length >= 0) {
			const answer = udpSend(this.#view, this.#block, this.#block + PEER, port, first as Bytes, 0, length);
			if (answer > 0) this.packetWaits(answer);
			if (answer >= DROPPED) return;
		}
		this.writeRest(first, second, third, byteLength);
	}
}
