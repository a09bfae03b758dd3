// ICMP echo sockets as the layers above have them: what they call, and what was wrong with a call. What is done for one is flat TypeScript, echo.ts, and all that there is of it lies in
// its block (packet/echo-block.ts).

import * as door from "#codec";
import { addressOrNonePut, addressText } from "../../address.ts";
import type { Core } from "../../packet/core.ts";
import { ECHO_GONE, ECHO_OPEN, EchoAnswer, EchoBlock } from "../../packet/echo-block.ts";
import { socketNumbers } from "../../packet/layout.ts";
import { PathBlock } from "../../packet/path-block.ts";
import type { Path } from "../../link/path.ts";
import type { Ip } from "../../ip/ip.ts";
import { BlockSocket } from "../block-socket.ts";
import type { SocketEvents } from "../events.ts";
import { TOO_LONG } from "./echo.ts";

/** Where its fields lie in a socket's block, and in what came for it. */
const AT = EchoBlock.offsets;
const ANSWER = EchoAnswer.offsets;
const { out: OUT } = PathBlock.offsets;

export class EchoSocket extends BlockSocket {
	/** Of what `take` has taken: the ICMP type (ECHO_REPLY or an error) and code, who sent it, which request it is about, payload bytes, TTL, and when it came (ms). */
	type = 0;
	code = 0;
	fromAddress = "";
	sequence = 0;
	bytes = 0;
	ttl = 0;
	at = 0;

	constructor(view: DataView, events: SocketEvents, block: number) {
		super(view, events, block, AT.news);
	}

	/** Whether somebody has it. */
	get open(): boolean {
		return (this.word(AT.bits) & ECHO_OPEN) !== 0;
	}

	/** Its interface was removed. */
	get gone(): boolean {
		return (this.word(AT.bits) & ECHO_GONE) !== 0;
	}

	/** Of its requests, 16 bits. */
	get identifier(): number {
		return this.word(AT.identifier);
	}

	/** Replies that came. */
	get replies(): number {
		return this.word(AT.replies);
	}

	/** Block of the interface that its last request went by, 0 for none. */
	get out(): number {
		return this.word(AT.path + OUT);
	}

	/** Where its requests go. */
	set remoteAddress(address: string) {
		addressOrNonePut(this.view, this.block + AT.remoteAddress, address);
	}

	/** Source address of its requests, "": chosen. */
	set localAddress(address: string) {
		addressOrNonePut(this.view, this.block + AT.localAddress, address);
	}

	/** Takes the oldest reply or error that waits. Answers false when there is none. */
	take(): boolean {
		const view = this.view;
		const at = door.echoTake(view, this.block);
		if (at === 0) return false;
		this.type = view.getUint8(at + ANSWER.type);
		this.code = view.getUint8(at + ANSWER.code);
		this.ttl = view.getUint8(at + ANSWER.ttl);
		this.sequence = view.getUint16(at + ANSWER.sequence, true);
		this.bytes = view.getUint16(at + ANSWER.length, true);
		this.fromAddress = addressText(view, at + ANSWER.source);
		this.at = view.getInt32(at + ANSWER.time, true);
		return true;
	}
}

/** What a stack has for them. */
interface Host {
	readonly core: Core;
	readonly ip: Ip;
	readonly events: SocketEvents;
}

/** A stack's sockets, which are made when they are first asked for. */
export function icmpOf(stack: Host): IcmpSockets {
	return (stack.events.icmp ??= new IcmpSockets(stack.core, stack.ip, stack.events)) as IcmpSockets;
}

export class IcmpSockets {
	readonly sockets: EchoSocket[] = [];
	#core: Core;
	#view: DataView;
	#ip: Ip;

	constructor(core: Core, ip: Ip, events: SocketEvents) {
		const { view, layout, limits } = core;
		this.#core = core;
		this.#view = view;
		this.#ip = ip;
		const first = socketNumbers(limits).icmp;
		for (let i = 0; i < limits.icmp; i++) {
			const at = layout.echoes + i * EchoBlock.bytes;
			const news = first + i;
			view.setInt32(at + AT.news, news, true);
			view.setInt32(at + AT.index, i, true);
			this.sockets.push(new EchoSocket(view, events, at));
		}
	}

	/** An echo socket, bound to an interface slot or 0. Throws Error when none is free. */
	open(bound: number): EchoSocket {
		const opened = door.echoOpen(this.#view, bound, this.#core.random32());
		if (opened === 0) throw new Error(`all ${this.sockets.length} ICMP sockets are in use; raise the option "sockets.icmp"`);
		return this.sockets[this.#view.getInt32(opened + AT.index, true)]!;
	}

	close(socket: EchoSocket): void {
		door.echoClose(this.#view, socket.block);
		socket.owner = null;
	}

	/** Whether there is a way to where its requests go, and an address of ours to ask from. */
	hasWay(socket: EchoSocket): boolean {
		return door.echoWay(this.#view, socket.block);
	}

	/** Whether waiting may help, when `hasWay` has found none. */
	mayCome(socket: EchoSocket): boolean {
		return this.#ip.mayCome(this.#path(socket));
	}

	#path(socket: EchoSocket): Path {
		return this.#ip.path(socket.block + AT.path);
	}

	/** Sends an echo request with `bytes` bytes of payload, from the MTU on in fragments, RangeError for more than may go so. Answers false when it could not leave. */
	send(socket: EchoSocket, sequence: number, bytes: number): boolean {
		if (bytes < 0) throw this.#tooLong(socket, bytes);
		const answer = door.echoSend(this.#view, socket.block, sequence, bytes);
		if (answer === TOO_LONG) throw this.#tooLong(socket, bytes);
		if (answer > 0) this.#ip.interfaces.linkAt(socket.out)!.follow(answer);
		return answer >= 0;
	}

	#tooLong(socket: EchoSocket, bytes: number): RangeError {
		return new RangeError(`echo of ${bytes} bytes: expected 0 to ${door.echoMost(this.#view, socket.block)}`);
	}

	/** Time to live of its requests, 1 to 255, 0 for the default, and TOS_BITS, as `ipv4Build` has them. */
	setHops(socket: EchoSocket, hops: number): void {
		door.echoSetHops(this.#view, socket.block, hops);
	}

	/** An interface is gone: sockets bound to its slot end. */
	interfaceGone(slot: number): void {
		door.echoInterfaceGone(this.#view, slot);
		this.#core.wake();
	}
}
