// Queues before a slow interface, so that a full line keeps pings short: one for each hash of flows, served by turns, each kept short by CoDel (RFC 8289, RFC 8290). What happens for every packet is compiled: link/flow-queue.ts.

import { queueRun } from "#codec";
import type { Interface } from "../../link/interface.ts";
import { whole } from "../../link/interface-options.ts";
import { FLAG_QUEUES, FLAG_RETURNS, InterfaceBlock } from "../../packet/interface-block.ts";
import { NONE } from "../../packet/packets.ts";
import { FlowRow, FLOWS_MOST, QueueBlock } from "../../packet/queue-block.ts";
import type { Stack } from "../../stack.ts";
import type { Watch } from "../../transport/watch.ts";

const { tag: TAG, waiting: WAITING, up: UP, flags: FLAGS } = InterfaceBlock.offsets;
const AT = QueueBlock.offsets;

/** How an interface's packets wait. */
export interface FlowQueueOptions {
	/** Queues, among which flows are spread by their hash: 2, 4, 8 or 16; 8 unless told. */
	flows?: number;
	/** Bits a second that leave, 8,000 to 1,000,000,000: a little less than the line carries, where what is behind the interface (a modem, a UART's buffer) would keep a queue of its own. As many as the device takes unless told. */
	rate?: number;
	/** Packets that wait in all queues together, 4 to 1,024: half of the stack's packet buffers unless told. */
	packets?: number;
	/** Ms that packets may wait for long, 1 to 1,000; 5 unless told. RFC 8289 §4.2. */
	targetMs?: number;
	/** Ms that they may wait longer before some are dropped, 10 to 10,000; 100 unless told. RFC 8289 §4.3. */
	intervalMs?: number;
}

const OPTIONS: readonly string[] = Object.freeze(["flows", "rate", "packets", "targetMs", "intervalMs"]);

/**
 * Has the packets of an interface with a device of its own wait in queues by flows, as long as there is an interface of that name. It takes one packet buffer.
 *
 * @example
 * ```ts
 * new FlowQueue(stack, "ppp0", { flows: 8, rate: 900_000 });
 * ```
 */
export class FlowQueue {
	readonly #stack: Stack;
	readonly #name: string;
	readonly #words: readonly (readonly [number, number])[];
	readonly #flows: number;
	#table = NONE;
	#link: Interface | undefined = undefined;
	#block = 0;
	#watch: Watch | undefined = undefined;

	/** Begins at once, or when there is an interface of that name. Throws TypeError or RangeError that names what is wrong. */
	constructor(stack: Stack, name: string, options: FlowQueueOptions = {}) {
		for (const key of Object.keys(options))
			if (!OPTIONS.includes(key)) throw new TypeError(`queue.${key}: there is no such option; expected ${OPTIONS.join(", ")}`);
		const { core } = stack;
		const { flows = 8, rate, targetMs = 5, intervalMs = 100 } = options;
		const { packets = Math.max(core.limits.packets >> 1, 4) } = options;
		if (![2, 4, 8, FLOWS_MOST].includes(flows))
			throw new RangeError(`queue.flows ${String(flows)} of ${name}: expected 2, 4, 8 or 16`);
		const most = whole(`queue.packets ${String(packets)} of ${name}`, packets, 4, 1024);
		this.#words = [
			[AT.mask, flows - 1],
			[AT.most, most],
			[AT.own, Math.max(most >> 1, 1)],
			[AT.rate, rate === undefined ? 0 : whole(`queue.rate ${String(rate)} of ${name}`, rate, 8000, 1_000_000_000)],
			[AT.targetMs, whole(`queue.targetMs ${String(targetMs)} of ${name}`, targetMs, 1, 1000)],
			[AT.intervalMs, whole(`queue.intervalMs ${String(intervalMs)} of ${name}`, intervalMs, 10, 10_000)],
		];
		this.#stack = stack;
		this.#name = name;
		this.#flows = flows;
		this.#table = core.pool.acquire();
		if (this.#table === NONE) throw new RangeError(`queue of ${name}: no packet buffer for it; raise the option "packets"`);
		try {
			this.#follow();
		} catch (error) {
			core.pool.release(this.#table);
			throw error;
		}
		stack.services.add(this);
		this.#watch = stack.watch(() => this.#follow());
	}

	/** Packets that wait in its queues now. */
	get waiting(): number {
		return this.#block === 0 ? 0 : this.#stack.core.view.getInt32(this.#place + AT.count, true);
	}

	get #place(): number {
		return this.#stack.core.pool.base(this.#table);
	}

	/** Another interface has the name, or none. */
	#follow(): void {
		const { view } = this.#stack.core;
		const link = this.#stack.interfaces.find(this.#name);
		if (link === this.#link && (link?.block ?? 0) === this.#block) return;
		this.#link = undefined;
		this.#block = 0; // what waited was dropped with the interface
		if (link === undefined) return;
		if (view.getInt32(link.block + FLAGS, true) & (FLAG_RETURNS | FLAG_QUEUES) || view.getInt32(link.block + WAITING, true) < 0)
			throw new RangeError(
				`queue of ${this.#name}: expected an interface with a device of its own and no queue yet; tunnels, VLANs and bridges wait for others'`,
			);
		const { random32 } = this.#stack.core;
		const place = this.#place;
		for (let i = 0; i < QueueBlock.bytes + this.#flows * FlowRow.bytes; i += 4) view.setInt32(place + i, 0, true);
		for (const [field, value] of this.#words) view.setInt32(place + field, value, true);
		view.setInt32(place + AT.seed, random32(), true);
		view.setInt32(link.block + TAG, place, true);
		link.setFlag(FLAG_QUEUES, true);
		this.#link = link;
		this.#block = link.block;
	}

	/** The stack's timers run: what the rate lets leave leaves. */
	timers(now: number): void {
		const block = this.#block;
		if (block === 0) return;
		const { core } = this.#stack;
		const { view } = core;
		if (view.getInt32(block + UP, true) === 0) return;
		queueRun(view, block);
		if (this.waiting === 0) return;
		const credit = view.getInt32(this.#place + AT.credit, true);
		const rate = view.getInt32(this.#place + AT.rate, true);
		if (rate !== 0 && credit < 0) core.deadline((now + Math.max(1, Math.ceil(-credit / rate))) | 0);
	}

	/** Ends it: what waits is dropped, and the interface's packets wait for its device alone. May be repeated. */
	close(): void {
		if (this.#table === NONE) return;
		const { core, services } = this.#stack;
		const link = this.#link;
		if (link !== undefined && link.block === this.#block) {
			for (let i = 0; i < this.#flows; i++) this.#empty(this.#place + QueueBlock.bytes + i * FlowRow.bytes);
			link.setFlag(FLAG_QUEUES, false);
			core.view.setInt32(this.#block + TAG, 0, true);
		}
		services.delete(this);
		this.#watch?.close();
		core.pool.release(this.#table);
		this.#table = NONE;
		this.#block = 0;
		this.#link = undefined;
		core.wake();
	}

	#empty(flow: number): void {
		const { pool, view } = this.#stack.core;
		let packet = view.getInt32(flow + FlowRow.offsets.first, true);
		for (let count = view.getInt32(flow + FlowRow.offsets.count, true); count > 0; count--) {
			const next = pool.next[packet]!;
			pool.release(packet);
			packet = next;
		}
	}
}
