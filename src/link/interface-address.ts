// An address that an interface has.

import { formatIpv4 } from "../address4.ts";

/** An address of an interface and the length of its subnet's prefix. `toString` is for programs, the numbers are the stack's. */
export class InterfaceAddress {
	/** The address as an int32. */
	readonly address: number;
	/** Bits of the subnet's prefix, 0 to 32. */
	readonly length: number;
	/** The same as an int32. */
	readonly mask: number;
	/** A server or peer of the network gave it. */
	readonly lent: boolean;

	constructor(address: number, length: number, lent: boolean) {
		this.address = address;
		this.length = length;
		this.mask = length === 0 ? 0 : (-1 << (32 - length)) | 0;
		this.lent = lent;
	}

	/** "192.168.77.2/24". */
	toString(): string {
		return `${formatIpv4(this.address)}/${this.length}`;
	}
}
