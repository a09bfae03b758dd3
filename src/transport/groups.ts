// IPv4 multicast groups that sockets have joined. (No IGMP: switches that snoop may not forward them.)

import type { InterfaceSet } from "../ip/interfaces.ts";
import type { Interface } from "../link/interface.ts";

export class Groups {
	#interfaces: InterfaceSet;
	/** Those of every interface that there is or will be, with a count of joins each. */
	readonly #everywhere: Map<number, number> = new Map();

	constructor(interfaces: InterfaceSet) {
		this.#interfaces = interfaces;
	}

	/** Whether datagrams to a group are accepted on an interface. */
	has(link: Interface, group: number): boolean {
		return link.ip.groups.has(group) || this.#everywhere.has(group);
	}

	/** Joins a group on an interface, or without one on all. */
	join(link: Interface | undefined, group: number): void {
		const groups = link === undefined ? this.#everywhere : link.ip.groups;
		groups.set(group, (groups.get(group) ?? 0) + 1);
		this.#changed(link);
	}

	leave(link: Interface | undefined, group: number): void {
		const groups = link === undefined ? this.#everywhere : link.ip.groups;
		const joins = groups.get(group) ?? 0;
		if (joins > 1) groups.set(group, joins - 1);
		else groups.delete(group);
		this.#changed(link);
	}

	/** Tells an interface that was added, or on which groups were joined or left, whether it is to hear any. */
	tell(link: Interface): void {
		link.wantGroups(link.ip.groups.size > 0 || this.#everywhere.size > 0);
	}

	#changed(link: Interface | undefined): void {
		if (link !== undefined) this.tell(link);
		else for (const each of this.#interfaces.list) this.tell(each);
	}
}
