// ECMA-419's TCP over a TCB. What is said of each method stands in types.ts.
// The stack refers to the TCB, and the TCB to its owner: an open instance survives garbage collection without further ado.

import { streamRead, streamWrite } from "#codec";
import { formatIpv4 } from "../ip/address.ts";
import type { Stack } from "../stack.ts";
import { ERROR, READABLE, WRITABLE, type SocketOwner } from "../transport/sockets.ts";
import { CLOSE_WAIT, ESTABLISHED, Tcb } from "../transport/tcp/tcb.ts";
import { QUEUED, type Tcp } from "../transport/tcp/tcp.ts";
import { closed, report, slotOf } from "./common.ts";
import * as check from "./options.ts";
import type { Bytes, Format, TCP, TCPError, TCPOptions } from "./types.ts";

// No string literal stands on the data path: on XS each use of one allocates. What tells a buffer from a number is its byteLength.

/** What `streamRead` answers from here on says that the window opened, or that the FIN is due: tcp.consumed. */
const CONSUMED = 0x10000;

export class TCPSocket implements TCP, SocketOwner {
	/** The TCB while it is open and the format is "buffer": one look for both where packets pass. */
	#plain: Tcb | undefined = undefined;
	readonly #tcp: Tcp;
	readonly #view: DataView;
	/** Undefined once closed. */
	#tcb: Tcb | undefined = undefined;
	/** Format "number". */
	#number = false;
	#onReadable: ((bytes: number) => void) | undefined = undefined;
	#onWritable: ((bytes: number) => void) | undefined = undefined;
	#onError: (() => void) | undefined = undefined;
	#failed = false;
	declare target?: unknown;

