// The board's end of a transfer of `npm run bench -- --goodput --linux`: one connection at port 5001. Settings: "send" BYTES of the pattern, or "receive" into the file PATH.

import { close, openWrite, write } from "host/file";
import { print } from "host/system";

/** As in test/interop/support/goodput-peer.c: a prime, so that no other place of a segment looks right. */
const PERIOD = 65_521;

export const settings = { role: "send", bytes: 0, path: "" };

/** A multiple of the period, and one beginning more: whatever is sent next lies in one piece. */
function pattern() {
	const bytes = new Uint8Array(2 * PERIOD);
	let state = 1;
	for (let i = 0; i < PERIOD; i++) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
		bytes[i] = bytes[i + PERIOD] = state >>> 24;
	}
	return bytes;
}

export default function (device, { role, bytes, path }) {
	const { TCP, Listener } = device.io;

	function send(from) {
		const data = pattern();
		let sent = 0;
		void new TCP({
			from,
			onWritable(room) {
				const count = Math.min(room, bytes - sent);
				if (count > 0) this.write(data, sent % PERIOD, count);
				sent += count;
				if (sent === bytes) this.close();
			},
			onError() {
				print(`error: ${this.error} after ${sent} bytes`);
				this.close();
			},
		});
	}

	function receive(from) {
		const buffer = new Uint8Array(PERIOD);
		const file = openWrite(path);
		void new TCP({
			from,
			onReadable() {
				for (let length = this.read(buffer); length !== undefined; length = this.read(buffer)) write(file, buffer, 0, length);
			},
			onError() {
				close(file);
				if (this.error !== "closed") print(`error: ${this.error}`);
				this.close();
			},
		});
	}

	void new Listener({
		port: 5001,
		onReadable() {
			for (let from = this.read(); from !== undefined; from = this.read()) (role === "send" ? send : receive)(from);
		},
	});
	print("ready");
}
