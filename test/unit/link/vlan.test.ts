// VLANs: IEEE 802.1Q.

import { beforeEach, describe, expect, it } from "vitest";
import { CARRIES_TAGS, NOTIFIES, RECEIVE_CHECKED, TRANSMIT_CHECKSUM } from "../../../src/device/device.ts";
import type { EthernetInterface } from "../../../src/link/ethernet.ts";
import { LoopbackInterface } from "../../../src/link/loopback.ts";
import { LoopbackDevice } from "../../../src/device/loopback.ts";
import { VlanInterface, type VlanOptions } from "../../../src/link/vlan.ts";
import type { StackOptions } from "../../../src/config.ts";
import { statusOf } from "../../../src/status/status.ts";
import { PacketSocket } from "../../../src/io/raw.ts";
import { EchoClient, EchoServer } from "../../support/apps.ts";
import {
	ARP_REPLY,
	ARP_REQUEST,
	BROADCAST_MAC,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	arp,
	ethernet,
	icmp,
	ip,
	ipv4,
	type Bytes,
} from "../../support/frames.ts";
import { ETHERTYPE_IPV6, echo6, linkOption, ns, parse6, solicitedNode, groupMac } from "../../support/frames6.ts";
import { parseFrame, type Parsed } from "../../support/parse.ts";
import { tagged, untagged, type Tag } from "../../support/vlan.ts";
import { macOf, QueueDevice, type QueueDeviceOptions } from "../../support/wire.ts";
import { World, type Node } from "../../support/world.ts";

const MAC = macOf(1);
const PEER = macOf(0x22);

type Sent = Parsed & { vid: number; priority: number; frame: Bytes };

let world: World;
let node: Node;
let device: QueueDevice;
let eth0: EthernetInterface;

function begin(options: StackOptions = {}, of: QueueDeviceOptions = {}): void {
	world = new World(1);
	node = world.node("board", { interfaces: 64, packets: 32, routes: 64, ...options });
	device = world.device({ mac: MAC, ...of });
	eth0 = node.ethernet("eth0", device, "10.0.0.1/24");
}

beforeEach(() => begin());

/** Adds VLAN `vlan` as "eth0.5" with an address such as 10.5.0.1. */
function add(vlan: number, options: Partial<VlanOptions> = {}, parent = eth0): VlanInterface {
	const link = node.stack.interfaces.add(new VlanInterface(`${parent.name}.${vlan}`, parent, { vlan, ...options }));
	if (vlan < 256) link.addAddress(`10.${vlan}.0.1/24`);
	return link;
}

/** What was sent since, but questions of ARP: announcements, and the look at a neighbour that has said something. */
function sent(): Sent[] {
	world.settle();
	const all: Sent[] = [];
	for (const frame of device.takeSent()) {
		const { vid, priority, frame: bare } = untagged(frame);
		const parsed = parseFrame(bare);
		expect(parsed.error).toBe("");
		if (parsed.arp?.operation === ARP_REQUEST) continue;
		all.push({ ...parsed, vid, priority, frame: bare });
	}
	return all;
}

function hear(frame: Bytes, tag?: Tag): void {
	device.inject(tag === undefined ? frame : tagged(frame, tag));
	world.settle();
}

function question(sender: string, target: string): Bytes {
	return ethernet(BROADCAST_MAC, PEER, ETHERTYPE_ARP, arp({ operation: ARP_REQUEST, senderMac: PEER, sender, target }));
}

function ping(source: string, destination: string, payload: number[] = [1, 2, 3], to: Uint8Array = MAC): Bytes {
	return ethernet(to, PEER, ETHERTYPE_IPV4, icmp({ source, destination, type: 8, rest: 0x10001 }, payload));
}

function drops(name: string): Record<string, number> {
	return statusOf(node.stack).interfaces.find((link) => link.name === name)!.drops;
}

