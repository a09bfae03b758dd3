// Name servers that routers say, each for as long as it counts: RFC 8106 §5.1; and behind them those of DHCPv6.

import type { Interface } from "../../link/interface.ts";
import type { TextSaid } from "./advertisement.ts";
import { LastingTexts } from "./lasting.ts";

export class HeardServers {
	readonly #link: Interface;
	readonly #heard = new LastingTexts();
	#lent: readonly string[] = [];

	constructor(link: Interface) {
		this.#link = link;
	}

	/** All of them, best first. */
	get texts(): string[] {
		const said = this.#heard.texts;
		return [...said, ...this.#lent.filter((server) => !said.includes(server))];
	}

	/** As those of LastingTexts. */
	get next(): number {
		return this.#heard.next;
	}

	take(said: readonly TextSaid[], now: number): string[] {
		const refused = this.#heard.take(said, now);
		this.#tell();
		return refused;
	}

	age(now: number, left: number): void {
		this.#heard.age(now, left);
		this.#tell();
	}

	/** Those of DHCPv6, until it has others. */
	lend(servers: readonly string[]): void {
		this.#lent = servers;
		this.#tell();
	}

	/** Those that routers said go. */
	forget(): void {
		this.#heard.clear();
		this.#tell();
	}

	clear(): void {
		this.#lent = [];
		this.forget();
	}

	/** Whoever looks up names asks them too. */
	#tell(): void {
		this.#link.ip.heardServers = this.texts;
	}
}
