// The example traceroute, to a host two routers away, by IPv4 and then by IPv6.

import { print } from "host/system";
import status from "../../../hosts/examples/status.ts";
import traceroute from "../../../hosts/examples/traceroute.ts";

const { stack } = device;
status(device);
const eth0 = stack.interfaces.find("eth0")!;
eth0.addAddress("2001:db8:77::2/64");
stack.routes.add({ prefix: "::/0", gateway: "2001:db8:77::1", interface: eth0 });
traceroute(device, {
	host: "10.2.0.2",
	onDone() {
		print("done");
		traceroute(device, { host: "2001:db8:2::2", onDone: () => print("done") });
	},
});
