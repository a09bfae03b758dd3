// A program on a stack of its own, 10.0.0.1, under the virtual clock, with a peer at 10.0.0.2 that the test plays.

import type { StackOptions } from "../../../src/config.ts";
import { NetworkView } from "../../../src/service/network/network.ts";
import type { Device, IO, Resolver, TCP, TCPError } from "../../../hosts/examples/device.ts";
import { useClock } from "../../support/timer.ts";
import { pair, type Pair } from "../io/pair.ts";

export interface Stage extends Pair {
	device: Device;
	/** What names stand for; other names are not found. An address stands for itself. */
	names: Record<string, string>;
	/** What the program printed. */
	lines: string[];
}

/** As much of TCP's pool as the floors of its sockets take: a connection never has room for more than 513 bytes. */
export const LEAST: StackOptions = { sockets: { tcp: 8, receiveBuffer: 5840, sendBuffer: 5840, buffers: 24_576 } };

/** How long a name takes to be found, ms. */
const LOOK_UP_MS = 20;

export function stage(p: Pair = pair()): Stage {
	useClock(p.world.clock);
	const names: Record<string, string> = {};
	class TestResolver implements Resolver {
		#closed = false;
		resolve({ host }: { host: string }, callback: (error: unknown, address: string | undefined) => void): void {
			p.world.clock.after(LOOK_UP_MS, () => {
				if (this.#closed) return;
				const address = /^[\d.]+$|:/.test(host) ? host : names[host];
				if (address === undefined) callback(new Error(`${host}: no such name`), undefined);
				else callback(null, address);
			});
		}
		close(): void {
			this.#closed = true;
		}
	}
	const lines: string[] = [];
	Object.assign(globalThis, { trace: (text: string) => lines.push(text.replace(/\n$/, "")) });
	return {
		...p,
		names,
		lines,
		device: {
			io: p.a,
			stack: p.one.stack,
			network: { interfaces: new NetworkView(() => p.one.stack), dns: { io: TestResolver } },
		},
	};
}

/** One connection that a Server has accepted. */
export class Connection {
	readonly socket: TCP;
	/** All that came and was not taken. */
	received: number[] = [];
	/** Why it ended, or undefined. */
	ended: TCPError | undefined = undefined;
	#out: Uint8Array[] = [];
	/** Bytes of the first of them that are sent. */
	#at = 0;
	#room = 0;
	#ending = false;
	/** It reads when `readSome` is called, and at no other time. */
	slow = false;
	readonly #heard: (connection: Connection) => void;

	constructor(io: IO, from: TCP, heard: (connection: Connection) => void) {
		this.#heard = heard;
		this.socket = new io.TCP({
			from,
			noDelay: true,
			onReadable: () => {
				if (!this.slow) this.#hear(new Uint8Array(this.socket.read() as ArrayBuffer));
			},
			onWritable: (room) => {
				this.#room = room;
				this.#pump();
			},
			onError: () => {
				this.ended = this.socket.error;
			},
		});
	}

	/** Reads so many bytes at the most. */
	readSome(count: number): void {
		const bytes = new Uint8Array(count);
		this.#hear(bytes.subarray(0, this.socket.read(bytes) ?? 0));
	}

	#hear(bytes: Uint8Array): void {
		for (const byte of bytes) this.received.push(byte);
		if (bytes.length > 0) this.#heard(this);
	}

	/** What was received, as text, and forgotten. */
	take(): string {
		return String.fromCharCode(...this.received.splice(0));
	}

	/** Sends as there is room. */
	send(bytes: ArrayLike<number>): void {
		if (bytes.length > 0) this.#out.push(Uint8Array.from(bytes));
		this.#pump();
	}

	/** Closes its half when all is sent. */
	end(): void {
		this.#ending = true;
		this.#pump();
	}

	#pump(): void {
		while (this.#room > 0 && this.#out.length > 0) {
			const [first] = this.#out;
			const size = Math.min(this.#room, first!.length - this.#at);
			this.#room = this.socket.write(first!, this.#at, size);
			this.#at += size;
			if (this.#at < first!.length) break;
			this.#out.shift();
			this.#at = 0;
		}
		if (!this.#ending || this.#out.length > 0) return;
		this.#ending = false;
		this.socket.shutdown();
	}
}

/** A TCP server of the peer's. `heard` is called when something was received. */
export class Server {
	readonly connections: Connection[] = [];
	#listener: { close(): void };

	constructor(io: IO, port: number, heard: (connection: Connection) => void = () => {}) {
		const { connections } = this;
		this.#listener = new io.Listener({
			port,
			onReadable() {
				for (let from = this.read(); from !== undefined; from = this.read()) connections.push(new Connection(io, from, heard));
			},
		});
	}

	get last(): Connection {
		return this.connections[this.connections.length - 1]!;
	}

	/** Nobody listens any more, and what stands is reset. */
	crash(): void {
		this.#listener.close();
		for (const { socket } of this.connections) socket.close();
	}
}
