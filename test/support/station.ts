// A stack with interfaces whose other ends are the test: frames go in and come out, neighbours answer ARP unless told not to.

import type { StackOptions } from "../../src/config.ts";
import type { EthernetInterface } from "../../src/link/ethernet.ts";
import type { Stack } from "../../src/stack.ts";
import { statusOf } from "../../src/status/status.ts";
import { ARP_REPLY, ARP_REQUEST, ETHERTYPE_ARP, ETHERTYPE_IPV4, arp, ethernet, ip, type Bytes } from "./frames.ts";
import { parseFrame, type Parsed } from "./parse.ts";
import { macOf, type QueueDevice } from "./wire.ts";
import { World, type Node } from "./world.ts";

/** One interface of the station, as its neighbours see it. */
export class Port {
	readonly device: QueueDevice;
	readonly link: EthernetInterface;
	/** Answers ARP requests for any address but the station's own. */
	answersArp = true;
	readonly #world: World;
	readonly #sent: Parsed[] = [];

	constructor(world: World, node: Node, index: number, addresses: string[], mtu = 1500) {
		this.#world = world;
		this.device = world.device({ mac: macOf(index), mtu, numbered: index % 2 === 0 });
		this.device.onSend = (frame) => this.#captured(frame);
		this.link = node.ethernet(`eth${index}`, this.device, ...addresses);
	}

	#captured(frame: Uint8Array): void {
		const parsed = parseFrame(frame);
		if (parsed.error) throw new Error(`the stack sent a frame with bad ${parsed.error}`);
		this.#sent.push(parsed);
		const asked = parsed.arp;
		if (!this.answersArp || asked?.operation !== ARP_REQUEST || asked.target === asked.sender) return;
		this.arp(ARP_REPLY, asked.target, asked.sender, { targetMac: asked.senderMac });
	}

	/** The hardware address that the neighbour with this address has. */
	static macOf(address: number): Bytes {
		return macOf(0x1000 | (address & 0xfff));
	}

	/** A frame with an IP packet comes in, sent by that hardware address. */
	ip(packet: Bytes, { from = macOf(0x1fff), to = this.device.mac }: { from?: Uint8Array; to?: Uint8Array } = {}): void {
		this.device.inject(ethernet(to, from, ETHERTYPE_IPV4, packet));
		this.#world.settle();
	}

	/** An ARP packet comes in. The sender's hardware address is that of its address unless given. */
	arp(
		operation: number,
		sender: number | string,
		target: number | string,
		{ mac, frameFrom, to, targetMac }: { mac?: Uint8Array; frameFrom?: Uint8Array; to?: Uint8Array; targetMac?: Uint8Array } = {},
	): void {
		const senderMac = mac ?? Port.macOf(typeof sender === "string" ? ip(sender) : sender);
		const body = targetMac ? { operation, senderMac, sender, target, targetMac } : { operation, senderMac, sender, target };
		this.device.inject(ethernet(to ?? this.device.mac, frameFrom ?? senderMac, ETHERTYPE_ARP, arp(body)));
	}

	/** What was sent since the last call, ARP left out. */
	packets(): Parsed[] {
		return this.#take().filter((parsed) => !parsed.arp);
	}

	/** The ARP packets that were sent since the last call, but announcements of own addresses. */
	questions(): Parsed[] {
		return this.#take().filter((parsed) => parsed.arp && parsed.arp.sender !== parsed.arp.target);
	}

	/** Everything that was sent since the last call. */
	all(): Parsed[] {
		return this.#take();
	}

	#take(): Parsed[] {
		this.#world.settle();
		return this.#sent.splice(0);
	}
}

export class Station {
	readonly world: World;
	readonly node: Node;
	readonly stack: Stack;
	readonly ports: Port[] = [];

	/** One list of addresses, and an MTU, for each interface. */
	constructor(interfaces: string[][], options: StackOptions = {}, mtus: number[] = []) {
		this.world = new World(1);
		this.node = this.world.node("station", options);
		this.stack = this.node.stack;
		for (const [i, addresses] of interfaces.entries())
			this.ports.push(new Port(this.world, this.node, i + 1, addresses, mtus[i]));
		this.world.settle();
		for (const port of this.ports) port.all();
	}

	/** Drops of an interface ("eth1"), by reason. */
	drops(name: string): Record<string, number> {
		return statusOf(this.stack).interfaces.find((link) => link.name === name)!.drops;
	}

	/** The state of a neighbour, "" when there is none. */
	neighbor(address: string): string {
		return statusOf(this.stack).neighbors.find((entry) => entry.address === address)?.state ?? "";
	}
}
