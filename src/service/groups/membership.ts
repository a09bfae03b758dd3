// The groups of one family that one interface is in, before its routers and switches: RFC 3376 §5, RFC 3810 §6, and what older versions want (§7, §8). One state machine; a Format
// has the messages.

import { ALLOW, BLOCK, IS_EXCLUDE, IS_INCLUDE, TO_EXCLUDE, TO_INCLUDE } from "../../wire/membership.ts";
import { GROUP_SOURCES } from "../../config.ts";
import { lets, NOBODY, type Filter } from "./filter.ts";
import type { Format, Query, Record } from "./format.ts";

/** RFC 3376 §8: Robustness Variable, Query Interval, Query Response Interval, Unsolicited Report Interval; and that of older versions (RFC 2236 §8.10), ms. */
const ROBUSTNESS = 2;
const QUERY_INTERVAL_MS = 125_000;
const RESPONSE_MS = 10_000;
const UNSOLICITED_MS = 1000;
const OLDER_UNSOLICITED_MS = 10_000;

const NO_SOURCES: ReadonlySet<string> = new Set();

/** A group that the interface is in, or has left lately. */
class Group {
	/** From whom it is wanted. NOBODY: it was left. */
	filter: Filter = NOBODY;
	/** How often it is still to be said that it is another way now, and which sources have come or gone. */
	modeLeft = 0;
	readonly sourcesLeft = new Map<string, number>();
	/** When an answer about it is due, and about which sources, of which there are not more than a program may name; undefined: all. */
	answerAt = Infinity;
	asked: ReadonlySet<string> | undefined;

	get joined(): boolean {
		return this.filter.exclude || this.filter.sources.size > 0;
	}

	get changing(): boolean {
		return this.modeLeft > 0 || this.sourcesLeft.size > 0;
	}
}

/** Sends packets: one with these records, or one of an older version. */
export interface Sender {
	random(below: number): number;
	report(records: readonly Record[]): void;
	older(version: number, group: string, left: boolean): void;
}

export class Membership {
	readonly format: Format;
	readonly #sender: Sender;
	readonly #groups = new Map<string, Group>();
	#robustness = ROBUSTNESS;
	#intervalMs = QUERY_INTERVAL_MS;
	/** By version: until when an older querier is taken to be there. */
	readonly #olderUntil: number[] = [];
	/** When changes are told, and when a general query is answered. */
	#tellAt = Infinity;
	#answerAt = Infinity;

	constructor(format: Format, sender: Sender) {
		this.format = format;
		this.#sender = sender;
	}

