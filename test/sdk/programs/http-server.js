// manifests: examples/io/listener/httpserver/manifest_httpserver.json
// The SDK's HTTP server: fixed and chunked answers, a body that is given back, and an upgrade to WebSocket.

import Listener from "embedded:io/socket/listener";
import HTTPServer from "embedded:network/http/server";
import webpage from "embedded:network/http/server/options/webpage";

const bytes = new Uint8Array(100_000).map((_zero, i) => (i * 7) & 0xff);

/** Gives a request's body back. */
const echo = {
	onRequest() {
		this.parts = [];
	},
	onReadable(count) {
		this.parts.push(this.read(count));
	},
	onResponse(response) {
		this.body = new ArrayBuffer(0).concat(...this.parts);
		this.at = 0;
		response.headers.set("content-length", this.body.byteLength);
		this.respond(response);
	},
	onWritable(count) {
		const part = new Uint8Array(this.body, this.at, Math.min(count, this.body.byteLength - this.at));
		this.at += part.byteLength;
		this.write(part);
	},
};

const missing = {
	onResponse(response) {
		response.status = 404;
		response.headers.set("content-length", 0);
		this.respond(response);
	},
};

const routes = new Map([
	["/bytes", { ...webpage, data: bytes, contentType: "application/octet-stream" }],
	["/text", { ...webpage, data: "grüß dich, welt\n".repeat(500), contentType: "text/plain" }],
	["/echo", echo],
]);

const router = {
	onRequest({ path }) {
		this.route = routes.get(path) ?? missing;
	},
};

/** The server hands only the port on: what else the listener is to know comes this way. */
class PatientListener extends Listener {
	constructor(options) {
		super({ ...options, backlog: 16 });
	}
}

export default function () {
	new HTTPServer({
		io: PatientListener,
		port: 80,
		onConnect(connection) {
			connection.accept(router);
		},
	});
	trace("serving\n");
}
