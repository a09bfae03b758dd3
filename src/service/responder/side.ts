// One family of one interface: names are probed for, announced and answered for there. RFC 6762 §6 to §10, in the words of its sections.

import type { EthernetInterface } from "../../link/ethernet.ts";
import {
	CLASS_IN,
	FLUSH,
	MDNS_PORT,
	TYPE_A,
	TYPE_AAAA,
	TYPE_ANY,
	TYPE_NSEC,
	TYPE_PTR,
	TYPE_SRV,
	UNICAST,
} from "../../wire/dns.ts";
import type { Item } from "./items.ts";
import { ADDITIONAL, ANSWER, AUTHORITY, type Message, type Received, type Writer } from "./message.ts";
import type { Name } from "./names.ts";
import { dataOf, keyOf, sameData, type Content } from "./records.ts";

/** §8.1: before the first of three probes, between them, and behind the last; and §8.3: between two announcements. */
const PROBE_WITHIN_MS = 250;
const PROBE_MS = 250;
const PROBES = 3;
const ANNOUNCE_MS = 1000;
const ANNOUNCEMENTS = 2;
/** §8.2: who loses against another that probes for the name too asks again after so long. */
const DEFER_MS = 1000;
/** §8.1: after so many conflicts the next try waits so long. */
const MANY_CONFLICTS = 15;
const CONFLICT_PAUSE_MS = 5000;
/** §6: a record is not multicast again before; §6: but for who probes for it. */
const RATE_MS = 1000;
const DEFEND_MS = 250;
/** §6: answers that others may have too wait for a random time within these; §7.2: and so does all for who has more to say. */
const SHARED_MS = [20, 120] as const;
const MORE_MS = [400, 500] as const;
/** §6.7: seconds that those may keep it who would never hear that it is otherwise. */
const LEGACY_TTL = 10;

/** A record, and what was said of it here. */
class Entry {
	readonly content: Content;
	readonly key: string;
	readonly item: Item;
	readonly data: Uint8Array;
	/** When it was multicast last, when it is to be, and for whom; in ms of the clock. */
	saidAt = -Infinity;
	dueAt = Infinity;
	asker = "";

	constructor(content: Content, key: string, item: Item) {
		this.content = content;
		this.key = key;
		this.item = item;
		this.data = dataOf(content);
	}
}

/** How far an item is: so many probes were sent, and after the last so many announcements. */
interface Claim {
	steps: number;
	at: number;
}

/** Its name is its own from the first announcement on. */
const OWNED = PROBES + 1;
const DONE = PROBES + ANNOUNCEMENTS;

/** What a side has of its responder. */
export interface Owner {
	readonly items: readonly Item[];
	/** Name of the host. */
	readonly hostName: Name;
	readonly writer: Writer;
	random(below: number): number;
	/** Whether an address record is of an interface of ours: a bridge or a reflector may bring it here. */
	isOwn(record: Received): boolean;
	/** Somebody else has the item's name. */
	conflict(item: Item): void;
	/** Sends what the writer has; to the group where there is no address. */
	send(side: Side, address: string, port: number): void;
	/** An item's name is its own now. */
	owned(): void;
}

/** Who has asked. */
export interface Asker {
	readonly address: string;
	readonly port: number;
	/** It has asked us alone. */
	readonly alone: boolean;
}

export class Side {
	readonly link: EthernetInterface;
	readonly bits: 32 | 128;
	readonly #owner: Owner;
	#entries: Entry[] = [];
	readonly #claims = new Map<Item, Claim>();
	/** It can send, and all was begun. */
	open = false;
	/** Those of its records, each once. */
	names: Name[] = [];

	constructor(owner: Owner, link: EthernetInterface, bits: 32 | 128) {
		this.#owner = owner;
		this.link = link;
		this.bits = bits;
	}

