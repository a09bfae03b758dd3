// The registers: a record at the start of the arena. On its way up each layer puts there what it read from the headers of a frame, in host order, and the layers above read
// them, by `REGISTER.ports`. A new register is a line of the record, and nothing else.

import { setV4, V4 } from "./address.ts";
import { hasIpv6 } from "./kernels/parts.ts";
import type { Address, Ipv4 } from "./numbers.ts";
import { address, int32, offset, record } from "./record.ts";

export const Registers = record({
	/** Block of the interface that the packet came in by, for the layers above the link: of one device there may be several. */
	arrival: offset,
	/** 1: the frame was sent to all or many stations of the link. Else 0. */
	frameGroup: int32,
	/** Source port << 16 | destination port; for ICMP echo: identifier << 16 | sequence number. */
	ports: int32,
	/** TCP sequence and acknowledgment number. */
	seq: int32,
	ack: int32,
	/** TCP flags << 16 | window as it stands in the header (not scaled). */
	flagsWindow: int32,
	/** Arena offset of the IP header, and of the end of the IP packet (link padding cut off). */
	ipAt: offset,
	ipEnd: offset,
	/** Arena offset of the transport header. */
	transportAt: offset,
	/** TTL << 8 | protocol. */
	ttlProtocol: int32,
	/** Arena offset of the payload, and its bytes. */
	payloadAt: offset,
	payloadLength: int32,
	/** Whose the packet's destination is: OURS and its like. */
	whose: int32,
	/**
	 * IPv4's addresses of a packet before: its source, which is not ours, and its destination, no group's; and whether the interface in that slot has that: 1, or 0. Slot and source
	 * are 0 while nothing is known. Void when the table of our addresses changes. Two more are further below.
	 */
	knownSource: int32,
	knownOurs: int32,
	/** Of IPv6: arena offset of the octet that says what follows the headers that were looked at, as ICMPv6 names it. 0: the packet is one of IPv4. */
	namedAt: offset,
	/** Source and destination address of the packet; of an ARP packet its sender's and its target's. They begin as mapped: of IPv4 the last word is put there alone. */
	source: address,
	destination: address,
	/** Set once: arena offset of the table of our own addresses. */
	ownAt: offset,
	/** Set once: arena offset of the timers' heap, and how many items it has room for. */
	timersAt: offset,
	timersCount: int32,
	/** Set once: arena offsets of the TCB blocks, the UDP blocks and of the flow table, where what comes in is delivered. */
	tcbsAt: offset,
	udpsAt: offset,
	flowsAt: offset,
	/** See knownSource. */
	knownDestination: int32,
	knownSlot: int32,
	/** An IPv4 address that is asked about: it begins as mapped. */
	asked: address,
	/** No address, any will do: it stays 0. */
	none: address,
	/** Addresses that the interpreter hands to compiled functions, one of which may be ours; they count until the next ones. Either family, or none. */
	given: address,
	givenSource: address,
});

/** Where each lies in the arena. */
export const REGISTER = Registers.offsets;
export const FIELDS_BYTES = Registers.bytes;

/** Those of addresses, which are handed on. */
export const SOURCE_ADDRESS = REGISTER.source;
export const DESTINATION_ADDRESS = REGISTER.destination;
export const ASKED_ADDRESS = REGISTER.asked;
export const NO_ADDRESS = REGISTER.none;
export const GIVEN_ADDRESS = REGISTER.given;
export const GIVEN_SOURCE = REGISTER.givenSource;

/** Of `whose`. Ours, or taken for ours. */
export const OURS = 0;
/** Nobody's alone: a broadcast or multicast address. */
export const EVERYBODYS = 1;
/** Not an address of the interface that it came in by: another one's of ours, or somebody else's. */
export const ELSEWHERE = 2;
/** With one of them: it is for ip/router to say whether the packet goes on, and where. */
export const ROUTED = 4;

/** Whether the packet in the registers is one of IPv6. */
export function isIpv6(view: DataView): boolean {
	return hasIpv6() && view.getInt32(REGISTER.namedAt, true) !== 0;
}

/** The registers are ready for a packet of IPv4 again, whose addresses have one word alone to be put there. */
export function ipv4Again(view: DataView): void {
	view.setInt32(REGISTER.namedAt, 0, true);
	setV4(view, SOURCE_ADDRESS, 0);
	setV4(view, DESTINATION_ADDRESS, 0);
}

/** The address of IPv4 as one that tables are asked about. It counts until the next one. */
export function asked(view: DataView, v4: Ipv4): Address {
	view.setInt32(ASKED_ADDRESS + V4, v4);
	return ASKED_ADDRESS;
}
