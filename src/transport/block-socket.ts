// A socket as the interpreter has it: all that there is of it lies in its block in the arena, where compiled code works on it.

import type { NewsSocket, SocketEvents, SocketOwner } from "./events.ts";

/** What there is to see of a socket, of whichever kind. */
export interface SocketView {
	/** The arena. */
	readonly view: DataView;
	/** "tcp" or "udp". */
	readonly protocol: string;
	/** For people. */
	readonly stateName: string;
	/** Where its address lies in the arena, and its port. */
	readonly localAt: number;
	readonly localPort: number;
	/** The same of its peer, where it has one: a connection, or a listener (with port 0). */
	readonly remoteAt?: number;
	readonly remotePort?: number;
	/** The only family that it takes, bound to no address of it, 4 or 6, or 0. */
	readonly family: number;
	/** What waits to be read: bytes or datagrams. */
	readonly pending: number;
	/** Bytes that were written and are not acknowledged, where they are. */
	readonly sndUsed?: number;
	/** Whether it is a connection, of which transport/tcp/info.ts tells more. */
	readonly hasWay?: boolean;
}

export abstract class BlockSocket implements NewsSocket {
	/** Arena offset of its block. */
	readonly block: number;
	/** Its number among the sockets that have news. */
	readonly news: number;
	/** The arena. */
	readonly view: DataView;
	readonly #events: SocketEvents;

	/** `newsAt`: where in the block its number is. */
	constructor(view: DataView, events: SocketEvents, block: number, newsAt: number) {
		this.view = view;
		this.#events = events;
		this.block = block;
		this.news = this.word(newsAt);
	}

	/** A word of the block. */
	protected word(place: number): number {
		return this.view.getInt32(this.block + place, true);
	}

	/** Who is told of its events. */
	get owner(): SocketOwner | null {
		return this.#events.owners[this.news]!;
	}
	set owner(owner: SocketOwner | null) {
		this.#events.own(this, owner);
	}
}
