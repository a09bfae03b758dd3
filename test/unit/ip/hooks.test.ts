// What stands at the three places where IP has every packet in hand: src/ip/hooks.ts. What the filters there refuse has tests of its own (spoofed-own-address, forwarding); here is what a
// user of a hook relies on.

import { describe, expect, it } from "vitest";
import { udpSendBy } from "#codec";
import { given, givenSource } from "../../../src/address.ts";
import { stopped } from "../../../src/ip/hooks.ts";
import { GO_ON, TAKEN } from "../../../src/ip/verdicts.ts";
import { output } from "../../../src/ip/output.ts";
import { DROP } from "../../../src/packet/drops.ts";
import { OURS, REGISTER } from "../../../src/packet/fields.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { PathBlock } from "../../../src/packet/path-block.ts";
import { statusOf } from "../../../src/status/status.ts";
import { frameArrives } from "../../../src/turn/receive.ts";
import { BROADCAST_MAC, ETHERTYPE_IPV4, ethernet, icmp, udp } from "../../support/frames.ts";
import { macOf } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

function setup() {
	const world = new World(1);
	const node = world.node("a");
	const device = world.device({ mac: macOf(1) });
	const link = node.ethernet("eth0", device, "10.0.0.1/24");
	world.run(5000);
	const { stack } = node;
	const { core } = stack;
	const drops = () => statusOf(stack).interfaces.find((one) => one.name === "eth0")!.drops;
	/** Puts a frame where the stack receives, and has it go up as the interface's. */
	const arrive = (frame: Uint8Array) => {
		const at = core.packetAt - link.linkHeader;
		new Uint8Array(core.view.buffer, core.view.byteOffset).set(frame, at);
		return frameArrives(core.view, at, at + frame.length, link.block);
	};
	return { world, stack, core, device, link, drops, arrive, view: core.view };
}

describe("what a hook says", () => {
	it("is none of the reasons for a drop when the packet goes on, or is somebody's", () => {
		for (const reason of Object.values(DROP)) expect([GO_ON, TAKEN]).not.toContain(reason);
	});

	it("is counted as the interface's drop", () => {
		const { core, view, link, drops } = setup();
		const { packet } = core;
		expect(stopped(view, InterfaceBlock.of(view, link.block), DROP.reversePath)).toBe(false);
		expect(drops()).toEqual({ reversePath: 1 });
		expect(core.packet).toBe(packet);
	});

	it("leaves the packet to who took it, and another one to receive into", () => {
		const { core, view, link, drops } = setup();
		const { packet } = core;
		const { free } = core.pool;
		expect(stopped(view, InterfaceBlock.of(view, link.block), TAKEN)).toBe(false);
		expect(core.packet).not.toBe(packet);
		expect(core.pool.free).toBe(free - 1);
		expect(drops()).toEqual({});
		core.pool.release(packet);
	});
});

describe("a packet that arrived", () => {
	it("is described by the registers: its interface, how its frame was addressed, and whose its destination is", () => {
		const { view, link, arrive } = setup();
		const read = (register: number) => view.getInt32(register * 4, true);
		const packet = udp({ source: "10.0.0.9", destination: "10.0.0.1", sourcePort: 9, destinationPort: 9 }, [1]);
		expect(arrive(ethernet(macOf(1), macOf(9), ETHERTYPE_IPV4, packet))).toBe(false);
		expect([read(REGISTER.arrival >> 2), read(REGISTER.frameGroup >> 2), read(REGISTER.whose >> 2)]).toEqual([
			link.block,
			0,
			OURS,
		]);
		arrive(ethernet(BROADCAST_MAC, macOf(9), ETHERTYPE_IPV4, packet));
		expect([read(REGISTER.arrival >> 2), read(REGISTER.frameGroup >> 2), read(REGISTER.whose >> 2)]).toEqual([
			link.block,
			1,
			OURS,
		]);
	});
});

describe("addresses of 127.0.0.0/8", () => {
	const TEXT = new Uint8Array([1, 2, 3]);

	it.each(["", "127.0.0.1", "127.9.9.9"])("do not leave the host, whatever way a datagram is given (source '%s')", (source) => {
		const { world, stack, device, link, view, drops } = setup();
		device.takeSent();
		const socket = stack.udp.open("", 0, 0);
		// A group has a way by the interface that it is given.
		const [to, from] = [given(view, "224.0.0.251"), givenSource(view, source)];
		stack.udp.sent(socket, 3, udpSendBy(view, socket.block, to, 5353, TEXT, 0, 3, from, link.slot));
		world.run(100);
		expect(device.takeSent().length).toBe(source === "" ? 1 : 0);
		expect(drops()).toEqual(source === "" ? {} : { loopbackAddress: 1 });
	});

	it("do not leave it from an interface whose addresses are all", () => {
		const { world, stack, device, link, drops } = setup();
		link.ip.anyAddress = true;
		const socket = stack.udp.open("", 0, 0);
		stack.udp.sendFrom(socket, "10.0.0.9", 9, TEXT, 0, 3, "127.9.9.9", 9);
		world.run(100);
		expect(device.takeSent().filter((frame) => frame[13] === 0).length).toBe(0);
		expect(drops()).toEqual({ loopbackAddress: 1 });
	});

	it("pass within it", () => {
		const { world, stack, drops } = setup();
		const socket = stack.udp.open("127.0.0.1", 0, 0);
		stack.udp.send(socket, "127.0.0.1", socket.localPort, TEXT, 0, 3);
		world.run(100);
		expect(socket.pending).toBe(1);
		expect(drops()).toEqual({});
	});

	it("are looked at once, where all packets leave", () => {
		const { core, view, link, drops, stack } = setup();
		const at = core.spareAt;
		const packet = icmp({ source: "10.0.0.1", destination: "127.0.0.1", type: 8 });
		new Uint8Array(view.buffer, view.byteOffset).set(packet, at);
		const path = stack.ip.wayTo("10.0.0.9");
		expect(output(view, core.spare, at, at + packet.length, PathBlock.of(view, path.at))).toBe(false);
		expect(drops()).toEqual({ loopbackAddress: 1 });
		expect(link.up).toBe(true);
	});
});
