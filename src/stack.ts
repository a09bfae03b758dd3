// A stack as programs have it, and what is interpreted in it. The packet path is compiled, and begins in turn/turn.ts:
//
//   in   Device ── link/input ── ip/input ──┬─ for us ── transport/input ── socket      out   socket ── transport ── ip/output ── link/output ── Device
//                                           └─ for others ── ip/forward ── ip/output
//
// turn/receive.ts calls the layers on the way in, one after the other; on the way out each calls the next one down.

import { fragmentTimers, pathMtuTimers } from "#codec";
import { limitsOf, type StackOptions } from "./config.ts";
import { LoopbackDevice } from "./device/loopback.ts";
import { Core, type CoreOptions } from "./packet/core.ts";
import { DROP } from "./packet/drops.ts";
import { REGISTER } from "./packet/fields.ts";
import { layoutOf } from "./packet/layout.ts";
import { OTHERS } from "./packet/news.ts";
import { InterfaceSet } from "./ip/interfaces.ts";
import { Ip } from "./ip/ip.ts";
import { Routes } from "./ip/routes.ts";
import { ADDED, ADDRESSES, ROUTES, type Interface } from "./link/interface.ts";
import { LoopbackInterface } from "./link/loopback.ts";
import { Flows } from "./transport/flows.ts";
import { Services } from "./transport/services.ts";
import type { RouterView } from "./transport/router-view.ts";
import { SocketEvents } from "./transport/events.ts";
import { Tcp } from "./transport/tcp/tcp.ts";
import { Udp } from "./transport/udp/udp.ts";
import { Watches, type Watch, type WatchListener } from "./transport/watch.ts";
import * as requests from "./turn/requests.ts";
import { pollOf, pollOn } from "#poll";

/** 127.0.0.1, RFC 1122 §3.2.1.3 (g). */
const LOCALHOST = "127.0.0.1";

/**
 * A TCP/IP stack: interfaces, routes and one set of sockets, all in memory that is taken once. It runs by the host's timers;
 * with the option `onWake`, by the calls of `poll` of whoever made it.
 *
 * @example
 * ```ts
 * const stack = new Stack({ sockets: { tcp: 4 } });
 * stack.interfaces.add(new EthernetInterface("eth0", device)).addAddress("192.168.77.2/24");
 * useStack(stack);
 * ```
 */
export class Stack {
	readonly core: Core;
	readonly ip: Ip;
	/** Which socket gets which packets, and so the ports in use. */
	readonly flows: Flows;
	/** What sockets have to tell their owners. Set `onError` to hear what callbacks, and devices in TypeScript, throw, which otherwise leaves `poll` as it ends. */
	readonly events: SocketEvents;
	readonly tcp: Tcp;
	readonly udp: Udp;
	/** `add`, `remove` and `find` interfaces here. */
	readonly interfaces: InterfaceSet;
	/** `add` and `remove` routes here. */
	readonly routes: Routes;
	/** Who has `timers` called; whoever joins or leaves does so here. */
	readonly services: Services = new Services();
	/** Its filter and translation, where there is one: `multihome/router`. */
	router: RouterView | undefined = undefined;
	#watches: Watches;
	#view: DataView;
	readonly #poll: (now: number) => number;
	/** Interfaces by their slots. */
	#slots: readonly (Interface | undefined)[];

	/** Allocates everything there will be. Throws RangeError or TypeError naming the option that is wrong, or that the host cannot do without. */
	constructor(options: CoreOptions = {}) {
		const core = (this.core = new Core(options));
		this.#view = core.view;
		const events = (this.events = new SocketEvents(core));
		this.#poll = pollOf(core.view, events.owners, events, (request) => this.#rest(request));
		core.drive(this.#poll, () => this.#yields());
		this.routes = new Routes(core);
		this.interfaces = new InterfaceSet(core, this.routes, this);
		this.ip = new Ip(core, this.interfaces, this.routes);
		this.flows = new Flows(core);
		this.#watches = new Watches(this.events);
		this.routes.onChange = (link) => this.changed(link, ROUTES);
		this.tcp = new Tcp(core, this.ip, this.events);
		this.udp = new Udp(core, this.ip, this.events);
		this.#slots = this.interfaces.slots;
		this.events.owners[OTHERS] = { onEvents: () => this.events.dispatch() };
		this.interfaces.add(new LoopbackInterface("lo", new LoopbackDevice())).ip.insertAddress(LOCALHOST, 8);
	}

	/** Bytes of the arena that `new Stack(options)` will allocate. Throws as it would. */
	static bytesFor(options: StackOptions): number {
		return layoutOf(limitsOf(options)).bytes;
	}

	/** For the host's timers: whether a poll ended early, so that timers of programs that are due come first. */
	#yields(): boolean {
		const { unread } = this.events;
		this.events.unread = false;
		return unread;
	}

