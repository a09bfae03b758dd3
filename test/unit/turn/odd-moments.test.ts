// What a device or an owner does at an odd moment of a poll: nothing is forgotten, and no packet lost.

import { beforeEach, describe, expect, it } from "vitest";
import { NOTIFIES } from "../../../src/device/device.ts";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import type { Stack } from "../../../src/stack.ts";
import {
	arp,
	ARP_REPLY,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	ethernet,
	icmp,
	ip,
	tcp,
	TCP_ACK,
	udp,
	type Bytes,
} from "../../support/frames.ts";
import { SYN } from "../../../src/wire/tcp.ts";
import { Port, Station } from "../../support/station.ts";
import { QueueDevice } from "../../support/wire.ts";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";

const FAULT = new Error("a device's");
const PACKETS = 16;

/** A device in TypeScript that gives notice, and is not asked otherwise. */
class Quiet extends QueueDevice {
	override readonly abilities = NOTIFIES;
	polls = 0;
	wait = -1;
	onPoll: ((now: number) => void) | undefined = undefined;
	onTransmit: (() => void) | undefined = undefined;
	onTake: (() => void) | undefined = undefined;
	onClose: (() => void) | undefined = undefined;

	override receive(at: number, max: number): number {
		const length = super.receive(at, max);
		this.onTake?.();
		return length;
	}

	override transmit(packet: number, at: number, end: number): number {
		this.onTransmit?.();
		return super.transmit(packet, at, end);
	}

	override close(): void {
		this.onClose?.();
		super.close();
	}
}

/** One to which time matters. */
class Timed extends Quiet {
	poll(now: number): number {
		this.polls++;
		this.onPoll?.(now);
		return this.wait;
	}
}

let all: Station;
let stack: Stack;

/** An interface over a device, with the addresses of the station's ports' networks: 10.<index>.0.1/24. */
function add<T extends QueueDevice>(name: string, device: T, index: number): { link: EthernetInterface; device: T } {
	const link = new EthernetInterface(name, device);
	stack.interfaces.add(link);
	link.ip.insertAddress(`10.${index}.0.1`, 24);
	device.takeSent();
	return { link, device };
}

function frame(device: QueueDevice, packet: Bytes): Bytes {
	return ethernet(device.mac, Port.macOf(ip("10.0.0.9")), ETHERTYPE_IPV4, packet);
}

function datagram(index: number, destinationPort = 7): Bytes {
	return udp({ source: `10.${index}.0.9`, destination: `10.${index}.0.1`, sourcePort: 9, destinationPort }, [1]);
}

/** A socket at port 7, and what its owner is told. */
function listen(onEvents: (waiting: number) => void, port = 7): UdpSocket {
	const socket = stack.udp.open("", port, 0);
	socket.owner = { onEvents: (_events, waiting) => onEvents(waiting) };
	all.world.settle();
	return socket;
}

/** Teaches the stack who 10.<index>.0.9 is. */
function meet({ link, device }: { link: EthernetInterface; device: QueueDevice }, index: number): void {
	const [sender, target] = [ip(`10.${index}.0.9`), ip(`10.${index}.0.1`)];
	link.find(sender);
	all.world.settle();
	const answer = arp({ operation: ARP_REPLY, senderMac: Port.macOf(sender), sender, target, targetMac: device.mac });
	device.inject(ethernet(device.mac, Port.macOf(sender), ETHERTYPE_ARP, answer));
	all.world.settle();
	device.takeSent();
}

function write(index: number, socket = stack.udp.open("", 0, 0)): void {
	stack.udp.send(socket, `10.${index}.0.9`, 9, new Uint8Array(8), 0, 8);
	if (socket.owner === null) stack.udp.close(socket);
}

beforeEach(() => {
	all = new Station([["10.1.0.1/24"]], { interfaces: 8, packets: PACKETS, neighbors: 16 });
	stack = all.stack;
});

/** The IP packets that a device was given since the last call, frames and all. */
function packets(device: QueueDevice): Uint8Array[] {
	return device.takeSent().filter((sent) => sent[13] === 0);
}

/** Packets that nobody has, nor the stack itself to receive into and to build in. */
function free(): number {
	return stack.core.pool.free + (stack.core.spare >= 0 ? 1 : 0) + (stack.core.packet >= 0 ? 1 : 0);
}

