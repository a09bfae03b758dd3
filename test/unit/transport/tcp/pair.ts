// Two stacks on one segment, everything from one seed, and a transfer between them that is checked byte by byte.
import { expect } from "vitest";
import { hex, ipText } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import type { Faults } from "../../../support/wire.ts";
import { World, type Node } from "../../../support/world.ts";
import type { StackOptions } from "../../../../src/config.ts";
import { CLOSED, TIME_WAIT } from "../../../../src/transport/tcp/tcb.ts";
import { Acceptor, Endpoint, type EndpointOptions } from "./endpoint.ts";

/** 10.0.0.2. */
export const SERVER = (10 << 24) | 2;

export interface Setup {
	seed: number;
	faults?: Faults;
	client?: StackOptions;
	server?: StackOptions;
}

export function pair({ seed, faults, client, server }: Setup) {
	const world = new World(seed);
	const segment = world.segment(faults);
	const a = world.node("a", client);
	const b = world.node("b", server);
	a.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
	b.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
	const clean = (frame: Uint8Array) => {
		const parsed = parseFrame(frame);
		if (parsed.error !== "") throw new Error(`seed ${seed}: sent a bad frame: ${parsed.error} ${hex(frame)}`);
	};
	segment.tap = clean;
	return { world, segment, a, b };
}

/** TCBs that are not free and not in TIME-WAIT. */
export function busy(node: Node): string[] {
	return node.stack.tcp
		.inUse()
		.filter((tcb) => tcb.state !== TIME_WAIT && tcb.state !== CLOSED && tcb.stateName !== "listen")
		.map((tcb) => tcb.stateName);
}

export function transfer(setup: Setup, clientOptions: EndpointOptions, serverOptions: EndpointOptions, within = 3_600_000) {
	const { world, segment, a, b } = pair(setup);
	const acceptor = new Acceptor(b.stack, 80, 4, { sends: 2, expects: 1, ...serverOptions });
	const client = new Endpoint(a.stack, { sends: 1, expects: 2, ...clientOptions });
	client.own(a.stack.tcp.connect(ipText(SERVER), 80));
	const start = world.clock.now;
	const ended = () => client.closed && acceptor.endpoints.length === 1 && acceptor.endpoints[0]!.closed;
	const inTime = world.until(ended, within);
	const took = world.clock.now - start;
	const server = acceptor.endpoints[0];
	const seen = { seed: setup.seed, inTime, received: client.received, error: client.error, wrongAt: client.wrongAt };
	expect(seen).toEqual({ seed: setup.seed, inTime: true, received: serverOptions.length ?? 0, error: "", wrongAt: -1 });
	const other = { seed: setup.seed, received: server!.received, error: server!.error, wrongAt: server!.wrongAt };
	expect(other).toEqual({ seed: setup.seed, received: clientOptions.length ?? 0, error: "", wrongAt: -1 });
	world.run(300_000);
	expect({ seed: setup.seed, a: busy(a), b: busy(b) }).toEqual({ seed: setup.seed, a: [], b: [] });
	world.run(120_000);
	expect(a.stack.tcp.available).toBe(a.stack.tcp.tcbs.length);
	expect(b.stack.tcp.available).toBe(b.stack.tcp.tcbs.length - 1);
	return { took, segment };
}
