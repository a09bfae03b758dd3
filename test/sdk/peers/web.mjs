// What the board's clients talk to: HTTP on port 8000, WebSocket on port 8001.     node web.mjs ADDRESS FOLDER

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { WebSocketServer } from "ws";
import { pattern } from "./checksum.mjs";

const [address, folder] = process.argv.slice(2);

const routes = {
	"/bytes": (_request, response, count) => {
		const bytes = pattern(Number(count));
		response.setHeader("content-length", bytes.length).end(bytes);
	},
	"/chunked": (_request, response, count) => {
		const bytes = pattern(Number(count));
		for (let at = 0; at < bytes.length; at += 3000) response.write(bytes.subarray(at, at + 3000));
		response.end();
	},
	"/echo": (request, response) => {
		const parts = [];
		request.on("data", (part) => parts.push(part));
		request.on("end", () => {
			const body = Buffer.concat(parts);
			response.setHeader("content-length", body.length).end(body);
		});
	},
	"/json": (_request, response) => response.end(JSON.stringify({ text: "grüß dich", list: [1, 2, 3] })),
	"/moved": (_request, response) =>
		response.writeHead(302, { location: "http://web.test:8000/hello", "content-length": 0 }).end(),
	"/hello": (_request, response) => response.setHeader("content-length", 5).end("hello"),
	"/files": (_request, response, name) => {
		const bytes = readFileSync(join(folder, basename(name)));
		response.setHeader("content-length", bytes.length).end(bytes);
	},
};

const requests = new WeakMap();
const server = createServer((request, response) => {
	const [, route, argument] = /^(\/[a-z]+)\/?(.*)$/.exec(request.url) ?? [];
	// How many this connection has had.
	const count = (requests.get(request.socket) ?? 0) + 1;
	requests.set(request.socket, count);
	response.setHeader("x-requests", count);
	const answer = routes[route];
	if (answer === undefined) response.writeHead(404, { "content-length": 0 }).end();
	else answer(request, response, argument);
});
const sockets = new WebSocketServer({ host: address, port: 8001 });
sockets.on("connection", (socket) => {
	socket.on("message", (data, binary) => socket.send(data, { binary }));
});
server.listen(8000, address, () => process.stdout.write("ready\n"));
