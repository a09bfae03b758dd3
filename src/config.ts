// Every limit of the stack, with its unit and what it costs in RAM. All memory is made once, by `new Stack(options)`.

import { hasFastOpen } from "./packet/kernels/parts.ts";
import { OFFER } from "./packet/offers.ts";

/** What an application or a board file may set. Everything has a default that suits a microcontroller with 160 KB to spare. */
export interface StackOptions {
	/** How many sockets there are, and their buffers. */
	sockets?: {
		/** TCP connections and listeners together. Each costs its part of `buffers` and about 1,300 B. 8 unless told. */
		tcp?: number;
		/** UDP sockets of programs. About 400 B each, and a receive buffer for datagrams that wait. 4 unless told. */
		udp?: number;
		/**
		 * UDP sockets of the stack's own services, beside those of programs: one for each DHCP client, and for each name that is being looked up (mDNS: for
		 * each of its interfaces). 1,056 B of arena each, and about 150 B once used. As many as `interfaces` without loopback and DNS_LOOKUPS together when
		 * absent: 6. A stack whose programs use neither DHCP nor names needs 0.
		 */
		services?: number;
		/** ICMP echo sockets, for ping. 208 B of arena and about 350 B each. 1 unless told. */
		icmp?: number;
		/** Raw sockets (protocols of IP) and those for whole frames together. About 400 B each, and a receive buffer as UDP sockets have it. 0 unless told. */
		raw?: number;
		/** Bytes that each TCP socket receives at most before its program reads them: its largest window. 2 to 16,777,216; 5,840 (four full segments) unless told. */
		receiveBuffer?: number;
		/** Bytes that each TCP socket has written at most before its peer acknowledges them. 2 to 16,777,216; 5,840 unless told. */
		sendBuffer?: number;
		/**
		 * Bytes of the pool from which all TCP sockets have their buffers, as they need them: for a full segment in and 512 B out for good, 3,072 B, and less is not taken; beyond
		 * that more as it is used, up to `receiveBuffer` and `sendBuffer`, as long as that is no more than three quarters of what the others leave. As much as all sockets can
		 * use unless told: then each has all of its buffers at any time.
		 */
		buffers?: number;
		/** Bytes for datagrams that wait, of each UDP socket; there is room for one full datagram at least. 2 to 65,535; as `receiveBuffer` unless told. */
		datagramBuffer?: number;
	};
	/** What TCP offers its peers, each true unless told, and how it controls congestion. */
	tcp?: { [Option in keyof typeof OFFER]?: boolean } & {
		/** The first segments of a connection, and those behind a gap, are acknowledged at once, not by twos: who sends them is faster. As Linux has it. */
		quickAcks?: boolean;
		/** Explicit congestion notification (RFC 3168): "answer" unless told, where the peer asks for it; "ask", our connections ask for it too; or "off". */
		ecn?: "off" | "answer" | "ask";
		/**
		 * TCP Fast Open (RFC 7413): sockets that ask for it have data in their SYNs, for servers that gave them a cookie, and listeners that ask for it take such. 448 bytes of arena and 16 for each
		 * TCP socket. False unless told.
		 */
		fastOpen?: boolean;
		/** Congestion control: "cubic" (RFC 9438, with HyStart++, RFC 9406) unless told, or "newreno" (RFC 5681, 6582). */
		congestion?: "cubic" | "newreno";
		/** The least retransmission timeout: "short", 200 ms beyond a round trip, unless told, or "standard", 1 s (RFC 6298 §2.4). */
		timeout?: "short" | "standard";
	};
	/** Packet buffers, 1,568 B each. They serve reception, transmission, and what waits for neighbours and devices. 16 unless told. */
	packets?: number;
	/** Routes, those of connected subnets included. 72 B of arena each, and an object. 16 unless told. */
	routes?: number;
	/** Neighbour (ARP) entries of all interfaces together. 84 B of arena and an object each. 16 unless told. */
	neighbors?: number;
	/** Multicast groups that sockets have joined, each on one interface or on all. 34 B of arena each, with 31 UDP sockets at most. 8 unless told. */
	groups?: number;
	/** Interfaces, loopback included, at the same time. 870 B each. 4 unless told. */
	interfaces?: number;
	/** Forward packets between interfaces (RFC 1812). Off by default. */
	forwarding?: boolean;
	/** With forwarding: drop what comes in by another interface than the way back leads (RFC 3704 strict). */
	reversePathFilter?: boolean;
	/** Strong host model: refuse a packet for an address of another interface. RFC 1122 §3.3.4.2. Off by default. */
	strongHost?: boolean;
	/** Room for a filter and translation of addresses (`multihome/router`). */
	router?: {
		/** Sessions through the router and to the board that are known at the same time, and, of those translated, one for each port of a host besides. 68 to 76 B each. 0 unless told: there is neither filter nor translation. */
		entries?: number;
		/** Rules of the filter. 52 B each. 0 unless told. */
		rules?: number;
	};
}

