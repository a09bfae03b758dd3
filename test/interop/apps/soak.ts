// Serves 8 connections at once, each for one request or many as the client likes. GET /census tells what is left of them: the
// heap after a collection, and the sockets.

import { statusOf } from "multihome/status";
import Timer from "timer";
import { HttpServer } from "../../../hosts/examples/http.ts";
import type { Device } from "../../../hosts/examples/device.ts";
import { Pattern } from "../../../hosts/examples/status/bytes.ts";
import { collect } from "host/heap";

const CONNECTIONS = 8;
const BODY_BYTES = 4000;

export default function soak({ io, stack, heap }: Device): void {
	const pattern = new Pattern();
	const server = new HttpServer({
		io: io.Listener,
		connections: CONNECTIONS,
		free: () => stack.tcp.available,
		onRequest(exchange) {
			if (exchange.path !== "/census") return exchange.stream(200, "application/octet-stream", BODY_BYTES, pattern);
			// The heap is read before anything allocates again: XS counts the whole gap in which it puts a chunk, a megabyte at times.
			collect();
			const slots = heap!.slotsUsed();
			const chunkBytes = heap!.chunkBytesUsed();
			const { sockets, memory } = statusOf(stack);
			const states = sockets.filter(({ protocol }) => protocol === "tcp").map(({ state }) => state);
			const census = { slots, chunkBytes, states, memory, ...server.counters };
			exchange.text(200, "application/json", JSON.stringify(census));
		},
	});
	Timer.repeat(() => server.sweep(), 1000);
}
