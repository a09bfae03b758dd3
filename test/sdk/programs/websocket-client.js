// manifests: examples/io/tcp/websocket/manifest_websocket.json
// The SDK's WebSocket with its own configuration: text, bytes, and more than fits into the socket's buffers at once.

import "config";
import WebSocket from "WebSocket";
import { checksum, pattern } from "./checksum.js";

export default function () {
	const socket = new WebSocket("ws://web.test:8001/echo");
	const messages = ["grüß dich", pattern(3), pattern(126), pattern(100_000), "last"];
	const show = (data) => (typeof data === "string" ? `text "${data}"` : `binary ${checksum(data)}`);
	socket.addEventListener("open", () => {
		for (const message of messages) socket.send(message);
	});
	socket.addEventListener("message", ({ data }) => {
		trace(show(data), "\n");
		if (data === "last") socket.close(1000, "done");
	});
	socket.addEventListener("close", ({ code }) => trace(`closed ${code}\n`));
	socket.addEventListener("error", () => trace("error\n"));
}
