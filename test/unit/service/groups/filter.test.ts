// One filter out of many, RFC 3376 §3.2, against what each of them would hear.

import { describe, expect, it } from "vitest";
import type { Join } from "../../../../src/link/ip-side.ts";
import { EVERYBODY, filterOf, lets, merged, NOBODY, type Filter } from "../../../../src/service/groups/filter.ts";
import { Prng } from "../../../support/prng.ts";

const SOURCES = ["a", "b", "c", "d"];

const only = (...sources: string[]): Filter => ({ exclude: false, sources: new Set(sources) });
const allBut = (...sources: string[]): Filter => ({ exclude: true, sources: new Set(sources) });

describe("filters of a group", () => {
	it("are merged as RFC 3376 §3.2 has it in its examples", () => {
		expect([allBut("a", "b", "c"), allBut("b", "c", "d"), only("d", "e", "f")].reduce(merged)).toEqual(allBut("b", "c"));
		expect([allBut("a", "b", "c", "d"), allBut("b", "c", "d", "e"), only("d", "e", "f")].reduce(merged)).toEqual(
			allBut("b", "c"),
		);
		expect([only("a", "b", "c"), only("b", "c", "d"), only("e", "f")].reduce(merged)).toEqual(only("a", "b", "c", "d", "e", "f"));
		expect(merged(only("a"), NOBODY)).toEqual(only("a"));
		expect(merged(allBut("a"), EVERYBODY)).toEqual(EVERYBODY);
	});

	it("let through what at least one who has joined hears, and nothing else", () => {
		const prng = new Prng(3376);
		for (let round = 0; round < 2000; round++) {
			const joins: Join[] = [];
			const members = Array.from({ length: prng.below(4) }, (_, i) => ({
				member: i + 1,
				exclude: prng.below(2) === 1,
				sources: SOURCES.filter(() => prng.below(2) === 1),
			}));
			for (const { member, exclude, sources } of members) {
				if (exclude) joins.push({ member, source: "", except: false });
				for (const source of sources) joins.push({ member, source, except: exclude });
			}
			const filter = filterOf(joins);
			for (const source of [...SOURCES, "another"]) {
				const heard = members.some(({ exclude, sources }) => sources.includes(source) !== exclude);
				expect(lets(filter, source), `${JSON.stringify(members)}: ${source}`).toBe(heard);
			}
		}
	});
});
