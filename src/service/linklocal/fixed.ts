// A fixed IPv4 address that is not used before it is known that no other station has it: RFC 5227 §2.1. Without this a fixed address is used at once, announced and defended.

import { parsePrefix, type Prefix } from "../../address.ts";
import { parseIpv4 } from "../../address4.ts";
import type { EthernetInterface } from "../../link/ethernet.ts";
import type { InterfaceAddress } from "../../link/interface-address.ts";
import type { Stack } from "../../stack.ts";
import { ProbedAddress, RATE_LIMIT_INTERVAL_MS, type ProbedOptions } from "./probed.ts";

/** What a FixedAddress may be told. */
export type FixedAddressOptions<This = FixedAddress> = ProbedOptions<This>;

/**
 * Gives an Ethernet interface that address of IPv4 whenever its link has come up and no other station has answered for it, 4 to 7 s later. Where one has, it is not used, and asked for again every minute.
 * One for each interface, and none beside a LinkLocal. Routes by gateways of its subnet take the option `onLink`, as the address comes later.
 *
 * @example
 * ```ts
 * new FixedAddress(stack, "eth0", "192.168.77.2/24");
 * ```
 */
export class FixedAddress extends ProbedAddress {
	protected readonly candidate: number;
	protected readonly patienceMs = 0;
	readonly #prefix: Prefix;

	/** Begins in the next poll. Throws TypeError or RangeError for an address, an option or an interface that cannot be, Error when the interface has one already. */
	constructor(stack: Stack, link: EthernetInterface | string, address: string, options: FixedAddressOptions = {}) {
		const prefix = parsePrefix(address);
		const v4 = parseIpv4(prefix.address);
		// 0.0.0.0/8 and 127.0.0.0/8 are this host, RFC 1122 §3.2.1.3; from 224.0.0.0 on nobody has one alone.
		if (v4 === undefined || v4 >>> 24 === 0 || v4 >>> 24 === 127 || v4 >>> 24 >= 224)
			throw new RangeError(`"${address}": expected an IPv4 address that one host may have`);
		super("fixed address", stack, link, options);
		this.#prefix = prefix;
		this.candidate = v4;
	}

	protected get isWanted(): boolean {
		return this.link.up && this.link.slot !== 0;
	}

	/** For the link, which defends it: what a program or a board file says is not given up. RFC 5227 §2.4 (c). */
	conflict(): void {}

	protected have(): InterfaceAddress {
		return this.link.ip.insertAddress(this.#prefix.address, this.#prefix.length);
	}

	/** What uses it waits until it is there again. */
	protected release(own: InterfaceAddress): void {
		this.link.ip.suspendAddress(own);
	}

	protected refused(): number {
		this.link.ip.forgetAddress(this.#prefix.address);
		this.tell();
		return RATE_LIMIT_INTERVAL_MS;
	}

	/** Takes the address away, and ends what uses it. May be repeated. */
	override close(): void {
		super.close();
		if (this.link.slot !== 0) this.link.ip.forgetAddress(this.#prefix.address);
	}
}