/** The options with every default filled in. */
export interface Limits {
	tcp: number;
	udp: number;
	services: number;
	icmp: number;
	raw: number;
	receiveBuffer: number;
	sendBuffer: number;
	/** A whole number of pages. */
	buffers: number;
	datagramBuffer: number;
	/** Bits of OFFER, packet/offers.ts, and those beside them below. */
	offers: number;
	packets: number;
	routes: number;
	neighbors: number;
	groups: number;
	interfaces: number;
	forwarding: boolean;
	reversePathFilter: boolean;
	strongHost: boolean;
	/** Sessions of the router, and rules of its filter. */
	entries: number;
	rules: number;
}

/** Bytes of one packet buffer: PACKET_HEADROOM, a 1,500-byte IP packet, and room to round up. */
export const PACKET_BYTES = 1568;
/** Bytes before the IP header in a packet buffer: Ethernet 14, VLAN 4, PPPoE or GRE with key 16, and spare. */
export const PACKET_HEADROOM = 64;
/** Largest MTU an interface may have, bytes. */
export const MAX_MTU = 1500;

/** Pages of TCP's pool are 1 << PAGE_SHIFT bytes. The smaller, the less is lost at both ends of what waits; each costs a word in a table of every ring that may have it. */
export const PAGE_SHIFT = 9;
/** What TCP sockets have for good when the pool has less than all of them can use, in bytes: of what comes a full segment, of what goes a small one. */
const RECEIVE_FLOOR = 1460;
const SEND_FLOOR = 512;

/** Pages in which so many bytes lie, wherever in a page they begin. */
function pagesFor(bytes: number): number {
	return (bytes + 2 * (1 << PAGE_SHIFT) - 2) >> PAGE_SHIFT;
}

/** TCP's pool, in pages: all, those of one socket's two rings, and those that each of them has for good. */
export interface PoolSizes {
	readonly pages: number;
	readonly receive: number;
	readonly send: number;
	readonly receiveFloor: number;
	readonly sendFloor: number;
}

export function poolOf({ tcp, receiveBuffer, sendBuffer, buffers }: Limits): PoolSizes {
	const pages = buffers >> PAGE_SHIFT;
	const receive = pagesFor(receiveBuffer);
	const send = pagesFor(sendBuffer);
	if (pages >= tcp * (receive + send)) return { pages, receive, send, receiveFloor: receive, sendFloor: send };
	const receiveFloor = Math.min(receive, pagesFor(RECEIVE_FLOOR));
	const sendFloor = Math.min(send, pagesFor(SEND_FLOOR));
	return { pages, receive, send, receiveFloor, sendFloor };
}

/** Frames taken from one interface at most before callbacks and output get their turn; fewer when a connection has something to say. */
export const FRAMES_PER_TURN = 8;
/** Turns that one `poll` takes before it gives the processor back. */
export const TURNS_PER_POLL = 16;
/** Looks at devices that move a frame, while nothing else is to be done, before it does so likewise: on a Pico some 0.7 ms, which programs have to wait. */
export const LOOKS_PER_POLL = 320;
/** Packet buffers, of `packets`, that only control traffic (ARP) takes: however many packets wait, a neighbour can be asked and answered. */
export const CONTROL_PACKETS = 1;
/** Packets that wait for a busy device, per interface; fewer when that would be more than it leaves to the others. */
export const TRANSMIT_QUEUE = 8;
/** Places behind these that only control packets take. */
export const TRANSMIT_QUEUE_CONTROL = 2;
/** Packets that wait for one neighbour's address. RFC 1122 §2.3.2.2 asks for at least one. */
export const NEIGHBOR_QUEUE = 3;
/** Most packets that wait for neighbours' addresses, of all neighbours together, when there are so many packet buffers: three of eight. */
export function neighborPackets(packets: number): number {
	return Math.max(1, (packets * 3) >> 3);
}
/** How long a datagram's fragments wait for the rest, ms. RFC 1122 §3.3.2, RFC 8200 §4.5. */
export const FRAGMENTS_MS = 60_000;
/** Most packets that fragments wait in, when there are so many packet buffers: three of eight. The datagram that began first gives way. */
export function fragmentPackets(packets: number): number {
	return Math.max(1, (packets * 3) >> 3);
}
/** Neighbours whose answer is waited for that keep their entry when all others are in use: a quarter of the entries, that is, their number shifted by so many bits. */
export const INCOMPLETE_SHIFT = 2;
/** Tunnels within tunnels: what would go through more is dropped, and counted. RFC 2473 §4.1.1 has 4. */
export const TUNNEL_NESTING = 4;
/** Addresses of one interface. */
export const ADDRESSES_PER_INTERFACE = 4;

