// Not a link, but also there only where the board file wants it: an Ethernet interface gets its address by DHCP, and says when one comes or goes.

import type { Stack } from "multihome";
import { DhcpClient, type DhcpOptions } from "multihome/dhcp";
import type { Say } from "./link.ts";

/** `interfaces[].dhcp` of a board file. */
export type DhcpFile = true | Omit<DhcpOptions, "onChanged">;

function dhcpOptions(name: string, file: DhcpFile, say: Say): DhcpOptions<DhcpClient> {
	const none = "no address";
	let said = `${none} (dhcp)`;
	return {
		...(file === true ? {} : file),
		onChanged() {
			const { address } = this;
			const { prefixLength, reason } = this.view; // `state` formats each address, and frames wait meanwhile
			const text = address === null ? none : `${address}/${prefixLength}`;
			const line = `${text} (dhcp${reason === "" ? "" : `: ${reason}`})`;
			if (line === said) return;
			said = line;
			say(`${name} ${line}`);
		},
	};
}

export type StartDhcp = (stack: Stack, name: string, file: DhcpFile, say: Say) => DhcpClient;

const dhcp: StartDhcp = (stack, name, file, say) => new DhcpClient(stack, name, dhcpOptions(name, file, say));
export default dhcp;
