// What a server's message is to a client: RFC 2131 §4.4.1, §4.4.5.

import * as dhcp from "../../wire/dhcp.ts";
import { isUnicast, type Lease } from "./lease.ts";
import * as machine from "./machine.ts";

/** The machine's event that a message of `options` lending `address` is in that state, -1 for none. `requested`: the lease that was asked for. */
export function replyOf(
	options: ReadonlyMap<number, Uint8Array>,
	address: number,
	state: number,
	requested: Lease | undefined,
): number {
	const type = options.get(dhcp.MESSAGE_TYPE);
	const server = dhcp.wordOf(options, dhcp.SERVER_ID);
	const asked = state >= machine.REQUESTING && state !== machine.PROBING && state !== machine.BOUND;
	if (type?.length !== 1) return -1;
	if (type[0] === dhcp.OFFER && state === machine.SELECTING) return machine.OFFER;
	if (!asked || server === undefined || !isUnicast(server)) return -1;
	// Only the server that was asked; rebooting and rebinding, any may answer.
	const any = state === machine.REBOOTING || state === machine.REBINDING;
	if (!any && server !== requested!.server) return -1;
	if (type[0] === dhcp.NAK) return machine.NAK;
	return type[0] === dhcp.ACK && (state !== machine.REQUESTING || address === requested!.address) ? machine.ACK : -1;
}
