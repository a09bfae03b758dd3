// What the links of all interfaces have in common: a device below, a block in the arena, and a short queue before a busy device. Addresses and the like are ip/interface-ip.ts.

import { hostOption, parsePrefix } from "../address.ts";
import { ND_RETRANS_MS, NEIGHBOR_REACHABLE_MS, PACKET_BYTES, PACKET_HEADROOM } from "../config.ts";
import { BUSY, HELD, NOTIFIES, RECEIVE_CHECKED, RETURNS, SENT, TRANSMIT_CHECKSUM, type Device } from "../device/device.ts";
import type { SerialHost } from "../device/serial.ts";
import {
	FLAG_CHECKED,
	FLAG_RETURNS,
	InterfaceBlock,
	WATCHED_DOWN,
	WATCHED_ONCE,
	WATCHED_TIME,
} from "../packet/interface-block.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { LineBlock } from "../packet/line-block.ts";
import { NONE } from "../packet/pool.ts";
import { dequeue, queueHead, setPolled, setNoticed } from "#codec";
import { NO_CHECKSUM } from "../wire/build.ts";
import { DEFAULT_TTL } from "../wire/ipv4.ts";
import { DRAIN, WAKE } from "./calls.ts";
import type { InterfaceListener } from "./changes.ts";
import type { EthernetInterface } from "./ethernet.ts";
import type { Discovery } from "./discovery.ts";
import type { InterfaceAddress } from "./interface-address.ts";
import { checkName, metricOf, mtuOf, type InterfaceOptions } from "./interface-options.ts";
import type { IpSide } from "./ip-side.ts";
import type { Conflict } from "./own-addresses.ts";
import type { PppInterface } from "./ppp/ppp.ts";

export type { InterfaceAddress } from "./interface-address.ts";
export type { InterfaceOptions } from "./interface-options.ts";
export * from "./changes.ts";

/** Where its fields lie in its block; that of every packet by itself. */
const AT = InterfaceBlock.offsets;

const NO_CONFLICTS: readonly Conflict[] = Object.freeze([]);

/** What routers say of a link's IPv6: bytes, and ms. */
export interface HeardParameters {
	readonly hopLimit?: number | undefined;
	readonly mtu?: number | undefined;
	readonly retransMs?: number | undefined;
	readonly reachableMs?: number | undefined;
}

function flagsOf(abilities: number): number {
	return (abilities & RECEIVE_CHECKED ? FLAG_CHECKED : 0) | (abilities & RETURNS ? FLAG_RETURNS : 0);
}

/** One way in and out: a link protocol over a device, with addresses. It works from `stack.interfaces.add` to `remove`; then it is closed for good. */
export abstract class Interface {
	/** Arena offset of the interface block, packet/interface-block.ts; 0 while not attached. */
	block = 0;
	/** The driver below. */
	readonly device: Device;
	/** The device's number among those in C, 0 for one in TypeScript. */
	native = 0;
	/** Bytes of link header before IP: what `receive` leaves room for in front. */
	readonly linkHeader: number;
	/** Most bytes that a received frame may have, counted from where its link header begins. */
	readonly space: number;
	/** Whether the device is asked without a notice: at every poll. */
	readonly polled: boolean;
	/** TTL of what is built for it, with NO_CHECKSUM when its device fills checksums in. */
	readonly ttl: number;
	/** Whether packets pass: administratively up, and the device has a link. */
	up = false;
	/** Index among the interfaces, from 1; other interfaces may have it later. 0 while not attached. */
	slot = 0;
	/** InterfaceId: slot | a number never used before << 8. Two interfaces never share one. */
	id = 0;
	/** 1 to 15 letters, digits, ".", "_" or "-"; no two interfaces of a stack share one. */
	readonly name: string;
	/** What its options say of the metric of its routes: for `ip`. */
	readonly wantedMetric: number;
	#ip: IpSide | undefined = undefined;
	protected core!: Core;
	#mtu: number;
	#enabled = true;
	#listener: InterfaceListener | undefined;
	#flags = 0;
	#timed = false;
	/** Whether it wants frames for groups, and how many do who have them by its device: itself, and its VLANs. */
	#wantsGroups = false;
	#hearers = 0;
	/** VLANs whose frames it carries, by their VIDs: they go up and down with it. */
	riders: Map<number, Interface> | undefined = undefined;

