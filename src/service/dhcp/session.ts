// What a DHCP client does in each state: sends, waits, takes and gives back. machine.ts says when; RFC 2131 §4.4, RFC 5227 §2.

import type { EthernetInterface } from "../../link/ethernet.ts";
import type { LeaseState } from "../../link/lease.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp.ts";
import * as dhcp from "../../wire/dhcp.ts";
import { BROADCAST } from "../../wire/ipv4.ts";
import { Clock } from "./clock.ts";
import { Configuration } from "./configuration.ts";
import { INFINITE, isUnicast, leaseOf, wordOf, type Lease } from "./lease.ts";
import * as machine from "./machine.ts";
import { Messages } from "./messages.ts";
import type { Settings } from "./options.ts";
import * as times from "./times.ts";

export class Session extends machine.Machine {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #socket: UdpSocket;
	readonly #settings: Settings;
	readonly #configuration: Configuration;
	readonly #changed: () => void;
	readonly #clock: Clock;
	readonly #messages: Messages;
	#offer: Lease | undefined;
	/** What was lent last. In use when `#configuration` has it. */
	#lease: Lease | undefined;
	/** When its times count from, and when they are over. */
	#sentAt = 0;
	#t1At = Infinity;
	#t2At = Infinity;
	#expiresAt = Infinity;
	/** When the present wait is over. */
	#timerAt = Infinity;
	#xid = 0;
	/** When we began to ask, and how many seconds ago that was when we last did: `secs`. */
	#begunAt = 0;
	#secs = 0;
	/** The address that was ours last, to be asked for again; 0 when it is better not. */
	#wish = 0;
	#reason = "";
	#ignored = 0;
	/** Refusals, and conflicts, in a row. */
	#refusals = 0;
	#conflicts = 0;
	#defendedAt = -Infinity;
	/** A conflict that cannot be defended against, seen within processing. */
	#conflict = false;

	/** Within a poll: only there is it known what time it is. `changed`: something of `view` is another. */
	constructor(stack: Stack, link: EthernetInterface, socket: UdpSocket, settings: Settings, changed: () => void) {
		super();
		this.#stack = stack;
		this.#link = link;
		this.#socket = socket;
		this.#settings = settings;
		this.#messages = new Messages(link.mac, settings);
		this.#changed = changed;
		this.#configuration = new Configuration(stack, link, settings);
		this.#clock = new Clock(stack.core);
		this.event(machine.START);
		this.linkChanged();
	}

	/** The lent address that is in use, or 0. */
	get address(): number {
		return this.#configuration.address;
	}

