// The DHCP client of one interface, as programs see it; session.ts is what it does.

import { ipv4Text } from "../../address4.ts";
import { report, stationOf } from "../../io/common.ts";
import { hostnameOf } from "../../io/options.ts";
import { DHCP_MESSAGE } from "../../config.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import { ADDRESSES, LINK, PROTOCOL, REMOVED, ROUTES } from "../../link/interface.ts";
import type { LeaseKeeper, LeaseState, LeaseView } from "../../link/lease.ts";
import type { Stack } from "../../stack.ts";
import type { Service } from "../../transport/services.ts";
import { READABLE, WRITABLE, type SocketOwner } from "../../transport/events.ts";
import type { UdpSocket } from "../../transport/udp/udp.ts";
import type { Watch } from "../../transport/watch.ts";
import { CLIENT_PORT } from "../../wire/dhcp.ts";
import { RENEW, CLOSE, STATE_NAMES, CLOSED } from "./machine.ts";
import { settingsOf, type DhcpOptions, type Settings } from "./options.ts";
import { Session } from "./session.ts";

/** State of a client that is closed, or has not begun. */
function nothing(state: string): LeaseView {
	return {
		state,
		reason: "",
		address: "",
		prefixLength: 0,
		broadcast: "",
		server: "",
		router: "",
		dns: [],
		ntp: [],
		domain: "",
		hostname: "",
		mtu: 0,
		leaseSeconds: 0,
		renewsInMs: -1,
		rebindsInMs: -1,
		expiresInMs: -1,
		ignored: 0,
		refused: 0,
		conflicts: 0,
	};
}

/**
 * A DHCPv4 client for one Ethernet interface (RFC 2131): gets an address, with routes, name servers and MTU, keeps it, and gives it back at `close()`. One for each
 * interface; it takes a UDP socket of `sockets.services`. Throws TypeError and RangeError for options and interfaces that cannot be, Error when none is free.
 *
 * @example
 * ```ts
 * const client = new DhcpClient(stack, "eth0", { hostname: "board-7", metric: 10 });
 * ```
 */
export class DhcpClient implements Service, SocketOwner, LeaseKeeper {
	readonly #stack: Stack;
	readonly #link: EthernetInterface;
	readonly #socket: UdpSocket;
	readonly #settings: Settings;
	readonly #options: DhcpOptions<DhcpClient>;
	readonly #onChanged: ((this: DhcpClient) => void) | undefined;
	readonly #watch: Watch;
	/** Undefined until the next poll begins it, and once closed. */
	#session: Session | undefined;
	#closed = false;
	#renew = false;
	#changed = false;
	/** `onChanged` is to be called. */
	#tell = false;
	/** There may be datagrams; addresses or routes have changed. */
	#unread = false;
	#review = false;

