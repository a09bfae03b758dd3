// Two ways into the world, Ethernet and a modem, say: keeps one connection to a server alive over the better of those that work. A way works when its link is
// up, it has a default route, and the server answers what it is sent. Ways are told apart by the metrics of their routes: the lowest is the best. When a better
// one comes up, the connection moves there.
//
//	npm run simulate -- --board hosts/desktop/boards/failover.json --app hosts/examples/failover.ts
//	socat TCP-LISTEN:7777,fork,reuseaddr EXEC:cat                     # the server: it sends back what it is sent

import { statusOf } from "multihome/status";
import Timer from "timer";
import { addressOf, leadsOut, print } from "./common.ts";
import type { Device, TCP } from "./device.ts";
import { bytesOf } from "./http/text.ts";

// 192.168.77.1 is this computer, for a board of the desktop host, by whichever interface.
/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "192.168.77.1", port: 7777 });

/** A default route whose link is up. */
export interface Way {
	interface: string;
	metric: number;
}

export interface FailoverOptions {
	/** Name or address of a server that sends back what it is sent. */
	host: string;
	port: number;
	/** Between two beats, ms; 2000 unless told. What was not answered by the next but one has failed. */
	beatMs?: number;
	/** So long a way that has failed is left alone while there is another, ms; 30,000 unless told. */
	restMs?: number;
	/** The connection stands, and goes this way. */
	onWay?(way: Way): void;
	/** It no longer does, or did not come about. */
	onLost?(way: Way, reason: string): void;
	/** There is no way left, or there is again one to try. */
	onWays?(ways: Way[]): void;
}

export class Failover {
	readonly #device: Device;
	readonly #options: FailoverOptions;
	readonly #beatMs: number;
	readonly #restMs: number;
	/** When each way that has failed may be tried again, in beats. */
	readonly #resting = new Map<string, number>();
	readonly #watch: { close(): void };
	readonly #timer: ReturnType<typeof Timer.repeat>;
	#beats = 0;
	/** Beats that were not answered yet. */
	#missing = 0;
	#socket: TCP | undefined = undefined;
	#stands = false;
	#names = "";

	/** The way that the connection goes, or tries to. */
	way: Way | undefined = undefined;
	/** Since the start: connections, moves to a better way, connections lost, beats answered. */
	readonly counters = { connections: 0, moves: 0, lost: 0, answered: 0 };

	constructor(device: Device, options: FailoverOptions) {
		this.#device = device;
		this.#options = options;
		this.#beatMs = options.beatMs ?? 2000;
		this.#restMs = options.restMs ?? 30_000;
		// Links, addresses and routes come and go: whatever it was, look again.
		this.#watch = device.stack.watch(() => this.#look());
		this.#timer = Timer.repeat(() => this.#beat(), this.#beatMs);
		Timer.set(() => this.#look());
	}

	/** The ways that there are, the best first. */
	get ways(): Way[] {
		const { host } = this.#options;
		const routes = statusOf(this.#device.stack).routes.filter(({ prefix, active }) => active && leadsOut(prefix, host));
		const ways: Way[] = [];
		for (const { interface: name, metric } of routes.sort((a, b) => a.metric - b.metric))
			if (!ways.some((way) => way.interface === name)) ways.push({ interface: name, metric });
		return ways;
	}

	/** Whether the connection stands. */
	get connected(): boolean {
		return this.#stands;
	}

	close(): void {
		this.#watch.close();
		Timer.clear(this.#timer);
		this.#drop();
	}

	/** Goes the best way there is, unless it does already. */
	#look(): void {
		const ways = this.ways;
		const names = ways.map((way) => way.interface).join();
		if (names !== this.#names) {
			this.#names = names;
			this.#options.onWays?.(ways);
		}
		// A way that has failed is better than none.
		const best = ways.find((way) => (this.#resting.get(way.interface) ?? 0) <= this.#beats) ?? ways[0];
		const way = this.way;
		if (way !== undefined && way.interface === best?.interface) return;
		if (way !== undefined) {
			const gone = !ways.some((other) => other.interface === way.interface);
			if (gone) this.counters.lost++;
			else this.counters.moves++;
			this.#drop();
			this.#options.onLost?.(way, gone ? "the way is gone" : `${best!.interface} is better`);
		}
		if (best !== undefined) this.#go(best);
	}

	#go(way: Way): void {
		this.way = way;
		const { host, port } = this.#options;
		this.#missing = 0;
		addressOf(
			this.#device,
			host,
			(address) => {
				if (this.way !== way) return;
				try {
					this.#connect(way, address, port);
				} catch (error) {
					this.#failed(way, (error as Error).message);
				}
			},
			(error) => this.#failed(way, error.message),
		);
	}

	#connect(way: Way, address: string, port: number): void {
		// By this interface and no other, whatever the routes say.
		const socket = new this.#device.io.TCP({
			address,
			port,
			interface: way.interface,
			noDelay: true,
			onWritable: () => {
				if (this.#stands) return;
				this.#stands = true;
				this.counters.connections++;
				this.#options.onWay?.(way);
			},
			onReadable: () => {
				socket.read();
				this.#missing = 0;
				this.counters.answered++;
			},
			onError: () => this.#failed(way, socket.error ?? "closed"),
		});
		this.#socket = socket;
	}

	#beat(): void {
		this.#beats++;
		const way = this.way;
		if (way !== undefined && ++this.#missing > 2) this.#failed(way, "no answer");
		else if (this.#stands) this.#socket!.write(bytesOf(`${this.#beats}\n`));
		this.#look();
	}

	/** The way is up, but the server is not reached by it. */
	#failed(way: Way, reason: string): void {
		if (this.way !== way) return;
		this.counters.lost++;
		this.#resting.set(way.interface, this.#beats + Math.ceil(this.#restMs / this.#beatMs));
		this.#drop();
		this.#options.onLost?.(way, reason);
		// The next beat looks again: a server that refuses is not asked in a circle.
	}

	#drop(): void {
		this.#socket?.close();
		this.#socket = this.way = undefined;
		this.#stands = false;
	}
}

export default function failover(device: Device, options: FailoverOptions = settings): Failover {
	const { host } = options;
	return new Failover(device, {
		onWays: (ways) => print(`ways: ${ways.map((way) => `${way.interface} (metric ${way.metric})`).join(", ") || "none"}`),
		onWay: (way) => print(`${host} by ${way.interface}`),
		onLost: (way, reason) => print(`${host} by ${way.interface}: ${reason}`),
		...options,
	});
}
