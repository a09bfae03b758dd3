// Name servers that routers say, each for as long as it counts: RFC 8106 §5.1, §6.2; and behind them those of DHCPv6.

import type { EthernetInterface } from "../../link/ethernet.ts";
import { untilOf, type ServerSaid } from "./advertisement.ts";

/** RFC 8106 §5.3.1 wants room for three at least. */
const MOST = 3;

export class HeardServers {
	readonly #link: EthernetInterface;
	readonly #list: { readonly address: string; until: number }[] = [];
	#lent: readonly string[] = [];

	constructor(link: EthernetInterface) {
		this.#link = link;
	}

	/** When the next one ends. */
	get next(): number {
		return this.#list.reduce((next, { until }) => Math.min(next, until), Infinity);
	}

	/** What an advertisement says of them; a lifetime of 0 ends one. Answers how many there is no room for. */
	take(said: readonly ServerSaid[], now: number): number {
		let refused = 0;
		for (const { address, lifetime } of said) {
			const known = this.#list.find((each) => each.address === address);
			const until = untilOf(lifetime, now);
			if (known !== undefined) known.until = until;
			else if (lifetime === 0) continue;
			else if (this.#list.length < MOST) this.#list.push({ address, until });
			else refused++;
		}
		this.age(now, Infinity);
		return refused;
	}

	/** Those that are over go; none counts for longer than `left` ms from now on. */
	age(now: number, left: number): void {
		const list = this.#list;
		for (let i = list.length - 1; i >= 0; i--) {
			if (list[i]!.until <= now) list.splice(i, 1);
			else list[i]!.until = Math.min(list[i]!.until, now + left);
		}
		this.#tell();
	}

	/** Those of DHCPv6, until it has others. */
	lend(servers: readonly string[]): void {
		this.#lent = servers;
		this.#tell();
	}

	clear(): void {
		this.#list.length = 0;
		this.#lent = [];
		this.#tell();
	}

	/** Whoever looks up names asks them too. */
	#tell(): void {
		const said = this.#list.map(({ address }) => address);
		this.#link.ip.heardServers = [...said, ...this.#lent.filter((server) => !said.includes(server))];
	}
}
