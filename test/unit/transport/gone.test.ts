// Sockets whose address or interface is removed, and what comes after them in the same place.

import { describe, expect, it } from "vitest";
import { icmpOf } from "../../../src/transport/ping/sockets.ts";
import { parseFrame } from "../../support/parse.ts";
import { macOf, type QueueDevice } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

function twoInterfaces() {
	const world = new World(1);
	const node = world.node("a");
	const devices = [world.device({ mac: macOf(1) }), world.device({ mac: macOf(2) })] as const;
	const links = devices.map((device, i) => node.ethernet(`eth${i}`, device, `10.${i}.0.1/24`));
	world.run(5000);
	for (const device of devices) device.sent.length = 0;
	return { world, stack: node.stack, devices, links };
}

const asks = (device: QueueDevice) => device.sent.map((frame) => parseFrame(frame)).filter((frame) => frame.arp !== undefined);
const data = new Uint8Array(4);

describe("a UDP socket", () => {
	it("opened anew takes the way of its own interface", () => {
		const { world, stack, devices, links } = twoInterfaces();
		stack.routes.add({ prefix: "172.16.0.0/16", gateway: "10.0.0.9", interface: links[0]! });
		stack.routes.add({ prefix: "172.16.0.0/16", gateway: "10.1.0.9", interface: links[1]! });
		const first = stack.udp.open("", 5000, links[0]!.slot);
		stack.udp.send(first, "172.16.0.1", 7, data, 0, 4);
		world.run(10);
		stack.udp.close(first);
		expect(asks(devices[0]!).length).toBeGreaterThan(0);
		devices[0]!.sent.length = 0;
		const second = stack.udp.open("", 5000, links[1]!.slot);
		stack.udp.send(second, "172.16.0.1", 7, data, 0, 4);
		world.run(10);
		expect(asks(devices[0]!)).toHaveLength(0);
		expect(asks(devices[1]!).length).toBeGreaterThan(0);
	});

	it("does not take the port of its successor with it", () => {
		const { stack, links } = twoInterfaces();
		const address = links[0]!.addresses[0]!;
		const old = stack.udp.open(address.address, 5000, 0);
		links[0]!.removeAddress(address);
		links[0]!.ip.insertAddress(address.address, 24);
		const young = stack.udp.open(address.address, 5000, 0);
		stack.udp.close(old);
		expect(() => stack.udp.open(address.address, 5000, 0)).toThrow("in use");
		stack.udp.close(young);
	});

	it("of a removed interface does not speak by the next one in its place", () => {
		const { stack, links } = twoInterfaces();
		const socket = stack.udp.open("", 5000, links[1]!.slot);
		const echo = icmpOf(stack).open(links[1]!.slot);
		stack.interfaces.remove(links[1]!);
		expect(() => stack.udp.send(socket, "10.0.0.9", 7, data, 0, 4)).toThrow("gone");
		echo.remoteAddress = "10.0.0.9";
		expect(icmpOf(stack).send(echo, 1, 8)).toBe(false);
	});
});

describe("after a multicast", () => {
	it("ARP goes to everybody again", () => {
		const { world, stack, devices, links } = twoInterfaces();
		const socket = stack.udp.open("", 5000, links[0]!.slot);
		stack.udp.send(socket, "224.0.0.251", 5353, data, 0, 4);
		stack.udp.send(socket, "10.0.0.9", 7, data, 0, 4);
		world.run(10);
		const targets = devices[0]!.sent.map((frame) => frame.slice(0, 6).join(":"));
		expect(targets.slice(0, 2)).toEqual(["1:0:94:0:0:251", "255:255:255:255:255:255"]);
	});
});

describe("a link that is taken down by hand", () => {
	it("is down at the next poll", () => {
		const { world, links } = twoInterfaces();
		links[0]!.enabled = false;
		world.run(1);
		expect(links[0]!.up).toBe(false);
	});

	it("has no address twice", () => {
		const { links } = twoInterfaces();
		expect(() => links[0]!.ip.insertAddress("10.0.0.1", 16)).toThrow("has it already");
	});
});
