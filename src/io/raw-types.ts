// What applications see of raw sockets: protocols of IP of their own, and whole frames.

import type { Interface } from "../link/interface.ts";
import type { Bytes, DatagramError } from "./types.ts";

/** What a Raw may be told. Others than these are ignored. */
export interface RawOptions {
	/** Of IP, 0 to 255, as 1 for ICMP, 58 for ICMPv6, 89 for OSPF; TCP (6) and UDP (17) have sockets of their own. */
	protocol: number;
	/** 4 or 6: packets of that family alone. Left out: of both, or of the family of `address`. */
	family?: 4 | 6 | undefined;
	/** Receives what is sent to this address only, and sends from it. */
	address?: string | undefined;
	/** Restricts it to one interface, by name or instance. */
	interface?: string | Interface | undefined;
	/** Time to live of what is sent, 1 to 255; 64 unless told, and 1 to groups. */
	ttl?: number | undefined;
	/** Differentiated services code point of what is sent, 0 to 63; 0 unless told. */
	dscp?: number | undefined;
	/** Becomes the property `target` of the instance. */
	target?: unknown;
	/** `datagrams` wait to be read. */
	onReadable?: ((this: Raw, datagrams: number) => void) | undefined;
	/** As of UDP; `port` of the error is the protocol. */
	onError?: ((this: Raw, error?: DatagramError) => void) | undefined;
}

/** The header of a datagram that was read, on the buffer that holds what follows it. */
export interface RawHeader {
	/** Address of the sender; a link-local one of IPv6 with the interface that it came by: "fe80::2%eth0". */
	source: string;
	/** Address that it was sent to. */
	destination: string;
	/** What is left of the time to live, or of the hop limit. */
	ttl: number;
	/** Differentiated services code point. */
	dscp: number;
	/** Name of the interface that it came by. */
	interface: string;
}

/** What may be said of the header of a datagram that is sent. */
export interface RawSending {
	/** An address of the stack's. */
	source?: string | undefined;
	/** Time to live, or hop limit. */
	ttl?: number | undefined;
	/** Differentiated services code point. */
	dscp?: number | undefined;
	/** The only interface to use, by name or instance. */
	interface?: string | Interface | undefined;
}

export interface Raw {
	/** The next datagram, without its IP header, in a new ArrayBuffer that carries that header's fields; undefined when none waits. */
	read(): (ArrayBuffer & RawHeader) | undefined;
	/** Copies it to the beginning of `buffer`, which gets the fields, and answers how many bytes it copied. */
	read(buffer: Bytes & Partial<RawHeader>): number | undefined;
	/**
	 * Sends `data` to `destination` behind an IP header. The checksum of ICMP and ICMPv6 is filled in. What is larger than the path carries leaves in fragments. Throws RangeError when it is larger than there are packets for, Error when there is no way, or no
	 * source address yet.
	 */
	write(data: Bytes, destination: string, header?: RawSending): void;
	close(): void;
	/** Number of the protocol. */
	readonly protocol: number;
	target?: unknown;
}

/** What a Packet may be told. */
export interface PacketOptions {
	/** The interface whose frames are seen, by name or instance. */
	interface: string | Interface;
	target?: unknown;
	/** `frames` wait to be read. */
	onReadable?: ((this: Packet, frames: number) => void) | undefined;
	/** The interface is gone. */
	onError?: ((this: Packet) => void) | undefined;
}

/** What is known of a frame, on the buffer that holds it. */
export interface FrameHeader {
	/** It was sent, by the stack or a program. Where the device fills checksums in, they are not yet there. */
	outgoing: boolean;
}

export interface Packet {
	/** The next frame in a new ArrayBuffer: with its Ethernet header, without FCS; of PPP, SLIP and loopback the IP packet. Undefined when none waits. */
	read(): (ArrayBuffer & FrameHeader) | undefined;
	/** Copies it to the beginning of `buffer`, and answers how many bytes it copied. */
	read(buffer: Bytes & Partial<FrameHeader>): number | undefined;
	/** Sends a frame as it is. Throws RangeError when it is larger than the interface carries, Error while that is down. */
	write(frame: Bytes): void;
	close(): void;
	/** Name of the interface. */
	readonly interface: string;
	target?: unknown;
}
