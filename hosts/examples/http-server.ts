// A small HTTP server: a few routes, one of which takes a body. Connections are kept alive, on all interfaces at once.
//
//	npm run simulate -- --app hosts/examples/http-server.ts
//	curl http://127.0.0.1:8080/ ; curl -d 'good morning' http://127.0.0.1:8080/note ; curl http://127.0.0.1:8080/note

import Timer from "timer";
import type { Device } from "./device.ts";
import { HttpServer, isOwnHost, type BodySink, type Exchange } from "./http.ts";
import { textOf } from "./http/text.ts";
import { Turns } from "./turns.ts";

/** Changed by --set NAME=VALUE; `names`: what the server is called, beside its addresses. */
export const settings = Object.freeze({ port: 80, names: Object.freeze([]) as readonly string[] });

const NOTE_BYTES = 256;

type Handler = (exchange: Exchange) => void;

/** Gathers the body of one request, as far as it fits. */
class Note implements BodySink {
	text = "";
	readonly #done: (exchange: Exchange, text: string) => void;

	constructor(done: (exchange: Exchange, text: string) => void) {
		this.#done = done;
	}

	data(bytes: Uint8Array, at: number, end: number): void {
		// One character more than allowed tells that there was more.
		this.text += textOf(bytes, at, Math.min(end, at + NOTE_BYTES + 1 - this.text.length));
	}

	end(exchange: Exchange): void {
		this.#done(exchange, this.text);
	}
}

/** What is served: "METHOD /path". */
function routes({ stack }: Device): Map<string, Handler> {
	let note = "";
	const keep = (exchange: Exchange, text: string) => {
		if (text.length > NOTE_BYTES) return exchange.status(413);
		note = text;
		exchange.status(200);
	};
	return new Map<string, Handler>([
		["GET /", (exchange) => exchange.text(200, "text/plain", `hello ${exchange.remoteAddress}\n`)],
		["GET /note", (exchange) => exchange.text(200, "text/plain", note)],
		["POST /note", (exchange) => exchange.receive(new Note(keep))],
		[
			"GET /interfaces",
			(exchange) => {
				const list = stack.interfaces.list.map(({ name, up, addresses }) => ({ name, up, addresses: addresses.map(String) }));
				exchange.text(200, "application/json", JSON.stringify(list));
			},
		],
	]);
}

export default function serve(device: Device, { port, names } = settings): HttpServer {
	const table = routes(device);
	const paths = new Set([...table.keys()].map((key) => key.slice(key.indexOf(" ") + 1)));
	const server = new HttpServer({
		io: device.io.Listener,
		turns: new Turns(Timer, (error) => device.stack.events.onError?.(error)),
		port,
		isHost: (host) => isOwnHost(device.stack, host, names),
		onRequest(exchange) {
			// HEAD is GET without the body, which Exchange leaves out.
			const method = exchange.method === "HEAD" ? "GET" : exchange.method;
			const handler = table.get(`${method} ${exchange.path}`);
			if (handler !== undefined) handler(exchange);
			else exchange.status(paths.has(exchange.path) ? 405 : 404);
		},
	});
	Timer.repeat(() => server.sweep(), 1000);
	return server;
}
