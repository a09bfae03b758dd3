// Parts of the data path that a firmware may do without: what its modules do not need is not in its C (build/firmware.mjs). Everywhere else all are there.
// Their C is made by build/flat.mjs: a further one is a function here and a line in build/firmware.mjs.

/**
 * Whether there may be serial lines, PPP and SLIP.
 * @pure
 */
export function hasLines(): boolean {
	return true;
}

/**
 * Whether there is IPv6.
 * @pure
 */
export function hasIpv6(): boolean {
	return true;
}

/**
 * Whether there may be raw sockets.
 * @pure
 */
export function hasRaw(): boolean {
	return true;
}

/**
 * Whether there may be TCP Fast Open.
 * @pure
 */
export function hasFastOpen(): boolean {
	return true;
}

/**
 * Whether there may be VLANs.
 * @pure
 */
export function hasVlan(): boolean {
	return true;
}

/**
 * Whether there may be a filter and translation of addresses.
 * @pure
 */
export function hasRouter(): boolean {
	return true;
}

/**
 * Whether there may be tunnels.
 * @pure
 */
export function hasTunnels(): boolean {
	return true;
}

/**
 * Whether there may be bridges.
 * @pure
 */
export function hasBridge(): boolean {
	return true;
}

/**
 * Whether there may be queues by flows before interfaces.
 * @pure
 */
export function hasQueues(): boolean {
	return true;
}

/**
 * Whether there may be pings.
 * @pure
 */
export function hasPings(): boolean {
	return true;
}
