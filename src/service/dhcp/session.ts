// What a DHCP client does in each state: sends, waits, takes and gives back. machine.ts says when; RFC 2131 §4.4, RFC 5227 §2.

import { formatIpv4 } from "../../address4.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { LeaseView } from "../../link/lease.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import * as dhcp from "../../wire/dhcp.ts";
import { BROADCAST } from "../../wire/ipv4.ts";
import { Attachment } from "./attachment.ts";
import { Claims } from "./claims.ts";
import { Clock } from "../../transport/services.ts";
import { Configuration } from "./configuration.ts";
import { Exchange } from "./exchange.ts";
import { addRoutes, leaseOf, type Lease } from "./lease.ts";
import * as machine from "./machine.ts";
import type { Settings } from "./options.ts";
import { replyOf } from "./reply.ts";
import { Term } from "./term.ts";
import * as times from "./times.ts";
import { leaseView } from "./view.ts";

export class Session extends machine.Machine {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #settings: Settings;
	readonly #configuration: Configuration;
	readonly #changed: () => void;
	readonly #clock: Clock;
	readonly #exchange: Exchange;
	readonly #term = new Term();
	readonly #attachment: Attachment;
	readonly #claims: Claims;
	#offer: Lease | undefined;
	/** What was lent last. In use when `#configuration` has it. */
	#lease: Lease | undefined;
	/** When the present wait is over. */
	#timerAt = Infinity;
	/** The address that was ours last, to be asked for again; 0 when it is better not. */
	#wish = 0;
	#reason = "";
	#ignored = 0;
	#refused = 0;
	/** Whether somebody on this network has said that the lease is right here. */
	#confirmed = false;
	/** ms between probes of the present lease. */
	#probeMs = 1000;
	/** NAKs in a row. */
	#refusals = 0;
	/** What the server says with its NAK. */
	#why = "";
	/** Seen within processing: another station has the address that we probe for; something is known of the network. */
	#conflict = false;
	#answered = false;
	/** What is to be done next, each in a turn of its own, as frames wait meanwhile; void when the state is another. */
	readonly #steps: (() => void)[] = [];

	/** Within a poll: only there is it known what time it is. `changed`: something of `view` is another. */
	constructor(stack: Stack, link: EthernetInterface, socket: UdpSocket, settings: Settings, changed: () => void) {
		super();
		this.#stack = stack;
		this.#link = link;
		this.#settings = settings;
		this.#changed = changed;
		this.#configuration = new Configuration(stack, link, settings);
		this.#clock = new Clock(stack.core);
		this.#exchange = new Exchange(stack, link, socket, settings, this.#clock);
		this.#attachment = new Attachment(link);
		this.#claims = new Claims(link);
		this.event(machine.START);
		this.linkChanged();
	}

	override get address(): number {
		return this.#configuration.address;
	}

