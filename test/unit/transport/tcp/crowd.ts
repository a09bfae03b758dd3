// Many peers on the other side of one router, each playing its own part in TCP, and a stack that serves them. The peers share nothing with src/.

import type { StackOptions } from "../../../../src/config.ts";
import { InterfaceBlock } from "../../../../src/packet/interface-block.ts";
import { DROPS, type DropName } from "../../../../src/packet/drops.ts";
import { ERROR, READABLE, type SocketOwner } from "../../../../src/transport/events.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { ARP_REPLY, arp, ethernet, ip, tcp, type Bytes } from "../../../support/frames.ts";
import { parseFrame, type ParsedTcp } from "../../../support/parse.ts";
import { macOf, type QueueDevice } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";

const SERVER = ip("10.0.0.1");
const ROUTER = ip("10.0.0.254");
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

export class Crowd {
	readonly world: World;
	readonly node: Node;
	readonly device: QueueDevice;
	/** ms from a peer to the stack, and back. */
	readonly oneWay: number;
	/** RSTs that the stack sent to peers, by "address:port". */
	readonly resets = new Map<string, number>();
	/** Frames that the stack sent. */
	sent = 0;
	readonly #peers = new Map<number, CrowdPeer>();
	#block: number;

	constructor(options: StackOptions, roundTrip: number, seed = 1, start = 1000) {
		this.world = new World(seed, start);
		this.oneWay = roundTrip / 2;
		this.node = this.world.node("board", options);
		this.device = this.world.device({ mac: 1 });
		const link = this.node.ethernet("eth0", this.device, "10.0.0.1/24");
		this.#block = link.block;
		this.node.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: link });
		this.device.onSend = (frame) => this.#heard(frame);
	}

	get stack() {
		return this.node.stack;
	}

	join(peer: CrowdPeer): void {
		this.#peers.set(peer.address ^ (peer.port << 16), peer);
	}

	leave(peer: CrowdPeer): void {
		this.#peers.delete(peer.address ^ (peer.port << 16));
	}

	#heard(frame: Uint8Array): void {
		this.sent++;
		const { error, arp: asked, ipv4, tcp: segment } = parseFrame(frame.slice());
		if (error !== "") throw new Error(`the stack sent a bad frame: ${error}`);
		if (asked?.target === ROUTER) {
			const reply = arp({ operation: ARP_REPLY, senderMac: macOf(2), sender: ROUTER, targetMac: macOf(1), target: SERVER });
			this.device.inject(ethernet(macOf(1), macOf(2), 0x0806, reply));
		}
		if (ipv4 === undefined || segment === undefined) return;
		if (segment.flags & RST) {
			const key = `${(ipv4.destination >>> 0).toString(16)}:${segment.destinationPort}`;
			this.resets.set(key, (this.resets.get(key) ?? 0) + 1);
		}
		this.world.clock.after(this.oneWay, () =>
			this.#peers.get(ipv4.destination ^ (segment.destinationPort << 16))?.arrives(segment),
		);
	}

	/** A frame arrives at the stack after its way. */
	deliver(frame: Bytes): void {
		this.world.clock.after(this.oneWay, () => this.device.inject(frame));
	}

	/** `perSecond` SYNs a second, each from another address and port, for `ms`. Nobody is there to answer. */
	flood(perSecond: number, ms: number, port = 80): void {
		const { clock, prng } = this.world;
		const end = clock.now + ms;
		const gap = 1000 / perSecond;
		const next = () => {
			const fields = { source: 0xc0000000 | prng.below(0xffffff), destination: SERVER, destinationPort: port };
			const syn = { ...fields, sourcePort: prng.between(1024, 65_535), seq: prng.next(), flags: SYN, tcpOptions: [2, 4, 5, 180] };
			this.device.inject(ethernet(macOf(1), macOf(2), 0x0800, tcp(syn)));
			if (clock.now + gap < end) clock.after(gap, next);
		};
		clock.after(gap, next);
	}

	drops(name: DropName): number {
		return this.stack.core.view.getUint32(this.#block + InterfaceBlock.offsets.drops + DROPS.indexOf(name) * 4, true);
	}
}

