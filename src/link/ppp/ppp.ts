// PPP over a serial line. The interface is up while IPCP or IPV6CP is opened: of IPv4 its address, the route to the peer and the default route come and go
// with IPCP, of IPv6 its link-local address with IPV6CP. Below: `session.ts` (phases), `lcp.ts`, `ipcp.ts` …, each over `protocol.ts` and `automaton.ts`.

import type { SerialDevice } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import { FLAG_PPP } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { OPEN_IPV4, OPEN_IPV6 } from "../../packet/line-block.ts";
import { formatIpv4, ipv4Text } from "../../address4.ts";
import { PROTOCOL, type InterfaceAddress, type InterfaceListener } from "../interface.ts";
import type { Discovery } from "../discovery.ts";
import { LineInterface } from "../line-device.ts";
import { PppIpv6 } from "./ipv6.ts";
import { PppLine } from "./line.ts";
import type { Auth } from "./lcp.ts";
import { settingsOf, type PppOptions, type Settings } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { Session, type Phase } from "./session.ts";

/** What there is to see of a PPP interface, for the stack: addresses are "" while unknown. */
export interface PppView {
	/** Phase, RFC 1661 §3.2, and before it dialling and waiting. */
	phase: Phase;
	/** Why the link ended the last time; "" while it runs. */
	reason: string;
	/** Tries in a row that failed, and in how many ms the next one begins; -1 when none does. */
	failures: number;
	/** Milliseconds until the next try, -1 when there is none. */
	retryInMs: number;
	/** Our IPv4 address. */
	local: string;
	/** The peer's. */
	remote: string;
	/** What of that was not taken, or that there is no IPv6, as it is another interface's or the program's: "no route to the peer: 10.0.0.1 is part of eth0's 10.0.0.0/8"; "" mostly. */
	refused: string;
	/** Name servers that the peer named. */
	dns: string[];
	/** How we said who we are, how the peer did, and who it is; "" where nobody had to. */
	auth: Auth | "";
	/** How the peer said who it is. */
	peerAuth: Auth | "";
	/** Who the peer is. */
	peerName: string;
	/** States of the automatons, RFC 1661 §4.2. */
	lcp: string;
	/** State of IPCP. */
	ipcp: string;
	/** State of IPV6CP. */
	ipv6cp: string;
	/** Interface identifiers of both ends, 16 digits each; "" while unknown. */
	identifier: string;
	/** The peer's. */
	peerIdentifier: string;
}

/** What there is to see of a PPP interface. */
export type PppState = Omit<PppView, "local" | "remote"> & {
	/** Our IPv4 address, null while unknown. */
	local: string | null;
	/** The peer's. */
	remote: string | null;
};

function hex(halves: Int32Array): string {
	const digits = (half: number) => (half >>> 0).toString(16).padStart(8, "0");
	return digits(halves[0]!) + digits(halves[1]!);
}

/** Orders of the application. */
const NOTHING = 0;
const CONNECT = 1;
const DISCONNECT = 2;
/** Both, in this order. */
const RECONNECT = 3;

/**
 * PPP over a serial line, RFC 1661 and 1662. It is up while IPCP or IPV6CP is opened: addresses and routes come and go with them. With IPv6 (`ipv6`) an Autoconfiguration of `multihome/ipv6` may hear what routers say on it.
 *
 * @example
 * ```ts
 * stack.interfaces.add(new PppInterface("ppp0", uart, { user: "me", password: "secret", defaultRoute: true }));
 * ```
 */
export class PppInterface extends LineInterface {
	readonly kind = "ppp";
	#line: PppLine;
	#settings: Settings;
	#session: Session | undefined;
	#routes!: InterfaceListener;
	/** The address that came from IPCP, and whose route is there. */
	#address: InterfaceAddress | undefined;
	#peer = "";
	#refused = "";
	/** OPEN_…, or-ed. */
	#open = 0;
	/** IPv6, where it is wanted. */
	readonly #six: PppIpv6 | undefined;
	#fullMtu: number;
	#begun = false;
	/** What the application asked for, done when the next poll begins: only then is it known what time it is. */
	#order = NOTHING;
	#changed = false;

