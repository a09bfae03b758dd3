// An account of what becomes of every frame: each one that an interface counts as received must end as exactly one drop with a
// reason, or in the hands of one layer. It listens at the methods by which stack.ts hands packets on.

import { BLOCK_DROPS, BLOCK_RX_PACKETS, FLOW_ENTRIES, FLOW_ENTRY, FLOW_META } from "../../src/packet/blocks.ts";
import { DROPS, type DropName } from "../../src/packet/drops.ts";
import type { Interface } from "../../src/link/interface.ts";
import type { Stack } from "../../src/stack.ts";
import type { QueueDevice } from "./wire.ts";

/** Reasons about a packet on its way out: the frame that caused it has another fate besides. */
const OUTBOUND: ReadonlySet<DropName> = new Set([
	"icmpRateLimited",
	"noRoute",
	"neighborUnreachable",
	"neighborQueueFull",
	"transmitQueueFull",
	"tooBig",
	"noPacketBuffer",
	"interfaceDown",
] as const);
const INBOUND: readonly number[] = DROPS.flatMap((name, index) => (OUTBOUND.has(name) ? [] : [index]));

/** Entries of the flow table in use: one for each listener, connection and UDP socket. */
export function flowsInUse(stack: Stack): number {
	const { layout, view } = stack.core;
	let count = 0;
	for (let i = 0; i < layout.flowCapacity; i++)
		if (view.getInt32(layout.flows + FLOW_ENTRIES + i * FLOW_ENTRY + FLOW_META, true) !== 0) count++;
	return count;
}

interface Account {
	/** Frames handed to a layer, and the drops that these counted. */
	handed: number;
	droppedInside: number;
}

export class Ledger {
	/** What went wrong in itself: handed on and lost without a word, or dropped twice. */
	error = "";
	readonly #stack: Stack;
	readonly #accounts = new Map<Interface, Account>();
	#current: Interface | undefined;
	#depth = 0;

	/** Interfaces that come later are told to `watch`. */
	constructor(stack: Stack) {
		this.#stack = stack;
		for (const link of stack.interfaces.list) this.watch(link);
		const { tcp, udp, ip, icmp } = stack;
		tcp.receive = this.#note("tcp", tcp.receive.bind(tcp));
		tcp.refuse = this.#note("refuse", tcp.refuse.bind(tcp));
		tcp.icmpError = this.#note("icmpError", tcp.icmpError.bind(tcp));
		udp.receive = this.#note("udp", udp.receive.bind(udp), true);
		ip.icmp.echo = this.#note("echo", ip.icmp.echo.bind(ip.icmp));
		ip.forward = this.#note("forward", ip.forward.bind(ip));
		icmp.receive = this.#note("echo reply", icmp.receive.bind(icmp), false, true);
	}

	/** Begins the account of an interface. */
	watch(link: Interface): void {
		this.#accounts.set(link, { handed: 0, droppedInside: 0 });
		const { device } = link;
		const receive = device.receive.bind(device);
		device.receive = (at, max) => {
			this.#current = link;
			return receive(at, max);
		};
		link.control = this.#note("control", link.control.bind(link));
	}

	/**
	 * Wraps a layer's method. `kept`: a false answer means a drop, which must have been counted. `refusable`: a false answer means
	 * that the frame is still the stack's.
	 */
	#note<Args extends unknown[], Result>(name: string, method: (...args: Args) => Result, kept = false, refusable = false): never {
		return ((...args: Args): Result => {
			const link = this.#current;
			const account = link && this.#accounts.get(link);
			// A layer that calls another in turn (tcp.receive refuses) is one fate, not two.
			if (!link || !account || this.#depth > 0) return method(...args);
			const before = this.drops(link);
			const all = kept ? this.#allDrops(link) : 0;
			this.#depth++;
			const result = method(...args);
			this.#depth--;
			const dropped = this.drops(link) - before;
			if (refusable && result === false) return result;
			account.handed++;
			account.droppedInside += dropped;
			if (dropped > 1 && this.error === "") this.error = `${name}: one frame on ${link.name} counted as ${dropped} drops`;
			if (kept && result === false && this.#allDrops(link) === all && this.error === "")
				this.error = `${name}: a packet on ${link.name} was lost without a count`;
			return result;
		}) as never;
	}

	/** Drops of frames that came in by the interface. */
	drops(link: Interface): number {
		const { view } = this.#stack.core;
		const counters = link.block + BLOCK_DROPS;
		let sum = 0;
		for (let i = 0; i < INBOUND.length; i++) sum += view.getUint32(counters + INBOUND[i]! * 4, true);
		return sum;
	}

	#allDrops(link: Interface): number {
		const { view } = this.#stack.core;
		let sum = 0;
		for (let i = 0; i < DROPS.length; i++) sum += view.getUint32(link.block + BLOCK_DROPS + i * 4, true);
		return sum;
	}

	/** Frames that a layer took without dropping them. */
	taken(link: Interface): number {
		const account = this.#accounts.get(link)!;
		return account.handed - account.droppedInside;
	}

	/** Frames with a known fate, those that the device lost among them, less frames that came: 0 when the books balance. */
	difference(link: Interface, device: QueueDevice): number {
		return this.drops(link) + this.taken(link) - device.received - device.lost;
	}

	/** What does not balance on an interface, "" when all does. */
	check(link: Interface, device: QueueDevice): string {
		if (this.error) return this.error;
		const received = this.#stack.core.view.getUint32(link.block + BLOCK_RX_PACKETS, true);
		if (received !== device.received)
			return `${link.name}: ${received} frames counted as received, the device gave ${device.received}`;
		const difference = this.difference(link, device);
		if (difference === 0) return "";
		return `${link.name}: ${received} frames received and ${device.lost} lost, ${received + device.lost + difference} accounted for`;
	}
}
