// The system calls of a script, over the stack's sockets. A call answers its result, an error name, or undefined while it
// would block; the runner asks again whenever something has happened.

import type { Stack } from "../../src/stack.ts";
import * as states from "../../src/transport/tcp/tcb.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import type { UdpSocket } from "../../src/transport/udp.ts";
import { ip } from "../support/frames.ts";
import type { Info } from "./code.ts";
import { ScriptError } from "./lexer.ts";
import { patternByte, type Flow } from "./packets.ts";
import type { Call, Expression } from "./script.ts";

/** A number that the call returns, the name of its error, or undefined: it blocks. */
export type Outcome = number | string | undefined;

/** What the runner lends to the sockets. */
export interface Surroundings {
	readonly stack: Stack;
	readonly localAddress: number;
	readonly remoteAddress: number;
	readonly bindPort: number;
	readonly connectPort: number;
	/** The connection that inbound packets opened last, or the one of this TCB. */
	flowFor(tcb: Tcb): Flow | undefined;
	/** A connection is about to be opened by us. */
	connecting(localPort: number, remotePort: number): Flow;
	listening(): void;
}

interface Descriptor {
	stream: boolean;
	nonBlocking: boolean;
	boundPort: number;
	tcb: Tcb | undefined;
	udp: UdpSocket | undefined;
	listening: boolean;
	/** Peer of a connected UDP socket. */
	peerAddress: number;
	peerPort: number;
	flow: Flow | undefined;
	written: number;
	/** Bytes the current blocking write has handed over. */
	progress: number;
	read: number;
	errorTold: boolean;
	/** The application has shut sending, or receiving. */
	shut: boolean;
	deaf: boolean;
	lingerZero: boolean;
	noDelay: boolean;
	keepAlive: { on: boolean; idle: number; interval: number };
	userTimeout: number;
}

const ERRNO: Readonly<Record<string, string>> = {
	reset: "ECONNRESET",
	timeout: "ETIMEDOUT",
	refused: "ECONNREFUSED",
	unreachable: "EHOSTUNREACH",
	closed: "ECONNABORTED",
};

/** Numbers of states in TCP_INFO. */
const LINUX_STATES: Readonly<Record<string, number>> = {
	established: 1,
	synSent: 2,
	synReceived: 3,
	finWait1: 4,
	finWait2: 5,
	timeWait: 6,
	closed: 7,
	closeWait: 8,
	lastAck: 9,
	listen: 10,
	closing: 11,
};

/** Options that say nothing about what a peer sees, only what this stack does anyhow, or what it has fixed. */
const IGNORED_OPTIONS = new Set([
	"SO_REUSEADDR",
	"SO_REUSEPORT",
	"TCP_QUICKACK",
	"SO_SNDBUF",
	"SO_RCVBUF",
	"SO_ZEROCOPY",
	"SO_DEBUG",
]);

const POLL_BITS: Readonly<Record<string, number>> = { POLLIN: 1, POLLOUT: 4, POLLERR: 8, POLLHUP: 16, POLLRDHUP: 32 };

export class Sockets {
	readonly #around: Surroundings;
	readonly #open = new Map<number, Descriptor>();

	constructor(around: Surroundings) {
		this.#around = around;
	}

	/** Makes a call. The answer is undefined as long as it blocks; then call again with the same arguments. */
	call(call: Call): Outcome {
		const method = CALLS[call.name];
		if (!method) throw new ScriptError(`system call ${call.name} is not supported`);
		try {
			return method.call(this, call);
		} catch (error) {
			if (error instanceof ScriptError || !(error instanceof Error)) throw error;
			if (/in use/.test(error.message)) return "EADDRINUSE";
			if (/route/.test(error.message)) return "ENETUNREACH";
			throw error;
		}
	}

	/** Whether a call that would block is to wait. */
	blocks(call: Call): boolean {
		const descriptor = call.items[0]?.kind === "int" ? this.#open.get(call.items[0].value) : undefined;
		return descriptor !== undefined && !descriptor.nonBlocking && !words(call.items.at(-1)).includes("MSG_DONTWAIT");
	}

