// A DHCP server for one Ethernet interface: RFC 2131 §4.3. What is rare of it, relays and BOOTP, is left out.

import { formatIpv4, ipv4Text, parseIpv4 } from "../../address4.ts";
import { DHCP_MESSAGE } from "../../config.ts";
import { report, stationOf } from "../../io/common.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import { REMOVED } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, WRITABLE, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import * as arp from "../../wire/arp.ts";
import * as dhcp from "../../wire/dhcp.ts";
import { Bindings, BOUND, FREE, OFFERED, PROBED, type Binding } from "./bindings.ts";
import { macText, SERVERS_MOST, settingsOf, type DhcpServerOptions, type Settings } from "./options.ts";
import { questionOf, Replies, type Loan, type Question } from "./reply.ts";

const EVERYBODY = "255.255.255.255";

/** A lease as there is to see of it. */
export interface LentAddress {
	/** The address. */
	address: string;
	/** Of the station that has it. */
	mac: string;
	/** What it calls itself, "" where it does not say. */
	hostname: string;
	/** Until it ends unless it is renewed, s. */
	secondsLeft: number;
}

/** What has happened since the start. */
export interface DhcpServerCounters {
	/** OFFERs that were sent. */
	offered: number;
	/** ACKs that were sent. */
	acknowledged: number;
	/** NAKs: what was asked for cannot be had. */
	refused: number;
	/** Addresses that other stations were found to have, by ARP or by a DECLINE. */
	conflicts: number;
	/** Nothing was left to offer. */
	full: number;
	/** Messages that are none, or come by a relay. */
	ignored: number;
}

/**
 * A DHCPv4 server for the subnet of an Ethernet interface (RFC 2131, 2132): lends addresses of a range, each asked for by ARP before it is offered, with router, name servers, time servers and
 * domain. As many leases as addresses, all made at the start; they are forgotten at a restart, and stations that renew them have them again. One for each interface; it takes a UDP socket of
 * `sockets.services`. Relays (RFC 2131 §4.1, `giaddr`) are not served.
 *
 * @example
 * ```ts
 * const server = new DhcpServer(stack, "eth0", { first: "192.168.77.100", last: "192.168.77.149", nameServers: ["192.168.77.1"] });
 * ```
 */
export class DhcpServer implements Service, SocketOwner {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #socket: UdpSocket;
	readonly #settings: Settings;
	readonly #bindings: Bindings;
	readonly #replies = new Replies();
	readonly #clock: Clock;
	readonly #watch: Watch;
	readonly #onChanged: ((this: DhcpServer) => void) | undefined;
	/** Who waits for an address that is asked for by ARP, one for each. */
	readonly #waiting = new Map<Binding, Question>();
	/** The one that is asked for now, and the hardware address that has answered. */
	#asked: Binding | undefined;
	#answeredBy = "";
	/** When the first of the bindings ends. */
	#due = Infinity;
	#unread = false;
	#changed = false;
	#closed = false;
	readonly #counters: DhcpServerCounters = { offered: 0, acknowledged: 0, refused: 0, conflicts: 0, full: 0, ignored: 0 };

