// An SNTP client: RFC 4330, RFC 5905 §14. Asks one server after the other, believes only an answer to its own question, and asks again later: less and less often as long as nobody
// answers, and never a server that says no.

import { canonicalAddress } from "../../address.ts";
import { NETWORK_PATIENCE_MS } from "../../config.ts";
import { closed, linkOf, report } from "../../io/common.ts";
import { currentStack } from "../../io/current.ts";
import * as check from "../../io/options.ts";
import { ADDRESSES, ROUTES, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type EventSocket, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import * as ntp from "../../wire/ntp.ts";
import { NameResolver } from "../dns/resolver.ts";

/** How long an answer may take, ms. */
const ANSWER_MS = 3000;
/** Until all are asked again that have not answered: doubled each time. RFC 4330 §10: not more often than every 15 s. */
const RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;
/** So many rounds without an answer end a client that asks once. */
const ROUNDS = 5;
/** A server that is further off, ms, does not know the time: RFC 5905, appendix A.1.1, MAXDISP. */
const MOST_DISTANCE_MS = 16_000;
/** While there is no network yet: until it is looked for again. */
const LOOK_MS = 500;
const NO_SERVER = "nobody has said which time servers there are";

/** What a server says. */
export interface NetworkTime {
	/** The time now. */
	date: Date;
	/** What is to be added to the clock of this machine, ms. */
	offset: number;
	/** There and back, ms, without the server's own time: half of it is how far `offset` may be off. */
	roundTrip: number;
	/** Address of the server. */
	server: string;
	/** How many servers it is from a clock: 1 to 15. */
	stratum: number;
	/** Seconds that the last minute of this day has more, 1, 0 or -1. */
	leap: number;
}

/**
 * `message` SNTP.time: `value` is seconds since 1970, and `time` all that there is to say. SNTP.retry: there was no answer, and `value` says why; it is asked again. SNTP.error: likewise, and
 * it is not, unless the callback answers another host to ask.
 */
export type SntpCallback<This = SntpClient> = (
	this: This,
	message: number,
	value: number | string,
	time?: NetworkTime,
) => string | void;

/** What an SNTP client may be told. */
export interface SntpOptions {
	/** Name or address of a server. */
	host?: string;
	/** Or those of several, best first. Without both: those that DHCP has named (option 42), each by its interface. */
	servers?: readonly string[];
	/** 123 unless told. */
	port?: number;
	/** Goes by this interface only. */
	interface?: string | Interface;
	/** Asks again after so long, ms, at least 15,000. Without it once: the client closes itself then. */
	interval?: number;
	/** The clock of this machine, ms since 1970; Date.now unless told. */
	clock?: () => number;
}

interface Server {
	readonly host: string;
	readonly link: Interface | undefined;
}

/**
 * Asks time servers for the time, by any stack.
 *
 * @example
 * ```ts
 * const client = new SntpClient(stack, { servers: ["192.168.77.1"] }, (message, value) => {
 * 	if (message === SntpClient.time) trace(`${value} s since 1970\n`);
 * });
 * ```
 */
export class SntpClient implements Service, EventSocket, SocketOwner {
	/** The first argument of the callback: there is the time. */
	static readonly time = 1;
	/** There was no answer, and it is asked again. */
	static readonly retry = 2;
	/** There was none, and it is not. */
	static readonly error = -1;
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly #stack: Stack;
	readonly #callback: SntpCallback;
	readonly #port: number;
	readonly #link: Interface | undefined;
	readonly #interval: number;
	readonly #now: () => number;
	readonly #time: Clock;
	readonly #view = new DataView(new ArrayBuffer(ntp.BYTES));
	readonly #buffer = new Uint8Array(this.#view.buffer);
	/** None: those that DHCP has named. */
	#hosts: readonly string[];
	/** Those that have said no. */
	readonly #denied = new Set<string>();
	/** The present round: those that are still to be asked. */
	#left: Server[] = [];
	#round = 0;
	/** Until when it waits for a network, undefined: there has been no poll yet, and so no time; and whether anything was sent. */
	#patientUntil: number | undefined = undefined;
	#sent = false;
	readonly #watch: Watch;
	#retryMs = RETRY_MS;
	/** They want to be asked less often. */
	#slowMs = 0;
	#reason = "";
	#resolver: NameResolver | undefined;
	#socket: UdpSocket | undefined;
	#server = "";
	#words: [number, number] = [0, 0];
	#sentAt = 0;
	#due = 0;
	#isDue = false;
	#closed = false;

	/** Throws TypeError or RangeError that names the option. */
	constructor(stack: Stack, options: SntpOptions, callback: SntpCallback) {
		const { host, servers, port = ntp.PORT, interval, clock } = check.objectOption(options);
		if (typeof callback !== "function") throw new TypeError(`callback ${check.show(callback)}: expected a function`);
		if (host !== undefined && servers !== undefined) throw new RangeError("host and servers: expected one of both");
		const hosts: unknown = servers ?? (host === undefined ? [] : [host]);
		if (!Array.isArray(hosts)) throw new TypeError(`servers ${check.show(servers)}: expected an array of names or addresses`);
		this.#hosts = hosts.map(hostOf);
		this.#port = check.wholeOf("port", port, 1, 65_535);
		this.#link = linkOf(stack, options.interface);
		this.#interval = interval === undefined ? 0 : check.wholeOf("interval", interval, RETRY_MS, 0x7fff_ffff);
		this.#now = check.callbackOf("clock", clock) ?? Date.now;
		this.#stack = stack;
		this.#callback = callback;
		this.#time = new Clock(stack.core);
		stack.services.add(this);
		// As long as nothing could be sent, an address or a route that comes may help.
		this.#watch = stack.watch((_link, what) => {
			if (this.#sent || (what & (ADDRESSES | ROUTES)) === 0) return;
			this.#patientUntil = undefined;
			if (this.#socket === undefined && this.#resolver === undefined) this.#soon();
		});
		this.#soon();
	}

	/** Asks no more. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.owner = null;
		this.#end();
		this.#watch.close();
		this.#stack.services.delete(this);
	}

	/** Something is to be done in the next turn. */
	#soon(): void {
		this.#due = Infinity;
		this.#isDue = true;
		this.#stack.events.post(this, READABLE);
	}

	/** For the stack. */
	timers(): void {
		if (this.#due > this.#time.now) return this.#time.deadline(this.#due);
		this.#soon();
	}

	/** For SocketEvents: what was due. */
	onEvents(): void {
		if (!this.#isDue || this.#closed) return;
		this.#isDue = false;
		if (this.#socket !== undefined) this.#failed(`${this.#server} does not answer`);
		else if (this.#resolver !== undefined)
			return; // it has a time limit of its own
		else this.#next();
	}

	/** For SocketEvents: the callback threw. */
	onFailure(error: unknown): void {
		this.close();
		report(this.#stack.events, error);
	}

	#wait(ms: number): void {
		this.#due = this.#time.now + ms;
		this.#time.deadline(this.#due);
		this.#stack.core.wake();
	}

	#end(): void {
		this.#due = Infinity;
		this.#resolver?.close();
		this.#resolver = undefined;
		if (this.#socket !== undefined) this.#stack.udp.close(this.#socket);
		this.#socket = undefined;
	}

	/** Those that may be asked. */
	#servers(): Server[] {
		const servers = this.#hosts.map((host): Server => ({ host, link: this.#link }));
		if (this.#hosts.length === 0)
			for (const link of this.#stack.interfaces.list) {
				if (this.#link !== undefined && link !== this.#link) continue;
				for (const host of link.ip.lease?.view.ntp ?? []) servers.push({ host, link });
			}
		return servers.filter(({ host }) => !this.#denied.has(host));
	}

	/** Asks the next server, or all of them again, now or later. */
	#next(): void {
		if (this.#left.length === 0) this.#left = this.#servers();
		const server = this.#left.shift();
		if (server === undefined) return this.#nobody(this.#reason || NO_SERVER);
		const { host, link } = server;
		if (canonicalAddress(host) !== undefined) return this.#ask(host, link);
		// A name may stand for many servers: each question finds one anew.
		this.#resolver = new NameResolver(this.#stack, link === undefined ? {} : { interface: link });
		this.#resolver.resolve({ host }, (error, address) => {
			this.#resolver?.close();
			this.#resolver = undefined;
			if (this.#closed) return;
			if (error !== null) this.#failed(error.message);
			else if (this.#denied.has(address!)) this.#failed(`${address} has said no`);
			else this.#ask(address!, link);
		});
	}

	#ask(address: string, link: Interface | undefined): void {
		const { udp, core } = this.#stack;
		this.#server = address;
		this.#words = [core.random32() | 0, core.random32() | 0];
		try {
			if (link !== undefined && link.slot === 0) throw new Error(`${link.name} is gone`);
			const socket = (this.#socket = udp.openService(0, link?.slot ?? 0));
			socket.owner = { onEvents: () => this.#heard(), onFailure: (error) => this.onFailure(error) };
			ntp.writeQuestion(this.#view, 0, ...this.#words);
			this.#sentAt = this.#now();
			udp.send(socket, address, this.#port, this.#buffer, 0, ntp.BYTES);
			this.#sent = true;
		} catch (error) {
			return this.#failed(`${address}: ${(error as Error).message}`);
		}
		this.#wait(ANSWER_MS);
	}

	#heard(): void {
		const { udp } = this.#stack;
		const receivedAt = this.#now();
		for (let socket = this.#socket; socket !== undefined; socket = this.#socket) {
			if (udp.next(socket) < 0) return;
			const bytes = udp.read(socket, this.#buffer, 0, ntp.BYTES);
			// What is not from the server, or answers another question, is as if it had not come.
			if (socket.fromAddress !== this.#server || socket.fromPort !== this.#port) continue;
			if (ntp.answers(this.#view, 0, bytes, ...this.#words)) this.#answered(receivedAt);
		}
	}

	/** RFC 4330 §5. */
	#answered(receivedAt: number): void {
		const view = this.#view;
		const server = this.#server;
		const stratum = ntp.stratum(view, 0);
		if (stratum === 0) return this.#kissed(ntp.kissCode(view, 0));
		const leap = ntp.leap(view, 0);
		const here = receivedAt - this.#sentAt;
		const there = ntp.transmitted(view, 0) - ntp.received(view, 0);
		const unknown = leap === ntp.UNSYNCHRONISED || stratum >= ntp.NO_STRATUM || ntp.isTimeless(view, 0);
		if (unknown || ntp.rootDistance(view, 0) >= MOST_DISTANCE_MS) return this.#failed(`${server} does not know the time`);
		// There are clocks that count in seconds.
		if (there < 0 || here < 0 || there > here + 1000) return this.#failed(`${server} says what cannot be`);
		const offset = (ntp.received(view, 0) - this.#sentAt + ntp.transmitted(view, 0) - receivedAt) / 2;
		const ms = receivedAt + offset;
		const time = {
			date: new Date(ms),
			offset,
			roundTrip: Math.max(here - there, 0),
			server,
			stratum,
			leap: leap === 2 ? -1 : leap,
		};
		this.#end();
		this.#left = [];
		this.#round = 0;
		this.#retryMs = RETRY_MS;
		this.#reason = "";
		if (this.#interval === 0) this.close();
		// Not all at the same time: RFC 4330 §10.
		else this.#wait(Math.max(this.#interval, this.#slowMs) + this.#chance(this.#interval / 16));
		this.#callback(SntpClient.time, ms / 1000, time);
	}

	/** A server says why it does not: RFC 5905 §7.4, RFC 4330 §8. */
	#kissed(code: string): void {
		const reason = `${this.#server} says ${code}`;
		if (code === "DENY" || code === "RSTR") this.#denied.add(this.#server);
		// For good: who was asked too often is asked half as often from now on.
		if (code === "RATE") {
			this.#slowMs = Math.min(2 * Math.max(this.#slowMs, this.#interval, RETRY_MS), LONGEST_RETRY_MS);
			this.#retryMs = Math.max(this.#retryMs, this.#slowMs);
		}
		this.#failed(reason);
	}

	#failed(reason: string): void {
		this.#end();
		this.#reason = reason;
		if (this.#left.length > 0) return this.#soon();
		this.#nobody(reason);
	}

	/** Nobody has answered in this round. */
	#nobody(reason: string): void {
		this.#patientUntil ??= this.#time.now + NETWORK_PATIENCE_MS;
		if (!this.#sent && this.#time.now < this.#patientUntil) return this.#wait(LOOK_MS);
		const over = this.#hosts.length > 0 && this.#servers().length === 0;
		if (over || (this.#interval === 0 && ++this.#round >= ROUNDS)) return this.#over(reason);
		this.#wait(this.#retryMs + this.#chance(this.#retryMs / 16));
		this.#retryMs = Math.min(2 * this.#retryMs, Math.max(LONGEST_RETRY_MS, this.#slowMs));
		this.#callback(SntpClient.retry, reason);
	}

	#over(reason: string): void {
		const host = this.#callback(SntpClient.error, reason);
		if (this.#closed) return;
		if (typeof host !== "string") return this.close();
		this.#hosts = [hostOf(host)];
		this.#round = 0;
		this.#retryMs = RETRY_MS;
		this.#soon();
	}

	#chance(below: number): number {
		return (this.#stack.core.random32() >>> 1) % Math.max(Math.floor(below), 1);
	}

	/** Asks now, whenever it was to ask next; a question that is under way goes on. */
	ask(): void {
		if (this.#closed) throw closed();
		if (this.#socket === undefined && this.#resolver === undefined) this.#soon();
	}
}

function hostOf(value: unknown): string {
	if (typeof value !== "string" || value === "")
		throw new TypeError(`server ${check.show(value)}: expected a name or an address as a string`);
	return canonicalAddress(value) ?? value;
}

/**
 * Asks time servers for the time, by the current stack.
 *
 * @example
 * ```ts
 * new SNTP({ host: "pool.ntp.org" }, (message, value, time) => {
 * 	if (message === SNTP.time) trace(`${time!.date.toISOString()}\n`);
 * });
 * ```
 */
export class SNTP extends SntpClient {
	constructor(options: SntpOptions, callback: SntpCallback) {
		super(currentStack(), options, callback);
	}
}