	closeAll(): void {
		for (const descriptor of this.#open.values()) {
			if (descriptor.tcb) this.#around.stack.tcp.abort(descriptor.tcb);
			if (descriptor.udp) this.#around.stack.udp.close(descriptor.udp);
		}
		this.#open.clear();
	}

	#get(call: Call): Descriptor {
		const descriptor = this.#open.get(number(call.items[0]));
		if (!descriptor) throw new ScriptError(`file descriptor ${number(call.items[0])} is not open`);
		return descriptor;
	}

	#add(call: Call, descriptor: Descriptor): number {
		const fd = call.result.kind === "int" ? call.result.value : 1000 + this.#open.size;
		if (this.#open.has(fd)) throw new ScriptError(`file descriptor ${fd} is open already`);
		this.#open.set(fd, descriptor);
		return fd;
	}

	socket(call: Call): Outcome {
		const kind = words(call.items[1]);
		const protocol = words(call.items[2])[0] ?? "";
		const stream = kind.includes("SOCK_STREAM");
		if (!stream && !kind.includes("SOCK_DGRAM")) throw new ScriptError(`socket type ${kind.join("|")} is not supported`);
		if (protocol !== (stream ? "IPPROTO_TCP" : "IPPROTO_UDP") && protocol !== "") return "EPROTONOSUPPORT";
		return this.#add(call, descriptorOf(stream, kind.includes("SOCK_NONBLOCK")));
	}

	bind(call: Call): Outcome {
		const descriptor = this.#get(call);
		const { port } = this.#address(call.items[1], this.#around.bindPort);
		descriptor.boundPort = port;
		if (!descriptor.stream) descriptor.udp = this.#around.stack.udp.open(this.#around.localAddress, port, 0);
		if (!descriptor.stream) descriptor.flow = this.#around.connecting(port, this.#around.connectPort);
		return 0;
	}

	listen(call: Call): Outcome {
		const descriptor = this.#get(call);
		descriptor.tcb = this.#around.stack.tcp.listen(
			this.#around.localAddress,
			descriptor.boundPort,
			Math.max(1, number(call.items[1])),
			0,
		);
		descriptor.tcb.owner = OWNER;
		descriptor.listening = true;
		this.#around.listening();
		return 0;
	}

	accept(call: Call): Outcome {
		const listener = this.#get(call);
		if (!listener.listening) return "EINVAL";
		const tcb = this.#around.stack.tcp.accept(listener.tcb!);
		if (!tcb) return undefined;
		tcb.owner = OWNER;
		const flags = words(call.items[3]);
		const descriptor = descriptorOf(true, flags.includes("SOCK_NONBLOCK"));
		descriptor.tcb = tcb;
		descriptor.flow = this.#around.flowFor(tcb);
		Object.assign(descriptor, {
			noDelay: listener.noDelay,
			keepAlive: { ...listener.keepAlive },
			userTimeout: listener.userTimeout,
		});
		this.#apply(descriptor);
		return this.#add(call, descriptor);
	}

	connect(call: Call): Outcome {
		const descriptor = this.#get(call);
		const { port } = this.#address(call.items[1], this.#around.connectPort);
		if (!descriptor.stream) return this.#connectUdp(descriptor, port);
		if (!descriptor.tcb) {
			descriptor.tcb = this.#around.stack.tcp.connect(this.#around.remoteAddress, port, { localPort: descriptor.boundPort });
			descriptor.tcb.owner = OWNER;
			descriptor.flow = this.#around.connecting(descriptor.tcb.localPort, port);
			this.#apply(descriptor);
			return descriptor.nonBlocking ? "EINPROGRESS" : undefined;
		}
		const tcb = descriptor.tcb;
		if (tcb.error !== "") return this.#error(descriptor);
		if (tcb.state === states.SYN_SENT || tcb.state === states.SYN_RECEIVED)
			return descriptor.nonBlocking ? "EALREADY" : undefined;
		return descriptor.nonBlocking ? "EISCONN" : 0;
	}

	#connectUdp(descriptor: Descriptor, port: number): Outcome {
		descriptor.udp ??= this.#around.stack.udp.open(this.#around.localAddress, descriptor.boundPort, 0);
		descriptor.peerAddress = this.#around.remoteAddress;
		descriptor.peerPort = port;
		descriptor.flow = this.#around.connecting(descriptor.udp.localPort, port);
		return 0;
	}

	read(call: Call): Outcome {
		const descriptor = this.#get(call);
		const count = number(call.items[2]);
		const peek = call.name !== "read" && words(call.items[3]).includes("MSG_PEEK");
		const buffer = new Uint8Array(Math.max(count, 1));
		if (descriptor.udp) {
			const got = this.#around.stack.udp.read(descriptor.udp, buffer, 0, count);
			if (got < 0) return undefined;
			this.#checkBytes(call.items[1], buffer, got, 0);
			return got;
		}
		const tcb = descriptor.tcb;
		if (!tcb || descriptor.listening) return "ENOTCONN";
		// There is no peeking at bytes, but at their number.
		if (peek && tcb.rcvUsed > 0) return Math.min(tcb.rcvUsed, count);
		const got = peek ? 0 : this.#around.stack.tcp.read(tcb, buffer, 0, count);
		if (got > 0) {
			this.#checkBytes(call.items[1], buffer, got, descriptor.read);
			descriptor.read += got;
			return got;
		}
		if (tcb.error !== "" && !descriptor.errorTold) return this.#error(descriptor);
		return tcb.finReceived || tcb.error !== "" || descriptor.deaf ? 0 : undefined;
	}

	#checkBytes(expected: Expression | undefined, buffer: Uint8Array, length: number, place: number): void {
		for (let i = 0; i < length; i++) {
			const byte = expected?.kind === "string" ? expected.value.charCodeAt(i) : patternByte(place + i);
			if (buffer[i] !== byte && !Number.isNaN(byte))
				throw new ScriptError(`read: byte ${place + i} is ${buffer[i]}, expected ${byte}`);
		}
	}

	write(call: Call): Outcome {
		const descriptor = this.#get(call);
		const count = number(call.items[2]);
		const text = call.items[1]?.kind === "string" ? call.items[1].value : undefined;
		if (!descriptor.stream) return this.#sendDatagram(descriptor, call, count, text);
		const tcb = descriptor.tcb;
		if (!tcb || descriptor.listening) return "ENOTCONN";
		if (tcb.error !== "" && !descriptor.errorTold) return this.#error(descriptor);
		if (tcb.error !== "" || descriptor.shut || tcb.state === states.CLOSED) return "EPIPE";
		if (tcb.state < states.ESTABLISHED) return undefined;
		const left = count - descriptor.progress;
		const buffer = new Uint8Array(left);
		for (let i = 0; i < left; i++) {
			const place = descriptor.written + i;
			if (text !== undefined) descriptor.flow?.spelled.set(place, text.charCodeAt(descriptor.progress + i));
			buffer[i] = descriptor.flow?.written(place) ?? patternByte(place);
		}
		const taken = this.#around.stack.tcp.write(tcb, buffer, 0, left);
		descriptor.written += taken;
		descriptor.progress += taken;
		if (descriptor.progress < count && (!this.blocks(call) || descriptor.progress === 0)) {
			const partial = descriptor.progress;
			if (partial === 0) return undefined;
			descriptor.progress = 0;
			return partial;
		}
		if (descriptor.progress < count) return undefined;
		descriptor.progress = 0;
		return count;
	}

	#sendDatagram(descriptor: Descriptor, call: Call, count: number, text: string | undefined): Outcome {
		descriptor.udp ??= this.#around.stack.udp.open(this.#around.localAddress, descriptor.boundPort, 0);
		descriptor.flow ??= this.#around.connecting(descriptor.udp.localPort, this.#around.connectPort);
		const buffer = new Uint8Array(count);
		for (let i = 0; i < count; i++) {
			if (text !== undefined) descriptor.flow.spelled.set(i, text.charCodeAt(i));
			buffer[i] = descriptor.flow.written(i);
		}
		const target =
			call.name === "sendto" && call.items[4]?.kind === "struct" ? this.#address(call.items[4], 0).port : descriptor.peerPort;
		if (target === 0 && call.name !== "sendto") return "EDESTADDRREQ";
		this.#around.stack.udp.send(descriptor.udp, this.#around.remoteAddress, target || this.#around.connectPort, buffer, 0, count);
		return count;
	}

	shutdown(call: Call): Outcome {
		const descriptor = this.#get(call);
		const how = words(call.items[1])[0] ?? "";
		if (!descriptor.tcb || descriptor.listening) return "ENOTCONN";
		// Receiving is shut for the application only: the peer is not told.
		if (how !== "SHUT_WR") descriptor.deaf = true;
		if (how === "SHUT_RD") return 0;
		this.#around.stack.tcp.shutdown(descriptor.tcb);
		descriptor.shut = true;
		return 0;
	}

	close(call: Call): Outcome {
		const descriptor = this.#get(call);
		const { tcp, udp } = this.#around.stack;
		if (descriptor.tcb) {
			if (descriptor.lingerZero) tcp.abort(descriptor.tcb);
			else tcp.close(descriptor.tcb);
		}
		if (descriptor.udp) udp.close(descriptor.udp);
		this.#open.delete(number(call.items[0]));
		return 0;
	}

	/** What code may ask about the connection opened last. */
	info(): Info | undefined {
		const tcb = [...this.#open.values()].reverse().find((one) => one.tcb && !one.listening)?.tcb;
		if (!tcb) return undefined;
		return {
			tcpi_snd_cwnd: Math.floor(tcb.cwnd / tcb.sndMss),
			tcpi_snd_ssthresh: Math.floor(tcb.ssthresh / tcb.sndMss),
			tcpi_snd_mss: tcb.sndMss,
			tcpi_state: LINUX_STATES[states.STATE_NAMES[tcb.state]!]!,
			tcpi_unacked: Math.ceil(((tcb.sndNxt - tcb.sndUna) | 0) / tcb.sndMss),
			tcpi_backoff: tcb.backoff,
			tcpi_rtt: tcb.srtt < 0 ? 0 : (tcb.srtt / 8) * 1000,
		};
	}

	fcntl(call: Call): Outcome {
		const descriptor = this.#get(call);
		const command = words(call.items[1])[0];
		// O_RDWR is 2 everywhere; O_NONBLOCK is what the script thinks it is.
		if (command === "F_GETFL") return call.result.kind === "int" && descriptor.nonBlocking ? call.result.value : 2;
		if (command !== "F_SETFL") throw new ScriptError(`fcntl ${String(command)} is not supported`);
		descriptor.nonBlocking = words(call.items[2]).includes("O_NONBLOCK");
		return 0;
	}

	ioctl(call: Call): Outcome {
		const descriptor = this.#get(call);
		const command = words(call.items[1])[0];
		const tcb = descriptor.tcb;
		if (!tcb) return "EINVAL";
		let value: number;
		if (command === "SIOCINQ" || command === "FIONREAD") value = this.#around.stack.tcp.readable(tcb);
		else if (command === "SIOCOUTQ") value = tcb.sndUsed;
		else throw new ScriptError(`ioctl ${String(command)} is not supported`);
		expectValue(call.items[2], value);
		return 0;
	}

	setsockopt(call: Call): Outcome {
		const descriptor = this.#get(call);
		const name = words(call.items[2])[0] ?? "";
		if (IGNORED_OPTIONS.has(name)) return 0;
		const value = optionValue(call.items[3]);
		switch (name) {
			case "TCP_NODELAY":
				descriptor.noDelay = value !== 0;
				break;
			case "SO_KEEPALIVE":
				descriptor.keepAlive.on = value !== 0;
				break;
			case "TCP_KEEPIDLE":
				descriptor.keepAlive.idle = value * 1000;
				break;
			case "TCP_KEEPINTVL":
				descriptor.keepAlive.interval = value * 1000;
				break;
			case "TCP_KEEPCNT":
				// The number of probes is fixed.
				if (value !== 9) throw new ScriptError(`TCP_KEEPCNT ${value}: only 9 is supported`);
				break;
			case "TCP_USER_TIMEOUT":
				descriptor.userTimeout = value;
				break;
			case "SO_LINGER": {
				const linger = call.items[3];
				if (linger?.kind !== "struct") throw new ScriptError("SO_LINGER: expected {onoff=…, linger=…}");
				descriptor.lingerZero = number(linger.fields.get("onoff")) !== 0 && number(linger.fields.get("linger")) === 0;
				break;
			}
			default:
				throw new ScriptError(`socket option ${name} is not supported`);
		}
		this.#apply(descriptor);
		return 0;
	}

	/** Hands the options that were set over to the connection. */
	#apply(descriptor: Descriptor): void {
		const { tcb, keepAlive } = descriptor;
		if (!tcb || descriptor.listening) return;
		const { tcp } = this.#around.stack;
		if (tcb.noDelay !== descriptor.noDelay) tcp.setNoDelay(tcb, descriptor.noDelay);
		tcb.userTimeout = descriptor.userTimeout;
		if (keepAlive.on || tcb.keepAliveIdle > 0) tcp.setKeepAlive(tcb, keepAlive.on ? keepAlive.idle : 0, keepAlive.interval);
	}

	getsockopt(call: Call): Outcome {
		const descriptor = this.#get(call);
		const name = words(call.items[2])[0] ?? "";
		const tcb = descriptor.tcb;
		switch (name) {
			case "SO_ERROR": {
				const pending = tcb && tcb.error !== "" && !descriptor.errorTold ? this.#error(descriptor) : "";
				const expected = call.items[3];
				const list = expected?.kind === "list" ? expected.items[0] : expected;
				if (list?.kind === "word" && list.name !== pending)
					throw new ScriptError(`SO_ERROR: expected ${list.name}, got ${pending || 0}`);
				if (list?.kind === "int" && pending !== "") throw new ScriptError(`SO_ERROR: expected ${list.value}, got ${pending}`);
				return 0;
			}
			case "SO_RCVBUF":
			case "SO_SNDBUF":
				return 0;
			case "TCP_MAXSEG":
				expectValue(call.items[3], tcb?.sndMss ?? 536);
				return 0;
			case "TCP_NODELAY":
				expectValue(call.items[3], descriptor.noDelay ? 1 : 0);
				return 0;
		}
		throw new ScriptError(`getsockopt ${name} is not supported`);
	}

	poll(call: Call): Outcome {
		const list = call.items[0];
		if (list?.kind !== "list") throw new ScriptError("poll: expected [{fd=…, events=…, revents=…}]");
		let ready = 0;
		const wrong: string[] = [];
		for (const entry of list.items) {
			if (entry.kind !== "struct") throw new ScriptError("poll: expected {fd=…, events=…, revents=…}");
			const asked = bits(entry.fields.get("events"));
			const got = this.#pollOne(number(entry.fields.get("fd"))) & (asked | 8 | 16);
			if (got) ready++;
			const expected = bits(entry.fields.get("revents"));
			if (got !== expected) wrong.push(`revents ${expected}, got ${got}`);
		}
		const timeout = number(call.items[2]);
		if (ready === 0 && timeout !== 0) return undefined;
		if (wrong.length > 0) throw new ScriptError(`poll: expected ${wrong.join("; ")}`);
		return ready;
	}

	#pollOne(fd: number): number {
		const descriptor = this.#open.get(fd);
		if (!descriptor) return 0;
		const { tcp, udp } = this.#around.stack;
		if (descriptor.udp) return (udp.pending(descriptor.udp) > 0 ? POLL_BITS.POLLIN! : 0) | POLL_BITS.POLLOUT!;
		const tcb = descriptor.tcb;
		if (!tcb) return POLL_BITS.POLLOUT! | POLL_BITS.POLLHUP!;
		if (descriptor.listening) return tcp.acceptable(tcb) > 0 ? POLL_BITS.POLLIN! : 0;
		if (tcb.error !== "")
			return POLL_BITS.POLLERR! | POLL_BITS.POLLHUP! | POLL_BITS.POLLIN! | POLL_BITS.POLLOUT! | POLL_BITS.POLLRDHUP!;
		let result = tcp.readable(tcb) > 0 || tcb.finReceived ? POLL_BITS.POLLIN! : 0;
		if (tcb.finReceived) result |= POLL_BITS.POLLRDHUP!;
		if (tcb.state >= states.ESTABLISHED && (tcp.writable(tcb) > 0 || descriptor.shut)) result |= POLL_BITS.POLLOUT!;
		return result;
	}

	#error(descriptor: Descriptor): string {
		descriptor.errorTold = true;
		return ERRNO[descriptor.tcb!.error] ?? "EIO";
	}

	/** Scripts name no address (`...`), or one that stands for the tested or the other host. */
	#address(value: Expression | undefined, port: number): { port: number } {
		if (value?.kind !== "struct") return { port };
		const given = value.fields.get("sin_port");
		const address = value.fields.get("sin_addr");
		if (address?.kind === "call" && address.items[0]?.kind === "string") ip(address.items[0].value);
		return { port: given?.kind === "call" ? number(given.items[0]) : number(given) };
	}
}