/** How often is looked how fast connections move whose listener says a least rate, and for how long nothing is said of a young one. */
export const PACE_INTERVAL_MS = 5000;
export const PACE_GRACE_MS = 3000;
/** How long the socket of a connection that was too slow is kept for the newcomer that it was ended for: its request comes again after 1, 2 and 4 s. */
export const PACE_PROMISE_MS = 5000;
/** Addresses whose connections were ended for newcomers, 8 B each, and for how long they themselves get no connection ended. */
export const BARRED_ADDRESSES = 24;
export const BARRED_MS = 60_000;

/** Neighbour timing, ms. RFC 1122 §2.3.2.1: at most one request a second for the same address. */
export const ARP_REQUEST_INTERVAL_MS = 1000;
export const ARP_REQUESTS = 3;
/** Another station claims a known neighbour's address: how long that one has to answer before another's answer is taken, ms. */
export const ARP_ANSWER_MS = 100;
/** RFC 5227 §1.1: ANNOUNCE_INTERVAL between the two announcements of an address, and DEFEND_INTERVAL, ms. */
export const ANNOUNCE_INTERVAL_MS = 2000;
export const DEFEND_INTERVAL_MS = 10_000;
/** Conflicts about our own addresses that are remembered of each Ethernet interface, about 150 B each on a 32-bit XS. */
export const CONFLICTS = 4;
/** IPv6: how long a neighbour that is used may be heard of before it is asked, ms. RFC 4861 §10, DELAY_FIRST_PROBE_TIME. */
export const ND_DELAY_MS = 5000;
/** IPv6: from one question for a neighbour to the next, ms, unless routers say another. RFC 4861 §10, RETRANS_TIMER. */
export const ND_RETRANS_MS = 1000;
export const NEIGHBOR_REACHABLE_MS = 30_000;
/** How long a stale neighbour is kept when nobody uses it, ms. */
export const NEIGHBOR_STALE_MS = 60_000;

/** Of a DHCP lease: routes besides the default one, and servers of each kind, that are taken; a server may send dozens. A route costs as `routes` says. */
export const LEASE_ROUTES = 8;
export const LEASE_SERVERS = 4;
/** Longest DHCP message, bytes: of each client one buffer. RFC 2131 §2. */
export const DHCP_MESSAGE = 576;

/** Bytes that a pipe carries at a time, in one buffer for all pipes of a stack. */
export const PIPE_BYTES = 1460;

/** What ICMP errors say of datagrams and waits for the owners of their sockets, of all sockets together: in a packet buffer that is taken while something waits. */
export const DATAGRAM_ERRORS = 8;

/** How often groups may be joined for one source alone, of all sockets and groups together: in a packet buffer that is taken while there is one. */
export const GROUP_SOURCES = 64;

/** Replies and errors that wait for the owner of an ICMP echo socket; 16 B each. */
export const ICMP_QUEUE = 8;

/** TCP: least time between two acknowledgments of a connection in answer to what lies outside of its window, ms. RFC 5961 §7; Linux's tcp_invalid_ratelimit. */
export const CHALLENGE_INTERVAL_MS = 500;
/** The same for what was here before, whose sender may have missed our answer: so many at once, then at that interval, ms. */
export const REPEAT_BURST = 4;
export const REPEAT_INTERVAL_MS = 100;

