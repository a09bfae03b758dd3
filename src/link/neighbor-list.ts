// The neighbour entries as the interpreter sees them: for people, and for what it must know of stations. neighbors.ts works on them.

import { addressText, given } from "../address.ts";
import { sameAddress } from "../packet/address.ts";
import type { Core } from "../packet/core.ts";
import { word } from "../packet/core-block.ts";
import { FREE, INCOMPLETE, NeighborBlock } from "../packet/neighbor-block.ts";
import type { Interface } from "./interface.ts";
import type { Links } from "./path.ts";

const AT = NeighborBlock.offsets;
const WAITING = word("neighborPackets");

/** One entry. */
export class Neighbor {
	/** Arena offset of its block, which begins with the prepared 14-byte Ethernet header. */
	readonly block: number;
	/** The arena. */
	readonly view: DataView;
	readonly #links: Links;

	constructor(view: DataView, block: number, links: Links) {
		this.view = view;
		this.block = block;
		this.#links = links;
	}

	get state(): number {
		return this.view.getInt32(this.block + AT.state, true);
	}
	/** Where its address lies in the arena, and that as text, which is made when it is asked for. */
	get addressAt(): number {
		return this.block + AT.address;
	}
	get address(): string {
		return addressText(this.view, this.addressAt);
	}
	/** The interface that it is behind; undefined while the entry is free. */
	get link(): Interface | undefined {
		return this.#links.linkAt(this.view.getInt32(this.block + AT.link, true));
	}
	/** Packets that wait for it. */
	get waiting(): number {
		return this.view.getInt32(this.block + AT.waiting, true);
	}
}

/** All of them. */
export class Neighbors {
	readonly entries: Neighbor[] = [];
	#core: Core;

	constructor(core: Core, links: Links) {
		this.#core = core;
		for (let i = 0; i < core.limits.neighbors; i++)
			this.entries.push(new Neighbor(core.view, core.layout.neighbors + i * NeighborBlock.bytes, links));
	}

	/** Packets that wait for neighbours. */
	get waiting(): number {
		return this.#core.fields[WAITING]!;
	}

	/** The interface, not `link`, behind which a station with that address is known; undefined when none is. */
	behindOther(address: string, link: Interface): Interface | undefined {
		const entries = this.entries;
		const { view } = this.#core;
		const at = given(view, address);
		for (let i = 0; i < entries.length; i++) {
			const entry = entries[i]!;
			if (entry.state === FREE || entry.state === INCOMPLETE || !sameAddress(view, entry.addressAt, at)) continue;
			const behind = entry.link;
			if (behind !== link) return behind;
		}
		return undefined;
	}
}
