// A look-up by unicast DNS: from server to server until one gives an answer, through aliases, by TCP when UDP does not carry it.

import { DNS_NEAR_MISSES, NETWORK_PATIENCE_MS, DNS_TCP_MS, DNS_TRIES, DNS_TRY_MS } from "../../config.ts";
import * as dns from "../../wire/dns.ts";
import { readAnswer, type Answer } from "./answer.ts";
import { Ask, type Asker } from "./ask.ts";
import type { Engine } from "./engine.ts";
import { failure, type Outcome, type ResolveErrorCode } from "./errors.ts";
import { Lookup, type Wanted } from "./lookup.ts";
import { RESPONSE_CODES, isHostName } from "./names.ts";
import { serversFor, type Server } from "./servers.ts";
import { TcpAsk, type TcpAsker } from "./tcp-ask.ts";

/** All sockets are in use: how long until it is tried again, ms. */
const NO_SOCKET_MS = 100;

/** A server, and how often it was asked in vain; DNS_TRIES: it is not asked again. */
interface Tried {
	readonly server: Server;
	readonly id: number;
	tries: number;
}

export class Query extends Lookup implements Asker, TcpAsker {
	#tried: Tried[] = [];
	#current: Tried | undefined = undefined;
	#ask: Ask | undefined = undefined;
	#tcp: TcpAsk | undefined = undefined;
	/** The name asked for, and its aliases: the last one is asked for now. */
	#names: string[];
	/** Least TTL of the aliases, seconds. */
	#ttl = 0x7fffffff;
	/** The question as it was sent. */
	readonly #query = new Uint8Array(dns.MAX_QUERY);
	readonly #queryView = new DataView(this.#query.buffer);
	#length = 0;
	#nearMisses = 0;
	#begun = 0;
	/** Steps that were put off before it came to be this are void. */
	#phase = 0;
	/** What went wrong; what a server says counts more than that another one says nothing. */
	#failure: Outcome | undefined = undefined;

	constructor(engine: Engine, wanted: Wanted, key: string) {
		super(engine, wanted, key);
		this.#names = [wanted.name];
	}

	begin(): void {
		this.running = true;
		this.#begun = this.engine.now;
		this.#next();
	}

	protected tick(): void {
		const current = this.#current;
		if (current !== undefined) {
			current.tries++;
			this.#note("ETIMEOUT", current, this.#tcp !== undefined ? "does not answer by TCP" : "does not answer");
		}
		this.#next();
	}

	protected late(): Outcome {
		const current = this.#current;
		if (current !== undefined) this.#note("ETIMEOUT", current, "does not answer");
		return this.#failure ?? this.#nobody();
	}

	linksChanged(): void {
		const current = this.#current;
		if (current === undefined) return this.#next(); // there may be a server now
		const { server } = current;
		const there = this.#servers().some((other) => other.address === server.address && other.link === server.link);
		if (there && (server.link?.id ?? 0) === current.id) return;
		this.#note("ENETUNREACH", current, `cannot be reached any more by ${server.link?.name ?? "any interface"}`);
		this.#next();
	}

	release(): void {
		this.#phase++;
		this.#ask?.close();
		this.#tcp?.close();
		this.#ask = this.#tcp = undefined;
		this.#current = undefined;
	}

	/** The step, unless something else comes of it meanwhile. */
	#unlessVoid(step: () => void): () => void {
		const phase = this.#phase;
		return () => {
			if (phase === this.#phase) step();
		};
	}

	/** Does it in a turn of its own. */
	#later(step: () => void): void {
		this.engine.later(this.#unlessVoid(step));
	}

