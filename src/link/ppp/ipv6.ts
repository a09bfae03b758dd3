// IPv6 on a PPP link, RFC 5072: its link-local address, made of the identifier that IPV6CP agreed on; and what an Autoconfiguration needs to hear routers on it.

import { linkAskRouters } from "#codec";
import { formatIpv6 } from "../../address6.ts";
import { LEAST_MTU } from "../../wire/ipv6.ts";
import type { Discovery } from "../discovery.ts";
import type { Interface } from "../interface.ts";
import type { InterfaceAddress } from "../interface-address.ts";

/** The first word of fe80::/64. */
const LINK_LOCAL = 0xfe800000 | 0;

export class PppIpv6 implements Discovery {
	identifier: Int32Array = new Int32Array(2);
	/** Why there is no IPv6 though IPV6CP was opened; "" otherwise. */
	refused = "";
	onDiscovery: ((at: number) => void) | undefined = undefined;
	readonly #link: Interface;
	#address: InterfaceAddress | undefined;

	constructor(link: Interface) {
		this.#link = link;
	}

	/** Whether packets of IPv6 pass. */
	get runs(): boolean {
		return this.#link.up && this.#address !== undefined;
	}

	/** The identifier of this end was agreed on; packets of so many bytes pass. Answers why there is no IPv6, or "". §5. */
	begin(identifier: Int32Array, most: number): string {
		const address = formatIpv6([LINK_LOCAL, 0, identifier[0]!, identifier[1]!]);
		this.identifier = identifier;
		this.refused = "";
		try {
			if (most < LEAST_MTU) throw new RangeError(`packets of ${most} bytes pass at most; expected ${LEAST_MTU}`);
			if (this.#address?.address !== address) {
				this.forget();
				this.#address = this.#link.ip.insertAddress(address, 64, true);
			}
		} catch (error) {
			this.forget();
			this.refused = `no IPv6: ${(error as Error).message}`;
		}
		return this.refused;
	}

	/** The address goes. */
	forget(): void {
		const address = this.#address;
		this.#address = undefined;
		const { ip, slot } = this.#link;
		if (slot !== 0 && address !== undefined && ip.addresses.includes(address)) ip.removeAddress(address);
	}

	askRouters(): void {
		const link = this.#link;
		if (this.runs) link.follow(linkAskRouters(link.arena, link.block));
	}

	/** Nobody has to be asked: IPV6CP has seen to it that the identifiers differ. */
	tryAddress(): void {}
}
