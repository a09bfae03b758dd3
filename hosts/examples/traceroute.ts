// Finds the routers on the way to a host, of IPv4 or IPv6, and prints what a desktop's traceroute prints: three datagrams for each distance, to ports that nobody has.
//
//	npm run simulate -- --app hosts/examples/traceroute.ts --set host=192.168.77.1

import type { DatagramError } from "multihome";
import Timer from "timer";
import { addressOf, print } from "./common.ts";
import type { Device } from "./device.ts";

/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "192.168.77.1", hops: 30, waitMs: 2000 });

export interface TracerouteOptions {
	/** Name or address. */
	host: string;
	/** Routers at most on the way. */
	hops?: number;
	/** How long an answer is waited for, ms. */
	waitMs?: number;
	/** Called when the host has answered, or there is nothing left to try. */
	onDone?: () => void;
}

/** Of each distance. */
const PROBES = 3;
/** The first port; each datagram goes to the next one, so that one sees which an error is about. Those of traceroute. */
const FIRST_PORT = 33_434;
const BYTES = 32;

/** ICMP's types and codes. */
const UNREACHABLE = 3;
const PORT_UNREACHABLE = 3;

export default function traceroute(device: Device, options: TracerouteOptions = settings): void {
	const { host } = options;
	const begin = (address: string) => {
		print(`traceroute to ${host} (${address})`);
		new Trace(device, address, options).next();
	};
	if (host.includes(":")) begin(host);
	else addressOf(device, host, begin, (error) => print(error.message));
}

class Trace {
	readonly #device: Device;
	readonly #address: string;
	readonly #hops: number;
	readonly #waitMs: number;
	readonly #onDone: (() => void) | undefined;
	#sent = 0;
	#line = "";
	#last = "";
	/** The host itself has answered, or said that there is no way. */
	#arrived = false;

	constructor(device: Device, address: string, { hops = 30, waitMs = 2000, onDone }: TracerouteOptions) {
		this.#device = device;
		this.#address = address;
		this.#hops = hops;
		this.#waitMs = waitMs;
		this.#onDone = onDone;
	}

	/** Sends the next datagram, by a socket with its own time to live. */
	next(): void {
		const ttl = Math.floor(this.#sent / PROBES) + 1;
		const port = FIRST_PORT + this.#sent++;
		const began = Date.now();
		let timer: ReturnType<typeof Timer.set> | undefined = undefined;
		const socket = new this.#device.io.UDP({
			ttl,
			onError: (error?: DatagramError) => {
				if (error !== undefined && error.port === port) over(error);
			},
		});
		const over = (error?: DatagramError) => {
			if (timer !== undefined) Timer.clear(timer);
			socket.close();
			this.#heard(error, Date.now() - began);
			if (this.#sent % PROBES === 0) this.#told(ttl);
			if (this.#sent % PROBES === 0 && (this.#arrived || ttl >= this.#hops)) this.#onDone?.();
			else this.next();
		};
		timer = Timer.set(() => {
			timer = undefined;
			over();
		}, this.#waitMs);
		try {
			socket.write(new Uint8Array(BYTES), this.#address, port);
		} catch (error) {
			Timer.clear(timer);
			socket.close();
			print((error as Error).message);
			this.#onDone?.();
		}
	}

	/** What became of a datagram goes to the line of its distance. */
	#heard(error: DatagramError | undefined, ms: number): void {
		if (error === undefined) {
			this.#line += " *";
			return;
		}
		if (error.from !== this.#last) this.#line += ` ${(this.#last = error.from)} `;
		this.#line += ` ${ms} ms`;
		if (error.type !== UNREACHABLE) return;
		this.#arrived = true;
		if (error.code !== PORT_UNREACHABLE) this.#line += ` (${error.kind})`;
	}

	#told(ttl: number): void {
		print(`${ttl < 10 ? " " : ""}${ttl} ${this.#line}`);
		this.#line = "";
		this.#last = "";
	}
}
