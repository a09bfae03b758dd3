// Rules of the filter as programs and board files write them, checked, and as the arena has them.

import { addressPut, bitsInMemory, parsePrefix } from "../../address.ts";
import type { Stack } from "../../stack.ts";
import {
	ANY_ADDRESS,
	RULE_ACCEPT,
	RULE_DROP,
	RULE_ESTABLISHED,
	RULE_NEW,
	RULE_REJECT,
	RuleRow,
} from "../../packet/router-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";

/** One rule: what it matches is what all of its fields say; those that are not there do not matter. The first rule that matches decides. */
export interface FilterRule {
	/** The interface that a packet comes in by, by name. "lo": it is the board's own. */
	in?: string;
	/** The interface that it leaves by. "lo": it is for the board itself. */
	out?: string;
	/** Where it comes from, within a prefix: "192.168.1.0/24", "2001:db8::/32", or an address alone. What was translated counts as it is behind the translator. */
	from?: string;
	/** Where it goes, likewise. */
	to?: string;
	/** "tcp", "udp", "icmp", "icmp6", or a protocol's number, 1 to 255. */
	protocol?: string | number;
	/** Destination ports: one, or a first and a last one, "8000-8010". TCP and UDP. */
	ports?: number | string;
	/** "new": it begins a session; "established": it is of one that stands, which passes unless such a rule says otherwise. "new" unless told. */
	state?: "new" | "established";
	/** "accept"; "drop", without a word; or "reject": by a reset of TCP, or an error of ICMP. */
	action: "accept" | "drop" | "reject";
}

const FIELDS: readonly string[] = Object.freeze(["in", "out", "from", "to", "protocol", "ports", "state", "action"]);
const ACTIONS: Readonly<Record<string, number>> = Object.freeze({ accept: RULE_ACCEPT, drop: RULE_DROP, reject: RULE_REJECT });
const STATES: Readonly<Record<string, number>> = Object.freeze({ new: RULE_NEW, established: RULE_ESTABLISHED });
const PROTOCOLS: Readonly<Record<string, number>> = Object.freeze({
	tcp: ipv4.TCP,
	udp: ipv4.UDP,
	icmp: ipv4.ICMP,
	icmp6: ipv6.ICMP,
});

/** Slot of an interface that is not there: no packet has it. */
const NOWHERE = 255;

const AT = RuleRow.offsets;

/** What a word stands for. Throws TypeError that names it, and those that there are. */
function wordOf(place: string, value: unknown, words: Readonly<Record<string, number>>): number {
	if (typeof value !== "string" || !Object.hasOwn(words, value))
		throw new TypeError(`${place} ${JSON.stringify(value)}: expected ${Object.keys(words).join(", ")}`);
	return words[value]!;
}

/** The number of a protocol. Throws RangeError or TypeError that names it. */
export function protocolOf(place: string, value: unknown): number {
	if (typeof value !== "number") return wordOf(place, value, PROTOCOLS);
	if (value !== Math.floor(value) || value < 1 || value > 255)
		throw new RangeError(`${place} ${value}: expected ${Object.keys(PROTOCOLS).join(", ")} or a number from 1 to 255`);
	return value;
}

/** Checks a port. */
export function portOf(place: string, value: unknown): number {
	if (typeof value !== "number" || value !== Math.floor(value) || value < 1 || value > 65_535)
		throw new RangeError(`${place} ${JSON.stringify(value)}: expected a port, 1 to 65535`);
	return value;
}

/** First and last port. */
function portsOf(place: string, value: number | string | undefined): [number, number] {
	if (value === undefined) return [0, 65_535];
	if (typeof value === "number") return [portOf(place, value), value];
	const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value));
	if (range === null)
		throw new RangeError(`${place} ${JSON.stringify(value)}: expected a port or two, such as 80 or "8000-8010"`);
	const first = portOf(place, Number(range[1]));
	const last = range[2] === undefined ? first : portOf(place, Number(range[2]));
	if (last < first) throw new RangeError(`${place} ${JSON.stringify(value)}: expected the lower port first, "${last}-${first}"`);
	return [first, last];
}

