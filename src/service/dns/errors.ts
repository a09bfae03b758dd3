// What a look-up ends with when there is no address.

/** What went wrong, for programs: `EBADNAME` (not a host name), `ENOTFOUND` (no such name), `ENODATA` (none of that family), `ETIMEOUT`, `ENOSERVER` (nobody to ask) and so on. */
export type ResolveErrorCode =
	| "EBADNAME" // not a host name
	| "ENOTFOUND" // there is no such name
	| "ENODATA" // there is, without an address of that family
	| "ETIMEOUT" // no server answered in time
	| "EFORMERR" // what servers say: RFC 1035 §4.1.1
	| "ESERVFAIL"
	| "ENOTIMP"
	| "EREFUSED"
	| "EBADRESP" // what a server answered makes no sense
	| "ECONNREFUSED" // the server's TCP: what UDP does not carry cannot be had
	| "ENETUNREACH" // no way to a server
	| "ENOSERVER" // nobody to ask
	| "ENOBUFS" // no socket
	| "EBUSY"; // too many names at once

/** Why there is no address. The message names the host. */
export class ResolveError extends Error {
	override name = "ResolveError";
	/** What went wrong, for programs. */
	readonly code: ResolveErrorCode;
	/** As it was asked for. */
	readonly host: string;

	constructor(code: ResolveErrorCode, host: string, reason: string) {
		super(`${host.length > 80 ? `${host.slice(0, 80)}…` : host}: ${reason}`);
		this.code = code;
		this.host = host;
	}
}

/** A look-up's end, before it is told to whoever waits for it: addresses, or none and why. */
export interface Outcome {
	readonly addresses: readonly string[];
	/** Seconds that it may be remembered. */
	readonly ttl: number;
	readonly code: ResolveErrorCode | "";
	readonly reason: string;
}

export function failure(code: ResolveErrorCode, reason: string, ttl = 0): Outcome {
	return { addresses: [], ttl, code, reason };
}
