// Who may be asked for: against DNS rebinding. A page of a stranger's that a browser shows may lead its own name to the board's address, and so would read
// what the board answers, as of its own site. The name in the request tells: it is the stranger's.

import { isIpv4 } from "multihome";
import type { Stack } from "../device.ts";

/**
 * Whether a request for that host is for this board: for an address, whichever (what cannot be looked up cannot be rebound, and somebody may forward a port),
 * for "localhost", for a name in `names`, and for what the DHCP clients call the board, alone, with the domain or with ".local". A request that names no host, as of HTTP/1.0, is too.
 */
export function isOwnHost({ interfaces }: Stack, host: string, names: readonly string[] = []): boolean {
	if (host === "" || host === "localhost" || host.charCodeAt(0) === BRACKET) return true;
	if (isIpv4(host)) return true;
	if (host.endsWith(".")) host = host.slice(0, -1);
	for (let i = 0; i < names.length; i++) if (isName(host, names[i]!.toLowerCase(), "")) return true;
	for (let i = 0; i < interfaces.list.length; i++) {
		const { lease } = interfaces.list[i]!.ip;
		if (lease === undefined) continue;
		const { hostname, domain } = lease.state;
		if (hostname !== "" && isName(host, hostname.toLowerCase(), domain.toLowerCase())) return true;
	}
	return false;
}

const BRACKET = 91;

function isName(host: string, name: string, domain: string): boolean {
	return host === name || host === `${name}.local` || (domain !== "" && host === `${name}.${domain}`);
}
