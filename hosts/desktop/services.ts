// What a board file's interfaces do for others, or ask others for: a DHCP server, probes of uplinks.

import { limitsOf, type StackOptions } from "../../src/config.ts";
import { DNS_FORWARD_CONNECTIONS, DNS_FORWARD_QUESTIONS } from "../../src/service/dns-forwarder/limits.ts";
import { settingsOf } from "../../src/service/uplink/options.ts";
import type { BoardFile, BoardInterface } from "./config.ts";

/** What is wrong with `dhcpServer`, `advertise` or `uplink` of an interface, undefined when nothing is. */
export function serviceProblem(
	{ dhcpServer, advertise, ipv6, uplink, probe, addresses = [] }: BoardInterface,
	{ forwarding }: BoardFile,
): string | undefined {
	if (advertise !== undefined && advertise !== false) {
		if (ipv6 === undefined) return 'advertise: there is no IPv6 on it; remove "ipv6": "off", or advertise';
		if (forwarding !== true) return 'advertise: a router forwards; say "forwarding": true';
	}
	if (dhcpServer !== undefined && dhcpServer !== false) {
		if (probe === true) return "dhcpServer: takes an address that is there from the start; remove it, or probe";
		if (!addresses.some((address) => !address.includes(":")))
			return "dhcpServer: lends addresses of the interface's subnet; give it one of IPv4 in addresses, or remove dhcpServer";
	}
	if (uplink === undefined) return undefined;
	try {
		settingsOf(uplink);
	} catch (error) {
		return `uplink: ${(error as Error).message}`;
	}
	return undefined;
}

/** How many interfaces are asked in that way. */
export function probesOf({ interfaces }: BoardFile, kind: "icmp" | "dns"): number {
	return interfaces.filter(({ uplink }) => uplink?.[kind] !== undefined).length;
}

/** UDP sockets of the services that all of this takes. */
export function serviceSockets(file: BoardFile): number {
	return (
		file.interfaces.filter(({ dhcpServer }) => dhcpServer !== undefined && dhcpServer !== false).length + probesOf(file, "dns")
	);
}

/** UDP and TCP sockets that a forwarder of names takes. */
export function forwarderSockets({ dnsForwarder }: BoardFile): { udp: number; tcp: number } {
	if (dnsForwarder === undefined) return { udp: 0, tcp: 0 };
	const { interfaces, questions = DNS_FORWARD_QUESTIONS, connections = DNS_FORWARD_CONNECTIONS } = dnsForwarder;
	return { udp: interfaces.length + questions, tcp: connections === 0 ? 0 : interfaces.length + 2 * connections };
}

/** The sockets of a board with those for its forwarder beside the ones that others have by themselves. */
export function withForwarder(file: BoardFile, sockets: StackOptions["sockets"]): StackOptions["sockets"] {
	const more = forwarderSockets(file);
	if (more.udp === 0) return sockets;
	const standard = limitsOf();
	return { ...sockets, udp: sockets?.udp ?? standard.udp + more.udp, tcp: sockets?.tcp ?? standard.tcp + more.tcp };
}

/** What is wrong with `dnsForwarder`, undefined when nothing is. */
export function forwarderProblem(file: BoardFile): string | undefined {
	const names = file.interfaces.map(({ name }) => name);
	const served = file.dnsForwarder?.interfaces ?? [];
	for (const [i, name] of served.entries()) {
		const place = `dnsForwarder.interfaces[${i}] ${JSON.stringify(name)}`;
		if (!names.includes(name)) return `${place}: there is no such interface; expected ${names.join(", ")}`;
		if (served.indexOf(name) < i) return `${place}: is there already; name each once`;
	}
	const more = forwarderSockets(file);
	for (const kind of ["udp", "tcp"] as const) {
		const given = file.limits?.sockets?.[kind];
		if (given !== undefined && given < more[kind])
			return `limits.sockets.${kind} ${given}: expected at least ${more[kind]}, what dnsForwarder takes`;
	}
	return undefined;
}
