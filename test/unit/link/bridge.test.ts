// Bridges: IEEE 802.1D, without spanning tree.

import { beforeEach, describe, expect, it } from "vitest";
import { CARRIES_TAGS, EVERY_FRAME, NOTIFIES, RECEIVE_CHECKED } from "../../../src/device/device.ts";
import { BridgeInterface, type BridgeOptions } from "../../../src/link/bridge.ts";
import type { EthernetInterface } from "../../../src/link/ethernet.ts";
import { VlanInterface } from "../../../src/link/vlan.ts";
import { STATIONS, StationRow } from "../../../src/packet/bridge-block.ts";
import { PACKET_BYTES, type StackOptions } from "../../../src/config.ts";
import { statusOf } from "../../../src/status/status.ts";
import { EchoClient, EchoServer } from "../../support/apps.ts";
import {
	ARP_REQUEST,
	BROADCAST_MAC,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	arp,
	ethernet,
	icmp,
	type Bytes,
} from "../../support/frames.ts";
import { parseFrame } from "../../support/parse.ts";
import { tagged, untagged } from "../../support/vlan.ts";
import { macOf, QueueDevice, type QueueDeviceOptions } from "../../support/wire.ts";
import { World, type Node } from "../../support/world.ts";

/** Stations on the wires, and the bridge's own address, which is that of its first port. */
const [A, B, C, OWN] = [macOf(0xa), macOf(0xb), macOf(0xc), macOf(1)] as const;
const BPDU_GROUP = new Uint8Array([1, 0x80, 0xc2, 0, 0, 0]);

let world: World;
let node: Node;
let devices: QueueDevice[];
let ports: EthernetInterface[];
let br0: BridgeInterface;

function begin(options: Partial<BridgeOptions> = {}, of: QueueDeviceOptions[] = [{}, {}, {}], stack: StackOptions = {}): void {
	world = new World(1);
	node = world.node("board", { interfaces: 8, packets: 32, ...stack });
	devices = of.map((each, i) => world.device({ mac: macOf(i + 1), ...each }));
	ports = devices.map((device, i) => node.ethernet(`eth${i}`, device));
	br0 = node.stack.interfaces.add(new BridgeInterface("br0", { ports, ...options }));
	br0.addAddress("10.0.0.1/24");
	world.settle();
	for (const device of devices) device.takeSent();
}

beforeEach(() => begin());

/** What each port has sent since, but what the board itself asks for. */
function sent(): Bytes[][] {
	world.settle();
	return devices.map(
		(device) =>
			device.takeSent().filter((frame) => parseFrame(untagged(frame).frame).arp?.senderMac.at(-1) !== OWN.at(-1)) as Bytes[],
	);
}

function hear(port: number, frame: Uint8Array): void {
	devices[port]!.inject(frame);
	world.settle();
}

function frame(to: Uint8Array, from: Uint8Array, payload: number[] = [1, 2, 3], type = 0x88b5): Bytes {
	return ethernet(to, from, type, payload);
}

function drops(name: string): Record<string, number> {
	return statusOf(node.stack).interfaces.find((link) => link.name === name)!.drops;
}