	constructor(name: string, device: Device, linkHeader: number, options: InterfaceOptions) {
		checkName(name);
		this.name = name;
		this.device = device;
		this.linkHeader = linkHeader;
		this.space = PACKET_BYTES - PACKET_HEADROOM + linkHeader;
		this.ttl = device.abilities & TRANSMIT_CHECKSUM ? DEFAULT_TTL | NO_CHECKSUM : DEFAULT_TTL;
		this.polled = (device.abilities & NOTIFIES) === 0 || device.poll !== undefined;
		this.#mtu = mtuOf(name, options, device.mtu);
		this.wantedMetric = metricOf(name, options);
	}

	/** What the link is, for people: "ethernet", "loopback". */
	abstract readonly kind: string;

	/** A packet of the link's own protocols (ARP) that compiled code leaves to the interpreter. */
	control(_at: number): void {}

	/** A frame of a serial line at `at` that is no IP packet: `answer` is what its device said. 0: octets came that are no frame yet. */
	controlFrame(_answer: number, _at: number): void {}

	/** Time passes; says what it waits for by `core.deadline`. */
	timers(_now: number): void {}

	/** Routes, links or addresses have changed. */
	ways(): void {}

	/** Neighbours and the like are void: the link went down or is removed. */
	protected flush(): void {}

	/** Tells the neighbours of an address that is ours from now on, where there are any to tell. */
	introduce(_address: string): void {}

	/** Its hardware address, six bytes, where it has one. */
	get mac(): Uint8Array | undefined {
		return undefined;
	}

	/** Itself, where it is PPP, which has more to tell. */
	get ppp(): PppInterface | undefined {
		return undefined;
	}

	/** Itself, where it is one station among others, who all hear what is sent to groups: it is configured by DHCP and by what routers advertise. Undefined for all others. */
	get station(): EthernetInterface | undefined {
		return undefined;
	}

	/** How its addresses and routers of IPv6 are found out, where they can be. */
	get discovery(): Discovery | undefined {
		return undefined;
	}

	/** Whether it may have a link and an address soon, where the link itself knows that. */
	get awaited(): boolean | undefined {
		return undefined;
	}

	/** Stations that use addresses of ours. */
	get conflicts(): readonly Conflict[] {
		return NO_CONFLICTS;
	}

	/** The arena, in which its block lies; once it is attached. */
	get arena(): DataView {
		return this.core.view;
	}

	/** Takes its place in a stack. The interface set calls this. */
	attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		this.core = core;
		this.slot = slot;
		this.id = id;
		this.block = core.layout.interfaces + (slot - 1) * InterfaceBlock.bytes;
		this.#listener = listener;
		this.#timed = this.device.poll !== undefined;
		this.#flags = flags | flagsOf(this.device.abilities);
		for (let i = 0; i < InterfaceBlock.bytes; i += 4) core.view.setInt32(this.block + i, 0);
		core.view.setInt32(this.block + AT.flags, this.#flags, true);
		core.view.setUint16(this.block + AT.slot, slot, true);
		const pool = core.pool;
		const host: SerialHost = {
			view: core.view,
			framing: this.block + AT.line + LineBlock.offsets.decoder,
			notify: core.notifier(this),
			released: (packet) => {
				pool.release(packet);
				core.wake();
			},
		};
		this.device.attach(host);
		this.native = this.device.native ?? 0;
		this.put(AT.native, this.native);
		this.#watch();
		this.put(AT.mtu, this.#mtu);
		this.put(AT.ttl, this.ttl);
		this.heardDiscovery();
		this.put(AT.header, this.linkHeader);
		this.put(AT.space, this.space);
		setPolled(core.view, slot, this.polled);
		setNoticed(core.view, slot);
	}

	/** `begin` is to be called at the next poll, though its device is one in C and says nothing. */
	protected lookAgain(): void {
		if (this.slot === 0) return;
		this.#watch(WATCHED_ONCE);
		this.notice();
	}

	/** It is looked at at the next turn: its device gives notice, or something else has changed. */
	protected notice(): void {
		if (this.slot !== 0) this.core.noticeOf(this.slot);
	}

	/** Whether it takes more than a look at the link of a device in C. */
	#watch(once = 0): void {
		this.put(AT.watched, (this.#timed ? WATCHED_TIME : 0) | (this.#enabled ? 0 : WATCHED_DOWN) | once);
	}

	/** Sets whether packets pass. */
	#setUp(up: boolean): void {
		this.up = up;
		this.put(AT.up, up ? 1 : 0);
		this.#tellRiders();
	}

	#tellRiders(): void {
		if (this.riders !== undefined) for (const each of this.riders.values()) each.checkLink();
	}