describe("frames of VLANs", () => {
	it.each([false, true])("are each of their own interface, beside the untagged one (device by number: %s)", (numbered) => {
		begin({}, { numbered });
		const five = add(5, { priority: 3 });
		add(6);
		sent();
		hear(question("10.5.0.2", "10.5.0.1"), { vid: 5, priority: 7 });
		hear(question("10.6.0.2", "10.6.0.1"), { vid: 6 });
		hear(question("10.0.0.2", "10.0.0.1"));
		expect(sent().map(({ vid, priority, arp: { sender } = { sender: 0 } }) => [vid, priority, sender])).toEqual([
			[5, 3, ip("10.5.0.1")],
			[6, 0, ip("10.6.0.1")],
			[-1, 0, ip("10.0.0.1")],
		]);
		hear(ping("10.5.0.2", "10.5.0.1"), { vid: 5 });
		hear(ping("10.6.0.2", "10.6.0.1"), { vid: 6, priority: 1 });
		hear(ping("10.0.0.2", "10.0.0.1"));
		const answers = sent();
		expect(answers.map(({ vid, priority }) => [vid, priority])).toEqual([
			[5, 3],
			[6, 0],
			[-1, 0],
		]);
		for (const { icmp: answer, destinationMac, sourceMac } of answers) {
			expect(answer).toMatchObject({ type: 0, rest: 0x10001 });
			expect(Array.from(answer!.payload)).toEqual([1, 2, 3]);
			expect(Array.from(destinationMac!)).toEqual(Array.from(PEER));
			expect(Array.from(sourceMac!)).toEqual(Array.from(MAC));
		}
		const known = statusOf(node.stack).neighbors.map(({ address, interface: name }) => `${address} by ${name}`);
		for (const neighbor of ["10.5.0.2 by eth0.5", "10.6.0.2 by eth0.6", "10.0.0.2 by eth0"]) expect(known).toContain(neighbor);
		expect(five.parent).toBe(eth0);
		expect([five.vlan, five.priority, five.kind]).toEqual([5, 3, "vlan"]);
	});

	it("are not answered with an address of another VLAN by ARP, and not known by another's neighbours", () => {
		add(5);
		add(6);
		sent();
		hear(question("10.5.0.2", "10.5.0.1"), { vid: 6 });
		hear(question("10.5.0.2", "10.5.0.1"));
		expect(sent()).toEqual([]);
		expect(drops("eth0.6")["arpIgnored"]).toBe(1);
		expect(drops("eth0")["arpIgnored"]).toBe(1);
	});

	it("carry IPv6 as well", () => {
		const five = add(5);
		five.addAddress("fd00:5::1/64");
		sent();
		const [us, them] = ["fd00:5::1", "fd00:5::2"];
		const group = solicitedNode(us);
		const asks = ns({ source: them, destination: group, target: us }, linkOption(1, PEER));
		hear(ethernet(groupMac(group), PEER, ETHERTYPE_IPV6, asks), { vid: 5 });
		hear(ethernet(MAC, PEER, ETHERTYPE_IPV6, echo6({ source: them, destination: us }, [9, 8])), { vid: 5, priority: 2 });
		const answers = sent().filter(({ etherType }) => etherType === ETHERTYPE_IPV6);
		const types = answers.map(({ vid, frame }) => [vid, parse6(frame.subarray(14)).payload[0]]);
		for (const answer of ["5,136", "5,129"]) expect(types.map(String)).toContain(answer);
		expect(answers.every(({ frame }) => parse6(frame.subarray(14)).sumRight)).toBe(true);
		// The same address asked for beside the VLAN is nobody's there.
		hear(ethernet(groupMac(group), PEER, ETHERTYPE_IPV6, asks));
		expect(sent().filter(({ vid }) => vid === -1)).toEqual([]);
	});

	it.each([1, 4094])("may have the VID %i", (vid) => {
		const link = add(vid);
		if (vid > 255) link.addAddress("10.94.0.1/24");
		sent();
		const net = vid > 255 ? 94 : vid;
		hear(question(`10.${net}.0.2`, `10.${net}.0.1`), { vid });
		expect(sent().map(({ vid: of }) => of)).toEqual([vid]);
	});

	it("find their interface among as many as there can be", () => {
		const vids = Array.from({ length: 62 }, (_, i) => 1 + ((i * 67) % 4094));
		for (const vid of vids) node.stack.interfaces.add(new VlanInterface(`v${vid}`, eth0, { vlan: vid }));
		for (const [i, vid] of vids.entries()) node.stack.interfaces.find(`v${vid}`)!.addAddress(`10.9.${i}.1/24`);
		expect(() => add(4093)).toThrow(/all 64 are in use/);
		sent();
		for (const [i, vid] of vids.entries()) hear(question(`10.9.${i}.2`, `10.9.${i}.1`), { vid });
		expect(sent().map(({ vid }) => vid)).toEqual(vids);
		for (const vid of vids) expect(node.stack.interfaces.find(`v${vid}`)!.up).toBe(true);
		expect(Object.keys(drops("eth0"))).toEqual([]);
	});

	it("are refused when nobody has their VLAN, the VID is reserved, a tag follows, or the tag is cut off", () => {
		add(5);
		sent();
		const frame = ping("10.5.0.2", "10.5.0.1");
		hear(frame, { vid: 7 });
		expect(drops("eth0")).toEqual({ unknownVlan: 1 });
		hear(frame, { vid: 4095 });
		hear(tagged(frame, { vid: 5 }), { vid: 5 });
		hear(tagged(frame, { vid: 5 }), { vid: 0 });
		hear(tagged(frame, { vid: 5 }, 0x88a8), { vid: 5 });
		for (let length = 14; length < 18; length++) hear(tagged(frame, { vid: 5 }).slice(0, length));
		expect(drops("eth0")).toEqual({ unknownVlan: 1, vlanMalformed: 8 });
		device.inject(tagged(frame, { vid: 5 }, 0x88a8));
		world.settle();
		expect(drops("eth0")).toEqual({ unknownVlan: 1, vlanMalformed: 8, unknownEtherType: 1 });
		hear(tagged(frame, { vid: 5 }).slice(0, 18));
		hear(ethernet(MAC, PEER, 0x1234, []), { vid: 5 });
		expect(drops("eth0.5")).toEqual({ ipMalformed: 1, unknownEtherType: 1 });
		hear(ping("10.5.0.2", "10.5.0.1", [1], macOf(9)), { vid: 5 });
		expect(drops("eth0")["notForUs"]).toBe(1);
		expect(sent()).toEqual([]);
	});

	it("with VID 0 are the interface's own, with whatever priority", () => {
		add(5);
		sent();
		for (let priority = 0; priority < 8; priority++) {
			hear(question("10.0.0.2", "10.0.0.1"), { vid: 0, priority });
			hear(ping("10.0.0.2", "10.0.0.1"), { vid: 0, priority });
		}
		expect(sent().map(({ vid }) => vid)).toEqual(Array(16).fill(-1));
		expect(drops("eth0")).toEqual({});
	});

	it("are summed up here, as no device looks behind a tag, even one that checks checksums", () => {
		begin({}, { abilities: NOTIFIES | RECEIVE_CHECKED | TRANSMIT_CHECKSUM, numbered: true });
		add(5);
		device.takeSent();
		const broken = icmp({ source: "10.5.0.2", destination: "10.5.0.1", type: 8, icmpChecksum: 0x1234 });
		const own = icmp({ source: "10.0.0.2", destination: "10.0.0.1", type: 8, icmpChecksum: 0x1234 });
		hear(ethernet(MAC, PEER, ETHERTYPE_IPV4, broken), { vid: 5 });
		hear(ethernet(MAC, PEER, ETHERTYPE_IPV4, own), { vid: 0 });
		expect(drops("eth0.5")).toEqual({ icmpChecksum: 1 });
		expect(drops("eth0")).toEqual({ icmpChecksum: 1 });
		const header = ipv4({ source: "10.0.0.2", destination: "10.0.0.1", protocol: 1, checksum: 0x4321 }, [8, 0, 0, 0, 0, 0, 0, 0]);
		hear(ethernet(MAC, PEER, ETHERTYPE_IPV4, header), { vid: 0 });
		expect(drops("eth0")).toEqual({ icmpChecksum: 1, ipv4Checksum: 1 });
		// Without a tag it is the device's word that counts.
		hear(ethernet(MAC, PEER, ETHERTYPE_IPV4, own));
		expect(drops("eth0")).toEqual({ icmpChecksum: 1, ipv4Checksum: 1 });
		device.takeSent();
		hear(question("10.5.0.2", "10.5.0.1"), { vid: 5 });
		hear(ping("10.5.0.2", "10.5.0.1"), { vid: 5 });
		const answers = sent(); // which looks at the checksums
		expect(answers.map(({ vid }) => vid)).toEqual([5, 5]);
	});

	it("are counted as the VLAN's without their tag, and as the parent's with it", () => {
		const five = add(5);
		sent();
		const before = statusOf(node.stack).interfaces;
		hear(question("10.5.0.2", "10.5.0.1"), { vid: 5 });
		const after = statusOf(node.stack).interfaces;
		const change = (name: string, way: "received" | "sent"): number[] => {
			const [old, now] = [before, after].map((all) => all.find((link) => link.name === name)![way]);
			return [now!.packets - old!.packets, now!.bytes - old!.bytes];
		};
		expect([change("eth0.5", "received"), change("eth0", "received")]).toEqual([
			[1, 42],
			[1, 46],
		]);
		expect([change("eth0.5", "sent"), change("eth0", "sent")]).toEqual([
			[1, 42],
			[1, 46],
		]);
		expect(after.find(({ name }) => name === "eth0.5")).toMatchObject({ kind: "vlan", queued: 0, up: true });
		expect(five.mac).toEqual(eth0.mac);
	});
});

