// A bridge between serial and Ethernet: who connects to port 2323 of any interface is joined to port 23 of the machine at the other end of a SLIP line.
// Bytes pass both ways as fast as the slower side takes them.
//
//	npm run simulate -- --board hosts/desktop/boards/slip-bridge.json --app hosts/examples/slip-bridge.ts

import { pipe } from "multihome/pipe";
import type { Device } from "./device.ts";

/** Changed by --set NAME=VALUE; `host` and `farPort`: what connections are joined to. */
export const settings = Object.freeze({ port: 2323, host: "192.168.7.2", farPort: 23 });

export default function bridge({ io }: Device, { port, host, farPort } = settings): void {
	new io.Listener({
		port,
		onReadable() {
			for (let near; (near = this.read());) {
				try {
					const far = new io.TCP({ address: host, port: farPort });
					pipe(near, far);
					pipe(far, near);
				} catch {
					near.close(); // all sockets are in use
				}
			}
		},
	});
}