/** Somebody must own a socket for its events to be kept; the runner looks at its state itself. */
const OWNER = { onEvents(): void {} };

function descriptorOf(stream: boolean, nonBlocking: boolean): Descriptor {
	return {
		stream,
		nonBlocking,
		boundPort: 0,
		tcb: undefined,
		udp: undefined,
		listening: false,
		peerAddress: 0,
		peerPort: 0,
		flow: undefined,
		written: 0,
		progress: 0,
		read: 0,
		errorTold: false,
		shut: false,
		deaf: false,
		lingerZero: false,
		noDelay: false,
		keepAlive: { on: false, idle: 7_200_000, interval: 75_000 },
		userTimeout: 0,
	};
}

function number(value: Expression | undefined): number {
	if (value?.kind === "int") return value.value;
	throw new ScriptError(`expected a number, got ${value?.kind ?? "nothing"}`);
}

/** The words of `A | B`. */
function words(value: Expression | undefined): string[] {
	if (value?.kind === "word") return [value.name];
	if (value?.kind === "or") return [...words(value.left), ...words(value.right)];
	return [];
}

function bits(value: Expression | undefined): number {
	let result = 0;
	for (const name of words(value)) {
		const bit = POLL_BITS[name];
		if (bit === undefined) throw new ScriptError(`poll: ${name} is not supported`);
		result |= bit;
	}
	return result;
}