/** Smallest IP packet that TCP shrinks its segments to when ICMP says that they are too big, bytes; what must be smaller may be fragmented. Linux's min_pmtu. */
export const LEAST_PATH_MTU = 552;
/** Addresses on the way to which routers have said how large packets may be, 24 B each. What was said first gives way. */
export const PATH_MTUS = 8;
/** How long after that larger packets are tried again, ms. RFC 1191 §6.3, RFC 8201 §5.3. */
export const PATH_MTU_RAISE_MS = 600_000;
/** Destinations that have a way of their own as routers have said so, a route and an object each; the oldest gives way. And how long that counts, ms: as long as Linux believes it. */
export const REDIRECTS = 8;
export const REDIRECT_MS = 300_000;

/** TCP Fast Open: servers whose cookies are kept, 56 B each; the one that was not used for longest gives way. And for how long it is done without where it did not work, ms: as FreeBSD does. RFC 7413 §4.1.3.1. */
export const FAST_OPEN_COOKIES = 8;
export const FAST_OPEN_PAUSE_MS = 900_000;

/** ICMP errors: a bucket of so many tokens for all interfaces together, into which one comes every so many ms; each error takes none, one or two, by chance. RFC 1812 §4.3.2.8. */
export const ICMP_ERROR_INTERVAL_MS = 100;
export const ICMP_ERROR_BURST = 10;

/**
 * How long connecting, pinging, resolving and `network.ready` wait for an interface that is still coming up, ms, unless told: programs run as soon as the board
 * does, links take their time, and a DHCP lease 4 to 8 s. An interface without a link counts as coming up for as long after it was first asked for.
 */
export const NETWORK_PATIENCE_MS = 10_000;
/** How often a ping that waits looks whether there is a way now, ms. */
export const NETWORK_RETRY_MS = 100;

/** Receive buffer of each UDP socket of the services, bytes: a DHCP message of DHCP_MESSAGE or a DNS answer of 512, with DATAGRAM, and a short one besides. */
export const SERVICE_BUFFER = 752;

/** Names that are asked for at the same time: each has a UDP socket of `sockets.services`, or a TCP socket of `sockets.tcp`, while it is. As many questions wait for a server's ARP. */
export const DNS_LOOKUPS = NEIGHBOR_QUEUE;
/** How many of the services' sockets may be look-ups: one is left for the DHCP client of each interface. */
export function lookups({ services, interfaces }: Limits): number {
	return Math.min(services, Math.max(DNS_LOOKUPS, services - (interfaces - 1)));
}
/** Names that wait for their turn, about 1.2 KB each on a 32-bit XS; a further one is an error. */
export const DNS_WAITING = 16;
/** How long the addresses of one family wait for those of the other, ms: RFC 8305 §8. */
export const DNS_RESOLUTION_DELAY_MS = 50;
/** TCP by name: after how long the next address is tried beside the one before, ms (RFC 8305 §8), how many are at once, each a TCP socket, and how long one has at the least while others wait. */
export const CONNECT_DELAY_MS = 250;
export const CONNECT_ATTEMPTS = 2;
export const CONNECT_PATIENCE_MS = 5000;
/** Answers that are remembered, about 470 B each on a 32-bit XS with one address and a name of 24 letters; the one that ends first gives way. */
export const DNS_CACHE_ENTRIES = 16;
/** Addresses of one answer that are kept, about 40 B each; each look-up gets the next. */
export const DNS_ADDRESSES = 4;
/** Longest time that an answer is remembered, seconds, and that there is none. RFC 2308 §5 would have 3 hours. */
export const DNS_MAX_TTL_S = 86_400;
export const DNS_MAX_NEGATIVE_TTL_S = 300;
/** Aliases (CNAME) on the way to an address. */
export const DNS_ALIASES = 8;
/** Servers that one name is asked of, and how often one that does not answer; it is waited for 1, 2 and 4 s. RFC 1035 §7.2. */
export const DNS_SERVERS = 6;
export const DNS_TRIES = 3;
export const DNS_TRY_MS = 1000;
/** Time for one name altogether, ms, unless the program says otherwise; and for one connection to a server. */
export const DNS_TIMEOUT_MS = 15_000;
export const DNS_TCP_MS = 5000;
/** Bytes of an answer that are looked at: by UDP in one buffer for all, by TCP in one for each connection while it is there. */
export const DNS_UDP_BYTES = 512;
export const DNS_TCP_BYTES = 2048;
/** Records of an answer that are looked at. What reading one costs has no better bound than a name's 255 octets. */
export const DNS_RECORDS = 64;
/** Answers of the right server with a wrong id before the name is asked for by TCP, as somebody is guessing. RFC 5452 §9.3. */
export const DNS_NEAR_MISSES = 16;
/** One-shot multicast DNS: when the question is repeated and when given up, ms after the first. RFC 6762 §5.1, §5.2; and the longest TTL, §10. */
export const MDNS_REPEATS_MS: readonly number[] = Object.freeze([1000, 3000]);
export const MDNS_TIMEOUT_MS = 5000;
export const MDNS_MAX_TTL_S = 120;

