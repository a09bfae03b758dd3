// Two stacks on one segment, 10.0.0.1 and 10.0.0.2, with the socket classes of each.

import type { StackOptions } from "../../../src/config.ts";
import { expect } from "vitest";
import { createIO, type IO } from "../../../src/io/io.ts";
import type { TCP, TCPOptions } from "../../../src/io/types.ts";
import { World, type Node } from "../../support/world.ts";
import type { Faults } from "../../support/wire.ts";

export interface Pair {
	world: World;
	one: Node;
	two: Node;
	a: IO;
	b: IO;
}

export function pair(options: StackOptions = {}, faults: Faults = {}, seed = 1): Pair {
	const world = new World(seed);
	const segment = world.segment(faults);
	const one = world.node("one", { tcp: { timestamps: false }, ...options });
	const two = world.node("two", { tcp: { timestamps: false }, ...options });
	one.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24");
	two.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.2/24");
	return { world, one, two, a: createIO(one.stack), b: createIO(two.stack) };
}

/** A connection from `a` to port 80 of `b`: the client, and the accepted socket taken over with `serve`'s options. */
export function connected(p: Pair, options: TCPOptions = {}, serve: TCPOptions = {}): { client: TCP; server: TCP } {
	let server: TCP | undefined;
	let open = false;
	new p.b.Listener({
		port: 80,
		onReadable() {
			server = new p.b.TCP({ ...serve, from: this.read() });
		},
	});
	const client = new p.a.TCP({
		address: "10.0.0.2",
		port: 80,
		...options,
		onWritable(bytes) {
			open = true;
			options.onWritable?.call(this, bytes);
		},
	});
	expect(p.world.until(() => open && server !== undefined, 5000)).toBe(true);
	return { client, server: server! };
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}

export function text(bytes: unknown): string {
	let result = "";
	for (const byte of new Uint8Array(bytes as ArrayBuffer)) result += String.fromCharCode(byte);
	return result;
}