	/** The link went down, came up, or both. */
	linkChanged(): void {
		this.event(machine.LOST);
		if (this.#clock.now >= this.#term.expiresAt) this.event(machine.EXPIRED);
		const lease = this.#lease;
		if (!this.#link.up) return;
		if (lease === undefined) return this.event(machine.UP);
		this.#attachment.begin(this.#clock.now, lease.address);
		this.#attachment.tick(this.#clock.now);
		this.event(machine.UP_AGAIN);
	}

	/** The link is about to come up, within processing: maybe on another network. */
	suspend(): void {
		this.event(machine.LOST);
		this.#attachment.end();
		this.#confirmed = false;
		this.#configuration.suspend();
	}

	/** The link is down, and ARP about to forget the neighbours. */
	noteNeighbors(): void {
		if (this.address !== 0) this.#attachment.note();
	}

	/** Addresses or routes have changed, ours or others': the lease's must not be in their way. */
	review(): void {
		const lease = this.#lease;
		if (lease === undefined || !this.#configuration.fits(lease)) return;
		const objection = this.#configuration.objection(lease);
		if (objection !== "") {
			this.#reason = `the server has lent ${objection}`;
			this.#refused++;
			return this.event(machine.FAILED);
		}
		this.#steps.push(() => this.#configuration.review(lease) && this.#tell(this.#configuration.refused));
	}

	#tell(reason: string): void {
		if (this.#reason === reason) return;
		this.#reason = reason;
		this.#changed();
	}

	/** Does the next step of what has begun. Answers whether there was one; the owner lets frames pass before it calls again. */
	goesOn(): boolean {
		const step = this.#steps.shift();
		step?.();
		return step !== undefined;
	}

	/** Time passed. Answers whether it has begun something: then it is called again when that is done. */
	tick(): boolean {
		if (this.state === machine.CLOSED) return false;
		const { now } = this.#clock;
		if (this.#conflict) this.event(machine.CONFLICT);
		if (this.#answered) this.#heardOfNetwork();
		if (now >= this.#attachment.askAt) this.#attachment.tick(now);
		if (now >= this.#term.expiresAt) this.event(machine.EXPIRED);
		else if (now >= this.#term.t2At) this.event(machine.T2);
		else if (now >= this.#term.t1At) this.event(machine.T1);
		if (now >= this.#timerAt) {
			this.#timerAt = Infinity;
			// A lease from before may be used where nobody answers, but not where somebody else is the router.
			const event = this.timeUp(this.#settings.probes, this.#lease !== undefined && !this.#attachment.another);
			this.#steps.push(() => this.event(event));
		}
		this.#clock.deadline(Math.min(this.#timerAt, this.#term.nextAt(this.state), this.#attachment.askAt));
		return this.#steps.length > 0;
	}

	#heardOfNetwork(): void {
		this.#answered = false;
		if (this.#attachment.same) {
			this.#confirmed = true;
			this.#attachment.end();
			this.event(machine.SAME);
		} else if (!this.#confirmed) this.event(machine.ANOTHER);
	}

	/**
	 * Told by ARP within processing that another station uses an address of ours. A lent one is ours by its server's word: it is defended as one that was
	 * configured, at most once in DEFEND_INTERVAL, and never given up. RFC 5227 §2.4 (c).
	 */
	conflict(address: number): void {
		if (address === this.address) this.#tell(this.#claims.dispute(address));
	}

	/** Told by ARP within processing of a packet at arena offset `at` that claims the address that we probe for, or asks for it as we do. */
	claimed(at: number): void {
		if (this.state !== machine.PROBING) return;
		const { now } = this.#clock;
		const wait = this.#probeMs / times.CLAIM_PARTS;
		if (this.#claims.isSure(this.#stack.core.view, at, now, wait)) this.#conflict = true;
		else if (this.#timerAt < now + wait) this.#timerAt = now + wait;
	}

	/** Told by ARP within processing of a packet at arena offset `at` from the station that is asked whether the network is the same. */
	answered(at: number): void {
		if (this.#attachment.hear(this.#stack.core.view, at)) this.#answered = true;
	}

	/** Where received messages go. */
	get bytes(): Uint8Array {
		return this.#exchange.messages.bytes;
	}

	/** Whether `tick` has something to do that no deadline tells of. */
	get urgent(): boolean {
		return this.#conflict || this.#answered;
	}

	/** A message of so many bytes is in `bytes`, and stays there until the steps that this makes are done. */
	received(length: number): void {
		if (this.#exchange.isOurs(length)) this.#steps.push(() => this.#reply(length));
		else this.#ignored++;
	}

	#reply(length: number): void {
		const { view } = this.#exchange.messages;
		const options = dhcp.options(view, 0, length);
		const address = dhcp.yiaddr(view, 0);
		const event = replyOf(options, address, this.state, this.state === machine.REQUESTING ? this.#offer : this.#lease);
		if (event < 0) this.#ignored++;
		else if (event === machine.NAK) {
			this.#why = dhcp.textOf(options, dhcp.MESSAGE);
			this.event(event);
		} else
			this.#steps.push(() => {
				const lease = leaseOf(address, options);
				this.#steps.push(() => {
					if (typeof lease !== "string") addRoutes(lease, options, this.#settings.classlessRoutes);
					this.#steps.push(() => this.#take(lease, event));
				});
			});
	}

	#take(lease: Lease | string, event: number): void {
		const objection = typeof lease === "string" ? lease : this.#configuration.objection(lease);
		if (typeof lease === "string" || objection !== "") {
			this.#reason = `a server offers ${objection}`;
			this.#refused++;
			this.#ignored++;
			return this.#changed();
		}
		this.#steps.push(() => {
			if (event === machine.OFFER) this.#offer = lease;
			else {
				// Only that network says whether it is the same, not one that lends something else.
				if (!this.#configuration.suspends(lease)) this.#attachment.end();
				this.#lease = lease;
				this.#confirmed = true;
				this.#term.begin(lease, this.#exchange.sentAt, (below) => this.#random(below));
			}
			this.event(event);
			this.#changed(); // also when the state is the same again
		});
	}

	// --- the machine's actions

	protected override entered(): void {
		this.#steps.length = 0;
		this.#timerAt = Infinity;
		this.#conflict = false;
		this.#link.probed = 0;
		// While we have no address that servers could write to.
		const asking = this.state >= machine.SELECTING && this.state <= machine.REBOOTING;
		this.#link.ip.anyAddressPort = asking ? dhcp.CLIENT_PORT : 0;
		const offered = this.state === machine.REQUESTING; // an offer and its REQUEST are one exchange
		this.#exchange.begin(offered, offered || this.state === machine.REBINDING);
		this.#changed();
	}

	protected override waitToStart(): void {
		this.#wait(this.#random(times.START_MS));
	}

	protected override waitAfterTrouble(): void {
		this.#wait(this.#claims.inRow >= times.MAX_CONFLICTS ? times.RATE_LIMIT_MS : times.DECLINE_WAIT_MS);
	}

	protected override unanswered(): void {
		this.#reason = "no answer to the request";
		this.drop();
		this.waitToStart();
	}

	/** At once, but not again and again: a server may offer what it then refuses. */
	protected override refused(): void {
		this.#reason = this.#why === "" ? "refused by the server" : `refused by the server: ${this.#why}`;
		this.#wish = 0;
		this.drop();
		const wait = Math.min(1000 << Math.min(this.#refusals, 6), times.LONGEST_WAIT_MS);
		this.#wait(this.#refusals++ === 0 ? this.#random(times.START_MS) : wait);
	}

	protected override expired(): void {
		this.#reason = "expired";
		this.#lose();
	}

	protected override resume(): void {
		this.#apply(this.#lease!, () => this.#tell(this.#configuration.refused));
		this.#changed();
	}

	/** Makes the interface what the lease says, and goes on with `then`, which is told whether the address is a new one; where it cannot be that, the lease is given up. */
	#apply(lease: Lease, then: (fresh: boolean) => void): void {
		const configuration = this.#configuration;
		const fresh = !configuration.fits(lease);
		this.#steps.push(() => {
			try {
				configuration.apply(lease);
			} catch (error) {
				this.#reason = (error as Error).message;
				return this.event(machine.FAILED);
			}
			this.#steps.push(
				() => fresh && this.#link.introduce(formatIpv4(lease.address)),
				() => configuration.review(lease),
				() => configuration.takeServers(lease),
				() => then(fresh),
			);
		});
	}

	protected override decline(): void {
		const lease = this.#lease!;
		this.#wish = 0;
		this.#reason = this.#claims.lose(lease.address);
		// First the address goes: what is ours no more is not a source either.
		this.drop();
		this.#exchange.send(dhcp.DECLINE, BROADCAST, 0, lease.address, lease.server);
		this.waitAfterTrouble();
	}

	protected override discover(): void {
		this.#exchange.passed();
		this.#send(dhcp.DISCOVER, BROADCAST, 0, this.#wish, 0);
		this.#backOff();
	}

	protected override request(): void {
		const { address, server } = this.#offer!;
		this.#send(dhcp.REQUEST, BROADCAST, 0, address, server);
		this.#backOff();
	}

	protected override reboot(): void {
		this.#exchange.passed();
		this.#send(dhcp.REQUEST, BROADCAST, 0, this.#lease!.address, 0);
		this.#backOff();
	}

	protected override renewal(): void {
		this.#extend(this.#lease!.server, this.#term.t2At);
	}

	protected override rebind(): void {
		this.#extend(BROADCAST, this.#term.expiresAt);
	}

	/** Each REQUEST is an exchange of its own: its answer's times count from when that was sent. */
	#extend(server: number, until: number): void {
		this.#exchange.begin(false, true);
		this.#exchange.passed();
		const term = this.#term;
		const { now } = this.#clock;
		this.#send(dhcp.REQUEST, server, this.address, 0, 0);
		this.#timerAt = now + term.repeatMs(now, this.state === machine.RENEWING ? term.t1At : term.t2At, until);
	}

	protected override check(): void {
		const lease = this.#lease!;
		const { probes, probeIntervalMs } = this.#settings;
		const configuration = this.#configuration;
		const spent = (): void => this.event(machine.SPENT);
		if (configuration.fits(lease)) return void this.#steps.push(spent);
		// What was ours and may be again keeps its connections meanwhile.
		if (!configuration.suspends(lease)) configuration.remove();
		// Of two networks with the same private subnet, each may give us the same address.
		this.#claims.rival = this.#stack.interfaces.owner(formatIpv4(lease.address))?.name ?? "";
		if (this.#claims.rival !== "") return this.event(machine.CONFLICT);
		if (probes === 0 || (this.#attachment.same && configuration.suspends(lease))) return void this.#steps.push(spent);
		this.#link.probed = lease.address;
		this.#probeMs = this.#term.probeMs(this.#clock.now, probeIntervalMs);
		this.#wait(this.#random(this.#probeMs)); // PROBE_WAIT
	}

	protected override probe(): void {
		const ms = this.#probeMs;
		this.#link.probe(this.#lease!.address);
		this.tries++;
		// PROBE_MIN to PROBE_MAX, and after the last one ANNOUNCE_WAIT.
		this.#wait(this.tries < this.#settings.probes ? ms + this.#random(ms) : 2 * ms);
	}

	protected override use(): void {
		const lease = this.#lease!;
		this.#apply(lease, (fresh) => {
			this.#wish = lease.address;
			this.#reason = this.#configuration.refused;
			this.#refusals = 0;
			this.#attachment.end();
			this.#attachment.learn(lease);
			// Where nobody has said that it is right, it is used all the same: RFC 2131 §3.2 (3).
			if (!this.#confirmed) {
				this.#reason ||= "nobody has confirmed it since the link came up";
				this.#term.doubt(this.#clock.now);
			}
			if (fresh) this.#claims.inRow = 0;
			else this.#link.announce(lease.address); // one that is new has been introduced
			this.#wait(2 * this.#settings.probeIntervalMs); // ANNOUNCE_INTERVAL
		});
	}

	protected override announce(): void {
		this.#attachment.note();
		this.#link.announce(this.address);
	}

	protected override release(): void {
		if (this.#link.slot === 0) return;
		const { address, server } = this.#lease!;
		// Lent, and not ours yet: then it is no source, and the server is no neighbour. As with DECLINE, everybody hears it; the identifier says who is meant.
		if (this.address === 0) this.#exchange.send(dhcp.RELEASE, BROADCAST, address, 0, server, 0);
		else this.#exchange.send(dhcp.RELEASE, server, address, 0, server);
	}

	protected override drop(): void {
		this.#offer = undefined;
		this.#lose();
	}

	#lose(): void {
		this.#configuration.remove();
		this.#attachment.end();
		this.#lease = undefined;
		this.#term.clear();
	}

	// --- messages and waits

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	#wait(ms: number): void {
		this.#timerAt = this.#clock.now + ms;
	}

	#backOff(): void {
		this.#wait(times.backOffMs(this.tries, (below) => this.#random(below)));
	}

	/** In a turn of its own. */
	#send(type: number, to: number, from: number, requested: number, server: number): void {
		this.tries++;
		this.#steps.push(() => this.#exchange.send(type, to, from, requested, server));
	}

	/** What there is to see. Allocates. */
	view(): LeaseView {
		const state = machine.STATE_NAMES[this.state]!;
		const { hostname } = this.#settings;
		const refused = this.#refused + this.#configuration.refusals;
		const particulars = { state, reason: this.#reason, hostname, ignored: this.#ignored, refused, conflicts: this.#claims.count };
		return leaseView(particulars, this.address === 0 ? undefined : this.#lease, this.#term, this.#clock.now);
	}
}
