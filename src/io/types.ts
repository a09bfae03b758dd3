// What applications see of the sockets: ECMA-419's classes as Moddable's modules use them, and our additions to them.

import type { Interface } from "../link/interface.ts";
import type { TCPInfo } from "../transport/tcp/info.ts";

export type { TCPInfo };

/** What may be written, or read into: an ArrayBuffer or any view of one. */
export type Bytes = ArrayBuffer | ArrayBufferView;

/** "buffer": `read` gives buffers and `write` takes them; "number": one byte at a time. */
export type Format = "buffer" | "number";

/**
 * The reason behind `onError`: "closed" when the peer has sent its FIN, all data before it having been read; "slow" when the connection was
 * ended for a newcomer, see `leastRate`. Of a host by its name also "unresolved" when it has no address, and "busy" when all TCP sockets are in use.
 */
export type TCPError = "closed" | "reset" | "timeout" | "refused" | "unreachable" | "slow" | "unresolved" | "busy";

interface CommonOptions {
	/** Restricts the socket to one interface, by name or instance. Unless told, the routes decide, and every interface is served. */
	interface?: string | Interface | undefined;
	/** Becomes the property `target` of the instance. */
	target?: unknown;
}

/** What a TCP may be told. Others than these are ignored. */
export interface TCPOptions extends CommonOptions {
	/** Address to connect to, of either family; a link-local one of IPv6 may name its interface: "fe80::2%eth0". */
	address?: string | undefined;
	/**
	 * The same, or the host's name where the program has a resolver (`import "multihome/dns"`): its addresses of both families are tried as RFC 8305 says, two at a time, the next one after
	 * 250 ms. Until one stands `interface`, addresses and ports are undefined; when none does, `error` is that of the last attempt. Beside `address` it may be the name that this is one of: when our
	 * resolver said so, its others are tried as well.
	 */
	host?: string | undefined;
	/** Port to connect to, 1 to 65,535. */
	port?: number | string | undefined;
	/** Takes the connection over from another instance, which is closed; pending data and events come along. */
	from?: TCP | undefined;
	/** Sends small segments at once (Nagle's algorithm off). */
	noDelay?: boolean | undefined;
	/** Moddable's spelling of it. */
	nodelay?: boolean | undefined;
	/** Time to live of what is sent, 1 to 255; 64 unless told, or as its listener says. RFC 1122 §3.2.1.7. */
	ttl?: number | undefined;
	/** Differentiated services code point of what is sent, 0 to 63; 0 unless told, or as its listener says. 46 is for voice, 8 for what may wait. RFC 2474. */
	dscp?: number | undefined;
	/**
	 * Milliseconds that data, or the attempt to connect, may stay without an answer: then the connection ends with the error "timeout", or
	 * "unreachable" when the network said so. Seen when a retransmission is due, the first after 200 ms to 3 s. 0, or left out: 100 s for data, three
	 * minutes for connecting. RFC 9293 §3.8.3, RFC 5482.
	 */
	userTimeout?: number | undefined;
	/**
	 * Milliseconds that a connection which has no way yet waits for an interface that is still coming up: 10,000 unless told. Then it ends with the error
	 * "unreachable". 0: it does not wait. Where no interface is coming up, the constructor throws Error at once.
	 */
	networkTimeout?: number | undefined;
	/**
	 * Milliseconds of silence before the first keep-alive probe, or true for two hours (RFC 9293 §3.8.4). Off unless told. As an object also how many ms there are between probes (`interval`,
	 * 75,000 unless told), and after how many without an answer the connection ends with the error "timeout" (`count`, 9 unless told).
	 */
	keepAlive?: boolean | number | { idle?: boolean | number; interval?: number; count?: number } | undefined;
	/**
	 * Milliseconds that what was written has, once the connection is closed, to reach the peer, and the peer to close its side; then the peer gets RST. 0: `close` sends RST at once, and what was not
	 * sent is lost. Left out: a minute, and a second more for each 4 KB that wait.
	 */
	linger?: number | undefined;
	/**
	 * TCP Fast Open (RFC 7413), where the stack has it (`tcp: {fastOpen: true}`): `write` works at once, and what is written before the program's turn ends goes with the SYN once the server has given a cookie, else when
	 * the connection stands; as much as one segment has less 40 bytes. The server's program may get it twice when packets are doubled: it is for requests that may be repeated. Off unless told; of a `host` by its name it
	 * changes nothing.
	 */
	fastOpen?: boolean | undefined;
	/** As of Listener, for this connection; with `from` it replaces what the listener said. */
	leastRate?: number | undefined;
	format?: Format | undefined;
	/** `bytes` can be read: all there are, not only the new ones. */
	onReadable?: ((this: TCP, bytes: number) => void) | undefined;
	/** `bytes` can be written. The first call tells that the connection stands. */
	onWritable?: ((this: TCP, bytes: number) => void) | undefined;
	/** The connection ended, or the peer will send no more: `error` tells which. */
	onError?: ((this: TCP) => void) | undefined;
}

