// Joins a group of each family on its first interface, one for a single source, and one of each family for all sources but one, and says what comes for them; to what that single source says it answers in
// another group.

import { print } from "host/system";
import { UDP } from "multihome";

const socket = new UDP({
	port: 5000,
	onReadable() {
		for (let datagram = socket.read(); datagram !== undefined; datagram = socket.read()) {
			print(`heard ${String.fromCharCode(...new Uint8Array(datagram))} by ${datagram.localAddress} from ${datagram.address}`);
			if (datagram.localAddress === "232.1.2.3") socket.write(new Uint8Array(datagram), "232.1.2.4", 5001);
		}
	},
});
for (const group of ["239.1.2.3", "ff15::1234"]) socket.add(group, "eth0");
socket.add("232.1.2.3", "eth0", "192.168.77.1");
socket.add("239.1.2.5", "eth0", { except: "192.168.77.8" });
socket.add("ff15::5", "eth0", { except: "2001:db8:77::8" });
