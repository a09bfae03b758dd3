// The system calls of a script, over the stack's sockets. A call answers its result, an error name, or undefined while it
// would block; the runner asks again whenever something has happened.

import type { Stack } from "../../src/stack.ts";
import * as states from "../../src/transport/tcp/tcb.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { ip, ipText } from "../support/frames.ts";
import type { Info } from "./code.ts";
import { bits, descriptorOf, number, POLL_BITS, words, type Descriptor } from "./descriptors.ts";
import { ScriptError } from "./lexer.ts";
import { applyOptions, checkIoctl, checkOption, infoOf, setOption, takeError } from "./options.ts";
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
		if (!descriptor.stream) descriptor.udp = this.#around.stack.udp.open(ipText(this.#around.localAddress), port, 0);
		if (!descriptor.stream) descriptor.flow = this.#around.connecting(port, this.#around.connectPort);
		return 0;
	}

	listen(call: Call): Outcome {
		const descriptor = this.#get(call);
		descriptor.tcb = this.#around.stack.tcp.listen(
			ipText(this.#around.localAddress),
			descriptor.boundPort,
			Math.max(1, number(call.items[1])),
			0,
		);
		descriptor.tcb.owner = OWNER;
		descriptor.listening = true;
		applyOptions(descriptor, this.#around.stack.tcp);
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
		applyOptions(descriptor, this.#around.stack.tcp);
		return this.#add(call, descriptor);
	}

	connect(call: Call): Outcome {
		const descriptor = this.#get(call);
		const { port } = this.#address(call.items[1], this.#around.connectPort);
		if (!descriptor.stream) return this.#connectUdp(descriptor, port);
		if (!descriptor.tcb) {
			descriptor.tcb = this.#around.stack.tcp.connect(ipText(this.#around.remoteAddress), port, {
				localPort: descriptor.boundPort,
			});
			descriptor.tcb.owner = OWNER;
			descriptor.flow = this.#around.connecting(descriptor.tcb.localPort, port);
			applyOptions(descriptor, this.#around.stack.tcp);
			return descriptor.nonBlocking ? "EINPROGRESS" : undefined;
		}
		const tcb = descriptor.tcb;
		if (tcb.error !== "") return takeError(descriptor);
		if (tcb.state === states.SYN_SENT || tcb.state === states.SYN_RECEIVED)
			return descriptor.nonBlocking ? "EALREADY" : undefined;
		return descriptor.nonBlocking ? "EISCONN" : 0;
	}

	#connectUdp(descriptor: Descriptor, port: number): Outcome {
		descriptor.udp ??= this.#around.stack.udp.open(ipText(this.#around.localAddress), descriptor.boundPort, 0);
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
		if (tcb.error !== "" && !descriptor.errorTold) return takeError(descriptor);
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
		if (tcb.error !== "" && !descriptor.errorTold) return takeError(descriptor);
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
		descriptor.udp ??= this.#around.stack.udp.open(ipText(this.#around.localAddress), descriptor.boundPort, 0);
		descriptor.flow ??= this.#around.connecting(descriptor.udp.localPort, this.#around.connectPort);
		const buffer = new Uint8Array(count);
		for (let i = 0; i < count; i++) {
			if (text !== undefined) descriptor.flow.spelled.set(i, text.charCodeAt(i));
			buffer[i] = descriptor.flow.written(i);
		}
		const target =
			call.name === "sendto" && call.items[4]?.kind === "struct" ? this.#address(call.items[4], 0).port : descriptor.peerPort;
		if (target === 0 && call.name !== "sendto") return "EDESTADDRREQ";
		this.#around.stack.udp.send(
			descriptor.udp,
			ipText(this.#around.remoteAddress),
			target || this.#around.connectPort,
			buffer,
			0,
			count,
		);
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
		return tcb && infoOf(tcb);
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
		const { tcb } = this.#get(call);
		if (!tcb) return "EINVAL";
		checkIoctl(tcb, call);
		return 0;
	}

	setsockopt(call: Call): Outcome {
		const descriptor = this.#get(call);
		setOption(descriptor, call);
		applyOptions(descriptor, this.#around.stack.tcp);
		return 0;
	}

	getsockopt(call: Call): Outcome {
		checkOption(this.#get(call), call);
		return 0;
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
