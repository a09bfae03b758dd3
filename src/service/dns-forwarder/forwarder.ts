// A DNS forwarder for the stations of some interfaces: RFC 5625. Questions go to the servers of all the other interfaces as they are; what is answered is remembered.

import { LINK, NAME_SERVERS, ADDRESSES, REMOVED, ROUTES, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { Tcb } from "../../transport/tcp/tcb.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import { FORMAT_ERROR, PORT, REFUSED, SERVER_FAILURE } from "../../wire/dns.ts";
import { knownEngine } from "../dns/engine.ts";
import { serversFor, type Server } from "../dns/servers.ts";
import { isSame, keyOf } from "./asking.ts";
import { Cache } from "./cache.ts";
import { Connection, type Owner as ConnectionOwner } from "./connection.ts";
import { DNS_FORWARD_BYTES, DNS_FORWARD_SHUN_MS, DNS_FORWARD_WAITING_EACH } from "./limits.ts";
import {
	adapt,
	isQuery,
	isTransfer,
	keepable,
	readQuery,
	writeAnswer,
	writeSpecial,
	writeTruncated,
	type Query,
} from "./message.ts";
import { settingsOf, type DnsForwarderOptions, type Settings } from "./options.ts";
import { Question, type Asker, type Owner } from "./question.ts";

/** Beside a message: an OPT record of our own. */
const SPARE = 16;
/** After any of these a server may be another, or not be reached any more. */
const MATTERS = REMOVED | LINK | ADDRESSES | NAME_SERVERS | ROUTES;

/** What has happened since the start. */
export interface DnsForwarderCounters {
	/** Questions that came, by UDP and TCP. */
	asked: number;
	/** Those that were answered from memory. */
	remembered: number;
	/** Answers of servers that were handed on. */
	answered: number;
	/** Questions to which nobody had an answer: SERVFAIL. */
	failed: number;
	/** Those that were dropped as too many wait. */
	dropped: number;
}

/** Of one interface: the sockets that its stations ask. */
interface Side {
	readonly link: Interface;
	readonly udp: UdpSocket;
	readonly tcp: Tcb | undefined;
}

/**
 * Answers DNS questions of the stations of some interfaces, and of no others, by UDP and TCP (RFC 5625): hands them on to the name servers of the board and of its interfaces, as `Resolver` would
 * ask them, whatever they ask for, and remembers the answers in `cacheBytes` of memory (RFC 1035 §7.4, RFC 2308). One for a stack. Takes a UDP socket of `sockets.udp` for each interface and each of
 * `questions`, and TCP sockets: one for each interface, two for each of `connections`.
 *
 * @example
 * ```ts
 * const forwarder = new DnsForwarder(stack, { interfaces: ["eth0"] });
 * ```
 */
export class DnsForwarder implements Service, EventSocket, SocketOwner, Owner, ConnectionOwner {
	/** For SocketEvents, as the next three. */
	events = 0;
	/** Whether it stands in the list of those with news. */
	queued = false;
	/** The next one with news. */
	nextPosted: EventSocket | null = null;
	/** Who is told: itself, until it is closed. */
	owner: SocketOwner | null = this;
	/** Its stack. */
	readonly stack: Stack;
	/** What is received by UDP, for as long as it is looked at. */
	readonly buffer = new Uint8Array(DNS_FORWARD_BYTES);
	/** The same. */
	readonly view = new DataView(this.buffer.buffer);
	readonly #out = new Uint8Array(DNS_FORWARD_BYTES + SPARE);
	readonly #outView = new DataView(this.#out.buffer);
	readonly #settings: Settings;
	readonly #cache: Cache;
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #sides: Side[] = [];
	readonly #connections: Connection[] = [];
	#questions: Question[] = [];
	#waiting: Question[] = [];
	/** Servers that did not answer lately, and until when they come last; ms. */
	readonly #shunned = new Map<string, number>();
	#closed = false;
	readonly #counters: DnsForwarderCounters = { asked: 0, remembered: 0, answered: 0, failed: 0, dropped: 0 };

	/**
	 * Serves until `close`. Throws TypeError or RangeError naming the option that is wrong, RangeError for an interface that is not the stack's, Error when port 53 of one is taken, no socket is
	 * free, or there is a forwarder already.
	 */
	constructor(stack: Stack, options: DnsForwarderOptions) {
		this.#settings = settingsOf(stack, options);
		if (stack.services.list.some((service) => service instanceof DnsForwarder))
			throw new Error("DNS forwarder: the stack has one already; close that first");
		this.stack = stack;
		this.#cache = new Cache(this.#settings.cacheBytes);
		this.#clock = new Clock(stack.core);
		try {
			for (const link of this.#settings.links) this.#open(link);
		} catch (error) {
			for (const side of this.#sides) this.#shut(side);
			throw new Error(`DNS forwarder: ${(error as Error).message}`, { cause: error });
		}
		stack.services.add(this);
		this.#watch = stack.watch((link, what) => this.#changed(link, what));
		this.#clock.soon();
	}

	/** Whether stations of the interface may ask. */
	servesNames(link: Interface): boolean {
		return this.#sides.some((side) => side.link === link);
	}

	/** What has happened since the start. Allocates. */
	get counters(): DnsForwarderCounters {
		return { ...this.#counters };
	}

	/** Answers that are remembered, of which some may be too old by now. */
	get remembered(): number {
		return this.#cache.size;
	}

	/** Answers nothing any more. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.owner = null;
		this.stack.services.delete(this);
		this.#watch.close();
		for (const side of this.#sides) this.#shut(side);
		for (const question of this.#questions) question.close();
		this.#questions = this.#waiting = [];
		for (const connection of this.#connections.slice()) connection.close();
	}

	#open(link: Interface): void {
		const { udp, tcp } = this.stack;
		const socket = udp.open("", PORT, link.slot);
		udp.setBroadcast(socket, false, true);
		const { connections } = this.#settings;
		let listener;
		try {
			if (connections > 0) listener = tcp.listen("", PORT, connections, link.slot);
		} catch (error) {
			udp.close(socket);
			throw error;
		}
		this.#sides.push({ link, udp: socket, tcp: listener });
		socket.owner = { onEvents: () => this.#heard(socket) };
		if (listener !== undefined) listener.owner = { onEvents: () => this.#accept() };
	}

	#shut({ udp, tcp }: Side): void {
		this.stack.udp.close(udp);
		if (tcp !== undefined) this.stack.tcp.close(tcp);
	}

	#changed(link: Interface, what: number): void {
		if (!(what & MATTERS)) return;
		const index = this.#sides.findIndex((side) => side.link === link);
		if (index >= 0 && what & REMOVED) {
			this.#shut(this.#sides[index]!);
			this.#sides.splice(index, 1);
		}
		// Names may mean other things where other servers are asked.
		if (what & (REMOVED | NAME_SERVERS) || !link.up) this.#cache.clear();
		for (const question of this.#questions.slice()) question.waysChanged();
	}

	/** For its questions. */
	deadline(at: number): void {
		this.stack.core.deadline(at);
	}

	/** For the stack. */
	timers(now: number): void {
		for (const question of this.#questions.slice()) if (((now - question.due) | 0) >= 0) question.late();
		for (const connection of this.#connections.slice()) if (((now - connection.due) | 0) >= 0) connection.late();
		for (const { due } of this.#questions) this.deadline(due);
		for (const { due } of this.#connections) this.deadline(due);
		this.#clock.deadline(Infinity);
	}

	/** For SocketEvents: there may be room for those that wait. */
	onEvents(): void {
		this.#accept();
		const next = this.#questions.length < this.#settings.questions ? this.#waiting.shift() : undefined;
		if (next === undefined) return;
		if (this.#waiting.length > 0) this.stack.events.post(this, READABLE);
		this.#questions.push(next);
		next.next();
	}

	/** For its questions: those of interfaces that the name belongs to, the board's servers, then those of interfaces; those that answered lately first. Never this forwarder itself. */
	serversFor(name: string): Server[] {
		const { stack } = this;
		const best = this.#above(name).flatMap((link) => serversFor(stack, [], { servers: undefined, link }));
		const all = serversFor(stack, knownEngine(stack)?.servers ?? [], { servers: undefined, link: undefined });
		const later = all.filter((server) => !best.some((each) => isSame(each, server)));
		const others = [...best, ...later].filter(({ address }) => !stack.ip.isLocal(address));
		const { now } = this.#clock;
		const shunned = (server: Server) => (this.#shunned.get(keyOf(server)) ?? 0) > now;
		return [...others.filter((server) => !shunned(server)), ...others.filter(shunned)];
	}

	/** For its questions: multihome/domains says which interfaces a name belongs to. */
	isElsewhere(name: string, { link }: Server): boolean {
		const links = this.#above(name);
		return links.length > 0 && !links.includes(link!);
	}

	#above(name: string): readonly Interface[] {
		for (const service of this.stack.services.list) {
			const links = service.interfacesAbove?.(name);
			if (links !== undefined) return links;
		}
		return [];
	}

	/** For its questions. */
	judged(server: Server, answers: boolean): void {
		const key = keyOf(server);
		this.#shunned.delete(key);
		if (answers) return;
		if (this.#shunned.size >= 16) this.#shunned.clear();
		this.#shunned.set(key, this.#clock.now + DNS_FORWARD_SHUN_MS);
	}

	/** One question a turn: frames pass meanwhile. */
	#heard(socket: UdpSocket): void {
		const { buffer, view } = this;
		const { udp, events } = this.stack;
		const length = udp.next(socket);
		if (length < 0) return;
		udp.read(socket, buffer, 0, buffer.length);
		if (socket.pending > 0) events.post(socket, READABLE);
		if (length > buffer.length || !isQuery(view, length)) return;
		const query = readQuery(view, length);
		const asker = { socket, address: socket.fromAddress, port: socket.fromPort, to: socket.toAddress, id: view.getUint16(0) };
		const known = this.known(view, query, this.#out, this.#outView);
		if (known === 0) return this.#ask(asker, query!, length);
		const fits = query === undefined || known <= query.most;
		this.#say(asker, fits ? known : writeTruncated(this.#outView, view, query), this.#out);
	}

	/** For a question by either: what is known without asking, 0 for nothing. */
	known(asked: DataView, query: Query | undefined, out: Uint8Array, outView: DataView): number {
		const counters = this.#counters;
		counters.asked++;
		if (query === undefined) return writeAnswer(outView, asked, query, FORMAT_ERROR);
		if (isTransfer(query)) return writeAnswer(outView, asked, query, REFUSED);
		const special = writeSpecial(outView, asked, query);
		if (special > 0 || !query.plain) return special;
		const found = this.#cache.find(asked, query, this.#seconds, out, outView);
		if (found === 0) return 0;
		counters.remembered++;
		return adapt(outView, found, asked, query);
	}

	get #seconds(): number {
		return Math.floor(this.#clock.now / 1000);
	}

	#ask(asker: Asker, query: Query, length: number): void {
		const { buffer } = this;
		const questions = this.#questions;
		const waiting = this.#waiting;
		const known = questions.find((each) => each.takes(buffer, length)) ?? waiting.find((each) => each.takes(buffer, length));
		if (known !== undefined) return known.add(asker);
		const { questions: most } = this.#settings;
		if (waiting.length >= most * DNS_FORWARD_WAITING_EACH) {
			this.#counters.dropped++;
			return;
		}
		const question = new Question(this, query, buffer.slice(0, length));
		question.add(asker);
		waiting.push(question);
		if (questions.length < most) this.stack.events.post(this, READABLE);
	}

	/** For its questions. */
	answered(question: Question, length: number): void {
		this.#questions = this.#questions.filter((other) => other !== question);
		if (this.#waiting.length > 0) this.stack.events.post(this, READABLE);
		const { query, askers } = question;
		const { buffer, view } = this;
		const whole = length > 0 && length <= buffer.length;
		if (whole && question.lasting) this.learned(buffer.subarray(0, length), question.view, query);
		for (const asker of askers) {
			question.view.setUint16(0, asker.id);
			if (whole && length <= query.most) {
				this.#counters.answered++;
				view.setUint16(0, asker.id);
				this.#say(asker, length, buffer);
			} else if (length > 0) this.#say(asker, writeTruncated(this.#outView, question.view, query), this.#out);
			else this.#say(asker, this.failure(question.view, query, this.#outView), this.#out);
		}
	}

	/** For both kinds: an answer that came whole. */
	learned(message: Uint8Array, asked: DataView, query: Query): void {
		const view = new DataView(message.buffer, message.byteOffset, message.length);
		const kept = query.plain && message.length <= DNS_FORWARD_BYTES ? keepable(view, message.length, query) : undefined;
		if (kept !== undefined) this.#cache.add(message, query, kept, this.#seconds, asked);
	}

	/** For both kinds. */
	failure(asked: DataView, query: Query, outView: DataView): number {
		this.#counters.failed++;
		return writeAnswer(outView, asked, query, SERVER_FAILURE);
	}

	/** From the address that was asked: RFC 2181 §4.1. */
	#say({ socket, address, port, to }: Asker, length: number, bytes: Uint8Array): void {
		if (!socket.open) return;
		try {
			this.stack.udp.sendFrom(socket, address, port, bytes, 0, length, to, PORT);
		} catch {
			// It has gone, or our address has.
		}
	}

	/** Serves connections that wait. One that asks nothing gives way. */
	#accept(): void {
		const { tcp } = this.stack;
		for (const side of this.#sides)
			while (side.tcp !== undefined && tcp.acceptable(side.tcp) > 0) {
				if (this.#connections.length >= this.#settings.connections) {
					const idle = this.#connections.find((each) => each.idle);
					if (idle === undefined) return;
					idle.close();
				}
				const client = tcp.accept(side.tcp);
				if (client === undefined) break;
				this.#connections.push(new Connection(this, client));
			}
	}

	/** For its connections. */
	ended(connection: Connection): void {
		const index = this.#connections.indexOf(connection);
		if (index >= 0) this.#connections.splice(index, 1);
		if (!this.#closed) this.stack.events.post(this, READABLE);
	}
}