it.each([false, true])(
	"programs see frames of a VLAN without tags at the VLAN, and with them at the parent (device by number: %s)",
	(numbered) => {
		begin({ sockets: { raw: 2 } }, { numbered });
		const five = add(5, { priority: 2 });
		sent();
		const sockets = [eth0, five].map(({ name }) => new PacketSocket(node.stack, { interface: name }));
		const seen = () =>
			sockets.map((socket) => {
				const frames: Uint8Array[] = [];
				for (let frame = socket.read(); frame !== undefined; frame = socket.read()) frames.push(new Uint8Array(frame));
				return frames;
			});
		const asks = question("10.5.0.2", "10.5.0.1");
		const pings = ping("10.5.0.2", "10.5.0.1");
		hear(asks, { vid: 5, priority: 6 });
		hear(pings, { vid: 5, priority: 6 });
		const out = device.takeSent();
		const [below, above] = seen();
		expect(above!.filter((frame) => frame[11] === PEER[5])).toEqual([asks, pings]);
		expect(below!.filter((frame) => frame[11] === PEER[5])).toEqual(
			[asks, pings].map((frame) => tagged(frame, { vid: 5, priority: 6 })),
		);
		const ours = (frames: Uint8Array[]) => frames.filter((frame) => frame[11] === MAC[5]).map((frame) => Array.from(frame));
		expect(out.length).toBeGreaterThanOrEqual(2);
		expect(ours(below!)).toEqual(out.map((frame) => Array.from(frame)));
		expect(ours(above!)).toEqual(out.map((frame) => Array.from(untagged(frame).frame)));
		// A program's own frame gets the tag, and is counted.
		const own = ethernet(PEER, MAC, 0x88b5, [1, 2, 3]);
		sockets[1]!.write(own);
		world.settle();
		expect(device.takeSent()).toEqual([tagged(own, { vid: 5, priority: 2 })]);
	},
);

