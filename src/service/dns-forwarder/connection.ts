// A station asks by TCP, and is answered from a server's TCP: RFC 5625 §4.4.1, RFC 7766. One question after the other; of an answer only the beginning is kept, the rest passes through.

import { DNS_TCP_BYTES, DNS_TCP_MS } from "../../config.ts";
import type { Stack } from "../../stack.ts";
import { ERROR, type SocketOwner } from "../../transport/events.ts";
import type { Tcb } from "../../transport/tcp/tcb.ts";
import * as dns from "../../wire/dns.ts";
import type { Server } from "../dns/servers.ts";
import { isRefusal, keyOf, type Asking } from "./asking.ts";
import { DNS_FORWARD_IDLE_MS } from "./limits.ts";
import { answers, isQuery, readQuery, type Query } from "./message.ts";

/** Bytes of a message's length before it. */
const PREFIX = 2;

/** What a connection needs of the forwarder. */
export interface Owner extends Asking {
	/** Writes what is known without asking, or an error, to `out`: answers its bytes, 0 where a server is to be asked. */
	known(asked: DataView, query: Query | undefined, out: Uint8Array, outView: DataView): number;
	/** An answer that has come whole, in the bytes of `message`. */
	learned(message: Uint8Array, asked: DataView, query: Query): void;
	failure(asked: DataView, query: Query, outView: DataView): number;
	ended(connection: Connection): void;
}

/** The first bytes of a message of that length, behind the length: RFC 1035 §4.2.2. */
function prefixed(length: number, bytes: Uint8Array): Uint8Array {
	const all = new Uint8Array(PREFIX + bytes.length);
	all[0] = length >> 8;
	all[1] = length;
	all.set(bytes, PREFIX);
	return all;
}

export class Connection implements SocketOwner {
	readonly #owner: Owner;
	readonly #bytes = new Uint8Array(PREFIX + DNS_TCP_BYTES);
	readonly #view = new DataView(this.#bytes.buffer, PREFIX);
	/** The question, or what is to be said to who asked. */
	#got = 0;
	#out: Uint8Array | undefined;
	#said = 0;
	#client: Tcb | undefined;
	#query: Query | undefined;
	#asked = this.#view;
	/** Servers that were asked. */
	readonly #tried = new Set<string>();
	#server: Server | undefined;
	#upstream: Upstream | undefined;
	/** The client says no more. */
	#half = false;
	/** When it ends, or the server that is asked has not answered; as core.now. */
	due = 0;

	constructor(owner: Owner, client: Tcb) {
		this.#owner = owner;
		this.#client = client;
		this.#wait(DNS_FORWARD_IDLE_MS);
		owner.stack.tcp.adopt(client, this);
	}

	/** Whether nothing is being asked or said: its place may be another's. */
	get idle(): boolean {
		return this.#query === undefined && this.#out === undefined;
	}

	close(): void {
		const client = this.#client;
		if (client === undefined) return;
		this.#client = undefined;
		this.#upstream?.close();
		this.#owner.stack.tcp.close(client);
		this.#owner.ended(this);
	}

	#wait(ms: number): void {
		this.due = (this.#owner.stack.core.now + ms) | 0;
		this.#owner.deadline(this.due);
	}