function optionValue(value: Expression | undefined): number {
	const one = value?.kind === "list" ? value.items[0] : value;
	return one?.kind === "int" ? one.value : 0;
}

function expectValue(expected: Expression | undefined, actual: number): void {
	const one = expected?.kind === "list" ? expected.items[0] : expected;
	if (one?.kind === "int" && one.value !== actual) throw new ScriptError(`expected ${one.value}, got ${actual}`);
}

const CALLS: Readonly<Record<string, (this: Sockets, call: Call) => Outcome>> = {
	socket: Sockets.prototype.socket,
	bind: Sockets.prototype.bind,
	listen: Sockets.prototype.listen,
	accept: Sockets.prototype.accept,
	accept4: Sockets.prototype.accept,
	connect: Sockets.prototype.connect,
	read: Sockets.prototype.read,
	recv: Sockets.prototype.read,
	recvfrom: Sockets.prototype.read,
	write: Sockets.prototype.write,
	send: Sockets.prototype.write,
	sendto: Sockets.prototype.write,
	shutdown: Sockets.prototype.shutdown,
	close: Sockets.prototype.close,
	fcntl: Sockets.prototype.fcntl,
	ioctl: Sockets.prototype.ioctl,
	setsockopt: Sockets.prototype.setsockopt,
	getsockopt: Sockets.prototype.getsockopt,
	poll: Sockets.prototype.poll,
};