	/** Throws RangeError or TypeError naming the option that is wrong. */
	constructor(name: string, serial: SerialDevice, options: PppOptions = {}) {
		const line = new PppLine(serial);
		super(name, line, options);
		this.#line = line;
		this.#settings = settingsOf(name, options);
		this.#fullMtu = this.mtu;
		this.#six = hasIpv6() && this.#settings.ipv6 ? new PppIpv6(this) : undefined;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags | FLAG_PPP, listener);
		this.#routes = listener;
		const outbox = new Outbox(core, this.block, this.#line.serial);
		this.#session = new Session(core, this.block, this.#line.serial, outbox, this.#settings, {
			linkUp: (six) => (hasIpv6() && six ? this.#linkUp6() : this.#linkUp()),
			linkDown: (six, gone) => (hasIpv6() && six ? this.#linkDown6(gone) : this.#linkDown(gone)),
			changed: () => this.#noteChange(),
		});
		this.#begun = false;
		try {
			this.#line.use(this.#session, this.#settings.vj);
		} catch (error) {
			this.#session = undefined;
			outbox.close();
			throw error;
		}
		this.lookAgain();
	}

	/** The peer is told, though nobody waits for its answer. */
	override detach(): void {
		this.#session?.disconnect("removed");
		super.detach();
		this.#session?.outbox.close();
		this.#session = undefined;
	}

	/** Opens the link, or tries again at once. */
	connect(): void {
		this.#give(this.#order & DISCONNECT ? RECONNECT : CONNECT);
	}

	/** Closes the link in good order; `connect` opens it again. */
	disconnect(): void {
		this.#give(DISCONNECT);
	}

	#give(order: number): void {
		if (this.slot === 0) throw new RangeError(`${this.name}: is not part of a stack`);
		this.#order = order;
		this.#noteChange();
	}

