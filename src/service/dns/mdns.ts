// A look-up by multicast DNS, one-shot: RFC 6762 §5.1. The question goes out by every Ethernet interface, from an ephemeral port: that says that
// answers are to come to us alone (§6.7), so that no group is joined.

import { NETWORK_PATIENCE_MS, MDNS_MAX_TTL_S, MDNS_REPEATS_MS, MDNS_TIMEOUT_MS } from "../../config.ts";
import { onLink } from "../../ip/routes.ts";
import type { Interface } from "../../link/interface.ts";
import * as dns from "../../wire/dns.ts";
import { readAnswer } from "./answer.ts";
import { Ask, type Asker } from "./ask.ts";
import { failure, type Outcome } from "./errors.ts";
import { Lookup, useMulticast } from "./lookup.ts";

class MulticastQuery extends Lookup implements Asker {
	#asks = new Map<Ask, Interface>();
	readonly #query = new Uint8Array(dns.MAX_QUERY);
	readonly #view = new DataView(this.#query.buffer);
	#length = 0;
	#round = 0;
	/** When the look-up began, and when its first question was to go out: later, where an interface had to be waited for. */
	#begun = 0;
	#asked: number | undefined = 0;
	#noSocket = "";

	begin(): void {
		this.running = true;
		this.#begun = this.#asked = this.engine.now;
		this.#length = dns.writeQuery(this.#view, 0, this.engine.stack.core.random32() & 0xffff, this.wanted.name, this.wanted.type);
		this.#send();
	}

	protected tick(): void {
		if (this.#links().length === 0) return this.end(this.late());
		this.#round++;
		if (this.#round <= MDNS_REPEATS_MS.length) this.#send();
		else this.end(this.late());
	}

	protected late(): Outcome {
		if (this.#asks.size > 0) return failure("ENOTFOUND", "nobody on this network has the name");
		if (this.#noSocket !== "") return failure("ENOBUFS", this.#noSocket);
		return failure("ENOSERVER", "no interface that carries multicast is up and has an address");
	}

	linksChanged(): void {
		for (const [ask, link] of this.#asks) if (!usable(link)) this.#close(ask);
		if (this.#asks.size === 0) this.#send();
	}

	release(): void {
		for (const ask of this.#asks.keys()) ask.close();
		this.#asks.clear();
	}

	#close(ask: Ask): void {
		ask.close();
		this.#asks.delete(ask);
	}

	#links(): Interface[] {
		const { link } = this.wanted;
		return (link === undefined ? this.engine.stack.interfaces.list : [link]).filter(usable);
	}

	/** Asks by every interface, by those too that are new. Where there is none now, one may come. */
	#send(): void {
		const { now } = this.engine;
		const links = this.#links();
		if (links.length === 0) {
			this.#round = 0;
			this.#asked = undefined;
			return this.wait(Math.max((this.#begun + NETWORK_PATIENCE_MS - now) | 0, 0));
		}
		this.#asked ??= now;
		for (const link of links) {
			let ask = [...this.#asks].find(([, other]) => other === link)?.[0];
			try {
				if (ask === undefined) this.#asks.set((ask = new Ask(this.engine, this, link.slot)), link);
				ask.send(dns.MDNS_GROUP, dns.MDNS_PORT, this.#query, this.#length);
			} catch (error) {
				// Without a way it is tried again with the next.
				if (ask !== undefined) this.#close(ask);
				else this.#noSocket = (error as Error).message;
			}
		}
		const next = MDNS_REPEATS_MS[this.#round] ?? MDNS_TIMEOUT_MS;
		this.wait(next - ((now - this.#asked) | 0));
	}

	/** For Ask. Only neighbours are believed: RFC 6762 §11. */
	datagram(ask: Ask, bytes: number, length: number, address: string, port: number): void {
		const { view } = this.engine;
		const link = this.#asks.get(ask)!;
		if (
			port !== dns.MDNS_PORT ||
			!onLink(link, address) ||
			!dns.isAnswer(view, 0, bytes) ||
			dns.id(view, 0) !== dns.id(this.#view, 0)
		)
			return;
		if (dns.responseCode(view, 0) !== dns.NO_ERROR) return;
		// RFC 6762 §6.7 has the question repeated; not all do.
		if (dns.questions(view, 0) !== 0 && !dns.sameQuestion(view, 0, bytes, this.#view, 0, this.#length, false)) return;
		const answer = readAnswer(view, bytes, bytes === length, [this.wanted.name], this.wanted.type);
		if (answer.kind !== "addresses") return;
		const addresses = answer.addresses(this.wanted.type);
		this.end({ addresses, ttl: Math.min(answer.ttl, MDNS_MAX_TTL_S), code: "", reason: "" }, link);
	}

	gone(ask: Ask): void {
		this.#close(ask);
	}
}

function usable(link: Interface): boolean {
	return link.station !== undefined && link.slot !== 0 && link.up && link.ip.hasFamily(32);
}

useMulticast((engine, wanted, key) => new MulticastQuery(engine, wanted, key));
