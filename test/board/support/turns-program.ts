// What the board of turns.test.ts runs: pages, /status, /bytes/N and /sink as in the program of hosts/examples/status.ts, in turns, and of its services echo alone. So
// two of its eight sockets listen, and the others are for four transfers, /status, and one connection more.

import Timer from "timer";
import { pipe } from "multihome/pipe";
import type { Device } from "../../../hosts/examples/device.ts";
import { HttpServer } from "../../../hosts/examples/http.ts";
import { Report } from "../../../hosts/examples/status/report.ts";
import { Routes } from "../../../hosts/examples/status/routes.ts";
import { ECHO_PORT, LEAST_RATE } from "../../../hosts/examples/status/services.ts";
import { Turns, type Turn } from "../../../hosts/examples/turns.ts";

const LISTENERS = 2;

export default function inTurn({ io, stack, heap }: Device): void {
	const report = new Report(stack, heap);
	const routes = new Routes(report);
	const turns = new Turns(Timer, (error) => stack.events.onError?.(error));
	const server = new HttpServer({
		io: io.Listener,
		turns,
		onRequest: (exchange) => routes.answer(exchange),
		connections: stack.core.limits.tcp - LISTENERS,
		free: () => stack.tcp.available,
	});
	new io.Listener({
		port: ECHO_PORT,
		leastRate: LEAST_RATE,
		onReadable() {
			for (let from; (from = this.read());) pipe(from, from);
		},
	});
	Timer.set(() => report.uptimeMs());
	const sweep: Turn = {
		turn() {
			report.uptimeMs();
			stack.tcp.keepOneFree();
			server.sweep();
		},
		failed() {},
	};
	Timer.repeat(() => turns.add(sweep), 1000);
}
