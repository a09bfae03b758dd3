// From a board file to a running program, on every host: the stack, its interfaces with their addresses, routes and services, `device`, and the program.
// What differs is the host's: the clock and chance, how a driver is opened, and what becomes of what goes wrong.

import { Listener, Stack, TCP, UDP, useStack } from "multihome";
import type { Interface } from "multihome";
import type { DhcpClient } from "multihome/dhcp";
import type { StackOptions } from "../src/config.ts";
import { describe } from "./describe.ts";
import type { DhcpFile, StartDhcp } from "./links/dhcp.ts";
import type { Dhcp6File, StartDhcp6 } from "./links/dhcp6.ts";
import type { StartGroups } from "./links/groups.ts";
import type { Ipv6File, StartIpv6 } from "./links/ipv6.ts";
import type { MakeLink, Say } from "./links/link.ts";
import type { DhcpServerFile, StartDhcpServer } from "./links/dhcpserver.ts";
import type { StartLinkLocal } from "./links/linklocal.ts";
import type { AdvertiseFile, StartAdvertisers } from "./links/advertise.ts";
import type { StartDomains } from "./links/domains.ts";
import type { DnsForwarderFile, StartDnsForwarder } from "./links/dnsforwarder.ts";
import type { MdnsFile, StartMdns } from "./links/mdns.ts";
import type { QueueFile, StartQueue } from "./links/queue.ts";
import type { RouterFile, StartRouter } from "./links/router.ts";
import type { StartUplink, UplinkFile } from "./links/uplink.ts";
import type { JoinNetwork } from "./links/wifi.ts";
import { makeDevice, type Device, type NetworkOptions } from "./network.ts";
import { settingsOf } from "./settings.ts";

/** What a board file says of an interface, as far as it concerns all hosts. */
export interface InterfaceFile {
	name: string;
	/** Its kind among the links. */
	link: string;
	/** Of a VLAN: the interface that carries it, which stands before it. Of a bridge: the first of its ports. */
	parent?: string | undefined;
	addresses: string[];
	dhcp?: DhcpFile | undefined;
	/** An address of 169.254.0.0/16 while there is no other of IPv4. */
	linkLocal?: boolean | undefined;
	/** Its address is not used before it is known that no other station has it. */
	probe?: boolean | undefined;
	/** Addresses of its subnet are lent to stations. */
	dhcpServer?: DhcpServerFile | undefined;
	/** Stations are told of prefixes of IPv6. */
	advertise?: AdvertiseFile | undefined;
	/** It is asked whether the network behind it answers. */
	uplink?: UplinkFile | undefined;
	/** Its packets wait in queues by flows. */
	queue?: QueueFile | undefined;
	ipv6?: Ipv6File | undefined;
	gateway?: string | undefined;
	mtu?: number | undefined;
	metric?: number | undefined;
	/** Name servers that are asked by it. */
	dns?: string[] | undefined;
	/** Domains whose names its servers know; true: those that it is told. */
	domains?: true | string[] | undefined;
	/** Of the link itself. */
	options?: Record<string, unknown> | undefined;
}

/** What a board file says. */
export interface BoardFile<I extends InterfaceFile = InterfaceFile> {
	stack: StackOptions;
	interfaces: readonly I[];
	routes: readonly { prefix: string; gateway?: string; interface?: string; metric?: number }[];
	/** Name servers of the whole board. */
	dns?: string[] | undefined;
	/** Stations of some interfaces ask this board for names. */
	dnsForwarder?: DnsForwarderFile | undefined;
	/** The board's name and services by multicast DNS. */
	mdns?: MdnsFile | undefined;
	/** Filter and translation. */
	router?: RouterFile | undefined;
}

/** What there is to make of a board file: a firmware has those parts that its own needs. */
export interface Parts {
	/** By kind: hosts/links. */
	readonly links: Readonly<Record<string, MakeLink>>;
	readonly startDhcp?: StartDhcp | undefined;
	readonly startLinkLocal?: StartLinkLocal | undefined;
	readonly startDhcpServer?: StartDhcpServer | undefined;
	readonly startAdvertisers?: StartAdvertisers | undefined;
	readonly startUplink?: StartUplink | undefined;
	readonly startQueue?: StartQueue | undefined;
	readonly startIpv6?: StartIpv6 | undefined;
	readonly startDhcp6?: StartDhcp6 | undefined;
	readonly startGroups?: StartGroups | undefined;
	readonly startDomains?: StartDomains | undefined;
	readonly startDnsForwarder?: StartDnsForwarder | undefined;
	readonly startMdns?: StartMdns | undefined;
	readonly startRouter?: StartRouter | undefined;
	readonly joinNetwork?: JoinNetwork | undefined;
	readonly useNameServers?: ((stack: Stack, servers: readonly string[]) => void) | undefined;
}

export interface Host<I extends InterfaceFile = InterfaceFile> {
	/** In place of the random bits that the stack takes of the host. */
	readonly random32?: () => number;
	/** Given, the host polls by itself: this asks for it, from a callback of a timer, never from within. */
	readonly onWake?: () => void;
	/** Opens the driver of an interface; undefined where there is none, and the board goes on without. `place` is where the board file names it. */
	open(interface_: I, place: string): unknown;
	/** An interface is there, with what the board file says of it, and the DHCP client that it has. */
	added?(stack: Stack, link: Interface, interface_: I, client: DhcpClient | undefined): void;
	/** Others are told when this is closed: that the board's name is nobody's any more, that what a server lent is given back. */
	ends?(service: { close(): void }): void;
	/** What a callback of the program threw: that ends its socket, not the program. */
	readonly onError: (error: unknown) => void;
	readonly say: Say;
}

