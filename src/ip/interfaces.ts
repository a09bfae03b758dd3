// The interfaces of a stack, added and removed while traffic flows.

import { ownerSlot, ownFill } from "#codec";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Core } from "../packet/core.ts";
import {
	ADDED,
	ADDRESSES,
	LINK,
	REMOVED,
	type Interface,
	type InterfaceAddress,
	type InterfaceListener,
} from "../link/interface.ts";
import type { JoinedGroup } from "../link/ip-side.ts";
import { Neighbors } from "../link/neighbor-list.ts";
import type { Links } from "../link/path.ts";
import { OwnTable } from "../packet/own-table.ts";
import { familyBits, given, isHost, isNear, networkOf } from "../address.ts";
import { peerObjection } from "./claims.ts";
import { Joined } from "./joined.ts";
import { InterfaceIp, type AddressListener } from "./interface-ip.ts";
import { Redirects } from "./redirects.ts";
import { Route, type Routes } from "./routes.ts";

const { mask: MASK, seed: SEED } = OwnTable.offsets;
const { next: NEXT } = InterfaceBlock.offsets;

/** Slot of the only interface that an address means something on, 0 where it does so everywhere. */
function zoneOf(address: string, { slot }: Interface): number {
	return isNear(address) ? slot : 0;
}

/** Told of what the layers above must know. */
export interface ChangeListener {
	/** An address is gone, or its interface: connections from it end. One of a single link is that of the interface in slot `zone`, else 0. */
	addressGone(address: string, zone: number): void;
	/** An interface is gone: what was bound to its slot ends. */
	interfaceGone(slot: number): void;
	/** For those who watch: the constants of link/interface.ts. */
	changed(link: Interface, what: number): void;
}

/** The interfaces of a stack. `lo`, 127.0.0.1/8, is always the first. */
export class InterfaceSet implements InterfaceListener, AddressListener, Links {
	/** In the order they were added. The packet path walks this array. */
	readonly list: Interface[] = [];
	/** Multicast groups joined on every interface that there is or will be. */
	readonly groups: Map<string, JoinedGroup> = new Map();
	readonly neighbors: Neighbors;
	readonly redirects: Redirects;
	#core: Core;
	#joined: Joined;
	#routes: Routes;
	#listener: ChangeListener;
	/** By slot, from 1. */
	readonly slots: (Interface | undefined)[] = [undefined];
	#serial = 0;
	/** Routes of links with one peer. */
	#made = new Map<Interface, Route[]>();

	constructor(core: Core, routes: Routes, listener: ChangeListener) {
		this.#core = core;
		this.#joined = new Joined(core);
		this.#routes = routes;
		this.#listener = listener;
		this.neighbors = new Neighbors(core, this);
		this.redirects = new Redirects(core, routes);
		for (let i = 0; i < core.limits.interfaces; i++) this.slots.push(undefined);
		core.view.setInt32(core.layout.own + MASK, core.layout.ownCapacity - 1, true);
		core.view.setInt32(core.layout.own + SEED, core.random32(), true);
	}