	/** When something is to be done. */
	get next(): number {
		let next = Infinity;
		for (const { at } of this.#claims.values()) next = Math.min(next, at);
		for (const { dueAt } of this.#entries) next = Math.min(next, dueAt);
		return next;
	}

	owns(item: Item): boolean {
		return (this.#claims.get(item)?.steps ?? 0) >= OWNED;
	}

	/** The link is up and has an address of the family: §8. */
	begin(now: number): void {
		if (this.open) return;
		this.open = true;
		for (const item of this.#owner.items) this.probe(item, now);
		this.update(now);
	}

	/** It has not any more. */
	end(): void {
		this.open = false;
		this.#claims.clear();
		this.#entries = [];
		this.names = [];
	}

	/** Asks whether the item's name is free. `lateMs`: after so long. */
	probe(item: Item, now: number, lateMs = this.#owner.random(PROBE_WITHIN_MS)): void {
		const pause = item.count > MANY_CONFLICTS ? CONFLICT_PAUSE_MS : 0;
		this.#claims.set(item, { steps: 0, at: now + lateMs + pause });
	}

	/** Items, names or addresses have changed: what is not so any more is said to be over, what is new is announced. §8.4, §10.1. */
	update(now: number): void {
		const { items, hostName } = this.#owner;
		for (const item of this.#claims.keys()) if (!items.includes(item)) this.#claims.delete(item);
		for (const item of items) if (!this.#claims.has(item)) this.probe(item, now);
		const before = new Map(this.#entries.map((entry) => [entry.key, entry]));
		this.#entries = [];
		for (const item of items)
			for (const content of item.records(this.link, hostName)) {
				const key = keyOf(content);
				// Two services have one type.
				if (this.#entries.some((entry) => entry.key === key)) continue;
				const known = before.get(key);
				before.delete(key);
				this.#entries.push(known?.item === item ? known : new Entry(content, key, item));
				const claim = this.#claims.get(item)!;
				if (known === undefined && claim.steps >= OWNED) {
					claim.steps = PROBES;
					claim.at = now;
				}
			}
		this.names = [...new Map(this.#entries.map(({ content: { name } }) => [name.text, name])).values()];
		this.#over([...before.values()]);
	}

	/** Says that records are over, which were said here before. A name that is another's now is left alone. */
	#over(entries: readonly Entry[]): void {
		const over = entries.filter(({ content: { type, unique, name }, item, saidAt }) => {
			if (saidAt === -Infinity || type === TYPE_NSEC) return false;
			return !unique || type === TYPE_PTR || name.text === item.name.text;
		});
		this.#say(over, 0);
	}

	/** Nothing is answered for any more. */
	goodbye(): void {
		this.#over(this.#entries);
		this.end();
	}

	timers(now: number): void {
		const probed: Item[] = [];
		const announced: Item[] = [];
		for (const [item, claim] of this.#claims) {
			if (claim.at > now) continue;
			if (claim.steps < PROBES) probed.push(item);
			else announced.push(item);
			claim.steps++;
			claim.at = claim.steps >= DONE ? Infinity : now + (claim.steps <= PROBES ? PROBE_MS : ANNOUNCE_MS);
			if (claim.steps === OWNED) this.#owner.owned();
		}
		if (probed.length > 0) this.#ask(probed);
		const due = this.#entries.filter(
			({ item, content, dueAt }) => dueAt <= now || (announced.includes(item) && content.type !== TYPE_NSEC),
		);
		if (due.length > 0) this.#answer(due, now);
	}

	/** §8.1: what there is of these names, and what they are to be, §8.2. */
	#ask(items: readonly Item[]): void {
		const { writer } = this.#owner;
		for (const item of items) {
			writer.begin(0, false, this.#most);
			writer.question(item.name, TYPE_ANY, CLASS_IN | UNICAST);
			for (const { content } of this.#proposed(item)) writer.record(AUTHORITY, content, CLASS_IN, content.ttl, false);
			this.#owner.send(this, "", MDNS_PORT);
		}
	}

	/** The records that an item's name is to have. */
	#proposed(item: Item): Entry[] {
		return this.#entries.filter(({ content }) => content.name.text === item.name.text && content.type !== TYPE_NSEC);
	}

	/** Largest message, bytes. */
	get #most(): number {
		return this.link.mtu - (this.bits === 32 ? 28 : 48);
	}

	/** Multicasts records, with what is asked for next. */
	#answer(entries: readonly Entry[], now: number): void {
		for (const entry of entries) {
			entry.saidAt = now;
			entry.dueAt = Infinity;
		}
		const more = this.#more(entries).filter(({ saidAt }) => now - saidAt >= RATE_MS);
		this.#say(entries);
		// What fits into one message only: it may be asked for.
		const { writer } = this.#owner;
		if (writer.empty) return;
		for (const entry of more) if (this.#put(ADDITIONAL, entry)) entry.saidAt = now;
		this.#owner.send(this, "", MDNS_PORT);
	}

	#put(section: number, { content }: Entry, ttl = content.ttl): boolean {
		const klass = content.unique && ttl > 0 ? CLASS_IN | FLUSH : CLASS_IN;
		return this.#owner.writer.record(section, content, klass, ttl, false);
	}

	/** Writes records into as many messages as it takes, and sends all but the last; those that are over it sends, too. */
	#say(entries: readonly Entry[], ttl?: number): void {
		const { writer } = this.#owner;
		writer.begin(0, true, this.#most);
		for (const entry of entries) {
			if (this.#put(ANSWER, entry, ttl)) continue;
			if (!writer.empty) this.#owner.send(this, "", MDNS_PORT);
			writer.begin(0, true, this.#most);
			this.#put(ANSWER, entry, ttl); // what does not fit into any is not said
		}
		if (ttl !== undefined && !writer.empty) this.#owner.send(this, "", MDNS_PORT);
	}

	/** What who asks for these is likely to ask for next: RFC 6763 §12; and which of a host's addresses there are not. */
	#more(entries: readonly Entry[]): Entry[] {
		const types = new Set<string>();
		for (const { content, item } of entries) {
			const { type, target } = content;
			if (type === TYPE_PTR && target?.text === item.name.text && item.name !== this.#owner.hostName) types.add(target.text);
			if (type === TYPE_A || type === TYPE_AAAA) types.add(content.name.text);
			if (type === TYPE_SRV || types.has(item.name.text)) types.add(this.#owner.hostName.text);
		}
		const has = (wanted: number) => this.#entries.some(({ content }) => content.type === wanted);
		const negative = !has(TYPE_A) || !has(TYPE_AAAA) ? this.#owner.hostName.text : "";
		return this.#entries.filter((entry) => {
			const { name, type } = entry.content;
			if (!types.has(name.text) || (type === TYPE_NSEC && name.text !== negative)) return false;
			return this.owns(entry.item) && !entries.includes(entry);
		});
	}

	/** A query with names of ours. */
	asked(message: Message, asker: Asker, now: number): void {
		for (const [item, claim] of this.#claims) if (claim.steps <= PROBES) this.#contest(item, claim, message.authorities, now);
		const found = this.#found(message).filter((entry) => !isKnown(entry, message.answers));
		// §7.2: more of what it knows already.
		for (const entry of this.#entries)
			if (entry.asker === asker.address && isKnown(entry, message.answers)) entry.dueAt = Infinity;
		if (found.length === 0) return;
		if (asker.port !== MDNS_PORT) return this.#answerLegacy(message, found, asker);
		const single = new Set(message.questions.filter(({ unicast }) => unicast || asker.alone).map(({ name }) => name.text));
		const alone: Entry[] = [];
		const probes = message.authorities.length > 0;
		const late = this.#lateness(message, found);
		for (const entry of found) {
			// §5.4: what was multicast lately all have.
			const recent = now - entry.saidAt < entry.content.ttl * 250;
			if (single.has(entry.content.name.text) && (recent || asker.alone)) alone.push(entry);
			else {
				const at = Math.max(now + (probes ? 0 : late), entry.saidAt + (probes ? DEFEND_MS : RATE_MS));
				entry.dueAt = Math.min(entry.dueAt, at);
				entry.asker = asker.address;
			}
		}
		if (alone.length > 0) this.#answerAlone(alone, asker);
	}

	#lateness({ truncated }: Message, found: readonly Entry[]): number {
		if (!truncated && found.every(({ content }) => content.unique)) return 0;
		const [least, most] = truncated ? MORE_MS : SHARED_MS;
		return least + this.#owner.random(most - least);
	}

	/** The records that answer a query: §6, and §6.1 where there are none of the type. */
	#found({ questions }: Message): Entry[] {
		const found = new Set<Entry>();
		for (const { name, type } of questions) {
			const own = this.#entries.filter(({ content, item }) => content.name.text === name.text && this.owns(item));
			const fits = own.filter(({ content }) => (type === TYPE_ANY ? content.type !== TYPE_NSEC : content.type === type));
			for (const entry of fits.length > 0 ? fits : own.filter(({ content }) => content.type === TYPE_NSEC)) found.add(entry);
		}
		return [...found];
	}

	/** §6.7: as any DNS server would. */
	#answerLegacy({ id, questions }: Message, found: readonly Entry[], { address, port }: Asker): void {
		const { writer } = this.#owner;
		writer.begin(id, true, this.#most);
		for (const { name, type } of questions) writer.question(name, type, CLASS_IN);
		const write = (section: number, { content }: Entry) =>
			writer.record(section, content, CLASS_IN, Math.min(content.ttl, LEGACY_TTL), true);
		for (const entry of found) write(ANSWER, entry);
		for (const entry of this.#more(found)) write(ADDITIONAL, entry);
		this.#owner.send(this, address, port);
	}

	#answerAlone(found: readonly Entry[], { address, port }: Asker): void {
		const { writer } = this.#owner;
		writer.begin(0, true, this.#most);
		for (const entry of found) this.#put(ANSWER, entry);
		for (const entry of this.#more(found)) this.#put(ADDITIONAL, entry);
		this.#owner.send(this, address, port);
	}

	/** §8.2: another is about to have a name that we are about to have. Whose records come later has it. */
	#contest(item: Item, claim: Claim, authorities: readonly Received[], now: number): void {
		const theirs = authorities.filter(({ name }) => name.text === item.name.text).sort(inOrder);
		if (theirs.length === 0 || claim.steps === 0) return;
		const ours = this.#proposed(item)
			.map(({ content: { type }, data }) => ({ type, data }))
			.sort(inOrder);
		for (let i = 0; ; i++) {
			if (i >= ours.length && i >= theirs.length) return; // the same: it is of no harm
			const order = i >= ours.length ? -1 : i >= theirs.length ? 1 : inOrder(ours[i]!, theirs[i]!);
			if (order > 0) return;
			if (order < 0) break;
		}
		claim.steps = 0;
		claim.at = now + DEFER_MS;
	}

	/** An answer with names of ours, which somebody else has given. */
	heard({ answers, authorities, additionals }: Message, now: number): void {
		for (const record of [...answers, ...authorities, ...additionals]) {
			const { name, type, ttl, data } = record;
			const own = this.#entries.filter(({ content }) => content.name.text === name.text && content.type === type);
			const same = own.find((entry) => sameData(type, entry.data, data));
			if (same !== undefined) {
				// §7.4: it has been said; §6.6: with too short a time, or that it is over.
				if (2 * ttl < same.content.ttl && this.owns(same.item))
					same.dueAt = Math.min(same.dueAt, Math.max(now, same.saidAt + RATE_MS));
				else if (ttl >= same.content.ttl) same.dueAt = Infinity;
				continue;
			}
			const item = this.#owner.items.find((each) => each.name.text === name.text);
			if (item === undefined || ttl === 0 || type === TYPE_NSEC || this.#owner.isOwn(record)) continue;
			const claim = this.#claims.get(item);
			if (claim === undefined) continue;
			if (claim.steps <= PROBES) return this.#owner.conflict(item); // names are others now
			// §9: the other one answers if the name is its own.
			if (own.length > 0) this.probe(item, now, 0);
		}
	}
}

/** §7.1: who asks has it, for half of its time at least. */
function isKnown({ content, data }: Entry, answers: readonly Received[]): boolean {
	const { name, type, ttl } = content;
	return answers.some(
		(each) => each.name.text === name.text && each.type === type && 2 * each.ttl >= ttl && sameData(type, each.data, data),
	);
}

interface Ordered {
	readonly type: number;
	readonly data: Uint8Array;
}

/** §8.2: by type, then by data, octet by octet; all are of one class. */
function inOrder(one: Ordered, other: Ordered): number {
	if (one.type !== other.type) return one.type - other.type;
	for (let i = 0; i < one.data.length && i < other.data.length; i++)
		if (one.data[i] !== other.data[i]) return one.data[i]! - other.data[i]!;
	return one.data.length - other.data.length;
}
