// Waiting for a network: links come up, addresses come, time runs out.

import { describe, expect, it } from "vitest";
import { NetworkView } from "../../../../src/service/network/network.ts";
import { Ready, type ReadyOptions } from "../../../../src/service/network/ready.ts";
import { macOf } from "../../../support/wire.ts";
import { World } from "../../../support/world.ts";

/** A board with two interfaces whose cables are not plugged in; `start` is what the clock says at power-on. */
function board(start = 1000) {
	const world = new World(1, start);
	const node = world.node("a");
	const devices = [world.device({ mac: macOf(1) }), world.device({ mac: macOf(2) })];
	for (const device of devices) device.linkUp = false;
	const links = devices.map((device, i) => node.ethernet(`eth${i}`, device));
	const plug = (index: number, up = true) => {
		devices[index]!.linkUp = up;
		devices[index]!.host!.notify();
		world.run(10);
	};
	const heard: string[] = [];
	const begun = world.clock.now;
	const wait = (options: ReadyOptions = {}) =>
		new Ready(
			node.stack,
			options,
			(link) => void heard.push(`${link.name} after ${world.clock.now - begun}`),
			(error) => void heard.push(`${error.message}, at ${world.clock.now - begun}`),
		);
	return { world, stack: node.stack, links, plug, wait, heard };
}

describe("ready", () => {
	it("comes when the first interface has a link and an address", () => {
		const { world, links, plug, wait, heard } = board();
		wait();
		world.run(500);
		plug(1);
		expect(heard).toEqual([]);
		world.run(490);
		links[1]!.ip.insertAddress("10.1.0.1", 24);
		world.run(10);
		expect(heard).toEqual(["eth1 after 1000"]);
		plug(1, false);
		plug(1);
		world.run(20_000);
		expect(heard.length).toBe(1);
	});

	it("comes at once, but not within the call, when there is a network", () => {
		const { world, links, plug, wait, heard } = board();
		links[0]!.ip.insertAddress("10.0.0.1", 24);
		plug(0);
		wait();
		expect(heard).toEqual([]);
		world.run(1);
		expect(heard.length).toBe(1);
	});

	it("waits for the interface that was named, and for no other", () => {
		const { world, links, plug, wait, heard } = board();
		wait({ interface: "eth1", timeout: 2000 });
		links[0]!.ip.insertAddress("10.0.0.1", 24);
		plug(0);
		world.run(3000);
		expect(heard).toEqual(["no network after 2000 ms: eth1 has no link, at 2000"]);
	});

	it("waits for a way to an address", () => {
		const { world, links, plug, stack, wait, heard } = board();
		wait({ address: "192.0.2.1" });
		links[0]!.ip.insertAddress("10.0.0.1", 24);
		plug(0);
		world.run(100);
		expect(heard).toEqual([]);
		stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: links[0]! });
		world.run(10);
		expect(heard.length).toBe(1);
	});

	it("says after its time what each interface lacks", () => {
		const { world, links, plug, wait, heard } = board();
		links[0]!.enabled = false;
		plug(1);
		wait();
		world.run(9000);
		expect(heard).toEqual([]);
		world.run(2000);
		expect(heard[0]).toContain("no network after 10000 ms: eth0 is taken down, eth1 has no address");
	});

	it("measures its time from the first poll on, whatever the clock says then", () => {
		for (const start of [0x7fff_f000, -5, 0x8000_1000 | 0]) {
			const { world, wait, heard } = board(start);
			wait({ timeout: 5000 });
			world.run(4900);
			expect(heard).toEqual([]);
			world.run(200);
			expect(heard.length).toBe(1);
		}
	});

	it("may wait for ever", () => {
		const { world, links, plug, wait, heard } = board();
		wait({ timeout: Infinity });
		world.run(600_000);
		links[0]!.ip.insertAddress("10.0.0.1", 24);
		plug(0);
		expect(heard.length).toBe(1);
	});

	it("refuses what is no time, no address and no interface, naming it", () => {
		const { wait } = board();
		expect(() => wait({ timeout: -1 })).toThrow("timeout -1: expected 0 to 2147483647 ms, or Infinity");
		expect(() => wait({ timeout: "9" as never })).toThrow("timeout");
		expect(() => wait({ address: "nowhere" })).toThrow('address "nowhere"');
		expect(() => wait({ interface: "eth7" })).toThrow('interface "eth7"');
	});

	it("is a promise to programs", async () => {
		const { world, links, plug, stack } = board();
		const network = new NetworkView(() => stack);
		const ready = network.ready();
		links[0]!.ip.insertAddress("10.0.0.1", 24);
		plug(0);
		expect((await ready).name).toBe("eth0");
		const none = network.ready({ interface: "eth1", timeout: 10 });
		world.run(20);
		let message = "";
		await none.catch((error: Error) => (message = error.message));
		expect(message).toContain("eth1 has no link");
	});
});
