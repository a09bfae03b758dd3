// Bridges, IEEE 802.1D: Ethernet interfaces become ports of one network, and the board has one interface on it. Compiled code hands frames on: bridge-in.ts, transmit.ts, stations.ts.

import { BUSY, CARRIES_TAGS, EVERY_FRAME, MEDIUM_ETHERNET, NOTIFIES, type Device } from "../device/device.ts";
import { BRIDGE_RIDER, BridgeBlock, PortBlock } from "../packet/bridge-block.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_BRIDGE, FLAG_PORT, IN_PARENT, InterfaceBlock } from "../packet/interface-block.ts";
import { NONE } from "../packet/packets.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as vlan from "../wire/vlan.ts";
import { stationsForget, stationsKnown } from "#codec";
import { DRAIN, WAKE } from "./calls.ts";
import { EthernetInterface, type EthernetOptions } from "./ethernet.ts";
import type { InterfaceListener } from "./interface.ts";
import { whole } from "./interface-options.ts";

const { parent: PARENT, waiting: WAITING, line: LINE } = InterfaceBlock.offsets;
const BRIDGE = BridgeBlock.offsets;
const PORT = PortBlock.offsets;

/** IEEE 802.1D table 7-5. */
const DEFAULT_AGE_MS = 300_000;
const DEFAULT_STORM = 1000;

/** What a bridge may be told. */
export interface BridgeOptions extends EthernetOptions {
	/** Its ports, Ethernet interfaces of the stack without addresses, VLANs or a bridge of their own. */
	ports: readonly EthernetInterface[];
	/** A station that has sent nothing for so many ms is forgotten, 1,000 to 1,000,000,000: 300,000 unless told. IEEE 802.1D §7.9.2. */
	ageMs?: number;
	/** Frames a second of each port that may go to all others, as they are for groups or for stations that nobody knows, 100 to 1,000,000: 1,000 unless told. What is more is dropped, `bridgeStorm`. */
	storm?: number;
}

/** A port, and where it lies in the arena, which it does not say any more when it is gone. */
interface Port {
	readonly link: EthernetInterface;
	readonly slot: number;
	readonly block: number;
	up: boolean;
}

/** What the interface is to the stack in the place of a driver: frames never pass it. */
class BridgeDevice implements Device {
	readonly medium = MEDIUM_ETHERNET;
	readonly abilities: number;
	readonly mtu: number;
	readonly mac: Uint8Array;
	ports: readonly Port[] = [];

	constructor(links: readonly EthernetInterface[]) {
		const tags = links.every((link) => tagOf(link) > 0);
		// No chip's checksums: what one port's looked at, another's did not.
		this.abilities = tags ? NOTIFIES | CARRIES_TAGS : NOTIFIES;
		this.mtu = links.reduce((least, { mtu }) => Math.min(least, mtu), links[0]!.mtu);
		this.mac = links[0]!.mac;
	}

	get linkUp(): boolean {
		return this.ports.some(({ link }) => link.up);
	}

	attach(): void {}

	receive(): number {
		return 0;
	}

	transmit(): number {
		return BUSY;
	}

	/** Ports hear all groups. */
	multicast(): void {}

	close(): void {}
}

/** So much longer may a frame with a tag be, by what its device says. */
function tagOf({ device, mtu }: EthernetInterface): number {
	return device.abilities & CARRIES_TAGS || device.mtu - mtu >= vlan.HEADER ? vlan.HEADER : 0;
}

/**
 * A bridge of Ethernet interfaces, its ports: frames go from port to port as their addresses say, with their tags of VLANs as they are. It is the board's own interface on that network, with addresses
 * and VLANs, while the ports have none; its hardware address is that of the first port unless told, its MTU the least of theirs. It is up while a port is. It runs no spanning tree, but hands that of
 * others on. The table of stations takes one packet buffer.
 *
 * @example
 * ```ts
 * const br0 = stack.interfaces.add(new BridgeInterface("br0", { ports: [eth0, eth1] }));
 * br0.addAddress("192.168.1.1/24");
 * ```
 */
export class BridgeInterface extends EthernetInterface {
	override readonly kind: string = "bridge";
	readonly #device: BridgeDevice;
	readonly #first: readonly EthernetInterface[];
	readonly #age: number;
	readonly #storm: number;
	#table = NONE;

	/** Throws TypeError where a port is no Ethernet interface; RangeError naming the option that is wrong. */
	constructor(name: string, options: BridgeOptions) {
		const { ports, ageMs = DEFAULT_AGE_MS, storm = DEFAULT_STORM, ...common } = options;
		if (!Array.isArray(ports) || ports.length === 0) throw new TypeError(`ports of ${name}: expected Ethernet interfaces`);
		for (const [i, link] of (ports as EthernetInterface[]).entries()) {
			checkKind(name, link);
			if (ports.indexOf(link) !== i) throw new RangeError(`port ${link.name} of ${name}: is in the list twice`);
		}
		const age = whole(`ageMs ${String(ageMs)} of ${name}`, ageMs, 1000, 1_000_000_000);
		const rate = whole(`storm ${String(storm)} of ${name}`, storm, 100, 1_000_000);
		const device = new BridgeDevice(ports);
		super(name, device, common);
		this.#device = device;
		this.#first = ports.slice();
		this.#age = age;
		this.#storm = rate;
	}

	/** Its ports. */
	get ports(): readonly EthernetInterface[] {
		return this.#device.ports.map(({ link }) => link);
	}

	/** How many stations it knows, by that port or by all, as of the last poll. */
	stations(port?: EthernetInterface): number {
		return this.block === 0 ? 0 : stationsKnown(this.core.view, this.block, port?.slot ?? 0);
	}

	/** Its frames wait for the devices of the ports, and are counted there. */
	override get waiting(): number {
		return 0;
	}

