// The default program: shows what the board is doing, and offers services to try it with. It listens on all interfaces.
//
//	80  HTTP: /  /status  /bytes/N  POST /sink        7  echo        9  discard        19  chargen

import Timer from "timer";
import { HttpServer, isOwnHost } from "./http.ts";
import type { Device } from "./device.ts";
import { Report } from "./status/report.ts";
import { Routes } from "./status/routes.ts";
import { Services } from "./status/services.ts";
import { Turns, type Turn } from "./turns.ts";

const LISTENERS = 4;

/** Changed by --set NAME=VALUE; `names`: what the board is called, beside its addresses, as in names=cellar,cellar.example. */
export const settings = Object.freeze({ names: Object.freeze([]) as readonly string[] });

/** Called by the host with the board's `device`. Nothing is made before, so that on a board all of this stays in flash. `more`: echo, discard, chargen and the like beside the page. */
export default function status({ io, stack, heap, microseconds }: Device, { names } = settings, more = true): void {
	const limit = stack.core.limits.tcp;
	const free = () => stack.tcp.available;
	const report = new Report(stack, heap, microseconds);
	const routes = new Routes(report);
	const turns = new Turns(Timer, (error) => stack.events.onError?.(error));
	const server = new HttpServer({
		io: io.Listener,
		turns,
		isHost: (host) => isOwnHost(stack, host, names),
		onRequest: (exchange) => routes.answer(exchange),
		connections: Math.max(1, limit - (more ? LISTENERS : 1)),
		free,
	});
	const services = more ? new Services(io, server.buffer, turns) : undefined;

	// The stack has no time before it runs.
	Timer.set(() => report.uptimeMs());
	const sweep: Turn = {
		turn() {
			report.uptimeMs();
			stack.tcp.keepOneFree();
			services?.sweep();
			server.sweep();
		},
		failed() {},
	};
	Timer.repeat(() => turns.add(sweep), 1000);
}
