// When a device is told whether frames for multicast groups are wanted: with the first group that is joined and the last that is left.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../src/io/io.ts";
import { Faults } from "../../../src/device/faults.ts";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import { QueueDevice } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

const GROUP = "239.1.1.1";
const OTHER = "224.0.0.251";

/** A device that filters, and notes what it is told. */
class FilteringDevice extends QueueDevice {
	told: boolean[] = [];

	multicast(on: boolean): void {
		expect(this.host, "before attach").toBeDefined();
		expect(this.closed, "after close").toBe(false);
		this.told.push(on);
	}
}

function twoInterfaces() {
	const node = new World(1).node("a", { interfaces: 8 });
	const devices = [new FilteringDevice({ mac: 1 }), new FilteringDevice({ mac: 2 })] as const;
	const links = devices.map((device, i) => node.ethernet(`eth${i}`, device, `10.${i}.0.1/24`));
	const { UDP } = createIO(node.stack);
	/** What each device was told since the last call. */
	const told = () => devices.map((device) => device.told.splice(0));
	return { node, stack: node.stack, devices, links, UDP, told };
}

describe("a device is told that frames for groups are wanted", () => {
	it("not before one is joined, and no more once it is left", () => {
		const { UDP, told } = twoInterfaces();
		const socket = new UDP({ port: 5000 });
		expect(told()).toEqual([[], []]);
		socket.add(GROUP);
		expect(told()).toEqual([[true], [true]]);
		socket.remove(GROUP);
		expect(told()).toEqual([[false], [false]]);
	});

	it("where there is an address of IPv6, which is asked for in a group: RFC 4291 §2.7.1", () => {
		const { links, told } = twoInterfaces();
		const entry = links[1]!.addAddress("2001:db8::1/64");
		expect(told()).toEqual([[], [true]]);
		links[1]!.ip.removeAddress(entry);
		expect(told()).toEqual([[], [false]]);
	});

	it("where a group is joined on one interface, there alone", () => {
		const { UDP, told } = twoInterfaces();
		const socket = new UDP({ port: 5000 });
		socket.add(GROUP, "eth1");
		expect(told()).toEqual([[], [true]]);
		const bound = new UDP({ port: 5000, interface: "eth0", multicast: GROUP });
		expect(told()).toEqual([[true], []]);
		bound.close();
		expect(told()).toEqual([[false], []]);
		socket.remove(GROUP, "eth1");
		expect(told()).toEqual([[], [false]]);
	});

	it("once for many groups and sockets, until the last of them is left", () => {
		const { UDP, told } = twoInterfaces();
		const socket = new UDP({ port: 5000, multicast: GROUP });
		expect(told()).toEqual([[true], [true]]);
		const another = new UDP({ port: 5001, multicast: GROUP });
		socket.add(OTHER);
		socket.add(GROUP, "eth0");
		socket.add(GROUP);
		socket.remove(GROUP);
		another.remove(GROUP);
		expect(told()).toEqual([[], []]);
		socket.remove(OTHER);
		expect(told()).toEqual([[], [false]]);
		socket.remove(GROUP, "eth0");
		expect(told()).toEqual([[false], []]);
	});

	it("until the sockets that joined are closed", () => {
		const { UDP, told } = twoInterfaces();
		const socket = new UDP({ port: 5000, multicast: GROUP });
		socket.add(OTHER, "eth1");
		told();
		socket.close();
		expect(told()).toEqual([[false], [false]]);
		socket.close();
		expect(told()).toEqual([[], []]);
	});

	it("when its interface comes while groups are joined on all, and not while they are joined elsewhere", () => {
		const { node, UDP, told } = twoInterfaces();
		const socket = new UDP({ port: 5000 });
		socket.add(GROUP, "eth0");
		const early = new FilteringDevice({ mac: 3 });
		node.ethernet("eth2", early);
		expect(early.told).toEqual([]);
		socket.add(GROUP);
		expect(early.told).toEqual([true]);
		const late = new FilteringDevice({ mac: 4 });
		node.ethernet("eth3", late);
		expect(late.told).toEqual([true]);
		told();
		socket.remove(GROUP);
		expect([...told(), early.told, late.told]).toEqual([[], [false], [true, false], [true, false]]);
	});

	it("nothing after its interface is removed, and all over when it is added again", () => {
		const { stack, devices, links, UDP, told } = twoInterfaces();
		const everywhere = new UDP({ port: 5000, multicast: GROUP });
		const here = new UDP({ port: 5001 });
		here.add(GROUP, "eth1");
		expect(told()).toEqual([[true], [true]]);
		stack.interfaces.remove(links[1]!);
		here.close();
		expect(told()).toEqual([[], []]);
		const again = new EthernetInterface("eth1", devices[1]);
		stack.interfaces.add(again);
		expect(told()).toEqual([[], [true]]);
		stack.interfaces.remove(again);
		everywhere.close();
		stack.interfaces.add(again);
		expect(told()).toEqual([[false], []]);
	});

	it("through a wrapper, and one that does not filter is not asked to", () => {
		const { stack, UDP } = twoInterfaces();
		const wrapped = new FilteringDevice({ mac: 3 });
		stack.interfaces.add(new EthernetInterface("eth2", new Faults(wrapped, {}, 1)));
		stack.interfaces.add(new EthernetInterface("eth3", new Faults(new QueueDevice({ mac: 4 }), {}, 1)));
		const socket = new UDP({ port: 5000, multicast: GROUP });
		expect(wrapped.told).toEqual([true]);
		socket.close();
		expect(wrapped.told).toEqual([true, false]);
	});

	it("as the transport counts them", () => {
		const { stack, links, told } = twoInterfaces();
		for (let i = 0; i < 3; i++) stack.udp.groups.join(links[0], GROUP);
		for (let i = 0; i < 2; i++) stack.udp.groups.leave(links[0], GROUP);
		expect(told()).toEqual([[true], []]);
		stack.udp.groups.leave(links[0], GROUP);
		stack.udp.groups.leave(links[0], GROUP);
		expect(told()).toEqual([[false], []]);
	});
});