/** The default limits: loopback and three links, a small web server, 183,360 bytes of arena. */
const DEFAULTS: Omit<Limits, "buffers" | "datagramBuffer" | "services" | "offers"> = Object.freeze({
	tcp: 8,
	udp: 4,
	icmp: 1,
	raw: 0,
	receiveBuffer: 4 * 1460,
	sendBuffer: 4 * 1460,
	packets: 16,
	routes: 16,
	neighbors: 16,
	groups: 8,
	interfaces: 4,
	forwarding: false,
	reversePathFilter: false,
	strongHost: false,
	entries: 0,
	rules: 0,
});

function count(name: string, value: number | undefined, low: number, high: number, standard: number): number {
	if (value === undefined) return standard;
	if (typeof value !== "number" || value !== Math.floor(value) || value < low || value > high)
		throw new RangeError(`${name} ${String(value)}: expected a whole number from ${low} to ${high}`);
	return value;
}

function flag(name: string, value: boolean | undefined): boolean {
	if (value === undefined) return false;
	if (typeof value !== "boolean") throw new TypeError(`${name} ${String(value)}: expected true or false`);
	return value;
}

/** Largest buffer of a TCP socket, bytes. */
export const MOST_BUFFER = 1 << 24;

/** What `sockets` may have. A name that is not among them is a mistake, or an option of another version. */
const SOCKET_OPTIONS: readonly string[] = Object.freeze([
	"tcp",
	"udp",
	"services",
	"icmp",
	"raw",
	"receiveBuffer",
	"sendBuffer",
	"buffers",
	"datagramBuffer",
]);

/** What a SYN offers, in bits; the lowest four are the shift of the windows of who sends it, which counts with OFFER.windowScale.bit; packet/offers.ts has the others. */
export const OFFER_SHIFT = 15;
/** Beside these bits: NewReno, not CUBIC; ECN where the peer asks for it; ECN asked for; quick acknowledgments. */
export const CONTROL_RENO = 512;
export const ANSWER_ECN = 1024;
export const ASK_ECN = 2048;
export const CONTROL_QUICK = 4096;
/** TCP Fast Open. */
export const FAST_OPEN = 8192;
/** Timeouts of a second at least. */
export const CONTROL_PATIENT = 16_384;

/** All that may be offered, now or later: the bits between OFFER_SHIFT and CONTROL_RENO. */
export const OFFER_ALL = (CONTROL_RENO - 1) & ~OFFER_SHIFT;

type TcpOptions = NonNullable<StackOptions["tcp"]>;
/** Of `tcp` what is true unless told. */
type Flag = Exclude<
	keyof { [Name in keyof TcpOptions as TcpOptions[Name] extends boolean | undefined ? Name : never]: unknown },
	"fastOpen"
>;

/** The bit of each: with those of WORDS of all that StackOptions has, or it does not compile. */
export const FLAGS: Readonly<Record<Flag, number>> = Object.freeze({
	windowScale: OFFER.windowScale.bit,
	sack: OFFER.sack.bit,
	timestamps: OFFER.timestamps.bit,
	quickAcks: CONTROL_QUICK,
});

function checkNames(group: string, options: object, known: readonly string[]): void {
	for (const name of Object.keys(options))
		if (!known.includes(name)) throw new TypeError(`${group}.${name}: there is no such option; expected ${known.join(", ")}`);
}

/** What `tcp` may have that is a word, and the bits of each word; the first unless told. */
const WORDS: Readonly<Record<Exclude<keyof TcpOptions, Flag | "fastOpen">, Readonly<Record<string, number>>>> = Object.freeze({
	congestion: { cubic: 0, newreno: CONTROL_RENO },
	timeout: { short: 0, standard: CONTROL_PATIENT },
	ecn: { answer: ANSWER_ECN, ask: ANSWER_ECN | ASK_ECN, off: 0 },
});

