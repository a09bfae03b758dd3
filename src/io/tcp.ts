// ECMA-419's TCP over a TCB. What is said of each method stands in types.ts.
// The stack refers to the TCB, and the TCB to its owner: an open instance survives garbage collection without further ado.

import { placeStream, StreamSocket } from "#sockets";
import { hasFastOpen } from "../packet/kernels/parts.ts";
import { isIpv4 } from "../address4.ts";
import type { Stack } from "../stack.ts";
import { ERROR, READABLE, WRITABLE, type SocketOwner } from "../transport/events.ts";
import { Tcb } from "../transport/tcp/tcb.ts";
import { setFastOpen, type Tcp } from "../transport/tcp/tcp.ts";
import { LOOK } from "../turn/requests.ts";
import { howByName, type ByName } from "./by-name.ts";
import { ANY_ADDRESS, closed, foreign, hidden, isObject, linkOf, report } from "./common.ts";
import { scopedOf, zoned } from "./zones.ts";
import * as check from "./options.ts";
import { tcpInfo, type TCPInfo } from "../transport/tcp/info.ts";
import type { Bytes, Format, TCP, TCPError, TCPOptions, WriteOptions } from "./types.ts";

// What passes packets or single bytes comes first in each method, and what is rarer in a private one: on XS a function copies each module
// variable that it mentions at every call. No string literal stands on the data path: on XS each use of one allocates. What tells a buffer from a number is its byteLength.

// Made by a call, so that the build does not put the literals where they are used.
const NUMBER = String("number") as Format;

// The class sets these when it is made: they reach its private fields, at the price of one variable.
/** For `pipe`: the transport of an open instance; SyntaxError for what is none. */
export let transportOf: (instance: unknown) => Tcp;
/** For `pipe`: ends the connection of an instance at once, by RST where there is a peer. */
export let abortSocket: (instance: TCPSocket) => void;
/** For who connects by name: the connection of `attempt` is that of `instance`, which waits for one. */
export let handOver: (instance: TCPSocket, attempt: TCPSocket) => void;

export class TCPSocket extends StreamSocket implements TCP, SocketOwner {
	/** Undefined once closed. It is the instance's own property: on something else than an instance it is undefined. */
	declare openTCB: Tcb | undefined;
	/** For SocketEvents: the program's `onReadable`. Undefined once closed. */
	declare tellReadable: ((bytes: number) => void) | undefined;
	/** The same: `onWritable`. */
	declare tellWritable: ((bytes: number) => void) | undefined;
	readonly #tcp: Tcp;
	#onError: (() => void) | undefined = undefined;
	#failed = false;
	/** While it is looked for where the host is, and when that has failed; there is no TCB then. */
	#byName: ByName | undefined = undefined;
	declare target?: unknown;

