// The default program, and beside it a resolver: UDP port 9999 takes "HOST FAMILY INTERFACE", the last two if need be, and answers with the address or
// "CODE message", and how long it took; "HOST tcp" connects to port 7777 of it, and answers with the address of the connection that stands.

import Resolver from "multihome/io/dns";
import "multihome/mdns";
import status from "../../../hosts/examples/status.ts";

const CONTROL_PORT = 9999;

const { io } = device;
status(device);

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function connect(host: string, tell: (text: string) => void): void {
	const begun = Date.now();
	const client = new io.TCP({
		host,
		port: 7777,
		onWritable() {
			tell(`${client.remoteAddress} (${Date.now() - begun} ms)`);
			client.close();
		},
		onError() {
			tell(`${client.error} (${Date.now() - begun} ms)`);
			client.close();
		},
	});
}

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const [host, family, name] = String.fromCharCode(...new Uint8Array(command)).split(" ");
			if (family === "tcp") {
				connect(host!, (text) => this.write(bytesOf(text), address, port));
				continue;
			}
			const resolver = new Resolver(name === undefined ? {} : { interface: name });
			const begun = Date.now();
			resolver.resolve({ host: host!, family: family === "6" ? 6 : 4 }, (error, found) => {
				const text = error === null ? found : `${error.code} ${error.message}`;
				this.write(bytesOf(`${text} (${Date.now() - begun} ms)`), address, port);
				resolver.close();
			});
		}
	},
});
