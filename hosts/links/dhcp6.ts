// Not a link, but also there only where the board file wants it: an interface that hears routers of IPv6 asks DHCPv6 servers for what these say that there is, and says what it was lent.

import type { Stack } from "multihome";
import { Dhcp6Client, type Dhcp6Options } from "multihome/dhcp6";
import type { Say } from "./link.ts";

/** Of `interfaces[].ipv6` of a board file. `dhcp`: true as routers say, or a mode of the client. */
export interface Dhcp6File {
	dhcp?: boolean | "stateless" | "address" | undefined;
	/** Names of interfaces. */
	delegate?: string[] | undefined;
}

export type StartDhcp6 = (stack: Stack, name: string, file: Dhcp6File, say: Say) => { close(): void };

const dhcp6: StartDhcp6 = (stack, name, { dhcp, delegate = [] }, say) => {
	let said = "";
	const options: Dhcp6Options = {
		...(typeof dhcp === "string" && { mode: dhcp }),
		delegate,
		onChanged() {
			const { address, prefix, dns } = this.state;
			const what = [address, prefix, ...(dns.length > 0 ? [`name servers ${dns.join(", ")}`] : [])].filter((text) => text !== "");
			const line = what.length > 0 ? what.join(", ") : "nothing";
			if (line === said) return;
			said = line;
			say(`${name} ${line} (dhcpv6)`);
		},
	};
	return new Dhcp6Client(stack, name, options);
};
export default dhcp6;