/** Runs `action`; what it throws says which value of the board file it is about. */
export function within<T>(place: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
	}
}

/** Makes the stack of a board, which is the one that the imported classes use from then on. Throws Error that names what is wrong in the board file. */
export function boot<I extends InterfaceFile>(board: BoardFile<I>, parts: Parts, host: Host<I>): Stack {
	const stack = new Stack({ ...board.stack, random32: host.random32, onWake: host.onWake });
	parts.startGroups?.(stack);
	for (const [i, each] of board.interfaces.entries()) addInterface(stack, each, `interfaces[${i}]`, parts, host);
	// Behind all interfaces: some of them may have part of a prefix.
	for (const [i, { name, ipv6 }] of board.interfaces.entries())
		if (typeof ipv6 === "object" && wantsDhcp(ipv6) && stack.interfaces.find(name) !== undefined)
			host.ends?.(within(`interfaces[${i}].ipv6`, () => parts.startDhcp6!(stack, name, ipv6, host.say)));
	for (const [i, { prefix, gateway, interface: name, metric }] of board.routes.entries()) {
		const link = stack.interfaces.find(name!);
		// Addresses that are tried come later, those of IPv6 always.
		const onLink = gateway?.includes(":") === true || board.interfaces.some((each) => each.name === name && each.probe === true);
		if (link !== undefined) within(`routes[${i}]`, () => stack.routes.add({ prefix, gateway, interface: link, metric, onLink }));
	}
	if (board.router !== undefined) parts.startRouter!(stack, board.router);
	if (board.dns !== undefined) parts.useNameServers!(stack, board.dns);
	parts.startAdvertisers?.(stack, board.interfaces, host);
	parts.startDomains?.(stack, board.interfaces);
	const { dnsForwarder, mdns } = board;
	if (dnsForwarder !== undefined) parts.startDnsForwarder!(stack, dnsForwarder);
	if (mdns !== undefined) {
		host.ends?.(within("mdns", () => parts.startMdns!(stack, mdns, host.say)));
	}
	useStack(stack);
	stack.events.onError = host.onError;
	return stack;
}

function wantsDhcp({ dhcp }: Dhcp6File): boolean {
	return dhcp !== undefined && dhcp !== false;
}

function addInterface<I extends InterfaceFile>(stack: Stack, file: I, place: string, parts: Parts, host: Host<I>): void {
	const {
		name,
		link: kind,
		parent,
		addresses,
		dhcp,
		linkLocal,
		probe,
		dhcpServer,
		uplink,
		queue,
		ipv6,
		gateway,
		mtu,
		metric,
		dns,
		options,
	} = file;
	const bare = kind === "loopback" || kind === "tunnel"; // nothing is below it
	// Where the parent's driver is missing there are none of its VLANs, and no bridge.
	const driver = parent !== undefined ? stack.interfaces.find(parent) : bare ? undefined : host.open(file, place);
	if (driver === undefined && !bare) return;
	const common = mtu === undefined ? { metric } : { mtu, metric };
	const where = options === undefined ? place : `${place}.${kind}`;
	const link = within(where, () => parts.links[kind]!(name, driver, common, options ?? {}, stack));
	within(place, () => {
		stack.interfaces.add(link);
		for (const text of addresses)
			if (probe === true) parts.startLinkLocal!(stack, name, host.say, text);
			else link.addAddress(text);
		if (gateway !== undefined) stack.routes.add({ prefix: "0.0.0.0/0", gateway, interface: link, onLink: probe });
		if (dns !== undefined) link.nameServers = dns;
		if (ipv6 !== undefined) parts.startIpv6!(stack, name, ipv6, host.say);
		host.added?.(stack, link, file, dhcp === undefined ? undefined : parts.startDhcp!(stack, name, dhcp, host.say));
		if (linkLocal === true) parts.startLinkLocal!(stack, name, host.say);
		if (dhcpServer !== undefined) parts.startDhcpServer!(stack, name, dhcpServer, host.say);
		if (queue !== undefined) parts.startQueue!(stack, name, queue);
		if (uplink !== undefined) parts.startUplink!(stack, name, uplink, host.say);
	});
}

/** Frozen once, when a firmware is made: it lies in flash. */
const io = Object.freeze({ TCP, Listener, UDP });

/** `device`, which programs are given: what the host has, the stack and its classes. */
export function deviceOf(stack: Stack, network: NetworkOptions, ours: Device): Device {
	return makeDevice(stack, { ...ours, io, network });
}

/**
 * Runs the program, the module "program": it runs when it is imported, or its default export is called with `device` and its settings. `said` is what --set
 * says of these, `loaded` is called when its modules are there. Rejects with what it threw, or SettingError.
 */
export async function runProgram(device: Device, said: Record<string, string> | undefined, loaded?: () => void): Promise<void> {
	const { default: program, settings } = await import("program");
	loaded?.();
	const given = settingsOf(settings, said);
	if (typeof program === "function") await program(device, given);
}

/** The line that tells of what a callback of the program threw. */
export function thrown(error: unknown): string {
	return `a socket's callback threw: ${describe(error)}`;
}
