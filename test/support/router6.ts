// A router between two networks of IPv6: its left side is a station, of its right one the test is the other end.

import type { StackOptions } from "../../src/config.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import { statusOf } from "../../src/status/status.ts";
import { ethernet, type Bytes } from "./frames.ts";
import { ETHERTYPE_IPV6, ICMP6, NS, ip6Text, linkOption, na, parse6, type Parsed6 } from "./frames6.ts";
import { Station6 } from "./station6.ts";
import { macOf } from "./wire.ts";

export const HOST = "2001:db8:a::5";
export const FAR = "2001:db8:b::7";
export const LEFT = "2001:db8:a::1";
export const RIGHT = "2001:db8:b::1";

/** A router between two networks: its left side is the station, the right one what `right` says. */
export class Router6 {
	readonly s: Station6;
	/** Whether neighbours on the right answer. */
	answers = true;
	readonly #right: (Parsed6 & { bytes: Bytes })[] = [];
	readonly #answer: (target: string) => void;
	readonly #inject: (packet: Bytes) => void;

	constructor(options: StackOptions = {}, mtu = 1500) {
		this.s = new Station6([`${LEFT}/64`, "fe80::1/64"], { forwarding: true, ...options });
		const { world, node } = this.s;
		const device = world.device({ mac: macOf(2), numbered: true });
		device.onSend = (frame) => {
			const parsed = parse6(frame.subarray(14));
			this.#right.push({ ...parsed, payload: Uint8Array.from(parsed.payload), bytes: Uint8Array.from(frame.subarray(14)) });
			if (this.answers && parsed.next === ICMP6 && parsed.payload[0] === NS) this.#answer(ip6Text(parsed.payload, 8));
		};
		this.#answer = (target) => {
			const said = na(
				{ source: target, destination: RIGHT, target, solicited: true, override: true },
				linkOption(2, macOf(0x77)),
			);
			device.inject(ethernet(device.mac, macOf(0x77), ETHERTYPE_IPV6, said));
		};
		this.#inject = (packet) => device.inject(ethernet(device.mac, macOf(0x77), ETHERTYPE_IPV6, packet));
		const link = node.stack.interfaces.add(new EthernetInterface("eth1", device, { mtu }));
		link.addAddress(`${RIGHT}/64`);
		this.s.world.run(100);
		this.left();
		this.right();
	}

	/** What the neighbour of that address says in the end. */
	answer(target: string): void {
		this.#answer(target);
		this.s.world.settle();
	}

	/** A packet comes in from the right. */
	fromRight(packet: Bytes): void {
		this.#inject(packet);
		this.s.world.settle();
	}

	/** What left for the right side since the last call, and for the left one; questions for neighbours left out. */
	right(): (Parsed6 & { bytes: Bytes })[] {
		this.s.world.settle();
		return this.#right.splice(0).filter(({ next, payload }) => next !== ICMP6 || payload[0] !== NS);
	}

	/** ICMP errors to the left: "type code number to address". */
	left(): string[] {
		return this.s.packets().map(({ payload, destination }) => {
			const number = new DataView(payload.buffer, payload.byteOffset).getUint32(4);
			return `${payload[0]} ${payload[1]} ${number} to ${destination}`;
		});
	}

	drops(name: string): Record<string, number> {
		return statusOf(this.s.node.stack).interfaces.find((link) => link.name === name)!.drops;
	}
}
