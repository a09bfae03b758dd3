// Sends and receives what goodput-peer.c checks and sends, straight on sockets, whatever time it takes: port 5001 sends 1,000,000 bytes of its pattern on each
// connection, port 5002 takes as many and prints whether they were right. Beside them the default program.

import { print } from "host/system";
import status from "../../../hosts/examples/status.ts";
import { isPattern, pattern, PERIOD } from "../../support/pattern.ts";

const BYTES = 1_000_000;
const { TCP, Listener } = device.io;
type Socket = InstanceType<typeof TCP>;
status(device);

function send(from: Socket): void {
	let sent = 0;
	void new TCP({
		from,
		onWritable(room) {
			const count = Math.min(room, BYTES - sent);
			if (count > 0) this.write(pattern(), sent % PERIOD, count);
			sent += count;
			if (sent === BYTES) this.close();
		},
		onError() {
			print(`sending ended: ${this.error} after ${sent} bytes`);
			this.close();
		},
	});
}

function receive(from: Socket): void {
	const buffer = new Uint8Array(PERIOD);
	let got = 0;
	let right = true;
	void new TCP({
		from,
		onReadable() {
			for (let length = this.read(buffer); length !== undefined; length = this.read(buffer)) {
				right &&= isPattern(buffer, length, got);
				got += length;
			}
		},
		onError() {
			print(`received ${got} bytes, ${right ? "right" : "wrong"}, ${this.error}`);
			this.close();
		},
	});
}

function listen(port: number, serve: (from: Socket) => void): void {
	void new Listener({
		port,
		onReadable() {
			for (let from = this.read(); from !== undefined; from = this.read()) serve(from);
		},
	});
}

listen(5001, send);
listen(5002, receive);