	/** `options`, or a connection that a listener accepted. */
	constructor(stack: Stack, options: TCPOptions | Tcb) {
		super(stack.core.view);
		const tcp = (this.#tcp = stack.tcp);
		hidden(this, "openTCB");
		hidden(this, "tellReadable");
		hidden(this, "tellWritable");
		if (options instanceof Tcb) {
			this.openTCB = options;
			placeStream(this, options.block);
			options.owner = this;
			return;
		}
		check.objectOption(options);
		const onReadable = check.callbackOf("onReadable", options.onReadable);
		const onWritable = check.callbackOf("onWritable", options.onWritable);
		const onError = check.callbackOf("onError", options.onError);
		const byBytes = check.numberFormat(options.format);
		const noDelay = options.noDelay ?? options.nodelay;
		if (noDelay !== undefined) check.flagOf("noDelay", noDelay);
		const { idle, interval, count } = check.keepAliveOf(options.keepAlive);
		const linger = options.linger === undefined ? -1 : check.wholeOf("linger", options.linger, 0, 0x7fffffff);
		const ttl = check.ttlOf("ttl", options.ttl);
		const dscp = check.dscpOf(options.dscp);
		const userTimeout = options.userTimeout === undefined ? -1 : check.wholeOf("userTimeout", options.userTimeout, 0, 0x7fffffff);
		const leastRate = check.leastRateOf(options.leastRate);
		const fastOpen = hasFastOpen() ? check.fastOpenOf(tcp, options.fastOpen, 1) : 0;
		if (options.from === undefined) this.#byName = byNameOf(stack, this, options);
		const tcb = this.#byName !== undefined ? undefined : this.#connectOrTake(stack, options);
		this.tellReadable = onReadable;
		this.tellWritable = onWritable;
		this.#onError = onError;
		if (options.target !== undefined) this.target = options.target;
		if (tcb === undefined) return;
		this.openTCB = tcb;
		placeStream(this, tcb.block);
		if (byBytes) this.format = NUMBER;
		// What a connection that was taken over has waiting is announced again, to the new instance.
		tcp.adopt(tcb, this);
		if (noDelay !== undefined) tcp.setNoDelay(tcb, noDelay);
		if (idle >= 0) tcp.setKeepAlive(tcb, idle, interval, count);
		if (linger >= 0) tcp.setLinger(tcb, linger);
		if (ttl !== 0) tcp.setTtl(tcb, ttl);
		if (dscp >= 0) tcp.setDscp(tcb, dscp);
		if (userTimeout >= 0) tcp.setUserTimeout(tcb, userTimeout);
		if (leastRate >= 0) tcp.setLeastRate(tcb, leastRate);
		if (hasFastOpen() && fastOpen !== 0 && options.from === undefined) setFastOpen(tcp, tcb, fastOpen);
	}

	#connectOrTake(stack: Stack, options: TCPOptions): Tcb {
		return options.from === undefined ? this.#connect(stack, options) : this.#takeOver(options.from);
	}

