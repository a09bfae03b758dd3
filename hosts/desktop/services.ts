// What a board file's interfaces do for others, or ask others for: a DHCP server, probes of uplinks.

import { settingsOf } from "../../src/service/uplink/options.ts";
import type { BoardFile, BoardInterface } from "./config.ts";

/** What is wrong with `dhcpServer` or `uplink` of an interface, undefined when nothing is. */
export function serviceProblem({ dhcpServer, uplink, probe, addresses = [] }: BoardInterface): string | undefined {
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
