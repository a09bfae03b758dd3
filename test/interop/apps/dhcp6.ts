// DHCPv6 on eth0, as routers say, as JSON lines.

import { print } from "host/system";
import { Autoconfiguration } from "multihome/ipv6";
import { Dhcp6Client } from "multihome/dhcp6";
import status from "../../../hosts/examples/status.ts";

const { stack } = device;
const name = "eth0";
status(device);
new Autoconfiguration(stack, name);
new Dhcp6Client(stack, name, {
	onChanged() {
		const { renewsInMs, ...state } = this.state;
		const own = stack.interfaces.find(name)!.addresses.map(({ address, length }) => `${address}/${length}`);
		print(JSON.stringify({ name, ...state, renews: renewsInMs > 0, own }));
	},
});
