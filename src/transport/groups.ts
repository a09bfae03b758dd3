// Multicast groups that sockets have joined. What counts for packets stands in the table of our addresses (ip/way.ts, `isJoined`); here is who joined what. Routers and switches
// are told by service/groups.

import type { InterfaceSet } from "../ip/interfaces.ts";
import type { Interface } from "../link/interface.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { JoinedGroup } from "../link/ip-side.ts";
import type { UdpSocket } from "./udp/socket.ts";

export class Groups {
	/** Called with a group that is about to be joined; what it throws keeps it from being. */
	onJoin: ((group: string) => void) | undefined = undefined;
	/** Told when a group was joined or left, or is wanted from other sources. */
	onChange: (() => void) | undefined = undefined;
	#interfaces: InterfaceSet;

	constructor(interfaces: InterfaceSet) {
		this.#interfaces = interfaces;
	}

	/**
	 * Joins a group on an interface, or without one on all that there are and will be: a socket, or without one all of them; with a source, for what comes from there (RFC 4607), or with
	 * `except` for all but that: a socket that has joined for all. Throws Error when as many are joined as the option `groups` says, or for as many sources as may be, and where a
	 * firmware has nobody who tells routers of groups.
	 */
	join(link: Interface | undefined, group: string, source = "", socket?: UdpSocket, except = false): void {
		this.onJoin?.(group);
		const groups = this.#of(link);
		const joined = groups.get(group);
		if (joined === undefined) this.#interfaces.checkGroups();
		if (source !== "") this.#interfaces.checkSources();
		const join = { member: memberOf(socket), source, except };
		if (joined === undefined) groups.set(group, [join]);
		else joined.push(join);
		this.#changed(link, joined === undefined);
	}

	/** As it was joined. What was not is not left. */
	leave(link: Interface | undefined, group: string, source = "", socket?: UdpSocket): void {
		const groups = this.#of(link);
		const joined = groups.get(group) ?? [];
		const member = memberOf(socket);
		const at = joined.findIndex((each) => each.member === member && each.source === source);
		if (at < 0) return;
		joined.splice(at, 1);
		if (joined.length === 0) groups.delete(group);
		this.#changed(link, joined.length === 0);
	}

	/** Those of an interface, or of all. */
	#of(link: Interface | undefined): Map<string, JoinedGroup> {
		return link === undefined ? this.#interfaces.groups : link.ip.groups;
	}

	/** Tells an interface that was added, whose addresses changed, or on which groups were joined or left, whether it is to hear any. Who has an address of IPv6 is asked for it in a group. */
	tell(link: Interface): void {
		const joined = link.ip.groups.size > 0 || this.#interfaces.groups.size > 0;
		link.wantGroups(joined || (hasIpv6() && link.ip.hasFamily(128)));
	}

	/** `whether`: it is another question than before whether there is a group. */
	#changed(link: Interface | undefined, whether: boolean): void {
		this.#interfaces.groupsChanged();
		if (whether && link !== undefined) this.tell(link);
		else if (whether) for (const each of this.#interfaces.list) this.tell(each);
		this.onChange?.();
	}
}

/** What stands for a socket in `Join`. */
function memberOf(socket: UdpSocket | undefined): number {
	return socket === undefined ? 0 : socket.index + 1;
}