	#connect(stack: Stack, options: TCPOptions): Tcb {
		const name = options.address === undefined && options.host !== undefined ? "host" : "address";
		const text = options[name];
		if (text === undefined) throw new Error("address undefined: expected one to connect to, or a connection as `from`");
		const { address, link } = scopedOf(stack, name, text, linkOf(stack, options.interface));
		if (options.port === undefined) throw new Error("port undefined: expected 1 to 65535");
		const port = check.portOf(options.port, 1);
		const networkTimeout = check.networkTimeoutOf(options.networkTimeout);
		return this.#tcp.connect(address, port, { interfaceSlot: link?.slot ?? 0, networkTimeout });
	}

	/** Moves a connection from another instance, which is closed by that. */
	#takeOver(from: TCP): Tcb {
		const known = isObject(from) && #tcp in from && from.#tcp === this.#tcp;
		const tcb = known ? from.openTCB : undefined;
		if (!known || tcb === undefined) throw new SyntaxError(`from ${check.show(from)}: expected an open TCP of the same stack`);
		from.#letGo();
		const { owner } = tcb;
		if (owner !== from) {
			tcb.owner = null;
			owner?.onLetGo?.();
		}
		return tcb;
	}

	#letGo(): void {
		this.openTCB = undefined; // throws when the instance is frozen: then it stays as it is
		this.tellReadable = undefined;
		this.tellWritable = undefined;
		placeStream(this, 0);
	}

	/** The TCB of an instance that is open. */
	static #of(instance: TCPSocket): Tcb {
		if (!isObject(instance) || !(#tcp in instance)) throw foreign("TCP");
		const tcb = instance.openTCB;
		if (tcb !== undefined) return tcb;
		throw instance.#byName === undefined ? closed() : new Error("not connected: expected it to wait for onWritable");
	}

	/** The same; undefined while it waits for one. */
	static #perhaps(instance: TCPSocket): Tcb | undefined {
		return TCPSocket.#waits(instance) ? undefined : TCPSocket.#of(instance);
	}

	static #waits(instance: TCPSocket): boolean {
		return isObject(instance) && #tcp in instance && instance.#byName !== undefined;
	}

	override readRest(option?: number | Bytes, byteOffset?: number, byteLength?: number): ArrayBuffer | number | undefined {
		const tcb = TCPSocket.#perhaps(this);
		if (tcb === undefined) return undefined;
		const tcp = this.#tcp;
		const available = tcb.pending;
		if (this.format === NUMBER) return available === 0 ? undefined : tcp.readByte(tcb);
		if (byteOffset !== undefined || isObject(option)) {
			const size = check.sizeOf(option as Bytes);
			const at = byteOffset ?? 0;
			return tcp.read(tcb, option as Bytes, at, partOf(size, at, byteLength)) || undefined;
		}
		if (available === 0) return undefined;
		const length = option === undefined ? available : check.countOf(option, available);
		const buffer = new ArrayBuffer(length);
		tcp.read(tcb, buffer, 0, length);
		return buffer;
	}

	override writeRest(data: Bytes | number, byteOffset?: number | WriteOptions, byteLength?: number): number {
		const tcb = TCPSocket.#perhaps(this);
		if (tcb === undefined) throw new Error("write: not connected");
		const tcp = this.#tcp;
		const room = tcp.writable(tcb);
		let size = (data as Bytes | undefined)?.byteLength;
		if (this.format === NUMBER) return this.#writeByte(tcb, data, room);
		if (size === undefined)
			throw new TypeError(`write ${check.show(data)}: expected an ArrayBuffer or a view of one, as format is "buffer"`);
		// Moddable's modules pass `{more: true}`: a hint, and Nagle joins small segments without it.
		const at = isObject(byteOffset) ? 0 : (byteOffset ?? 0);
		size = partOf(check.sizeOf(data as Bytes), at, byteLength);
		if (size > room || room === 0) this.#refuse(tcb, size, room);
		tcp.write(tcb, data as Bytes, at, size);
		return room - size;
	}

	static {
		transportOf = (instance) => {
			TCPSocket.#of(instance as TCPSocket);
			return (instance as TCPSocket).#tcp;
		};
		abortSocket = (instance) => {
			const tcb = instance.openTCB;
			if (tcb === undefined) return;
			instance.#letGo();
			instance.#tcp.abort(tcb);
		};
		handOver = (instance, attempt) => {
			const format = instance.#byName?.format;
			const tcb = instance.#takeOver(attempt);
			instance.#byName = undefined;
			instance.openTCB = tcb;
			placeStream(instance, tcb.block);
			if (format === NUMBER) instance.format = NUMBER;
			instance.#tcp.adopt(tcb, instance);
		};
	}

	override formatRest(...values: unknown[]): Format {
		const byName = TCPSocket.#waits(this) ? this.#byName! : undefined;
		if (byName === undefined) TCPSocket.#of(this);
		else if (values.length === 0) return byName.format;
		const [value] = values;
		if (byName === undefined || (value !== "number" && value !== "buffer")) throw check.badFormat(value);
		return (byName.format = value);
	}

	override pollWanted(count: number): number {
		return this.#tcp.woken(count);
	}

	/** In format "number". */
	#writeByte(tcb: Tcb, value: unknown, room: number): number {
		if (typeof value !== "number" || value !== value)
			throw new TypeError(`write ${check.show(value)}: expected a number, as format is "number"`);
		if (room === 0) this.#refuse(tcb, 1, room);
		this.#tcp.writeByte(tcb, value & 255);
		return room - 1;
	}

	/** A write that cannot be taken: nothing of it is. Error, as the SDK's tests want it. */
	#refuse(tcb: Tcb, size: number, room: number): void {
		if (!tcb.sendable) throw new Error("write: not connected");
		if (size > room) throw new Error(`write of ${size} bytes: expected at most ${room}, the room in the send buffer`);
	}

	shutdown(): void {
		const tcb = TCPSocket.#of(this);
		this.#tcp.shutdown(tcb);
	}

	close(): void {
		if (!isObject(this) || !(#tcp in this)) throw foreign("TCP");
		this.#byName?.cancel();
		this.#byName = undefined;
		const tcb = this.openTCB;
		if (tcb === undefined) return;
		const { owner } = tcb;
		this.#letGo();
		this.#tcp.close(tcb);
		if (owner !== this) owner?.onLetGo?.();
	}

	tcpInfo(): TCPInfo | undefined {
		const tcb = TCPSocket.#perhaps(this);
		return tcb === undefined ? undefined : tcpInfo(tcb);
	}

	get remoteAddress(): string | undefined {
		const tcb = TCPSocket.#perhaps(this);
		return tcb === undefined ? undefined : zoned(tcb.remoteAddress, this.#tcp.interfaceOf(tcb)) || ANY_ADDRESS;
	}

	get remotePort(): number | undefined {
		return TCPSocket.#perhaps(this)?.remotePort;
	}

	get localAddress(): string | undefined {
		const tcb = TCPSocket.#perhaps(this);
		return tcb === undefined ? undefined : zoned(tcb.localAddress, this.#tcp.interfaceOf(tcb)) || ANY_ADDRESS;
	}

	get localPort(): number | undefined {
		return TCPSocket.#perhaps(this)?.localPort;
	}

	get interface(): string | undefined {
		const tcb = TCPSocket.#perhaps(this);
		return tcb === undefined ? undefined : this.#tcp.interfaceOf(tcb)?.name;
	}

	get error(): TCPError | undefined {
		const tcb = TCPSocket.#perhaps(this);
		if (tcb === undefined) return this.#byName!.error;
		if (!this.#failed) return undefined;
		return tcb.error === "" ? "closed" : tcb.error;
	}

	/** For SocketEvents: what happened since the last turn, but when all there is to it is `tellReadable`. A callback may close the socket, or move it. */
	onEvents(events: number, waiting: number): number {
		const tcb = this.openTCB;
		if (tcb === undefined) {
			if (this.#byName?.error !== undefined) this.#onError?.();
			return 0;
		}
		let answer = 0;
		if (events & READABLE && waiting > 0 && this.tellReadable !== undefined) {
			this.tellReadable(waiting);
			// Moddable's modules set a timer of 0 ms for the rest, which must run before they are called again.
			answer = LOOK;
		}
		if (events === READABLE) return answer;
		if (events & WRITABLE && this.tellWritable !== undefined && this.openTCB === tcb) {
			const room = this.#tcp.writable(tcb);
			if (room > 0) this.tellWritable(room);
		}
		if (events >= ERROR && this.openTCB === tcb) {
			this.#failed = true;
			if (this.#onError !== undefined) this.#onError();
		}
		return answer;
	}

	/** For SocketEvents: a callback threw. */
	onFailure(error: unknown): void {
		const tcb = this.openTCB;
		try {
			this.#byName = undefined;
			if (tcb !== undefined) this.#tcp.abort(tcb);
			this.#letGo();
		} finally {
			report(this.#tcp.events, error); // also what a frozen instance threw, which cannot be let go
		}
	}
}

/** Begins to connect to a host by its name; undefined when it is an address that is to be connected to. What else is wrong with the options is thrown. */
function byNameOf(stack: Stack, socket: TCPSocket, options: TCPOptions): ByName | undefined {
	const { address, host, port } = options;
	const how = howByName();
	if (how === undefined || typeof host !== "string" || host === address || host.includes(":") || isIpv4(host)) return undefined;
	if (address !== undefined && typeof address !== "string") return undefined;
	if (port === undefined) throw new Error("port undefined: expected 1 to 65535");
	check.portOf(port, 1);
	check.networkTimeoutOf(options.networkTimeout);
	linkOf(stack, options.interface);
	return how(stack, socket, options);
}

/** Checks a part of a buffer of `size` bytes; answers its length. */
function partOf(size: number, offset: number, length: number | undefined): number {
	const bytes = length ?? size - offset;
	if (offset !== offset >>> 0 || bytes !== bytes >>> 0 || offset + bytes > size) check.badPart(offset, bytes, size);
	return bytes;
}
