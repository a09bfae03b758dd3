// What an ICMP error says of a datagram that a socket has sent. They lie one behind the other in a packet buffer, CoreBlock's `errors`.

import { address, record, uint16, uint8, type RowOf } from "./record.ts";

export const DatagramError = record({
	/** Where the datagram was to go, and who says what became of it. */
	to: address,
	from: address,
	/** Index of the socket's block. */
	socket: uint16,
	/** What a link on the way there carries, where the datagram was too large for it, else 0. */
	mtu: uint16,
	/** The port that it was to go to, or the protocol of a raw socket. */
	port: uint16,
	/** ICMP's type and code, those of IPv4's for either family. */
	type: uint8,
	code: uint8,
});
export type DatagramError = RowOf<typeof DatagramError>;