export interface PartOptions {
	/** Bytes of the request, in segments of at most 1,000. */
	request?: number;
	/** Says nothing, and waits for the server to begin. */
	silent?: boolean;
	/** Gives up after so long, ms. */
	patience?: number;
	mss?: number;
	/** The window that it offers, from the handshake on. */
	window?: number;
	iss?: number;
}

/** A client that connects, sends a request, takes the answer up to the server's FIN, and closes. What it sends is sent again until it is acknowledged. */
export class CrowdPeer {
	readonly crowd: Crowd;
	readonly address: number;
	readonly port: number;
	readonly options: PartOptions;
	readonly begun: number;
	iss: number;
	sndNxt = 0;
	sndUna = 0;
	rcvNxt = 0;
	irs = 0;
	open = false;
	/** Bytes that came, in order. */
	received = 0;
	/** The server's FIN came after all its data. */
	finished = false;
	/** The connection was reset. */
	reset = false;
	over = false;
	/** When the answer was complete, ms since the beginning; -1 before. */
	took = -1;
	#tries = 0;
	#extra = 0;
	#finSent = false;
	#timer: (() => void) | undefined;

	constructor(crowd: Crowd, index: number, options: PartOptions = {}) {
		this.crowd = crowd;
		this.options = options;
		this.address = ip("198.51.100.1") + (index % 200);
		this.port = 10_000 + (index % 50_000);
		this.begun = crowd.world.clock.now;
		this.iss = options.iss ?? crowd.world.prng.next();
		this.sndUna = this.iss;
		this.sndNxt = (this.iss + 1) | 0;
		crowd.join(this);
		this.#send(SYN, this.iss, 0, 0);
		this.#again();
	}

	get served(): boolean {
		return this.finished && !this.reset;
	}

	#send(flags: number, seq: number, ack: number, length: number): void {
		const packet = tcp(
			{
				source: this.address,
				destination: SERVER,
				sourcePort: this.port,
				destinationPort: 80,
				seq,
				ack,
				flags,
				window: this.window(),
				tcpOptions: flags & SYN ? [2, 4, (this.options.mss ?? 1460) >> 8, (this.options.mss ?? 1460) & 255] : [],
			},
			new Uint8Array(length).fill(65),
		);
		this.crowd.deliver(ethernet(macOf(1), macOf(2), 0x0800, packet));
	}

	window(): number {
		return this.options.window ?? 65_535;
	}

	acknowledge(): void {
		this.#send(ACK, this.sndNxt, this.rcvNxt, 0);
	}

	/** So many bytes more, once. */
	say(length: number): void {
		this.#send(ACK | 8, this.sndNxt, this.rcvNxt, length);
		this.#extra += length;
		this.sndNxt = (this.sndNxt + length) | 0;
		this.#again();
	}

	/** What follows the handshake's ACK: the request from `from` on, and the FIN when the answer is there. */
	#speak(): void {
		const request = (this.options.silent ? 0 : (this.options.request ?? 100)) + this.#extra;
		for (let at = (this.sndUna - this.iss - 1) | 0; at < request; at += 1000) {
			const length = Math.min(1000, request - at);
			this.#send(ACK | 8, (this.iss + 1 + at) | 0, this.rcvNxt, length);
		}
		this.sndNxt = (this.iss + 1 + request) | 0;
		if (this.#finSent) {
			this.#send(ACK | FIN, this.sndNxt, this.rcvNxt, 0);
			this.sndNxt = (this.sndNxt + 1) | 0;
		}
	}

	/** What is not acknowledged goes again, as a client's TCP does: after 1, 2, 4… s. */
	#again(): void {
		this.#timer?.();
		const wait = Math.min(1000 << Math.min(this.#tries, 10), 60_000);
		this.#timer = this.crowd.world.clock.after(wait, () => {
			if (this.over || this.crowd.world.clock.now - this.begun > (this.options.patience ?? 120_000)) return this.end();
			this.#tries++;
			if (!this.open) this.#send(SYN, this.iss, 0, 0);
			else if (this.sndUna !== this.sndNxt) this.#speak();
			this.#again();
		});
	}

	arrives(segment: ParsedTcp): void {
		if (this.over) return;
		if (segment.flags & RST) {
			this.reset = true;
			return this.end();
		}
		if (segment.flags & SYN) {
			if (this.open) return this.acknowledge(); // RFC 5961 §4
			if (((segment.ack - this.iss) | 0) !== 1) return; // of an earlier connection of the same port
			this.open = true;
			this.#tries = 0;
			this.irs = segment.seq;
			this.sndUna = segment.ack;
			this.rcvNxt = (segment.seq + 1) | 0;
			this.acknowledge();
			this.#speak();
			this.#again();
			return this.opened();
		}
		if (!this.open) return;
		if (((segment.ack - this.sndUna) | 0) > 0) {
			this.sndUna = segment.ack;
			this.#tries = 0;
			this.#again();
			if (this.#finSent && this.sndUna === this.sndNxt) return this.end();
		}
		this.takes(segment);
	}

	opened(): void {}

	/** What an honest peer does with what comes. */
	takes(segment: ParsedTcp): void {
		const length = segment.payload.length;
		if (length === 0 && !(segment.flags & FIN)) return;
		if (segment.seq === this.rcvNxt) {
			this.rcvNxt = (this.rcvNxt + length) | 0;
			this.received += length;
			if (segment.flags & FIN) {
				this.rcvNxt = (this.rcvNxt + 1) | 0;
				this.finished = true;
				this.took = this.crowd.world.clock.now - this.begun;
				return this.ends();
			}
		}
		this.acknowledge();
	}

	/** The server has closed: so do we, with an acknowledgment of its FIN. */
	ends(): void {
		this.#finSent = true;
		this.#speak();
		this.#again();
	}

	end(): void {
		this.over = true;
		this.#timer?.();
		this.crowd.leave(this);
	}
}

