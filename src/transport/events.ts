// News for the owners of sockets of all kinds: they are told after processing, each socket once whatever has come together.

import type { Core } from "../packet/core.ts";

/** Events, or-ed. Owners handle them in this order. */
export const READABLE = 1;
export const WRITABLE = 2;
export const ERROR = 4;

/** Who is told of events: an object of the io layer. */
export interface SocketOwner {
	/** Runs after processing, never inside it. What it throws is reported to `onFailure`, and the other sockets go on. */
	onEvents(events: number): void;
	/** Its onEvents threw. */
	onFailure?(error: unknown): void;
	/** The program has closed the socket that it looks after in another's stead, or given it away. */
	onLetGo?(): void;
}

/** What sockets of every kind have. */
export interface EventSocket {
	events: number;
	owner: SocketOwner | null;
	/** Whether it stands in the list of those with news. Only the queue changes this and `nextPosted`. */
	queued: boolean;
	/** The next one with news. */
	nextPosted: EventSocket | null;
}

/** The queue of the sockets that have news. */
export class SocketEvents {
	/** The first socket that has news. */
	head: EventSocket | null = null;
	/** Told what an owner without onFailure threw. */
	onError: ((error: unknown) => void) | undefined = undefined;
	/** A callback has left something unread: the poll ends early. */
	putOff = false;
	/** A poll ended early for that. The host lets timers run that are due before it polls again, and sets this back. */
	unread = false;
	/** What pipes carry bytes in, PIPE_BYTES, from one call to the next; made for the first pipe. */
	scratch: ArrayBuffer | undefined = undefined;
	#core: Core;
	#tail: EventSocket | null = null;

	constructor(core: Core) {
		this.#core = core;
	}

	/** Notes events for the socket's owner; several become one call. */
	post(socket: EventSocket, events: number): void {
		if (socket.owner === null) return;
		socket.events |= events;
		if (socket.queued) return;
		socket.queued = true;
		socket.nextPosted = null;
		if (this.head === null) {
			this.head = socket;
			if (!this.#core.awake) this.#core.wake();
		} else this.#tail!.nextPosted = socket;
		this.#tail = socket;
	}

	/** Calls the owners of the sockets that have news now; news that their calls make wait for the next time. There must be one. */
	dispatch(): void {
		const last = this.#tail;
		let socket = this.head!;
		let owner = socket.owner;
		try {
			for (;;) {
				owner = socket.owner;
				const events = socket.events;
				this.head = socket.nextPosted;
				socket.nextPosted = null;
				socket.queued = false;
				socket.events = 0;
				if (owner !== null && events !== 0) owner.onEvents(events);
				if (socket === last) return;
				socket = this.head!;
			}
		} catch (error) {
			this.#failed(owner, error);
		}
	}

	/** An owner threw: it is told, or the program's hook; the other sockets have their turn the next time. By now the socket may be somebody else's. */
	#failed(owner: SocketOwner | null, error: unknown): void {
		try {
			if (owner !== null && owner.onFailure !== undefined) owner.onFailure(error);
			else if (this.onError !== undefined) this.onError(error);
			else throw error;
		} catch (another) {
			this.#core.awake = false; // the exception leaves poll
			throw another;
		}
	}
}
