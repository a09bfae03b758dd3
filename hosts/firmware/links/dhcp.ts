// Not a link, but also there only where the board file wants it: an Ethernet interface gets its address by DHCP.

import { DhcpClient } from "multihome";
import type { Interface } from "../../../src/link/interface.ts";
import type { Stack } from "../../../src/stack.ts";
import { dhcpOptions, type DhcpFile } from "../../dhcp.ts";

export type StartDhcp = (stack: Stack, link: Interface, file: DhcpFile) => void;

const dhcp: StartDhcp = (stack, { name }, file) => {
	new DhcpClient(
		stack,
		name,
		dhcpOptions(name, file, (line) => trace(`${line}\n`)),
	);
};
export default dhcp;