describe("frames from port to port", () => {
	it.each([false, true])(
		"go where their station is, and to all others while nobody knows (devices by number: %s)",
		(numbered) => {
			begin({}, [{ numbered }, { numbered }, { numbered }]);
			const first = frame(B, A);
			hear(0, first);
			expect(sent()).toEqual([[], [first], [first]]);
			const answer = frame(A, B);
			hear(1, answer);
			expect(sent()).toEqual([[answer], [], []]);
			hear(0, first);
			expect(sent()).toEqual([[], [first], []]);
			expect([br0.stations(), br0.stations(ports[0]), br0.stations(ports[2])]).toEqual([2, 1, 0]);
			// To a station on the port by which it came it has gone already.
			hear(2, frame(A, C));
			sent();
			hear(0, frame(A, macOf(0xd)));
			expect(sent()).toEqual([[], [], []]);
			expect(drops("eth0")).toEqual({ notForUs: 1 });
			expect(
				statusOf(node.stack)
					.interfaces.map(({ name, sent: { packets } }) => [name, packets > 0])
					.slice(1),
			).toContainEqual(["eth1", true]);
		},
	);

	it("for groups go to all others and to the board, and broadcasts as well", () => {
		const group = frame(new Uint8Array([1, 0, 0x5e, 1, 2, 3]), A);
		hear(1, group);
		expect(sent()).toEqual([[group], [], [group]]);
		expect(drops("br0")).toEqual({ unknownEtherType: 1 });
	});

	it("for the board are its own alone, whatever port they come by", () => {
		const asks = ethernet(
			BROADCAST_MAC,
			A,
			ETHERTYPE_ARP,
			arp({ operation: ARP_REQUEST, senderMac: A, sender: "10.0.0.2", target: "10.0.0.1" }),
		);
		devices[1]!.inject(asks);
		world.settle();
		const [zero, one, two] = devices.map((device) => device.takeSent());
		expect(zero).toContainEqual(asks);
		expect(two).toContainEqual(asks);
		// The answer goes back by that port alone.
		expect(one!.map((each) => parseFrame(each).arp?.senderMac)).toContainEqual(OWN);
		devices[1]!.inject(
			ethernet(OWN, A, ETHERTYPE_IPV4, icmp({ source: "10.0.0.2", destination: "10.0.0.1", type: 8, rest: 7 }, [5])),
		);
		world.settle();
		const answers = devices.map((device) => device.takeSent());
		expect([answers[0], answers[2]]).toEqual([[], []]);
		expect(answers[1]!.flatMap((each) => parseFrame(each).icmp ?? [])).toMatchObject([{ type: 0, rest: 7 }]);
		expect(statusOf(node.stack).neighbors.map(({ interface: name }) => name)).toEqual(["br0"]);
	});

	it("to addresses that bridges keep are not handed on, but what spanning trees say is, as we run none", () => {
		for (let last = 1; last < 16; last++) {
			const group = BPDU_GROUP.slice();
			group[5] = last;
			hear(0, frame(group, A));
			expect(sent()).toEqual([[], [], []]);
		}
		const beyond = BPDU_GROUP.slice();
		beyond[5] = 16;
		for (const group of [beyond, BPDU_GROUP]) {
			hear(0, frame(group, A));
			expect(sent().map((each) => each.length)).toEqual([0, 1, 1]);
		}
	});

	it("from groups, from nobody and from ourselves are refused, and nobody learns from them", () => {
		for (const from of [new Uint8Array([3, 0, 0, 0, 0, 1]), new Uint8Array(6), OWN]) hear(1, frame(B, from));
		hear(1, frame(B, A).slice(0, 13));
		hear(1, new Uint8Array(1));
		expect(sent()).toEqual([[], [], []]);
		expect(drops("eth1")).toEqual({ bridgeSource: 3, truncated: 2 });
		expect(br0.stations()).toBe(0);
	});

	it("pass with their tags of VLANs as they are, and the board has VLANs of the bridge", () => {
		const five = node.stack.interfaces.add(new VlanInterface("br0.5", br0, { vlan: 5 }));
		five.addAddress("10.5.0.1/24");
		sent();
		const other = tagged(frame(B, A), { vid: 9, priority: 3 });
		hear(0, other);
		expect(sent()).toEqual([[], [other], [other]]);
		hear(
			2,
			tagged(
				ethernet(
					BROADCAST_MAC,
					C,
					ETHERTYPE_ARP,
					arp({ operation: ARP_REQUEST, senderMac: C, sender: "10.5.0.2", target: "10.5.0.1" }),
				),
				{ vid: 5 },
			),
		);
		const answers = devices.map((device) => device.takeSent().map((each) => untagged(each)));
		expect(answers[2]!.map(({ vid, frame: bare }) => [vid, parseFrame(bare).arp?.operation])).toContainEqual([5, 2]);
		expect(five.parent).toBe(br0);
		expect(() => node.stack.interfaces.add(new VlanInterface("eth0.5", ports[0]!, { vlan: 5 }))).toThrow(
			"vlan 5 of eth0.5: eth0 is a port of br0; make it a VLAN of that",
		);
	});

	it("are dropped where the port that they go out by carries no frames that long, with a tag four bytes more where it says so", () => {
		begin({}, [{ mtu: 1500 }, { mtu: 1000 }, { mtu: 1000, abilities: NOTIFIES | CARRIES_TAGS }]);
		expect(br0.mtu).toBe(1000);
		const of = (length: number): Bytes => frame(B, A, Array<number>(length).fill(7));
		const [fits, longer] = [of(1000), of(1001)];
		const [tag996, tag1000, tag1001] = [996, 1000, 1001].map((length) => tagged(of(length), { vid: 3 }));
		for (const each of [fits, longer, tag996!, tag1000!, tag1001!]) hear(0, each);
		expect(sent()).toEqual([[], [fits, tag996], [fits, tag996, tag1000]]);
		expect([drops("eth1"), drops("eth2")]).toEqual([{ tooBig: 3 }, { tooBig: 2 }]);
	});

	it("are summed up by the board itself, also where a port says that it has", () => {
		begin({}, [{ abilities: NOTIFIES | RECEIVE_CHECKED }, {}]);
		hear(
			0,
			ethernet(OWN, A, ETHERTYPE_IPV4, icmp({ source: "10.0.0.2", destination: "10.0.0.1", type: 8, icmpChecksum: 0x1234 })),
		);
		expect(drops("br0")).toEqual({ icmpChecksum: 1 });
	});

	it.each([
		[true, 0],
		[true, 3],
		[false, 0],
	])("wait for a port that is busy, and no longer than its queue is (by number: %s, asked %i times)", (numbered, moves) => {
		begin({}, [{ numbered }, { numbered }]);
		for (const device of devices) device.moves = moves;
		hear(1, frame(A, B));
		world.run(10);
		sent();
		devices[1]!.setBusy(true);
		world.settle();
		const free = node.stack.core.pool.free;
		for (let i = 0; i < 12; i++) hear(0, frame(B, A, [i]));
		world.run(10);
		expect(drops("eth1")["transmitQueueFull"]).toBe(4);
		devices[1]!.setBusy(false);
		world.run(10);
		expect(sent()[1]!.map((each) => each[14])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
		expect(node.stack.core.pool.free).toBe(free);
	});
});

describe("stations", () => {
	it("are forgotten when they have been silent for the time that was told, to the millisecond", () => {
		begin({ ageMs: 1000 });
		hear(0, frame(B, A));
		world.run(999);
		sent();
		expect(br0.stations()).toBe(1);
		hear(1, frame(A, B));
		expect(sent().map((each) => each.length)).toEqual([1, 0, 0]);
		world.run(1);
		hear(1, frame(A, B));
		expect(sent().map((each) => each.length)).toEqual([1, 0, 1]);
		expect(br0.stations()).toBe(1);
	});

	it("move at once when they are heard by another port", () => {
		hear(0, frame(B, A));
		hear(2, frame(B, A));
		sent();
		hear(1, frame(A, B));
		expect(sent().map((each) => each.length)).toEqual([0, 0, 1]);
	});

	it("are forgotten with a port that goes down, and with one that is removed", () => {
		hear(0, frame(C, A));
		hear(1, frame(C, B));
		sent();
		devices[0]!.setLink(false);
		world.settle();
		expect([br0.stations(), br0.up]).toEqual([1, true]);
		hear(2, frame(A, C));
		expect(sent().map((each) => each.length)).toEqual([0, 1, 0]);
		node.stack.interfaces.remove(ports[1]!);
		expect([br0.stations(), br0.ports.map(({ name }) => name)]).toEqual([1, ["eth0", "eth2"]]);
		devices[2]!.setLink(false);
		world.settle();
		expect([br0.stations(), br0.up]).toEqual([0, false]);
		devices[0]!.setLink(true);
		world.settle();
		expect(br0.up).toBe(true);
	});

	it("give way to new ones when there are too many, and all of the table is used", () => {
		begin({ storm: 1_000_000 });
		for (let i = 0; i < 4096; i++) hear(i % 2, frame(C, macOf(0x100 + i)));
		expect(br0.stations()).toBe(STATIONS);
		// Who has spoken last is known.
		sent();
		hear(2, frame(macOf(0x100 + 4095), C));
		expect(sent().map((each) => each.length)).toEqual([0, 1, 0]);
	});

	it("fit a packet buffer", () => {
		expect(STATIONS * StationRow.bytes).toBeLessThanOrEqual(PACKET_BYTES);
	});
});

describe("a storm", () => {
	it("is bound to so many frames a second, for each port by itself, and counted; spanning trees are still heard", () => {
		begin({ storm: 400 });
		let out = 0;
		for (let ms = 0; ms < 10_000; ms += 1) {
			devices[0]!.inject(frame(BROADCAST_MAC, A));
			devices[0]!.inject(frame(B, A));
			if (ms % 2000 === 0) devices[0]!.inject(frame(BPDU_GROUP, macOf(0x99)));
			world.run(1);
			const [, one] = sent();
			out += one!.length;
			if (ms % 2000 === 0) expect(one!.filter((each) => each[11] === 0x99)).toHaveLength(1);
		}
		expect(out).toBeGreaterThan(3900);
		expect(out).toBeLessThanOrEqual(400 * 10 + 100);
		expect(drops("eth0")["bridgeStorm"]).toBe(20_005 - out);
		// Another port floods as if nothing were, and what is for one known station is not bound.
		hear(1, frame(BROADCAST_MAC, B));
		expect(sent().map((each) => each.length)).toEqual([1, 0, 1]);
		devices[0]!.inject(frame(BROADCAST_MAC, A));
		for (let i = 0; i < 20; i++) hear(0, frame(B, A));
		expect(sent()[1]).toHaveLength(20);
	});
});

describe("the interface of a bridge", () => {
	it("is refused for ports that are none, are twice there, have addresses, VLANs or another bridge, and for limits out of range", () => {
		const make =
			(...all: EthernetInterface[]) =>
			() =>
				node.stack.interfaces.add(new BridgeInterface("b", { ports: all }));
		expect(() => new BridgeInterface("b", { ports: [] })).toThrow("ports of b: expected Ethernet interfaces");
		expect(() => new BridgeInterface("b", { ports: [br0] })).toThrow("port br0 of b: expected an Ethernet interface, not bridge");
		expect(() => new BridgeInterface("b", { ports: [ports[0]!, ports[0]!] })).toThrow("port eth0 of b: is in the list twice");
		for (const ageMs of [999, 1_000_000_001, 1.5])
			expect(() => new BridgeInterface("b", { ports, ageMs })).toThrow(`ageMs ${ageMs} of b: expected 1000 to 1000000000`);
		for (const storm of [99, 1_000_001, Number.NaN])
			expect(() => new BridgeInterface("b", { ports, storm })).toThrow(`storm ${storm} of b: expected 100 to 1000000`);
		expect(make(...ports)).toThrow("port eth0 of b: is a port of br0 already");
		const other = node.ethernet("eth9", new QueueDevice({ mac: 9 }), "10.9.0.1/24");
		const free = node.stack.core.pool.free;
		expect(make(other)).toThrow("port eth9 of b: has the address 10.9.0.1; remove it, and give it to the bridge");
		other.removeAddress(other.addresses[0]!);
		const vlan = node.stack.interfaces.add(new VlanInterface("eth9.5", other, { vlan: 5 }));
		expect(() => br0.addPort(other)).toThrow("port eth9 of br0: has VLANs; remove them, and give them to the bridge");
		node.stack.interfaces.remove(vlan);
		node.stack.interfaces.remove(other);
		expect(() => br0.addPort(other)).toThrow("port eth9 of br0: is not part of this stack; add that one first");
		expect(() => br0.removePort(other)).toThrow("port eth9: is none of br0");
		expect(node.stack.core.pool.free).toBe(free);
	});

	it("says what it lacks where there is no packet buffer for its table", () => {
		const pool = node.stack.core.pool;
		const held: number[] = [];
		for (let packet = pool.acquire(); packet >= 0; packet = pool.acquire()) held.push(packet);
		const eth9 = node.ethernet("eth9", new QueueDevice({ mac: 9 }));
		expect(() => node.stack.interfaces.add(new BridgeInterface("b", { ports: [eth9] }))).toThrow(
			/no packet buffer for its table/,
		);
		for (const packet of held) pool.release(packet);
		const free = pool.free;
		const b = node.stack.interfaces.add(new BridgeInterface("b", { ports: [eth9] }));
		expect(pool.free).toBe(free - 1);
		node.stack.interfaces.remove(b);
		expect(pool.free).toBe(free);
	});

	it("has its ports' devices hear every frame, and as before when they are ports no more", () => {
		const told: unknown[] = [];
		const device = new QueueDevice({ mac: 9 });
		Object.assign(device, { multicast: (on: unknown) => told.push(on) });
		const eth9 = node.ethernet("eth9", device);
		br0.addPort(eth9);
		expect(told.at(-1)).toBe(EVERY_FRAME);
		hear(0, frame(B, A));
		expect(device.takeSent()).toEqual([frame(B, A)]);
		br0.removePort(eth9);
		expect(told.at(-1)).toBe(false);
		eth9.addAddress("10.9.0.1/24");
		device.inject(
			ethernet(
				BROADCAST_MAC,
				A,
				ETHERTYPE_ARP,
				arp({ operation: ARP_REQUEST, senderMac: A, sender: "10.9.0.2", target: "10.9.0.1" }),
			),
		);
		world.settle();
		expect(device.takeSent().map((each) => parseFrame(each).arp?.operation)).toContain(2);
		expect(sent()).toEqual([[], [frame(B, A)], [frame(B, A)]]);
	});

	it("leaves its ports to themselves when it is removed, and hands nothing on while it is turned off", () => {
		br0.enabled = false;
		world.settle();
		hear(0, frame(B, A));
		expect(sent()).toEqual([[], [], []]);
		expect(drops("eth0")).toEqual({ interfaceDown: 1 });
		br0.enabled = true;
		world.settle();
		node.stack.interfaces.remove(br0);
		hear(0, frame(B, A));
		expect(sent()).toEqual([[], [], []]);
		expect(drops("eth0")).toEqual({ interfaceDown: 1, notForUs: 1 });
	});

	it("has what it sends by itself flooded while the station is not known, and waits for none where no poll runs", () => {
		const socket = node.stack.udp.open("", 5000, 0);
		hear(
			1,
			ethernet(
				BROADCAST_MAC,
				A,
				ETHERTYPE_ARP,
				arp({ operation: ARP_REQUEST, senderMac: A, sender: "10.0.0.2", target: "10.0.0.1" }),
			),
		);
		world.run(10);
		for (const device of devices) device.takeSent();
		node.stack.udp.send(socket, "10.0.0.2", 7, new Uint8Array([1]), 0, 1);
		node.stack.udp.send(socket, "10.0.0.255", 7, new Uint8Array([2]), 0, 1);
		world.settle();
		const all = devices.map((device) => device.takeSent().flatMap((each) => parseFrame(each).udp?.payload[0] ?? []));
		expect(all).toEqual([[2], [1, 2], [2]]);
	});
});

it.each([0, 3])(
	"connections through a bridge and to it lose nothing but what ports have no room for (asked %i times until a frame has passed)",
	(moves) => {
		const net = new World(7);
		const segments = [net.segment(), net.segment()];
		const bridge = net.node("bridge", { interfaces: 4, packets: 48 });
		const own = segments.map((segment, i) => {
			const port = segment.port({ mac: 0x21 + i, numbered: i === 0 });
			port.moves = moves;
			return bridge.ethernet(`eth${i}`, port);
		});
		const br = bridge.stack.interfaces.add(new BridgeInterface("br0", { ports: own }));
		br.addAddress("10.0.0.1/24");
		const hosts = segments.map((segment, i) => {
			const host = net.node(`host${i}`, { packets: 24 });
			host.ethernet("eth0", segment.port({ mac: 0x31 + i }), `10.0.0.${i + 2}/24`);
			return host;
		});
		new EchoServer(hosts[1]!);
		new EchoServer(bridge);
		const clients = [
			new EchoClient(hosts[0]!, "10.0.0.3", 60_000),
			new EchoClient(hosts[0]!, "10.0.0.1", 60_000),
			new EchoClient(bridge, "10.0.0.3", 60_000),
		];
		expect(net.until(() => clients.every(({ done }) => done), 120_000)).toBe(true);
		for (const { echoed, wrong } of clients) expect([echoed, wrong]).toEqual([60_000, ""]);
		expect(br.stations()).toBe(2);
		net.run(1000);
		expect(bridge.stack.core.pool.free).toBeGreaterThan(40);
	},
);
