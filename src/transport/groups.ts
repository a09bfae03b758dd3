// Multicast groups that sockets have joined. (No IGMP: switches that snoop may not forward them.) What counts for packets stands in the table of our addresses (ip/way.ts,
// `isJoined`); here is who joined what.

import type { InterfaceSet } from "../ip/interfaces.ts";
import type { Interface } from "../link/interface.ts";

export class Groups {
	#interfaces: InterfaceSet;

	constructor(interfaces: InterfaceSet) {
		this.#interfaces = interfaces;
	}

	/** Joins a group on an interface, or without one on all that there are and will be. Throws Error when as many are joined as the option `groups` says. */
	join(link: Interface | undefined, group: string): void {
		const groups = this.#of(link);
		const joins = groups.get(group) ?? 0;
		if (joins === 0) this.#interfaces.checkGroups();
		groups.set(group, joins + 1);
		if (joins === 0) this.#changed(link);
	}

	leave(link: Interface | undefined, group: string): void {
		const groups = this.#of(link);
		const joins = groups.get(group) ?? 0;
		if (joins > 1) groups.set(group, joins - 1);
		else if (groups.delete(group)) this.#changed(link);
	}

	/** Those of an interface, or of all. */
	#of(link: Interface | undefined): Map<string, number> {
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
	}
}
