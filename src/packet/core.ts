// What every layer needs: the arena, the pool, the clock, chance, and one deadline for all timers.

import {
	fragmentPackets,
	ICMP_ERROR_BURST,
	limitsOf,
	lookups,
	neighborPackets,
	type Limits,
	type StackOptions,
} from "../config.ts";
import type { Host } from "../host/host.ts";
import { host } from "#host";
import { allocate } from "#memory";
import { KEY } from "./chance.ts";
import { CHANCE, ChanceBlock } from "./chance-block.ts";
import { InterfaceBlock } from "./interface-block.ts";
import { chance32, changeRoutes, deadline, notice, setV4, takePacket, takeSpare } from "#codec";
import { CORE, CoreBlock, RULE_FORWARDING, RULE_REVERSE_PATH, RULE_STRONG_HOST, word } from "./core-block.ts";
import { ASKED_ADDRESS, DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "./fields.ts";
import { layoutOf, type Layout } from "./layout.ts";
import { NONE, PacketPool } from "./pool.ts";
import { seed } from "./seed.ts";

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

const NOW = word("now");
const ROUTE_VERSION = word("routeVersion");
const WAKES = word("wakes");
const SPARE = word("spare");
const SPARE_AT = word("spareAt");
const AWAKE = word("awake");
const NOTICED = word("noticed");
const FAULTY = word("faulty");
const ARMED = word("armed");
const RESULT = word("result");
const PACKET = word("packet");
const PACKET_AT = word("packetAt");

const ignore = () => {};

/** What the turn and the interpreter share lies in the arena, packet/core-block.ts; here it reads like fields. */
export class Core {
	/** The arena as words: the registers (packet/fields.ts), the CoreBlock, and the rest. */
	readonly fields: Int32Array;
	readonly view: DataView;
	readonly pool: PacketPool;
	readonly limits: Limits;
	readonly layout: Layout;
	readonly random32: () => number;
	#onWake: () => void;
	readonly #drive: Host["drive"];
	/** What was thrown and not told yet. */
	#faults: unknown[] = [];

	/** `from`: what the host has. */
	constructor(options: CoreOptions, from: Host = host) {
		const { onWake, random32 } = options;
		if (random32 === undefined && from.entropy === undefined)
			throw new TypeError("random32: this host has no source of random bits; give a function that returns 32 of them");
		if (random32 !== undefined && typeof random32 !== "function")
			throw new TypeError("random32: expected a function that returns 32 random bits");
		if (onWake === undefined && from.drive === undefined)
			throw new TypeError("onWake: this host has no timers; give a function that has the stack's poll called soon");
		if (onWake !== undefined && typeof onWake !== "function") throw new TypeError("onWake: expected a function");
		this.limits = limitsOf(options);
		this.layout = layoutOf(this.limits);
		const arena = allocate(this.layout.bytes);
		this.view = new DataView(arena);
		this.fields = new Int32Array(arena, 0, this.layout.bytes >> 2);
		this.fields[REGISTER.tcbsAt >> 2] = this.layout.tcbs;
		this.fields[REGISTER.udpsAt >> 2] = this.layout.udps;
		this.fields[REGISTER.flowsAt >> 2] = this.layout.flows;
		this.fields[REGISTER.ownAt >> 2] = this.layout.own;
		this.fields[REGISTER.timersAt >> 2] = this.layout.timers;
		this.fields[REGISTER.timersCount >> 2] = this.limits.tcp;
		for (const at of [SOURCE_ADDRESS, DESTINATION_ADDRESS, ASKED_ADDRESS]) setV4(this.view, at, 0);
		this.random32 = random32 ?? (() => chance32(this.view));
		if (random32 === undefined) seed(this.view, this.layout.packets, from.entropy!);
		else for (let i = 0; i < KEY; i += 4) this.fields[(CHANCE + ChanceBlock.offsets.key + i) >> 2] = random32();
		this.#fill();
		this.pool = new PacketPool(this.view, this.fields, this.limits.packets, this.layout.packets);
		takeSpare(this.view);
		takePacket(this.view);
		this.#onWake = onWake ?? ignore;
		this.#drive = onWake === undefined ? from.drive : undefined;
	}

	/** Where the options have no `onWake` the host's timers have `poll` called from now on. What it is woken for before this, the first call serves. */
	drive(poll: (now: number) => number, yields: () => boolean): void {
		if (this.#drive !== undefined) this.#onWake = this.#drive(poll, yields);
	}

	/** What stands in the CoreBlock from the beginning. */
	#fill(): void {
		const { fields, layout, limits } = this;
		const column = limits.packets * 4;
		fields[word("routesSeen")] = -1;
		fields[word("rules")] =
			(limits.strongHost ? RULE_STRONG_HOST : 0) |
			(limits.forwarding ? RULE_FORWARDING : 0) |
			(limits.reversePathFilter ? RULE_REVERSE_PATH : 0);
		setV4(this.view, CORE + CoreBlock.offsets.everybody, -1);
		fields[word("routes")] = layout.routes;
		fields[word("routeRows")] = layout.routeRows;
		fields[word("routesStale")] = 1;
		fields[word("neighbors")] = layout.neighbors;
		fields[word("neighborCount")] = limits.neighbors;
		fields[word("neighborChains")] = layout.neighborChains;
		fields[word("neighborMask")] = layout.neighborChainCount - 1;
		fields[word("neighborPacketsMost")] = neighborPackets(limits.packets);
		fields[word("lost")] = NONE;
		fields[word("fragments")] = NONE;
		fields[word("fragmentsMost")] = fragmentPackets(limits.packets);
		fields[word("pieces")] = NONE;
		fields[word("errors")] = NONE;
		fields[word("members")] = layout.members;
		fields[word("memberWords")] = layout.memberWords;
		fields[word("sources")] = NONE;
		fields[word("errorTokens")] = ICMP_ERROR_BURST;
		fields[word("tcbs")] = layout.tcbs;
		fields[word("tcbCount")] = limits.tcp;
		fields[word("tcp")] = layout.tcp;
		fields[word("udpCount")] = limits.udp;
		fields[word("serviceCount")] = limits.services;
		fields[word("rawCount")] = limits.raw;
		fields[word("echoes")] = layout.echoes;
		fields[word("echoCount")] = limits.icmp;
		fields[word("lookupsMost")] = lookups(limits);
		fields[word("interfaces")] = layout.interfaces;
		fields[word("vlans")] = layout.vlans;
		fields[word("vlanMask")] = layout.vlanCapacity - 1;
		fields[word("packets")] = layout.packets;
		fields[word("starts")] = layout.columns;
		fields[word("ends")] = layout.columns + column;
		fields[word("nexts")] = layout.columns + 2 * column;
		fields[word("freeList")] = layout.columns + 3 * column;
		fields[word("news")] = layout.news;
	}

	/** Milliseconds, int32, of the current poll. It wraps: compare by (a - b) | 0. */
	get now(): number {
		return this.fields[NOW]!;
	}
	/** A packet that is always ready to be built in, NONE while the pool is empty. */
	get spare(): number {
		return this.fields[SPARE]!;
	}
	/** Arena offset where the IP header goes in the spare packet. */
	get spareAt(): number {
		return this.fields[SPARE_AT]!;
	}
	/** The packet that frames are received into, and where its IP header goes. */
	get packet(): number {
		return this.fields[PACKET]!;
	}
	get packetAt(): number {
		return this.fields[PACKET_AT]!;
	}
	/** What the device of a serial line answered, of the frame that the turn asks about. */
	get result(): number {
		return this.fields[RESULT]!;
	}
	/** Whether a poll has been asked for, or runs. */
	get awake(): boolean {
		return this.fields[AWAKE] !== 0;
	}

	/** Changes with every change of routes, links and addresses. */
	get routeVersion(): number {
		return this.fields[ROUTE_VERSION]!;
	}

	/** Routes have changed, or something that they rest on. */
	changeRoutes(): void {
		changeRoutes(this.view);
	}

	/** Asks for a poll when compiled code that was called outside of one wants it. */
	wakeIfWanted(): void {
		if (this.fields[WAKES] === 0) return;
		this.fields[WAKES] = 0;
		this.wake();
	}

	/** Routes have changed: the poll that runs is not the last one. */
	notice(): void {
		this.fields[NOTICED] = 1;
		this.wake();
	}

	/** The interface in that slot is to be looked at. */
	noticeOf(slot: number): void {
		if (notice(this.view, slot)) this.#onWake();
	}

	/** The same as a function for its device, which calls it for every frame or two: it looks nothing up. */
	notifier(link: { readonly slot: number }): () => void {
		const { view } = this;
		const { slot } = link;
		const onWake = this.#onWake;
		return () => {
			if (link.slot === slot && notice(view, slot)) onWake();
		};
	}

	/** A device in TypeScript has thrown, or an owner that nobody is told of: this leaves the poll as it ends, or the next one. */
	failed(error: unknown): void {
		this.#faults.push(error);
		this.fields[FAULTY] = 1;
		this.wake();
	}

	/** The poll ends: what was thrown first and has not been told, in an array; undefined when all has. */
	takeFault(): [unknown] | undefined {
		const faults = this.#faults;
		if (faults.length > 0) return [faults.shift()];
		this.fields[FAULTY] = 0;
		return undefined;
	}

	/** The poll is over. */
	rest(): void {
		this.fields[AWAKE] = 0;
	}

	/** Timers run: who still waits for something says so again. */
	disarm(): void {
		this.fields[ARMED] = 0;
	}

	/** Replaces the spare packet, which somebody kept. */
	takeSpare(): void {
		takeSpare(this.view);
	}

	/** Counts a drop on an interface. The reason is one of packet/drops.ts. */
	count(block: number, reason: number): void {
		const at = block + DROPS_AT + reason;
		this.view.setInt32(at, (this.view.getInt32(at, true) + 1) | 0, true);
	}

	/** Something is due at that time: timers run at the first poll from then on. */
	deadline(at: number): void {
		if (deadline(this.view, at)) this.wake(); // set outside a poll, it must be taken into account
	}

	/** Asks the owner for a poll, once until the next one begins. */
	wake(): void {
		if (this.fields[AWAKE] !== 0) return;
		this.fields[AWAKE] = 1;
		this.#onWake();
	}
}
