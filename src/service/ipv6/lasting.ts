// What routers say for a while, as texts: name servers, domains. RFC 8106 §6.2.

import { untilOf, type TextSaid } from "./advertisement.ts";

/** RFC 8106 §5.3.1 wants room for three at least, of each kind. */
const MOST = 3;

export class LastingTexts {
	readonly #list: { readonly text: string; until: number }[] = [];

	get texts(): string[] {
		return this.#list.map(({ text }) => text);
	}

	/** When the next one ends. */
	get next(): number {
		return this.#list.reduce((next, { until }) => Math.min(next, until), Infinity);
	}

	/** What an advertisement says of them; a lifetime of 0 ends one. Answers those that there is no room for. */
	take(said: readonly TextSaid[], now: number): string[] {
		const refused: string[] = [];
		for (const { text, lifetime } of said) {
			const known = this.#list.find((each) => each.text === text);
			const until = untilOf(lifetime, now);
			if (known !== undefined) known.until = until;
			else if (lifetime === 0) continue;
			else if (this.#list.length < MOST) this.#list.push({ text, until });
			else refused.push(`${text}: there is room for ${MOST}`);
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
	}

	clear(): void {
		this.#list.length = 0;
	}
}
