// DHCPv6 on eth0, whatever routers say: an address, and a prefix for eth1, as JSON lines. All is given back once an address that was tried has been renewed.

import { print } from "host/system";
import { Autoconfiguration } from "multihome/ipv6";
import { Dhcp6Client } from "multihome/dhcp6";

const { stack } = device;
let before = "";
const own = (name: string) => stack.interfaces.find(name)!.addresses.map(({ address, length }) => `${address}/${length}`);
const addresses: Autoconfiguration = new Autoconfiguration(stack, "eth0", { onChanged: () => client.advertised() });
const client: Dhcp6Client = new Dhcp6Client(stack, "eth0", {
	addresses,
	mode: "address",
	delegate: ["eth1"],
	onChanged() {
		const { state, address, prefix, dns, domains } = this.state;
		print(JSON.stringify({ state, address, prefix, dns, domains, eth0: own("eth0"), eth1: own("eth1") }));
		const used = addresses.state.addresses.some((each) => each.address === address && each.state === "preferred");
		const renewed = address === before;
		before = address;
		if (state !== "bound" || !renewed || !used) return;
		this.close();
		print(JSON.stringify({ state: "closed", eth0: own("eth0"), eth1: own("eth1") }));
	},
});
