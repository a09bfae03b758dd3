// What there is to see of a DHCP client.

import { formatIpv4, ipv4Text } from "../../address4.ts";
import type { LeaseView } from "../../link/lease.ts";
import { INFINITE, type Lease } from "./lease.ts";
import type { Term } from "./term.ts";

/** What a session knows besides its lease. */
export type Particulars = Pick<LeaseView, "state" | "reason" | "hostname" | "ignored" | "refused" | "conflicts">;

/** `lease`: the one in use. Allocates. */
export function leaseView(particulars: Particulars, lease: Lease | undefined, term: Term, now: number): LeaseView {
	const left = (at: number): number => (lease === undefined || at === Infinity ? -1 : Math.max(Math.ceil(at - now), 0));
	return {
		...particulars,
		address: ipv4Text(lease?.address ?? 0),
		prefixLength: lease?.length ?? 0,
		broadcast: ipv4Text(lease?.broadcast ?? 0),
		server: ipv4Text(lease?.server ?? 0),
		router: ipv4Text(lease?.router ?? 0),
		dns: (lease?.dns ?? []).map(formatIpv4),
		ntp: (lease?.ntp ?? []).map(formatIpv4),
		domain: lease?.domain ?? "",
		search: lease?.search,
		hostname: lease?.hostname || particulars.hostname,
		mtu: lease?.mtu ?? 0,
		leaseSeconds: lease === undefined ? 0 : lease.seconds === INFINITE ? -1 : lease.seconds,
		renewsInMs: left(term.t1At),
		rebindsInMs: left(term.t2At),
		expiresInMs: left(term.expiresAt),
	};
}
