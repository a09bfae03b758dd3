// The tables of routes and of our own addresses against another reader of them, on random tables and hostile ones: see support/twins/pair.ts.

import { describe, expect, it } from "vitest";
import { ownAdd } from "../../../src/ip/own.ts";
import { routeEntry } from "../../../src/ip/route-find.ts";
import * as fields from "../../../src/packet/fields.ts";
import { OWN_GROUP, OWN_SLOT_SHIFT, OwnEntry, OwnTable } from "../../../src/packet/own-table.ts";
import { RouteEntry, RouteRow, RouteTable } from "../../../src/packet/route-table.ts";
import { ip } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import {
	AGAINST,
	expectBoth,
	FREE,
	hostile,
	LOCAL,
	OUTPUT,
	Pair,
	ROUNDS,
	rounds,
	same,
	SEED,
	writeWords,
} from "../../support/twins/pair.ts";

const ROUTES = RouteTable.offsets;

describe(`the tables of IP against ${AGAINST}`, () => {
	it("routeEntry of tables that lie outside", () => {
		expectBoth(
			rounds("routeEntry", (prng, pair) => {
				pair.put(FREE, new Uint8Array(RouteTable.bytes + 64 * RouteEntry.bytes));
				pair.setWord(FREE, prng.pick([3, 63, 0x3fffffff, -1]));
				pair.setWord(FREE + 4, prng.next());
				const key = (prng.next() << 8) | prng.between(1, 129);
				return same(pair, "routeEntry", ["view", hostile(prng, FREE), hostile(prng, OUTPUT), key]);
			}),
		);
	});

	it("routeFind", () => {
		const prng = new Prng(SEED);
		const found = { v4: 0, v6: 0 };
		const pair = new Pair(prng);
		const rows = FREE + RouteTable.bytes + 64 * RouteEntry.bytes;
		// Of both families, few enough to have many bits in common.
		const near = (at: number) => {
			pair.setAddress(at, prng.chance(0.5) ? LOCAL : -1);
			const v4 = prng.chance(0.5);
			if (!v4) pair.setWord(at, prng.pick([0, 0x0120, -1]));
			const bit = v4 ? 96 + prng.below(32) : prng.below(128);
			const byte = pair.views[0].getUint8(at + (bit >> 3)) ^ (prng.chance(0.5) ? 0x80 >> (bit & 7) : 0);
			pair.put(at + (bit >> 3), [byte]);
			return v4;
		};
		/** Without the bits behind the prefix. */
		const cut = (at: number, length: number) => {
			for (let byte = 0; byte < 16; byte++) {
				const kept = Math.min(8, Math.max(0, length - 8 * byte));
				pair.put(at + byte, [pair.views[0].getUint8(at + byte) & (0xff00 >> kept)]);
			}
		};
		for (let i = 0; i < ROUNDS; i++) {
			pair.put(FREE, new Uint8Array(RouteTable.bytes + 64 * RouteEntry.bytes));
			pair.setWord(FREE + ROUTES.mask, 63);
			pair.setWord(FREE + ROUTES.seed, prng.next());
			pair.setWord(FREE + ROUTES.rows, rows);
			for (let n = 0; n < prng.between(1, 15); n++) {
				const row = rows + n * RouteRow.bytes;
				const least = near(row) ? 96 : 0;
				const length = prng.chance(0.1) ? least : prng.between(least, 128);
				cut(row, length);
				const word = FREE + (length === 128 ? ROUTES.hosts : ROUTES.lengths + (length >> 5) * 4);
				pair.setWord(word, pair.views[0].getInt32(word, true) | (1 << (length & 31)));
				for (const slot of [0, prng.between(1, 3)]) {
					const key = (slot << 8) | (length + 1);
					pair.each((view) => writeWords(view, routeEntry(view, FREE, row, key), [key, n]));
				}
			}
			for (let n = 0; n < 5; n++) {
				const family = near(OUTPUT) ? "v4" : "v6";
				same(pair, "routeEntry", ["view", FREE, OUTPUT, (prng.below(4) << 8) | prng.between(1, 129)]);
				if (same(pair, "routeFind", ["view", FREE, OUTPUT, prng.below(4)]).value !== -1) found[family]++;
			}
		}
		expect(found.v4).toBeGreaterThan(ROUNDS / 4);
		expect(found.v6).toBeGreaterThan(ROUNDS / 4);
	});

	it("ownFind", () => {
		const prng = new Prng(SEED);
		let [found, groups] = [0, 0];
		const pair = new Pair(prng);
		for (let i = 0; i < ROUNDS; i++) {
			const mask = prng.pick([1, 7, 15, 63]);
			pair.setWord(fields.REGISTER.ownAt, FREE);
			pair.put(FREE, new Uint8Array(OwnTable.bytes + (mask + 1) * OwnEntry.bytes));
			pair.setWord(FREE + OwnTable.offsets.mask, mask);
			pair.setWord(FREE + OwnTable.offsets.seed, prng.next());
			// Addresses are one interface's each; broadcast addresses several may have. Some have the last word of others alone.
			const some = () => {
				pair.setAddress(OUTPUT, ip("10.0.0.1") + prng.below(12));
				if (prng.chance(0.2)) pair.setWord(OUTPUT + 4 * prng.below(3), prng.pick([0, 1]));
				return [0, 4, 8, 12].map((word) => pair.views[0].getInt32(OUTPUT + word, true));
			};
			const add = (value: number) => pair.each((view) => ownAdd(view, FREE, OUTPUT, value));
			const entries = new Map<string, number>();
			for (let n = prng.below((mask + 1) >> 1) + 1; n > 0; n--) entries.set(some().join(), prng.between(1, 3) << OWN_SLOT_SHIFT);
			for (const [words, value] of entries) {
				pair.each((view) => writeWords(view, OUTPUT, words.split(",").map(Number)));
				add(value);
			}
			for (let slot = 1; slot < mask >> 2; slot++) {
				some();
				add((slot << OWN_SLOT_SHIFT) | OWN_GROUP);
			}
			for (let n = 0; n < 5; n++) {
				some();
				const value = same(pair, "ownFind", ["view", OUTPUT, prng.below(4)]).value as number;
				if (value !== 0) found++;
				if (value & OWN_GROUP) groups++;
			}
		}
		expect(found).toBeGreaterThan(ROUNDS / 2);
		expect(found).toBeLessThan(ROUNDS * 4);
		expect(groups).toBeGreaterThan(ROUNDS / 8);
	});

	it("ownFind in a table that makes no sense", () => {
		expectBoth(
			rounds("ownFind", (prng, pair) => {
				const at = hostile(prng, FREE);
				pair.setWord(fields.REGISTER.ownAt, at);
				if (at === FREE) pair.setWord(at, prng.pick([0, 5, 255, 0x7fffffff, -1]));
				// Not within the table, which is longer than memory in places: the address that is looked for would be found there.
				return same(pair, "ownFind", ["view", hostile(prng, fields.GIVEN_ADDRESS), prng.below(4)]);
			}),
		);
	});
});
