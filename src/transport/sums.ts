// Checksums of what comes in.

import { ADDRESS, v4Of } from "../packet/address.ts";
import { DESTINATION_ADDRESS, isIpv6, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FLAG_CHECKED, type InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset, Uint8 } from "../packet/numbers.ts";
import { pseudoHeader } from "../wire/checksum.ts";
import { checksum } from "../wire/kernels/checksum.ts";

/** Sum of the pseudo-header of `length` bytes of that protocol in the packet in the registers. */
export function pseudoOf(view: DataView, protocol: Uint8, length: Length): number {
	if (isIpv6(view)) return checksum(view, SOURCE_ADDRESS, DESTINATION_ADDRESS + ADDRESS, protocol + length);
	return pseudoHeader(v4Of(view, SOURCE_ADDRESS), v4Of(view, DESTINATION_ADDRESS), protocol, length);
}

/** Whether the checksum over bytes `at` to `end` and a pseudo-header's sum is wrong. Not looked at where the device has, which knows IPv4's. */
export function wrongSum(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, pseudo: number): boolean {
	return ((link.flags & FLAG_CHECKED) === 0 || isIpv6(view)) && checksum(view, at, end, pseudo) !== 0xffff;
}
