// A WebSocket client: sends text and bytes, wants each back before it sends the next, and asks for a large message.
//     node websocket-client.mjs URL
// Nothing large is sent: when a part of a masked message comes alone and its size is no multiple of 4, the SDK's client (8.2.3) goes on with the
// mask from its beginning, over any socket.

import { WebSocket } from "ws";
import { pattern } from "./checksum.mjs";

const LARGE = 70_000;
const messages = ["grüß dich", pattern(3), pattern(126), pattern(1400), `pattern ${LARGE}`, "last"];
const answers = messages.map((message) => (message === `pattern ${LARGE}` ? pattern(LARGE) : message));
const socket = new WebSocket(process.argv[2]);
let heard = 0;
socket.on("open", () => socket.send(messages[0]));
socket.on("message", (data, binary) => {
	const expected = answers[heard++];
	if (binary !== (typeof expected !== "string") || !data.equals(Buffer.from(expected))) {
		process.stderr.write(`message ${heard} came back as ${data.length} bytes: ${data.toString("latin1", 0, 40)}\n`);
		process.exit(1);
	}
	if (heard < messages.length) return socket.send(messages[heard]);
	process.stdout.write("all came back\n");
	// Without a code: the SDK's client (8.2.3) does not unmask control messages, and would answer with another.
	socket.close();
});
socket.on("close", (code) => process.stdout.write(`closed ${code}\n`));
socket.on("error", (error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
