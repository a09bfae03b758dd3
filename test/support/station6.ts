// A stack with one Ethernet interface that has IPv6 addresses, whose other end is the test: neighbours there answer solicitations unless told not to.

import { ownFill } from "#codec";
import type { StackOptions } from "../../src/config.ts";
import type { EthernetInterface } from "../../src/link/ethernet.ts";
import { InterfaceBlock, OwnAddress } from "../../src/packet/interface-block.ts";
import { statusOf } from "../../src/status/status.ts";
import { ethernet, read16, type Bytes } from "./frames.ts";
import { ETHERTYPE_IPV6, NS, ICMP6, groupMac, ip6, ip6Text, linkOption, na, parse6, type Parsed6 } from "./frames6.ts";
import { macOf, type QueueDevice } from "./wire.ts";
import { World, type Node } from "./world.ts";

const AT = InterfaceBlock.offsets;

/** What came out: the packet, and the hardware address that it went to. */
export interface Sent6 extends Parsed6 {
	to: Bytes;
}

export class Station6 {
	readonly world = new World(1);
	readonly node: Node;
	readonly link: EthernetInterface;
	readonly device: QueueDevice;
	/** Neighbours answer solicitations for addresses that are not the station's. */
	answers = true;
	/** Those that say of themselves that they are routers. */
	readonly routers = new Set<string>();
	readonly #sent: Sent6[] = [];

	constructor(addresses: string[], options: StackOptions = {}, abilities = 0) {
		this.node = this.world.node("a", options);
		this.device = this.world.device({ mac: macOf(1), numbered: true, abilities });
		this.device.onSend = (frame) => this.#captured(frame);
		this.link = this.node.ethernet("eth0", this.device);
		for (const each of addresses) this.add(each);
		this.world.run(100);
		this.#sent.length = 0;
	}

	/** "2001:db8::2/64" is the interface's from now on. */
	add(text: string, bits = 0): void {
		const own = this.link.addresses.length * OwnAddress.bytes + OwnAddress.offsets.bits;
		this.link.addAddress(text);
		const { view } = this.node.stack.core;
		view.setInt32(this.link.block + AT.addresses + own, bits, true);
		ownFill(view);
	}

	/** The hardware address of the neighbour with that address. */
	static macOf(address: string): Bytes {
		return macOf(0x1000 | read16(ip6(address), 14));
	}

	/** A packet comes in, in a frame for us, or for its group. */
	ip(packet: Bytes, { from = macOf(0x1fff), to }: { from?: Uint8Array; to?: Uint8Array } = {}): void {
		const destination = ip6Text(packet, 24);
		const own = packet[24] === 0xff ? groupMac(destination) : this.device.mac;
		this.device.inject(ethernet(to ?? own, from, ETHERTYPE_IPV6, packet));
		this.world.settle();
	}

	#captured(frame: Uint8Array): void {
		if (read16(frame, 12) !== ETHERTYPE_IPV6) return;
		const parsed = parse6(frame.subarray(14));
		if (!parsed.sumRight) throw new Error(`the stack sent a frame with a wrong checksum: ${[...frame].join()}`);
		this.#sent.push({ ...parsed, payload: Uint8Array.from(parsed.payload), to: frame.slice(0, 6) as Bytes });
		if (!this.answers || parsed.next !== ICMP6 || parsed.payload[0] !== NS) return;
		const target = ip6Text(parsed.payload, 8);
		if (parsed.source === ip6Text(ip6("::"))) return;
		const mac = Station6.macOf(target);
		const flags = { solicited: true, override: true, router: this.routers.has(target) };
		// It comes in when the device is done with this frame.
		const told = na({ source: target, destination: parsed.source, target, ...flags }, linkOption(2, mac));
		this.device.inject(ethernet(this.device.mac, mac, ETHERTYPE_IPV6, told));
	}

	/** What was sent since the last call; solicitations left out unless asked for. */
	packets(all = false): Sent6[] {
		this.world.settle();
		return this.#sent.splice(0).filter(({ next, payload }) => all || next !== ICMP6 || payload[0] !== NS);
	}

	get drops(): Record<string, number> {
		return statusOf(this.node.stack).interfaces.find((link) => link.name === "eth0")!.drops;
	}
}
