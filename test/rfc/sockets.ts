// The system calls of a script, over the stack's sockets. A call answers its result, an error name, or undefined while it
// would block; the runner asks again whenever something has happened.

import type { Stack } from "../../src/stack.ts";
import * as states from "../../src/transport/tcp/tcb.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { setFastOpen } from "../../src/transport/tcp/tcp.ts";
import type { Info } from "./code.ts";
import { descriptorOf, number, words, type Descriptor } from "./descriptors.ts";
import { ALL_LISTENERS, BARE_CLIENT, BARE_SERVER, CLIENT, SERVER, spaceFor } from "./fast-open.ts";
import type { Flow } from "./flow.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import { applyOptions, checkIoctl, checkOption, infoOf, setOption, takeError } from "./options.ts";
import { POLL_BITS, epollControl, epollWait, pollAll } from "./polling.ts";
import type { Call, Expression } from "./script.ts";
import { asksFastOpen, receive, send } from "./transfers.ts";

/** A number that the call returns, the name of its error, or undefined: it blocks. */
export type Outcome = number | string | undefined;

/** What the runner lends to the sockets. */
export interface Surroundings {
	readonly stack: Stack;
	readonly localAddress: string;
	readonly remoteAddress: string;
	readonly bindPort: number;
	readonly connectPort: number;
	/** The connection that inbound packets opened last, or the one of this TCB. */
	flowFor(tcb: Tcb): Flow | undefined;
	/** A connection is about to be opened by us. */
	connecting(localPort: number, remotePort: number): Flow;
	listening(): void;
}

/** Somebody must own a socket for its events to be kept; the runner looks at its state itself. */
const OWNER = { onEvents(): void {} };

/** Calls that wait for time or for sockets as their arguments say, not as the descriptor does. */
const WAITING = ["poll", "epoll_wait"];

export class Sockets {
	/** Who may use Fast Open, by Linux's bits (fast-open.ts). */
	fastOpen: number;
	readonly #mtu: number;
	readonly #around: Surroundings;
	readonly #open = new Map<number, Descriptor>();

	constructor(around: Surroundings, fastOpen: number, mtu: number) {
		this.fastOpen = fastOpen;
		this.#mtu = mtu;
		this.#around = around;
	}

	/** Makes a call. The answer is undefined as long as it blocks; then call again with the same arguments. */
	call(call: Call): Outcome {
		const method = CALLS[call.name];
		if (!method) throw new Unsupported(`system call ${call.name}`, `system call ${call.name}`);
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
		if (WAITING.includes(call.name)) return true;
		const descriptor = call.items[0]?.kind === "int" ? this.#open.get(call.items[0].value) : undefined;
		const told = call.items.some((item) => words(item).includes("MSG_DONTWAIT"));
		return descriptor !== undefined && !descriptor.nonBlocking && !told;
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
		if (protocol === "IPPROTO_MPTCP") throw new Unsupported("MPTCP", "MPTCP");
		if (!stream && !kind.includes("SOCK_DGRAM")) {
			if (call.errno !== "") return "EPROTONOSUPPORT";
			throw new Unsupported(`socket type ${kind.join("|")}`, "socket type");
		}
		if (protocol !== (stream ? "IPPROTO_TCP" : "IPPROTO_UDP") && protocol !== "") return "EPROTONOSUPPORT";
		return this.#add(call, descriptorOf(stream, kind.includes("SOCK_NONBLOCK")));
	}

	bind(call: Call): Outcome {
		const descriptor = this.#get(call);
		const port = this.#port(call.items[1], this.#around.bindPort);
		descriptor.boundPort = port;
		if (!descriptor.stream) descriptor.udp = this.#around.stack.udp.open(this.#around.localAddress, port, 0);
		if (!descriptor.stream) descriptor.flow = this.#around.connecting(port, this.#around.connectPort);
		return 0;
	}