export interface ServiceOptions {
	backlog?: number;
	leastRate?: number;
	/** Bytes of the answer. */
	answer?: number;
	/** Answers when so many bytes have come. */
	request?: number;
	/** Answers at once, without waiting for a request. */
	first?: boolean;
	/** Never closes of its own accord, and sends back what comes. */
	echo?: boolean;
}

/** Takes a request, answers, and closes at once, as most small servers do. */
export class Service implements SocketOwner {
	readonly crowd: Crowd;
	readonly options: ServiceOptions;
	readonly listener: Tcb;
	served = 0;
	/** Why connections ended that did not end in good order, and how many did so. */
	readonly errors: Record<string, number> = {};
	#buffer = new Uint8Array(70_000);

	constructor(crowd: Crowd, options: ServiceOptions = {}) {
		this.crowd = crowd;
		this.options = options;
		const { tcp } = crowd.stack;
		this.listener = tcp.listen("", 80, options.backlog ?? 8, 0);
		this.listener.owner = this;
		if (options.leastRate) tcp.setLeastRate(this.listener, options.leastRate);
	}

	onEvents(): void {
		const { tcp } = this.crowd.stack;
		for (let tcb = tcp.accept(this.listener); tcb; tcb = tcp.accept(this.listener)) {
			const one = tcb;
			let got = 0;
			tcp.adopt(one, {
				onEvents: (events) => {
					if (events & READABLE) {
						const count = tcp.read(one, this.#buffer, 0, this.#buffer.length);
						got += count;
						if (this.options.echo) tcp.write(one, this.#buffer, 0, count);
						else if (got >= (this.options.request ?? 1)) return this.#answer(one);
					}
					if (!(events & ERROR)) return;
					if (one.error !== "") this.errors[one.error] = (this.errors[one.error] ?? 0) + 1;
					tcp.close(one);
				},
			});
			if (this.options.first) this.#answer(one);
		}
	}

	#answer(tcb: Tcb): void {
		const { tcp } = this.crowd.stack;
		tcp.write(tcb, this.#buffer, 0, this.options.answer ?? 2000);
		tcp.close(tcb);
		this.served++;
	}
}
