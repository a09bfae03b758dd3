// A program without @moddable/typings: the names of ECMA-419 stand for multihome's classes, extra options among them.

import Listener from "embedded:io/socket/listener";
import TCP, { type Options } from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Time from "time";
import Timer from "timer";
import type { Device } from "multihome/device";
import type { IO, TCP as SameTCP, TCPError } from "multihome";
import type { Network } from "multihome/network";
import OurTCP from "multihome/io/tcp";

const options: Options = { address: "10.0.0.1", port: 80, interface: "eth0", keepAlive: 1000 };
const tcp: SameTCP = new TCP(options);
const why: TCPError | undefined = tcp.error;
tcp.shutdown();
new OurTCP({
	...options,
	onReadable(bytes) {
		const all: ArrayBuffer | number | undefined = this.read(bytes);
		if (all !== undefined) this.write(all);
	},
});
new Listener({
	port: 80,
	onReadable() {
		// One type by all names.
		const from: SameTCP | undefined = this.read();
		if (from !== undefined) new OurTCP({ from, noDelay: true });
	},
});
const udp = new UDP({ port: 53, interface: device.stack.interfaces.find("eth0") });
const datagram = udp.read();
if (datagram !== undefined) udp.write(datagram, datagram.address, datagram.port);
const io: IO = device.io;
new io.UDP({});

// Moddable's globals and modules, and what a host gives.
Timer.set((timer) => Timer.clear(timer), 1000);
trace(`${Time.delta(Time.ticks)} ms\n`);
const network: Network = device.network.interfaces;
network.routes.add({ prefix: "10.0.0.0/8", gateway: "192.168.1.7", interface: "eth0" });
device.stack.interfaces.find("eth0")?.addAddress("192.168.77.2/24");
export default function (given: Device): void {
	given.network.interfaces.watch(() => given.heap?.slotsUsed());
}

// @ts-expect-error a port is no boolean
new TCP({ address: "10.0.0.1", port: true });
// @ts-expect-error no option of that name
new UDP({ prot: 53 });
// @ts-expect-error no reason of that name
if (why === "bored") tcp.close();
