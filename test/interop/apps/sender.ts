// UDP port 9998 takes {address, port, ttl} as JSON, sends a datagram there from another socket, and answers the ICMP error that it hears of as JSON.

import status from "../../../hosts/examples/status.ts";

const { io, stack } = device;
status(device);
stack.interfaces.find("eth0")!.addAddress("2001:db8:77::2/64");

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

void new io.UDP({
	port: 9998,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const { ttl, ...to } = JSON.parse(String.fromCharCode(...new Uint8Array(command))) as {
				address: string;
				port: number;
				ttl: number;
			};
			const socket = new io.UDP({
				ttl,
				onError: (error) => {
					socket.close();
					this.write(bytesOf(JSON.stringify(error ?? null)), address, port);
				},
			});
			socket.write(bytesOf("datagram"), to.address, to.port);
		}
	},
});