/** What Moddable's modules pass along with what they write. */
export interface WriteOptions {
	more?: boolean;
}

export interface TCP {
	/** All that has come, as a new ArrayBuffer; in format "number" the next byte. Undefined when nothing has come. */
	read(): ArrayBuffer | number | undefined;
	/** Exactly `bytes` bytes. Throws Error when there are fewer, unless there are none. */
	read(bytes: number): ArrayBuffer | number | undefined;
	/**
	 * Fills `buffer`, or its part of `byteLength` bytes from `byteOffset` on, with what has come, and answers how many bytes that were.
	 * Allocates nothing.
	 */
	read(buffer: Bytes, byteOffset?: number, byteLength?: number): number | undefined;
	/**
	 * Copies all of `data`, or of its part, for sending; a number is a byte, in format "number". Answers how many bytes can still be
	 * written. Throws Error when `data` is larger than what can be, or when not connected. Allocates nothing.
	 */
	write(data: Bytes | number, byteOffset?: number, byteLength?: number): number;
	/** The same for all of `data`. `more` is a hint that another write follows: it changes nothing. */
	write(data: Bytes | number, options: WriteOptions): number;
	/** Sends what was written, then FIN: nothing can be written any more, but what the peer still sends can be read. */
	shutdown(): void;
	/**
	 * Sends what was written, then ends the connection; when received data was not read, at once (RFC 9293 §3.6.1). May be repeated; other methods
	 * throw afterwards.
	 */
	close(): void;
	format: Format;
	readonly remoteAddress: string | undefined;
	readonly remotePort: number | undefined;
	readonly localAddress: string | undefined;
	readonly localPort: number | undefined;
	/** Name of the interface that leads to the peer at present. */
	readonly interface: string | undefined;
	/** Why `onError` was called, or undefined. */
	readonly error: TCPError | undefined;
	target?: unknown;
	/** What the connection knows of its way, for people: round trips, windows, losses. Undefined while it is none, as before its host's name is known. Allocates. */
	tcpInfo(): TCPInfo | undefined;
}

/** What a Listener may be told. */
export interface ListenerOptions extends CommonOptions {
	/** 0, or left out: one that is free. */
	port?: number | string | undefined;
	/** Accepts connections to this address only. "0.0.0.0": to every one of IPv4; "::", or left out: to every one. Of several at one port that which says most gets a connection. */
	address?: string | undefined;
	/** With "::", or without an address: of IPv6 alone. */
	ipv6Only?: boolean | undefined;
	/**
	 * Connections that may wait to be read, 1 to 4,096; 8 unless told. While as many wait, further ones are not answered: their peers try again.
	 * Nobody who has come that far is ever sent away.
	 */
	backlog?: number | undefined;
	/** Time to live of what its connections send, from the answer to the SYN on, 1 to 255; 64 unless told. RFC 9293 §3.9.2.1. */
	ttl?: number | undefined;
	/** Differentiated services code point of what its connections send, from the answer to the SYN on, 0 to 63; 0 unless told. RFC 2474. */
	dscp?: number | undefined;
	/**
	 * Bytes a second, read by the program or acknowledged by the peer, below which a connection of this listener may be ended for a newcomer. That
	 * happens only while every TCP socket is taken: the slowest goes, and its owner's `onError` is called with the error "slow". Rates are measured
	 * over 5 to 10 s, of a young connection from its third second on. 0, or left out: its connections never give way.
	 */
	leastRate?: number | undefined;
	/**
	 * TCP Fast Open (RFC 7413), where the stack has it (`tcp: {fastOpen: true}`): clients are given cookies, and who brings one back has its connection open with the data of its first segment, before it has shown that it is
	 * there. As many such connections at a time, 1 to `backlog`, or true for all of these; further ones begin as others do. Requests may come twice. Off unless told.
	 */
	fastOpen?: boolean | number | undefined;
	format?: "socket/tcp" | undefined;
	/** `connections` wait to be read. */
	onReadable?: ((this: Listener, connections: number) => void) | undefined;
	/** The interface it is bound to is gone. */
	onError?: ((this: Listener) => void) | undefined;
}

