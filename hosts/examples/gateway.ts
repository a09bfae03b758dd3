// The router of a small network: a LAN and a VLAN for guests behind two uplinks, Ethernet and a modem, with NAT, a filter, addresses and names for stations. The board file says all of that; here are the page, and a line when the way out
// is another one.
//
//	npm run simulate -- --board hosts/desktop/boards/gateway.json --app hosts/examples/gateway.ts

import { leadsOut, print } from "./common.ts";
import type { Device } from "./device.ts";
import status, { settings } from "./status.ts";

export { settings };

export default function gateway(device: Device, given = settings): void {
	status(device, given, false);
	const { routes } = device.network.interfaces;
	let said = "";
	device.stack.watch(() => {
		const ways = routes.list.filter(({ active, prefix }) => active && leadsOut(prefix)).sort((a, b) => a.metric - b.metric);
		const line = ways.length === 0 ? "no way out" : `out by ${ways[0]!.interface}`;
		if (line !== said) print((said = line));
	});
}
