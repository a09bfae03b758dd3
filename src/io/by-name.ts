// Connections to a host that has a name. Who can look names up says here how: service/dns/eyeballs.ts, where the program has a resolver. A firmware without one is smaller.

import type { Stack } from "../stack.ts";
import type { SocketOwner } from "../transport/events.ts";
import type { Format, TCPError, TCPOptions } from "./types.ts";

/** What stands in a TCP's place until it is connected. */
export interface ByName {
	format: Format;
	/** Why it came to nothing. */
	readonly error: TCPError | undefined;
	/** Nobody wants it any more. */
	cancel(): void;
}

/** Begins to connect `socket`, whose onEvents is called with ERROR when that fails. Undefined: `options.address` is all there is to connect to. Throws RangeError for what is no host name. */
export type ConnectByName = (stack: Stack, socket: SocketOwner, options: TCPOptions) => ByName | undefined;

let connect: ConnectByName | undefined;

/** Called by who can, when it is imported. */
export function useNames(how: ConnectByName): void {
	connect = how;
}

/** How it is done; undefined where nothing imports "multihome/dns". */
export function howByName(): ConnectByName | undefined {
	return connect;
}