	/**
	 * Gets an address for an Ethernet interface (or its name) and keeps it, until `close`. It begins in the next poll. Takes UDP port 68 of the interface, one of
	 * the UDP sockets of `sockets.services`. Throws TypeError or RangeError naming the option that is wrong; RangeError when the interface is not the stack's or no Ethernet,
	 * Error when it has a client already or none of these sockets is free.
	 */
	constructor(stack: Stack, link: EthernetInterface | string, options: DhcpOptions<DhcpClient> = {}) {
		this.#settings = settingsOf(options);
		this.#options = options;
		this.#onChanged = options.onChanged;
		const found = stationOf(stack, "DHCP", link);
		const { name } = found;
		if (found.mtu < DHCP_MESSAGE)
			throw new RangeError(`DHCP on ${name}: has an MTU of ${found.mtu}; expected at least ${DHCP_MESSAGE}, for its messages`);
		if (found.ip.lease !== undefined) throw new Error(`DHCP on ${name}: has a client already; close that one first`);
		try {
			this.#socket = stack.udp.openService(CLIENT_PORT, found.slot);
		} catch (error) {
			throw new Error(`DHCP on ${name}: ${(error as Error).message}`, { cause: error });
		}
		this.#stack = stack;
		this.#link = found;
		this.#socket.owner = this;
		found.ip.lease = this;
		found.onConflict = (address) => this.#session?.conflict(address);
		found.onClaim = (at) => this.#heard((session) => session.claimed(at));
		found.onAnswer = (at) => this.#heard((session) => session.answered(at));
		stack.services.add(this);
		this.#watch = stack.watch((changed, what) => {
			if (changed === found && what & (LINK | REMOVED)) this.#linkChanged(what);
			else if (what & (ADDRESSES | ROUTES)) {
				this.#review = true;
				this.#call();
			}
		});
		this.#call();
	}

	/** Has `onEvents` called, in this poll or the next. */
	#call(): void {
		this.#stack.events.post(this.#socket, WRITABLE);
	}

	/** The lent address that the interface has, null while there is none. */
	get address(): string | null {
		return this.lent || null;
	}

	/** The same, "" for none, for the stack. */
	get lent(): string {
		return this.#session === undefined ? "" : ipv4Text(this.#session.address);
	}

	/** What it was made with, and the host name that it has now. */
	get options(): DhcpOptions<DhcpClient> {
		return { ...this.#options, hostname: this.hostname };
	}

	/** What DHCP servers are told from the next DISCOVER or REQUEST on; undefined for none. Setting it throws TypeError or RangeError, as the option does. */
	get hostname(): string | undefined {
		return this.#settings.hostname || undefined;
	}
	set hostname(value: string | undefined) {
		this.#settings.hostname = value === undefined ? "" : hostnameOf(value);
	}

	/** What there is to see, as of the last poll. Allocates. */
	get state(): LeaseState {
		const { view } = this;
		const { address, broadcast, server, router } = view;
		return {
			...view,
			address: address || null,
			broadcast: broadcast || null,
			server: server || null,
			router: router || null,
		};
	}

	/** The same for the stack. */
	get view(): LeaseView {
		return this.#session?.view() ?? nothing(this.#closed ? STATE_NAMES[CLOSED]! : "init");
	}

	/** Asks for more time now, or everybody when that has not been answered; without a lease, looks for a server now. Throws Error once closed. */
	renew(): void {
		if (this.#closed) throw new Error(`DHCP on ${this.#link.name}: the client is closed; make a new one`);
		this.#renew = true;
		this.#call();
	}

	/** Gives the address back and ends; `onChanged` is not called any more. May be repeated. */
	close(): void {
		if (this.#closed) return;
		this.#session?.event(CLOSE);
		this.#end();
	}

	#end(): void {
		const link = this.#link;
		const stack = this.#stack;
		this.#closed = true;
		this.#session = undefined;
		link.ip.lease = undefined;
		link.onConflict = link.onClaim = link.onAnswer = undefined;
		link.ip.anyAddressPort = link.probed = link.checked = 0;
		stack.services.delete(this);
		this.#watch.close();
		stack.udp.close(this.#socket);
		stack.changed(link, PROTOCOL);
	}

	#linkChanged(what: number): void {
		// Gone, or another one already, without us.
		if (what & REMOVED) this.close();
		else this.#session?.linkChanged();
		this.#call();
	}

	/** For the link. */
	linkUp(): void {
		this.#session?.suspend();
	}

	/** For the link. */
	linkDown(): void {
		this.#session?.noteNeighbors();
	}

	/** An ARP packet for the session, within processing. */
	#heard(tell: (session: Session) => void): void {
		const session = this.#session;
		if (session === undefined) return;
		tell(session);
		if (session.urgent) this.#call();
	}

	/** For the stack. */
	timers(_now: number): void {
		// An interface that is gone has no block to write to; we hear of it later in this poll.
		if (!this.#socket.gone) this.#call();
	}

	/** For SocketEvents: a datagram came, or `#call`. One thing is done at a time, in this order: each takes long, and between turns frames pass. */
	onEvents(events: number): void {
		if (this.#socket.gone) return this.close();
		if (events & READABLE) this.#unread = true;
		const session = this.#session;
		if (session === undefined) {
			this.#session = new Session(this.#stack, this.#link, this.#socket, this.#settings, () => {
				if (!this.#changed) this.#call();
				this.#changed = true;
			});
		} else if (session.goesOn()) {
			// What it has begun comes first.
		} else if (this.#unread) this.#read(session);
		else if (this.#renew) {
			this.#renew = false;
			session.event(RENEW);
		} else if (this.#review) {
			this.#review = false;
			session.review();
		} else if (this.#changed) {
			this.#changed = false;
			this.#call();
			this.#stack.changed(this.#link, PROTOCOL);
			this.#tell = true;
			return;
		} else if (this.#tell) {
			this.#tell = false;
			this.#call(); // before anything throws
			return this.#onChanged?.call(this);
		} else if (!session.tick()) return;
		if (!this.#closed) this.#call();
	}

	#read(session: Session): void {
		const { udp } = this.#stack;
		const { bytes } = session;
		const size = udp.next(this.#socket);
		this.#unread = size >= 0;
		if (size < 0) return;
		udp.read(this.#socket, bytes, 0, bytes.length);
		// One that is longer than we said we take is cut off, and its end is unknown.
		session.received(size <= bytes.length ? size : 0);
	}

	/** For SocketEvents: `onChanged` threw. The client goes on. */
	onFailure(error: unknown): void {
		report(this.#stack.events, error);
	}
}