	listen(call: Call): Outcome {
		const descriptor = this.#get(call);
		const backlog = Math.max(1, number(call.items[1]));
		descriptor.tcb = this.#around.stack.tcp.listen(this.#around.localAddress, descriptor.boundPort, backlog, 0);
		descriptor.tcb.owner = OWNER;
		descriptor.listening = true;
		applyOptions(descriptor, this.#around.stack.tcp);
		if ((this.fastOpen & ALL_LISTENERS) !== 0 && descriptor.fastOpen < 0) descriptor.fastOpen = backlog;
		this.#letFastOpen(descriptor);
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
		const port = this.#port(call.items[1], this.#around.connectPort);
		if (!descriptor.stream) return this.#connectUdp(descriptor, port);
		if (descriptor.deferred !== 0) return "EISCONN";
		if (!descriptor.tcb) {
			if (descriptor.fastConnect && this.#space() >= 0) {
				descriptor.deferred = port;
				return 0;
			}
			this.#openTo(descriptor, port, descriptor.fastConnect);
			return descriptor.nonBlocking ? "EINPROGRESS" : undefined;
		}
		const tcb = descriptor.tcb;
		if (tcb.error !== "") return takeError(descriptor);
		if (tcb.state === states.SYN_SENT || tcb.state === states.SYN_RECEIVED)
			return descriptor.nonBlocking ? "EALREADY" : undefined;
		return descriptor.nonBlocking || call.errno !== "" ? "EISCONN" : 0;
	}

	#openTo(descriptor: Descriptor, port: number, fast = false): void {
		const { tcp } = this.#around.stack;
		descriptor.tcb = tcp.connect(this.#around.remoteAddress, port, { localPort: descriptor.boundPort });
		descriptor.tcb.owner = OWNER;
		descriptor.flow = this.#around.connecting(descriptor.tcb.localPort, port);
		applyOptions(descriptor, tcp);
		if (fast) setFastOpen(tcp, descriptor.tcb, 1);
	}

	/** A listener that may, lets connections be open before their handshakes are done. */
	#letFastOpen(descriptor: Descriptor): void {
		if ((this.fastOpen & BARE_SERVER) !== 0) throw new Unsupported("Fast Open without cookies", "Fast Open without cookies");
		if (!descriptor.listening || (this.fastOpen & SERVER) === 0 || descriptor.fastOpen <= 0) return;
		setFastOpen(this.#around.stack.tcp, descriptor.tcb!, descriptor.fastOpen);
	}

	/** Bytes that may go with a SYN, -1 when there is no cookie. */
	#space(): number {
		return spaceFor(this.#around.stack, this.#around.remoteAddress, this.#mtu);
	}

	/** A write that connects, with Fast Open. FreeBSD takes all there is, Linux as much as goes with the SYN, or waits for the rest. */
	#writeAndConnect(descriptor: Descriptor, call: Call): Outcome {
		if (words(call.items[4]).includes("AF_UNSPEC")) return "EOPNOTSUPP";
		if ((this.fastOpen & CLIENT) === 0) return "EOPNOTSUPP";
		if ((this.fastOpen & BARE_CLIENT) !== 0) throw new Unsupported("Fast Open without cookies", "Fast Open without cookies");
		const port = descriptor.deferred || this.#port(call.items[4], this.#around.connectPort);
		const waits = this.blocks(call);
		const space = this.#space();
		descriptor.deferred = 0;
		this.#openTo(descriptor, port, true);
		const room = descriptor.fastOpen > 0 ? Infinity : space;
		const taken = room > 0 ? send(descriptor, call, this.#around.stack, "", 0, false, room) : 0;
		if (!waits || room === Infinity) return taken === 0 ? "EINPROGRESS" : taken;
		descriptor.progress = typeof taken === "number" ? taken : 0;
		return undefined;
	}

	#connectUdp(descriptor: Descriptor, port: number): Outcome {
		descriptor.udp ??= this.#around.stack.udp.open(this.#around.localAddress, descriptor.boundPort, 0);
		descriptor.peerPort = port;
		descriptor.flow = this.#around.connecting(descriptor.udp.localPort, port);
		return 0;
	}