	/** Adds an interface. Throws RangeError when its name is taken, the set is full, or what it needs is not to be had: then its device is closed. */
	add<T extends Interface>(link: T): T {
		if (this.find(link.name)) throw new RangeError(`interface ${link.name}: the name is in use`);
		if (link.slot) throw new RangeError(`interface ${link.name}: is part of a stack already`);
		const slot = this.slots.indexOf(undefined, 1);
		if (slot < 0)
			throw new RangeError(`interface ${link.name}: all ${this.slots.length - 1} are in use; raise the option "interfaces"`);
		this.slots[slot] = link;
		this.#serial = (this.#serial + 1) & 0x7fffff;
		const id = (this.#serial << 8) | slot | 0;
		link.ip = new InterfaceIp(link, this.#core, this);
		try {
			link.attach(this.#core, slot, id, 0, this);
		} catch (error) {
			this.#routes.removeWhere((route) => route.link === link);
			this.#made.delete(link);
			this.slots[slot] = undefined;
			link.detach();
			throw error;
		}
		this.list.push(link);
		this.#chain();
		this.#fill(link); // its protocol may have given it addresses
		this.#listener.changed(link, ADDED);
		link.checkLink();
		this.#core.wake();
		return link;
	}

	/** Removes an interface: its routes, addresses and neighbours go, and connections that came from its addresses end. */
	remove(link: Interface): void {
		const index = this.list.indexOf(link);
		if (index < 0) throw new RangeError(`interface ${link.name}: is not part of this stack`);
		if (index === 0) throw new RangeError(`interface ${link.name}: the loopback interface stays`);
		const { ip } = link;
		while (ip.addresses.length > 0) ip.removeAddress(ip.addresses[ip.addresses.length - 1]!);
		this.list.splice(index, 1);
		this.#chain();
		this.#fill(); // without its groups
		this.#routes.removeWhere((route) => route.link === link);
		this.#made.delete(link);
		this.#listener.interfaceGone(link.slot);
		this.slots[link.slot] = undefined;
		ip.servers = [];
		try {
			link.detach();
		} finally {
			this.#listener.changed(link, REMOVED);
			this.#core.wake(); // others may have waited for the packets that it had
		}
	}

	/** Routes, links or addresses have changed. */
	waysChanged(): void {
		const { list } = this;
		for (let i = 0; i < list.length; i++) list[i]!.ways();
	}

	/** The interface of that name, or undefined. */
	find(name: string): Interface | undefined {
		return this.list.find((link) => link.name === name);
	}

	/** The interface in that slot, or undefined. */
	at(slot: number): Interface | undefined {
		return this.slots[slot];
	}

	/** The interface with that block, or undefined. */
	linkAt(block: number): Interface | undefined {
		return block === 0 ? undefined : this.slots[(block - this.#core.layout.interfaces) / InterfaceBlock.bytes + 1];
	}

	/** The blocks are chained in the order of `list`. */
	#chain(): void {
		const { view } = this.#core;
		const { list } = this;
		for (let i = 0; i < list.length; i++) view.setInt32(list[i]!.block + NEXT, list[i + 1]?.block ?? 0, true);
	}

	/** The interface that has this address, or undefined. */
	owner(address: string): Interface | undefined {
		return this.slots[ownerSlot(this.#core.view, given(this.#core.view, address))];
	}

	/**
	 * Writes the addresses of that interface anew, and the table of all: own-fill.ts. Behind them stand the groups that were joined, under slot 0 those of all interfaces.
	 */
	#fill(changed?: Interface): void {
		const { list } = this;
		changed?.ip.note();
		ownFill(this.#core.view);
		const joined = this.#joined;
		joined.clear();
		joined.enter(this.groups, 0);
		for (let i = 0; i < list.length; i++) joined.enter(list[i]!.ip.groups, list[i]!.slot);
		joined.settle();
	}

	/** Throws Error when no group can be joined for a further source alone. */
	checkSources(): void {
		this.#joined.checkSources();
	}

	/** Throws Error when no further group can be joined. */
	checkGroups(): void {
		const { groups: most } = this.#core.limits;
		const joined = this.list.reduce((sum, link) => sum + link.ip.groups.size, this.groups.size);
		if (joined >= most) throw new Error(`all ${most} multicast groups are joined; raise the option "groups"`);
	}

	/** A group was joined or left. */
	groupsChanged(): void {
		this.#fill();
	}

	addressAdded(link: Interface, entry: InterfaceAddress): void {
		const { address, length, lent } = entry;
		// Of the table, in which this entry is not yet. Addresses of one link may be on several: RFC 4291 §2.5.6.
		const zone = zoneOf(address, link);
		const owner =
			zone === 0
				? this.owner(address)
				: link.addresses.some((each) => each !== entry && each.address === address)
					? link
					: undefined;
		if (owner || !isHost(address))
			throw new RangeError(
				`address ${address} of ${link.name}: ${owner ? `${owner.name} has it already` : "expected a unicast address"}`,
			);
		const alone = length === familyBits(address);
		if (!alone) this.#routes.insert(new Route(networkOf(address, length), length, "", link, 0, true, lent));
		this.#fill(link);
		if (!lent) link.introduce(address); // who borrows it does that, in a turn of its own
		if (alone) this.#routes.changed();
		this.#listener.changed(link, ADDRESSES);
	}

	addressNoted(link: Interface): void {
		this.#fill(link);
		this.#routes.changed();
		this.#listener.changed(link, ADDRESSES);
	}

	addressRemoved(link: Interface, entry: InterfaceAddress, ends: boolean): void {
		this.#fill(link);
		const network = networkOf(entry.address, entry.length);
		let one = true;
		this.#routes.removeWhere((route) => {
			const matches = one && route.connected && route.link === link && route.network === network && route.length === entry.length;
			if (matches) one = false;
			return matches;
		});
		if (ends) this.#listener.addressGone(entry.address, zoneOf(entry.address, link));
		this.#listener.changed(link, ADDRESSES);
	}

	addressForgotten(address: string): void {
		if (this.owner(address) === undefined) this.#listener.addressGone(address, 0);
	}

	changed(link: Interface, what: number): void {
		this.#listener.changed(link, what);
	}

	linkLost(link: Interface): void {
		link.ip.lease?.linkDown();
	}

	redirected(link: Interface, at: number): void {
		this.redirects.take(link, at);
	}

	linkChanged(link: Interface): void {
		this.redirects.clear(link);
		const { ip } = link;
		ip.waitAnew();
		if (link.up) ip.lease?.linkUp();
		this.#routes.changed();
		this.#listener.changed(link, LINK);
		if (!link.up) return;
		// On another network a lent address may be somebody else's: the DHCP client announces it once the server has confirmed it.
		for (const own of ip.addresses) if (own.address !== ip.lease?.lent) link.introduce(own.address);
	}

	linkRoutes(link: Interface, peer: string, defaultRoute: boolean): void {
		const made = this.#made.get(link) ?? [];
		this.#routes.removeWhere((route) => made.includes(route));
		made.length = 0;
		this.#made.set(link, made);
		if (peer !== "") made.push(this.#routes.insert(new Route(peer, familyBits(peer), "", link, 0, true)));
		if (defaultRoute) made.push(this.#routes.insert(new Route("0.0.0.0", 0, peer, link, 0, true)));
	}

	peerObjection(link: Interface, address: string): string {
		return peerObjection(this, this.#routes, link, address);
	}
}
