// What applications see of Ping.

import type { Interface } from "../link/interface.ts";
import type { PingError, PingSocket } from "./ping.ts";

/** How names are looked up: the class of a resolver, and its options. */
export interface PingResolver {
	io: new (options: never) => {
		resolve(options: {
			host: string;
			onResolved(host: string, address: string): void;
			onError(host: string, error?: unknown): void;
		}): unknown;
		close?(): void;
	};
	[option: string]: unknown;
}

/** What a ping may be told. */
export interface PingOptions {
	/** Address of the target, of either family; a link-local one of IPv6 may name its interface: "fe80::2%eth0". It, or `host`, must be there. */
	address?: string | undefined;
	/** The target's name, or its address. */
	host?: string | undefined;
	/** Looks `host` up: a resolver and its options; `{ io: Resolver }` unless told. */
	dns?: PingResolver | undefined;
	/** Sends by one interface only, by name or instance; unless told, the routes decide. */
	interface?: string | Interface | undefined;
	/** Source address of the requests, one of the stack's; unless told, the interface and the routes decide. */
	localAddress?: string | undefined;
	/** Bytes of payload, 0 to 65,507; 56 unless told. What is longer than the way carries goes in fragments, as many as three eighths of the packet buffers (`packets`): 8,872 bytes of 16 on Ethernet. */
	size?: number | undefined;
	/** Milliseconds from request to request; 1000 unless told. */
	interval?: number | undefined;
	/** Requests; it goes on until `close` unless told. */
	count?: number | undefined;
	/** Time to live, hops; 64 unless told. */
	ttl?: number | undefined;
	/** Differentiated services code point of the requests, 0 to 63; 0 unless told. RFC 2474. */
	dscp?: number | undefined;
	/** Milliseconds after which a request without reply is told to `onTimeout`; 5000, or 63 intervals when that is less. At most 63 intervals. */
	timeout?: number | undefined;
	/** A reply came, perhaps after its timeout was told. */
	onReply?: ((this: PingSocket, reply: PingReply) => void) | undefined;
	/** No reply came within `timeout`. */
	onTimeout?: ((this: PingSocket, sequence: number) => void) | undefined;
	/** Milliseconds that the first request waits while there is no way and an interface is still coming up; 10,000 unless told, 0: it does not wait. */
	networkTimeout?: number | undefined;
	/** All requests were sent, and each was answered, refused or given up. It is closed by then. */
	onDone?: ((this: PingSocket, statistics: PingStatistics) => void) | undefined;
	/**
	 * One request met an error, `error.sequence`: somebody on the way said so (`error.address`, ICMP `type` and `code`), or it could not leave. Without
	 * `sequence` nothing goes on, and it is closed: the name was not found, the interface is gone, or `size` is more than there are packet buffers for.
	 */
	onError?: ((this: PingSocket, error: PingError) => void) | undefined;
	target?: unknown;
}

/** What came back of one request. */
export interface PingReply {
	/** 1 for the first request, 16 bits. */
	sequence: number;
	/** Of payload. */
	bytes: number;
	/** What is left of the reply's time to live. */
	ttl: number;
	/** From request to reply, whole milliseconds. */
	ms: number;
	/** Who answered. */
	address: string;
	/** The request was answered before. */
	duplicate: boolean;
}

/** Times in milliseconds. */
export interface PingStatistics {
	/** Requests. */
	sent: number;
	/** Requests that were answered. */
	received: number;
	/** Replies beyond the first. */
	duplicates: number;
	/** Requests that met an error. */
	errors: number;
	/** Percent of the requests that are waited for no more. */
	lost: number;
	/** Of the replies so far, the shortest. */
	min: number;
	/** Their average. */
	avg: number;
	/** The longest. */
	max: number;
	/** Standard deviation. */
	mdev: number;
}
