// A program without @moddable/typings: the names of ECMA-419 stand for multihome's classes, extra options among them.

import Listener from "embedded:io/socket/listener";
import TCP, { type Options } from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import type { IO, TCP as SameTCP, TCPError } from "multihome";
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
		const from = this.read();
		if (from !== undefined) new TCP({ from, noDelay: true });
	},
});
const udp = new UDP({ port: 53, interface: device.stack.interfaces.find("eth0") });
const datagram = udp.read();
if (datagram !== undefined) udp.write(datagram, datagram.address, datagram.port);
const io: IO = device.io;
new io.UDP({});

// @ts-expect-error a port is no boolean
new TCP({ address: "10.0.0.1", port: true });
// @ts-expect-error no option of that name
new UDP({ prot: 53 });
// @ts-expect-error no reason of that name
if (why === "bored") tcp.close();