	/** Sets a word of its block, while it has one. */
	protected put(place: number, value: number): void {
		if (this.block !== 0) this.core.view.setInt32(this.block + place, value, true);
	}

	/** Largest IP packet, bytes. Who changes it while packets pass lets `routes.changed` void what was cached: PPP's peer and DHCP's server have a say. */
	get mtu(): number {
		return this.#mtu;
	}
	set mtu(bytes: number) {
		this.#mtu = bytes;
		this.put(AT.mtu, bytes);
	}

	/** What routers say of the link's IPv6, RFC 4861 §6.3.4; what is left out is as if they said nothing. As with `mtu`, ways that were cached are void once `routes.changed` was called. */
	heardDiscovery({
		hopLimit = DEFAULT_TTL,
		mtu = 0,
		retransMs = ND_RETRANS_MS,
		reachableMs = NEIGHBOR_REACHABLE_MS,
	}: HeardParameters = {}): void {
		if (!hasIpv6() || this.block === 0) return;
		const { view } = this.core;
		view.setUint16(this.block + AT.mtu6, mtu, true);
		view.setUint16(this.block + AT.hops6, hopLimit, true);
		view.setUint16(this.block + AT.retransMs, retransMs, true);
		this.put(AT.reachableMs, reachableMs);
	}

	/** How many packets wait for the device. */
	get waiting(): number {
		return this.block === 0 ? 0 : this.core.fields[(this.block + AT.waiting) >> 2]!;
	}

