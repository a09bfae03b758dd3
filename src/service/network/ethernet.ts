// ECMA-419's draft of network interfaces: Ethernet, which may have its address from DHCP.

import { currentStack } from "../../io/current.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { Stack } from "../../stack.ts";
import { formatMac } from "../../wire/ethernet.ts";
import { DhcpClient } from "../dhcp/client.ts";
import type { DhcpOptions } from "../dhcp/options.ts";
import { ConfigurableSocket } from "./link.ts";
import { clear } from "./static.ts";
import type { EthernetLinkOptions } from "./types.ts";

export class EthernetSocket extends ConfigurableSocket<EthernetInterface> {
	#dhcp: DhcpOptions<DhcpClient> | undefined;

	constructor(stack: Stack, options: EthernetLinkOptions = {}) {
		super(stack, options, "ethernet");
		this.#dhcp = options.dhcp;
	}

	/** Takes the interface up; without an address it begins to get one from DHCP. Throws Error when no UDP socket is free for that; then nothing has changed. */
	override connect(): void {
		const { stack, link } = this.use;
		if (!link.ip.hasFamily(32) && link.ip.lease === undefined) this.#begin(stack, link); // which may throw
		super.connect();
	}

	#begin(stack: Stack, link: EthernetInterface): void {
		void new DhcpClient(stack, link, { ...this.#dhcp, hostname: link.ip.hostname ?? this.#dhcp?.hostname });
	}

	/** For the client that there is, and for those that `configure` and `connect` of any instance begin. */
	protected override named(link: EthernetInterface, hostname: string): void {
		link.ip.hostname = hostname;
		if (link.ip.lease !== undefined) link.ip.lease.hostname = hostname;
	}

	protected override dynamic(stack: Stack, link: EthernetInterface, wanted: boolean): void {
		const client = link.ip.lease;
		if (client !== undefined) {
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