	/** `options`, or a connection that a listener accepted. */
	constructor(stack: Stack, options: TCPOptions | Tcb) {
		this.#tcp = stack.tcp;
		this.#view = stack.core.view;
		if (options instanceof Tcb) {
			this.#tcb = this.#plain = options;
			options.owner = this;
			return;
		}
		check.objectOption(options);
		const onReadable = check.callbackOf("onReadable", options.onReadable);
		const onWritable = check.callbackOf("onWritable", options.onWritable);
		const onError = check.callbackOf("onError", options.onError);
		this.#number = check.numberFormat(options.format);
		const noDelay = options.noDelay ?? options.nodelay;
		if (noDelay !== undefined) check.flagOf("noDelay", noDelay);
		const keepAlive = options.keepAlive === undefined ? -1 : check.keepAliveOf(options.keepAlive);
		const tcb = options.from === undefined ? this.#connect(stack, options) : this.#takeOver(options.from);
		this.#tcb = tcb;
		if (!this.#number) this.#plain = tcb;
		this.#onReadable = onReadable;
		this.#onWritable = onWritable;
		this.#onError = onError;
		if (options.target !== undefined) this.target = options.target;
		// What a connection that was taken over has waiting is announced again, to the new instance.
		this.#tcp.adopt(tcb, this);
		if (noDelay !== undefined) this.#tcp.setNoDelay(tcb, noDelay);
		if (keepAlive >= 0) this.#tcp.setKeepAlive(tcb, keepAlive);
	}

	#connect(stack: Stack, options: TCPOptions): Tcb {
		const text = options.address ?? options.host;
		const address = check.addressOf(options.address === undefined && options.host !== undefined ? "host" : "address", text);
		const port = check.portOf(options.port, 1);
		return this.#tcp.connect(address, port, {
			interfaceSlot: slotOf(stack, options.interface),
		});
	}

	/** Moves a connection from another instance, which is closed by that. */
	#takeOver(from: TCP): Tcb {
		if (!(from instanceof TCPSocket) || from.#tcb === undefined || from.#tcp !== this.#tcp)
			throw new SyntaxError(`from ${check.show(from)}: expected an open TCP of the same stack`);
		const tcb = from.#tcb;
		from.#tcb = from.#plain = undefined;
		return tcb;
	}

	read(bytes?: number): ArrayBuffer | number | undefined;
	read(buffer: Bytes, byteOffset?: number, byteLength?: number): number | undefined;
	read(option?: number | Bytes, byteOffset?: number, byteLength?: number): ArrayBuffer | number | undefined {
		const tcb = this.#plain;
		if (tcb !== undefined && option !== undefined) {
			const size = (option as Bytes).byteLength;
			if (size !== undefined) {
				if (byteOffset === undefined) {
					// As Tcp.read, without the call: this is the data path.
					const count = streamRead(this.#view, tcb.block, option as Bytes, 0, size);
					return (count < CONSUMED ? count : this.#tcp.consumed(tcb, count)) || undefined;
				}
				return this.#tcp.read(tcb, option as Bytes, byteOffset, partOf(size, byteOffset, byteLength)) || undefined;
			}
		}
		return this.#read(option as number | undefined);
	}

	/** Everything but filling a buffer. */
	#read(bytes: number | undefined): ArrayBuffer | number | undefined {
		const tcb = this.#tcb;
		if (tcb === undefined) throw closed();
		const available = tcb.rcvUsed;
		if (available === 0) return undefined;
		if (this.#number) return this.#tcp.readByte(tcb);
		const length = bytes === undefined ? available : check.wholeOf("read", bytes, 1, available);
		const buffer = new ArrayBuffer(length);
		this.#tcp.read(tcb, buffer, 0, length);
		return buffer;
	}

	write(data: Bytes | number, byteOffset?: number, byteLength?: number): number {
		const tcb = this.#plain;
		if (tcb !== undefined && byteOffset === undefined) {
			const size = (data as Bytes | undefined)?.byteLength as number;
			// Not so when it is empty, or no buffer, as then its size is no number; nor when it does not fit.
			if (size > 0 && tcb.sendable) {
				// As Tcp.writeAll, without the call.
				const room = streamWrite(this.#view, tcb.block, data as Bytes, 0, size);
				if (room >= 0) {
					if ((tcb.work & QUEUED) !== QUEUED) this.#tcp.wrote(tcb);
					return room;
				}
			}
		}
		return this.#write(data, byteOffset, byteLength);
	}

	/** Everything but writing a whole buffer that fits. */
	#write(data: Bytes | number, byteOffset: number | undefined, byteLength: number | undefined): number {
		const tcb = this.#tcb;
		if (tcb === undefined) throw closed();
		const room = this.#tcp.writable(tcb);
		let size = (data as Bytes | undefined)?.byteLength;
		if (this.#number || size === undefined) return this.#writeByte(tcb, data, room);
		const at = byteOffset ?? 0;
		size = partOf(check.sizeOf(data as Bytes), at, byteLength);
		if (size > room || room === 0) this.#refuse(tcb, size, room);
		this.#tcp.write(tcb, data as Bytes, at, size);
		return room - size;
	}

	/** Format "number", or a mistake. */
	#writeByte(tcb: Tcb, value: unknown, room: number): number {
		if (!this.#number)
			throw new TypeError(`write ${check.show(value)}: expected an ArrayBuffer or a view of one, as format is "buffer"`);
		const byte = (value as number) * 1;
		if (byte !== value) throw new TypeError(`write ${check.show(value)}: expected a number, as format is "number"`);
		if (room === 0) this.#refuse(tcb, 1, room);
		this.#tcp.writeByte(tcb, byte & 255);
		return room - 1;
	}

	/** A write that cannot be taken: nothing of it is. */
	#refuse(tcb: Tcb, size: number, room: number): void {
		if (tcb.state !== ESTABLISHED && tcb.state !== CLOSE_WAIT) throw new Error("write: not connected");
		if (size > room) throw new RangeError(`write of ${size} bytes: expected at most ${room}, the room in the send buffer`);
	}

	shutdown(): void {
		if (this.#tcb === undefined) throw closed();
		this.#tcp.shutdown(this.#tcb);
	}

	close(): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		this.#tcb = this.#plain = undefined;
		this.#tcp.close(tcb);
	}

	get format(): Format {
		if (this.#tcb === undefined) throw closed();
		return this.#number ? "number" : "buffer";
	}
	set format(value: Format) {
		if (this.#tcb === undefined) throw closed();
		// HTTP and WebSocket modules set it for every header byte or two.
		this.#number = check.numberFormat(value);
		this.#plain = this.#number ? undefined : this.#tcb;
	}

	get remoteAddress(): string | undefined {
		if (this.#tcb === undefined) throw closed();
		return formatIpv4(this.#tcb.remoteAddress);
	}

	get remotePort(): number | undefined {
		if (this.#tcb === undefined) throw closed();
		return this.#tcb.remotePort;
	}

	get localAddress(): string | undefined {
		if (this.#tcb === undefined) throw closed();
		return formatIpv4(this.#tcb.localAddress);
	}

	get localPort(): number | undefined {
		if (this.#tcb === undefined) throw closed();
		return this.#tcb.localPort;
	}

	get error(): TCPError | undefined {
		const tcb = this.#tcb;
		if (tcb === undefined) throw closed();
		if (!this.#failed) return undefined;
		return tcb.error === "" ? "closed" : tcb.error;
	}

	/** For SocketSet: what happened since the last turn. A callback may close the socket, or move it. */
	onEvents(events: number): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		if (events & READABLE && this.#onReadable !== undefined) {
			const bytes = tcb.rcvUsed;
			if (bytes > 0) this.#onReadable(bytes);
		}
		if (events === READABLE) return;
		if (events & WRITABLE && this.#onWritable !== undefined && this.#tcb === tcb) {
			const room = this.#tcp.writable(tcb);
			if (room > 0) this.#onWritable(room);
		}
		if (events & ERROR && this.#tcb === tcb) {
			this.#failed = true;
			if (this.#onError !== undefined) this.#onError();
		}
	}

	/** For SocketSet: a callback threw. */
	onFailure(error: unknown): void {
		const tcb = this.#tcb;
		this.#tcb = this.#plain = undefined;
		if (tcb !== undefined) this.#tcp.abort(tcb);
		report(this.#tcp.sockets, error);
	}
}

/** Checks a part of a buffer of `size` bytes; answers its length. */
function partOf(size: number, offset: number, length: number | undefined): number {
	const bytes = length ?? size - offset;
	if (offset !== offset >>> 0 || bytes !== bytes >>> 0 || offset + bytes > size) check.badPart(offset, bytes, size);
	return bytes;
}