	/** The version that is spoken now: that of the oldest querier. */
	version(now: number): number {
		for (let version = 1; version < this.format.newest; version++)
			if ((this.#olderUntil[version] ?? -Infinity) > now) return version;
		return this.format.newest;
	}

	/** When something is to be done. */
	get next(): number {
		let next = Math.min(this.#tellAt, this.#answerAt);
		for (const { answerAt } of this.#groups.values()) next = Math.min(next, answerAt);
		return next;
	}

	/** The link is down: what was said counts no more, and nothing is said. */
	forget(): void {
		this.#groups.clear();
		this.#olderUntil.length = 0;
		this.#tellAt = this.#answerAt = Infinity;
		this.#robustness = ROBUSTNESS;
		this.#intervalMs = QUERY_INTERVAL_MS;
	}

	/** All is told again, as from the beginning. */
	again(now: number): void {
		for (const group of this.#groups.values()) group.modeLeft = this.#robustness;
		if (this.#groups.size > 0) this.#tellAt = now;
	}

	/** The interface is in these groups from now on. RFC 3376 §5.1. */
	become(wanted: ReadonlyMap<string, Filter>, now: number): void {
		for (const [address, filter] of wanted) {
			let group = this.#groups.get(address);
			if (group === undefined) this.#groups.set(address, (group = new Group()));
			this.#change(group, filter, now);
		}
		for (const [address, group] of this.#groups) if (!wanted.has(address)) this.#change(group, NOBODY, now);
	}

	#change(group: Group, filter: Filter, now: number): void {
		const { filter: before } = group;
		group.filter = filter;
		if (before.exclude !== filter.exclude) {
			group.modeLeft = this.#robustness;
			this.#tellAt = now;
			return;
		}
		for (const each of new Set([...before.sources, ...filter.sources])) {
			if (lets(before, each) === lets(filter, each)) continue;
			group.sourcesLeft.set(each, this.#robustness);
			this.#tellAt = now;
		}
	}

	/** A query came, or what another station has reported in the older way. */
	heard(message: Query | string, now: number): void {
		if (typeof message !== "string") return this.#asked(message, now);
		// RFC 2236 §3, RFC 2710 §4: one report is enough for them.
		const group = this.#groups.get(message);
		if (group !== undefined && this.version(now) < this.format.newest) group.answerAt = Infinity;
	}

	#asked(query: Query, now: number): void {
		const was = this.version(now);
		if (query.version < this.format.newest)
			this.#olderUntil[query.version] = now + this.#robustness * this.#intervalMs + Math.max(query.delayMs, RESPONSE_MS);
		else {
			this.#robustness = query.robustness || ROBUSTNESS;
			this.#intervalMs = query.intervalMs || QUERY_INTERVAL_MS;
		}
		const version = this.version(now);
		// §7.2.1, §8.2.1: what was to be said in another version is not.
		if (version !== was) this.#cancel();
		const older = version < this.format.newest;
		const { group: address } = query;
		if (address === "" && !older) {
			this.#answerAt = Math.min(this.#answerAt, now + this.#delay(query.delayMs));
			return;
		}
		for (const [each, group] of this.#groups) {
			if (!group.joined || (address !== "" && each !== address)) continue;
			const at = now + this.#delay(query.delayMs);
			// §5.2: an answer to all, which comes sooner, has it too.
			if (this.#answerAt <= at) continue;
			const pending = group.answerAt < Infinity;
			const before = pending ? group.asked : NO_SOURCES;
			const asked = new Set([...(before ?? []), ...query.sources]);
			// To more than that, all is the answer: RFC 3376 §5.2 has it for a query of the group.
			const whole = older || query.sources.length === 0 || before === undefined || asked.size > GROUP_SOURCES;
			group.asked = whole ? undefined : asked;
			group.answerAt = Math.min(group.answerAt, at);
		}
	}

	#delay(mostMs: number): number {
		return this.#sender.random(Math.max(mostMs, 1));
	}

	#cancel(): void {
		this.#tellAt = this.#answerAt = Infinity;
		for (const [address, group] of this.#groups) {
			group.answerAt = Infinity;
			group.modeLeft = 0;
			group.sourcesLeft.clear();
			if (!group.joined) this.#groups.delete(address);
		}
	}

	/** Time passes. */
	timers(now: number): void {
		const version = this.version(now);
		const older = version < this.format.newest;
		const records: Record[] = [];
		const all = this.#answerAt <= now;
		for (const [address, group] of this.#groups) {
			const due = group.answerAt <= now;
			if (!all && !due) continue;
			group.answerAt = Infinity;
			if (!group.joined) continue;
			if (older) this.#sender.older(version, address, false);
			else records.push(...this.#answer(address, group, all ? undefined : group.asked));
		}
		if (all) this.#answerAt = Infinity;
		if (this.#tellAt <= now) this.#tell(now, version, records);
		if (records.length > 0) this.#sender.report(records);
	}

	/** How it is with a group, RFC 3376 §5.2. */
	#answer(group: string, { filter }: Group, asked: ReadonlySet<string> | undefined): Record[] {
		if (asked === undefined) return [{ type: filter.exclude ? IS_EXCLUDE : IS_INCLUDE, group, sources: [...filter.sources] }];
		const wanted = [...asked].filter((each) => lets(filter, each));
		return wanted.length === 0 ? [] : [{ type: IS_INCLUDE, group, sources: wanted }];
	}

	/** What has changed is told, RFC 3376 §5.1; and again, as long as it may have been lost. */
	#tell(now: number, version: number, records: Record[]): void {
		const older = version < this.format.newest;
		let more = false;
		for (const [address, group] of this.#groups) {
			if (group.changing) {
				if (older) this.#sender.older(version, address, !group.joined);
				else records.push(...changes(address, group));
				count(group);
				if (older && !group.joined) {
					group.modeLeft = 0;
					group.sourcesLeft.clear();
				}
			}
			if (group.changing) more = true;
			else if (!group.joined) this.#groups.delete(address);
		}
		this.#tellAt = more ? now + 1 + this.#sender.random(older ? OLDER_UNSOLICITED_MS : UNSOLICITED_MS) : Infinity;
	}
}

function changes(group: string, { modeLeft, filter, sourcesLeft }: Group): Record[] {
	if (modeLeft > 0) return [{ type: filter.exclude ? TO_EXCLUDE : TO_INCLUDE, group, sources: [...filter.sources] }];
	const records: Record[] = [];
	const came = [...sourcesLeft.keys()].filter((each) => lets(filter, each));
	const gone = [...sourcesLeft.keys()].filter((each) => !lets(filter, each));
	if (came.length > 0) records.push({ type: ALLOW, group, sources: came });
	if (gone.length > 0) records.push({ type: BLOCK, group, sources: gone });
	return records;
}

/** It was told once. */
function count(group: Group): void {
	if (group.modeLeft > 0) group.modeLeft--;
	for (const [source, left] of group.sourcesLeft) {
		if (left > 1) group.sourcesLeft.set(source, left - 1);
		else group.sourcesLeft.delete(source);
	}
}
