// The registers: 48 int32 at the start of the arena. On its way up each layer puts there what it read from the headers of a frame, in host order, and the layers above read
// them. Five registers of 16 bytes have addresses (address.ts), and are named by their offset.

import { ADDRESS, setV4, V4 } from "./address.ts";
import { hasIpv6 } from "./kernels/parts.ts";
import type { Address, Ipv4 } from "./numbers.ts";

export const FIELDS = 48;
export const FIELDS_BYTES = FIELDS * 4;

/** Source and destination address of the packet; of an ARP packet its sender's and its target's. Words 16 to 23. They begin as mapped: of IPv4 the last word is put there alone. */
export const SOURCE_ADDRESS = 64;
export const DESTINATION_ADDRESS = SOURCE_ADDRESS + ADDRESS;
/** An IPv4 address that is asked about, to which the same applies. Words 32 to 35. */
export const ASKED_ADDRESS = 128;
/** No address: any will do. Words 36 to 39, which stay 0. */
export const NO_ADDRESS = ASKED_ADDRESS + ADDRESS;
/** Addresses that the interpreter hands to compiled functions, one of which may be ours; they count until the next ones. Either family, or none. Words 40 to 47. */
export const GIVEN_ADDRESS = 160;
export const GIVEN_SOURCE = GIVEN_ADDRESS + ADDRESS;

/** Block of the interface that the packet came in by, for the layers above the link: of one device there may be several. */
export const ARRIVAL = 0;
/** 1: the frame was sent to all or many stations of the link. Else 0. */
export const FRAME_GROUP = 1;
/** Source port << 16 | destination port; for ICMP echo: identifier << 16 | sequence number. */
export const PORTS = 2;
/** TCP sequence and acknowledgment number. */
export const SEQ = 3;
export const ACK = 4;
/** TCP flags << 16 | window as it stands in the header (not scaled). */
export const FLAGS_WINDOW = 5;
/** Arena offset of the IP header, and of the end of the IP packet (link padding cut off). */
export const IP_AT = 6;
export const IP_END = 7;
/** Arena offset of the transport header. */
export const TRANSPORT_AT = 8;
/** TTL << 8 | protocol. */
export const TTL_PROTOCOL = 9;
/** Arena offset of the payload, and its bytes. */
export const PAYLOAD_AT = 10;
export const PAYLOAD_LENGTH = 11;
/** Whose the packet's destination is. */
export const WHOSE = 12;
/** Ours, or taken for ours. */
export const OURS = 0;
/** Nobody's alone: a broadcast or multicast address. */
export const EVERYBODYS = 1;
/** Not an address of the interface that it came in by: another one's of ours, or somebody else's. */
export const ELSEWHERE = 2;
/**
 * IPv4's addresses of a packet before: its source, which is not ours, and its destination, no group's; and whether the interface in that slot has that: 1, or 0. Slot and source
 * are 0 while nothing is known. Void when the table of our addresses changes.
 */
export const KNOWN_SOURCE = 13;
export const KNOWN_DESTINATION = 30;
export const KNOWN_SLOT = 31;
export const KNOWN_OURS = 14;
/** Of IPv6: arena offset of the octet that says what follows the headers that were looked at, as ICMPv6 names it. 0: the packet is one of IPv4. */
export const NAMED_AT = 15;
/** Set once: arena offset of the table of our own addresses. */
export const OWN_AT = 24;
/** Set once: arena offset of the timers' heap, and how many items it has room for. */
export const TIMERS_AT = 25;
export const TIMERS_COUNT = 26;
/** Set once: arena offsets of the TCB blocks, the UDP blocks and of the flow table, where what comes in is delivered. */
export const TCBS_AT = 27;
export const UDPS_AT = 28;
export const FLOWS_AT = 29;

/** Whether the packet in the registers is one of IPv6. */
export function isIpv6(view: DataView): boolean {
	return hasIpv6() && view.getInt32(NAMED_AT * 4, true) !== 0;
}

/** The registers are ready for a packet of IPv4 again, whose addresses have one word alone to be put there. */
export function ipv4Again(view: DataView): void {
	view.setInt32(NAMED_AT * 4, 0, true);
	setV4(view, SOURCE_ADDRESS, 0);
	setV4(view, DESTINATION_ADDRESS, 0);
}

/** The address of IPv4 as one that tables are asked about. It counts until the next one. */
export function asked(view: DataView, v4: Ipv4): Address {
	view.setInt32(ASKED_ADDRESS + V4, v4);
	return ASKED_ADDRESS;
}
