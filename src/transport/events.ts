// News for the owners of sockets of all kinds: they are told after processing, each socket once whatever has come together.

import { newsOwned, newsPost } from "#codec";
import type { Core } from "../packet/core.ts";
import { word } from "../packet/core-block.ts";
import { socketNumbers } from "../packet/layout.ts";
import { OTHERS, READABLE } from "../packet/news.ts";

export { ERROR, READABLE, TROUBLE, WRITABLE } from "../packet/news.ts";

const UNREAD = word("unread");

/** Who is told of events: an object of the io layer. */
export interface SocketOwner {
	/**
	 * Runs after processing, never inside it. What it throws is reported to `onFailure`, and the other sockets go on. `waiting`: bytes or datagrams that can be read. Answers LOOK
	 * (turn/requests.ts) when it is not to be called again for what it left unread before timers of programs had their turn.
	 */
	onEvents(events: number, waiting: number): unknown;
	/** For a socket of the turn: called in place of `onEvents` when nothing has happened but that something can be read. What a connection's leaves unread is as with LOOK. */
	readonly tellReadable?: ((waiting: number) => void) | undefined;
	/** For a connection's owner: called in place of `onEvents` when nothing has happened but that so many bytes can be written. */
	readonly tellWritable?: ((room: number) => void) | undefined;
	/** Its onEvents threw. */
	onFailure?(error: unknown): void;
	/** The program has closed the socket that it looks after in another's stead, or given it away. */
	onLetGo?(): void;
}

/** A socket that the compiled turn knows: it has a number there, packet/news.ts, and its owner stands in `SocketEvents.owners`. */
export interface NewsSocket {
	readonly news: number;
}

/** What has news as sockets have, but is known to the interpreter alone: a service, a watch, an echo socket. */
export interface EventSocket {
	events: number;
	owner: SocketOwner | null;
	/** Whether it stands in the list of those with news. Only the queue changes this and `nextPosted`. */
	queued: boolean;
	/** The next one with news. */
	nextPosted: EventSocket | null;
}

/** The sockets that have news: the turn has the list of those that it knows, of the others there is one here. */
export class SocketEvents {
	/** Owners of sockets by their numbers. */
	readonly owners: (SocketOwner | null)[] = [];
	/** Told what an owner without onFailure threw. */
	onError: ((error: unknown) => void) | undefined = undefined;
	/** What pipes carry bytes in, PIPE_BYTES, from one call to the next; made for the first pipe. */
	scratch: ArrayBuffer | undefined = undefined;
	/** Sockets of pings, from the first ping on (ping/sockets.ts): a firmware without pings has nothing of them. Not of the stack, which hosts freeze. */
	icmp: { interfaceGone(slot: number): void } | undefined = undefined;
	/** Raw sockets, likewise (raw/sockets.ts). */
	raw: { interfaceGone(slot: number): void; addressGone(address: string, zone: number): void } | undefined = undefined;
	/** The first and the last of the others that have news. */
	#head: EventSocket | null = null;
	#tail: EventSocket | null = null;
	#core: Core;

	constructor(core: Core) {
		this.#core = core;
		// All numbers in turn, those of pings and raw sockets as well: an array with holes is looked through from its start on XS, which made each call dearer by every socket that there is.
		// One that was full, and got a hole later, ended the engine in a collection (XS 13.3).
		const { count } = socketNumbers(core.limits);
		while (this.owners.length < count) this.owners.push(null);
		newsOwned(core.view, OTHERS, true);
	}

	/** A poll ended early as a callback had left something unread. The host lets timers run that are due before it polls again, and sets this back. */
	get unread(): boolean {
		return this.#core.fields[UNREAD] !== 0;
	}
	set unread(on: boolean) {
		this.#core.fields[UNREAD] = on ? 1 : 0;
	}

	/** Gives a socket of the turn's an owner, or takes it away. */
	own(socket: NewsSocket, owner: SocketOwner | null): void {
		this.owners[socket.news] = owner;
		newsOwned(this.#core.view, socket.news, owner !== null);
	}

	/** Notes events for the socket's owner; several become one call. */
	post(socket: EventSocket | NewsSocket, events: number): void {
		// Not by `in`: on XS a string allocates where it is used.
		const { news } = socket as NewsSocket;
		if (news !== undefined) {
			if (newsPost(this.#core.view, news, events)) this.#core.wake();
			return;
		}
		this.#list(socket as EventSocket, events);
	}

	#list(socket: EventSocket, events: number): void {
		if (socket.owner === null) return;
		socket.events |= events;
		if (socket.queued) return;
		socket.queued = true;
		socket.nextPosted = null;
		if (this.#head === null) this.#head = socket;
		else this.#tail!.nextPosted = socket;
		this.#tail = socket;
		if (newsPost(this.#core.view, OTHERS, READABLE)) this.#core.wake();
	}

	/** Calls the owner of the first of the others that have news. The rest have turns of their own: they take long, and frames wait meanwhile. */
	dispatch(): void {
		const socket = this.#head;
		if (socket === null) return;
		const { owner, events } = socket;
		this.#head = socket.nextPosted;
		socket.nextPosted = null;
		socket.queued = false;
		socket.events = 0;
		if (this.#head !== null) newsPost(this.#core.view, OTHERS, READABLE);
		try {
			if (owner !== null && events !== 0) owner.onEvents(events, 0);
		} catch (error) {
			this.failed(owner, error);
		}
	}

	/** An owner threw: it is told, or the program's hook; the other sockets go on. By now the socket may be somebody else's. Without anybody to tell the exception goes on. */
	failed(owner: SocketOwner | null, error: unknown): void {
		if (owner !== null && owner.onFailure !== undefined) owner.onFailure(error);
		else if (this.onError !== undefined) this.onError(error);
		else throw error;
	}

	/** An owner threw that the turn had called: it is told, and what nobody is told of leaves the poll as it ends. What the program's hook throws leaves it at once. */
	threw(owner: SocketOwner, error: unknown): void {
		const core = this.#core;
		if (!core.awake) throw error; // the poll is over
		try {
			this.failed(owner, error);
		} catch (another) {
			if (this.onError === undefined) return core.failed(another);
			core.rest();
			throw another;
		}
	}
}