	/** Takes its place in a stack. Throws RangeError where a port is not part of it or has something of its own, and where there is no packet buffer for the table. */
	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		for (const link of this.#first) this.#check(link, core.view);
		const table = core.pool.acquire();
		if (table === NONE) throw new RangeError(`bridge ${this.name}: no packet buffer for its table; raise the option "packets"`);
		this.#table = table;
		super.attach(core, slot, id, flags | FLAG_BRIDGE, listener);
		this.put(LINE + BRIDGE.stations, core.pool.base(table));
		this.put(LINE + BRIDGE.seed, core.random32());
		this.put(LINE + BRIDGE.ageMs, this.#age);
		this.put(LINE + BRIDGE.storm, this.#storm);
		stationsForget(core.view, this.block, 0);
		for (const link of this.#first) this.#enter(link);
	}

	/** A further Ethernet interface of the stack becomes a port. The MTU is no more than its from then on. Throws as the constructor and `interfaces.add` do. */
	addPort(link: EthernetInterface): void {
		checkKind(this.name, link);
		if (this.block === 0) throw new Error(`bridge ${this.name}: it is in no stack; add it by interfaces.add first`);
		this.#check(link, this.core.view);
		if (link.mtu < this.mtu) {
			this.mtu = link.mtu;
			this.core.changeRoutes();
		}
		this.#enter(link);
		this.checkLink();
	}

	/** The interface is a port no more, and works by itself. Throws RangeError when it is none. */
	removePort(link: EthernetInterface): void {
		const port = this.#device.ports.find((each) => each.link === link);
		if (port === undefined) throw new RangeError(`port ${link.name}: is none of ${this.name}`);
		this.#leave(port);
		this.checkLink();
	}

	#check(link: EthernetInterface, arena: DataView): void {
		const what = `port ${link.name} of ${this.name}`;
		if (link.slot === 0 || link.arena !== arena) throw new RangeError(`${what}: is not part of this stack; add that one first`);
		const other = link.riders?.get(BRIDGE_RIDER);
		if (other !== undefined) throw new RangeError(`${what}: is a port of ${other.name} already`);
		if (link.riders !== undefined && link.riders.size > 0)
			throw new RangeError(`${what}: has VLANs; remove them, and give them to the bridge`);
		if (link.addresses.length > 0)
			throw new RangeError(`${what}: has the address ${link.addresses[0]!.address}; remove it, and give it to the bridge`);
	}

	#enter(link: EthernetInterface): void {
		const { view } = this.core;
		const { slot, block } = link;
		view.setInt32(block + LINE + PORT.tokens, 0x3fffffff, true); // more than any bound is: it may flood at once
		view.setInt32(block + LINE + PORT.counted, this.core.now, true);
		view.setInt32(block + LINE + PORT.most, link.mtu + ethernet.HEADER, true);
		view.setInt32(block + LINE + PORT.tag, tagOf(link), true);
		view.setInt32(block + PARENT, this.block, true);
		link.setFlag(FLAG_PORT, true);
		// The device hears groups for us, whoever else does, and all the rest besides.
		link.hearGroups(1);
		link.device.multicast?.(EVERY_FRAME);
		(link.riders ??= new Map()).set(BRIDGE_RIDER, this);
		this.#device.ports = [...this.#device.ports, { link, slot, block, up: link.up }];
		this.#note();
	}

	#leave(port: Port): void {
		const { link, slot, block } = port;
		this.#device.ports = this.#device.ports.filter((each) => each !== port);
		this.#note();
		stationsForget(this.core.view, this.block, slot);
		link.riders?.delete(BRIDGE_RIDER);
		link.setFlag(FLAG_PORT, false);
		if (link.slot === 0) return; // it is gone, and its place may be another's
		this.core.view.setInt32(block + PARENT, 0, true);
		link.device.multicast?.(true);
		link.hearGroups(-1);
	}

	/** Which ports there are, and that its frames wait for theirs. */
	#note(): void {
		const { ports } = this.#device;
		const bits = [0, 0];
		for (const { slot } of ports) bits[(slot - 1) >> 5]! |= 1 << ((slot - 1) & 31);
		this.put(LINE + BRIDGE.portsLow, bits[0]!);
		this.put(LINE + BRIDGE.portsHigh, bits[1]!);
		this.put(PARENT, ports.length > 0 ? ports[0]!.block : 0);
		this.put(WAITING, ports.length > 0 ? IN_PARENT : 0);
	}

	/** A port has gone up or down, or is gone: who was reached by it is looked for anew, IEEE 802.1D §7.9. */
	override checkLink(): void {
		if (this.block !== 0)
			for (const port of this.#device.ports) {
				if (port.link.slot === 0) this.#leave(port);
				else if (port.up !== port.link.up) {
					port.up = port.link.up;
					if (!port.up) stationsForget(this.core.view, this.block, port.slot);
				}
			}
		super.checkLink();
	}

	override detach(): void {
		for (const port of this.#device.ports) this.#leave(port);
		super.detach();
		if (this.#table !== NONE) this.core.pool.release(this.#table);
		this.#table = NONE;
	}

	/** What was sent by it waits for the devices of ports. */
	override follow(what: number): void {
		if (what & DRAIN) for (const { link } of this.#device.ports) if (link.native === 0) link.follow(DRAIN);
		if (what & WAKE) this.core.wake();
	}
}

/** Throws TypeError for what is no Ethernet interface with a device of its own. */
function checkKind(name: string, link: EthernetInterface): void {
	if (link?.kind !== "ethernet")
		throw new TypeError(
			`port ${String(link?.name)} of ${name}: expected an Ethernet interface${link === undefined ? "" : `, not ${link.kind}`}`,
		);
}
