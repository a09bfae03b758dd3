// A program of a Moddable project with @moddable/typings, which the class names of "embedded:" come from: what ours can do more is added, and ours can stand in for them.

import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import { TCP as OurTCP } from "multihome";
import OurUDP from "multihome/io/udp";

const options = { address: "10.0.0.1", port: 80, interface: "eth0", keepAlive: 1000 };
const tcp = new TCP({
	address: "10.0.0.1",
	port: 80,
	onReadable() {
		const count: number | undefined = this.read(new Uint8Array(100), 0, 50);
		if (count === 0 || this.error === "reset") this.shutdown();
	},
});
Timer.set(() => tcp.close(), 1000);
new TCP(options);
new OurTCP({ ...options, noDelay: true });
new OurTCP({
	address: "10.0.0.1",
	port: 80,
	interface: "eth0",
	onError() {
		this.close();
	},
});
const listener = new Listener({
	port: 80,
	onReadable() {
		const from = this.read();
		if (from !== undefined) new TCP({ from });
	},
});
listener.close();
const udp = new UDP({ port: 53 });
const count: number | undefined = udp.read(new ArrayBuffer(100));
udp.write(new ArrayBuffer(100), "10.0.0.1", 53, count);
const ours = new OurUDP({ port: 53, interface: "eth0" });

// What takes instances of those classes takes ours.
const instances: { tcp: Pick<TCP, "close" | "shutdown" | "format" | "error">; udp: Pick<UDP, "close" | "port"> } = {
	tcp: new OurTCP({ ...options }),
	udp: ours,
};
instances.udp.close();

// @ts-expect-error its options are closed: types/README.md says what to do instead
new TCP({ address: "10.0.0.1", port: 80, interface: "eth0" });
// @ts-expect-error no reason of that name
if (tcp.error === "bored") tcp.close();