	#servers(): Server[] {
		return serversFor(this.engine.stack, this.engine.servers, this.wanted);
	}

	/** The server that was asked least often; the first of those. */
	#choose(): Tried | undefined {
		let best: Tried | undefined;
		for (const server of this.#servers()) {
			const id = server.link?.id ?? 0;
			let tried = this.#tried.find((one) => one.server.address === server.address && one.id === id);
			if (tried === undefined) this.#tried.push((tried = { server, id, tries: 0 }));
			if (tried.tries < DNS_TRIES && (best === undefined || tried.tries < best.tries)) best = tried;
		}
		return best;
	}

	/** Asks the next server, or ends, in steps. */
	#next(): void {
		this.release();
		this.#later(() => this.#open());
	}

	#open(): void {
		const next = this.#choose();
		if (next === undefined) return this.#none();
		const { address, link } = next.server;
		const { engine } = this;
		try {
			// Bound to where the question goes: no answer is taken from elsewhere.
			const by = link ?? engine.stack.ip.wayTo(address).out;
			this.#ask = new Ask(engine, this, by?.slot ?? 0);
		} catch (error) {
			this.#failure ??= failure("ENOBUFS", (error as Error).message);
			return this.wait(NO_SOCKET_MS);
		}
		this.#later(() => this.#send(next));
	}

	#send(next: Tried): void {
		const { address, link } = next.server;
		this.#write();
		try {
			this.#ask!.send(address, dns.PORT, this.#query, this.#length);
		} catch {
			return this.#later(() => {
				next.tries = DNS_TRIES;
				this.#note("ENETUNREACH", next, `has no route${link === undefined ? "" : ` by ${link.name}`}`);
				this.#next();
			});
		}
		this.#current = next;
		this.wait(DNS_TRY_MS << next.tries);
	}

	/** There is no server left to ask. */
	#none(): void {
		if (this.#failure !== undefined) return this.end(this.#failure);
		const left = (this.#begun + NETWORK_PATIENCE_MS - this.engine.now) | 0;
		if (left > 0 && this.wanted.link?.slot !== 0) return this.wait(left);
		this.end(this.#nobody());
	}

	#nobody(): Outcome {
		const { link } = this.wanted;
		const state =
			link === undefined ? "" : ` for ${link.name}${link.slot === 0 ? ", which is gone" : link.up ? "" : ", which is down"}`;
		return failure("ENOSERVER", `there is no name server${state}`);
	}

	/** The question, with a new id. */
	#write(): void {
		const { random32 } = this.engine.stack.core;
		const { mixedCase, type } = this.wanted;
		const name = this.#names[this.#names.length - 1]!;
		this.#nearMisses = 0;
		this.#length = dns.writeQuery(this.#queryView, 0, random32() & 0xffff, name, type);
		if (mixedCase) dns.mixCase(this.#queryView, 0, this.#length, random32);
	}

	#note(code: ResolveErrorCode, { server }: Tried, what: string): void {
		const found = failure(code, `the name server ${server.address} ${what}`);
		if (this.#failure === undefined || this.#failure.code === "ENOBUFS" || code !== "ETIMEOUT") this.#failure = found;
	}

	/** This server is of no use for this name. */
	#useless(code: ResolveErrorCode, what: string): void {
		const current = this.#current!;
		current.tries = DNS_TRIES;
		this.#note(code, current, what);
		this.#next();
	}

	/** For Ask. What is not from the server, or not an answer to the question, is as if it had not come: the right one may follow. */
	datagram(_ask: Ask, bytes: number, length: number, address: string, port: number): void {
		const { view } = this.engine;
		const current = this.#current; // undefined: it has not been asked yet
		if (current === undefined || address !== current.server.address || port !== dns.PORT || !dns.isAnswer(view, 0, bytes)) return;
		if (!this.#fits(view, bytes)) {
			if (++this.#nearMisses >= DNS_NEAR_MISSES) this.#askByTcp();
			return;
		}
		const code = dns.responseCode(view, 0);
		if ((code === dns.NO_ERROR || code === dns.NAME_ERROR) && dns.truncated(view, 0)) return this.#askByTcp();
		this.engine.hold(this.#unlessVoid(() => this.#heard(view, bytes, bytes === length, false)));
	}

	gone(): void {
		this.linksChanged();
	}

	/** Whether an answer has the id and the question. Who does not understand a question may leave it out. */
	#fits(view: DataView, end: number): boolean {
		if (dns.id(view, 0) !== dns.id(this.#queryView, 0)) return false;
		if (dns.questions(view, 0) === 0) {
			const code = dns.responseCode(view, 0);
			return code !== dns.NO_ERROR && code !== dns.NAME_ERROR;
		}
		return dns.sameQuestion(view, 0, end, this.#queryView, 0, this.#length, this.wanted.mixedCase);
	}

	#askByTcp(): void {
		const current = this.#current!;
		const { address, link } = current.server;
		this.release();
		this.#current = current;
		this.#write();
		try {
			this.#tcp = new TcpAsk(this.engine.stack, this, address, link?.slot ?? 0, this.#query, this.#length);
		} catch (error) {
			return this.#useless("ENOBUFS", `cannot be asked by TCP: ${(error as Error).message}`);
		}
		this.wait(DNS_TCP_MS);
	}

	/** For TcpAsk. */
	message(view: DataView, length: number, whole: boolean): void {
		if (!dns.isAnswer(view, 0, length) || !this.#fits(view, length))
			return this.#useless("EBADRESP", "answers another question by TCP");
		this.#heard(view, length, whole && !dns.truncated(view, 0), true);
	}

	failed(code: ResolveErrorCode, reason: string): void {
		this.#useless(code, reason);
	}

	#heard(view: DataView, end: number, whole: boolean, tcp: boolean): void {
		const code = dns.responseCode(view, 0);
		if (code !== dns.NO_ERROR && code !== dns.NAME_ERROR) {
			const [name, what] = RESPONSE_CODES[code] ?? ["ESERVFAIL", `answers with the response code ${code}`];
			return this.#useless(name, what);
		}
		const answer = readAnswer(view, end, whole, this.#names, this.wanted.type);
		// A connection is not left waiting, whose end would be news of its own.
		if (tcp) this.#answered(answer, code, tcp);
		else this.#later(() => this.#answered(answer, code, tcp));
	}

	#answered(answer: Answer, code: number, tcp: boolean): void {
		switch (answer.kind) {
			case "addresses":
				return this.#end(answer, { addresses: answer.addresses(this.wanted.type), ttl: 0, code: "", reason: "" });
			case "alias":
				return this.#follow(answer);
			case "none":
				return this.#end(answer, noneOf(this.wanted, code));
			case "cut":
				if (!tcp) return this.#askByTcp();
				return this.#useless("EBADRESP", "answers more than fits");
			case "referral":
				return this.#useless("EBADRESP", "knows others that may know, and does not ask them");
			case "bad":
				return this.#useless("EBADRESP", `answers nonsense: ${answer.reason}`);
		}
	}

	#end({ ttl }: Answer, outcome: Outcome): void {
		this.end({ ...outcome, ttl: Math.min(ttl, this.#ttl) }, this.#current!.server.link);
	}

	/** Asks for what the name is an alias of: of the same server first, and of each at least once more. */
	#follow({ names, name, ttl }: Answer): void {
		if (!isHostName(name)) return this.#useless("EBADRESP", `gives the alias ${name}, which is no host name`);
		this.#names = names;
		this.#ttl = Math.min(this.#ttl, ttl);
		for (const one of this.#tried) one.tries = one === this.#current ? 0 : Math.min(one.tries, 1);
		this.#next();
	}
}

function noneOf({ type }: Wanted, code: number): Outcome {
	return code === dns.NAME_ERROR
		? failure("ENOTFOUND", "there is no such name")
		: failure("ENODATA", `the name has no IPv${type === dns.TYPE_A ? 4 : 6} address`);
}
