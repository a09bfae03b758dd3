// What a file descriptor of a script stands for, and what the arguments of calls say.

import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import type { UdpSocket } from "../../src/transport/udp/udp.ts";
import { ScriptError } from "./lexer.ts";
import type { Flow } from "./flow.ts";
import type { Watch } from "./polling.ts";
import type { Expression } from "./script.ts";

export interface Descriptor {
	stream: boolean;
	nonBlocking: boolean;
	boundPort: number;
	tcb: Tcb | undefined;
	udp: UdpSocket | undefined;
	listening: boolean;
	/** Port of the peer of a connected UDP socket. */
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
	linger: number;
	noDelay: boolean;
	keepAlive: { on: boolean; idle: number; interval: number; count: number };
	userTimeout: number;
	/** 0 and -1: as the stack does it. */
	ttl: number;
	tos: number;
	/** TCP_FASTOPEN was set: of listeners how many may be open before their handshakes are done, of others whether `sendto` connects; -1: it was not. */
	fastOpen: number;
	/** TCP_FASTOPEN_CONNECT: the SYN goes with what is written. And the port that it then goes to, 0 while nothing waits for that. */
	fastConnect: boolean;
	deferred: number;
	/** Of an epoll descriptor: what it watches. */
	watched: Map<number, Watch> | undefined;
}

export function descriptorOf(stream: boolean, nonBlocking: boolean): Descriptor {
	return {
		stream,
		nonBlocking,
		boundPort: 0,
		tcb: undefined,
		udp: undefined,
		listening: false,
		peerPort: 0,
		flow: undefined,
		written: 0,
		progress: 0,
		read: 0,
		errorTold: false,
		shut: false,
		deaf: false,
		linger: -1,
		noDelay: false,
		keepAlive: { on: false, idle: 7_200_000, interval: 75_000, count: 9 },
		userTimeout: 0,
		ttl: 0,
		tos: -1,
		fastOpen: -1,
		fastConnect: false,
		deferred: 0,
		watched: undefined,
	};
}

export function number(value: Expression | undefined): number {
	if (value?.kind === "int") return value.value;
	throw new ScriptError(`expected a number, got ${value?.kind ?? "nothing"}`);
}

/** The words of `A | B`. */
export function words(value: Expression | undefined): string[] {
	if (value?.kind === "word") return [value.name];
	if (value?.kind === "or") return [...words(value.left), ...words(value.right)];
	return [];
}

export function optionValue(value: Expression | undefined): number {
	const one = value?.kind === "list" ? value.items[0] : value;
	return one?.kind === "int" ? one.value : 0;
}

export function expectValue(expected: Expression | undefined, actual: number): void {
	const one = expected?.kind === "list" ? expected.items[0] : expected;
	if (one?.kind === "int" && one.value !== actual) throw new ScriptError(`expected ${one.value}, got ${actual}`);
}