export interface Listener {
	/** The next connection, or undefined. It gathers data without callbacks; `new TCP({ from })` gives it some. */
	read(): TCP | undefined;
	close(): void;
	readonly port: number;
	/** "::" when it accepts at every one, "0.0.0.0" at every one of IPv4. */
	readonly address: string;
	/** Name of the interface that it is restricted to. */
	readonly interface: string | undefined;
	format: "socket/tcp";
	target?: unknown;
}

/** Whom a group is heard from: from these addresses alone (RFC 4607), or from all but those of `except`. RFC 3376 §3.1. */
export type Sources = string | readonly string[] | { readonly except: string | readonly string[] };

/** What a UDP may be told. */
export interface UDPOptions extends CommonOptions {
	/** 0, or left out: one that is free. */
	port?: number | string | undefined;
	/** Receives datagrams to this address only, and sends from it. "0.0.0.0": any of IPv4; "::", or left out: any. */
	address?: string | undefined;
	/** With "::", or without an address: of IPv6 alone. */
	ipv6Only?: boolean | undefined;
	format?: "buffer" | undefined;
	/** Time to live of what is sent, 1 to 255; 64 unless told, and 1 to multicast groups (RFC 1112 §6.1). */
	ttl?: number | undefined;
	/** Differentiated services code point of what is sent, 0 to 63; 0 unless told. RFC 2474. */
	dscp?: number | undefined;
	/** ECMA-419's spelling of `ttl`. */
	timeToLive?: number | undefined;
	/**
	 * `true`, unless told: it hears broadcasts, and what goes to 255.255.255.255 leaves by one interface: that which the socket is bound to, by address or
	 * interface, else where the default route leads, else the first that is up and has an address. `"all"`: it leaves by all that are up and have one. `false`:
	 * nothing is heard that was sent to a broadcast address or a group, as services should that answer strangers (RFC 862 to 864).
	 */
	broadcast?: boolean | "all" | undefined;
	/** Joins this multicast group, as `add` does; one within a link may name its interface: "ff02::fb%eth0". */
	multicast?: string | undefined;
	/** Of that group only what comes from these addresses, or all but that, as with `add`. */
	sources?: Sources | undefined;
	/** Time to live (hop limit) of what is sent to groups, 0 to 255; as `ttl` unless told, else 1. 0: it reaches sockets of this board alone. RFC 1112 §6.1. */
	multicastTtl?: number | undefined;
	/** What is sent to a group also reaches the sockets of this board that have joined it where it leaves, itself among them; `false`: it does not. */
	multicastLoop?: boolean | undefined;
	/**
	 * The port may be shared with other sockets that say so too. Each gets what is for a group that it has joined, or for all; what is for the board alone goes to the one that was opened
	 * first.
	 */
	shared?: boolean | undefined;
	/** `datagrams` wait to be read. */
	onReadable?: ((this: UDP, datagrams: number) => void) | undefined;
	/**
	 * The interface or address that it is bound to is gone: called without an argument. Or with one: an ICMP error says what became of a datagram that was sent, which may be
	 * forged by whoever guesses the ports; the socket works on. RFC 1122 §4.1.3.3.
	 */
	onError?: ((this: UDP, error?: DatagramError) => void) | undefined;
}

