// VLANs, IEEE 802.1Q: interfaces whose frames another interface carries, with a tag. Compiled code finds whose a frame is (vlans.ts) and puts the tag in (transmit.ts).

import { BUSY, CARRIES_TAGS, MEDIUM_ETHERNET, NOTIFIES, type Device } from "../device/device.ts";
import { BRIDGE_RIDER } from "../packet/bridge-block.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_VLAN, IN_PARENT, InterfaceBlock } from "../packet/interface-block.ts";
import * as vlan from "../wire/vlan.ts";
import { carriedFill, vlanEnter } from "#codec";
import { EthernetInterface } from "./ethernet.ts";
import type { InterfaceListener, InterfaceOptions } from "./interface.ts";
import { whole } from "./interface-options.ts";

const { parent: PARENT, tag: TAG, waiting: WAITING } = InterfaceBlock.offsets;

/** The highest priority that a tag can say. */
const HIGHEST = 7;

/** What a VLAN interface may be told. */
export interface VlanOptions extends InterfaceOptions {
	/** Which VLAN: its VID, 1 to 4094. */
	vlan: number;
	/** What its frames say of their priority, 0 to 7: 0 unless told. What comes in may say any. */
	priority?: number;
}

/** What the interface is to the stack in the place of a driver: its link is the parent's. Frames never pass it. */
class VlanDevice implements Device {
	readonly medium = MEDIUM_ETHERNET;
	/** No device looks behind a tag for checksums. */
	readonly abilities = NOTIFIES;
	readonly mtu: number;
	readonly #parent: EthernetInterface;
	/** Whether the parent still is the interface that it was: one that was removed is nobody's parent, even if it is added again. */
	carried = true;

	constructor(parent: EthernetInterface) {
		const { abilities, mtu } = parent.device;
		this.#parent = parent;
		this.mtu = Math.min(parent.mtu, abilities & CARRIES_TAGS ? mtu : mtu - vlan.HEADER);
	}

	get mac(): Uint8Array {
		return this.#parent.mac;
	}

	get linkUp(): boolean {
		return this.carried && this.#parent.up;
	}

	attach(): void {}

	receive(): number {
		return 0;
	}

	transmit(): number {
		return BUSY;
	}

	multicast(on: boolean): void {
		this.#parent.hearGroups(on ? 1 : -1);
	}

	close(): void {}
}

/**
 * A VLAN of an Ethernet interface, its parent, which works beside it untagged, and beside other VLANs of it: IEEE 802.1Q. It has the parent's hardware address, and is up while the parent is. When
 * the parent is removed it stays down, until it is removed too.
 *
 * @example
 * ```ts
 * const guests = stack.interfaces.add(new VlanInterface("eth0.5", eth0, { vlan: 5 }));
 * ```
 */
export class VlanInterface extends EthernetInterface {
	override readonly kind: string = "vlan";
	readonly #parent: EthernetInterface;
	readonly #device: VlanDevice;
	readonly #tag: number;

	/** Throws TypeError where the parent is no Ethernet interface, or a VLAN itself; RangeError naming the option that is wrong. */
	constructor(name: string, parent: EthernetInterface, options: VlanOptions) {
		if (parent?.kind !== "ethernet" && parent?.kind !== "bridge")
			throw new TypeError(`parent of ${name}: expected an Ethernet interface${parent?.kind === "vlan" ? ", not a VLAN" : ""}`);
		const vid = whole(`vlan ${String(options?.vlan)} of ${name}`, options?.vlan, 1, vlan.RESERVED - 1);
		const { priority = 0, mtu, metric } = options;
		const tag = (whole(`priority ${String(priority)} of ${name}`, priority, 0, HIGHEST) << vlan.PRIORITY_SHIFT) | vid;
		const device = new VlanDevice(parent);
		super(name, device, { ...(mtu !== undefined && { mtu }), ...(metric !== undefined && { metric }) });
		this.#parent = parent;
		this.#device = device;
		this.#tag = tag;
	}

	/** The interface that carries its frames. */
	get parent(): EthernetInterface {
		return this.#parent;
	}

	/** Its VID. */
	get vlan(): number {
		return this.#tag & vlan.VID;
	}

	/** What its frames say of their priority. */
	get priority(): number {
		return this.#tag >> vlan.PRIORITY_SHIFT;
	}

	/** Its frames wait for the parent's device, and are counted there. */
	override get waiting(): number {
		return 0;
	}

	/** Takes its place in a stack. Throws RangeError where its parent is not part of it, or has that VLAN already. */
	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		const parent = this.#parent;
		if (parent.slot === 0 || parent.arena !== core.view || !this.#device.carried)
			throw new RangeError(`interface ${this.name}: its parent ${parent.name} is not part of this stack; add that one first`);
		const bridge = parent.riders?.get(BRIDGE_RIDER);
		if (bridge !== undefined)
			throw new RangeError(
				`vlan ${this.vlan} of ${this.name}: ${parent.name} is a port of ${bridge.name}; make it a VLAN of that`,
			);
		const other = parent.riders?.get(this.vlan);
		if (other !== undefined)
			throw new RangeError(`vlan ${this.vlan} of ${this.name}: ${parent.name} has it already, as ${other.name}`);
		super.attach(core, slot, id, flags | FLAG_VLAN, listener);
		this.put(PARENT, parent.block);
		this.put(TAG, this.#tag);
		this.put(WAITING, IN_PARENT);
		vlanEnter(core.view, this.block);
		(parent.riders ??= new Map()).set(this.vlan, this);
	}

	/** Looks whether its parent is up, and still there. */
	override checkLink(): void {
		super.checkLink();
		if (this.#parent.slot === 0) this.#leave();
	}

	/** It is no VLAN of its parent any more. */
	#leave(): void {
		const { riders } = this.#parent;
		if (riders?.get(this.vlan) !== this) return;
		riders.delete(this.vlan);
		this.#device.carried = false;
		this.setFlag(FLAG_VLAN, false);
		this.put(PARENT, 0);
		this.put(WAITING, 0);
		carriedFill(this.core.view);
	}

	override detach(): void {
		this.wantGroups(false);
		this.#leave();
		super.detach();
	}

	/** What was sent by it waits for the parent's device. */
	override follow(what: number): void {
		this.#parent.follow(what);
	}
}
