// What the board file says of DHCP, and what is said when an address comes or goes.

import { formatIpv4 } from "multihome";
import type { DhcpClient } from "../src/service/dhcp/client.ts";
import type { DhcpOptions } from "../src/service/dhcp/options.ts";

/** `interfaces[].dhcp` of a board file. */
export type DhcpFile = true | Omit<DhcpOptions, "onChanged">;

/** Options of a client of that interface. */
export function dhcpOptions(name: string, file: DhcpFile, say: (line: string) => void): DhcpOptions<DhcpClient> {
	const none = "no address";
	let said = `${none} (dhcp)`;
	return {
		...(file === true ? {} : file),
		onChanged() {
			const { address, prefixLength, reason } = this.state;
			const text = address === 0 ? none : `${formatIpv4(address)}/${prefixLength}`;
			const line = `${text} (dhcp${reason === "" ? "" : `: ${reason}`})`;
			if (line === said) return;
			said = line;
			say(`${name} ${line}`);
		},
	};
}
