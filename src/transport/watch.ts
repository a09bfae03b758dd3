// Who wants to know what becomes of the interfaces: addresses, links, routes, name servers. Told like sockets are, after processing.

import type { Interface } from "../link/interface.ts";
import { READABLE, type EventSocket, type SocketOwner, type SocketEvents } from "./events.ts";

export { ADDED, ADDRESSES, LINK, NAME_SERVERS, PROTOCOL, REMOVED, ROUTES } from "../link/interface.ts";

/** `what`: ADDED, REMOVED, LINK, ADDRESSES, ROUTES, NAME_SERVERS and PROTOCOL, or-ed: all that changed since the last call. */
export type WatchListener = (link: Interface, what: number) => void;

/** What `stack.watch` answers. */
export class Watch implements EventSocket, SocketOwner {
	events = 0;
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = this;
	readonly #watches: Watches;
	readonly #listener: WatchListener;
	#changes = new Map<Interface, number>();

	constructor(watches: Watches, listener: WatchListener) {
		this.#watches = watches;
		this.#listener = listener;
	}

	/** Several changes of one interface become one call. */
	note(link: Interface, what: number): void {
		this.#changes.set(link, (this.#changes.get(link) ?? 0) | what);
	}

	onEvents(): void {
		// One interface a turn: what listeners do takes long.
		const [link, what] = this.#changes.entries().next().value!;
		this.#changes.delete(link);
		if (this.#changes.size > 0) this.#watches.again(this);
		this.#listener(link, what);
	}

	/** Ends it: nothing more is told. May be repeated. */
	close(): void {
		this.owner = null;
		this.#changes.clear();
		this.#watches.remove(this);
	}
}

export class Watches {
	readonly #events: SocketEvents;
	readonly #list: Watch[] = [];

	constructor(events: SocketEvents) {
		this.#events = events;
	}

	add(listener: WatchListener): Watch {
		const watch = new Watch(this, listener);
		this.#list.push(watch);
		return watch;
	}

	remove(watch: Watch): void {
		const index = this.#list.indexOf(watch);
		if (index >= 0) this.#list.splice(index, 1);
	}

	again(watch: Watch): void {
		this.#events.post(watch, READABLE);
	}

	changed(link: Interface, what: number): void {
		const list = this.#list;
		for (let i = 0; i < list.length; i++) {
			const watch = list[i]!;
			watch.note(link, what);
			this.#events.post(watch, READABLE);
		}
	}
}