describe("an interface that an owner adds", () => {
	it("is looked at, though its link is down: time passes for its device", () => {
		const device = new Timed({ mac: 9 });
		device.linkUp = false;
		device.wait = 100;
		listen(() => stack.interfaces.find("eth9") ?? stack.interfaces.add(new EthernetInterface("eth9", device)));
		all.ports[0]!.ip(datagram(1));
		all.world.run(1000);
		expect(device.polls).toBeGreaterThanOrEqual(10);
	});

	it("may have the slot of one that it removes", () => {
		const old = add("eth7", new Quiet({ mac: 7 }), 7);
		const young = new Quiet({ mac: 8 });
		const heard: string[] = [];
		const into = new Uint8Array(8);
		const socket = listen(() => {
			while (stack.udp.read(socket, into, 0, 8) >= 0) heard.push(stack.interfaces.at(socket.fromSlot)?.name ?? "gone");
			if (stack.interfaces.find("eth7") === undefined) return;
			stack.interfaces.remove(old.link);
			add("eth8", young, 8);
			young.inject(frame(young, datagram(8)));
		});
		all.ports[0]!.ip(datagram(1));
		all.world.settle();
		expect([young.host === undefined, heard]).toEqual([false, ["eth1", "eth8"]]);
	});
});

describe("a socket", () => {
	it("does not take what came by an interface that is gone for what comes by another in its slot", () => {
		const old = add("eth7", new Quiet({ mac: 7 }), 7);
		const socket = stack.udp.open("", 7, 0);
		const names: string[] = [];
		const read = () => {
			const into = new Uint8Array(8);
			if (stack.udp.read(socket, into, 0, 8) >= 0) names.push(stack.interfaces.at(socket.fromSlot)?.name ?? "gone");
		};
		for (let i = 0; i < 2; i++) old.device.inject(frame(old.device, datagram(7)));
		all.world.settle();
		read();
		stack.interfaces.remove(old.link);
		const young = add("eth8", new Quiet({ mac: 8 }), 7);
		expect(young.link.slot).toBe(3);
		young.device.inject(frame(young.device, datagram(7)));
		all.world.settle();
		read();
		read();
		expect(names).toEqual(["eth7", "gone", "eth8"]);
	});
});

describe("an interface that an owner takes down", () => {
	it("is down at once", () => {
		const { link, device } = add("eth7", new Quiet({ mac: 7 }), 7);
		all.world.settle();
		expect(link.up).toBe(true);
		listen(() => (link.enabled = false));
		device.inject(frame(device, datagram(7)));
		all.world.settle();
		expect(link.up).toBe(false);
	});
});

describe("a device", () => {
	it("that gives notice and has a time as well is polled when it wants", () => {
		const device = new Timed({ mac: 9 });
		device.wait = 50;
		add("eth9", device, 9);
		all.world.run(1000);
		expect(device.polls).toBeGreaterThanOrEqual(20);
	});

	it("that gives notice while it is closed is not looked at any more", () => {
		const { link, device } = add("eth7", new Quiet({ mac: 7 }), 7);
		device.onClose = () => device.host!.notify();
		stack.interfaces.remove(link);
		all.world.settle();
		all.ports[0]!.ip(icmp({ source: "10.1.0.9", destination: "10.1.0.1", type: 8 }));
		expect(all.ports[0]!.packets()).toHaveLength(1);
	});

	it("that cannot be closed leaves its slot and its name to the next", () => {
		const { link, device } = add("eth7", new Quiet({ mac: 7 }), 7);
		const before = free();
		device.onClose = () => {
			throw FAULT;
		};
		expect(() => stack.interfaces.remove(link)).toThrow(FAULT);
		const next = add("eth7", new Quiet({ mac: 8 }), 7);
		all.world.settle();
		expect([next.link.up, link.slot, before - free()]).toEqual([true, 0, 0]);
	});

	const MOMENTS = ["onPoll", "onTake", "onTransmit"] as const;

	it.each(MOMENTS)("may have its interface removed by its program (%s)", (moment) => {
		const before = free();
		const one = add("eth7", new Timed({ mac: 7 }), 7);
		meet(one, 7);
		one.device.setBusy(true);
		write(7);
		all.world.settle();
		one.device.busy = false;
		one.device[moment] = () => {
			if (one.link.slot !== 0) stack.interfaces.remove(one.link);
		};
		one.device.inject(frame(one.device, datagram(7)));
		write(1);
		all.world.settle();
		all.ports[0]!.ip(icmp({ source: "10.1.0.9", destination: "10.1.0.1", type: 8 }));
		expect(all.ports[0]!.packets().length).toBeGreaterThan(0);
		expect([one.link.slot, before - free()]).toEqual([0, 0]);
	});

	it.each(MOMENTS)("that throws does not keep the others from their turn (%s)", (moment) => {
		const before = free();
		const one = add("eth7", new Timed({ mac: 7 }), 7);
		const other = add("eth8", new Quiet({ mac: 8 }), 8);
		for (const [i, each] of [one, other].entries()) meet(each, 7 + i);
		const heard: number[] = [];
		listen((waiting) => heard.push(waiting));
		for (const { device } of [one, other]) {
			device.setBusy(true);
			device.takeSent();
		}
		for (const index of [7, 8]) write(index);
		all.world.settle();
		one.device[moment] = () => {
			throw FAULT;
		};
		one.device.inject(frame(one.device, datagram(7)));
		other.device.inject(frame(other.device, datagram(8)));
		for (const { device } of [one, other]) device.setBusy(false);
		expect(() => stack.poll(all.world.clock.ms)).toThrow(FAULT);
		expect([packets(other.device).length, heard.length > 0, stack.core.awake]).toEqual([1, true, false]);
		one.device[moment] = undefined;
		one.device.host!.notify();
		all.world.settle();
		expect([packets(one.device).length, before - free()]).toEqual([1, 0]);
	});

	it("that throws is told to the hook, and the poll goes on", () => {
		const { device } = add("eth7", new Timed({ mac: 7 }), 7);
		const told: unknown[] = [];
		stack.events.onError = (error) => told.push(error);
		device.onPoll = () => {
			throw FAULT;
		};
		device.host!.notify();
		all.world.settle();
		expect(told).toEqual([FAULT]);
	});

	it("that throws while a connection sends loses nothing of it", () => {
		const one = add("eth7", new Quiet({ mac: 7 }), 7);
		const { device } = one;
		meet(one, 7);
		const tcb = connect(device);
		device.onTransmit = () => {
			throw FAULT;
		};
		stack.tcp.setNoDelay(tcb, true);
		stack.tcp.write(tcb, new Uint8Array(100), 0, 100);
		stack.tcp.shutdown(tcb);
		const left: unknown[] = [];
		const poll = () => {
			try {
				stack.poll(all.world.clock.ms);
			} catch (error) {
				left.push(error);
			}
		};
		poll();
		device.onTransmit = undefined;
		device.host!.notify();
		for (let i = 0; i < 4; i++) poll(); // each tells one of what was thrown
		all.world.run(5000);
		expect([left.length > 0, left.every((error) => error === FAULT)]).toEqual([true, true]);
		const bytes = packets(device).map((sent) => sent.length - 54);
		expect(bytes).toContain(100);
	});

	it("that is called as the turn ends has what is written meanwhile sent in the same poll", () => {
		const one = add("eth7", new Quiet({ mac: 7 }), 7);
		const { device } = one;
		meet(one, 7);
		const [first, second] = [connect(device), connect(device)];
		for (const tcb of [first, second]) {
			stack.tcp.setNoDelay(tcb, true);
			stack.tcp.write(tcb, new Uint8Array(10), 0, 10);
			all.world.settle(); // from here on the way is known
		}
		device.takeSent();
		device.onTransmit = () => {
			device.onTransmit = undefined;
			stack.tcp.write(second, new Uint8Array(200), 0, 200);
		};
		stack.tcp.write(first, new Uint8Array(100), 0, 100);
		all.world.settle();
		expect(packets(device).map((sent) => sent.length)).toEqual([154, 254]);
	});
});

