// An account of what becomes of every frame: of each one that an interface receives comes one drop with a reason at most, and exactly one when a reader of its own
// (parse.ts) finds the frame malformed.

import { FlowEntry, FlowTable } from "../../src/packet/flow-table.ts";
import { InterfaceBlock } from "../../src/packet/interface-block.ts";
import { DROPS, type DropName } from "../../src/packet/drops.ts";
import type { Interface } from "../../src/link/interface.ts";
import type { Stack } from "../../src/stack.ts";
import { hex } from "./frames.ts";
import { parseFrame } from "./parse.ts";
import type { QueueDevice } from "./wire.ts";

/** Reasons about another packet, one on its way out most of the time: the frame that caused it has a fate of its own besides. */
const OTHERS: ReadonlySet<DropName> = new Set([
	"icmpRateLimited",
	"noRoute",
	"neighborUnreachable",
	"neighborQueueFull",
	"transmitQueueFull",
	"tooBig",
	"noPacketBuffer",
	"interfaceDown",
	// Of fragments that came before, and were kept until now.
	"ipFragmentTime",
	"ipFragmentGaveWay",
	"ipFragmentOverlap",
] as const);
const INBOUND: readonly number[] = DROPS.flatMap((name, index) =>
	OTHERS.has(name) ? [] : [InterfaceBlock.offsets.drops + index * 4],
);

/** Entries of the flow table in use: one for each listener, connection and UDP socket. */
export function flowsInUse(stack: Stack): number {
	const { layout, view } = stack.core;
	let count = 0;
	for (let i = 0; i < layout.flowCapacity; i++)
		if (view.getInt32(layout.flows + FlowTable.bytes + i * FlowEntry.bytes + FlowEntry.offsets.meta, true) !== 0) count++;
	return count;
}

class Account {
	taken = 0;
	dropped = 0;
	/** The frame that is being processed, and the drops before it. */
	frame: Uint8Array | undefined;
	before = 0;
	/** Frames that are sent wait while they are moved, and may be dropped then, too. */
	sendsLater = false;
}

export interface LedgerOptions {
	/** A router does not look beyond the IP header of what it forwards. */
	forwarding?: boolean;
	/** Every so many frames the ledger reads the frame itself; 0: never. Reading is slow on XS. */
	readEvery?: number;
}

export class Ledger {
	/** What went wrong first, "" as long as nothing did. */
	error = "";
	readonly #stack: Stack;
	readonly #accounts = new Map<Interface, Account>();
	readonly #forwarding: boolean;
	readonly #readEvery: number;
	#frames = 0;

	/** Watches the interfaces that there are; those that come later are told to `watch`. */
	constructor(stack: Stack, options: LedgerOptions = {}) {
		this.#stack = stack;
		this.#forwarding = options.forwarding ?? false;
		this.#readEvery = options.readEvery ?? 1;
	}

	/** Begins the account of an interface over a device, before the device gives its first frame. */
	watch(link: Interface, device: QueueDevice): void {
		const account = new Account();
		this.#accounts.set(link, account);
		account.before = this.drops(link);
		account.sendsLater = device.moves > 0;
		device.onReceive = (at, length) => {
			// A device that moves frames meanwhile is asked for the next one before the last has gone up.
			if (length <= 0 && device.moves > 0) return;
			this.#settle(link, account);
			if (length <= 0) return;
			const { view } = this.#stack.core;
			account.frame = new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
		};
	}

	/** The frame before is done with: its drops are counted by now. */
	#settle(link: Interface, account: Account): void {
		const drops = this.drops(link);
		const dropped = drops - account.before;
		const { frame } = account;
		account.before = drops;
		if (!frame) return;
		account.frame = undefined;
		if (dropped > 0) account.dropped++;
		else account.taken++;
		if (this.error) return;
		const wrong = dropped > 1 && !account.sendsLater;
		if (wrong) this.error = `${link.name}: ${dropped} drops for one frame:\n${hex(frame)}`;
		if (wrong || this.#forwarding || this.#readEvery === 0 || this.#frames++ % this.#readEvery !== 0) return;
		const malformed = parseFrame(frame).error;
		if (malformed && dropped === 0) this.error = `${link.name}: no drop for a frame with bad ${malformed}:\n${hex(frame)}`;
	}

	/** Drops of frames that came in by the interface, those of its VLANs too. */
	drops(link: Interface): number {
		const { view } = this.#stack.core;
		const { block } = link;
		let sum = 0;
		for (const each of link.riders?.values() ?? []) sum += this.drops(each);
		for (let i = 0; i < INBOUND.length; i++) sum += view.getInt32(block + INBOUND[i]!, true);
		return sum;
	}

	/** Frames that a layer took without dropping them. */
	taken(link: Interface): number {
		return this.#accounts.get(link)!.taken;
	}

	/** What does not balance on an interface, "" when all does. Call between polls. */
	check(link: Interface, device: QueueDevice): string {
		const account = this.#accounts.get(link)!;
		this.#settle(link, account);
		if (this.error) return this.error;
		const received = this.#stack.core.view.getUint32(link.block + InterfaceBlock.offsets.rxPackets, true);
		if (received !== device.received)
			return `${link.name}: ${received} frames counted as received, the device gave ${device.received}`;
		const fates = account.taken + account.dropped;
		return fates === received ? "" : `${link.name}: ${received} frames received, ${fates} accounted for`;
	}
}
