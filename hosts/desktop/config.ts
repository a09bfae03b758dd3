// What a board file says, and what the command line hands to the board's process: types alone, for both sides.

import type { StackOptions } from "../../src/config.ts";
import type { FaultOptions } from "../../src/device/faults.ts";
import type { DhcpFile } from "../links/dhcp.ts";
import type { DhcpServerFile } from "../links/dhcpserver.ts";
import type { Ipv6File } from "../links/ipv6.ts";
import type { AdvertiseFile } from "../links/advertise.ts";
import type { DnsForwarderFile } from "../links/dnsforwarder.ts";
import type { MdnsFile } from "../links/mdns.ts";
import type { RouterFile } from "../links/router.ts";
import type { QueueFile } from "../links/queue.ts";
import type { UplinkFile } from "../links/uplink.ts";

/** GPIO numbers and the SPI controller of a chip; -1 where there is no pin. */
export interface ChipPins {
	bus: number;
	clock: number;
	out: number;
	in: number;
	select: number;
	interrupt: number;
	reset: number;
	/** SPI clock; the driver's own without it. */
	hz?: number;
}

/** A UART and its GPIO numbers; -1 where there is no pin. */
export interface UartPins {
	port: number;
	tx: number;
	rx: number;
	cts: number;
	rts: number;
	dtr: number;
}

/** How the PHY of an ESP32's own Ethernet MAC is wired, drivers/emac; -1 where there is no pin. */
export interface EmacPins {
	mdc: number;
	mdio: number;
	/** The PHY's address; -1 when it is looked for. */
	phy: number;
	reset: number;
	power: number;
	clock: number;
}

/** The network that a board's Wi-Fi joins. */
export interface WifiFile {
	ssid: string;
	password?: string;
}

/** Faults of a UART's line, both ways. */
export interface LineFaults {
	/** Probabilities that a byte is lost, and that one of its bits is wrong, 0 to 1. */
	byteLoss?: number;
	byteFlip?: number;
}

/** Faults of a simulated chip, with the arguments of chips/chip.h's CHIP_… */
export interface ChipFaults {
	absent?: number;
	interruptStuck?: number;
	badLengths?: number;
	bitErrorsIn?: number;
	bitErrorsOut?: number;
	transmitStuck?: number;
	lateCollisions?: number;
	busy?: number;
	resetEveryMs?: number;
}

export type Link = "ethernet" | "loopback" | "ppp" | "slip" | "vlan" | "bridge" | "gre" | "ipip" | "sixInFour";
export type Driver = "frames" | "w5500" | "enc28j60" | "wifi" | "emac" | "uart";

export interface BoardInterface {
	name: string;
	link?: Link;
	driver?: Driver;
	pins?: Partial<ChipPins & UartPins & EmacPins>;
	/** With driver "wifi". */
	wifi?: WifiFile;
	/** Of a UART, bits a second. */
	baud?: number;
	/** Options of the link, src/link/ppp and src/link/slip.ts. */
	ppp?: Record<string, unknown>;
	slip?: Record<string, unknown>;
	/** Of a VLAN: the interface that carries it, its VID, and the priority of what is sent. */
	parent?: string;
	vlan?: number;
	priority?: number;
	/** Of a bridge, src/link/bridge.ts: its ports, how long a station is known, and how many frames a second go to all. */
	ports?: string[];
	ageMs?: number;
	storm?: number;
	/** Of a tunnel, src/link/tunnel.ts: its ends, and what its packets have. */
	local?: string;
	remote?: string;
	hops?: number;
	key?: number;
	sequence?: boolean;
	checksum?: boolean;
	keepalive?: boolean | { intervalMs?: number; lost?: number };
	chipFaults?: ChipFaults;
	wire?: string;
	mac?: string;
	mtu?: number;
	addresses?: string[];
	/** Instead of addresses and gateway. */
	dhcp?: DhcpFile | false;
	linkLocal?: boolean;
	/** The address is probed for before it is used. */
	probe?: boolean;
	/** Addresses of its subnet are lent to stations. */
	dhcpServer?: DhcpServerFile | false;
	advertise?: AdvertiseFile | false;
	/** It is asked whether the network behind it answers. */
	uplink?: UplinkFile;
	/** Its packets wait in queues by flows. */
	queue?: QueueFile;
	/** Once it is checked what boot.ts takes, and nothing where there is none. */
	ipv6?: Ipv6File | "static" | "off";
	/** In a file also one of IPv6, or a list with one of each family; once it is checked that of IPv4. */
	gateway?: string;
	metric?: number;
	/** Name servers that are asked by this interface. */
	dns?: string[];
	domains?: true | string[];
	forward?: Record<string, number>;
	faults?: FaultOptions & LineFaults;
}

export interface BoardRoute {
	prefix: string;
	gateway?: string;
	interface?: string;
	metric?: number;
}