/** A connection from port 80 of 10.7.0.9. */
function connect(device: QueueDevice): Tcb {
	const tcb = stack.tcp.connect("10.7.0.9", 80);
	all.world.settle();
	const syn = packets(device).at(-1)!;
	const view = new DataView(syn.buffer, syn.byteOffset);
	const ends = { source: "10.7.0.9", destination: "10.7.0.1", sourcePort: 80, destinationPort: view.getUint16(34) };
	device.inject(
		frame(device, tcp({ ...ends, flags: SYN | TCP_ACK, seq: 1000, ack: (view.getUint32(38) + 1) >>> 0, window: 65_535 })),
	);
	all.world.settle();
	device.takeSent();
	expect(tcb.stateName).toBe("established");
	return tcb;
}

describe("frames that a device keeps as there is no packet to receive into", () => {
	let held: (() => void)[];
	let heard: number[];
	let holder: ReturnType<typeof add<Quiet>>;
	let other: typeof holder;
	let tcb: Tcb;

	beforeEach(() => {
		held = [];
		heard = [];
		holder = add("eth7", new Quiet({ mac: 7 }), 8);
		other = add("eth8", new Quiet({ mac: 8 }), 7);
		meet(holder, 8);
		meet(other, 7);
		tcb = connect(other.device);
		listen((waiting) => heard.push(waiting));
		// What is answered goes out in the packet that it came in.
		holder.device.hold = (release) => held.push(release);
		for (let i = 0; i < PACKETS && stack.core.packet >= 0; i++) {
			holder.device.inject(frame(holder.device, icmp({ source: "10.8.0.9", destination: "10.8.0.1", type: 8 })));
			all.world.settle();
		}
		other.device.inject(frame(other.device, datagram(7)));
		all.world.settle();
		expect([stack.core.packet, heard]).toEqual([-1, []]);
	});

	it("come in when the interface is removed that has them all", () => {
		stack.interfaces.remove(holder.link);
		all.world.settle();
		expect(heard).toEqual([1]);
	});

	it("come in when they come free as a turn ends", () => {
		other.device.onTransmit = () => {
			for (const release of held.splice(0)) release();
		};
		stack.tcp.write(tcb, new Uint8Array(100), 0, 100);
		all.world.settle();
		expect([packets(other.device).length, heard]).toEqual([1, [1]]);
	});
});