describe("the interface of a VLAN", () => {
	it("is refused with a wrong VID, priority or parent, and for a VID that its parent has already", () => {
		for (const vlan of [0, 4095, -1, 1.5, "5" as unknown as number, undefined as unknown as number])
			expect(() => new VlanInterface("v", eth0, { vlan })).toThrow(`vlan ${String(vlan)} of v: expected 1 to 4094`);
		for (const priority of [-1, 8, 0.5])
			expect(() => new VlanInterface("v", eth0, { vlan: 5, priority })).toThrow(`priority ${priority} of v: expected 0 to 7`);
		const five = add(5);
		expect(() => new VlanInterface("v", five, { vlan: 6 })).toThrow("parent of v: expected an Ethernet interface, not a VLAN");
		const lo = new LoopbackInterface("l", new LoopbackDevice()) as unknown as EthernetInterface;
		expect(() => new VlanInterface("v", lo, { vlan: 6 })).toThrow("parent of v: expected an Ethernet interface");
		expect(() => new VlanInterface("v", undefined!, { vlan: 6 })).toThrow("parent of v: expected an Ethernet interface");
		const again = new VlanInterface("v", eth0, { vlan: 5 });
		expect(() => node.stack.interfaces.add(again)).toThrow("vlan 5 of v: eth0 has it already, as eth0.5");
		// What was refused may be added once that has changed.
		node.stack.interfaces.remove(five);
		node.stack.interfaces.add(again);
		expect(again.up).toBe(true);
	});

	it("is added after its parent", () => {
		const other = new World(2).node("other").ethernet("eth0", new QueueDevice());
		expect(() => add(5, {}, other)).toThrow("interface eth0.5: its parent eth0 is not part of this stack; add that one first");
		node.stack.interfaces.remove(eth0);
		expect(() => add(5)).toThrow(/add that one first/);
	});

	it("goes down and up with its parent, and by itself", () => {
		const five = add(5);
		const six = add(6);
		device.setLink(false);
		world.settle();
		expect([eth0.up, five.up, six.up]).toEqual([false, false, false]);
		device.setLink(true);
		world.settle();
		expect([eth0.up, five.up, six.up]).toEqual([true, true, true]);
		five.enabled = false;
		world.settle();
		expect([eth0.up, five.up, six.up]).toEqual([true, false, true]);
		sent();
		hear(ping("10.5.0.2", "10.5.0.1"), { vid: 5 });
		expect(drops("eth0.5")).toEqual({ interfaceDown: 1 });
		five.enabled = true;
		world.settle();
		expect(five.up).toBe(true);
		eth0.enabled = false;
		world.settle();
		expect([eth0.up, five.up, six.up]).toEqual([false, false, false]);
	});

	it("stays down when its parent is removed, also when another one takes that one's place", () => {
		const five = add(5);
		node.stack.interfaces.remove(eth0);
		expect(five.up).toBe(false);
		world.settle();
		const second = new QueueDevice({ mac: 0x77 });
		const eth1 = node.ethernet("eth1", second, "10.0.1.1/24");
		const new5 = node.stack.interfaces.add(new VlanInterface("eth1.5", eth1, { vlan: 5 }));
		new5.addAddress("10.55.0.1/24");
		world.settle();
		expect([five.up, new5.up]).toEqual([false, true]);
		second.takeSent();
		second.inject(tagged(ping("10.55.0.2", "10.55.0.1", [], macOf(0x77)), { vid: 5 }));
		second.inject(tagged(question("10.55.0.2", "10.55.0.1"), { vid: 5 }));
		world.settle();
		expect(second.takeSent().length).toBeGreaterThan(0);
		node.stack.interfaces.remove(five);
		world.settle();
		second.inject(tagged(question("10.55.0.2", "10.55.0.1"), { vid: 5 }));
		world.settle();
		expect(second.takeSent().map((frame) => untagged(frame).vid)).toEqual([5]);
		node.stack.interfaces.remove(new5);
		second.inject(tagged(question("10.55.0.2", "10.55.0.1"), { vid: 5 }));
		world.settle();
		expect(second.takeSent()).toEqual([]);
		expect(drops("eth1")["unknownVlan"]).toBe(1);
	});

	it("has the parent's MTU where the device has room for a tag, else four bytes less", () => {
		expect(add(5).mtu).toBe(1496);
		begin({}, { abilities: NOTIFIES | CARRIES_TAGS });
		expect(add(5).mtu).toBe(1500);
		expect(add(6, { mtu: 1400 }).mtu).toBe(1400);
		expect(() => add(7, { mtu: 1501 })).toThrow("mtu 1501 of eth0.7: expected 68 to 1500");
	});

	it("wants frames for groups of the parent's device, as long as the parent or a VLAN wants some", () => {
		const told: boolean[] = [];
		Object.assign(device, { multicast: (on: boolean) => told.push(on) });
		const five = add(5);
		const six = add(6);
		five.addAddress("fd00:5::1/64");
		expect(told).toEqual([true]);
		six.addAddress("fd00:6::1/64");
		eth0.addAddress("fd00::1/64");
		node.stack.interfaces.remove(five);
		six.removeAddress(six.addresses.find(({ address }) => address.includes(":"))!);
		expect(told).toEqual([true]);
		eth0.removeAddress(eth0.addresses.find(({ address }) => address.includes(":"))!);
		expect(told).toEqual([true, false]);
	});
});

