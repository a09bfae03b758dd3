// A DHCPv6 client for one Ethernet or PPP interface: RFC 8415. One exchange at a time: its message is repeated as §15 says until a server has answered, or its time is over.

import { isNear } from "../../address.ts";
import { linkOf } from "../../io/common.ts";
import { show } from "../../io/options.ts";
import type { AddressKeeper } from "../../link/autoconfiguration-state.ts";
import { ADDRESSES, LINK, REMOVED, type Interface, type InterfaceAddress } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import { READABLE, type SocketOwner } from "../../transport/events.ts";
import { Clock, type Service } from "../../transport/services.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import { Delegation } from "./delegation.ts";
import * as messages from "./messages.ts";
import type { Answer, Lent } from "./messages.ts";
import { NAMES, type Dhcp6State } from "./state.ts";

/** §7.6: first and longest time until a message is repeated, ms, and how often it is sent at most, 0: for good. */
const TIMES: Readonly<Record<number, readonly [number, number, number]>> = Object.freeze({
	[messages.SOLICIT]: [1000, 3_600_000, 0],
	[messages.REQUEST]: [1000, 30_000, 10],
	[messages.RENEW]: [10_000, 600_000, 0],
	[messages.REBIND]: [10_000, 600_000, 0],
	[messages.INFORMATION]: [1000, 3_600_000, 0],
	[messages.DECLINE]: [1000, 0, 4],
});
/** SOL_MAX_DELAY and INF_MAX_DELAY, ms. */
const DELAY_MS = 1000;
/** IRT_DEFAULT and IRT_MINIMUM, s. §21.23. */
const REFRESH_S = 86_400;
const LEAST_REFRESH_S = 600;
/** Longest message. */
const BYTES = 712;

/** What one is told. */
export interface Dhcp6Options<This = Dhcp6Client> {
	/** Who has lent addresses tried, tells resolvers of the name servers, and knows routers' M and O flags, which say what is asked for: the Autoconfiguration that the interface has unless told. Without one no address is asked for. */
	addresses?: AddressKeeper;
	/** "auto": as routers say. "stateless": name servers and domains alone; "address": an address too, whatever routers say. */
	mode?: "auto" | "stateless" | "address";
	/** A prefix is asked for as well, of which each of these interfaces gets a /64 in turn, and the address ::1 in it. */
	delegate?: readonly (string | Interface)[];
	/** What was lent or said has changed. */
	onChanged?: (this: This) => void;
}

/**
 * Asks DHCPv6 servers by one Ethernet or PPP interface for what routers say that they have, until it is closed. Takes a UDP socket of `sockets.services`.
 * @example
 * ```ts
 * new Autoconfiguration(stack, "eth0");
 * new Dhcp6Client(stack, "eth0", { delegate: ["eth1"] });
 * ```
 */
export class Dhcp6Client implements Service, SocketOwner {
	readonly #stack: Stack;
	readonly #link: Interface;
	readonly #clock: Clock;
	readonly #socket: UdpSocket;
	readonly #watch: Watch;
	readonly #keeper: AddressKeeper | undefined;
	readonly #mode: string;
	readonly #delegation: Delegation;
	readonly #wantsPrefix: boolean;
	readonly #onChanged: (() => void) | undefined;
	readonly #duid: Uint8Array;
	readonly #id: number;
	readonly #buffer = new Uint8Array(BYTES);
	readonly #view = new DataView(this.#buffer.buffer);
	/** Type of the message that is repeated, 0: none; its transaction, when it began and is sent again, the time until then, and how often it was sent. */
	#type = 0;
	#transaction = 0;
	#beganAt = 0;
	#at = Infinity;
	#timeMs = 0;
	#count = 0;
	/** The best advertisement so far. */
	#offer: Answer | undefined;
	#server: Uint8Array | undefined;
	#address: Lent | undefined;
	#prefix: Lent | undefined;
	#dns: readonly string[] = [];
	#domains: readonly string[] = [];
	/** When it is asked for again, of others too, and when all is over. */
	#renewAt = Infinity;
	#rebindAt = Infinity;
	#endAt = Infinity;
	#informed = false;
	#up = false;
	#ignored = 0;
	#closed = false;