	read(call: Call): Outcome {
		return receive(this.#get(call), call, this.#around.stack);
	}

	write(call: Call): Outcome {
		const descriptor = this.#get(call);
		if (!descriptor.stream) {
			descriptor.udp ??= this.#around.stack.udp.open(this.#around.localAddress, descriptor.boundPort, 0);
			descriptor.flow ??= this.#around.connecting(descriptor.udp.localPort, this.#around.connectPort);
		}
		const { tcb } = descriptor;
		const asks = asksFastOpen(call);
		const implied = descriptor.deferred !== 0 || (descriptor.fastOpen > 0 && call.name === "sendto");
		if (descriptor.stream && tcb === undefined && (asks || implied)) return this.#writeAndConnect(descriptor, call);
		if (asks && tcb?.state === states.SYN_SENT && !this.blocks(call)) return "EALREADY";
		const to = call.name === "sendto" ? this.#port(call.items[4], this.#around.connectPort) : descriptor.peerPort;
		return send(descriptor, call, this.#around.stack, this.#around.remoteAddress, to, this.blocks(call));
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
			applyOptions(descriptor, tcp);
			tcp.close(descriptor.tcb);
		}
		if (descriptor.udp) udp.close(descriptor.udp);
		this.#open.delete(number(call.items[0]));
		return 0;
	}

	/** What code may ask about the connection opened last. */
	info(): Info | undefined {
		const open = [...this.#open.values()].reverse();
		const tcb = (open.find((one) => one.tcb && !one.listening) ?? open.find((one) => one.tcb))?.tcb;
		return tcb && infoOf(tcb);
	}

	fcntl(call: Call): Outcome {
		const descriptor = this.#get(call);
		const command = words(call.items[1])[0];
		// O_RDWR is 2 everywhere; O_NONBLOCK is what the script thinks it is.
		if (command === "F_GETFL") return call.result.kind === "int" && descriptor.nonBlocking ? call.result.value : 2;
		if (command !== "F_SETFL") throw new Unsupported(`fcntl ${String(command)}`, "fcntl");
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
		if (words(call.items[2]).includes("TCP_FASTOPEN_CONNECT") && (this.fastOpen & CLIENT) === 0) return "EOPNOTSUPP";
		setOption(descriptor, call);
		this.#letFastOpen(descriptor);
		applyOptions(descriptor, this.#around.stack.tcp);
		return 0;
	}

	getsockopt(call: Call): Outcome {
		checkOption(this.#get(call), call);
		return 0;
	}

	poll(call: Call): Outcome {
		return pollAll(call, (fd) => this.#ready(fd));
	}

	epollCreate(call: Call): Outcome {
		const descriptor = descriptorOf(false, false);
		descriptor.watched = new Map();
		return this.#add(call, descriptor);
	}

	epollControl(call: Call): Outcome {
		return epollControl(this.#get(call).watched, call);
	}

	epollWait(call: Call): Outcome {
		return epollWait(this.#get(call).watched, call, (fd) => this.#ready(fd));
	}

	/** What a descriptor is ready for, in poll's bits, and a number that grows with all that comes and is acknowledged. */
	#ready(fd: number): { bits: number; progress: number } {
		const descriptor = this.#open.get(fd);
		if (!descriptor) return { bits: 0, progress: 0 };
		const { tcp, udp } = this.#around.stack;
		const { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP } = POLL_BITS as Record<string, number>;
		if (descriptor.udp) return { bits: (udp.pending(descriptor.udp) > 0 ? POLLIN! : 0) | POLLOUT!, progress: 0 };
		const tcb = descriptor.tcb;
		if (!tcb) return { bits: descriptor.deferred !== 0 ? POLLOUT! : POLLOUT! | POLLHUP!, progress: 0 };
		if (descriptor.listening) {
			const waiting = tcp.acceptable(tcb);
			return { bits: waiting > 0 ? POLLIN! : 0, progress: waiting };
		}
		const progress = descriptor.read + tcb.pending + (descriptor.written - tcb.sndUsed);
		if (tcb.error !== "") return { bits: POLLERR! | POLLHUP! | POLLIN! | POLLOUT! | POLLRDHUP!, progress: progress + 1 };
		let bits = tcp.readable(tcb) > 0 || tcb.finReceived ? POLLIN! : 0;
		if (tcb.finReceived) bits |= POLLRDHUP!;
		if (tcb.finReceived && descriptor.shut) bits |= POLLHUP!;
		if (tcb.state >= states.ESTABLISHED && (tcp.writable(tcb) > 0 || descriptor.shut)) bits |= POLLOUT!;
		return { bits, progress: progress + (tcb.finReceived ? 1 : 0) };
	}

	/** Scripts name no address (`...`), or one that stands for the tested or the other host: the port is what counts. */
	#port(value: Expression | undefined, port: number): number {
		if (value?.kind !== "struct") return port;
		const given = value.fields.get("sin_port") ?? value.fields.get("sin6_port");
		return given?.kind === "call" ? number(given.items[0]) : number(given);
	}
}

const CALLS: Readonly<Record<string, (this: Sockets, call: Call) => Outcome>> = {
	socket: Sockets.prototype.socket,
	bind: Sockets.prototype.bind,
	listen: Sockets.prototype.listen,
	accept: Sockets.prototype.accept,
	accept4: Sockets.prototype.accept,
	connect: Sockets.prototype.connect,
	read: Sockets.prototype.read,
	readv: Sockets.prototype.read,
	recv: Sockets.prototype.read,
	recvfrom: Sockets.prototype.read,
	recvmsg: Sockets.prototype.read,
	write: Sockets.prototype.write,
	writev: Sockets.prototype.write,
	send: Sockets.prototype.write,
	sendto: Sockets.prototype.write,
	sendmsg: Sockets.prototype.write,
	shutdown: Sockets.prototype.shutdown,
	close: Sockets.prototype.close,
	fcntl: Sockets.prototype.fcntl,
	ioctl: Sockets.prototype.ioctl,
	setsockopt: Sockets.prototype.setsockopt,
	getsockopt: Sockets.prototype.getsockopt,
	poll: Sockets.prototype.poll,
	epoll_create: Sockets.prototype.epollCreate,
	epoll_create1: Sockets.prototype.epollCreate,
	epoll_ctl: Sockets.prototype.epollControl,
	epoll_wait: Sockets.prototype.epollWait,
};