describe("a VLAN's parent that is busy", () => {
	it.each([false, true])(
		"has what is to be sent by VLANs wait in its queue, and no more than that holds (device by number: %s)",
		(numbered) => {
			begin({}, { numbered });
			const five = add(5);
			const socket = node.stack.udp.open("", 5000, 0);
			hear(question("10.5.0.2", "10.5.0.1"), { vid: 5 });
			// The neighbour is looked for before, so that no question of ours waits as well.
			node.stack.udp.send(socket, "10.5.0.2", 7, new Uint8Array(1), 0, 1);
			const [senderMac, sender, target] = [PEER, "10.5.0.2", "10.5.0.1"];
			hear(ethernet(MAC, PEER, ETHERTYPE_ARP, arp({ operation: ARP_REPLY, senderMac, sender, target, targetMac: MAC })), {
				vid: 5,
			});
			sent();
			device.setBusy(true);
			node.stack.poll(world.clock.ms);
			for (let i = 0; i < 12; i++) node.stack.udp.send(socket, "10.5.0.2", 7, new Uint8Array([i]), 0, 1);
			world.settle();
			expect([eth0.waiting, five.waiting]).toEqual([8, 0]);
			expect(drops("eth0")["transmitQueueFull"]).toBe(4);
			device.setBusy(false);
			world.settle();
			const all = sent().filter(({ udp }) => udp !== undefined);
			expect(all.map(({ vid, udp }) => [vid, udp!.payload[0]])).toEqual(Array.from({ length: 8 }, (_, i) => [5, i]));
		},
	);

	it.each([0, 3])("slows connections down, and loses nothing of theirs (asked %i times until a frame has passed)", (moves) => {
		const pair = new World(3);
		const segment = pair.segment();
		const boards = ["a", "b"].map((name, i) => {
			const board = pair.node(name, { packets: 8 });
			const port = segment.port({ mac: 0x31 + i, numbered: true });
			port.moves = moves;
			const parent = board.ethernet("eth0", port, `10.0.0.${i + 1}/24`);
			const link = board.stack.interfaces.add(new VlanInterface("eth0.5", parent, { vlan: 5, priority: i }));
			link.addAddress(`10.5.0.${i + 1}/24`);
			return { board, port };
		});
		let frames = 0;
		segment.tap = (_frame, from) => {
			if (++frames % 7 !== 0) return;
			from.setBusy(true);
			pair.clock.after(3, () => from.setBusy(false));
		};
		new EchoServer(boards[1]!.board);
		const client = new EchoClient(boards[0]!.board, "10.5.0.2", 60_000);
		expect(pair.until(() => client.done, 60_000)).toBe(true);
		expect([client.echoed, client.wrong]).toEqual([60_000, ""]);
		for (const { board } of boards) {
			const status = statusOf(board.stack);
			const reasons = status.interfaces.flatMap(({ drops: each }) => Object.keys(each));
			expect(reasons.filter((reason) => reason !== "arpIgnored")).toEqual([]);
		}
	});
});