/** What an ICMP error says of a datagram that was sent. Of those to groups nothing is told. */
export interface DatagramError {
	/** In words: "port unreachable", "host unreachable", "time to live exceeded", … */
	readonly kind: string;
	/** Where the datagram was to go. */
	readonly address: string;
	readonly port: number;
	/** Who says so: the host itself, a router, or an address of ours when a neighbour did not answer. */
	readonly from: string;
	/** ICMP type; of IPv6 that of IPv4's ICMP that says the same. */
	readonly type: number;
	/** ICMP code, likewise. */
	readonly code: number;
	/** "too large for the way there": bytes of the largest IP packet that goes there. From now on larger datagrams leave in fragments. */
	readonly mtu?: number;
}

/** What is known of a datagram, on the buffer that holds it. */
export interface Sender {
	/** Its sender's address and port. */
	address: string;
	/** Its sender's port. */
	port: number;
	/** What it was sent to: an address of ours, a broadcast address or a group. */
	localAddress: string;
	/** Name of the interface that it came by. */
	interface: string;
}

/** Whence a datagram is to go. A datagram that was read is such an object: its answer then comes from where it was sent to. */
export interface Origin {
	/** The source address, one of the stack's. A broadcast address or a group stands for one of the interface's. */
	localAddress?: string | undefined;
	/** The only interface to use, by name or instance. */
	interface?: string | Interface | undefined;
}

export interface UDP {
	/** The next datagram in a new ArrayBuffer that carries its sender, or undefined. */
	read(): (ArrayBuffer & Sender) | undefined;
	/**
	 * Copies the next datagram to the beginning of `buffer`, sets its `address`, `port`, `localAddress` and `interface`, and answers how many bytes it copied:
	 * what does not fit is lost. Undefined when none waits. Allocates nothing while the senders are few.
	 */
	read(buffer: Bytes & Partial<Sender>): number | undefined;
	/**
	 * Sends `data`, or its first `byteLength` bytes, as one datagram. Throws RangeError when it is larger than a packet may be, Error when there is no way, or
	 * no source address yet. To the sender of the datagram that was read last it goes from the address that one was sent to (RFC 1122 §4.1.3.5), and is dropped
	 * when there is no way back. To others, or later, give the datagram that is answered, or whence to send, in place of `byteLength`.
	 */
	write(data: Bytes, address: string, port: number, byteLength?: number | Origin): void;
	/** The order of arguments of Moddable's implementations. */
	write(address: string, port: number, data: Bytes, from?: Origin): void;
	/**
	 * Joins a multicast group: on one interface, by name or instance; unless told on that which the socket is bound to, else on all that there
	 * are and will be. Joining again does nothing. With `sources`, one address or several, only what comes from there is heard (source-specific multicast, RFC 4607), with
	 * `{ except: … }` what comes from all others; further ones may be added. Throws RangeError for what is no group, Error when it is joined in the other of these ways already, or for or
	 * without as many sources as there may be, 64 of all sockets; and in a firmware that lacks IGMP, as neither its board file nor its program asked for it (RFC 1112 §7).
	 */
	add(group: string, link?: string | Interface, sources?: Sources): void;
	/** Leaves a group, as it was joined, or for these sources alone; with `{ except: … }` these are heard again, too. Throws Error when it was not joined so. `close` leaves all. */
	remove(group: string, link?: string | Interface, sources?: Sources): void;
	close(): void;
	readonly port: number;
	readonly address: string;
	/** Name of the interface that it is bound to, else of that which it sent by last. */
	readonly interface: string | undefined;
	format: "buffer";
	target?: unknown;
}

/** The classes of one stack. */
export interface IO {
	/** A connection. */
	TCP: new (options: TCPOptions) => TCP;
	/** Takes connections. */
	Listener: new (options: ListenerOptions) => Listener;
	/** Datagrams. */
	UDP: new (options: UDPOptions) => UDP;
}