	/**
	 * Moves everything that can move; only for those who gave `onWake`. `now`: milliseconds of any steady clock, as an int32 that may wrap. Answers in how many milliseconds
	 * it wants to run again at the latest: 0 at once, -1 not before a device or the application says so. Callbacks run within. After what it throws it is to be called at once.
	 */
	poll(now: number): number {
		return this.#poll(now | 0);
	}

	/** Does what the turn asks for until the poll is over, and answers as `poll`. */
	#rest(first: number): number {
		let request = first;
		while (request >= 0) request = this.#run(request);
		return requests.DONE - request;
	}

	/** Does what the turn asks for until the poll is over, or a device throws: all others go on then, and what nobody is told of leaves the poll as it ends. Answers the next request. */
	#run(first: number): number {
		const { events } = this;
		let request = first;
		try {
			while (request >= 0) request = pollOn(this.#view, events.owners, events, this.#serve(request));
			return request;
		} catch (error) {
			if (!this.core.awake) throw error; // the poll is over
			this.core.failed(error);
		}
		return pollOn(this.#view, events.owners, events, requests.FAILED);
	}

	/** Tells what devices have thrown. Without `events.onError` the first of it leaves this poll, and the rest the next ones. */
	#fault(): void {
		const { core } = this;
		core.rest();
		for (let fault = core.takeFault(); fault !== undefined; fault = core.takeFault()) this.events.failed(null, fault[0]);
	}

	/** Does what the turn asks for, but for owners' calls. Answers as turn/requests.ts says. */
	#serve(request: number): number {
		const value = request >> requests.VALUE_SHIFT;
		switch (request & requests.KIND) {
			case requests.LINK:
				return this.#slots[value]!.begin(this.core.now);
			case requests.TAKE:
				return this.#take(this.#slots[value]!);
			case requests.FRAME:
				this.#slots[value]!.control(this.core.fields[REGISTER.payloadAt >> 2]!);
				return 0;
			case requests.CONTROL:
				this.#slots[value]!.controlFrame(this.core.result, this.core.packetAt);
				return 0;
			case requests.DRAIN:
				this.#slots[value]!.drain();
				return 0;
			case requests.DISCARD:
				return this.#discard(this.#slots[value]!) ? 1 : 0;
			case requests.FAULT:
				this.#fault();
				return 0;
			case requests.WAYS:
				this.interfaces.waysChanged();
				this.tcp.checkRoutes(); // a way may be lost or found
				return 0;
			default:
				this.#timers();
				return 0;
		}
	}

	/** Asks a device in TypeScript for a frame. Answers as its `receive`; 0 when it had its interface removed. */
	#take(link: Interface): number {
		const { id } = link;
		const length = link.device.receive(this.core.packetAt - link.linkHeader, link.space);
		return link.id === id ? length : 0;
	}

	/** A link that is down throws away what comes. Answers whether there was something. */
	#discard(link: Interface): boolean {
		const some = this.#take(link) !== 0;
		if (some) this.core.count(link.block, DROP.interfaceDown);
		return some;
	}

	#timers(): void {
		this.core.disarm(); // who still waits for something says so again
		fragmentTimers(this.#view);
		pathMtuTimers(this.#view);
		const now = this.core.now;
		this.interfaces.redirects.timers(now);
		const list = this.interfaces.list;
		for (let i = 0; i < list.length; i++) list[i]!.timers(now);
		this.services.timers(now);
	}

	/** Calls `listener` after processing when something became of an interface, until the answer's `close()`. */
	watch(listener: WatchListener): Watch {
		return this.#watches.add(listener);
	}

	/** Told by the interface set. */
	changed(link: Interface, what: number): void {
		if ((what & (ADDED | ADDRESSES)) !== 0) this.udp.groups.tell(link);
		this.#watches.changed(link, what);
	}

	addressGone(address: string, zone: number): void {
		this.tcp.addressGone(address, zone);
		this.udp.addressGone(address, zone);
		this.events.raw?.addressGone(address, zone);
	}

	interfaceGone(slot: number): void {
		this.tcp.interfaceGone(slot);
		this.udp.interfaceGone(slot);
		this.events.icmp?.interfaceGone(slot);
		this.events.raw?.interfaceGone(slot);
	}
}
