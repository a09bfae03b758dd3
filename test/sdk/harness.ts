// What the SDK's tests of sockets expect around them, on the desktop host: the globals of testmc, and a network that leads to a peer. Two boards run this: the one
// with an interface "peer0" is the peer, the other imports the test, which is the SDK's file as it is.

import Timer from "timer";
import { exit, print } from "host/system";
import { HostBuffer, HostObject, HostObjectChunk } from "sdk/objects";
import { servePeer } from "./peer.ts";

/** The peer's address, whatever name is asked for. */
const PEER = "10.0.0.1";
/** What a test does after it has said that all is well still counts for so long, ms. */
const AFTERMATH_MS = 50;
const ENDED = 64;

type Kind = new (...args: never[]) => Error;

/** As of test262, whose assertions testmc has: the constructor of what is thrown must be the very one. */
function assert(value: unknown, message = "expected true"): void {
	if (value !== true) throw new Error(message);
}
assert.sameValue = (actual: unknown, expected: unknown, message = "") => {
	if (!Object.is(actual, expected)) throw new Error(`${message} expected ${String(expected)}, not ${String(actual)}`);
};
assert.notSameValue = (actual: unknown, unexpected: unknown, message = "") => {
	if (Object.is(actual, unexpected)) throw new Error(`${message} expected anything but ${String(unexpected)}`);
};
assert.throws = (kind: Kind, action: () => void, message = "") => {
	let thrown: Error | undefined;
	try {
		action();
	} catch (error) {
		thrown = error as Error;
	}
	if (thrown === undefined) throw new Error(`${message} expected a ${kind.name} to be thrown, and nothing was`);
	if (thrown.constructor !== kind) throw new Error(`${message} expected a ${kind.name}, not ${String(thrown)}`);
};

let ended = false;

/** Without an argument the test has passed, unless it says something else soon. */
function done(failure?: unknown): void {
	if (ended) return;
	if (failure === undefined) return void Timer.set(() => finish("passed"), AFTERMATH_MS);
	finish(`failed ${String(failure).split("\n")[0]}`);
}

function finish(result: string): void {
	if (ended) return;
	ended = true;
	print(`@result ${result}`);
	exit(ENDED);
}

function wrap(action: (...args: unknown[]) => void) {
	return (...args: unknown[]) => {
		try {
			action(...args);
			done();
		} catch (error) {
			done(error);
		}
	};
}

/** Resolves when the peer answers. */
function connected(): Promise<void> {
	return new Promise((resolve) => {
		const attempt = () => {
			const again = () => void Timer.set(attempt, 20);
			new device.io.TCP({
				address: PEER,
				port: 80,
				onWritable() {
					this.close();
					resolve();
				},
				onError() {
					this.close();
					again();
				},
			});
		};
		attempt();
	});
}

function withResolvers() {
	const all: Record<string, unknown> = {};
	all["promise"] = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
	return all;
}

function beginTest(): void {
	device.stack.events.onError = done;
	// XS 13.3 has not all that the SDK's engine has.
	if (!("withResolvers" in Promise)) Object.defineProperty(Promise, "withResolvers", { value: withResolvers });
	Object.assign(globalThis, {
		assert,
		trace() {},
		$DONE: done,
		$DO: wrap,
		$NETWORK: {
			get connected() {
				return connected();
			},
			resolve: () => Promise.resolve(PEER),
		},
		$TESTMC: {
			HostBuffer,
			HostObject,
			HostObjectChunk,
			timeout: (ms: number, message = "timeout") => Timer.set(() => done(message), ms),
		},
	});
	import("sdk/test").then(undefined, done);
}

export default function begin(): void {
	if (device.stack.interfaces.find("peer0") !== undefined) servePeer();
	else beginTest();
}
