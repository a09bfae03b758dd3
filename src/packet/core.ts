// What every layer needs: the arena, the pool, the clock, chance, and one deadline for all timers.

import { limitsOf, PACKET_HEADROOM, type Limits, type StackOptions } from "../config.ts";
import type { Host } from "../host/host.ts";
import { host } from "#host";
import { allocate } from "#memory";
import { InterfaceBlock } from "./interface-block.ts";
import { FIELDS, FLOWS_AT, OWN_AT, TCBS_AT, TIMERS_AT, TIMERS_COUNT, UDPS_AT } from "./fields.ts";
import { layoutOf, type Layout } from "./layout.ts";
import { NONE, PacketPool } from "./pool.ts";

/** Where this lies in an interface's block. */
const { drops: DROPS_AT } = InterfaceBlock.offsets;

export interface CoreOptions extends StackOptions {
	/** 32 random bits as an int32, which sequence numbers and ports rest on; the host's own source unless given. Must be given where the host has none. */
	random32?: (() => number) | undefined;
	/**
	 * Given, nobody but you calls `poll`; this asks for it: an application wrote, a device notified. Otherwise the host's timers have it called. Must be given
	 * where the host has no timers.
	 */
	onWake?: (() => void) | undefined;
}

export class Core {
	/** A packet that is always ready to be built in, NONE while the pool is empty. */
	spare = NONE;
	/** Arena offset where the IP header goes in the spare packet. */
	spareAt = 0;
	/** Milliseconds, int32, of the current poll. It wraps: compare by (a - b) | 0. */
	now = 0;
	/** Changes with every change of routes, links, addresses and neighbours. A path that was found at another one is void: the link is asked again. */
	wayVersion = 0;
	/** Whether something is due at `due`: the earliest deadline of all timers. */
	armed = false;
	due = 0;
	/** Whether a poll has been asked for, or runs. */
	awake = false;
	/** Whether a device gave notice during the poll. */
	noticed = false;
	/** The decode registers, packet/fields.ts. */
	readonly fields: Int32Array;
	readonly view: DataView;
	readonly pool: PacketPool;
	readonly limits: Limits;
	readonly layout: Layout;
	readonly random32: () => number;
	#onWake: () => void;

	/** `poll` and `yields` are for the host's timers, where the options have no `onWake`; `from`: what the host has. */
	constructor(options: CoreOptions, poll: (now: number) => number, yields: () => boolean, from: Host = host) {
		const { onWake, random32 = from.random32 } = options;
		if (random32 === undefined)
			throw new TypeError("random32: this host has no source of random bits; give a function that returns 32 of them");
		if (typeof random32 !== "function") throw new TypeError("random32: expected a function that returns 32 random bits");
		if (onWake === undefined && from.drive === undefined)
			throw new TypeError("onWake: this host has no timers; give a function that has the stack's poll called soon");
		if (onWake !== undefined && typeof onWake !== "function") throw new TypeError("onWake: expected a function");
		this.limits = limitsOf(options);
		this.layout = layoutOf(this.limits);
		this.random32 = random32;
		const arena = allocate(this.layout.bytes);
		this.view = new DataView(arena);
		this.fields = new Int32Array(arena, 0, FIELDS);
		this.fields[TCBS_AT] = this.layout.tcbs;
		this.fields[UDPS_AT] = this.layout.udps;
		this.fields[FLOWS_AT] = this.layout.flows;
		this.fields[OWN_AT] = this.layout.own;
		this.fields[TIMERS_AT] = this.layout.timers;
		this.fields[TIMERS_COUNT] = this.limits.tcp;
		this.pool = new PacketPool(this.limits.packets, this.layout.packets);
		this.takeSpare();
		this.#onWake = onWake ?? from.drive!(poll, yields);
	}

	/** Replaces the spare packet, which somebody kept. */
	takeSpare(): void {
		this.spare = this.pool.acquire();
		this.spareAt = this.pool.base(this.spare) + PACKET_HEADROOM;
	}

	/** Counts a drop on an interface. The reason is an index into packet/drops.ts. */
	count(block: number, reason: number): void {
		const at = block + DROPS_AT + reason * 4;
		this.view.setInt32(at, (this.view.getInt32(at, true) + 1) | 0, true);
	}

	/** Something is due at that time: timers run at the first poll from then on. */
	deadline(at: number): void {
		if (this.armed && ((at - this.due) | 0) >= 0) return;
		this.due = at;
		this.armed = true;
		this.wake(); // set outside a poll, it must be taken into account
	}

	/** Asks the owner for a poll, once until the next one begins. */
	wake(): void {
		if (this.awake) return;
		this.awake = true;
		this.#onWake();
	}
}
