// Queues by flows before an interface.

import { describe, expect, it } from "vitest";
import { FlowQueue, type FlowQueueOptions } from "../../../src/service/queue/queue.ts";
import { PACKET_BYTES } from "../../../src/config.ts";
import { BridgeInterface } from "../../../src/link/bridge.ts";
import { VlanInterface } from "../../../src/link/vlan.ts";
import { FlowRow, FLOWS_MOST, QueueBlock } from "../../../src/packet/queue-block.ts";
import { statusOf } from "../../../src/status/status.ts";
import { parseFrame } from "../../support/parse.ts";
import { macOf, QueueDevice } from "../../support/wire.ts";
import { ETHERTYPE_ARP, ARP_REPLY, arp, ethernet } from "../../support/frames.ts";
import { World, type Node } from "../../support/world.ts";

const [OWN, PEER] = [macOf(1), macOf(2)];

/** A board with queues, whose peer 10.0.0.2 is known; `send` has it send a datagram to that port, with that first byte. */
function begin(options: FlowQueueOptions = {}, numbered = false) {
	const world = new World(1);
	const node: Node = world.node("board", { packets: 32, interfaces: 8, sockets: { udp: 4 } });
	const device = world.device({ mac: OWN, numbered });
	const eth0 = node.ethernet("eth0", device, "10.0.0.1/24");
	const socket = node.stack.udp.open("", 5000, 0);
	const send = (port: number, first = 0, bytes = 1, to = "10.0.0.2"): void => {
		const payload = new Uint8Array(bytes);
		payload[0] = first;
		node.stack.udp.send(socket, to, port, payload, 0, bytes);
	};
	send(1);
	world.settle();
	device.inject(
		ethernet(
			OWN,
			PEER,
			ETHERTYPE_ARP,
			arp({ operation: ARP_REPLY, senderMac: PEER, sender: "10.0.0.2", targetMac: OWN, target: "10.0.0.1" }),
		),
	);
	world.run(3000);
	device.takeSent();
	const queue = new FlowQueue(node.stack, "eth0", options);
	/** Port and first byte of what was sent since. */
	const sent = (): number[][] => {
		world.settle();
		return device.takeSent().flatMap((frame) => {
			const { udp } = parseFrame(frame);
			return udp === undefined ? [] : [[udp.destinationPort, udp.payload[0]!]];
		});
	};
	const drops = (): Record<string, number> => statusOf(node.stack).interfaces.find(({ name }) => name === "eth0")!.drops;
	return { world, node, device, eth0, queue, send, sent, drops };
}