	#noteChange(): void {
		this.#changed = true;
		this.lookAgain();
	}

	/** A poll begins: what may have changed outside. */
	override begin(now: number): number {
		const wanted = super.begin(now);
		this.#look();
		return wanted;
	}

	override controlFrame(answer: number, at: number): void {
		const session = this.#session!;
		const protocol = (answer >> 16) & 0xffff;
		if (answer === 0) session.words.suspect();
		else if (session.phase === "dial") {
			session.dial!.receive(at, at + answer);
			session.arm();
		} else if (protocol !== 0) session.control(protocol, at, at + (answer & 0xffff)); // 0: the words of a modem between two calls
	}

	#look(): void {
		const session = this.#session!;
		if (this.#begun) session.checkCarrier();
		if (this.enabled !== this.#begun) {
			// Not before the first poll: until then there is no time.
			this.#begun = this.enabled;
			if (this.enabled) session.connect();
			else session.disconnect("disabled");
		}
		const order = this.#order;
		this.#order = NOTHING;
		if (order & DISCONNECT) session.disconnect("disconnected");
		if (order & CONNECT) session.connect();
		if (session.outbox.waiting > 0) session.outbox.flush();
		if (!this.#changed) return;
		this.#changed = false;
		this.tell(PROTOCOL);
		this.#settings.onChanged?.();
	}

	override timers(now: number): void {
		this.#session!.tick(now);
	}

	#linkUp(): string {
		const { ipcp } = this.#session!;
		const { defaultRoute } = this.#settings;
		const local = ipv4Text(ipcp.local);
		const remote = ipv4Text(ipcp.remote);
		// What the program has set may be as it likes; what the peer says must leave others what is theirs.
		const ours = ipcp.local === this.#settings.local;
		const wrong = ours ? "" : this.#routes.peerObjection(this, local);
		if (wrong !== "") return `ipcp: the address from the peer is refused: ${wrong}`;
		const refused = ipcp.remote === this.#settings.remote ? "" : this.#routes.peerObjection(this, remote);
		try {
			// After a renegotiation nothing may have changed, and connections go on.
			if (this.#address?.address !== local || this.#peer !== remote) {
				this.#forget();
				this.#address = this.ip.insertAddress(local, 32, !ours);
				this.#peer = remote;
				this.#routes.linkRoutes(this, refused === "" ? remote : "", defaultRoute);
			}
		} catch (error) {
			// Another interface has the address, or all routes are in use.
			this.#forget();
			return `ipcp: ${(error as Error).message}`;
		}
		this.#refused = refused === "" ? "" : `no route to the peer: ${refused}`;
		this.ip.servers = this.#named;
		this.#setOpen(this.#open | OPEN_IPV4);
		return "";
	}

	/** Packets of these families pass. */
	#setOpen(open: number): void {
		this.#open = open;
		if (open !== 0) this.mtu = Math.min(this.#fullMtu, this.#session!.lcp.peerMru);
		this.#line.setOpen(open);
		const was = this.up;
		this.checkLink();
		// Ways of one family have come or gone, while those of the other stay.
		if (was && this.up) this.ip.noteAddress();
	}

	/** IPV6CP was opened. Answers why there is no IPv6, or "". */
	#linkUp6(): string {
		const { lcp, ipv6cp } = this.#session!;
		const wrong = this.#six!.begin(ipv6cp!.local, Math.min(this.#fullMtu, lcp.peerMru));
		if (wrong === "") this.#setOpen(this.#open | OPEN_IPV6);
		return wrong;
	}

	#linkDown6(gone: boolean): void {
		if ((this.#open & OPEN_IPV6) !== 0) this.#setOpen(this.#open & ~OPEN_IPV6);
		if (gone) this.#six!.forget();
	}

	override get ppp(): this {
		return this;
	}

	override get discovery(): Discovery | undefined {
		return this.#six;
	}

	/** What routers say, RFC 4861. */
	override control(at: number): void {
		this.#six?.onDiscovery?.(at);
	}

	/** The name servers from the peer. We are none. */
	get #named(): string[] {
		const { dns, local } = this.#session!.ipcp;
		return Array.from(
			dns.filter((server) => server !== 0 && server !== local),
			formatIpv4,
		);
	}

	#linkDown(gone: boolean): void {
		if (gone || (this.#open & OPEN_IPV4) !== 0) this.#setOpen(this.#open & ~OPEN_IPV4);
		if (gone) this.#forget();
	}

	/** Takes back what came with the link. */
	#forget(): void {
		const address = this.#address;
		this.#address = undefined;
		this.#peer = "";
		this.#refused = "";
		this.ip.servers = [];
		if (this.slot === 0) return;
		this.#routes.linkRoutes(this, "", false);
		if (address !== undefined && this.ip.addresses.includes(address)) this.ip.removeAddress(address);
	}

	/** While it dials and negotiates, or will do so again. */
	override get awaited(): boolean | undefined {
		const session = this.#session;
		if (session === undefined || !this.enabled || this.#order === DISCONNECT) return false;
		if (this.up) {
			if (this.ip.serving !== undefined) return false;
			return session.awaitsIpv4 ? true : undefined; // routers may say something yet
		}
		if (!this.#begun || this.#order === CONNECT) return true;
		return session.phase === "dead" ? session.retryInMs >= 0 : session.phase !== "terminate";
	}

	/** What there is to see. Allocates. */
	get state(): PppState {
		const { local, remote, ...others } = this.view;
		return { ...others, local: local || null, remote: remote || null };
	}

	/** The same for the stack. */
	get view(): PppView {
		const session = this.#session;
		const six = session?.ipv6cp;
		// Ordered, and done in the next poll: those who ask at once shall see that it comes.
		const ending = (this.#order & DISCONNECT) !== 0;
		const running = session?.phase === "running" && !ending;
		const four = running && session.ipcp.opened;
		const phase = session?.phase ?? "dead";
		return {
			phase: ending && phase !== "dead" ? "terminate" : phase,
			reason: session?.reason ?? "",
			failures: session?.failures ?? 0,
			retryInMs: this.#order === DISCONNECT ? -1 : (session?.retryInMs ?? -1),
			local: four ? ipv4Text(session.ipcp.local) : "",
			remote: four ? ipv4Text(session.ipcp.remote) : "",
			refused: (four && this.#refused) || (running && this.#six?.refused) || "",
			dns: four ? this.#named : [],
			auth: session?.lcp.opened ? (session.lcp.ours ?? "") : "",
			peerAuth: session?.lcp.opened ? (session.lcp.theirs ?? "") : "",
			peerName: session?.lcp.opened ? session.peerName : "",
			lcp: session?.lcp.stateName ?? "initial",
			ipcp: session?.ipcp.stateName ?? "initial",
			ipv6cp: six?.stateName ?? "",
			identifier: six?.opened ? hex(six.local) : "",
			peerIdentifier: six?.opened ? hex(six.remote) : "",
		};
	}
}