	/** Throws TypeError, RangeError or Error naming what is wrong. */
	constructor(stack: Stack, link: Interface | string, options: Dhcp6Options = {}) {
		const found = linkOf(stack, link);
		if (found?.discovery === undefined)
			throw new RangeError(`DHCPv6 on ${show(link)}: expected an Ethernet interface, or PPP with its option ipv6`);
		const { addresses = found.ip.discovery, mode = "auto", delegate = [], onChanged } = options;
		if (mode !== "auto" && mode !== "stateless" && mode !== "address")
			throw new RangeError(`mode ${show(mode)}: expected "auto", "stateless" or "address"`);
		if (mode === "address" && addresses === undefined)
			throw new TypeError(`mode "address": expected the interface's Autoconfiguration as "addresses"`);
		this.#stack = stack;
		this.#link = found;
		this.#clock = new Clock(stack.core);
		this.#keeper = addresses;
		this.#mode = mode;
		this.#delegation = new Delegation(delegate.map((each) => linkOf(stack, each)!));
		this.#wantsPrefix = delegate.length > 0;
		this.#onChanged = onChanged;
		// DUID-LL, §11.4: it needs nothing that is stored. PPP takes the hardware address of another interface, or one that lasts as long as the client.
		const random = () => stack.core.random32();
		const made = () => Uint8Array.of(2, 0, random(), random(), random(), random());
		const mac = found.mac ?? stack.interfaces.list.find((each) => each.mac !== undefined)?.mac ?? made();
		this.#duid = Uint8Array.of(0, 3, 0, 1, ...mac);
		// Its own for each interface of a board.
		this.#id = ((mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!) ^ (found.mac === undefined ? found.slot : 0);
		this.#socket = stack.udp.openService(messages.CLIENT_PORT, found.slot);
		this.#socket.owner = this;
		this.#watch = stack.watch((changed, what) => {
			if (changed !== found) return;
			if (what & REMOVED) this.close();
			else if (what & (LINK | ADDRESSES)) this.#clock.soon();
		});
		if (addresses !== undefined) addresses.follower = this;
		stack.services.add(this);
		this.#clock.soon();
	}

	/** For who tells stations of prefixes: Delegation.of. */
	delegated(address: InterfaceAddress): { prefix: string; preferred: number; valid: number } | undefined {
		return this.#delegation.of(address, this.#clock.now);
	}

	/** What there is to see. Allocates. */
	get state(): Dhcp6State {
		const { now } = this.#clock;
		const prefix = this.#prefix;
		return {
			state: NAMES[this.#type] ?? (this.#server !== undefined ? "bound" : this.#informed ? "informed" : "idle"),
			address: this.#address?.address ?? "",
			prefix: prefix === undefined ? "" : `${prefix.address}/${prefix.length}`,
			dns: this.#dns,
			domains: this.#domains,
			renewsInMs: this.#renewAt === Infinity ? -1 : Math.max(0, this.#renewAt - now),
			ignored: this.#ignored,
		};
	}

	/** What routers say, or what became of a lent address, is looked at: for the interface's Autoconfiguration. */
	advertised(): void {
		if (!this.#closed) this.#clock.soon();
	}

	/** Gives back what was lent, and ends. May be repeated. §18.2.7: said once, as nobody waits for the answer. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#keeper?.follower === this) this.#keeper.follower = undefined;
		if (this.#link.slot !== 0) {
			this.#transaction = this.#stack.core.random32() & 0xffffff;
			if (this.#server !== undefined) this.#send(messages.RELEASE, 0);
			this.#forget();
		}
		this.#watch.close();
		this.#stack.services.delete(this);
		this.#stack.udp.close(this.#socket);
	}

	/** Whether an address, or a prefix, is to be had. */
	get #stateful(): boolean {
		return this.#wantsAddress || this.#wantsPrefix;
	}

	get #wantsAddress(): boolean {
		if (this.#keeper === undefined || this.#mode === "stateless") return false;
		return this.#mode === "address" || this.#keeper.state.managed;
	}

	get #wantsOther(): boolean {
		return this.#mode === "stateless" || (this.#keeper === undefined ? this.#mode === "auto" : this.#keeper.state.other);
	}

	/** An exchange begins. §15, §16.1. */
	#begin(type: number, delay = 0): void {
		this.#type = type;
		this.#transaction = this.#stack.core.random32() & 0xffffff;
		this.#beganAt = this.#clock.now + delay;
		this.#at = this.#beganAt;
		this.#timeMs = 0;
		this.#count = 0;
		this.#offer = undefined;
	}

	#end(): void {
		this.#type = 0;
		this.#at = Infinity;
	}

	/** For the stack. One thing is done at a time. */
	timers(): void {
		if (this.#closed || this.#link.slot === 0) return;
		const { now } = this.#clock;
		if (this.#step(now)) return this.#clock.soon();
		this.#clock.deadline(this.#up ? Math.min(this.#at, this.#renewAt, this.#rebindAt, this.#endAt) : Infinity);
	}

	/** Answers whether something was done. */
	#step(now: number): boolean {
		// Nothing is sent before the link-local address was tried. §18.2.
		const up = this.#link.up && this.#link.ip.addresses.some(({ address, bits }) => isNear(address) && bits === 0);
		if (up !== this.#up) {
			this.#up = up;
			if (!up) this.#end();
			// Maybe to another network: §18.2.12; by Rebind, which serves for prefixes too.
			else if (this.#server !== undefined) this.#begin(messages.REBIND, this.#random(DELAY_MS));
			else {
				// What was said of another network counts no more.
				const told = this.#informed;
				this.#forget();
				if (told) this.#tell();
			}
			return true;
		}
		if (!up) return false;
		if (this.#endAt <= now) {
			this.#forget();
			this.#end();
			this.#tell();
			return true;
		}
		if (this.#type === 0 && this.#lost()) {
			this.#begin(messages.DECLINE);
			return true;
		}
		if (this.#rebindAt <= now) {
			this.#rebindAt = Infinity;
			this.#renewAt = Infinity;
			this.#begin(messages.REBIND);
		} else if (this.#renewAt <= now) {
			this.#renewAt = Infinity;
			this.#begin(this.#server === undefined ? messages.INFORMATION : messages.RENEW);
		} else if (this.#type === 0 && this.#server === undefined && this.#stateful)
			this.#begin(messages.SOLICIT, this.#random(DELAY_MS));
		else if (this.#type === 0 && this.#server === undefined && !this.#informed && this.#wantsOther)
			this.#begin(messages.INFORMATION, this.#random(DELAY_MS));
		else if (this.#at > now) return false;
		else this.#repeat(now);
		return true;
	}

	/** Whether somebody else has the address that was lent. */
	#lost(): boolean {
		const address = this.#address?.address;
		if (address === undefined) return false;
		return this.#keeper!.state.addresses.some((each) => each.address === address && each.state === "duplicate");
	}

	#random(below: number): number {
		return (this.#stack.core.random32() >>> 1) % below;
	}

	/** The time of the present message has come: it is sent, or another takes its place. §15. */
	#repeat(now: number): void {
		if (this.#type === messages.SOLICIT && this.#offer !== undefined) return this.#accept(this.#offer);
		const [first, longest, most] = TIMES[this.#type]!;
		if (most > 0 && this.#count >= most) {
			if (this.#type === messages.DECLINE || this.#type === messages.REQUEST) this.#forget();
			return this.#end();
		}
		this.#send(this.#type, now - this.#beganAt);
		const time = this.#count++ === 0 ? first : longest > 0 ? Math.min(2 * this.#timeMs, longest) : 2 * this.#timeMs;
		this.#timeMs = time;
		// A tenth more or less; more of the first Solicit, so that all servers may answer by then. §18.2.1.
		const tenth = this.#random(time / 10 + 1);
		const less = this.#random(2) === 0 && !(this.#type === messages.SOLICIT && this.#count === 1);
		this.#at = now + time + (less ? -tenth : tenth);
	}

	#send(type: number, elapsedMs: number): void {
		const any = type === messages.SOLICIT || type === messages.REBIND || type === messages.INFORMATION;
		const lent = type === messages.DECLINE ? undefined : this.#prefix;
		const wantsPrefix = type !== messages.INFORMATION && type !== messages.DECLINE && this.#wantsPrefix;
		const wantsAddress = type !== messages.INFORMATION && (this.#wantsAddress || this.#address !== undefined);
		const length = messages.questionPut(this.#view, {
			type,
			transaction: this.#transaction,
			duid: this.#duid,
			server: any ? undefined : (this.#server ?? this.#offer?.server),
			elapsedMs,
			id: this.#id,
			address: wantsAddress ? { lent: this.#address } : undefined,
			prefix: wantsPrefix ? { lent } : undefined,
		});
		try {
			this.#stack.udp.send(this.#socket, messages.SERVERS, messages.SERVER_PORT, this.#buffer, 0, length);
		} catch {
			// No way yet: it is sent again.
		}
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		if (!(events & READABLE) || this.#closed) return;
		const { udp } = this.#stack;
		const length = udp.read(this.#socket, this.#buffer, 0, BYTES);
		if (length < 0) return;
		if (this.#socket.pending > 0) udp.adopt(this.#socket, this); // one at a time
		const answer = messages.answerIn(this.#view, length, this.#duid, this.#id);
		const wanted = this.#type === messages.SOLICIT ? messages.ADVERTISE : messages.REPLY;
		if (answer === undefined || this.#type === 0 || answer.type !== wanted || answer.transaction !== this.#transaction) {
			this.#ignored++;
			return;
		}
		if (wanted === messages.ADVERTISE) this.#advertisement(answer);
		else this.#reply(answer);
		this.#clock.soon();
	}

	/** §18.2.9: the best is taken when the first time is over, one of the highest preference at once, and any later. */
	#advertisement(answer: Answer): void {
		const some = answer.address?.lent !== undefined || answer.prefix?.lent !== undefined;
		if (answer.status !== 0 || !some) return;
		if (this.#offer === undefined || answer.preference > this.#offer.preference) this.#offer = answer;
		if (answer.preference === 255 || this.#count > 1) this.#accept(this.#offer);
	}

	#accept(offer: Answer): void {
		this.#begin(messages.REQUEST);
		this.#server = offer.server;
		this.#address = offer.address?.lent;
		this.#prefix = offer.prefix?.lent;
	}

	/** §18.2.10. */
	#reply(answer: Answer): void {
		const type = this.#type;
		if (type === messages.INFORMATION) {
			this.#end();
			this.#informed = true;
			const seconds = answer.refresh < 0 ? REFRESH_S : Math.max(answer.refresh, LEAST_REFRESH_S);
			this.#renewAt = seconds === messages.FOREVER ? Infinity : this.#clock.now + seconds * 1000;
			this.#say(answer.dns, answer.domains);
			return this.#tell();
		}
		if (type === messages.DECLINE) {
			this.#forget();
			return this.#end();
		}
		const { address, prefix } = answer;
		const lent = [address, prefix].filter((each) => each?.lent !== undefined && each.lent.valid > 0 && each.status === 0);
		if (answer.status !== 0 || lent.length === 0) {
			if (answer.status !== 0 && type !== messages.REQUEST) return; // it is asked again
			this.#forget();
			this.#end();
			return this.#tell();
		}
		this.#end();
		this.#server = answer.server;
		const old = this.#address?.address;
		this.#address = address?.lent;
		if (old !== undefined && old !== this.#address?.address) this.#keeper?.lend(old, 0, 0);
		if (this.#address !== undefined) {
			const { address: text, preferred, valid } = this.#address;
			this.#keeper?.lend(text, preferred, valid);
		}
		this.#prefix = prefix?.lent;
		this.#delegation.take(this.#prefix, this.#clock.now);
		this.#timed(lent);
		this.#say(answer.dns, answer.domains);
		this.#tell();
	}

	/** When to renew, to rebind and to end. T1 and T2 of 0 are the client's to choose: §14.2, halves and four fifths of what is preferred. */
	#timed(lent: readonly (messages.Association | undefined)[]): void {
		const { now } = this.#clock;
		let [t1, t2, end] = [messages.FOREVER, messages.FOREVER, 0];
		for (const each of lent) {
			const { preferred, valid } = each!.lent!;
			t1 = Math.min(t1, each!.t1 || (preferred === messages.FOREVER ? messages.FOREVER : preferred * 0.5));
			t2 = Math.min(t2, each!.t2 || (preferred === messages.FOREVER ? messages.FOREVER : preferred * 0.8));
			end = Math.max(end, valid);
		}
		const at = (seconds: number) => (seconds === messages.FOREVER ? Infinity : now + Math.max(seconds, 1) * 1000);
		this.#renewAt = at(t1);
		this.#rebindAt = at(t2);
		this.#endAt = at(end);
	}

	/** Nothing is lent any more, and what was said with it is over. */
	#forget(): void {
		if (this.#address !== undefined) this.#keeper?.lend(this.#address.address, 0, 0);
		this.#delegation.take(undefined, this.#clock.now);
		this.#address = undefined;
		this.#prefix = undefined;
		this.#server = undefined;
		this.#renewAt = Infinity;
		this.#rebindAt = Infinity;
		this.#endAt = Infinity;
		this.#informed = false;
		this.#say([], []);
	}

	#say(dns: readonly string[], domains: readonly string[]): void {
		this.#dns = dns;
		this.#domains = domains;
		this.#keeper?.lendServers(dns);
	}

	#tell(): void {
		this.#onChanged?.call(this);
	}
}