	/** The link went down, came up, or both. */
	linkChanged(): void {
		this.event(machine.LOST);
		if (this.#clock.now >= this.#expiresAt) this.event(machine.EXPIRED);
		if (this.#link.up) this.event(this.#lease === undefined ? machine.UP : machine.UP_AGAIN);
	}

	/** Time passed. */
	tick(): void {
		if (this.state === machine.CLOSED) return;
		const { now } = this.#clock;
		if (this.#conflict) this.event(machine.CONFLICT);
		if (now >= this.#expiresAt) this.event(machine.EXPIRED);
		else if (now >= this.#t2At) this.event(machine.T2);
		else if (now >= this.#t1At) this.event(machine.T1);
		if (now >= this.#timerAt) {
			this.#timerAt = Infinity;
			this.event(this.tries >= this.#limit() ? machine.SPENT : machine.TIMER);
		}
		this.#arm();
	}

	#arm(): void {
		let at = Math.min(this.#timerAt, this.#expiresAt);
		if (this.state === machine.BOUND) at = Math.min(at, this.#t1At, this.#t2At);
		else if (this.state === machine.RENEWING) at = Math.min(at, this.#t2At);
		this.#clock.deadline(at);
	}

	/** How many messages or probes are sent in this state at most. */
	#limit(): number {
		if (this.state === machine.REQUESTING) return times.REQUESTS;
		if (this.state === machine.REBOOTING) return times.REBOOTS;
		return this.state === machine.PROBING ? this.#settings.probes : Infinity;
	}

	/** Told by ARP within processing. Answers whether we see to it: then nothing is defended. */
	conflict(address: number): boolean {
		if (address !== this.#lease?.address) return false;
		const { now } = this.#clock;
		if (address === this.address && now - this.#defendedAt >= times.DEFEND_MS) {
			this.#defendedAt = now;
			return false;
		}
		this.#conflict = true;
		return true;
	}

	/** Where received messages go. */
	get bytes(): Uint8Array {
		return this.#messages.bytes;
	}

	/** Whether `tick` has something to do that no deadline tells of. */
	get urgent(): boolean {
		return this.#conflict;
	}

	/** A message of so many bytes is in `bytes`. */
	received(length: number): void {
		const { view } = this.#messages;
		const ours =
			dhcp.valid(view, 0, length) &&
			dhcp.op(view, 0) === dhcp.BOOTREPLY &&
			dhcp.xid(view, 0) === this.#xid &&
			dhcp.isFor(view, 0, this.#link.mac);
		if (!ours || !this.#reply(dhcp.options(view, 0, length), dhcp.yiaddr(view, 0))) this.#ignored++;
	}

	/** Answers whether it was taken. */
	#reply(options: Map<number, Uint8Array>, address: number): boolean {
		const type = options.get(dhcp.MESSAGE_TYPE);
		const server = wordOf(options, dhcp.SERVER_ID);
		const { state } = this;
		const asked = state >= machine.REQUESTING && state !== machine.PROBING && state !== machine.BOUND;
		if (type?.length !== 1 || server === undefined || !isUnicast(server)) return false;
		if (type[0] === dhcp.OFFER) {
			if (state !== machine.SELECTING) return false;
			return this.#take(leaseOf(address, options, this.#settings.classlessRoutes), machine.OFFER);
		}
		if (!asked) return false;
		// Only the server that was asked; rebooting and rebinding, any may answer.
		const requested = state === machine.REQUESTING ? this.#offer! : this.#lease!;
		const any = state === machine.REBOOTING || state === machine.REBINDING;
		if (!any && server !== requested.server) return false;
		if (type[0] === dhcp.NAK) {
			this.event(machine.NAK);
			return true;
		}
		if (type[0] !== dhcp.ACK || (state === machine.REQUESTING && address !== requested.address)) return false;
		return this.#take(leaseOf(address, options, this.#settings.classlessRoutes), machine.ACK);
	}

	#take(lease: Lease | string, event: number): boolean {
		if (typeof lease === "string") {
			this.#reason = `a server offers ${lease}`;
			return false;
		}
		if (event === machine.OFFER) this.#offer = lease;
		else {
			this.#lease = lease;
			this.#count(lease);
		}
		this.event(event);
		this.#changed(); // also when the state is the same again
		return true;
	}

	/** The times of a lease count from when it was asked for: the server's cannot be later. RFC 2131 §4.4.1. */
	#count({ seconds, t1, t2 }: Lease): void {
		const at = (value: number): number => (seconds === INFINITE ? Infinity : this.#sentAt + value * 1000);
		const fuzz = (value: number): number => value - (value * this.#random(1024)) / 1024 / times.FUZZ;
		this.#t1At = at(fuzz(t1));
		this.#t2At = at(fuzz(t2));
		this.#expiresAt = at(seconds);
	}

	// --- the machine's actions

	protected override entered(): void {
		this.#timerAt = Infinity;
		this.#conflict = false;
		this.#link.probed = 0;
		// While we have no address that servers could write to.
		const asking = this.state >= machine.SELECTING && this.state <= machine.REBOOTING;
		this.#link.anyAddressPort = asking ? dhcp.CLIENT_PORT : 0;
		if (this.state !== machine.REQUESTING && this.state !== machine.REBINDING) this.#begunAt = this.#clock.now;
		this.#newExchange();
		this.#changed();
	}

	/** An offer and its REQUEST are one exchange. */
	#newExchange(): void {
		if (this.state !== machine.REQUESTING) this.#xid = this.#stack.core.random32();
		this.#sentAt = this.#clock.now;
	}

	protected override waitToStart(): void {
		this.#wait(this.#random(times.START_MS));
	}

	protected override waitAfterTrouble(): void {
		this.#wait(this.#conflicts >= times.MAX_CONFLICTS ? times.RATE_LIMIT_MS : times.DECLINE_WAIT_MS);
	}

	protected override unanswered(): void {
		this.#reason = "no answer to the request";
		this.drop();
		this.waitToStart();
	}

	/** At once, but not again and again: a server may offer what it then refuses. */
	protected override refused(): void {
		this.#reason = "refused by the server";
		this.#wish = 0;
		this.drop();
		const wait = Math.min(1000 << Math.min(this.#refusals, 6), times.LONGEST_WAIT_MS);
		this.#wait(this.#refusals++ === 0 ? this.#random(times.START_MS) : wait);
	}

	protected override expired(): void {
		this.#reason = "expired";
		this.drop();
	}

	protected override decline(): void {
		const lease = this.#lease!;
		this.#reason = "in use by another station";
		this.#wish = 0;
		this.#conflicts++;
		// First the address goes: what is ours no more is not a source either.
		this.drop();
		this.#send(dhcp.DECLINE, BROADCAST, 0, lease.address, lease.server);
		this.waitAfterTrouble();
	}

	protected override discover(): void {
		this.#passed();
		this.#send(dhcp.DISCOVER, BROADCAST, 0, this.#wish, 0);
		this.#backOff();
	}

	protected override request(): void {
		const { address, server } = this.#offer!;
		this.#send(dhcp.REQUEST, BROADCAST, 0, address, server);
		this.#backOff();
	}

	protected override reboot(): void {
		this.#passed();
		this.#send(dhcp.REQUEST, BROADCAST, 0, this.#lease!.address, 0);
		this.#backOff();
	}

	protected override renewal(): void {
		this.#extend(this.#lease!.server, this.#t2At);
	}

	protected override rebind(): void {
		this.#extend(BROADCAST, this.#expiresAt);
	}

	/** Each REQUEST is an exchange of its own: its answer's times count from when that was sent. */
	#extend(server: number, until: number): void {
		this.#newExchange();
		this.#passed();
		const { now } = this.#clock;
		this.#send(dhcp.REQUEST, server, this.address, 0, 0);
		const left = until - now;
		const phase = this.state === machine.RENEWING ? this.#t2At - this.#t1At : this.#expiresAt - this.#t2At;
		const least = phase < 2 * times.RENEWAL_WAIT_MS ? times.FIRST_WAIT_MS : times.RENEWAL_WAIT_MS;
		// An order of the application comes at any time, also when a lease has no end.
		this.#timerAt = now + (left === Infinity ? times.RENEWAL_WAIT_MS : Math.max(left / 2, least));
	}

	protected override check(): void {
		const lease = this.#lease!;
		const { probes, probeIntervalMs } = this.#settings;
		if (this.#configuration.fits(lease)) return this.event(machine.SPENT);
		this.#configuration.remove();
		// Of two networks with the same private subnet, each may give us the same address.
		if (this.#stack.interfaces.owner(lease.address) !== undefined) return this.event(machine.CONFLICT);
		if (probes === 0) return this.event(machine.SPENT);
		this.#link.probed = lease.address;
		this.#wait(this.#random(probeIntervalMs)); // PROBE_WAIT
	}

	protected override probe(): void {
		const { probes, probeIntervalMs } = this.#settings;
		this.#link.probe(this.#lease!.address);
		this.tries++;
		// PROBE_MIN to PROBE_MAX, and after the last one ANNOUNCE_WAIT.
		this.#wait(this.tries < probes ? probeIntervalMs + this.#random(probeIntervalMs) : 2 * probeIntervalMs);
	}

	protected override use(): void {
		const lease = this.#lease!;
		const fresh = !this.#configuration.fits(lease);
		try {
			this.#configuration.apply(lease);
		} catch (error) {
			this.#reason = (error as Error).message;
			return this.event(machine.FAILED);
		}
		this.#wish = lease.address;
		this.#reason = "";
		this.#refusals = 0;
		if (fresh) {
			this.#defendedAt = -Infinity;
			this.#conflicts = 0;
		} else this.#link.announce(lease.address); // `addAddress` has done it for one that is new
		this.#wait(2 * this.#settings.probeIntervalMs); // ANNOUNCE_INTERVAL
	}

	protected override announce(): void {
		this.#link.announce(this.address);
	}

	protected override release(): void {
		if (this.#link.slot === 0) return;
		const { address, server } = this.#lease!;
		// Lent, and not ours yet: then it is no source, and the server is no neighbour. As with DECLINE, everybody hears it; the identifier says who is meant.
		if (this.address === 0) this.#send(dhcp.RELEASE, BROADCAST, address, 0, server, 0);
		else this.#send(dhcp.RELEASE, server, address, 0, server);
	}

	protected override drop(): void {
		this.#configuration.remove();
		this.#offer = this.#lease = undefined;
		this.#t1At = this.#t2At = this.#expiresAt = Infinity;
	}

	// --- messages and waits

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	#wait(ms: number): void {
		this.#timerAt = this.#clock.now + ms;
	}

	#backOff(): void {
		const wait = Math.min(times.FIRST_WAIT_MS << Math.min(this.tries - 1, 8), times.LONGEST_WAIT_MS);
		this.#wait(wait - times.JITTER_MS + this.#random(2 * times.JITTER_MS + 1));
	}

	/** A REQUEST for an offer says the same as the DISCOVER before it, for relays (RFC 2131 §4.4.1); what else asks says how long we have been asking. */
	#passed(): void {
		this.#secs = Math.floor((this.#clock.now - this.#begunAt) / 1000);
	}

	/** One that cannot be sent is as one that was lost. `from`: our address, where we have one; `source`: that of the IP header. */
	#send(type: number, to: number, from: number, requested: number, server: number, source = from): void {
		const length = this.#messages.compose(type, { xid: this.#xid, seconds: this.#secs, from, requested, server });
		this.tries++;
		try {
			this.#stack.udp.sendFrom(this.#socket, to, dhcp.SERVER_PORT, this.bytes, 0, length, source, dhcp.CLIENT_PORT);
		} catch {
			// No way to the server, or no link: the timer tries again.
		}
	}

	/** What there is to see. Allocates. */
	view(): LeaseState {
		const { now } = this.#clock;
		const lease = this.address === 0 ? undefined : this.#lease;
		const left = (at: number): number => (at === Infinity ? -1 : Math.max(Math.ceil(at - now), 0));
		return {
			state: machine.STATE_NAMES[this.state]!,
			reason: this.#reason,
			address: this.address,
			prefixLength: lease?.length ?? 0,
			broadcast: lease?.broadcast ?? 0,
			server: lease?.server ?? 0,
			router: lease?.router ?? 0,
			dns: [...(lease?.dns ?? [])],
			ntp: [...(lease?.ntp ?? [])],
			domain: lease?.domain ?? "",
			hostname: lease?.hostname || this.#settings.hostname,
			mtu: lease?.mtu ?? 0,
			leaseSeconds: lease === undefined ? 0 : lease.seconds === INFINITE ? -1 : lease.seconds,
			renewsInMs: lease === undefined ? -1 : left(this.#t1At),
			rebindsInMs: lease === undefined ? -1 : left(this.#t2At),
			expiresInMs: lease === undefined ? -1 : left(this.#expiresAt),
			ignored: this.#ignored,
		};
	}
}
