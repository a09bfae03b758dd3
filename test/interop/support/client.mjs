// A small client, run by Node inside a namespace. What it sends comes by standard input; the answer is one line of JSON.
//   client.mjs udp ADDRESS PORT WAIT_MS [LOCAL_PORT]   sends a datagram: {"data"} (base64) of the first answer, {"error"}, or {} when none comes
//   client.mjs tcp ADDRESS PORT BYTES                  sends, reads BYTES bytes, closes: {"data"} or {"error"}
//   client.mjs echo PORT                               sends back what comes, until it is ended; says {"ready"}
//   client.mjs crowd CONNECTIONS PORT ADDRESS …        so many connections to an echo, some at once: {"done", "failed"}
//   client.mjs serve PORT BYTES                        sends BYTES zeros to each who connects, until it is ended; says {"ready"}

import { readFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createServer, connect, isIPv6 } from "node:net";

const [what, ...args] = process.argv.slice(2);

function answer(object) {
	process.stdout.write(`${JSON.stringify(object)}\n`, () => process.exit(0));
}

function udp(address, port, waitMs, localPort) {
	const data = readFileSync(0);
	const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
	// Connected, so that ICMP errors are told.
	socket.bind(localPort === undefined ? 0 : Number(localPort), () => {
		socket.connect(Number(port), address, () => socket.send(data));
	});
	socket.on("message", (message) => answer({ data: message.toString("base64") }));
	socket.on("error", (error) => answer({ error: error.code }));
	setTimeout(() => answer({}), Number(waitMs));
}

function tcp(address, port, bytes) {
	const data = readFileSync(0);
	const socket = connect(Number(port), address, () => socket.write(data));
	const parts = [];
	let got = 0;
	socket.on("data", (part) => {
		parts.push(part);
		got += part.length;
		if (got >= Number(bytes)) answer({ data: Buffer.concat(parts).subarray(0, Number(bytes)).toString("base64") });
	});
	socket.on("end", () => answer({ error: `ended after ${got} bytes` }));
	socket.on("error", (error) => answer({ error: error.code }));
	socket.setTimeout(20_000, () => answer({ error: `nothing for 20 s, after ${got} bytes` }));
}

function serve(port, bytes) {
	const block = Buffer.alloc(Number(bytes));
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.end(block);
	});
	server.listen(Number(port), () => process.stdout.write('{"ready":true}\n'));
}

function echo(port) {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.setTimeout(10_000, () => socket.destroy());
		socket.pipe(socket);
	});
	server.listen(Number(port), "::", () => process.stdout.write('{"ready":true}\n'));
}

/** Each says something, and, a moment after that came back, something more. */
function crowd(connections, port, ...addresses) {
	const AT_ONCE = 8;
	const SAYS = "said by one of many\n";
	let [left, open, done, failed] = [Number(connections), 0, 0, 0];
	const next = () => {
		if (left === 0) {
			if (open === 0) answer({ done, failed });
			return;
		}
		const address = addresses[left-- % addresses.length];
		open++;
		let got = "";
		const socket = connect({ host: address, port: Number(port) }, () => socket.write(SAYS));
		socket.on("data", (part) => {
			got += part;
			if (got === SAYS) setTimeout(() => socket.writable && socket.write(SAYS), Math.random() * 200);
			if (got === SAYS + SAYS) socket.end();
		});
		socket.on("error", () => {});
		socket.on("close", () => {
			open--;
			if (got === SAYS + SAYS) done++;
			else failed++;
			setTimeout(next, 10);
		});
		setTimeout(() => socket.destroy(), 5000).unref();
	};
	for (let i = 0; i < AT_ONCE; i++) next();
}

({ udp, tcp, serve, echo, crowd })[what](...args);
