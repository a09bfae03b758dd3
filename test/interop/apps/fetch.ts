// The default program, and beside it a client: UDP port 9999 takes "ADDRESS PORT", connects there, reads until the other side closes, and
// answers with the count and the Internet checksum of what came, as POST /sink does, or with what went wrong.

import { checksum } from "#codec";
import status from "../../../hosts/examples/status.ts";

const CONTROL_PORT = 9999;

const { io } = device;
status(device);
const bytes = new Uint8Array(2048);
const view = new DataView(bytes.buffer);

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function fetch(address: string, port: number, answer: (text: string) => void): void {
	let count = 0;
	let sum = 0;
	void new io.TCP({
		address,
		port,
		onReadable() {
			// An even number at a time: the sum needs no swapping.
			for (let length = this.read(bytes); length !== undefined; length = this.read(bytes)) {
				let part = checksum(view, 0, length, 0);
				if (count & 1) part = ((part & 0xff) << 8) | (part >> 8);
				sum += part;
				sum = (sum & 0xffff) + (sum >> 16);
				count += length;
			}
		},
		onError() {
			answer(this.error === "closed" ? `{"count":${count},"checksum":${~sum & 0xffff}}` : `${this.error} after ${count} bytes`);
			this.close();
		},
	});
}

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const [to, toPort] = String.fromCharCode(...new Uint8Array(command)).split(" ");
			try {
				fetch(to!, Number(toPort), (text) => this.write(bytesOf(text), address, port));
			} catch (error) {
				this.write(bytesOf(String(error)), address, port);
			}
		}
	},
});
