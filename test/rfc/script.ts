// What a script consists of once it has been read.

/** Milliseconds from the start of the script, or from the event before. */
export interface Time {
	readonly kind: "absolute" | "relative" | "any";
	readonly at: number;
	/** End of a range; the same as `at` when there is none. */
	readonly until: number;
}

export type TcpOption =
	| { readonly kind: "nop" | "eol" | "sackOK" }
	| { readonly kind: "mss" | "wscale"; readonly value: number }
	| { readonly kind: "TS"; readonly value: number; readonly echo: number }
	| { readonly kind: "sack"; readonly blocks: readonly (readonly [number, number])[] }
	| { readonly kind: "unknown"; readonly code: number; readonly bytes: readonly number[] };

export interface IpSpec {
	readonly ttl?: number;
	readonly tos?: number;
	/** The two ECN bits, or "ect01" for either of ECT(0) and ECT(1). */
	readonly ecn?: number | "ect01";
}

interface PacketBase {
	readonly type: "packet";
	readonly inbound: boolean;
	readonly ip: IpSpec;
	/** Source and destination port as the script names them. */
	readonly ports: readonly [number, number] | undefined;
}

export interface TcpPacket extends PacketBase {
	readonly protocol: "tcp";
	readonly flags: number;
	readonly seq: number;
	readonly length: number;
	/** `!`: the sequence number is the real one, not one from the initial one on. */
	readonly absolute?: boolean;
	readonly ack: number | undefined;
	readonly window: number | undefined;
	readonly urgent: number | undefined;
	/** undefined: `<...>`, not looked at. */
	readonly options: readonly TcpOption[] | undefined;
}

export interface UdpPacket extends PacketBase {
	readonly protocol: "udp";
	readonly length: number;
}

export interface IcmpPacket extends PacketBase {
	readonly protocol: "icmp";
	readonly icmpType: number;
	readonly code: number;
	readonly mtu: number | undefined;
	readonly id: number | undefined;
	/** The packet that an error quotes. */
	readonly echoed: Quoted | undefined;
}

/** "raw": `length` bytes behind the header of an echo request. */
export interface Quoted {
	readonly protocol: "tcp" | "udp" | "raw";
	readonly seq: number;
	readonly length: number;
}

export type ScriptPacket = TcpPacket | UdpPacket | IcmpPacket;

export type Expression =
	| { readonly kind: "ellipsis" }
	| { readonly kind: "int"; readonly value: number }
	| { readonly kind: "word"; readonly name: string }
	| { readonly kind: "string"; readonly value: string }
	| { readonly kind: "list"; readonly items: readonly Expression[] }
	| { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Expression> }
	| { readonly kind: "or"; readonly left: Expression; readonly right: Expression }
	| { readonly kind: "call"; readonly name: string; readonly items: readonly Expression[] };

export interface Call {
	readonly type: "call";
	readonly name: string;
	readonly items: readonly Expression[];
	readonly result: Expression;
	/** Name of the error that is expected, "" for none. */
	readonly errno: string;
	/** When a blocking call is expected to return, ms as in Time; undefined: it does not block. */
	readonly end: number | undefined;
}

export interface Command {
	readonly type: "command";
	readonly text: string;
}

export interface Code {
	readonly type: "code";
	readonly text: string;
}

export interface Event {
	readonly line: number;
	/** The event as it stands in the script. */
	readonly text: string;
	readonly time: Time;
	readonly action: ScriptPacket | Call | Command | Code;
}

export interface Script {
	readonly name: string;
	readonly options: ReadonlyMap<string, string>;
	/** Shell lines before the first event. */
	readonly commands: readonly string[];
	readonly events: readonly Event[];
}

export const ICMP_TYPES: Readonly<Record<string, number>> = {
	echo_reply: 0,
	unreachable: 3,
	source_quench: 4,
	redirect: 5,
	echo_request: 8,
	time_exceeded: 11,
	parameter_problem: 12,
	timestamp_request: 13,
	timestamp_reply: 14,
};

export const ICMP6_TYPES: Readonly<Record<string, number>> = {
	unreachable: 1,
	packet_too_big: 2,
	time_exceeded: 3,
	parameter_problem: 4,
	echo_request: 128,
	echo_reply: 129,
};

type Codes = Readonly<Record<number, Readonly<Record<string, number>>>>;

/** Codes of IPv4's types. */
export const CODES: Codes = {
	3: {
		net_unreachable: 0,
		host_unreachable: 1,
		protocol_unreachable: 2,
		port_unreachable: 3,
		frag_needed: 4,
		source_route_failed: 5,
		net_unknown: 6,
		host_unknown: 7,
		source_host_isolated: 8,
		net_prohibited: 9,
		host_prohibited: 10,
		net_unreachable_for_tos: 11,
		host_unreachable_for_tos: 12,
		packet_filtered: 13,
		precedence_violation: 14,
		precedence_cutoff: 15,
	},
	11: { ttl_exceeded_in_transit: 0, frag_reass_exceeded: 1 },
};

/** Codes of IPv6's types. */
export const CODES6: Codes = {
	1: {
		net_unreachable: 0,
		no_route: 0,
		admin_prohibited: 1,
		not_neighbour: 2,
		address_unreachable: 3,
		host_unreachable: 3,
		port_unreachable: 4,
	},
	3: { exceeded_hop_limit: 0, exceeded_frag_time: 1 },
	4: { header_field: 0, unknown_next_header: 1, unknown_option: 2 },
};
