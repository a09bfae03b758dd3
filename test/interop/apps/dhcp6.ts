// DHCPv6 on eth0 as routers say and eth1, as routers say, as JSON lines.

import { print } from "host/system";
import { Autoconfiguration } from "multihome/ipv6";
import { Dhcp6Client } from "multihome/dhcp6";
import status from "../../../hosts/examples/status.ts";

const { stack } = device;
status(device);
for (const [name, delegate] of [
	["eth0", []],
	["eth1", []],
] as const) {
	const addresses: Autoconfiguration = new Autoconfiguration(stack, name, { onChanged: () => client.advertised() });
	const client: Dhcp6Client = new Dhcp6Client(stack, name, {
		addresses,
		delegate,
		onChanged() {
			const { renewsInMs, ...state } = this.state;
			const own = stack.interfaces.find("eth0")!.addresses.map(({ address, length }) => `${address}/${length}`);
			print(JSON.stringify({ name, ...state, renews: renewsInMs > 0, own }));
		},
	});
}
