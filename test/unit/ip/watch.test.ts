// Whoever watches a stack hears what becomes of its interfaces, after processing, and what came together is told together.

import { describe, expect, it } from "vitest";
import { ADDED, ADDRESSES, LINK, NAME_SERVERS, REMOVED, ROUTES } from "../../../src/link/interface.ts";
import { macOf } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

function watched() {
	const world = new World(1);
	const node = world.node("a");
	const heard: [string, number][] = [];
	const watch = node.stack.watch((link, what) => heard.push([link.name, what]));
	const device = world.device({ mac: macOf(1) });
	const eth0 = node.ethernet("eth0", device, "10.0.0.1/24");
	return { world, node, heard, watch, device, eth0 };
}

describe("a watch", () => {
	it("hears of an interface that was added, once, in the next poll", () => {
		const { world, heard } = watched();
		expect(heard).toEqual([]);
		world.run(10);
		expect(heard).toEqual([["eth0", ADDED | ADDRESSES | ROUTES | LINK]]);
	});

	it("hears of routes, name servers, addresses and the end", () => {
		const { world, node, heard, eth0 } = watched();
		world.run(10);
		heard.length = 0;
		const route = node.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.9", interface: eth0 });
		world.run(10);
		node.stack.routes.remove(route);
		world.run(10);
		eth0.ip.servers = ["10.0.0.9"];
		eth0.ip.servers = ["10.0.0.9"];
		world.run(10);
		eth0.ip.servers = ["10.0.0.9"]; // no change
		world.run(10);
		node.stack.interfaces.remove(eth0);
		world.run(10);
		expect(heard.map(([, what]) => what).slice(0, 3)).toEqual([ROUTES, ROUTES, NAME_SERVERS]);
		expect(heard.length).toBe(4);
		expect(heard[3]![1] & (REMOVED | ADDRESSES)).toBe(REMOVED | ADDRESSES);
	});

	it("hears of the other interfaces although it threw when it heard of one", () => {
		const { world, node, eth0 } = watched();
		const eth1 = node.ethernet("eth1", world.device({ mac: macOf(2) }), "10.1.0.1/24");
		world.run(10);
		const errors: unknown[] = [];
		node.stack.events.onError = (error) => errors.push((error as Error).message);
		const heard: string[] = [];
		node.stack.watch((link) => {
			heard.push(link.name);
			throw new Error(link.name);
		});
		eth0.ip.servers = ["0.0.0.1"];
		eth1.ip.servers = ["0.0.0.2"];
		world.run(10);
		expect(heard).toEqual(["eth0", "eth1"]);
		expect(errors).toEqual(["eth0", "eth1"]);
	});

	it("hears nothing after close, also when closed by its own call", () => {
		const { world, heard, watch, eth0 } = watched();
		watch.close();
		watch.close();
		eth0.ip.servers = ["0.0.0.1"];
		world.run(10);
		expect(heard).toEqual([]);
	});
});

describe("a service", () => {
	it("has its timers called when its deadline is due, until it leaves", () => {
		const { world, node } = watched();
		world.run(10); // until the first poll there is no time
		const { services, core } = node.stack;
		const times: number[] = [];
		const begun = core.now;
		const service = {
			timers(now: number) {
				if (((now - begun) | 0) >= 50 * (times.length + 1)) times.push(now);
				core.deadline(begun + 50 * (times.length + 1));
			},
		};
		services.add(service);
		core.deadline(begun);
		world.run(175);
		expect(times.length).toBe(3);
		services.delete(service);
		world.run(500);
		expect(times.length).toBe(3);
	});
});