	/** What IP has of it: addresses, groups, name servers, metric. Throws Error before the interface is a stack's (`interfaces.add`), which sets it. */
	get ip(): IpSide {
		if (this.#ip === undefined)
			throw new Error(`interface ${this.name}: it is in no stack; add it by interfaces.add before it is given addresses`);
		return this.#ip;
	}
	set ip(side: IpSide) {
		this.#ip = side;
	}

	/** Added to the metric of its routes. */
	get metric(): number {
		return this.ip.metric;
	}

	/** Its addresses. */
	get addresses(): readonly InterfaceAddress[] {
		return this.ip.addresses;
	}

	/**
	 * Adds an address with the length of its subnet's prefix, "192.168.77.2/24". Throws TypeError or RangeError when it is none, there are too many, or it is there
	 * already; Error before the interface is a stack's.
	 */
	addAddress(prefix: string): InterfaceAddress {
		const { address, length } = parsePrefix(prefix);
		return this.ip.insertAddress(address, length);
	}

	/** Removes one. Connections that used it end with an error. */
	removeAddress(entry: InterfaceAddress): void {
		this.ip.removeAddress(entry);
	}

	/** Addresses of the name servers to ask by this interface, best first: from DHCP, IPCP or the configuration, then those that routers say. Setting them leaves the latter. */
	get nameServers(): readonly string[] {
		return this.ip.servers;
	}
	/** Throws TypeError or RangeError naming what is no address. */
	set nameServers(servers: readonly string[]) {
		this.ip.servers = servers.map((text) => hostOption("nameServers", text));
	}

	/** Tells those who watch that PROTOCOL changed. */
	protected tell(what: number): void {
		if (this.slot !== 0) this.#listener!.changed(this, what);
	}

	/** Within processing: a router says, in the IP packet at that arena offset, that another way is nearer. */
	protected redirected(at: number): void {
		this.#listener!.redirected(this, at);
	}

	/** Leaves the stack. What waits is released; the device is closed. */
	detach(): void {
		if (this.block !== 0) {
			this.#setUp(false);
			this.#discard();
			this.#listener!.linkLost(this);
		}
		this.flush();
		try {
			this.device.close();
		} finally {
			if (this.block !== 0) {
				this.#regain();
				this.put(AT.native, 0);
				setPolled(this.core.view, this.slot, false); // nor is it looked at for what its device said while it was closed
				this.core.view.setUint16(this.block + AT.slot, 0, true);
			}
			this.native = 0;
			this.#wantsGroups = false;
			this.#hearers = 0;
			this.slot = this.id = this.block = 0;
			this.#tellRiders();
		}
	}

	/** A poll begins: the link is looked at, time passes for the device, and what waits is offered to it. Answers in how many ms it wants to be polled, or -1. */
	begin(now: number): number {
		const device = this.device;
		this.#watch();
		if ((this.#enabled && device.linkUp) !== this.up) this.checkLink();
		const wanted = this.#timed ? device.poll!(now) : -1;
		if (this.waiting > 0) this.drain();
		return wanted;
	}

	/** Looks at the link. */
	checkLink(): void {
		const up = this.#enabled && this.device.linkUp;
		if (up === this.up) return;
		this.#setUp(up);
		if (!up) {
			this.#discard();
			this.#listener!.linkLost(this);
			this.flush();
		}
		this.#listener!.linkChanged(this);
	}

	/** False takes it down whatever the device says. */
	get enabled(): boolean {
		return this.#enabled;
	}
	set enabled(on: boolean) {
		if (on && !this.#enabled) this.#ip?.waitAnew();
		this.#enabled = on;
		if (this.slot === 0) return;
		this.#watch(WATCHED_ONCE);
		setNoticed(this.core.view, this.slot);
		this.core.wake();
	}

	/** Sets a bit of its block's flags. */
	setFlag(flag: number, on: boolean): void {
		this.#flags = on ? this.#flags | flag : this.#flags & ~flag;
		if (this.block !== 0) this.core.view.setInt32(this.block + AT.flags, this.#flags, true);
	}

	/** Compiled code has sent by it: does what that asks for, DRAIN and WAKE of calls.ts. */
	follow(what: number): void {
		if (what & DRAIN) {
			this.drain();
			if (this.waiting > 0) this.core.wake();
		}
		if (what & WAKE) this.core.wake();
	}

	/** Offers a packet to a device in TypeScript. One that throws has not taken it. Answers as its `transmit`; SENT when it had its interface removed, and nobody waits any more. */
	#offer(packet: number, at: number, end: number): number {
		let answer = BUSY;
		try {
			answer = this.device.transmit(packet, at, end);
		} catch (error) {
			this.core.failed(error);
		}
		return answer === BUSY && this.block === 0 ? SENT : answer;
	}

	/** Offers the device what waits; but not what comes in again by itself. */
	drain(): void {
		if (this.#flags & FLAG_RETURNS) return;
		const { view, pool } = this.core;
		while (this.waiting > 0) {
			const packet = queueHead(view, this.block);
			const answer = this.#offer(packet, pool.start[packet]!, pool.end[packet]!);
			if (this.block === 0) return; // removed, and what waited released
			const taken = answer === SENT || answer === HELD;
			this.put(AT.refused, taken ? 0 : 1);
			if (!taken) return;
			dequeue(view, this.block);
			this.put(AT.again, 0);
			if (answer === SENT) pool.release(packet);
		}
	}

	/** The packet that a frame was coming into is nobody's. */
	#regain(): void {
		const incoming = this.core.fields[(this.block + AT.incoming) >> 2]!;
		if (incoming !== 0) this.core.pool.release(incoming - 1);
		this.put(AT.incoming, 0);
		this.put(AT.came, 0);
	}

	#discard(): void {
		const { view, pool } = this.core;
		if (this.core.fields[(this.block + AT.again) >> 2] !== 0) this.device.settle?.();
		this.put(AT.again, 0);
		for (let packet = dequeue(view, this.block); packet !== NONE; packet = dequeue(view, this.block)) {
			pool.release(packet);
			this.core.count(this.block, DROP.interfaceDown);
		}
		this.put(AT.refused, 0);
	}

	/** Whether it wants frames for groups: the device is told of a change, when it filters them. Nothing after `detach`. */
	wantGroups(on: boolean): void {
		if (on === this.#wantsGroups || this.slot === 0) return;
		this.#wantsGroups = on;
		this.hearGroups(on ? 1 : -1);
	}

	/** So many more want frames for groups of its device. */
	hearGroups(more: number): void {
		if (this.slot === 0) return;
		const before = this.#hearers > 0;
		this.#hearers += more;
		const after = this.#hearers > 0;
		if (before !== after) this.device.multicast?.(after);
	}
}
