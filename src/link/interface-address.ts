// An address that an interface has.

import { isNear } from "../address.ts";
import { OWN_TENTATIVE } from "../packet/interface-block.ts";

/** An address of an interface and the length of its subnet's prefix. */
export class InterfaceAddress {
	/** As text. */
	readonly address: string;
	/** Bits of the subnet's prefix: 0 to 32 of IPv4, to 128 of IPv6. */
	readonly length: number;
	/** A server or peer of the network gave it, or it is made of what one said. */
	readonly lent: boolean;
	/** OWN_… of packet/interface-block.ts, or-ed: change it, and tell `IpSide.noteAddress`. */
	bits: number;

	constructor(address: string, length: number, lent: boolean, bits = 0) {
		this.address = address;
		this.length = length;
		this.lent = lent;
		this.bits = bits;
	}

	/** Whether it serves beyond its link: programs wait for such a one. IPv4's of one link do. */
	get serves(): boolean {
		return (this.bits & OWN_TENTATIVE) === 0 && !isNear(this.address);
	}

	/** "192.168.77.2/24". */
	toString(): string {
		return `${this.address}/${this.length}`;
	}
}
