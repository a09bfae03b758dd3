// The default program; a group on eth0; and a host beyond the routers, pinged for ever: says whether it answers, whenever that is another than before.

import Timer from "timer";
import { print } from "host/system";
import { UDP } from "multihome";
import { Ping } from "multihome/ping";
import status from "../../../hosts/examples/status.ts";

status(device);

const socket = new UDP({
	port: 5000,
	onReadable() {
		for (let datagram = socket.read(); datagram !== undefined; datagram = socket.read())
			print(`heard ${String.fromCharCode(...new Uint8Array(datagram))} by ${datagram.localAddress}`);
	},
});
socket.add("ff15::1234", "eth0");

let last = "";
function say(what: string): void {
	if (what !== last) print(what);
	last = what;
}
const ask = () =>
	void new Ping({
		address: "2001:db8:aaaa::1",
		count: 1,
		timeout: 1000,
		onReply: () => say("the far host answers"),
		onTimeout: () => say("the far host is silent"),
		onError: ({ message }) => say(`the far host: ${message}`),
		onDone: () => void Timer.set(ask, 200),
	});
ask();