/** A board file. */
export interface BoardFile {
	$schema?: string;
	name?: string;
	limits?: Pick<StackOptions, "sockets" | "packets" | "routes" | "neighbors" | "interfaces" | "router"> & {
		/** Of the JavaScript heap, bytes; 0 for no limit. */
		heap?: number;
	};
	forwarding?: boolean;
	reversePathFilter?: boolean;
	strongHost?: boolean;
	/** What TCP offers its peers, and how it controls congestion. */
	tcp?: StackOptions["tcp"];
	interfaces: BoardInterface[];
	/** Name servers of the whole board. */
	dns?: string[];
	/** Stations of some interfaces ask this board for names. */
	dnsForwarder?: DnsForwarderFile;
	/** The board's name and services by multicast DNS. */
	mdns?: MdnsFile;
	routes?: BoardRoute[];
	/** Filter and translation: multihome/router. */
	outside?: string[];
	filter?: NonNullable<RouterFile["filter"]>;
	nat?: NonNullable<RouterFile["nat"]>;
	forwardPorts?: NonNullable<RouterFile["forwardPorts"]>;
	nptv6?: NonNullable<RouterFile["nptv6"]>;
}

/** An interface with everything decided. */
export interface InterfaceConfiguration {
	name: string;
	/** Tunnels have one kind, which their options say more of. */
	link: Link | "tunnel";
	driver: Driver;
	/** Of chips. */
	pins?: ChipPins;
	chipFaults?: ChipFaults;
	/** Of the ESP32's own MAC. */
	emac?: EmacPins;
	/** Of UARTs. */
	uart?: UartPins & { baud: number };
	/** Options of PPP, SLIP, a VLAN, a bridge or a tunnel. */
	options?: Record<string, unknown>;
	/** Of a VLAN: the interface that carries it. Of a bridge: the first of its ports. */
	parent?: string;
	/** The board file's `wire`, for messages. */
	wire: string;
	/** What the board's process opens: the name of a TAP device, or the path of a UNIX stream socket. */
	tap?: string;
	socket?: string;
	/** A new pty, and the path of the link to it, or "". */
	pty?: string;
	mac: string;
	/** 1500 where the board file says nothing, and of PPP and SLIP what they choose. */
	mtu: number | undefined;
	addresses: string[];
	dhcp?: DhcpFile;
	linkLocal?: boolean;
	probe?: boolean;
	dhcpServer?: DhcpServerFile;
	advertise?: AdvertiseFile;
	uplink?: UplinkFile;
	queue?: QueueFile;
	ipv6?: Ipv6File;
	gateway?: string;
	metric: number;
	dns?: string[];
	domains?: true | string[];
	faults?: FaultOptions & LineFaults;
	faultSeed: number;
	/** Where its frames are recorded. */
	capture?: string;
	/** Where the bytes of its HDLC line are. */
	byteCapture?: string;
	/** Faults of its wire may be changed while the board runs. */
	changing?: boolean;
	/** The UNIX stream socket that its packets are sent to while they pass. */
	packets?: string;
}

/** What the board's process is started with. */
export interface BoardConfiguration {
	name: string;
	stack: StackOptions;
	/** What stack and program may hold of the JavaScript heap, bytes, or "board" for what a board has. No limit without it, and for 0. */
	heap?: number | "board";
	interfaces: InterfaceConfiguration[];
	routes: BoardRoute[];
	dns?: string[];
	dnsForwarder?: DnsForwarderFile;
	mdns?: MdnsFile;
	router?: RouterFile;
	/** Fixes all randomness; the operating system's without it. */
	seed?: number;
	/** What --set says to the program. */
	settings?: Record<string, string>;
}

/** What the board's process tells the command line, each as JSON in one frame. */
export type BoardMessage = { ready: true } | { failed: string; status: number } | BoardAnswer;

/** What the command line asks of the board's process, each as JSON in one frame. `id`: a number of its own, that the answer has. */
export type BoardRequest = { id: number } & BoardAction;

export type BoardAction =
	/** What there is to see of the stack: `Status` of src/status/status.ts. */
	| { do: "status" }
	/** Takes the link down, whatever is plugged in, or lets it be up again. */
	| { do: "link"; interface: string; up: boolean }
	/** From now on the wire loses, delays and so on as this says, in both directions; what is not named it does not do. Of Ethernet only. */
	| { do: "faults"; interface: string; faults: FaultOptions }
	/** Adds an address with its prefix, "192.168.77.3/24". */
	| { do: "addAddress"; interface: string; address: string }
	| { do: "removeAddress"; interface: string; address: string };

/** The answer to a request: it is done, with what was asked for as text in several parts perhaps, of which the last says so; or why it is not. */
export type BoardAnswer = { answer: number; part?: string; last?: true } | { answer: number; wrong: string };

/** Exit statuses of the board's process beside 0; 70 and 71 are the XS host's own. */
export const STATUS_FAILED = 1;
export const STATUS_INPUT = 2;
export const STATUS_PROGRAM = 70;
export const STATUS_MEMORY = 71;
/** The command line's own: a board did not end when it was asked to. */
export const STATUS_HUNG = 72;
