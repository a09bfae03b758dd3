// Connections that programs open before there is a network: at power-on, before links are up and addresses are there.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../src/io/io.ts";
import type { TCPOptions } from "../../../src/io/types.ts";
import { World } from "../../support/world.ts";

/** A board whose cable is plugged in later, connecting to port 80 of a peer; `start` is what the clock says at power-on. */
function early(options: TCPOptions = {}, { start = 1000, route = false } = {}) {
	const world = new World(1, start);
	const segment = world.segment();
	const [near, far] = [segment.port({ mac: 1 }), segment.port({ mac: 2 })];
	near.linkUp = false;
	const board = world.node("board");
	const peer = world.node("peer");
	peer.ethernet("eth0", far, "10.0.0.2/24");
	const link = board.ethernet("eth0", near);
	if (route) board.stack.routes.add({ prefix: "0.0.0.0/0", interface: link });
	new (createIO(peer.stack).Listener)({ port: 80 });
	const { TCP } = createIO(board.stack);
	const heard: string[] = [];
	const began = world.clock.now;
	const connect = () =>
		new TCP({
			address: "10.0.0.2",
			port: 80,
			...options,
			onWritable: () => void heard.push("writable"),
			onError() {
				heard.push(`${this.error} at ${world.clock.now - began}`);
			},
		});
	const plug = (up = true) => {
		near.linkUp = up;
		near.host!.notify();
	};
	return { world, board, link, heard, plug, connect };
}

describe("a connection that is opened before there is a network", () => {
	it("stands once link and address are there", () => {
		const { world, link, heard, plug, connect } = early();
		const socket = connect();
		expect(() => socket.write(new ArrayBuffer(1))).toThrow(Error);
		world.run(3000);
		plug();
		world.run(100);
		expect(heard).toEqual([]);
		link.ip.insertAddress("10.0.0.1", 24);
		world.run(100);
		expect(heard).toEqual(["writable"]);
		expect(socket.localAddress).toBe("10.0.0.1");
		expect(socket.interface).toBe("eth0");
	});

	it("stands with an address that waits for its link, and a route", () => {
		const { world, link, heard, plug, connect } = early({ interface: "eth0" }, { route: true });
		link.ip.insertAddress("10.0.0.1", 24);
		connect();
		world.run(5000);
		plug();
		world.run(100);
		expect(heard).toEqual(["writable"]);
	});

	it("ends unreachable after 10 s, counted from the first poll, whatever the clock says then", () => {
		for (const start of [1000, 0x7fff_f000, -5, 0x8000_1000 | 0]) {
			const { world, heard, connect } = early({}, { start });
			connect();
			world.run(9_900);
			expect(heard).toEqual([]);
			world.run(200);
			expect(heard).toEqual(["unreachable at 10000"]);
		}
	});

	it("waits as long as it was told", () => {
		const { world, heard, connect } = early({ networkTimeout: 2000 });
		connect();
		world.run(2100);
		expect(heard).toEqual(["unreachable at 2000"]);
	});

	it("does not wait when told so, nor for what nobody brings", () => {
		expect(() => early({ networkTimeout: 0 }).connect()).toThrow("no route to the host");
		const { link, connect, world } = early();
		link.enabled = false;
		expect(connect).toThrow("no route to the host");
		link.enabled = true;
		connect();
		world.run(11_000); // the link has not come in its time
		expect(connect).toThrow("no route to the host");
	});

	it("waits for an interface that is coming up, though a route leads by another that has long been down", () => {
		const { world, board, link, heard, plug, connect } = early();
		const dead = world.segment().port({ mac: 3 });
		dead.linkUp = false;
		const other = board.ethernet("eth1", dead);
		board.stack.routes.add({ prefix: "10.0.0.0/8", interface: other });
		link.enabled = false;
		world.run(10);
		connect();
		world.run(11_000);
		expect(heard.splice(0)).toEqual(["unreachable at 10000"]);
		expect(connect).toThrow("no route to the host");
		link.enabled = true;
		connect();
		link.ip.insertAddress("10.0.0.1", 24);
		plug();
		world.run(100);
		expect(heard).toEqual(["writable"]);
	});

	it("does not wait again because the clock has wrapped", () => {
		const { world, board, connect } = early();
		connect();
		world.run(0x80001000);
		board.stack.poll(world.clock.ms);
		expect(connect).toThrow("no route to the host");
	});

	it("waits anew for a link that was lost a moment ago", () => {
		const { world, link, heard, plug, connect } = early();
		link.ip.insertAddress("10.0.0.1", 24);
		plug();
		world.run(60_000);
		plug(false);
		world.run(10);
		connect();
		world.run(1000);
		plug();
		world.run(100);
		expect(heard).toEqual(["writable"]);
	});

	it("gives its socket back when it is closed while it waits", () => {
		const { board, connect, world } = early();
		for (let i = 0; i < 20; i++) {
			const socket = connect();
			if (i % 2) world.run(10);
			socket.close();
		}
		expect(board.stack.tcp.available).toBe(8);
	});

	it("refuses a time that is none", () => {
		expect(() => early({ networkTimeout: -1 }).connect()).toThrow("networkTimeout -1");
	});
});
