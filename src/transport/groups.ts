// Multicast groups that sockets have joined. What counts for packets stands in the table of our addresses (ip/way.ts, `isJoined`); here is who joined what. Routers and switches
// are told by service/groups.

import type { InterfaceSet } from "../ip/interfaces.ts";
import type { Interface } from "../link/interface.ts";
import type { JoinedGroup } from "../link/ip-side.ts";

export class Groups {
	/** Told when a group was joined or left, or is wanted from other sources. */
	onChange: (() => void) | undefined = undefined;
	#interfaces: InterfaceSet;

	constructor(interfaces: InterfaceSet) {
		this.#interfaces = interfaces;
	}

	/**
	 * Joins a group on an interface, or without one on all that there are and will be; with a source, for what comes from there (RFC 4607). Throws Error when as many are joined as
	 * the option `groups` says.
	 */
	join(link: Interface | undefined, group: string, source = ""): void {
		const groups = this.#of(link);
		let joined = groups.get(group);
		if (joined === undefined) {
			this.#interfaces.checkGroups();
			groups.set(group, (joined = { any: 0, sources: new Map<string, number>() }));
		}
		const first = joined.any === 0 && joined.sources.size === 0;
		if (source === "") joined.any++;
		else joined.sources.set(source, (joined.sources.get(source) ?? 0) + 1);
		if (first) this.#changed(link);
		else this.onChange?.();
	}

	leave(link: Interface | undefined, group: string, source = ""): void {
		const groups = this.#of(link);
		const joined = groups.get(group);
		if (joined === undefined) return;
		if (source === "") joined.any = Math.max(joined.any - 1, 0);
		else {
			const left = (joined.sources.get(source) ?? 0) - 1;
			if (left > 0) joined.sources.set(source, left);
			else joined.sources.delete(source);
		}
		if (joined.any > 0 || joined.sources.size > 0) return this.onChange?.();
		groups.delete(group);
		this.#changed(link);
	}

	/** Those of an interface, or of all. */
	#of(link: Interface | undefined): Map<string, JoinedGroup> {
		return link === undefined ? this.#interfaces.groups : link.ip.groups;
	}

	/** Tells an interface that was added, whose addresses changed, or on which groups were joined or left, whether it is to hear any. Who has an address of IPv6 is asked for it in a group. */
	tell(link: Interface): void {
		const joined = link.ip.groups.size > 0 || this.#interfaces.groups.size > 0;
		link.wantGroups(joined || link.ip.hasFamily(128));
	}

	#changed(link: Interface | undefined): void {
		this.#interfaces.groupsChanged();
		if (link !== undefined) this.tell(link);
		else for (const each of this.#interfaces.list) this.tell(each);
		this.onChange?.();
	}
}
