// The central IP layer on the way out, as the interpreter has it: way.ts decides and output.ts sends. And what is waited for.

import { V4 } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import type { Core } from "../packet/core.ts";
import { asked, DESTINATION_ADDRESS, IP_AT, IP_END, SOURCE_ADDRESS, TRANSPORT_AT, TTL_PROTOCOL } from "../packet/fields.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { isGroup, isLocal, pathAsk, pathError, pathOutput, pathRoute, pathSource } from "#codec";
import { KEPT } from "./calls.ts";
import type { InterfaceSet } from "./interfaces.ts";
import { canSend, type Route, type Routes } from "./routes.ts";

export class Ip {
	readonly routes: Routes;
	readonly interfaces: InterfaceSet;
	#core: Core;
	#errorPath: Path;
	#question: Path;

	constructor(core: Core, interfaces: InterfaceSet, routes: Routes) {
		this.#core = core;
		this.routes = routes;
		this.interfaces = interfaces;
		for (const way of ["echo", "forward", "reverse"] as const) this.path(CORE + CoreBlock.offsets[way]); // which clears it
		this.#errorPath = this.path(CORE + CoreBlock.offsets.error);
		this.#question = this.path(CORE + CoreBlock.offsets.question);
	}

	/** A path whose PathBlock lies there in the arena. */
	path(at: number): Path {
		return new Path(this.#core.view, at, this.interfaces);
	}

	/** How a packet would go now, for those who only ask: `route` has looked at the answer, which counts until the next question. */
	wayTo(destination: number, bound = 0, source = 0, home = 0): Path {
		const path = this.#question;
		pathAsk(this.#core.view, path.at, destination, bound, source, home);
		return path;
	}

	/** Whether an address is one of ours, on any interface. */
	isLocal(address: number): boolean {
		return isLocal(this.#core.view, asked(this.#core.view, address));
	}

	/** Whether nobody alone has the address: limited or directed broadcast, or multicast. */
	isGroup(address: number): boolean {
		return isGroup(this.#core.view, asked(this.#core.view, address));
	}

	/** Decides how packets to `path.destination` go: way.ts. True when there is a way and, unless `sourced` is false, a source address. */
	route(path: Path, home = 0, sourced = true): boolean {
		return pathRoute(this.#core.view, path.at, home, sourced);
	}

	/**
	 * For a path that `route` found no way for: the interface that may carry it later. A route leads by it, or the path is bound to it, but it is down or
	 * has no address yet; or it is still coming up. Undefined: nothing that is to come would carry it.
	 */
	awaited(path: Path): Interface | undefined {
		const { destination, source, bound } = path;
		if (destination >>> 24 === 0 || ipv4.isLoopback(source)) return undefined;
		const owner = source === 0 ? undefined : this.interfaces.owner(source);
		if (source !== 0 && owner === undefined) return undefined;
		const only = this.#only(bound, owner);
		const group = destination === ipv4.BROADCAST || ipv4.isMulticast(destination);
		let found: Route | undefined;
		for (const route of this.routes.list) {
			if (only !== undefined && route.link !== only) continue;
			if (((route.network ^ destination) & ipv4.mask(route.length)) !== 0 || this.#ready(route.link)) continue;
			if (found === undefined || route.length > found.length) found = route;
		}
		if (found !== undefined) return found.link;
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) {
			const link = list[i]!;
			if (only !== undefined && link !== only) continue;
			if (link.ip.comingUp || (group && !this.#ready(link))) return link;
		}
		return undefined;
	}

	/**
	 * Whether waiting may help a path that `route` found no way for: the interface that it would go by has a link and lacks only an address, or an
	 * interface that may carry it is still coming up.
	 */
	mayCome(path: Path): boolean {
		const awaited = this.awaited(path);
		if (awaited === undefined) return false;
		if (awaited.up || awaited.ip.comingUp) return true;
		const only = this.#only(path.bound, path.source === 0 ? undefined : this.interfaces.owner(path.source));
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if ((only === undefined || list[i] === only) && list[i]!.ip.comingUp) return true;
		return false;
	}

	/** The only interface that a path may leave by; undefined: any. `owner` has its source address, when it is given. */
	#only(bound: number, owner: Interface | undefined): Interface | undefined {
		return bound !== 0 ? this.interfaces.at(bound) : this.#core.limits.strongHost ? owner : undefined;
	}

	/** Whether packets from an address of ours leave by it. */
	#ready(link: Interface): boolean {
		return canSend(link) && pathSource(this.#core.view, link.block, asked(this.#core.view, 0)) !== 0;
	}

	/** Largest packet that the path carries, bytes; 576 when there is no way. */
	mtu(path: Path): number {
		return path.mtu;
	}

	/** Sends the IPv4 packet in bytes `at` to `end` along the path: output.ts. Answers whether the packet was kept. */
	output(packet: number, at: number, end: number, path: Path): boolean {
		const what = pathOutput(this.#core.view, packet, at, end, path.at);
		if (what & ~KEPT) (path.out ?? this.interfaces.list[0]!).follow(what);
		return (what & KEPT) !== 0;
	}

	/** Tells the source of the packet in the registers, which came by `link`, what became of it: icmp.ts. */
	error(link: Interface, type: number, code: number): void {
		const what = pathError(this.#core.view, link.block, type, code, 0);
		if (what !== 0) this.#errorPath.out!.follow(what);
	}

	/** A packet that we forwarded did not find its next hop: its sender is told. RFC 1812 §5.2.7.1. What we sent ourselves has timers of its own. */
	undeliverable(link: Interface, at: number, end: number): void {
		const core = this.#core;
		const source = ipv4.source(core.view, at);
		if (this.isLocal(source)) return;
		const fields = core.fields;
		core.view.setInt32(SOURCE_ADDRESS + V4, source);
		core.view.setInt32(DESTINATION_ADDRESS + V4, ipv4.destination(core.view, at));
		fields[IP_AT] = at;
		fields[IP_END] = end;
		fields[TRANSPORT_AT] = at + ipv4.headerLength(core.view, at);
		fields[TTL_PROTOCOL] = core.view.getUint16(at + ipv4.TTL);
		this.error(link, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE);
	}
}
