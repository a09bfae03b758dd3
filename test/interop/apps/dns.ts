// The default program, and beside it a resolver: UDP port 9999 takes "HOST FAMILY INTERFACE", the last two if need be, and answers with the address or
// "CODE message", and how long it took.

import Resolver from "multihome/io/dns";
import "multihome/mdns";
import status from "../../../hosts/examples/status.ts";

const CONTROL_PORT = 9999;

const { io } = device;
status(device);

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const [host, family, name] = String.fromCharCode(...new Uint8Array(command)).split(" ");
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
