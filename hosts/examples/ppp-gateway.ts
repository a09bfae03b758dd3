// A gateway: a LAN on eth0, a modem on ppp0. The board file has the routes, and forwards packets of the LAN; programs use whichever way out is up and
// best, and need not know. GET /way says which one that is:   curl http://127.0.0.1:8080/way
//
//	npm run simulate -- --board hosts/desktop/boards/ppp-gateway.json --app hosts/examples/ppp-gateway.ts

import Timer from "timer";
import { leadsOut } from "./common.ts";
import { HttpServer, isOwnHost } from "./http.ts";
import type { Device } from "./device.ts";
import { Turns } from "./turns.ts";

interface Way {
	interface: string;
	gateway: string | undefined;
	metric: number;
}

/** The default route that is in use: of those of either family whose link is up, the one of the lowest metric. */
function wayOut({ network }: Device): Way | undefined {
	let best: Way | undefined;
	for (const route of network.interfaces.routes.list) {
		if (!route.active || !leadsOut(route.prefix)) continue;
		if (best === undefined || route.metric < best.metric) best = route;
	}
	return best;
}

/** Changed by --set NAME=VALUE; `names`: what the board is called, beside its addresses. */
export const settings = Object.freeze({ port: 80, names: Object.freeze([]) as readonly string[] });

export default function gateway(device: Device, { port, names } = settings): void {
	const { stack } = device;
	const server = new HttpServer({
		io: device.io.Listener,
		turns: new Turns(Timer, (error) => stack.events.onError?.(error)),
		port,
		isHost: (host) => isOwnHost(stack, host, names),
		onRequest(exchange) {
			if (exchange.path !== "/way") return exchange.status(404);
			const way = wayOut(device);
			const ppp = stack.interfaces.list.find((link) => link.ppp !== undefined)?.ppp?.state;
			exchange.text(200, "application/json", JSON.stringify({ way: way?.interface ?? null, gateway: way?.gateway ?? null, ppp }));
		},
	});
	Timer.repeat(() => server.sweep(), 1000);
}
