// RFC 4007, RFC 4291 §2.5.6: an address of one link means something on that link alone. Ours may be the same on two interfaces, and so may be those of neighbours.

import { expect, it } from "vitest";
import { statusOf } from "../../src/status/status.ts";
import { ethernet, read16 } from "../support/frames.ts";
import {
	echo6,
	ECHO_REPLY6,
	ETHERTYPE_IPV6,
	full,
	ICMP6,
	ip6Text,
	linkOption,
	na,
	NS,
	parse6,
	tcp6,
} from "../support/frames6.ts";
import { macOf, type QueueDevice } from "../support/wire.ts";
import { World } from "../support/world.ts";

const OURS = "fe80::1";
const THEIRS = "fe80::2";
const TCP = 6;
const SYN = 2;
const ACK = 16;
const PUSH = 24;

/** One host with two links; on each the same address, and a neighbour with the same as well. */
class Host {
	readonly world = new World(1);
	readonly node = this.world.node("host");
	readonly devices = [1, 2].map((mac) => this.world.device({ mac: macOf(mac) }));
	readonly links = this.devices.map((device, i) => this.node.ethernet(`eth${i}`, device, `${OURS}/64`));
	readonly sent: ReturnType<typeof parse6>[][] = [[], []];

	constructor() {
		for (const [i, device] of this.devices.entries()) device.onSend = (frame) => this.#take(i, device, frame);
		this.world.run(100);
	}

	#take(i: number, device: QueueDevice, frame: Uint8Array): void {
		if (read16(frame, 12) !== ETHERTYPE_IPV6) return;
		const packet = parse6(frame.slice(14));
		if (packet.next !== ICMP6 || packet.payload[0] !== NS) this.sent[i]!.push({ ...packet, payload: packet.payload.slice() });
		else {
			const target = ip6Text(packet.payload, 8);
			const answer = na(
				{ source: target, destination: packet.source, target, solicited: true, override: true },
				linkOption(2, macOf(9)),
			);
			device.inject(ethernet(device.mac, macOf(9), ETHERTYPE_IPV6, answer));
		}
	}

	put(i: number, packet: Uint8Array): void {
		this.devices[i]!.inject(ethernet(this.devices[i]!.mac, macOf(9), ETHERTYPE_IPV6, packet));
		this.world.run(50);
	}

	/** What was sent by that interface since the last call. */
	take(i: number) {
		this.world.run(50);
		return this.sent[i]!.splice(0);
	}

	segment(i: number, flags: number, seq: number, ack: number, payload: number[] = []): void {
		this.put(i, tcp6({ source: THEIRS, destination: OURS, sourcePort: 1000, destinationPort: 80, seq, ack, flags }, payload));
	}
}

it("is answered by the interface that was asked by", () => {
	const host = new Host();
	for (const i of [1, 0]) {
		host.put(i, echo6({ source: THEIRS, destination: OURS }));
		const [reply, ...more] = host.take(i);
		expect(reply).toMatchObject({ source: full(OURS), destination: full(THEIRS) });
		expect([reply!.payload[0], more, host.take(1 - i)]).toEqual([ECHO_REPLY6, [], []]);
	}
});

it("connections with the same addresses and ports on two links are two", () => {
	const host = new Host();
	const { tcp } = host.node.stack;
	const listener = tcp.listen("::", 80, 4, 0);
	const next: number[] = [];
	for (const i of [0, 1]) {
		host.segment(i, SYN, 100, 0);
		const [synAck] = host.take(i);
		expect(synAck).toMatchObject({ next: TCP, destination: full(THEIRS) });
		expect(host.take(1 - i)).toEqual([]);
		next[i] = ((synAck!.payload[4]! << 24) | (synAck!.payload[5]! << 16) | read16(synAck!.payload, 6)) + 1;
		host.segment(i, ACK, 101, next[i]!);
	}
	const both = [tcp.accept(listener)!, tcp.accept(listener)!];
	for (const i of [0, 1]) host.segment(i, PUSH, 101, next[i]!, [i + 1]);
	const bytes = both.map((tcb) => {
		const buffer = new Uint8Array(4);
		tcp.adopt(tcb, { onEvents: () => {} });
		return [tcp.read(tcb, buffer, 0, 4), buffer[0]];
	});
	expect(bytes).toEqual([
		[1, 1],
		[1, 2],
	]);
	for (const [i, tcb] of both.entries()) {
		tcp.write(tcb, Uint8Array.of(7), 0, 1);
		expect(host.take(i).some(({ payload }) => payload.length === 21)).toBe(true);
		expect(host.take(1 - i).filter(({ payload }) => payload.length === 21)).toEqual([]);
	}
	// The address goes from one link: so does what used it there.
	host.links[1]!.removeAddress(host.links[1]!.addresses[0]!);
	host.world.run(50);
	expect(both.map(({ error }) => error)).toEqual(["", "unreachable"]);
});

it("of another interface is a neighbour's here", () => {
	const host = new Host();
	host.links[1]!.removeAddress(host.links[1]!.addresses[0]!);
	host.links[1]!.addAddress("fe80::3/64");
	const { stack } = host.node;
	const tcb = stack.tcp.connect(OURS, 80, { interfaceSlot: host.links[1]!.slot });
	host.world.run(100);
	const [syn] = host.take(1);
	expect(syn).toMatchObject({ source: full("fe80::3"), destination: full(OURS) });
	stack.tcp.abort(tcb);
});

it("is had once by each interface, and one that is not of one link once by all", () => {
	const host = new Host();
	expect(() => host.links[0]!.addAddress(`${OURS}/64`)).toThrow("eth0 has it already");
	host.links[0]!.addAddress("2001:db8::1/64");
	expect(() => host.links[1]!.addAddress("2001:db8::1/64")).toThrow("eth0 has it already");
	expect(
		statusOf(host.node.stack)
			.interfaces.slice(1)
			.map(({ addresses }) => addresses[0]),
	).toEqual([`${OURS}/64`, `${OURS}/64`]);
});