describe("queues by flows", () => {
	it.each([false, true])("hand on at once what the device takes (by number: %s)", (numbered) => {
		const { send, sent, queue, drops } = begin({}, numbered);
		for (let i = 0; i < 10; i++) {
			send(7, i);
			expect(sent()).toEqual([[7, i]]);
		}
		expect([queue.waiting, drops()]).toEqual([0, {}]);
	});

	it.each([false, true])("let a flow that says little pass one that says much (by number: %s)", (numbered) => {
		const { send, sent, device, world } = begin({ flows: 16 }, numbered);
		device.setBusy(true);
		world.settle();
		for (let i = 0; i < 8; i++) send(7, i, 1400);
		send(9, 99);
		device.setBusy(false);
		const order = sent();
		expect(order).toHaveLength(9);
		expect(order.findIndex(([port]) => port === 9)).toBeLessThan(4);
		// Of one flow the order is kept.
		expect(order.flatMap(([port, first]) => (port === 7 ? [first] : []))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
	});

	it("drop from the longest when there are too many, not the one that comes", () => {
		const { send, sent, device, world, queue, drops, node } = begin({ flows: 16, packets: 4 });
		device.setBusy(true);
		world.settle();
		const { free } = node.stack.core.pool;
		for (let i = 0; i < 10; i++) send(7, i);
		send(9, 99);
		expect(queue.waiting).toBeLessThanOrEqual(4);
		expect(drops()["transmitQueueFull"]).toBeGreaterThan(0);
		device.setBusy(false);
		const order = sent();
		expect(order).toContainEqual([9, 99]);
		expect(order).toContainEqual([7, 9]);
		world.settle();
		expect(node.stack.core.pool.free).toBe(free);
	});

	it("let no more leave than the rate says", () => {
		const { send, sent, world } = begin({ rate: 100_000, packets: 8 });
		let bytes = 0;
		for (let ms = 0; ms < 10_000; ms++) {
			if (ms % 5 === 0) send(7, 0, 200);
			world.run(1);
			bytes += sent().length * (200 + 42);
		}
		expect((bytes * 8) / 10).toBeLessThanOrEqual(100_000 + 2 * 242 * 8);
		expect((bytes * 8) / 10).toBeGreaterThan(95_000);
	});

	it("are empty when the link goes down, and when they are closed", () => {
		const { send, queue, device, world, node, eth0, sent, drops } = begin({ rate: 8000 });
		const { free } = node.stack.core.pool;
		for (let i = 0; i < 6; i++) send(7, i, 1000);
		expect(queue.waiting).toBeGreaterThan(3);
		device.setLink(false);
		world.settle();
		expect([queue.waiting, node.stack.core.pool.free]).toEqual([0, free]);
		expect(drops()["interfaceDown"]).toBeGreaterThan(3);
		device.setLink(true);
		world.run(5000);
		sent();
		for (let i = 0; i < 6; i++) send(7, i, 1000, "10.0.0.255");
		queue.close();
		queue.close();
		expect([queue.waiting, node.stack.core.pool.free]).toEqual([0, free + 1]);
		world.run(100);
		sent();
		send(7, 42, 1, "10.0.0.255");
		expect(sent()).toEqual([[7, 42]]);
		// Another one may follow.
		new FlowQueue(node.stack, "eth0");
		expect(() => new FlowQueue(node.stack, "eth0")).toThrow(/no queue yet/);
		expect(node.stack.core.pool.free).toBe(free);
		expect(eth0.waiting).toBe(0);
	});

	it("come back with an interface of the same name", () => {
		const { node, eth0, queue, send, world } = begin({ rate: 8000 });
		for (let i = 0; i < 6; i++) send(7, i, 1000);
		node.stack.interfaces.remove(eth0);
		expect(queue.waiting).toBe(0);
		const again = new QueueDevice({ mac: 5 });
		node.ethernet("eth0", again, "10.0.0.1/24");
		world.run(100);
		for (let i = 0; i < 6; i++) send(7, i, 1000, "10.0.0.255");
		expect(queue.waiting).toBeGreaterThan(0);
	});

	it("are refused for interfaces without a device of their own, and for limits out of range", () => {
		const { node, queue, eth0 } = begin();
		const { free } = node.stack.core.pool;
		const make =
			(options: object, name = "eth0") =>
			() =>
				new FlowQueue(node.stack, name, options);
		for (const flows of [0, 1, 3, 32]) expect(make({ flows })).toThrow(`queue.flows ${flows} of eth0: expected 2, 4, 8 or 16`);
		for (const rate of [7999, 1_000_000_001, 0.5])
			expect(make({ rate })).toThrow(`queue.rate ${rate} of eth0: expected 8000 to 1000000000`);
		for (const packets of [3, 1025]) expect(make({ packets })).toThrow(`queue.packets ${packets} of eth0: expected 4 to 1024`);
		for (const targetMs of [0, 1001])
			expect(make({ targetMs })).toThrow(`queue.targetMs ${targetMs} of eth0: expected 1 to 1000`);
		for (const intervalMs of [9, 10_001])
			expect(make({ intervalMs })).toThrow(`queue.intervalMs ${intervalMs} of eth0: expected 10 to 10000`);
		expect(make({ flow: 8 })).toThrow("queue.flow: there is no such option");
		queue.close();
		node.stack.interfaces.add(new VlanInterface("v", eth0, { vlan: 5 }));
		node.stack.interfaces.add(new BridgeInterface("b", { ports: [node.ethernet("eth1", new QueueDevice({ mac: 9 }))] }));
		for (const name of ["lo", "v", "b"]) expect(make({}, name)).toThrow(/expected an interface with a device of its own/);
		expect(node.stack.core.pool.free).toBe(free + 1 - 1);
	});

	it("fit a packet buffer", () => {
		expect(QueueBlock.bytes + FLOWS_MOST * FlowRow.bytes).toBeLessThanOrEqual(PACKET_BYTES);
	});
});