function offersOf(options: Readonly<Record<string, unknown>>): number {
	const named = [...Object.keys(FLAGS), ...Object.keys(WORDS)];
	if (hasFastOpen()) named.push("fastOpen");
	checkNames("tcp", options, named);
	let offers = 0;
	for (const [name, bit] of Object.entries(FLAGS))
		if (flag(`tcp.${name}`, (options[name] as boolean | undefined) ?? true)) offers |= bit;
	for (const [name, words] of Object.entries(WORDS)) {
		const value = options[name] ?? Object.keys(words)[0]!;
		if (typeof value !== "string" || !Object.hasOwn(words, value))
			throw new TypeError(`tcp.${name} ${String(value)}: expected ${Object.keys(words).join(", ")}`);
		offers |= words[value]!;
	}
	if (hasFastOpen() && flag("tcp.fastOpen", options.fastOpen as boolean | undefined)) offers |= FAST_OPEN;
	return offers;
}

/** Bytes of TCP's pool, in whole pages: at least what all sockets have for good, at most what they can use. */
function buffersOf(value: number | undefined, tcp: number, receiveBuffer: number, sendBuffer: number): number {
	const all = tcp * (pagesFor(receiveBuffer) + pagesFor(sendBuffer));
	const least = tcp * (pagesFor(Math.min(receiveBuffer, RECEIVE_FLOOR)) + pagesFor(Math.min(sendBuffer, SEND_FLOOR)));
	const pages = count("sockets.buffers", value, 0, 0x3fffffff, all << PAGE_SHIFT) >> PAGE_SHIFT;
	return Math.min(Math.max(pages, least), all) << PAGE_SHIFT;
}

/** Checks the options and fills in the defaults. Throws RangeError or TypeError naming the option, its value and what was expected. */
export function limitsOf(options: StackOptions = {}): Limits {
	const sockets = options.sockets ?? {};
	const router = options.router ?? {};
	checkNames("router", router, ["entries", "rules"]);
	checkNames("sockets", sockets, SOCKET_OPTIONS);
	const interfaces = count("interfaces", options.interfaces, 1, 64, DEFAULTS.interfaces);
	const receiveBuffer = count("sockets.receiveBuffer", sockets.receiveBuffer, 2, MOST_BUFFER, DEFAULTS.receiveBuffer);
	const sendBuffer = count("sockets.sendBuffer", sockets.sendBuffer, 2, MOST_BUFFER, DEFAULTS.sendBuffer);
	const tcp = count("sockets.tcp", sockets.tcp, 0, 4096, DEFAULTS.tcp);
	return {
		tcp,
		udp: count("sockets.udp", sockets.udp, 0, 4096, DEFAULTS.udp),
		services: count("sockets.services", sockets.services, 0, 256, interfaces - 1 + DNS_LOOKUPS),
		icmp: count("sockets.icmp", sockets.icmp, 0, 256, DEFAULTS.icmp),
		raw: count("sockets.raw", sockets.raw, 0, 256, DEFAULTS.raw),
		receiveBuffer,
		sendBuffer,
		buffers: buffersOf(sockets.buffers, tcp, receiveBuffer, sendBuffer),
		offers: offersOf({ ...options.tcp }),
		datagramBuffer: count("sockets.datagramBuffer", sockets.datagramBuffer, 2, 65_535, Math.min(receiveBuffer, 65_535)),
		packets: count("packets", options.packets, 4, 16_384, DEFAULTS.packets),
		routes: count("routes", options.routes, 2, 65_536, DEFAULTS.routes),
		neighbors: count("neighbors", options.neighbors, 1, 4096, DEFAULTS.neighbors),
		groups: count("groups", options.groups, 0, 1024, DEFAULTS.groups),
		interfaces,
		forwarding: flag("forwarding", options.forwarding),
		reversePathFilter: flag("reversePathFilter", options.reversePathFilter),
		strongHost: flag("strongHost", options.strongHost),
		entries: count("router.entries", router.entries, 0, 32_768, DEFAULTS.entries),
		rules: count("router.rules", router.rules, 0, 255, DEFAULTS.rules),
	};
}
