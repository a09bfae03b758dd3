// Says the time that two time servers have: 192.168.77.1 by both families, and whoever DHCP names; and that nobody answers at another address.

import { print } from "host/system";
import { SNTP, type SntpOptions } from "multihome/sntp";
import status from "../../../hosts/examples/status.ts";

status(device);

function ask(what: string, options: SntpOptions): void {
	new SNTP(options, (message, value, time) => {
		if (message === SNTP.time) print(`${what}: ${time!.offset} ms, stratum ${time!.stratum}, ${time!.server}`);
		else print(`${what}: ${value}`);
	});
}

ask("four", { host: "192.168.77.1" });
ask("six", { host: "2001:db8:77::1", interval: 64_000 });
ask("next", { servers: ["192.168.78.99", "192.168.78.1"] });
ask("dhcp", { interface: "eth1" });
