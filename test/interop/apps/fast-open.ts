// The default program, and beside it Fast Open both ways: a listener at port 7777 that sends back what comes, and UDP port 9998, to which "address port text" is a server that a connection sends the text to. The
// answer is what the server said, and what the connection knows of its way.

import type { TCP } from "multihome";
import status from "../../../hosts/examples/status.ts";

const { io } = device;
status(device);

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (buffer: ArrayBuffer) => String.fromCharCode(...new Uint8Array(buffer));

void new io.Listener({
	port: 7777,
	fastOpen: true,
	onReadable() {
		for (let from = this.read(); from !== undefined; from = this.read()) {
			void new io.TCP({
				from,
				onReadable(this: TCP) {
					this.write(this.read() as ArrayBuffer);
				},
				onError(this: TCP) {
					this.close();
				},
			});
		}
	},
});

void new io.UDP({
	port: 9998,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address: asker, port: askerPort } = command;
			const [address, port, text] = textOf(command).split(" ");
			const answer = (said: object) => this.write(bytesOf(JSON.stringify(said)), asker, askerPort);
			const socket = new io.TCP({
				address: address!,
				port: port!,
				fastOpen: true,
				onReadable(this: TCP) {
					answer({ said: textOf(this.read() as ArrayBuffer), options: this.tcpInfo()!.options });
					this.close();
				},
				onError(this: TCP) {
					answer({ error: this.error });
					this.close();
				},
			});
			socket.write(bytesOf(text!));
		}
	},
});
