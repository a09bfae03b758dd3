// ECMA-419's draft of network interfaces: a class for each kind of link.

import { currentStack } from "../../io/current.ts";
import { objectOption } from "../../io/options.ts";
import { formatIpv4 } from "../../ip/address.ts";
import type { Interface } from "../../link/interface.ts";
import { EthernetInterface } from "../../link/ethernet.ts";
import { LoopbackInterface } from "../../link/loopback.ts";
import { PppInterface, type PppState } from "../../link/ppp/ppp.ts";
import { SlipInterface } from "../../link/slip.ts";
import type { Stack } from "../../stack.ts";
import { formatMac } from "../../wire/ethernet.ts";
import { CONNECTING, DISCONNECTED, DISCONNECTING, LinkSocket } from "./link.ts";
import { DhcpClient } from "../dhcp/client.ts";
import { hostnameOf, type DhcpOptions } from "../dhcp/options.ts";
import { apply, clear, settingsOf } from "./static.ts";
import type { ChangedProperty, ConfigureOptions, EthernetLinkOptions, LinkOptions } from "./types.ts";

/** Links whose addresses the application may choose. */
abstract class ConfigurableSocket<L extends Interface> extends LinkSocket<L> {
	/** Sets host name and address. Throws TypeError or RangeError naming what is wrong, Error when DHCP cannot begin; then nothing has changed. */
	configure(options: ConfigureOptions): void {
		const { stack, link } = this.use;
		objectOption(options);
		const { static: chosen } = options;
		const hostname = options.hostname === undefined ? undefined : hostnameOf(String(options.hostname));
		const settings = chosen ? settingsOf(stack, link, chosen) : undefined;
		// What may still throw comes first.
		if (settings !== undefined) {
			this.dynamic(stack, link, false);
			apply(stack, link, settings);
		} else if (chosen !== undefined) this.dynamic(stack, link, true);
		if (hostname !== undefined) this.named(link, hostname);
	}

	/** Takes up a host name, where there is a use for it. */
	protected named(_link: L, _hostname: string): void {}

	/** Begins or ends having the address lent. When it throws, nothing has changed. */
	protected dynamic(_stack: Stack, link: L, wanted: boolean): void {
		if (wanted) throw new RangeError(`static false of ${link.name}: ${link.kind} has no DHCP`);
	}
}

export class EthernetSocket extends ConfigurableSocket<EthernetInterface> {
	#dhcp: DhcpOptions<DhcpClient> | undefined;

	constructor(stack: Stack, options: EthernetLinkOptions = {}) {
		super(stack, options, EthernetInterface, "ethernet");
		this.#dhcp = options.dhcp;
	}

	/** Takes the interface up; without an address it begins to get one from DHCP. Throws Error when no UDP socket is free for that; then nothing has changed. */
	override connect(): void {
		const { stack, link } = this.use;
		if (link.addresses.length === 0 && link.lease === undefined) this.#begin(stack, link); // which may throw
		super.connect();
	}

	#begin(stack: Stack, link: EthernetInterface): void {
		void new DhcpClient(stack, link, { ...this.#dhcp, hostname: link.hostname ?? this.#dhcp?.hostname });
	}

	/** For the client that there is, and for those that `configure` and `connect` of any instance begin. */
	protected override named(link: EthernetInterface, hostname: string): void {
		link.hostname = hostname;
		if (link.lease instanceof DhcpClient) link.lease.hostname = hostname;
	}

	protected override dynamic(stack: Stack, link: EthernetInterface, wanted: boolean): void {
		const client = link.lease;
		if (client instanceof DhcpClient) {
			if (wanted) return;
			this.#dhcp ??= client.options;
			client.close();
		} else if (wanted) {
			this.#begin(stack, link); // which may throw
			clear(stack, link);
		}
	}

	/** "02:00:00:12:34:56" */
	get MAC(): string {
		return formatMac(this.open.mac);
	}
}

export class PPPSocket extends LinkSocket<PppInterface> {
	#toldPhase: string;

	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, PppInterface, "ppp");
		this.#toldPhase = this.phase;
	}

	protected override downOf(link: PppInterface): number {
		const { phase, retryInMs } = link.state;
		if (phase === "terminate") return DISCONNECTING;
		if (phase === "dead") return retryInMs < 0 ? DISCONNECTED : CONNECTING;
		return CONNECTING;
	}

	protected override changed(link: PppInterface): ChangedProperty | undefined {
		const { phase } = link.state;
		if (phase === this.#toldPhase) return undefined;
		this.#toldPhase = phase;
		return "phase";
	}

	/** Calls, or tries again at once. */
	override connect(): void {
		const { link } = this.use;
		link.enabled = true;
		link.connect();
	}

	/** Ends the call in good order; it is not made again until `connect`. */
	override disconnect(): void {
		this.use.link.disconnect();
	}

	/** "dead", "dial", "establish", "authenticate", "network", "running", "terminate": RFC 1661 §3.2. */
	get phase(): PppState["phase"] {
		return this.open.state.phase;
	}

	/** Why the link ended the last time; "" while it runs. */
	get reason(): string {
		return this.open.state.reason;
	}

	/** Address of the other end; undefined while it does not run. */
	get peer(): string | undefined {
		const { remote } = this.open.state;
		return remote === 0 ? undefined : formatIpv4(remote);
	}
}

export class SLIPSocket extends ConfigurableSocket<SlipInterface> {
	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, SlipInterface, "slip");
	}
}

export class LoopbackSocket extends LinkSocket<LoopbackInterface> {
	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, LoopbackInterface, "loopback");
	}
}

/**
 * An Ethernet interface of the current stack.
 *
 * @example
 * ```ts
 * const eth0 = new Ethernet({
 * 	port: "eth0",
 * 	onChanged(property) {
 * 		trace(`${property}: ${eth0.connection}, ${eth0.address}\n`);
 * 	},
 * });
 * eth0.configure({ static: { address: "192.168.1.20", prefix: 24, gateway: "192.168.1.1" } });
 * ```
 */
export class Ethernet extends EthernetSocket {
	constructor(options: EthernetLinkOptions = {}) {
		super(currentStack(), options);
	}
}

/**
 * A PPP interface of the current stack.
 *
 * @example
 * ```ts
 * const modem = new PPP({ port: "ppp0" });
 * modem.connect();
 * ```
 */
export class PPP extends PPPSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}

/**
 * A SLIP interface of the current stack.
 *
 * @example
 * ```ts
 * new SLIP({ port: "sl0" }).configure({ static: { address: "10.0.0.1", prefix: 30 } });
 * ```
 */
export class SLIP extends SLIPSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}

/**
 * A loopback interface of the current stack.
 *
 * @example
 * ```ts
 * trace(`${new Loopback().address}\n`); // 127.0.0.1
 * ```
 */
export class Loopback extends LoopbackSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}
