// What the boards of load.test.ts run: the program of hosts/examples/status.ts, and a look-up of another name every second.

import Timer from "timer";
import type { Device } from "../../../hosts/examples/device.ts";
import status from "../../../hosts/examples/status.ts";

const SERVERS = ["192.168.77.1", "192.168.78.1"];

export default function load(device: Device): void {
	status(device);
	const { dns } = device.network;
	const resolver = new dns!.io!({ servers: SERVERS, ...dns } as typeof dns & object);
	let turn = 0;
	Timer.repeat(() => resolver.resolve({ host: `host${turn++}.example` }, () => {}), 1000);
}
