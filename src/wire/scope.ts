// What an address is by itself, whatever tables say. So far IPv4's kinds; those of IPv6, RFC 4291 §2.4, belong here too.

import { isNone, isV4, v4Of } from "../packet/address.ts";
import type { Address } from "../packet/numbers.ts";
import * as ipv4 from "./ipv4.ts";

/** 127.0.0.0/8. */
export function isLoopback(view: DataView, at: Address): boolean {
	return isV4(view, at) && ipv4.isLoopback(v4Of(view, at));
}

/** 224.0.0.0/4. */
export function isMulticast(view: DataView, at: Address): boolean {
	return isV4(view, at) && ipv4.isMulticast(v4Of(view, at));
}

/** 255.255.255.255. */
export function isBroadcast(view: DataView, at: Address): boolean {
	return isV4(view, at) && v4Of(view, at) === ipv4.BROADCAST;
}

/** 169.254.0.0/16. */
export function isLinkLocal(view: DataView, at: Address): boolean {
	return isV4(view, at) && ipv4.isLinkLocal(v4Of(view, at));
}

/** None, or "this network", 0.0.0.0/8, which is nowhere to send to: RFC 1122 §3.2.1.3. */
export function isNowhere(view: DataView, at: Address): boolean {
	return isNone(view, at) || (isV4(view, at) && v4Of(view, at) >>> 24 === 0);
}