	late(): void {
		if (this.#upstream === undefined) return this.close();
		this.failed();
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		const client = this.#client;
		if (client === undefined) return;
		if (events & ERROR) {
			// It may only have said all that it had to say.
			if (client.error !== "") return this.close();
			this.#half = true;
		}
		this.step();
	}

	/** Goes on with what can be done. */
	step(): void {
		while (this.#client !== undefined) {
			if (this.#out !== undefined && !this.#say()) return;
			if (this.#upstream !== undefined) {
				this.#upstream.step();
				if (this.#upstream !== undefined) return;
			} else if (!this.#read()) {
				if (this.#half && this.idle) this.close();
				return;
			}
		}
	}

	/** Says what is to be said. Answers whether all of it is. */
	#say(): boolean {
		const out = this.#out!;
		this.#said += this.#owner.stack.tcp.write(this.#client!, out, this.#said, out.length - this.#said);
		if (this.#said < out.length) return false;
		this.#out = undefined;
		this.#said = 0;
		return true;
	}

	/** Room for what comes from a server; what it has, it takes. */
	get room(): number {
		return this.#client === undefined || this.#out !== undefined ? 0 : this.#owner.stack.tcp.writable(this.#client);
	}

	pass(bytes: Uint8Array, length: number): void {
		this.#owner.stack.tcp.write(this.#client!, bytes, 0, length);
	}

	/** Reads a question. Answers whether something came of it. */
	#read(): boolean {
		const client = this.#client!;
		const { tcp } = this.#owner.stack;
		const bytes = this.#bytes;
		for (;;) {
			const length = this.#got < PREFIX ? 0 : (bytes[0]! << 8) | bytes[1]!;
			if (this.#got >= PREFIX && (length < dns.HEADER || length > DNS_TCP_BYTES)) {
				this.close();
				return false;
			}
			if (length > 0 && this.#got === PREFIX + length) {
				this.#got = 0;
				this.#question(length);
				return true;
			}
			const wanted = this.#got < PREFIX ? PREFIX - this.#got : PREFIX + length - this.#got;
			const got = tcp.read(client, bytes, this.#got, wanted);
			if (got === 0) return false;
			this.#got += got;
		}
	}

	#question(length: number): void {
		const view = this.#view;
		if (!isQuery(view, length)) return this.close();
		const bytes = this.#bytes.slice(PREFIX, PREFIX + length);
		this.#asked = new DataView(bytes.buffer);
		const query = readQuery(this.#asked, length);
		const known = this.#owner.known(this.#asked, query, this.#bytes.subarray(PREFIX), view);
		if (known > 0) return this.#tell(known);
		this.#query = query!; // what is broken has an answer
		this.#tried.clear();
		this.#next();
	}

	/** Says the message in the buffer. */
	#tell(length: number): void {
		this.#query = undefined;
		this.#out = prefixed(length, this.#bytes.subarray(PREFIX, PREFIX + length));
		this.#wait(DNS_FORWARD_IDLE_MS);
	}

	/** Asks the next server. */
	#next(): void {
		const query = this.#query!;
		for (const server of this.#owner.serversFor(query.name)) {
			const key = keyOf(server);
			if (this.#tried.has(key)) continue;
			this.#tried.add(key);
			this.#server = server;
			try {
				this.#upstream = new Upstream(this.#owner.stack, this, server, this.#asked, query);
				return this.#wait(DNS_TCP_MS);
			} catch {
				// No socket, no way: the next one may have one.
			}
		}
		this.#tell(this.#owner.failure(this.#asked, query, this.#view));
	}

	/** For Upstream: whether its answer is none. */
	isRefusal(view: DataView): boolean {
		return isRefusal(this.#owner, view, this.#query!, this.#server!);
	}

	/** For Upstream: the server does not answer. */
	failed(): void {
		this.#owner.judged(this.#server!, false);
		this.refused();
	}

	/** For Upstream: the server does not know. */
	refused(): void {
		this.#upstream?.close();
		this.#upstream = undefined;
		this.#next();
		this.step();
	}

	/** For Upstream: an answer begins to come, and that is all of it when it is short. */
	begins(message: Uint8Array, length: number): void {
		this.#owner.judged(this.#server!, true);
		if (message.length === length) this.#owner.learned(message, this.#asked, this.#query!);
		this.#out = prefixed(length, message);
		this.#wait(DNS_TCP_MS);
	}

	/** For Upstream: all of the answer has been passed on; or the connection ended within it, which ends ours, as nobody could tell where the next one begins. */
	done(whole: boolean): void {
		this.#upstream?.close();
		this.#upstream = undefined;
		this.#query = undefined;
		if (!whole) return this.close();
		this.#wait(DNS_FORWARD_IDLE_MS);
	}
}

/** The question by TCP. */
class Upstream implements SocketOwner {
	readonly #stack: Stack;
	readonly #connection: Connection;
	readonly #asked: DataView;
	readonly #query: Query;
	readonly #question: Uint8Array;
	#sent = 0;
	/** Length and the beginning of the answer. */
	#head = new Uint8Array(PREFIX);
	#got = 0;
	/** Bytes of the answer that are still to come behind that. */
	#left = 0;
	#begun = false;
	#tcb: Tcb | undefined;

	/** Throws Error when there is no socket or no way. */
	constructor(stack: Stack, connection: Connection, { address, link }: Server, asked: DataView, query: Query) {
		const bytes = new Uint8Array(asked.buffer);
		this.#stack = stack;
		this.#connection = connection;
		this.#asked = asked;
		this.#query = query;
		this.#question = prefixed(bytes.length, bytes);
		this.#tcb = stack.tcp.connect(address, dns.PORT, { interfaceSlot: link?.slot ?? 0, networkTimeout: 0 });
		this.#tcb.owner = this;
	}

	close(): void {
		const tcb = this.#tcb;
		this.#tcb = undefined;
		if (tcb !== undefined) this.#stack.tcp.close(tcb);
	}

	/** For SocketEvents. */
	onEvents(events: number): void {
		const tcb = this.#tcb;
		if (tcb === undefined) return;
		const { tcp } = this.#stack;
		if (this.#sent < this.#question.length)
			this.#sent += tcp.write(tcb, this.#question, this.#sent, this.#question.length - this.#sent);
		// Nothing of it is gone for good before it is passed on.
		this.#connection.step();
		if ((events & ERROR) === 0 || this.#tcb === undefined || tcb.pending > 0) return;
		if (this.#begun) this.#connection.done(false);
		else this.#connection.failed();
	}

	/** Takes what has come, as far as there is room for it. */
	step(): void {
		const { tcp } = this.#stack;
		for (let tcb = this.#tcb; tcb !== undefined && tcb.pending > 0; tcb = this.#tcb) {
			if (this.#begun) {
				const room = Math.min(this.#connection.room, this.#left, this.#head.length);
				if (room === 0) break;
				const got = tcp.read(tcb, this.#head, 0, room);
				this.#connection.pass(this.#head, got);
				this.#left -= got;
				if (this.#left === 0) return this.#connection.done(true);
				continue;
			}
			this.#got += tcp.read(tcb, this.#head, this.#got, this.#head.length - this.#got);
			if (this.#got < this.#head.length) continue;
			const length = (this.#head[0]! << 8) | this.#head[1]!;
			if (this.#head.length === PREFIX) {
				if (length < dns.HEADER) return this.#connection.failed();
				const head = new Uint8Array(PREFIX + Math.min(length, DNS_TCP_BYTES));
				head.set(this.#head);
				this.#head = head;
			} else if (!this.#begin(length)) return;
		}
	}

	/** Its beginning is there. Answers whether it goes on. */
	#begin(length: number): boolean {
		const message = this.#head.subarray(PREFIX);
		const view = new DataView(this.#head.buffer, PREFIX);
		const connection = this.#connection;
		if (!answers(view, message.length, this.#asked, this.#query, dns.id(this.#asked, 0))) {
			connection.failed();
			return false;
		}
		if (connection.isRefusal(view)) {
			connection.refused();
			return false;
		}
		this.#begun = true;
		this.#left = length - message.length;
		connection.begins(message, length);
		if (this.#left === 0) connection.done(true);
		connection.step();
		return this.#left > 0;
	}
}