/** The name of an interface of the stack, or undefined. Throws RangeError for one that it has not. */
export function nameOf(stack: Stack, place: string, name: string | undefined): string | undefined {
	if (name === undefined || stack.interfaces.find(name) !== undefined) return name;
	const names = stack.interfaces.list.map((link) => link.name).join(", ");
	throw new RangeError(`${place} ${JSON.stringify(name)}: there is no such interface; expected ${names}`);
}

/** A rule of the filter, in its row. */
export class Rule {
	readonly #stack: Stack;
	readonly #at: number;
	readonly #in: string | undefined;
	readonly #out: string | undefined;

	/** Writes it into its row, which lies at `at`. Throws RangeError or TypeError that names what is wrong; `place` is where it stands. */
	constructor(stack: Stack, at: number, rule: FilterRule, place: string) {
		this.#stack = stack;
		this.#at = at;
		for (const name of Object.keys(rule))
			if (!FIELDS.includes(name)) throw new TypeError(`${place}.${name}: there is no such field; expected ${FIELDS.join(", ")}`);
		const { view } = stack.core;
		this.#in = nameOf(stack, `${place}.in`, rule.in);
		this.#out = nameOf(stack, `${place}.out`, rule.out);
		this.#prefix(AT.source, AT.sourceLength, `${place}.from`, rule.from);
		this.#prefix(AT.destination, AT.destinationLength, `${place}.to`, rule.to);
		const protocol = rule.protocol === undefined ? 0 : protocolOf(`${place}.protocol`, rule.protocol);
		const [first, last] = portsOf(`${place}.ports`, rule.ports);
		if (rule.ports !== undefined && protocol !== ipv4.TCP && protocol !== ipv4.UDP)
			throw new RangeError(
				`${place}.ports ${JSON.stringify(rule.ports)}: ports are those of TCP and UDP; say "protocol": "tcp" or "udp"`,
			);
		view.setUint8(at + AT.protocol, protocol);
		view.setUint16(at + AT.firstPort, first, true);
		view.setUint16(at + AT.lastPort, last, true);
		view.setUint8(at + AT.action, wordOf(`${place}.action`, rule.action, ACTIONS));
		view.setUint8(at + AT.states, wordOf(`${place}.state`, rule.state ?? "new", STATES));
		for (let i = 0; i < 8; i++) view.setUint8(at + AT.packets + i, 0);
		this.follow();
	}

	/** Whether it looks at sessions that stand. */
	get ofEstablished(): boolean {
		return (this.#stack.core.view.getUint8(this.#at + AT.states) & RULE_ESTABLISHED) !== 0;
	}

	#prefix(address: number, length: number, place: string, text: string | undefined): void {
		const { view } = this.#stack.core;
		view.setUint8(this.#at + length, ANY_ADDRESS);
		if (text === undefined) return;
		try {
			const bare = !text.includes("/");
			const prefix = parsePrefix(bare ? `${text}/${text.includes(":") ? 128 : 32}` : text);
			addressPut(view, this.#at + address, prefix.address);
			view.setUint8(this.#at + length, bitsInMemory(prefix.address, prefix.length));
		} catch (error) {
			throw new RangeError(`${place} ${(error as Error).message}`, { cause: error });
		}
	}

	/** Interfaces have come or gone: the slots are those of the names now. */
	follow(): void {
		const { view } = this.#stack.core;
		view.setUint8(this.#at + AT.arrival, this.#slotOf(this.#in));
		view.setUint8(this.#at + AT.leaving, this.#slotOf(this.#out));
	}

	#slotOf(name: string | undefined): number {
		return name === undefined ? 0 : (this.#stack.interfaces.find(name)?.slot ?? NOWHERE);
	}
}
