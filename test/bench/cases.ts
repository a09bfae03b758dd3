// The cases that `npm run bench` measures, run on XS: `multihome-xs cases.js -- CASE PACKETS`. Prints one line of JSON.

import { ipText } from "../support/frames.ts";
import { V4 } from "../../src/packet/address.ts";
import { CORE, CoreBlock } from "../../src/packet/core-block.ts";
import { DESTINATION_ADDRESS, GIVEN_ADDRESS, NO_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../src/packet/fields.ts";
import { formatIpv4 } from "../../src/address4.ts";
import { createIO } from "../../src/io/io.ts";
import { LoopbackDevice } from "../../src/device/loopback.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import { BridgeInterface } from "../../src/link/bridge.ts";
import { VlanInterface } from "../../src/link/vlan.ts";
import { LoopbackInterface } from "../../src/link/loopback.ts";
import { Router } from "../../src/service/router/router.ts";
import { Stack } from "../../src/stack.ts";
import { PACKET_BYTES, type StackOptions } from "../../src/config.ts";
import { ESTABLISHED, type Tcb } from "../../src/transport/tcp/tcb.ts";
import { copy, flowFind, frameArrives, ipv4Build, pathAsk, setPolled, setV4 } from "#codec";
import { chunkBytesAllocated, collect, collections, slotsAllocated } from "host/heap";
import { args, print } from "host/system";
import { SPI_BYTES, count as countOfChip, passTime, plug } from "host/chips";
import { plug as plugLine, run as runLines } from "host/uart";
import { converse, converseLine, exchanged, start } from "bench/peer";
import { ENC28J60 } from "../../drivers/enc28j60/device.ts";
import { Uart } from "../../drivers/uart/device.ts";
import { W5500 } from "../../drivers/w5500/device.ts";
import { PppInterface } from "../../src/link/ppp/ppp.ts";
import type { Device } from "../../src/device/device.ts";
import { PeerDevice } from "./peer-device.ts";
import { FREE } from "../../src/packet/neighbor-block.ts";
import { TcbBlock } from "../../src/packet/tcb-block.ts";
import { UdpBlock } from "../../src/packet/udp-block.ts";

const { used: UDP_USED, size: UDP_SIZE } = UdpBlock.offsets;
const TCP_SOURCE = 1;
const TCP_SINK = 2;
const UDP_ECHO = 3;
/** Where connections of a stack with itself go, and how long after these are looked at, ms: longer than a case takes. */
const IDLE_PORT = 10;
const KEEP_ALIVE_MS = 1_000_000_000;
const ICMP_ECHO = 4;
const ARP = 5;
const CONNECT = 6;
const UDP_SOURCE = 7;
const UDP_SINK = 8;
const FORWARD = 9;
/** Echo requests on the way at once: a server under load. */
const OUTSTANDING = 8;
/** 1: the peer talks by IPv6. */
let six = 0;
let seed = 0x1234567;
/** Each case polls by itself. */
function onWake(): void {}

function random32(): number {
	seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
	return seed ^ (seed >>> 15);
}

function makeStack(options: StackOptions = {}, device: Device = new PeerDevice()): Stack {
	const stack = new Stack({ ...options, random32, onWake });
	const { ip } = stack.interfaces.add(new EthernetInterface("eth0", device));
	ip.insertAddress("10.0.0.2", 24);
	if (six !== 0) ip.insertAddress("2001:db8::2", 64);
	return stack;
}

/** The same with a thousand neighbours that have asked for us. */
function makeCrowdedStack(): Stack {
	const stack = makeStack({ neighbors: 1024 });
	const { view, layout } = stack.core;
	const at = layout.packets + 4 * PACKET_BYTES; // the packet buffers lie idle here
	const { block, ip } = stack.interfaces.find("eth0")!;
	ip.insertAddress("10.1.0.2", 16);
	for (let n = 0; n < 1000; n++) {
		copy(view, at, block, 6); // the hardware address is the block's first field
		view.setInt32(at + 6, 0x02000000);
		view.setUint16(at + 10, 1000 + n);
		copy(view, at + 22, at + 6, 6);
		view.setInt32(at + 12, 0x08060001);
		view.setInt32(at + 16, 0x08000604);
		view.setUint16(at + 20, 1);
		view.setInt32(at + 28, 0x0a010400 + n);
		view.setInt32(at + 38, 0x0a010002);
		frameArrives(view, at, at + 42, block);
		stack.poll(now++);
	}
	const known = stack.interfaces.neighbors.entries.filter(({ state }) => state !== FREE);
	if (known.length < 1000) throw new Error(`${known.length} neighbours`);
	return stack;
}

/** The same with 16 interfaces that have 64 addresses; only one of them carries anything. */
function makeLargeStack(): Stack {
	const stack = makeStack({ interfaces: 16, routes: 80 });
	const { interfaces } = stack;
	while (interfaces.list.length < 16) {
		const name = `lo${interfaces.list.length}`;
		interfaces.add(new LoopbackInterface(name, new LoopbackDevice()));
	}
	for (const [i, link] of interfaces.list.entries())
		for (let n = link.addresses.length; n < 4; n++) link.ip.insertAddress(ipText(0x0a800002 + (i << 16) + (n << 8)), 24);
	return stack;
}

/** Chip in use, -1 for none: the peer is at the other end of its cable. */
let chip = -1;

/** The line of a UART in use, -1 for none; whether it carries packets yet. */
let line = -1;
let open = false;
/** At this speed a full frame has passed between two polls. */
const LINE_BAUD = 12_000_000;
const LINE_POLL_NS = 1_500_000;

const INTERRUPT_PIN = 21;
const POLL_NS = 100_000;

/** A driver over its model. */
function chipDevice(kind: "w5500" | "enc28j60"): Device {
	passTime(POLL_NS); // its clock is the polls
	chip = plug(kind, 0, 17, INTERRUPT_PIN, 20, -1, 0, 1);
	const options = { select: 17, interrupt: INTERRUPT_PIN, reset: 20, mac: new Uint8Array([2, 0, 0, 0, 0, 2]) };
	return kind === "w5500" ? new W5500(options) : new ENC28J60(options);
}

/** Polls until the peer has counted `packets` more. */
function exchange(stack: Stack, packets: number): void {
	reach(stack, exchanged() + packets);
}

function reach(stack: Stack, goal: number): void {
	let idle = 0;
	let before = exchanged();
	while (exchanged() < goal) {
		stack.poll(now);
		now = (now + 1) | 0;
		if (chip >= 0) {
			passTime(POLL_NS);
			converse(chip);
		} else if (line >= 0) turnLine();
		const done = exchanged();
		idle = done === before ? idle + 1 : 0;
		before = done;
		if (idle > 10_000) throw new Error(`nothing moves any more after ${done} packets`);
	}
}
let now = 1000;

function turnLine(): void {
	passTime(LINE_POLL_NS);
	converseLine(line, open);
	runLines();
}

/** What a case does for `packets` packets, after its setting up. */
type Run = (packets: number) => void;

/** `segment`: bytes of data of a full one; with fewer than there is room for without options the peer knows SACK and timestamps. */
function tcpCase(mode: number, stack = makeStack(), segment = 1460): Run {
	const whole = six !== 0 ? 1440 : 1460;
	const { TCP, Listener } = createIO(stack);
	const buffer = new ArrayBuffer(segment);
	new Listener({
		port: 9,
		onReadable() {
			new TCP({
				from: (this as { read(): unknown }).read(),
				onReadable(this: { read(buffer: ArrayBuffer): number | undefined }, count: number) {
					while (count > 0) count -= this.read(buffer) ?? count;
				},
				onWritable(this: { write(buffer: ArrayBuffer): number }, room: number) {
					if (mode === TCP_SINK) while (room >= segment) room = this.write(buffer);
				},
				onError() {},
			} as never);
		},
	} as never);
	start(mode, segment, segment < whole ? 1 : 0, six);
	return (packets) => exchange(stack, packets);
}

/** In variables, as each literal would allocate. */
const formats = { number: "number", buffer: "buffer" };

/**
 * As HTTP and WebSocket modules parse headers: the format is set, to the same or another one ("flip"), and a byte read. That is a "packet" here. "loop" has
 * neither: it is what the loop and the segments' reception cost by themselves.
 */
function byteCase(mode: "same" | "flip" | "loop"): Run {
	const stack = makeStack();
	const { TCP, Listener } = createIO(stack);
	let socket: { format: string; read(into?: ArrayBuffer): number | undefined } | undefined;
	let there = 0;
	new Listener({
		port: 9,
		onReadable() {
			socket = new TCP({
				from: (this as { read(): unknown }).read(),
				onReadable: (count: number) => (there = count),
			} as never) as never;
		},
	} as never);
	start(TCP_SOURCE, 1460, 0, six);
	const { number, buffer } = formats;
	// What would allocate in the loop.
	const [loop, flip] = [mode === "loop", mode === "flip"];
	const drained = new ArrayBuffer(65536);
	while (there === 0) stack.poll(now++);
	return (packets) => {
		const one = socket!;
		let left = packets;
		while (left > 0) {
			while (there === 0) stack.poll(now++);
			const bytes = Math.min(there, left) & ~1;
			there -= bytes;
			left -= bytes;
			if (loop) {
				for (let i = 0; i < bytes; i++);
				one.read(drained);
			} else if (flip)
				for (let i = 0; i < bytes; i += 2) {
					one.format = buffer;
					one.format = number;
					one.read();
					one.read();
				}
			else
				for (let i = 0; i < bytes; i++) {
					one.format = number;
					one.read();
				}
		}
	};
}

/** As `hosts/examples/status/services.ts` does it: views, parts of them, and writes as large as the room. `part` goes round in the view. */
function partCase(mode: number): Run {
	const stack = makeStack();
	const { TCP, Listener } = createIO(stack);
	const bytes = new Uint8Array(3 * 1460);
	let part = 0;
	new Listener({
		port: 9,
		onReadable() {
			new TCP({
				from: (this as { read(): unknown }).read(),
				onReadable(this: { read(buffer: Uint8Array, offset?: number, count?: number): number | undefined }) {
					while (this.read(bytes, 1, 1460) !== undefined);
				},
				onWritable(this: { write(data: Uint8Array, offset: number, count: number): number }, room: number) {
					if (mode !== TCP_SINK) return;
					while (room > 0) {
						const left = bytes.length - part;
						const count = room < left ? room : left;
						room = this.write(bytes, part, count);
						part = count === left ? 0 : part + count;
					}
				},
				onError() {},
			} as never);
		},
	} as never);
	start(mode, 1460, 0, six);
	return (packets) => exchange(stack, packets);
}

/** Answers that are a part of a buffer, as echo and chargen over UDP give them. */
function udpPartCase(bytes: number): Run {
	const stack = makeStack();
	const { UDP } = createIO(stack);
	const buffer = new Uint8Array(2 * bytes);
	new UDP({
		port: 7,
		onReadable(this: {
			read(buffer: Uint8Array): number | undefined;
			write(data: Uint8Array, address: string, port: number, count: number): void;
		}) {
			const from = buffer as Uint8Array & { address: string; port: number };
			for (let count = this.read(buffer); count !== undefined; count = this.read(buffer))
				this.write(buffer, from.address, from.port, count);
		},
	} as never);
	start(UDP_ECHO, bytes, OUTSTANDING, six);
	return (packets) => exchange(stack, packets);
}

function udpCase(bytes: number, stack = makeStack()): Run {
	const { UDP } = createIO(stack);
	const buffer = new ArrayBuffer(bytes);
	new UDP({
		port: 7,
		onReadable(
			this: { read(buffer: ArrayBuffer): unknown; write(data: ArrayBuffer, address: string, port: number): void },
			count: number,
		) {
			for (; count > 0; count--) {
				this.read(buffer);
				const from = buffer as ArrayBuffer & { address: string; port: number };
				this.write(buffer, from.address, from.port);
			}
		},
	} as never);
	start(UDP_ECHO, bytes, OUTSTANDING, six);
	return (packets) => exchange(stack, packets);
}

/** Full frames from a chip to a program that reads them, or from a program that writes them to the chip, and nothing the other way. */
function chipCase(kind: "w5500" | "enc28j60", mode: number): Run {
	const stack = makeStack({}, chipDevice(kind));
	const { UDP } = createIO(stack);
	const buffer = new ArrayBuffer(1472);
	const socket = new UDP({
		port: 7,
		onReadable(this: { read(buffer: ArrayBuffer): unknown }, count: number) {
			for (; count > 0; count--) this.read(buffer);
		},
	} as never) as unknown as { write(data: ArrayBuffer, address: string, port: number): void };
	const peer = formatIpv4(0x0a000001); // a literal would take a chunk each time that it is evaluated
	start(mode, 1472, 0, six);
	while (!stack.interfaces.find("eth0")!.up) {
		stack.poll(now++);
		passTime(POLL_NS);
	}
	return (packets) => {
		if (mode === UDP_SOURCE) return exchange(stack, packets);
		for (let left = packets; left > 0; left--) {
			const goal = exchanged() + 1;
			socket.write(buffer, peer, 7);
			reach(stack, goal);
		}
	};
}

/** Full packets from a UART to a program that reads them, or from a program that writes them to the UART, by PPP. */
function uartCase(bytes: number, mode: number): Run {
	const stack = new Stack({ random32, onWake });
	passTime(LINE_POLL_NS); // its clock is the polls
	line = plugLine(0, "loose", "", 0, 0, 1);
	const ppp = new PppInterface("ppp0", new Uart({ baud: LINE_BAUD }), {
		local: "10.0.0.2",
		remote: "10.0.0.1",
		ipv6: false,
		lcpEchoInterval: 0,
	});
	stack.interfaces.add(ppp);
	const { UDP } = createIO(stack);
	const buffer = new ArrayBuffer(bytes - 28);
	const every = new Uint8Array(buffer);
	for (let i = 0; i < every.length; i++) every[i] = i; // every byte equally often, those that are escaped among them
	const socket = new UDP({
		port: 7,
		onReadable(this: { read(buffer: ArrayBuffer): unknown }, count: number) {
			for (; count > 0; count--) this.read(buffer);
		},
	} as never) as unknown as { write(data: ArrayBuffer, address: string, port: number): void };
	const peer = formatIpv4(0x0a000001); // a literal would take a chunk each time that it is evaluated
	start(mode, bytes - 28, 0, six);
	for (let turns = 0; !ppp.up; turns++) {
		if (turns > 10_000) throw new Error("PPP does not come up");
		stack.poll(now);
		now += 2;
		turnLine();
	}
	open = true;
	return (packets) => {
		if (mode === UDP_SOURCE) return exchange(stack, packets);
		for (let left = packets; left > 0; left--) {
			const goal = exchanged() + 1;
			socket.write(buffer, peer, 7);
			reach(stack, goal);
		}
	};
}

/** UDP packets of so many bytes for somebody behind the peer, which the board sends on to it. */
function forwardCase(bytes: number): Run {
	const stack = makeStack({ forwarding: true });
	stack.routes.add({ prefix: "10.9.0.0/16", gateway: "10.0.0.1", interface: stack.interfaces.find("eth0")! });
	start(FORWARD, bytes - 28, OUTSTANDING, six);
	return (packets) => exchange(stack, packets);
}

/** The same, translated on their way to another interface, whose other end is the same peer; with so many ports that lead elsewhere, and rules that do not match, besides. */
function natCase(bytes: number, ports = 0, rules = 0): Run {
	const stack = makeStack({ forwarding: true, router: { entries: 256 + ports, rules } });
	const { view, layout } = stack.core;
	const eth1 = stack.interfaces.add(new EthernetInterface("eth1", new PeerDevice()));
	eth1.ip.insertAddress("10.8.0.2", 24);
	setPolled(view, eth1.slot, false); // the peer says all that it says by eth0
	stack.routes.add({ prefix: "10.9.0.0/16", gateway: "10.8.0.1", interface: eth1 });
	new Router(stack, {
		nat: { out: "eth1" },
		forwardPorts: Array.from({ length: ports }, (_, i) => ({ protocol: "tcp", port: 20_000 + i, to: "10.0.0.99" })),
		filter: Array.from({ length: rules }, (_, i) => ({ from: `10.77.${i}.0/24`, action: "drop" })),
	});
	start(FORWARD, bytes - 28, OUTSTANDING, six);
	stack.poll(now++);
	// The peer's answer to the question for its address there.
	const at = layout.packets + 4 * PACKET_BYTES;
	copy(view, at, eth1.block, 6);
	view.setInt32(at + 6, 0x02000000);
	view.setUint16(at + 10, 1);
	copy(view, at + 22, at + 6, 6);
	view.setInt32(at + 12, 0x08060001);
	view.setInt32(at + 16, 0x08000604);
	view.setUint16(at + 20, 2);
	view.setInt32(at + 28, 0x0a080001);
	copy(view, at + 32, at, 6);
	view.setInt32(at + 38, 0x0a080002);
	frameArrives(view, at, at + 42, eth1.block);
	return (packets) => exchange(stack, packets);
}

function peerCase(mode: number, bytes: number, stack = makeStack()): Run {
	start(mode, bytes, OUTSTANDING, six);
	return (packets) => exchange(stack, packets);
}

/** Connections come, are accepted, and are closed, by the transport's own calls: the objects of the io layer are the program's. */
function connectCase(): Run {
	const stack = makeStack();
	const tcp = stack.tcp;
	const listener = tcp.listen("", 9, 4, 0);
	listener.owner = {
		onEvents() {
			for (let tcb: Tcb | undefined = tcp.accept(listener); tcb !== undefined; tcb = tcp.accept(listener)) tcp.close(tcb);
		},
	};
	start(CONNECT, 0, 0, six);
	return (packets) => exchange(stack, packets);
}

/** Where a connection's block says that the peer was heard. */
const { heard: HEARD } = TcbBlock.offsets;

/** How often keep-alive looks at each connection of `timersCase`, ms. */
const LOOKS = 8000;

/**
 * Connections by loopback, each with keep-alive at one end. A "packet" is a poll in which one of these timers comes and finds that the peer was heard. Polls are as
 * many however many connections there are: the clock goes on by less.
 */
function timersCase(count: number): Run {
	const stack = new Stack({ sockets: { tcp: 2 * count + 1, receiveBuffer: 64, sendBuffer: 64 }, random32, onWake });
	const tcp = stack.tcp;
	const tcbs = withItself(stack, count);
	const step = LOOKS / count;
	for (const tcb of tcbs) {
		stack.poll((now = (now + step) | 0));
		tcp.setKeepAlive(tcb, LOOKS);
	}
	const { view } = stack.core;
	let next = 0;
	return (packets) => {
		for (let i = 0; i < packets; i++) {
			const tcb = tcbs[next]!;
			next = next + 1 === count ? 0 : next + 1;
			const heard = tcb.block + HEARD;
			view.setUint8(heard, 1);
			stack.poll((now = (now + step) | 0));
			if (view.getUint8(heard) !== 0) throw new Error("a timer did not come");
		}
	};
}

/** `count` connections of a stack with itself, twice as many TCBs; the ends that have connected. */
function withItself(stack: Stack, count: number): Tcb[] {
	const tcp = stack.tcp;
	const listener = tcp.listen("", IDLE_PORT, 4, 0);
	listener.owner = {
		onEvents() {
			while (tcp.accept(listener) !== undefined);
		},
	};
	return Array.from({ length: count }, () => {
		const tcb = tcp.connect("127.0.0.1", IDLE_PORT);
		for (let turns = 0; tcb.state !== ESTABLISHED; turns++) {
			if (turns > 10_000) throw new Error("no connection");
			stack.poll(now++);
		}
		return tcb;
	});
}

/** A stack with so many connections that nothing moves on; every other one is to be kept alive. */
function makeIdleStack(connections: number): Stack {
	const stack = makeStack({ sockets: { tcp: connections + 4 } });
	for (const tcb of withItself(stack, connections / 2)) stack.tcp.setKeepAlive(tcb, KEEP_ALIVE_MS);
	// The timers of their handshakes are looked at once more.
	for (let i = 0; i < 500; i++) stack.poll((now = (now + 10) | 0));
	return stack;
}

/** What a socket does when it has no route cached. Routes as in a provider's table: most are /24, then /16 to /28. */
function routeCase(count: number): Run {
	const stack = makeStack({ routes: count + 3 });
	const link = stack.interfaces.find("eth0")!;
	const addresses = new Int32Array(1024);
	const lengths = [24, 24, 24, 24, 24, 22, 20, 16, 23, 28];
	for (let i = 0; i < count; i++) {
		const length = lengths[i % 10]!;
		const prefix = (random32() | (1 << 30)) & 0x5fffffff & (-1 << (32 - length));
		const text = `${prefix >>> 24}.${(prefix >>> 16) & 255}.${(prefix >>> 8) & 255}.${prefix & 255}/${length}`;
		stack.routes.add({ prefix: text, gateway: "10.0.0.1", interface: link });
		addresses[(i * 7) & 1023] = prefix | 1;
	}
	for (let i = 0; i < 1024; i++)
		if (addresses[i] === 0) addresses[i] = addresses[(i * 7) % Math.min(count * 7, 1023)] || 0x0a000001;
	const { view } = stack.core;
	const path = CORE + CoreBlock.offsets.question;
	setV4(view, GIVEN_ADDRESS, 0);
	return (packets) => {
		for (let i = 0; i < packets; i++) {
			view.setInt32(GIVEN_ADDRESS + V4, addresses[i & 1023]!);
			pathAsk(view, path, GIVEN_ADDRESS, 0, NO_ADDRESS, 0);
		}
	};
}

/** From the decode registers to the socket, through the wildcards, as for every datagram to a bound port. */
function demuxCase(count: number): Run {
	const stack = makeStack({ sockets: { udp: count } });
	const { view } = stack.core;
	const keys = stack.core.layout.packets; // the packet buffers lie idle here
	for (let i = 0; i < count; i++) stack.udp.open("", 1000 + i, 0);
	for (let i = 0; i < 1024; i++) {
		view.setInt32(keys + i * 4, (40_000 << 16) | (1000 + (random32() & (count - 1))), true);
	}
	const table = stack.flows.table;
	setV4(view, SOURCE_ADDRESS, 0x0a000001);
	setV4(view, DESTINATION_ADDRESS, 0x0a000002);
	return (packets) => {
		for (let i = 0; i < packets; i++) {
			copy(view, REGISTER.ports, keys + (i & 1023) * 4, 4);
			if (flowFind(view, table, 17 | (2 << 8)) < 0) throw new Error("a bound socket was not found");
		}
	};
}

/** A datagram for a socket whose ring is full, from frame to drop: what reading it costs without everything around it. */
function decodeCase(stack: Stack): Run {
	const { view, layout } = stack.core;
	const at = layout.packets + 4 * PACKET_BYTES; // the packet buffers lie idle here
	const { block } = stack.interfaces.find("eth0")!;
	copy(view, at, block, 6); // the hardware address is the block's first field
	view.setUint16(at + 12, 0x0800);
	ipv4Build(view, at + 14, 0x0a000001, 0x0a000002, 17, 64, 92);
	view.setInt32(at + 14 + 20, 7);
	view.setUint16(at + 14 + 20 + 4, 72);
	const socket = stack.udp.open("", 7, 0).block;
	view.setInt32(socket + UDP_USED, view.getInt32(socket + UDP_SIZE, true), true);
	return (packets) => {
		for (let i = 0; i < packets; i++) if (frameArrives(view, at, at + 106, block)) throw new Error("not read");
	};
}

/** The same of the last of so many VLANs of eth0. */
function vlanCase(vlans: number): Run {
	const stack = makeStack({ interfaces: 64, routes: 128 });
	const { view, layout } = stack.core;
	const eth0 = stack.interfaces.find("eth0") as EthernetInterface;
	for (let vid = 1; vid <= vlans; vid++)
		stack.interfaces.add(new VlanInterface(`v${vid}`, eth0, { vlan: vid })).addAddress(`10.${vid}.0.2/24`);
	const at = layout.packets + 4 * PACKET_BYTES;
	copy(view, at, eth0.block, 6);
	view.setInt32(at + 12, 0x81000000 | vlans);
	view.setUint16(at + 16, 0x0800);
	ipv4Build(view, at + 18, 0x0a000001 | (vlans << 16), 0x0a000002 | (vlans << 16), 17, 64, 92);
	view.setInt32(at + 18 + 20, 7);
	view.setUint16(at + 18 + 20 + 4, 72);
	const socket = stack.udp.open("", 7, 0).block;
	view.setInt32(socket + UDP_USED, view.getInt32(socket + UDP_SIZE, true), true);
	return (packets) => {
		for (let i = 0; i < packets; i++) if (frameArrives(view, at, at + 110, eth0.block)) throw new Error("not read");
	};
}

/** Frames of 64 bytes from port to port of a bridge that knows so many other stations. */
function bridgeCase(stations: number): Run {
	const stack = makeStack();
	const { view, layout } = stack.core;
	const eth0 = stack.interfaces.find("eth0") as EthernetInterface;
	eth0.removeAddress(eth0.addresses[0]!);
	const eth1 = stack.interfaces.add(new EthernetInterface("eth1", new PeerDevice()));
	const bridge = stack.interfaces.add(new BridgeInterface("br0", { ports: [eth0, eth1] }));
	const at = layout.packets + 4 * PACKET_BYTES;
	/** Of a station's frame: the last octets of its address and of whom it is for. */
	const frame = (from: number, to: number): void => {
		view.setInt32(at, 0x02010000);
		view.setUint16(at + 4, to);
		view.setInt32(at + 6, 0x02010000);
		view.setUint16(at + 10, from);
		view.setUint16(at + 12, 0x88b5);
	};
	for (let i = 0; i < stations; i++) {
		frame(1000 + i, 1);
		frameArrives(view, at, at + 64, eth1.block);
	}
	frame(1, 2);
	frameArrives(view, at, at + 64, eth1.block);
	frame(2, 1);
	return (packets) => {
		for (let i = 0; i < packets; i++) frameArrives(view, at, at + 64, eth0.block);
		if (bridge.stations(eth0) !== 1) throw new Error("not learned");
	};
}

/** A poll with nothing to do, but to ask the device whether there is a frame: it gives no notice. That is a "packet" here. */
function idleCase(stack = makeStack()): Run {
	return (packets) => {
		for (let i = 0; i < packets; i++) {
			stack.poll(now);
			now = (now + 1) | 0;
		}
	};
}

/** A case whose peer talks by IPv6. */
const bySix = (run: () => Run) => (): Run => {
	six = 1;
	return run();
};

const CASES: Record<string, () => Run> = {
	"tcp-receive-1460": () => tcpCase(TCP_SOURCE),
	"tcp-receive-1460-interfaces-16": () => tcpCase(TCP_SOURCE, makeLargeStack()),
	"tcp-send-1460": () => tcpCase(TCP_SINK),
	"tcp-receive-1448-options": () => tcpCase(TCP_SOURCE, makeStack(), 1448),
	"tcp-send-1448-options": () => tcpCase(TCP_SINK, makeStack(), 1448),
	"tcp-receive-1460-idle-1000": () => tcpCase(TCP_SOURCE, makeIdleStack(1000)),
	"tcp-send-1460-idle-1000": () => tcpCase(TCP_SINK, makeIdleStack(1000)),
	"tcp-receive-part": () => partCase(TCP_SOURCE),
	"tcp-send-part": () => partCase(TCP_SINK),
	"tcp-read-byte": () => byteCase("same"),
	"tcp-read-byte-flip": () => byteCase("flip"),
	"tcp-read-byte-loop": () => byteCase("loop"),
	"w5500-receive-1514": () => chipCase("w5500", UDP_SOURCE),
	"w5500-send-1514": () => chipCase("w5500", UDP_SINK),
	"enc28j60-receive-1514": () => chipCase("enc28j60", UDP_SOURCE),
	"enc28j60-send-1514": () => chipCase("enc28j60", UDP_SINK),
	"uart-receive-1500": () => uartCase(1500, UDP_SOURCE),
	"uart-receive-64": () => uartCase(64, UDP_SOURCE),
	"uart-send-1500": () => uartCase(1500, UDP_SINK),
	"uart-send-64": () => uartCase(64, UDP_SINK),
	"udp-echo-64": () => udpCase(64),
	"udp-echo-64-interfaces-16": () => udpCase(64, makeLargeStack()),
	"udp-echo-1472": () => udpCase(1472),
	"udp-echo-part-64": () => udpPartCase(64),
	"icmp-echo-64": () => peerCase(ICMP_ECHO, 56),
	"forward-64": () => forwardCase(64),
	"forward-nat-64": () => natCase(64),
	"forward-nat-64-ports-1000": () => natCase(64, 1000),
	"forward-nat-64-rules-32": () => natCase(64, 0, 32),
	"bridge-64": () => bridgeCase(0),
	"bridge-64-stations-1000": () => bridgeCase(1000),
	"decode-vlans-1": () => vlanCase(1),
	"decode-vlans-60": () => vlanCase(60),
	"arp-reply": () => peerCase(ARP, 0),
	"tcp-connect-close": () => connectCase(),
	"tcp-receive-1440-ipv6": bySix(() => tcpCase(TCP_SOURCE, makeStack(), 1440)),
	"tcp-send-1440-ipv6": bySix(() => tcpCase(TCP_SINK, makeStack(), 1440)),
	"tcp-receive-1428-options-ipv6": bySix(() => tcpCase(TCP_SOURCE, makeStack(), 1428)),
	"tcp-send-1428-options-ipv6": bySix(() => tcpCase(TCP_SINK, makeStack(), 1428)),
	"tcp-connect-close-ipv6": bySix(() => connectCase()),
	"udp-echo-64-ipv6": bySix(() => udpCase(64)),
	"icmp-echo-64-ipv6": bySix(() => peerCase(ICMP_ECHO, 56)),
	"arp-reply-neighbors-1000": () => peerCase(ARP, 0, makeCrowdedStack()),
	"idle-poll": () => idleCase(),
	"idle-poll-interfaces-16": () => idleCase(makeLargeStack()),
	"tcp-timers-8": () => timersCase(8),
	"tcp-timers-1000": () => timersCase(1000),
	"decode-interfaces-2": () => decodeCase(makeStack()),
	"decode-interfaces-16": () => decodeCase(makeLargeStack()),
	"route-lookup-10": () => routeCase(10),
	"route-lookup-10000": () => routeCase(10_000),
	"demux-4": () => demuxCase(4),
	"demux-1024": () => demuxCase(1024),
};

const [name = "", count = "0"] = args;
if (name === "list") print(JSON.stringify(Object.keys(CASES)));
else {
	const run = CASES[name]!();
	const packets = Number(count);
	run(500); // connections open, neighbours answer, caches fill
	collect();
	// Each figure into a variable of its own: an object around them would be counted.
	const slotsBefore = slotsAllocated();
	const chunkBytesBefore = chunkBytesAllocated();
	const collectionsBefore = collections();
	const spiBefore = chip < 0 ? 0 : countOfChip(chip, SPI_BYTES);
	run(packets);
	const slots = slotsAllocated() - slotsBefore;
	const chunkBytes = chunkBytesAllocated() - chunkBytesBefore;
	const collected = collections() - collectionsBefore;
	const spiBytes = chip < 0 ? undefined : countOfChip(chip, SPI_BYTES) - spiBefore;
	print(JSON.stringify({ slots, chunkBytes, collections: collected, spiBytes }));
}
