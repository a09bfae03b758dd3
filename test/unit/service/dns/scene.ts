// A stack that asks, 10.0.0.1 on eth0 and 10.1.0.1 on eth1, and name servers that a test writes: 10.0.0.53 and 10.1.0.53.

import type { StackOptions } from "../../../../src/config.ts";
import { createIO, type IO } from "../../../../src/io/io.ts";
import type { EthernetInterface } from "../../../../src/link/ethernet.ts";
import { engineOf } from "../../../../src/service/dns/engine.ts";
import type { ResolveError } from "../../../../src/service/dns/errors.ts";
import { createResolver } from "../../../../src/service/dns/resolver.ts";
import type { Resolver, ResolverOptions } from "../../../../src/service/dns/types.ts";
import * as dns from "../../../support/dns.ts";
import { concat, u16 } from "../../../support/frames.ts";
import type { QueueDevice } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";

export interface Asked extends dns.Query {
	/** Who asked. */
	address: string;
	port: number;
	/** When, virtual ms. */
	at: number;
	tcp: boolean;
}

/** Answers a query: nothing, or whole messages. */
export type Script = (query: Asked) => Uint8Array | Uint8Array[] | undefined;

export class NameServer {
	readonly asked: Asked[] = [];
	readonly io: IO;
	readonly #world: World;
	script: Script;

	constructor(world: World, node: Node, script: Script, address = "0.0.0.0") {
		this.#world = world;
		this.script = script;
		this.io = createIO(node.stack);
		const answersTo = this.#answers.bind(this);
		void new this.io.UDP({
			port: 53,
			address,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const { address, port } = datagram;
					for (const answer of answersTo(new Uint8Array(datagram), address, port, false)) this.write(answer, address, port);
				}
			},
		});
	}

	#answers(bytes: Uint8Array, address: string, port: number, tcp: boolean): Uint8Array<ArrayBuffer>[] {
		const query = { ...dns.readQuery(bytes), address, port, at: this.#world.clock.now, tcp };
		this.asked.push(query);
		const answer = this.script(query);
		return (answer === undefined ? [] : Array.isArray(answer) ? answer : [answer]) as Uint8Array<ArrayBuffer>[];
	}

	/** Serves TCP as well: the script's first message with its length, `lie` bytes more; `pieces` at a time. */
	tcp({ lie = 0, pieces = 1000, close = true } = {}): void {
		const answersTo = this.#answers.bind(this);
		const { TCP, Listener } = this.io;
		void new Listener({
			port: 53,
			onReadable() {
				void new TCP({
					from: this.read()!,
					onReadable(this: InstanceType<IO["TCP"]>, bytes: number) {
						const query = new Uint8Array(this.read(bytes) as ArrayBuffer);
						for (const answer of answersTo(query.subarray(2), this.remoteAddress!, this.remotePort!, true)) {
							const all = concat(u16(answer.length + lie), answer);
							for (let at = 0; at < all.length; at += pieces) this.write(all.subarray(at, Math.min(at + pieces, all.length)));
						}
						if (close) this.close();
					},
					onError() {
						this.close();
					},
				});
			},
		});
	}

	/** The names that were asked for. */
	get names(): string[] {
		return this.asked.map(({ name }) => name);
	}
}

/** Answers every A question with this address, and leaves nothing else to say. */
export function always(address: string, ttl = 60): Script {
	return ({ id, question }) => dns.message({ id, question, answers: [dns.a(address, { ttl })] });
}

export function code(value: number): Script {
	return ({ id, question }) => dns.message({ id, question, code: value });
}

export const silence: Script = () => undefined;

/** What a look-up came to: an address, or the code of an error. */
export interface Result {
	host: string;
	address: string;
	code: string;
	message: string;
	/** Milliseconds that it took. */
	ms: number;
}

export class Scene {
	readonly world: World;
	readonly us: Node;
	readonly eth0: EthernetInterface;
	readonly eth1: EthernetInterface;
	readonly cable0: QueueDevice;
	readonly near: Node;
	readonly far: Node;
	readonly server0: NameServer;
	readonly server1: NameServer;
	readonly Resolver: new (options?: ResolverOptions) => Resolver;
	readonly results: Result[] = [];
	#resolver: Resolver | undefined;

	constructor(script0: Script, script1: Script = silence, options: StackOptions = {}, seed = 1) {
		const world = (this.world = new World(seed));
		this.us = world.node("us", { packets: 24, ...options });
		const segments = [world.segment(), world.segment()];
		this.cable0 = segments[0]!.port({ mac: 1 });
		this.eth0 = this.us.ethernet("eth0", this.cable0, "10.0.0.1/24");
		this.eth1 = this.us.ethernet("eth1", segments[1]!.port({ mac: 2 }), "10.1.0.1/24");
		const room = { packets: 64, sockets: { udp: 8, tcp: 8, sendBuffer: 65_535 } };
		this.near = world.node("near", room);
		this.near.ethernet("eth0", segments[0]!.port({ mac: 3 }), "10.0.0.53/24", "10.0.0.54/24");
		this.far = world.node("far", room);
		this.far.ethernet("eth0", segments[1]!.port({ mac: 4 }), "10.1.0.53/24");
		this.server0 = new NameServer(world, this.near, script0);
		this.server1 = new NameServer(world, this.far, script1);
		this.Resolver = createResolver(this.us.stack);
		this.eth0.nameServers = ["10.0.0.53"];
		world.run(2000); // past the first ARP
	}

	get engine() {
		return engineOf(this.us.stack);
	}

	/** Asks; the result will be in `results`. */
	ask(host: string, family: 4 | 6 = 4, resolver = (this.#resolver ??= new this.Resolver())): void {
		const { now } = this.world.clock;
		resolver.resolve({ host, family }, (error: ResolveError | null, address) => {
			const ms = this.world.clock.now - now;
			this.results.push({ host, address: address ?? "", code: error?.code ?? "", message: error?.message ?? "", ms });
		});
	}

	/** Asks and waits. Throws when nothing comes within 20 s. */
	lookUp(host: string, family: 4 | 6 = 4, resolver?: Resolver): Result {
		const before = this.results.length;
		this.ask(host, family, resolver);
		if (!this.world.until(() => this.results.length > before, 20_000)) throw new Error(`nothing came of ${host}`);
		return this.results[before]!;
	}

	/** UDP and TCP sockets that are in use. */
	get sockets(): number {
		const { udp, tcp } = this.us.stack;
		return udp.sockets.filter((socket) => socket.open).length + tcp.tcbs.filter((tcb) => !tcb.detached).length;
	}
}
