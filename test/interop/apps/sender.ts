// UDP port 9998 takes {address, port, ttl, size} as JSON, sends a datagram there from another socket, and answers the ICMP error that it hears of as JSON.

import status from "../../../hosts/examples/status.ts";

const { io, stack } = device;
status(device);
const eth0 = stack.interfaces.find("eth0")!;
eth0.addAddress("2001:db8:77::2/64");
stack.routes.add({ prefix: "2001:db8:69::/64", gateway: "2001:db8:77::1", interface: eth0 });

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

let last: InstanceType<typeof io.UDP> | undefined;

void new io.UDP({
	port: 9998,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const { ttl, size, ...to } = JSON.parse(String.fromCharCode(...new Uint8Array(command))) as {
				address: string;
				port: number;
				ttl: number;
				size?: number;
			};
			// The one before, if it heard nothing.
			last?.close();
			const socket = new io.UDP({
				ttl,
				onError: (error) => {
					socket.close();
					this.write(bytesOf(JSON.stringify(error ?? null)), address, port);
				},
			});
			last = socket;
			socket.write(size === undefined ? bytesOf("datagram") : new Uint8Array(size), to.address, to.port);
		}
	},
});
