// A source address of ours that comes from outside is a lie, whichever of our interfaces has it. RFC 1122 §3.2.1.3.

import { describe, expect, it } from "vitest";
import { statusOf } from "../../../src/status/status.ts";
import { READABLE } from "../../../src/transport/events.ts";
import { ETHERTYPE_IPV4, SYN, ethernet, tcp, udp } from "../../support/frames.ts";
import { macOf, type QueueDevice } from "../../support/wire.ts";
import { World, type Node } from "../../support/world.ts";

function multihomed(): { world: World; node: Node; device: QueueDevice } {
	const world = new World(1);
	const node = world.node("a");
	const device = world.device({ mac: macOf(1) });
	node.ethernet("eth0", device, "10.0.0.1/24");
	node.ethernet("eth1", world.device({ mac: macOf(2) }), "10.1.0.1/24");
	world.run(5000);
	return { world, node, device };
}

function dropsOf(node: Node): Record<string, number> {
	return statusOf(node.stack).interfaces.find((link) => link.name === "eth0")!.drops;
}

describe("a frame for an address that was ours", () => {
	it("is nobody's from when that is removed, though others like it came before", () => {
		const { world, node, device } = multihomed();
		const eth0 = node.stack.interfaces.find("eth0")!;
		const entry = eth0.addAddress("10.0.0.8/24");
		const packet = udp({ source: "10.1.0.9", destination: "10.0.0.8", sourcePort: 7, destinationPort: 7 }, [1]);
		const frame = ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet);
		for (let i = 0; i < 2; i++) device.inject(frame);
		world.run(100);
		expect(dropsOf(node)).toEqual({ udpNoSocket: 2 });
		eth0.ip.removeAddress(entry);
		device.inject(frame);
		world.run(100);
		expect(dropsOf(node)).toEqual({ udpNoSocket: 2, ipNotLocal: 1 });
	});
});

describe("a frame from outside with a source address of our own", () => {
	it.each(["10.0.0.1", "10.1.0.1", "127.0.0.1"])("is dropped when it says %s", (source) => {
		const { world, node, device } = multihomed();
		node.stack.tcp.listen("", 7, 1, 0);
		const packet = tcp({ source, destination: "10.0.0.1", sourcePort: 7, destinationPort: 7, seq: 1, flags: SYN });
		device.inject(ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet));
		world.run(100);
		expect(dropsOf(node)).toEqual({ ipBadSource: 1 });
	});

	it("is dropped from when that address is ours, though others like it came before", () => {
		const { world, node, device } = multihomed();
		const eth1 = node.stack.interfaces.find("eth1")!;
		const packet = udp({ source: "10.1.0.9", destination: "10.0.0.1", sourcePort: 7, destinationPort: 7 }, [1]);
		const frame = ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet);
		const arrives = () => {
			device.inject(frame);
			device.inject(frame);
			world.run(100);
			return dropsOf(node);
		};
		expect(arrives()).toEqual({ udpNoSocket: 2 });
		const entry = eth1.addAddress("10.1.0.9/24");
		expect(arrives()).toEqual({ udpNoSocket: 2, ipBadSource: 2 });
		eth1.ip.removeAddress(entry);
		expect(arrives()).toEqual({ udpNoSocket: 4, ipBadSource: 2 });
	});

	it("does not make an echo server talk to itself", () => {
		const { world, node, device } = multihomed();
		const { udp: layer } = node.stack;
		const socket = layer.open("", 7, 0);
		const buffer = new Uint8Array(100);
		let echoed = 0;
		layer.adopt(socket, {
			onEvents(events) {
				if (!(events & READABLE)) return;
				for (let length = layer.read(socket, buffer, 0, 100); length >= 0; length = layer.read(socket, buffer, 0, 100)) {
					// Enough to see that it does not end.
					if (echoed++ < 100) layer.send(socket, socket.fromAddress, socket.fromPort, buffer, 0, length);
				}
			},
		});
		const packet = udp({ source: "10.1.0.1", destination: "10.0.0.1", sourcePort: 7, destinationPort: 7 }, [1, 2, 3]);
		device.inject(ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet));
		world.run(100);
		expect(echoed).toBe(0);
	});
});
