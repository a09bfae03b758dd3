// The multicast groups that were joined, written to where members.ts and own.ts look for them. Rare, and so interpreted.

import { ownAdd, packetAcquire, packetRelease } from "#codec";
import { addressPut, given } from "../address.ts";
import { GROUP_SOURCES, PACKET_BYTES, PACKET_HEADROOM } from "../config.ts";
import type { JoinedGroup } from "../link/ip-side.ts";
import type { Core } from "../packet/core.ts";
import { word } from "../packet/core-block.ts";
import { GroupSource } from "../packet/group-source.ts";
import { OWN_GROUP, OWN_NUMBER_SHIFT, OWN_SLOT_SHIFT } from "../packet/own-table.ts";
import { NONE } from "../packet/pool.ts";

const SOURCES = word("sources");
const SOURCE_COUNT = word("sourceCount");
const { source: SOURCE, who: WHO } = GroupSource.offsets;

export class Joined {
	#core: Core;
	/** How many groups are entered. */
	#groups = 0;

	constructor(core: Core) {
		this.#core = core;
	}

	/** Nobody has joined anything: before all are entered anew. */
	clear(): void {
		const { fields, layout, limits } = this.#core;
		const at = layout.members >> 2;
		fields.fill(0, at, at + limits.groups * layout.memberWords);
		fields[SOURCE_COUNT] = 0;
		this.#groups = 0;
	}

	/** Those of the interface in that slot, or, 0, of all, behind the ones that were. */
	enter(groups: ReadonlyMap<string, JoinedGroup>, slot: number): void {
		if (groups.size === 0) return;
		const { view, layout } = this.#core;
		for (const [group, joins] of groups) {
			const number = this.#groups++;
			const value = (slot << OWN_SLOT_SHIFT) | (number << OWN_NUMBER_SHIFT) | OWN_GROUP;
			ownAdd(view, layout.own, given(view, group), value);
			const row = layout.members + number * layout.memberWords * 4;
			for (const { member, source } of joins) {
				const at = row + (member >> 5) * 4;
				if (source === "") view.setInt32(at, view.getInt32(at, true) | (1 << (member & 31)), true);
				else this.#enterSource(source, (number << 16) | member);
			}
		}
	}

	#enterSource(source: string, who: number): void {
		const { view, fields, layout } = this.#core;
		const at = layout.packets + fields[SOURCES]! * PACKET_BYTES + PACKET_HEADROOM + fields[SOURCE_COUNT]! * GroupSource.bytes;
		addressPut(view, at + SOURCE, source);
		view.setInt32(at + WHO, who, true);
		fields[SOURCE_COUNT]!++;
	}

	/** Throws Error when no group can be joined for a further source alone. */
	checkSources(): void {
		const { fields, view } = this.#core;
		if (fields[SOURCE_COUNT]! >= GROUP_SOURCES)
			throw new Error(
				`groups are joined for ${GROUP_SOURCES} sources, or without them; expected no more: leave some, or join for all sources`,
			);
		if (fields[SOURCES] !== NONE) return;
		const packet = packetAcquire(view);
		if (packet === NONE)
			throw new Error('no packet is free for the sources of groups: join again, or raise the option "packets"');
		fields[SOURCES] = packet;
	}

	/** All are entered. */
	settle(): void {
		const { fields, view } = this.#core;
		const packet = fields[SOURCES]!;
		if (packet === NONE || fields[SOURCE_COUNT]! > 0) return;
		fields[SOURCES] = NONE;
		packetRelease(view, packet);
		this.#core.wake(); // others may have waited for it
	}
}
