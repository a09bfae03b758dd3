// A connection or a listener as the interpreter has it: all that there is of it lies in its block (packet/tcb-block.ts), where compiled code works on it. Here is what
// the layers above ask for.

import { addressText } from "../../address.ts";
import { BIT_FIN, TcbBlock } from "../../packet/tcb-block.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { FIRST_SOCKET } from "../../packet/news.ts";
import type { SocketView } from "../block-socket.ts";
import type { NewsSocket, SocketEvents, SocketOwner } from "../events.ts";
import { ERROR_NAMES, LISTEN, STATE_NAMES, type TcpError } from "./states.ts";

export * from "./states.ts";

/** Where its fields lie in its block. */
const AT = TcbBlock.offsets;

export class Tcb implements NewsSocket, SocketView {
	/** Arena offset of its block. */
	readonly block: number;
	/** Its number among the sockets that have news. */
	readonly news: number;
	readonly index: number;
	/** The arena. */
	readonly view: DataView;
	readonly #events: SocketEvents;

	constructor(view: DataView, events: SocketEvents, index: number, at: number) {
		this.view = view;
		this.#events = events;
		this.index = index;
		this.block = at;
		this.news = FIRST_SOCKET + index;
		view.setInt32(at + AT.index, index, true);
		view.setInt32(at + AT.news, this.news, true);
	}

	/** Block of the interface that it goes by, 0 while there is no way. */
	get out(): number {
		return this.#word(AT.path + PathBlock.offsets.out);
	}

	#word(place: number): number {
		return this.view.getInt32(this.block + place, true);
	}

	/** Who is told of its events. */
	get owner(): SocketOwner | null {
		return this.#events.owners[this.news]!;
	}
	set owner(owner: SocketOwner | null) {
		this.#events.own(this, owner);
	}

	get state(): number {
		return this.view.getUint8(this.block + AT.state);
	}

	/** For people. */
	get protocol(): string {
		return "tcp";
	}
	get stateName(): (typeof STATE_NAMES)[number] {
		return STATE_NAMES[this.state]!;
	}

	/** Whether it is a connection, and no listener. */
	get hasWay(): boolean {
		return this.state > LISTEN;
	}

	/** Why it ended: a number of states.ts. */
	get ended(): number {
		return this.view.getUint8(this.block + AT.ended);
	}

	/** Why it ended. */
	get error(): TcpError {
		return ERROR_NAMES[this.ended]!;
	}

	/** The application has let go of it. */
	get detached(): boolean {
		return this.view.getUint8(this.block + AT.detached) !== 0;
	}

	/** FIN has been asked for. */
	get finQueued(): boolean {
		return this.view.getUint8(this.block + AT.finQueued) !== 0;
	}

	/** The peer's FIN has come in order. */
	get finReceived(): boolean {
		return (this.#word(AT.bits) & BIT_FIN) !== 0;
	}

	/** What is written is sent: ESTABLISHED or CLOSE-WAIT. */
	get sendable(): boolean {
		return this.#word(AT.sendable) !== 0;
	}

	/** Bytes received and not read yet. */
	get pending(): number {
		return this.#word(AT.rcvQueued);
	}

	/** Bytes written and not acknowledged yet. */
	get sndUsed(): number {
		return this.#word(AT.sndQueued);
	}

	/** Bytes that may be written now: what was told once stays so until it is used. */
	get sndRoom(): number {
		return this.#word(AT.sndRoom);
	}

	/** Where its addresses lie in the arena, and these as texts, "" for none, which are made when they are asked for; and its ports. */
	get localAt(): number {
		return this.block + AT.localAddress;
	}
	get localAddress(): string {
		return addressText(this.view, this.localAt);
	}
	get localPort(): number {
		return this.#word(AT.localPort);
	}
	get remoteAt(): number {
		return this.block + AT.remoteAddress;
	}
	get remoteAddress(): string {
		return addressText(this.view, this.remoteAt);
	}
	get remotePort(): number {
		return this.state === LISTEN ? 0 : this.#word(AT.remotePort);
	}

	/** Of a listener the only family that it takes, at no address of it, 4 or 6, or 0. */
	get family(): number {
		return this.state === LISTEN ? this.#word(AT.remotePort) : 0;
	}
}
