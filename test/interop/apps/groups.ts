// Joins a group of each family on its first interface, and says what comes for them.

import { print } from "host/system";
import { UDP } from "multihome";

const socket = new UDP({
	port: 5000,
	onReadable() {
		for (let datagram = socket.read(); datagram !== undefined; datagram = socket.read())
			print(`heard ${String.fromCharCode(...new Uint8Array(datagram))} by ${datagram.localAddress}`);
	},
});
for (const group of ["239.1.2.3", "ff15::1234"]) socket.add(group, "eth0");
