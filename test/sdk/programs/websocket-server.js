// manifests: examples/io/listener/httpserver/manifest_httpserver.json examples/io/tcp/websocket/manifest_websocket.json
// The SDK's HTTP server hands connections over to its WebSocket, which gives back what it hears, and large messages on request.

import "config";
import Listener from "embedded:io/socket/listener";
import HTTPServer from "embedded:network/http/server";
import WebSocketHandshake from "embedded:network/http/server/options/websocket";
import WebSocket from "WebSocket";
import { pattern } from "./checksum.js";

const route = {
	...WebSocketHandshake,
	onDone() {
		const socket = new WebSocket({ attach: this.detach() });
		socket.addEventListener("message", ({ data }) => {
			const wanted = /^pattern (\d+)$/.exec(data);
			socket.send(wanted === null ? data : pattern(Number(wanted[1])));
		});
		socket.addEventListener("close", ({ code }) => trace(`closed ${code}\n`));
	},
};

export default function () {
	new HTTPServer({
		io: Listener,
		port: 80,
		onConnect(connection) {
			connection.accept({
				onRequest() {
					this.route = route;
				},
			});
		},
	});
}
