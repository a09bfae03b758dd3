// Many short connections, some at the same time, through few sockets: none is reset. CHURN=100000 for the long run.
import { ipText } from "../../../support/frames.ts";
import { expect, test } from "vitest";
import { envNumber, onXS } from "../../../support/env.ts";
import { parseFrame } from "../../../support/parse.ts";
import { World } from "../../../support/world.ts";
import { ERROR, READABLE, WRITABLE } from "../../../../src/transport/events.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { SERVER } from "./pair.ts";

const CHURN = envNumber("CHURN", onXS ? 500 : 3000);
const AT_ONCE = 12;
const RST = 4;

test.each([
	["the client closes first", false, 8, 8],
	["the server closes first", true, 8, 8],
	["backlog 2", true, 16, 2],
	["sockets for three", true, 4, 8],
] as const)(`${CHURN} connections, ${AT_ONCE} at once: no RST (%s)`, (_name, serverFirst, tcp, backlog) => {
	const world = new World(3);
	// In order: an ACK that is overtaken by its FIN gets RST when the TIME-WAIT has given way meanwhile, and its sender is done by then.
	const segment = world.segment({ delayMs: 1 });
	const one = world.node("one", { sockets: { tcp: 40 } });
	const two = world.node("two", { sockets: { tcp } });
	one.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
	two.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
	let resets = 0;
	segment.tap = (frame) => {
		// The client's own, to a server in TIME-WAIT whose last answer came when it was gone, is of no matter.
		const sent = parseFrame(frame.slice()).tcp;
		if (sent?.sourcePort === 80 && sent.flags & RST) resets++;
	};
	const server = two.stack.tcp;
	const buffer = new Uint8Array(100);
	const listener = server.listen("", 80, backlog, 0);
	listener.owner = {
		onEvents() {
			for (let tcb = server.accept(listener); tcb; tcb = server.accept(listener)) {
				const own: Tcb = tcb;
				server.adopt(own, {
					onEvents(events) {
						if (events & READABLE && server.read(own, buffer, 0, 100) > 0) {
							server.write(own, buffer, 0, 100);
							if (serverFirst) return server.close(own);
						}
						if (events & ERROR) server.close(own);
					},
				});
			}
		},
	};
	const client = one.stack.tcp;
	let begun = 0;
	let done = 0;
	const errors: string[] = [];
	const next = () => {
		if (begun === CHURN) return;
		begun++;
		const own = client.connect(ipText(SERVER), 80);
		let asked = false;
		client.adopt(own, {
			onEvents(events) {
				if (events & WRITABLE && !asked) {
					asked = true;
					client.write(own, buffer, 0, 50);
				}
				const answered = events & READABLE && client.read(own, buffer, 0, 100) > 0;
				if (!(events & ERROR) && (!answered || serverFirst)) return;
				if (own.error !== "") errors.push(own.error);
				client.close(own);
				done++;
				next();
			},
		});
	};
	for (let i = 0; i < AT_ONCE; i++) next();
	world.until(() => done === CHURN, CHURN * 2000);
	expect({ done, errors, resets }).toEqual({ done: CHURN, errors: [], resets: 0 });
});