it("VLANs come and go while connections of others go on", () => {
	const pair = new World(5);
	const segment = pair.segment();
	const boards = ["a", "b"].map((name, i) => {
		const board = pair.node(name, { interfaces: 8, packets: 24 });
		const parent = board.ethernet("eth0", segment.port({ mac: 0x31 + i, numbered: i === 0 }), `10.0.0.${i + 1}/24`);
		const link = board.stack.interfaces.add(new VlanInterface("eth0.5", parent, { vlan: 5 }));
		link.addAddress(`10.5.0.${i + 1}/24`);
		return { board, parent };
	});
	new EchoServer(boards[1]!.board);
	const [first, second] = ["10.5.0.2", "10.0.0.2"].map((address) => new EchoClient(boards[0]!.board, address, 100_000));
	const { board, parent } = boards[0]!;
	for (let round = 0; round < 40 && !(first!.done && second!.done); round++) {
		const six = board.stack.interfaces.add(new VlanInterface("six", parent, { vlan: 6 + (round % 5) }));
		six.addAddress("10.6.0.1/24");
		pair.run(3);
		board.stack.interfaces.remove(six);
		pair.run(2);
	}
	expect(pair.until(() => first!.done && second!.done, 60_000)).toBe(true);
	expect([first!.echoed, first!.wrong, second!.echoed, second!.wrong]).toEqual([100_000, "", 100_000, ""]);
	expect(board.stack.core.pool.free).toBeGreaterThan(16);
});