	/**
	 * Serves the subnet of the first IPv4 address of an Ethernet interface, or its name, until `close`. Throws TypeError or RangeError naming the option that is wrong; RangeError when the
	 * interface is not the stack's, no Ethernet or without address, Error when UDP port 67 of it is taken or no socket of the services is free.
	 */
	constructor(stack: Stack, link: EthernetInterface | string, options: DhcpServerOptions<DhcpServer> = {}) {
		const found = stationOf(stack, "DHCP server", link);
		const { name } = found;
		if (found.mtu < DHCP_MESSAGE)
			throw new RangeError(`DHCP server on ${name}: has an MTU of ${found.mtu}; expected at least ${DHCP_MESSAGE}`);
		const own = found.ip.addresses.find((each) => parseIpv4(each.address) !== undefined);
		if (own === undefined)
			throw new RangeError(`DHCP server on ${name}: has no IPv4 address; give it one first, such as "192.168.77.1/24"`);
		if (own.lent || found.ip.lease !== undefined)
			throw new RangeError(`DHCP server on ${name}: is served by another DHCP server; expected a fixed address`);
		if (own.length > 30)
			throw new RangeError(`DHCP server on ${name}: ${own} has no address to lend; expected a prefix of 30 or less`);
		this.#settings = settingsOf(own, options);
		try {
			this.#socket = stack.udp.openService(dhcp.SERVER_PORT, found.slot);
		} catch (error) {
			throw new Error(`DHCP server on ${name}: ${(error as Error).message}`, { cause: error });
		}
		this.#bindings = new Bindings(this.#settings);
		this.#stack = stack;
		this.#link = found;
		this.#clock = new Clock(stack.core);
		this.#onChanged = options.onChanged;
		this.#socket.owner = this;
		found.onAnswer = (at) => this.#answered(at);
		stack.services.add(this);
		this.#watch = stack.watch((changed, what) => {
			if (changed === found && what & REMOVED) this.close();
		});
	}

	/** Those that are lent now. Allocates. */
	get leases(): LentAddress[] {
		const { now } = this.#clock;
		return this.#bindings.list
			.filter(({ state }) => state === BOUND)
			.map(({ address, mac, hostname, until }) => ({
				address: formatIpv4(address),
				mac,
				hostname,
				secondsLeft: Math.max(Math.ceil((until - now) / 1000), 0),
			}));
	}

	/** What has happened since the start. Allocates. */
	get counters(): DhcpServerCounters {
		return { ...this.#counters };
	}

	/** How many addresses it may lend. */
	get size(): number {
		return this.#bindings.list.length;
	}

	/** Lends nothing any more; who has an address keeps it until its lease ends. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#socket.owner = null;
		this.#link.onAnswer = undefined;
		this.#link.checked = 0;
		this.#stack.services.delete(this);
		this.#watch.close();
		this.#stack.udp.close(this.#socket);
	}

	/** Has `onEvents` called, in this poll or the next. */
	#call(): void {
		this.#stack.events.post(this.#socket, WRITABLE);
	}

	/** For the stack. */
	timers(): void {
		if (this.#socket.gone) return;
		if (this.#due <= this.#clock.now) this.#call();
		else this.#clock.deadline(this.#due);
	}

	/** For SocketEvents: a message came, or `#call`. One thing is done at a time: each takes long, and between turns frames pass. */
	onEvents(events: number): void {
		if (this.#socket.gone) return this.close();
		if (events & READABLE) this.#unread = true;
		if (this.#due <= this.#clock.now || this.#answeredBy !== "") this.#tick();
		else if (this.#unread) this.#read();
		else if (this.#changed) {
			this.#changed = false;
			return this.#onChanged?.call(this);
		} else return;
		if (!this.#closed) this.#call();
	}

	/** For SocketEvents: `onChanged` threw. The server goes on. */
	onFailure(error: unknown): void {
		report(this.#stack.events, error);
	}

	/** Something ends at that time at the latest. */
	#until(at: number): void {
		if (at >= this.#due) return;
		this.#due = at;
		this.#clock.deadline(at);
	}

	/** What has come to its end; and the next address that somebody waits for is asked for. */
	#tick(): void {
		const now = this.#clock.now;
		if (this.#answeredBy !== "" && this.#asked !== undefined) this.#asked.until = now;
		for (const binding of this.#bindings.expire(now, () => (this.#changed = true))) this.#probed(binding, now);
		this.#answeredBy = "";
		if (this.#asked === undefined) this.#ask(now);
		this.#due = this.#bindings.next();
		this.#clock.deadline(this.#due);
	}

	/** Asks for the next address that somebody waits for, RFC 2131 §2.2. */
	#ask(now: number): void {
		const [next] = this.#waiting.keys();
		if (next === undefined) return;
		this.#asked = next;
		next.until = now + this.#settings.probeMs;
		this.#until(next.until);
		this.#link.checked = next.address;
		this.#link.ask(next.address, this.#settings.own);
	}

	/** Told within processing: the station with the address that is asked for has said something. */
	#answered(at: number): void {
		const binding = this.#asked;
		if (binding === undefined) return;
		const { view } = this.#stack.core;
		const mac = macText(new Uint8Array(view.buffer, view.byteOffset + at + arp.SENDER_MAC, 6));
		// It is whoever is to have it.
		if (mac === binding.mac) return;
		this.#answeredBy = mac;
		this.#call();
	}

	/** Time is over for the answer of another station. */
	#probed(binding: Binding, now: number): void {
		const question = this.#waiting.get(binding)!;
		const { client, mac } = binding;
		this.#waiting.delete(binding);
		if (this.#asked === binding) {
			this.#asked = undefined;
			this.#link.checked = 0;
		}
		if (this.#answeredBy === "") return this.#offer(binding, question);
		this.#conflict(binding, now);
		this.#find(question, client, mac, 0);
	}

	#conflict(binding: Binding, now: number): void {
		binding.refuse(now);
		this.#counters.conflicts++;
		this.#until(binding.until);
	}

	#read(): void {
		const { udp } = this.#stack;
		const { bytes, view } = this.#replies;
		const size = udp.next(this.#socket);
		this.#unread = size >= 0;
		if (size < 0) return;
		udp.read(this.#socket, bytes, 0, bytes.length);
		// One that is longer than we take is cut off, and its end is unknown.
		const whole = size <= bytes.length && dhcp.valid(view, 0, size) && dhcp.op(view, 0) === dhcp.BOOTREQUEST;
		const options = whole && view.getInt32(dhcp.GIADDR) === 0 ? dhcp.options(view, 0, size) : undefined;
		const type = options?.get(dhcp.MESSAGE_TYPE);
		if (options === undefined || type?.length !== 1 || !this.#link.owns(this.#settings.own)) {
			this.#counters.ignored++;
			return;
		}
		this.#heard(type[0]!, questionOf(view, options), options);
	}

	#heard(type: number, question: Question, options: ReadonlyMap<number, Uint8Array>): void {
		const mac = macText(question.mac);
		const client = question.id === undefined ? mac : `id ${[...question.id].map((byte) => byte.toString(16)).join(" ")}`;
		const wanted = dhcp.wordOf(options, dhcp.REQUESTED_ADDRESS) ?? 0;
		const server = dhcp.wordOf(options, dhcp.SERVER_ID);
		const now = this.#clock.now;
		if (type === dhcp.DISCOVER) this.#find(question, client, mac, wanted);
		else if (type === dhcp.REQUEST) this.#request(question, client, mac, wanted, server, options);
		else if (type === dhcp.INFORM) this.#inform(question);
		else if (type === dhcp.DECLINE || type === dhcp.RELEASE) {
			const binding = this.#bindings.at(type === dhcp.DECLINE ? wanted : question.ciaddr);
			// What is not its own it can neither give back nor find in use.
			if (server !== this.#settings.own || binding?.client !== client || binding.state === FREE || binding.state === PROBED)
				return;
			if (binding.state === BOUND) this.#changed = true;
			if (type === dhcp.DECLINE) this.#conflict(binding, now);
			else {
				binding.free();
				binding.until = now;
			}
		} else this.#counters.ignored++;
	}

	/** DISCOVER: looks for an address, and offers it once nobody has answered for it. RFC 2131 §4.3.1. */
	#find(question: Question, client: string, mac: string, wanted: number): void {
		const binding = this.#bindings.choose(client, mac, wanted);
		if (binding === undefined) {
			this.#counters.full++;
			return;
		}
		if (binding.state === OFFERED || binding.state === BOUND) return this.#offer(binding, question);
		if (binding.state !== PROBED) binding.keep(PROBED, client, mac, Infinity);
		this.#waiting.set(binding, question);
		if (this.#settings.probeMs === 0) this.#probed(binding, this.#clock.now);
		else if (this.#asked === undefined) this.#ask(this.#clock.now);
	}

	#offer(binding: Binding, question: Question): void {
		if (binding.state !== BOUND) binding.offer(this.#clock.now);
		this.#until(binding.until);
		this.#counters.offered++;
		this.#send(dhcp.OFFER, question, binding.address, this.#settings.leaseSeconds);
	}

	/** REQUEST, RFC 2131 §4.3.2: after an offer, after a restart of the station, or for more time. */
	#request(
		question: Question,
		client: string,
		mac: string,
		wanted: number,
		server: number | undefined,
		options: ReadonlyMap<number, Uint8Array>,
	): void {
		const { own, mask } = this.#settings;
		const { ciaddr } = question;
		const address = wanted === 0 ? ciaddr : wanted;
		const binding = this.#bindings.at(address);
		const its = binding !== undefined && binding.client === client && (binding.state === OFFERED || binding.state === BOUND);
		if (server !== undefined && server !== own) {
			// It has taken another server's.
			const had = this.#bindings.of(client);
			if (had?.state === OFFERED) had.free();
			return;
		}
		// A lease from before our restart is as good as it was, when nobody else has the address by now.
		const anew = server === undefined && wanted === 0 && binding?.state === FREE && binding.mayBeOf(mac);
		if (its || anew) return this.#lend(binding, question, client, mac, options);
		const known = this.#bindings.of(client) !== undefined;
		const astray = ((address ^ own) & mask) !== 0;
		// Whoever we know nothing of may have it from another server: RFC 2131 §4.3.2, "DHCPREQUEST generated during INIT-REBOOT state".
		if (server === undefined && wanted !== 0 && !known && !astray) return;
		this.#counters.refused++;
		this.#send(dhcp.NAK, question, 0, 0);
	}

	#lend(binding: Binding, question: Question, client: string, mac: string, options: ReadonlyMap<number, Uint8Array>): void {
		const { leaseSeconds } = this.#settings;
		if (binding.state !== BOUND) this.#changed = true;
		binding.keep(BOUND, client, mac, this.#clock.now + leaseSeconds * 1000);
		binding.hostname = dhcp.textOf(options, dhcp.HOST_NAME) || binding.hostname;
		this.#until(binding.until);
		this.#counters.acknowledged++;
		this.#send(dhcp.ACK, question, binding.address, leaseSeconds);
	}

	/** INFORM: it has an address, and wants to know the rest. RFC 2131 §4.3.5. */
	#inform(question: Question): void {
		const { own, mask } = this.#settings;
		if (question.ciaddr === 0 || ((question.ciaddr ^ own) & mask) !== 0) {
			this.#counters.ignored++;
			return;
		}
		this.#counters.acknowledged++;
		this.#send(dhcp.ACK, question, 0, 0);
	}

	/** RFC 2131 §4.1. One that has no address yet hears it by broadcast: to write to it alone takes a neighbour that does not answer ARP. */
	#send(type: number, question: Question, address: number, seconds: number): void {
		const { own, mask, router, timeServers, domain } = this.#settings;
		const loan: Loan = { own, mask, router, nameServers: this.#nameServers(), timeServers, domain, seconds };
		const length = this.#replies.compose(type, question, address, loan);
		const to = type === dhcp.NAK ? "" : ipv4Text(question.ciaddr);
		try {
			this.#stack.udp.send(this.#socket, to || EVERYBODY, dhcp.CLIENT_PORT, this.#replies.bytes, 0, length);
		} catch {
			// No link: it asks again.
		}
	}

	#nameServers(): readonly number[] {
		const { nameServers } = this.#settings;
		if (nameServers !== undefined) return nameServers;
		if (this.#stack.services.list.some((service) => service.servesNames?.(this.#link) === true)) return [this.#settings.own];
		const found: number[] = [];
		for (const link of this.#stack.interfaces.list) {
			if (link === this.#link) continue;
			for (const server of link.ip.servers) {
				const address = parseIpv4(server);
				if (address !== undefined && found.length < SERVERS_MOST && !found.includes(address)) found.push(address);
			}
		}
		return found;
	}
}
