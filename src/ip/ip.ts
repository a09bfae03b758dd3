// The central IP layer as the interpreter has it: how a packet would go, which way.ts decides, and what is waited for.

import { given, givenSource } from "../address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import type { Core } from "../packet/core.ts";
import type { Interface } from "../link/interface.ts";
import { Path } from "../link/path.ts";
import { isGroup, isLocal, ownerSlot, pathAsk, pathSource } from "#codec";
import { isNone, isV4 } from "../packet/address.ts";
import { PathBlock } from "../packet/path-block.ts";
import { isBroadcast, isLoopback, isMulticast, isNowhere } from "../wire/scope.ts";
import type { InterfaceSet } from "./interfaces.ts";
import { canSend, type Route, type Routes } from "./routes.ts";

/** Where these lie in a path's block. */
const { destination: DESTINATION, source: SOURCE } = PathBlock.offsets;

export class Ip {
	readonly routes: Routes;
	readonly interfaces: InterfaceSet;
	#core: Core;
	#question: Path;

	constructor(core: Core, interfaces: InterfaceSet, routes: Routes) {
		this.#core = core;
		this.routes = routes;
		this.interfaces = interfaces;
		for (const way of [CoreBlock.offsets.echo, CoreBlock.offsets.forward, CoreBlock.offsets.reverse, CoreBlock.offsets.error])
			this.path(CORE + way); // which clears it
		this.#question = this.path(CORE + CoreBlock.offsets.question);
	}

	/** A path whose PathBlock lies there in the arena. */
	path(at: number): Path {
		return new Path(this.#core.view, at, this.interfaces);
	}

	/** How a packet would go now, for those who only ask: `route` has looked at the answer, which counts until the next question. */
	wayTo(destination: string, bound = 0, source = "", home = 0): Path {
		const path = this.#question;
		const { view } = this.#core;
		pathAsk(view, path.at, given(view, destination), bound, givenSource(view, source), home);
		return path;
	}

	/** Whether an address is one of ours, on any interface. */
	isLocal(address: string): boolean {
		return isLocal(this.#core.view, given(this.#core.view, address));
	}

	/** Whether nobody alone has the address: limited or directed broadcast, or multicast. */
	isGroup(address: string): boolean {
		return isGroup(this.#core.view, given(this.#core.view, address));
	}

	/**
	 * For a path that `route` found no way for: the interface that may carry it later. A route leads by it, or the path is bound to it, but it is down or
	 * has no address yet; or it is still coming up. Undefined: nothing that is to come would carry it.
	 */
	awaited(path: Path): Interface | undefined {
		const { view } = this.#core;
		const destination = path.at + DESTINATION;
		const source = path.at + SOURCE;
		if (isNowhere(view, destination) || isLoopback(view, source)) return undefined;
		const owner = this.#ownerOf(path);
		if (owner === undefined && !isNone(view, source)) return undefined;
		const only = this.#only(path.bound, owner);
		const v4 = isV4(view, destination);
		const { routes } = this;
		let found: Route | undefined;
		for (let i = 0; i < routes.list.length; i++) {
			const route = routes.list[i]!;
			if (only !== undefined && route.link !== only) continue;
			if (!routes.holds(i, destination, v4) || this.#ready(route.link, destination)) continue;
			if (found === undefined || route.length > found.length) found = route;
		}
		if (found !== undefined) return found.link;
		const group = isBroadcast(view, destination) || isMulticast(view, destination);
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) {
			const link = list[i]!;
			if (only !== undefined && link !== only) continue;
			if (link.ip.comingUp(v4) || (group && !this.#ready(link, destination))) return link;
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
		const v4 = isV4(this.#core.view, path.at + DESTINATION);
		if (awaited.up || awaited.ip.comingUp(v4)) return true;
		const only = this.#only(path.bound, this.#ownerOf(path));
		const list = this.interfaces.list;
		for (let i = 1; i < list.length; i++) if ((only === undefined || list[i] === only) && list[i]!.ip.comingUp(v4)) return true;
		return false;
	}

	/** The only interface that a path may leave by; undefined: any. `owner` has its source address, when it is given. */
	#only(bound: number, owner: Interface | undefined): Interface | undefined {
		return bound !== 0 ? this.interfaces.at(bound) : this.#core.limits.strongHost ? owner : undefined;
	}

	/** The interface that has a path's source address; undefined when none has it, or none is given. */
	#ownerOf(path: Path): Interface | undefined {
		return this.interfaces.at(ownerSlot(this.#core.view, path.at + SOURCE));
	}

	/** Whether packets to the address that lies there leave by it, from one of ours. */
	#ready(link: Interface, destination: number): boolean {
		return canSend(link) && pathSource(this.#core.view, link.block, destination) !== 0;
	}
}
