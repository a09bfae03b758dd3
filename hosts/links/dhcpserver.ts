// Not a link, but also there only where the board file wants it: the stations of an Ethernet interface's subnet get their addresses from this board, and it says who has one.

import type { Stack } from "multihome";
import { DhcpServer, type DhcpServerOptions } from "multihome/dhcp-server";
import type { Say } from "./link.ts";

/** `interfaces[].dhcpServer` of a board file. */
export type DhcpServerFile = true | Omit<DhcpServerOptions, "onChanged">;

export type StartDhcpServer = (stack: Stack, name: string, file: DhcpServerFile, say: Say) => void;

const dhcpServer: StartDhcpServer = (stack, name, file, say) => {
	let said = "";
	new DhcpServer(stack, name, {
		...(file === true ? {} : file),
		onChanged() {
			const lent = this.leases.map(({ address, hostname }) => (hostname === "" ? address : `${address} ${hostname}`)).join(", ");
			if (lent === said) return;
			said = lent;
			say(`${name} lends ${lent === "" ? "nothing" : lent}`);
		},
	});
};
export default dhcpServer;
